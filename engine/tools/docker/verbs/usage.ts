/** docker stats --no-stream and docker top. Network and disk traffic of a container is nominal. */
import type { HostFactsAnswer } from '../../../host/syscalls/host.ts'
import type { ModelledProcess } from '../../../host/units/unit-host.ts'
import { has, valueOf } from '../../../host/programs/options.ts'
import { fromDaemon, notSimulated } from '../command.ts'
import type { Verb } from '../command.ts'
import { findContainer, shortId } from '../daemon.ts'
import type { DockerContainer } from '../daemon.ts'
import { show, table } from '../formatting.ts'

const COLUMNS = [['Container', 'CONTAINER ID'], ['Name', 'NAME'], ['CPUPerc', 'CPU %'], ['MemUsage', 'MEM USAGE / LIMIT'], ['MemPerc', 'MEM %'], ['NetIO', 'NET I/O'], ['BlockIO', 'BLOCK I/O'], ['PIDs', 'PIDS']] as const // prettier-ignore
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `21.5MiB`, as docker/go-units BytesSize. */
export function binarySize(bytes: number): string {
  let [size, unit] = [bytes, 0]
  while (size >= 1024 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1]
  return `${Number(size.toPrecision(4))}${UNITS[unit]}`
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`

export const stats: Verb = function* (p, { options, args, daemon, release }) {
  if (!has(options, 'no-stream')) return yield* notSimulated(p, 'stats without --no-stream')
  const lost = args.find((name) => findContainer(daemon, name) === undefined)
  if (lost !== undefined) return yield* fromDaemon(p, `No such container: ${lost}`)
  yield* p.sleep(2000)
  const { capacity } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const named = args.map((name) => findContainer(daemon, name) as DockerContainer)
  const rows =
    args.length > 0 ? named : daemon.containers.filter(({ state }) => state === 'running' || has(options, 'all'))
  const fields = (one: DockerContainer): Record<string, string> => ({
    Container: has(options, 'no-trunc') ? one.id : shortId(one.id),
    ID: shortId(one.id),
    Name: one.name,
    CPUPerc: percent(one.cpuMilli / 1000),
    MemUsage: `${binarySize(one.memoryBytes)} / ${binarySize(capacity.memoryBytes)}`,
    MemPerc: percent(one.memoryBytes / capacity.memoryBytes),
    NetIO: '0B / 0B',
    BlockIO: '0B / 0B',
    PIDs: one.state === 'running' ? '1' : '0',
  })
  return yield* show(
    p,
    { rows, fields, columns: COLUMNS },
    { format: valueOf(options, 'format'), isQuiet: false, release },
  )
}

export const top: Verb = function* (p, { args, daemon, release, now }) {
  const [name = '', ...more] = args
  if (more.length > 0 && more.join(' ') !== '-ef') return yield* notSimulated(p, `top ${args.join(' ')}`)
  const one = findContainer(daemon, name)
  if (one === undefined) return yield* fromDaemon(p, `No such container: ${name}`)
  if (one.state !== 'running') return yield* fromDaemon(p, `Container ${one.id} is not running`)
  const all = (yield* p.ask('host.processes')) as ModelledProcess[]
  const found = all.find(({ pid }) => pid === one.pid)
  const start = new Date(one.startedMs).toISOString()
  const isToday = now - one.startedMs < 86_400_000
  const row = [found?.user ?? 'root', String(one.pid), String(found?.ppid ?? 1), '0', isToday ? start.slice(11, 16) : start.slice(5, 10), '?', '00:00:00', one.argv.join(' ')] // prettier-ignore
  yield* p.out(table([['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'], row], release))
  return 0
}
