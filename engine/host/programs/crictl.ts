/**
 * Models crictl 1.33 (Q4). The runtime answers `cri.list`, `cri.logs`, `cri.exec` …; the shapes are here.
 * Not modelled: create, run, attach, port-forward, events; input to exec; removing a container's last instance.
 */
import type { Proc, Program, Run } from '../process.ts'
import type { UnitStatus } from '../units/units.ts'
import { inspectedContainer, inspectedImage, inspectedSandbox, runtimeInfo, showInspected } from './crictl-inspect.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'

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
  podUid?: string
  /** Of the main process; 0 when it does not run. */
  pid?: number
  cpuMilli?: number
  memoryBytes?: number
}

export interface CriSandbox {
  id: string
  createdMs: number
  state: 'Ready' | 'NotReady'
  name: string
  namespace: string
  attempt: number
  uid?: string
  ip?: string
}

export interface CriImage {
  /** 64 hex digits. */
  id: string
  /** Such as `docker.io/library/nginx:1.27`. */
  tags: string[]
  /** `sha256:…` */
  digest?: string
  sizeBytes: number
}

/** The answer of `cri.list`; undefined while nobody serves it. */
export interface CriListAnswer {
  containers: CriContainer[]
  sandboxes: CriSandbox[]
  images: CriImage[]
}

/** The answer of `cri.logs {id, tail?}`. */
export type CriLogsAnswer = { text: string; lastMs?: number } | { error: 'NotFound' }

const SPEC = {
  flags: ['a', 'q', 'l', 'f', 'p', 'all', 'quiet', 'latest', 'v', 'no-trunc', 'digests', 't', 'timestamps', 'previous', 'follow', 'force', 'i', 'tty', 'interactive', 'prune', 'debug', 'D', 's', 'sync', 'get', 'set', 'list'], // prettier-ignore
  withValue: ['n', 'name', 'pod', 'state', 'o', 'output', 'tail', 'namespace', 'label', 'r', 'runtime-endpoint', 'image-endpoint', 'timeout', 'since', 'template', 'id', 'image', 'c', 'config', 'last'], // prettier-ignore
  alias: { all: 'a', quiet: 'q', latest: 'l', output: 'o', follow: 'f', force: 'f', previous: 'p', timestamps: 't', tty: 't', interactive: 'i', last: 'n' }, // prettier-ignore
}
/** What follows the container is the program's. */
const EXEC_SPEC = { ...SPEC, stopEarly: true }
/** -p and -s are other things in some commands, and -s is a state in ps. */
const WITH_STATE = { ...SPEC, flags: SPEC.flags.filter((flag) => flag !== 's' && flag !== 'p'), withValue: [...SPEC.withValue, 's', 'p'], alias: { ...SPEC.alias, s: 'state', p: 'pod' } } // prettier-ignore

const ENDPOINT = 'unix:///run/containerd/containerd.sock'
const DEFAULTS =
  '[unix:///run/containerd/containerd.sock unix:///run/crio/crio.sock unix:///var/run/cri-dockerd.sock]. As the default settings are now deprecated, you should set the endpoint instead.'
const IMAGE_VERBS = new Set(['images', 'image', 'img', 'pull', 'rmi', 'inspecti', 'imagefsinfo'])
const NO_RUNTIME = new Set(['config', 'completion', 'help'])

interface Asked {
  options: Options
  list: CriListAnswer
  args: string[]
  now: number
}

type Verb = (p: Proc, asked: Asked) => Run<number>

/** Where the runtime's commands begin: after crictl's own options. */
function read(argv: readonly string[]): { options: Options; verb: string | undefined; args: string[] } {
  const own = parseOptions(argv, { ...SPEC, stopEarly: true })
  const [verb, ...rest] = own.rest
  const spec = verb === 'exec' ? EXEC_SPEC : verb === 'ps' || verb === 'pods' ? WITH_STATE : SPEC
  const options = parseOptions([verb ?? '', ...rest], spec)
  for (const [name, values] of own.values) if (!options.values.has(name)) options.values.set(name, values)
  const unknown = own.unknown ?? options.unknown
  return { options: unknown === undefined ? options : { ...options, unknown }, verb, args: options.rest }
}

