/**
 * nsenter, lsns, chroot: the namespaces of containers as processes of their host see them (Q7). The network is
 * entered; uts, ipc, pid and cgroup make no difference here. Not modelled: a container's files, unshare, namespaces by file.
 */
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import type { ModelledProcess } from '../units/unit-host.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { columns } from './text.ts'
import { end } from './end.ts'

/** A process of the host with the container that it is in. */
interface Placed {
  pid: number
  ppid: number
  user: string
  argv: string[]
  /** Whose files and processes it sees. */
  container?: string | undefined
  /** A container in whose network it is. */
  netns?: string | undefined
}

interface Listed {
  pid: number
  parent: number
  user: string
  argv: string[]
  container?: string
}

function* placed(p: Proc): Run<Placed[]> {
  const modelled = (yield* p.ask('host.processes')) as ModelledProcess[]
  const running = (yield* p.ask('processes')) as Listed[]
  const all: Placed[] = modelled.map(({ pid, ppid, user, argv, container, netns }) => ({ pid, ppid, user, argv, container, netns })) // prettier-ignore
  for (const { pid, parent, user, argv, container } of running) {
    const ip = container === undefined ? null : yield* p.ask('network.ofContainer', { id: container })
    all.push({ pid, ppid: parent, user, argv, container, netns: ip === null ? undefined : container })
  }
  return all.sort((a, b) => a.pid - b.pid)
}

const NSENTER = {
  flags: ['m', 'mount', 'u', 'uts', 'i', 'ipc', 'n', 'net', 'p', 'pid', 'C', 'cgroup', 'U', 'user', 'T', 'time', 'a', 'all', 'F', 'no-fork', 'r', 'root', 'w', 'wd', 'preserve-credentials', 'Z', 'e', 'env', 'h', 'V', 'help', 'version'], // prettier-ignore
  withValue: ['t', 'target', 'S', 'setuid', 'G', 'setgid'],
  alias: { mount: 'm', uts: 'u', ipc: 'i', net: 'n', pid: 'p', cgroup: 'C', user: 'U', time: 'T', all: 'a', root: 'r', wd: 'w', target: 't', version: 'V' }, // prettier-ignore
  stopEarly: true,
}
/** Option → the file of /proc that it opens. */
const FILES = { m: 'mnt', u: 'uts', i: 'ipc', n: 'net', p: 'pid', C: 'cgroup', U: 'user', T: 'time' } as const

const nsenter: Program = function* (argv, p) {
  const options = parseOptions(argv, NSENTER)
  if (options.unknown !== undefined)
    return yield* end(p, 1, `nsenter: ${options.unknown.startsWith('--') ? `unrecognized option '${options.unknown}'` : `invalid option -- '${options.unknown.slice(1)}'`}\nTry 'nsenter --help' for more information.\n`) // prettier-ignore
  if (has(options, 'V')) {
    yield* p.out('nsenter from util-linux 2.39.3\n')
    return 0
  }
  const asked = wantedOf(options)
  const target = valueOf(options, 't')
  if (target === undefined)
    return yield* end(p, 1, asked.length === 0 ? 'nsenter: no target PID specified\n' : `nsenter: neither filename nor target pid supplied for ns/${FILES[asked[0] ?? 'm']}\n`) // prettier-ignore
  if (!/^\d+$/.test(target)) return yield* end(p, 1, `nsenter: failed to parse pid: '${target}'\n`)
  const found = (yield* placed(p)).find(({ pid }) => pid === Number(target))
  const file = `/proc/${target}/ns/${FILES[asked[0] ?? 'm']}`
  if (found === undefined) return yield* end(p, 1, `nsenter: cannot open ${file}: No such file or directory\n`)
  if (p.user !== 'root') return yield* end(p, 1, `nsenter: cannot open ${file}: Permission denied\n`)
  return yield* enter(p, found, asked, options.rest)
}

type Namespace = keyof typeof FILES

const wantedOf = (options: Options): Namespace[] =>
  (Object.keys(FILES) as Namespace[]).filter((name) => has(options, 'a') || has(options, name))

function* enter(p: Proc, target: Placed, asked: readonly Namespace[], given: readonly string[]): Run<number> {
  const takesFiles = asked.includes('m') && target.container !== undefined
  if (asked.includes('m') && /(^|\/)pause$/.test(target.argv[0] ?? ''))
    return yield* end(p, 127, `nsenter: failed to execute ${given[0] ?? '/bin/sh'}: No such file or directory\n`)
  if (takesFiles) return yield* end(p, 1, `not simulated: nsenter -m into a container (crictl exec enters its files)\n`)
  const hasNet = asked.includes('n') && target.netns !== undefined
  const argv = given.length > 0 ? [...given] : [p.env.SHELL ?? '/bin/sh']
  return yield* run(p, 'nsenter', argv, { root: { kind: 'host', ...(hasNet && { netns: target.netns }) } })
}

function* run(p: Proc, name: string, argv: string[], more: Record<string, unknown>): Run<number> {
  const child = (yield* p.ask('spawn', { argv, ...more })) as { pid: number } | { error: string }
  if (!('error' in child)) return yield* p.wait(child.pid)
  const why = child.error === 'EACCES' ? 'Permission denied' : 'No such file or directory'
  const what =
    name === 'chroot' ? `chroot: failed to run command '${argv[0]}'` : `${name}: failed to execute ${argv[0]}`
  return yield* end(p, child.error === 'EACCES' ? 126 : 127, `${what}: ${why}\n`)
}

