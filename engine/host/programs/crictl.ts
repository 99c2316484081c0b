/**
 * Models crictl 1.33 (Q4). The kubelet answers `cri.list` and `cri.logs`; the shapes are here.
 * Not modelled: pull, run, exec, stats, stop and rm of containers.
 */
import type { Proc, Program, Run } from '../process.ts'
import type { UnitStatus } from '../units/units.ts'
import { has, parseOptions, valueOf } from './options.ts'

export interface CriContainer {
  /** 64 hex digits. */
  id: string
  name: string
  attempt: number
  image: string
  /** 64 hex digits. */
  imageId: string
  createdMs: number
  state: 'Created' | 'Running' | 'Exited' | 'Unknown'
  sandboxId: string
  podName: string
  podNamespace: string
  /** Milliseconds since 1970 UTC. */
  startedMs?: number
  finishedMs?: number
  exitCode?: number
  reason?: string
}

export interface CriSandbox {
  id: string
  createdMs: number
  state: 'Ready' | 'NotReady'
  name: string
  namespace: string
  attempt: number
  ip?: string
}

export interface CriImage {
  /** 64 hex digits. */
  id: string
  /** Such as `docker.io/library/nginx:1.27`. */
  tags: string[]
  sizeBytes: number
}

/** The answer of `cri.list`; undefined while nobody serves it. */
export interface CriListAnswer {
  containers: CriContainer[]
  sandboxes: CriSandbox[]
  images: CriImage[]
}

/** The answer of `cri.logs {id, tail?}`. */
export type CriLogsAnswer = { text: string } | { error: 'NotFound' }

const SPEC = {
  flags: ['a', 'q', 'l', 'f', 'p', 'all', 'quiet', 'latest', 'v', 'no-trunc', 'digests', 't'],
  withValue: [
    'n',
    'name',
    'pod',
    'state',
    's',
    'o',
    'output',
    'tail',
    'namespace',
    'label',
    'r',
    'runtime-endpoint',
    'image-endpoint',
    'timeout',
    'since',
  ],
  alias: { all: 'a', quiet: 'q', latest: 'l', output: 'o', s: 'state' },
}

const ENDPOINT = 'unix:///run/containerd/containerd.sock'

export const crictl: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  const [verb, id] = options.rest
  if (verb === undefined) return yield* say(p, 'not simulated: crictl without a command\n')
  if (options.unknown !== undefined) return yield* say(p, `flag provided but not defined: ${options.unknown}\n`)
  const endpoint = valueOf(options, 'r') ?? valueOf(options, 'runtime-endpoint') ?? (yield* configured(p)) ?? ENDPOINT
  const refused = yield* unreachable(p, endpoint)
  if (refused !== undefined) return yield* say(p, refused)
  if (verb === 'version') {
    yield* p.out('Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v1.7.24\nRuntimeApiVersion:  v1\n')
    return 0
  }
  const all = (yield* p.ask('cri.list')) as CriListAnswer | undefined
  const list = typeof all === 'object' && 'containers' in all ? all : { containers: [], sandboxes: [], images: [] }
  const now = yield* p.now()
  if (verb === 'ps') return yield* show(p, containerRows(list.containers, options, now), has(options, 'q'))
  if (verb === 'pods') return yield* show(p, sandboxRows(list.sandboxes, options, now), has(options, 'q'))
  if (verb === 'images' || verb === 'image' || verb === 'img')
    return yield* show(p, imageRows(list.images), has(options, 'q'))
  if (verb === 'logs' && id !== undefined) return yield* logs(p, list, id, valueOf(options, 'tail'))
  if (verb === 'inspect' && id !== undefined) return yield* inspect(p, list, id)
  return yield* say(p, `not simulated: crictl ${verb}\n`)
}

function* say(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

function* configured(p: Proc): Run<string | undefined> {
  const file = yield* p.readFile('/etc/crictl.yaml')
  return 'text' in file ? /^runtime-endpoint:\s*"?([^"\s]+)/m.exec(file.text)?.[1] : undefined
}