export const crictl: Program = function* (argv, p) {
  const { options, verb, args } = read(argv)
  if (argv.includes('--version') || (verb === undefined && argv.includes('-v'))) {
    yield* p.out('crictl version v1.33.0\n')
    return 0
  }
  if (verb === undefined || verb === 'help') {
    yield* p.out('NAME:\n   crictl - client for CRI\n\nUSAGE:\n   crictl [global options] command [command options]\n')
    return 0
  }
  if (verb === 'config') return yield* config(p, options, argv)
  if (VERBS[verb] === undefined || NO_RUNTIME.has(verb)) {
    const text = UNMODELLED.has(verb) ? `not simulated: crictl ${verb}\n` : `No help topic for '${verb}'\n`
    return yield* say(p, text)
  }
  if (options.unknown !== undefined)
    return yield* say(
      p,
      `Incorrect Usage: flag provided but not defined: ${options.unknown}\n\nFATA[0000] flag provided but not defined: ${options.unknown}\n`,
    )
  const given =
    valueOf(options, 'r') ??
    valueOf(options, 'runtime-endpoint') ??
    p.env['CONTAINER_RUNTIME_ENDPOINT'] ??
    (yield* configured(p))
  if (given === undefined) {
    if (!IMAGE_VERBS.has(verb)) yield* p.err(`WARN[0000] runtime connect using default endpoints: ${DEFAULTS} \n`)
    if (IMAGE_VERBS.has(verb) || verb === 'ps')
      yield* p.err(`WARN[0000] image connect using default endpoints: ${DEFAULTS} \n`)
  }
  const refused = yield* unreachable(p, given ?? ENDPOINT)
  if (refused !== undefined) return yield* say(p, refused)
  const all = (yield* p.ask('cri.list')) as CriListAnswer | undefined
  const list = typeof all === 'object' && 'containers' in all ? all : { containers: [], sandboxes: [], images: [] }
  return yield* (VERBS[verb] as Verb)(p, { options, list, args, now: yield* p.now() })
}

const UNMODELLED = new Set(['create', 'run', 'runp', 'start', 'attach', 'port-forward', 'p', 'events', 'update', 'checkpoint', 'metricsp', 'statsp', 'imagefsinfo', 'completion', 'runtime-config', 'metricdescs', 'update-runtime-config']) // prettier-ignore

const images: Verb = (p, { options, list, args }) => {
  const wanted = args[0] === undefined ? list.images : list.images.filter((image) => isImage(image, args[0] as string))
  return show(p, imageRows(wanted, has(options, 'digests'), has(options, 'no-trunc')), has(options, 'q'))
}

const VERBS: Record<string, Verb> = {
  version: function* (p) {
    yield* p.out('Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v1.7.24\nRuntimeApiVersion:  v1\n')
    return 0
  },
  ps: (p, { options, list, now }) => show(p, containerRows(list.containers, options, now), has(options, 'q')),
  pods: (p, { options, list, now }) => show(p, sandboxRows(list.sandboxes, options, now), has(options, 'q')),
  images,
  image: images,
  img: images,
  logs: (p, asked) => logs(p, asked),
  inspect: (p, asked) => inspect(p, asked),
  inspectp: (p, asked) => inspectSandbox(p, asked),
  inspecti: (p, asked) => inspectImage(p, asked),
  info: (p, { options }) => showInspected(p, runtimeInfo(), options),
  stats: (p, asked) => stats(p, asked),
  exec: (p, asked) => exec(p, asked),
  pull: (p, asked) => pull(p, asked),
  rmi: (p, asked) => removeImages(p, asked),
  stop: (p, asked) => stop(p, asked),
  rm: (p, asked) => remove(p, asked),
  stopp: (p, asked) => sandboxes(p, asked, 'stop'),
  rmp: (p, asked) => sandboxes(p, asked, 'remove'),
}
for (const [short, long] of [
  ['i', 'info'],
  ['log', 'logs'],
] as const)
  VERBS[short] = VERBS[long] as Verb

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

function imageRows(images: readonly CriImage[], digests: boolean, whole: boolean): Rows {
  const rows = images.flatMap((image) =>
    (image.tags.length === 0 ? ['<none>:<none>'] : image.tags).map((tag) => [
      tag.slice(0, tag.lastIndexOf(':')),
      tag.slice(tag.lastIndexOf(':') + 1),
      ...(digests ? [(image.digest ?? '').replace(/^sha256:/, '').slice(0, 13)] : []),
      whole ? `sha256:${image.id}` : image.id.slice(0, 13),
      decimalSize(image.sizeBytes),
    ]),
  )
  const head = ['IMAGE', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'SIZE']
  return { head, rows, ids: images.map(({ id }) => `sha256:${id}`) }
}