/** The host's own files, which a debugging container has below /host, or those that are seen already. */
const chroot: Program = function* (argv, p) {
  const [directory, ...given] = argv.slice(1)
  if (directory === undefined)
    return yield* end(p, 125, "chroot: missing operand\nTry 'chroot --help' for more information.\n")
  const stat = yield* p.stat(directory)
  if ('error' in stat)
    return yield* end(p, 125, `chroot: cannot change root directory to '${directory}': No such file or directory\n`)
  if (p.user !== 'root')
    return yield* end(p, 125, `chroot: cannot change root directory to '${directory}': Operation not permitted\n`)
  const shell = p.env.SHELL ?? '/bin/sh'
  const words = given.length > 0 ? given : [shell, '-i']
  const path = directory.replace(/\/+$/, '')
  if (path === '') return yield* run(p, 'chroot', words, { cwd: '/' })
  const { machineId } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const id = yield* p.readFile(`${path}/etc/machine-id`)
  if ('error' in id || id.text.trim() !== machineId)
    return yield* end(p, 125, `not simulated: chroot ${directory} (only to the files of the host)\n`)
  return yield* run(p, 'chroot', words, { root: { kind: 'host' }, cwd: '/', user: 'root' })
}

const TYPES = ['time', 'cgroup', 'pid', 'user', 'uts', 'ipc', 'net', 'mnt'] as const
type NsType = (typeof TYPES)[number]
const FIRST: Record<NsType, number> = { time: 4026531834, cgroup: 4026531835, pid: 4026531836, user: 4026531837, uts: 4026531838, ipc: 4026531839, net: 4026531840, mnt: 4026531841 } // prettier-ignore
const KERNEL_MAX = 4026532200

/** Whom a process shares a namespace with: itself, its pod, or the host. */
function ownerOf(one: Placed, type: NsType, all: readonly Placed[]): number {
  const isPause = /(^|\/)pause$/.test(one.argv[0] ?? '')
  const shim = all.find(({ pid }) => pid === one.ppid)
  const pause = all.find(({ ppid, argv }) => ppid === shim?.pid && /(^|\/)pause$/.test(argv[0] ?? ''))
  if (type === 'time' || type === 'user' || (one.container === undefined && !isPause)) return 1
  if (type === 'mnt' || type === 'pid' || (type === 'cgroup' && !isPause)) return one.pid
  if (type === 'cgroup') return 1
  const isShared = type === 'net' && one.netns === undefined
  return isShared ? 1 : (pause?.pid ?? one.pid)
}

const numberOf = (type: NsType, owner: number): number =>
  owner === 1 ? FIRST[type] : KERNEL_MAX + owner * 8 + TYPES.indexOf(type)

const lsns: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['n', 'noheadings', 'l', 'list', 'r', 'raw', 'u', 'notruncate', 'W', 'T', 'J', 'json', 'P', 'o-all'],
    withValue: ['t', 'type', 'p', 'task', 'o', 'output'],
    alias: { noheadings: 'n', type: 't', task: 'p', output: 'o', json: 'J' },
  })
  if (['o', 'J', 'T', 'P', 'W'].some((name) => has(options, name)))
    return yield* end(p, 1, `not simulated: ${argv.join(' ')}\n`)
  const type = valueOf(options, 't')
  if (type !== undefined && !TYPES.includes(type as NsType))
    return yield* end(p, 1, `lsns: unknown namespace type: ${type}\n`)
  const all = (yield* placed(p)).filter(({ user }) => p.user === 'root' || user === p.user)
  const only = valueOf(options, 'p')
  const rows = TYPES.filter((one) => type === undefined || one === type).flatMap((one) => rowsOf(all, one))
  const shown = rows.filter(({ pids }) => only === undefined || pids.includes(Number(only)))
  const { interfaces } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const nets = interfaces.filter(({ netns }) => netns !== undefined)
  const netCells = (ip: string | null): string[] => {
    const at = nets.findIndex(({ podIp }) => podIp === ip)
    return at < 0 ? ['unassigned', ''] : [String(at), `/run/netns/${nets[at]?.netns}`]
  }
  const lines: string[][] = []
  for (const { ns, kind, pids, first } of shown.sort((a, b) => a.ns - b.ns)) {
    const ip = first.netns === undefined ? null : ((yield* p.ask('network.ofContainer', { id: first.netns })) as string | null) // prettier-ignore
    lines.push([String(ns), kind, String(pids.length), String(first.pid), first.user, ...(type === 'net' ? netCells(ip) : []), first.argv.join(' ')]) // prettier-ignore
  }
  const head = ['NS', 'TYPE', 'NPROCS', 'PID', 'USER', ...(type === 'net' ? ['NETNSID', 'NSFS'] : []), 'COMMAND']
  const table = columns(has(options, 'n') ? lines : [head, ...lines], { gap: 1, right: type === 'net' ? [0, 2, 3, 5] : [0, 2, 3] }) // prettier-ignore
  yield* p.out(table.map((line) => `${line}\n`).join(''))
  return 0
}

interface NsRow {
  ns: number
  kind: NsType
  pids: number[]
  first: Placed
}

function rowsOf(all: readonly Placed[], kind: NsType): NsRow[] {
  const byNumber = new Map<number, NsRow>()
  for (const one of all) {
    const ns = numberOf(kind, ownerOf(one, kind, all))
    const row = byNumber.get(ns)
    if (row === undefined) byNumber.set(ns, { ns, kind, pids: [one.pid], first: one })
    else row.pids.push(one.pid)
  }
  return [...byNumber.values()]
}

export const namespacePrograms: Record<string, Program> = { nsenter, lsns, chroot }
