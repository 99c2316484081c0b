/** What systemctl asks of systemd. */
import type { Host } from '../host.ts'
import { PENDING } from '../pending.ts'
import type { Syscall } from '../process.ts'
import type { Relation } from '../units/dependencies.ts'
import type { JobStart } from '../units/answers.ts'
import { isStop } from '../signals.ts'
import type { Caller, SyscallTable, World } from './table.ts'

/** The answer when there is no systemd to talk to: in a container. */
const NO_SYSTEMD = { error: 'no-systemd' } as const

type UnitCall = (host: Host, unit: string, process: Caller, args: Syscall) => unknown

const CHANGING = new Set([
  'unit.start',
  'unit.stop',
  'unit.restart',
  'unit.reload',
  'unit.enable',
  'unit.disable',
  'unit.mask',
  'unit.unmask',
  'unit.daemonReload',
  'unit.resetFailed',
  'unit.isolate',
  'unit.link',
  'unit.revert',
  'unit.setDefault',
  'unit.kill',
])

const reloaded = (done: boolean | 'failed'): unknown => (done === 'failed' ? { error: done } : { done })

/** A job's answer comes later when it takes time. */
function job(start: JobStart): unknown {
  return 'pending' in start ? PENDING : start
}

/** SIGSTOP and SIGCONT go to the main process alone. */
function kill(host: Host, unit: string, signal: string, whom: string): unknown {
  const main = host.processes().find((process) => process.unit === unit)
  const stills = isStop(signal) || signal === 'CONT'
  if (!stills || main === undefined) return { done: host.units.kill(unit, signal, whom) }
  return host.signal(main, signal) === 'sent' ? { done: true } : { error: 'not simulated' }
}

const calls: Record<string, UnitCall> = {
  'unit.start': (host, unit, { pid }) => job(host.units.start(unit, { pid, call: 'unit.start' })),
  'unit.stop': (host, unit, { pid }) => job(host.units.stop(unit, { pid, call: 'unit.stop' })),
  'unit.restart': (host, unit, { pid }) => job(host.units.restart(unit, { pid, call: 'unit.restart' })),
  'unit.reload': (host, unit) => reloaded(host.units.reload(unit)),
  'unit.enable': (host, unit) => host.units.enable(unit),
  'unit.disable': (host, unit) => host.units.disable(unit),
  'unit.mask': (host, unit) => host.units.mask(unit),
  'unit.unmask': (host, unit) => host.units.unmask(unit),
  'unit.daemonReload': (host) => host.units.daemonReload(),
  'unit.resetFailed': (host, unit) => host.units.resetFailed(unit === '' ? undefined : unit),
  'unit.isolate': (host, unit, { pid }) => job(host.units.isolate(unit, { pid, call: 'unit.isolate' })),
  'unit.link': (host, unit) => host.units.link(unit),
  'unit.revert': (host, unit) => host.units.revert(unit),
  'unit.setDefault': (host, unit) => host.units.setDefault(unit),
  'unit.getDefault': (host) => host.units.defaultTarget(),
  'unit.related': (host, unit, _process, args) => host.units.related(unit, String(args.relation) as Relation),
  'unit.jobs': (host) => host.units.listJobs(),
  'unit.kill': (host, unit, _process, args) => kill(host, unit, String(args.signal), String(args.whom)),
  'unit.notify': (host, _unit, _process, args) => host.units.notify(String(args.invocation), String(args.message)),
  'unit.status': (host, unit) => host.units.status(unit),
  'unit.list': (host) => host.units.names().map((name) => host.units.status(name)),
}

function guarded(name: string, call: UnitCall): (world: World, process: Caller, args: Syscall) => unknown {
  return (world, process, args) => {
    if (process.root.kind === 'container') return NO_SYSTEMD
    if (CHANGING.has(name) && process.user !== 'root') return { error: 'denied' }
    return call(world.hosts.get(process.host), typeof args.unit === 'string' ? args.unit : '', process, args)
  }
}

export const unitCalls: SyscallTable = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [name, guarded(name, call)]),
)