/** By name with or without tag and registry, or by the beginning of its id. */
function isImage({ id, tags }: CriImage, name: string): boolean {
  if (id.startsWith(name.replace(/^sha256:/, ''))) return true
  const short = (tag: string): string[] => [tag, tag.replace(/^docker\.io\/(library\/)?/, '')]
  const full = name.includes(':') ? name : `${name}:latest`
  return tags.flatMap(short).some((tag) => tag === full || tag.slice(0, tag.lastIndexOf(':')) === name)
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

function missing(method: string, kind: string, id: string): string {
  const error = `rpc error: code = NotFound desc = an error occurred when try to find ${kind} "${id}": not found`
  return `FATA[0000] ${method}${error} \n`
}

const byId = <T extends { id: string }>(list: readonly T[], id: string): T | undefined =>
  list.find((one) => one.id.startsWith(id))

function* without(p: Proc): Run<number> {
  return yield* say(p, 'FATA[0000] ID cannot be empty \n')
}

/** How often `logs -f` looks. */
const FOLLOW_MS = 500

/** `5m`, `1h30m` before now, or an RFC 3339 time. */
function sinceOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)]
  if (parts.length === 0) return Date.parse(text)
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
  return now - parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0)
}

function* logs(p: Proc, { options, list, args, now }: Asked): Run<number> {
  const [id] = args
  if (id === undefined) return yield* without(p)
  const named = byId(list.containers, id)
  const found = named !== undefined && has(options, 'p') ? before(list.containers, named) : named
  if (found === undefined)
    return yield* say(
      p,
      missing(named === undefined ? '' : 'failed to find previous terminated container: ', 'container', id),
    )
  const tail = valueOf(options, 'tail')
  const sinceMs = sinceOf(valueOf(options, 'since'), now)
  const query = {
    id: found.id,
    ...(has(options, 't') && { timestamps: true }),
    ...(tail !== undefined && Number(tail) >= 0 && { tail: Number(tail) }),
    ...(sinceMs !== undefined && { sinceMs }),
  }
  const answer = (yield* p.ask('cri.logs', query)) as CriLogsAnswer
  if (!('text' in answer)) return yield* say(p, missing('', 'container', id))
  yield* p.out(answer.text)
  return has(options, 'f') ? yield* follow(p, query, answer.lastMs ?? 0) : 0
}

/** The instance of the same container before this one. */
function before(
  containers: readonly CriContainer[],
  { name, sandboxId, podUid, attempt }: CriContainer,
): CriContainer | undefined {
  return containers
    .filter(
      (one) => one.name === name && (one.podUid === podUid || one.sandboxId === sandboxId) && one.attempt < attempt,
    )
    .sort((a, b) => b.attempt - a.attempt)[0]
}

function* follow(p: Proc, query: { id: string }, fromMs: number): Run<number> {
  yield* p.catchSignals(['INT'])
  let seenMs = fromMs
  while (yield* p.sleep(FOLLOW_MS)) {
    const answer = (yield* p.ask('cri.logs', { ...query, tail: undefined, sinceMs: seenMs + 0.001 })) as CriLogsAnswer
    if (!('text' in answer)) return 0
    yield* p.out(answer.text)
    seenMs = Math.max(seenMs, answer.lastMs ?? 0)
    const list = (yield* p.ask('cri.list')) as CriListAnswer | undefined
    if (list?.containers.find(({ id }) => id === query.id)?.state !== 'Running') return 0
  }
  return 0
}

function* inspect(p: Proc, { options, list, args }: Asked): Run<number> {
  if (args.length === 0) return yield* without(p)
  for (const id of args) {
    const found = byId(list.containers, id)
    if (found === undefined)
      return yield* say(p, missing('getting the status of the container ' + `"${id}": `, 'container', id))
    const code = yield* showInspected(p, inspectedContainer(found), options)
    if (code !== 0) return code
  }
  return 0
}

function* inspectSandbox(p: Proc, { options, list, args }: Asked): Run<number> {
  const [id] = args
  if (id === undefined) return yield* without(p)
  const found = byId(list.sandboxes, id)
  if (found === undefined) return yield* say(p, missing(`getting the pod sandbox status for "${id}": `, 'sandbox', id))
  return yield* showInspected(p, inspectedSandbox(found), options)
}