/** Why the runtime does not answer; undefined: it does. */
function* unreachable(p: Proc, endpoint: string): Run<string | undefined> {
  const socket = endpoint.replace(/^unix:\/\//, '')
  const { active } = (yield* p.ask('unit.status', { unit: 'containerd' })) as UnitStatus
  const known = socket === '/run/containerd/containerd.sock' || socket === '/var/run/containerd/containerd.sock'
  const why = !known
    ? 'no such file or directory'
    : p.user !== 'root'
      ? 'permission denied'
      : active === 'active'
        ? undefined
        : 'connection refused'
  if (why === undefined) return undefined
  return `FATA[0000] validate service connection: validate CRI v1 runtime API for endpoint "${endpoint}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${socket}: connect: ${why}" \n`
}

type Rows = { head: string[]; rows: string[][]; ids: string[] }

function containerRows(containers: readonly CriContainer[], options: Parameters<typeof has>[0], now: number): Rows {
  const state = valueOf(options, 'state')?.toLowerCase()
  const name = valueOf(options, 'name')
  const pod = valueOf(options, 'p') ?? valueOf(options, 'pod')
  const fits = (each: CriContainer): boolean =>
    (state === undefined ? has(options, 'a') || each.state === 'Running' : each.state.toLowerCase() === state) &&
    (name === undefined || new RegExp(name).test(each.name)) &&
    (pod === undefined || pod === '' || each.sandboxId.startsWith(pod))
  const shown = containers.filter(fits).sort((a, b) => b.createdMs - a.createdMs)
  return {
    head: ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
    rows: shown.map((each) => [
      each.id.slice(0, 13),
      each.imageId.slice(0, 13),
      age(now - each.createdMs),
      each.state,
      each.name,
      String(each.attempt),
      each.sandboxId.slice(0, 13),
      each.podName,
      each.podNamespace,
    ]),
    ids: shown.map((each) => each.id),
  }
}

function sandboxRows(sandboxes: readonly CriSandbox[], options: Parameters<typeof has>[0], now: number): Rows {
  const name = valueOf(options, 'name')
  const namespace = valueOf(options, 'namespace')
  const shown = sandboxes
    .filter(
      (each) =>
        (name === undefined || new RegExp(name).test(each.name)) &&
        (namespace === undefined || each.namespace === namespace),
    )
    .sort((a, b) => b.createdMs - a.createdMs)
  return {
    head: ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
    rows: shown.map((each) => [
      each.id.slice(0, 13),
      age(now - each.createdMs),
      each.state,
      each.name,
      each.namespace,
      String(each.attempt),
      '(default)',
    ]),
    ids: shown.map((each) => each.id),
  }
}

function imageRows(images: readonly CriImage[]): Rows {
  const rows = images.flatMap((image) =>
    (image.tags.length === 0 ? ['<none>:<none>'] : image.tags).map((tag) => [
      tag.slice(0, tag.lastIndexOf(':')),
      tag.slice(tag.lastIndexOf(':') + 1),
      image.id.slice(0, 13),
      decimalSize(image.sizeBytes),
    ]),
  )
  return { head: ['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'], rows, ids: images.map(({ id }) => id) }
}

/** `86.6MB`, three significant digits. */
function decimalSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB']
  let size = bytes
  let unit = 0
  while (size >= 1000 && unit < 3) {
    size /= 1000
    unit++
  }
  return `${Number(size.toPrecision(3))}${units[unit]}`
}

/** `12 seconds ago`, as docker/go-units HumanDuration. */
function age(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const [minutes, hours] = [Math.floor(seconds / 60), Math.round(seconds / 3600)]
  const text =
    seconds < 1
      ? 'Less than a second'
      : seconds === 1
        ? '1 second'
        : seconds < 60
          ? `${seconds} seconds`
          : minutes === 1
            ? 'About a minute'
            : minutes < 60
              ? `${minutes} minutes`
              : hours === 1
                ? 'About an hour'
                : hours < 48
                  ? `${hours} hours`
                  : hours < 24 * 14
                    ? `${Math.floor(hours / 24)} days`
                    : hours < 24 * 60
                      ? `${Math.floor(hours / 24 / 7)} weeks`
                      : `${Math.floor(hours / 24 / 30)} months`
  return `${text} ago`
}

/** Go's tabwriter with cells of at least 20, padding 3. */
function* show(p: Proc, { head, rows, ids }: Rows, quiet: boolean): Run<number> {
  if (quiet) {
    for (const id of ids) yield* p.out(`${id}\n`)
    return 0
  }
  const table = [head, ...rows]
  const widths = head.map((_, column) => Math.max(20, ...table.map((row) => (row[column] ?? '').length + 3)))
  yield* p.out(
    table
      .map(
        (row) =>
          `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 20))).join('')}\n`,
      )
      .join(''),
  )
  return 0
}

function notFound(id: string): string {
  return `FATA[0000] rpc error: code = NotFound desc = an error occurred when try to find container "${id}": not found \n`
}

function* logs(p: Proc, { containers }: CriListAnswer, id: string, tail: string | undefined): Run<number> {
  const found = containers.find((each) => each.id.startsWith(id))
  if (found === undefined) return yield* say(p, notFound(id))
  const answer = (yield* p.ask('cri.logs', { id: found.id, ...(tail === undefined ? {} : { tail: Number(tail) }) })) as
    CriLogsAnswer | undefined
  if (typeof answer !== 'object' || !('text' in answer)) return yield* say(p, notFound(id))
  yield* p.out(answer.text)
  return 0
}

function* inspect(p: Proc, { containers }: CriListAnswer, id: string): Run<number> {
  const found = containers.find((each) => each.id.startsWith(id))
  if (found === undefined) return yield* say(p, notFound(id))
  const time = (ms: number | undefined): string =>
    ms === undefined ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString().replace('Z', '000000Z')
  const status = {
    id: found.id,
    metadata: { attempt: found.attempt, name: found.name },
    state: `CONTAINER_${found.state.toUpperCase()}`,
    createdAt: time(found.createdMs),
    startedAt: time(found.startedMs),
    finishedAt: time(found.finishedMs),
    exitCode: found.exitCode ?? 0,
    image: { image: found.image },
    imageRef: `sha256:${found.imageId}`,
    reason: found.reason ?? '',
    labels: {
      'io.kubernetes.container.name': found.name,
      'io.kubernetes.pod.name': found.podName,
      'io.kubernetes.pod.namespace': found.podNamespace,
    },
  }
  yield* p.out(`${JSON.stringify({ info: { sandboxID: found.sandboxId }, status }, null, 2)}\n`)
  return 0
}
