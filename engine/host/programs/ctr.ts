/**
 * Models ctr 1.7 as far as looking goes (Q4): namespaces, containers, tasks, images, version. Not modelled: everything
 * that changes something.
 */
import type { Proc, Program, Run } from '../process.ts'
import type { UnitStatus } from '../units/status.ts'
import type { CriListAnswer } from './crictl/types.ts'
import { has, parseOptions, valueOf } from './options.ts'

const SPEC = { flags: ['q', 'quiet', 'debug'], withValue: ['n', 'namespace', 'a', 'address'], alias: { quiet: 'q', namespace: 'n', address: 'a' } } // prettier-ignore
const SOCKET = '/run/containerd/containerd.sock'
/** Until ctr gives a socket up. */
const DIAL_MS = 10_000
const CLIENT = 'Client:\n  Version:  1.7.24\n  Revision: \n  Go version: go1.22.7\n\n'

type Rows = [head: string[], rows: string[][]]

/** Go's tabwriter with a padding of four, or one in an empty table of images. */
function table([head, rows]: Rows): string {
  const all = [head, ...rows]
  const widths = head.map(
    (_, column) =>
      Math.max(...all.map((row) => (row[column] ?? '').length)) +
      (rows.length === 0 && head[0] !== 'CONTAINER' && head[0] !== 'TASK'
        ? 1
        : head[0] === 'CONTAINER' || head[0] === 'TASK'
          ? 4
          : 1),
  )
  return all.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('')}\n`).join('')
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const

function binarySize(bytes: number): string {
  let [size, unit] = [bytes, 0]
  while (size >= 1024 && unit < 3) [size, unit] = [size / 1024, unit + 1]
  return `${size.toFixed(1)} ${UNITS[unit]}`
}

function rowsOf(object: string, { containers, sandboxes, images }: CriListAnswer): Rows {
  if (object === 'images')
    return [
      ['REF', 'TYPE', 'DIGEST', 'SIZE', 'PLATFORMS', 'LABELS'],
      images.flatMap(({ tags, digest, id, sizeBytes }) =>
        tags.map((tag) => [
          tag,
          'application/vnd.oci.image.index.v1+json',
          digest ?? `sha256:${id}`,
          binarySize(sizeBytes),
          'linux/amd64',
          'io.cri-containerd.image=managed',
        ]),
      ),
    ]
  const pause =
    images.flatMap(({ tags }) => tags).find((tag) => tag.includes('/pause:')) ?? 'registry.k8s.io/pause:3.10'
  const all = [
    ...containers.map(({ id, image, pid = 0, state }) => ({ id, image, pid, state })),
    ...sandboxes.map(({ id, state }) => ({
      id,
      image: pause,
      pid: 0,
      state: state === 'Ready' ? 'Running' : 'Exited',
    })),
  ].sort((a, b) => (a.id < b.id ? -1 : 1))
  if (object === 'containers')
    return [['CONTAINER', 'IMAGE', 'RUNTIME'], all.map(({ id, image }) => [id, image, 'io.containerd.runc.v2'])]
  const live = all.filter(({ state, pid }) => state === 'Running' && pid > 0)
  return [['TASK', 'PID', 'STATUS'], live.map(({ id, pid }) => [id, String(pid), 'RUNNING'])]
}

const OBJECTS: Record<string, string> = { c: 'containers', container: 'containers', containers: 'containers', t: 'tasks', task: 'tasks', tasks: 'tasks', i: 'images', image: 'images', images: 'images', ns: 'namespaces', namespace: 'namespaces', namespaces: 'namespaces' } // prettier-ignore
const EMPTY: CriListAnswer = { containers: [], sandboxes: [], images: [] }

function* reach(p: Proc, socket: string): Run<string | undefined> {
  if (p.user !== 'root')
    return `failed to dial "${socket}": connection error: desc = "transport: error while dialing: dial unix ${socket}: connect: permission denied"`
  const { active } = (yield* p.ask('unit.status', { unit: 'containerd' })) as UnitStatus
  if (socket === SOCKET && active === 'active') return undefined
  const why = socket === SOCKET ? 'connection refused' : 'no such file or directory'
  yield* p.sleep(DIAL_MS)
  return `failed to dial "${socket}": context deadline exceeded: connection error: desc = "transport: error while dialing: dial unix ${socket}: connect: ${why}"`
}

const ctr: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  const [word = '', verb = 'ls'] = options.rest
  const object = OBJECTS[word]
  if (word === 'version') yield* p.out(CLIENT)
  else if (object === undefined || !['ls', 'list'].includes(verb)) {
    yield* p.err(`not simulated: ${argv.join(' ')}\n`)
    return 1
  }
  const failed = yield* reach(p, valueOf(options, 'a') ?? SOCKET)
  if (failed !== undefined) {
    yield* p.err(`ctr: ${failed}\n`)
    return 1
  }
  if (word === 'version') {
    yield* p.out('Server:\n  Version:  1.7.24\n  Revision: \n')
    return 0
  }
  if (object === 'namespaces') {
    yield* p.out(has(options, 'q') ? 'k8s.io\n' : table([['NAME', 'LABELS'], [['k8s.io', '']]]))
    return 0
  }
  const list = (yield* p.ask('cri.list')) as CriListAnswer | undefined
  const rows = rowsOf(object ?? '', valueOf(options, 'n') === 'k8s.io' ? (list ?? EMPTY) : EMPTY)
  yield* p.out(has(options, 'q') ? rows[1].map(([id]) => `${id}\n`).join('') : table(rows))
  return 0
}

/** In the path, and no more. */
function unmodelled(name: string): Program {
  return function* (argv, p) {
    yield* p.err(`not simulated: ${[name, ...argv.slice(1)].join(' ')}\n`)
    return 1
  }
}

/** What a host's packages bring, and nobody has modelled. */
const UNMODELLED = ['tcpdump', 'strace', 'mtr'] as const

export const runtimePrograms = { ctr, ...Object.fromEntries(UNMODELLED.map((name) => [name, unmodelled(name)])) }