function* inspectImage(p: Proc, { options, list, args }: Asked): Run<number> {
  const [id] = args
  if (id === undefined) return yield* without(p)
  const found = list.images.find((image) => isImage(image, id))
  if (found === undefined) return yield* say(p, `FATA[0000] no such image "${id}" present \n`)
  return yield* showInspected(p, inspectedImage(found), options)
}

function* stats(p: Proc, { options, list, args }: Asked): Run<number> {
  const shown = list.containers
    .filter(
      ({ id, state }) =>
        (has(options, 'a') || state === 'Running') && (args[0] === undefined || id.startsWith(args[0])),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const rows = shown.map((one) => [
    one.id.slice(0, 13),
    one.name,
    ((one.cpuMilli ?? 0) / 10).toFixed(2),
    decimalSize(one.memoryBytes ?? 0),
    '12.29kB',
    '7',
  ])
  return yield* show(
    p,
    { head: ['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES'], rows, ids: shown.map(({ id }) => id) },
    has(options, 'q'),
  )
}

function* exec(p: Proc, { options, list, args }: Asked): Run<number> {
  const [id, ...argv] = args
  if (id === undefined) return yield* without(p)
  if (argv.length === 0) return yield* say(p, 'FATA[0000] exec command cannot be empty \n')
  const found = byId(list.containers, id)
  if (found === undefined) return yield* say(p, missing('execing command in container: ', 'container', id))
  if (found.state !== 'Running')
    return yield* say(
      p,
      `FATA[0000] execing command in container: rpc error: code = Unknown desc = failed to exec in container: container is in CONTAINER_${found.state.toUpperCase()} state \n`,
    )
  const isShell = argv.length === 1 && /^(\/bin\/)?(ba|a)?sh$/.test(argv[0] as string)
  if (has(options, 'i') && isShell)
    return yield* say(p, 'not simulated: an interactive crictl exec (kubectl exec -it opens one)\n')
  const answer = (yield* p.ask('cri.exec', { id: found.id, argv })) as
    { code: number; output: string; failure?: string } | { error: string }
  if ('error' in answer) return yield* say(p, missing('execing command in container: ', 'container', id))
  yield* p.out(answer.output)
  if (answer.failure !== undefined)
    return yield* say(
      p,
      `FATA[0000] execing command in container: command terminated with non-zero exit code: ${answer.failure} \n`,
    )
  if (answer.code !== 0)
    yield* p.err(`FATA[0000] execing command in container: command terminated with exit code ${answer.code} \n`)
  return answer.code === 0 ? 0 : 1
}

/** As a person names an image: `nginx` is docker.io/library/nginx:latest. */
function* pull(p: Proc, { args }: Asked): Run<number> {
  const [name] = args
  if (name === undefined) return yield* say(p, 'FATA[0000] image name cannot be empty \n')
  const answer = (yield* p.ask('cri.pull', { image: name })) as { error?: string }
  if (answer.error !== undefined) return yield* say(p, `FATA[0000] pulling image: ${rpc(answer.error)} \n`)
  const list = (yield* p.ask('cri.list')) as CriListAnswer
  const found = list.images.find((image) => isImage(image, name))
  yield* p.out(`Image is up to date for sha256:${found?.id ?? ''}\n`)
  return 0
}

const rpc = (error: string): string =>
  error.startsWith('rpc error') ? error : `rpc error: code = Unknown desc = ${error}`

function* removeImages(p: Proc, { options, list, args }: Asked): Run<number> {
  const used = new Set(
    list.containers.filter(({ state }) => state === 'Running').map(({ imageId }) => imageId.replace(/^sha256:/, '')),
  )
  const pruned = has(options, 'prune')
    ? list.images
        .filter(({ id, tags }) => !used.has(id) && !tags.some((tag) => tag.includes('/pause:')))
        .map(({ id }) => id)
    : []
  const wanted = has(options, 'a') ? list.images.map(({ id }) => id) : [...args, ...pruned]
  if (wanted.length === 0 && !has(options, 'prune')) return yield* say(p, 'FATA[0000] ID cannot be empty \n')
  let code = 0
  for (const name of wanted) {
    const found = list.images.find((image) => isImage(image, name))
    if (found === undefined) {
      yield* p.err(`ERRO[0000] no such image ${name} \n`)
      code = 1
      continue
    }
    for (const tag of found.tags) {
      yield* p.ask('cri.removeImage', { reference: tag })
      yield* p.out(`Deleted: ${tag}\n`)
    }
  }
  return code === 0 ? 0 : yield* say(p, 'FATA[0000] unable to remove the image(s) \n')
}

function* stop(p: Proc, { options, list, args }: Asked): Run<number> {
  if (args.length === 0) return yield* without(p)
  for (const id of args) {
    const found = byId(list.containers, id)
    if (found === undefined) return yield* say(p, missing(`stopping the container "${id}": `, 'container', id))
    yield* p.ask('cri.stop', { id: found.id, graceMs: Number(valueOf(options, 'timeout') ?? 0) * 1000 })
    yield* p.out(`${id}\n`)
  }
  return 0
}

function* remove(p: Proc, { options, list, args }: Asked): Run<number> {
  const exited = list.containers.filter(({ state }) => state === 'Exited').map(({ id }) => id)
  const wanted = has(options, 'a') ? exited : args
  if (wanted.length === 0) return has(options, 'a') ? 0 : yield* without(p)
  for (const id of wanted) {
    const found = byId(list.containers, id)
    if (found === undefined) return yield* say(p, missing(`removing container "${id}": `, 'container', id))
    if (found.state === 'Running' && !has(options, 'f'))
      return yield* say(
        p,
        `ERRO[0000] container "${id}" is running, please stop it first \nFATA[0000] unable to remove container(s) \n`,
      )
    yield* p.ask('cri.stop', { id: found.id, graceMs: 0 })
    yield* p.ask('cri.remove', { id: found.id })
    yield* p.out(`${id}\n`)
  }
  return 0
}

function* sandboxes(p: Proc, { options, list, args }: Asked, how: 'stop' | 'remove'): Run<number> {
  const all = list.sandboxes.filter(({ state }) => state === 'NotReady' || has(options, 'f')).map(({ id }) => id)
  const wanted = how === 'remove' && has(options, 'a') ? all : args
  if (wanted.length === 0) return has(options, 'a') ? 0 : yield* without(p)
  for (const id of wanted) {
    const found = byId(list.sandboxes, id)
    if (found === undefined)
      return yield* say(
        p,
        missing(`${how === 'stop' ? 'stopping the pod sandbox' : 'removing the pod sandbox'} "${id}": `, 'sandbox', id),
      )
    if (how === 'remove' && found.state === 'Ready' && !has(options, 'f'))
      return yield* say(
        p,
        `FATA[0000] removing the pod sandbox "${id}": rpc error: code = Unknown desc = sandbox container "${found.id}" is not fully stopped \n`,
      )
    yield* p.ask(how === 'stop' ? 'cri.stopPod' : 'cri.removePod', { id: found.id })
    yield* p.out(`${how === 'stop' ? 'Stopped' : 'Removed'} sandbox ${id}\n`)
  }
  return 0
}

/** `crictl config --set runtime-endpoint=…`, `--get`, `--list`. */
function* config(p: Proc, options: Options, argv: readonly string[]): Run<number> {
  const file = yield* p.readFile('/etc/crictl.yaml')
  const text = 'text' in file ? file.text : ''
  const pairs = new Map(text.split('\n').filter((line) => line.includes(':')).map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim().replace(/^"(.*)"$/, '$1')])) // prettier-ignore
  const words = argv.slice(argv.indexOf('config') + 1).filter((word) => !word.startsWith('-') || word.includes('='))
  const [first] = words.map((word) => word.replace(/^--(set|get)=/, ''))
  if (has(options, 'get') && first !== undefined) {
    yield* p.out(`${pairs.get(first) ?? ''}\n`)
    return 0
  }
  if (has(options, 'set') && first !== undefined) {
    for (const pair of first.split(',')) pairs.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    const made = [...pairs].map(
      ([key, value]) => `${key}: ${value === '' ? '""' : /^(unix|tcp)/.test(value) ? `"${value}"` : value}\n`,
    )
    const done = yield* p.writeFile('/etc/crictl.yaml', made.join(''))
    return 'error' in done ? yield* say(p, 'FATA[0000] open /etc/crictl.yaml: permission denied \n') : 0
  }
  for (const [key, value] of pairs) yield* p.out(`${key}: ${value}\n`)
  return 0
}
