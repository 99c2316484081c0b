/**
 * Models crictl 1.30 to 1.33 (Q4). The runtime answers `cri.list`, `cri.logs`, `cri.exec` …; `crictl/` holds the
 * commands. Not modelled: those in UNMODELLED; the usage texts beyond their first lines.
 */
import type { Proc, Program, Run } from '../process.ts'
import { DOCKERSHIM_SOCKET, NO_DAEMON } from '../../versions/index.ts'
import type { UnitStatus } from '../units/status.ts'
import { pull, rm, rmi, rmp, stop, stopp } from './crictl/changes.ts'
import { fatal, say } from './crictl/common.ts'
import type { Verb } from './crictl/common.ts'
import { config } from './crictl/config.ts'
import { exec } from './crictl/exec.ts'
import { info, installedVersion, version } from './crictl/info.ts'
import { inspect, inspecti, inspectp } from './crictl/inspect.ts'
import { images, pods, ps } from './crictl/lists.ts'
import { logs } from './crictl/logs.ts'
import { stats, statsp } from './crictl/stats.ts'
import type { CriListAnswer } from './crictl/types.ts'
import { parseOptions, valueOf } from './options.ts'
import type { OptionSpec, Options } from './options.ts'

interface Command {
  run: Verb
  /** Its options: `all` with the short `a`. */
  flags: Record<string, string>
  values: Record<string, string>
  stopEarly?: boolean
}

const LISTING = { latest: 'l', quiet: 'q', verbose: 'v', 'no-trunc': '' }
const CHOOSING = { state: 's', name: '', namespace: '', label: '', last: 'n', id: '', output: 'o', template: '' }
const SHOWN = { output: 'o', template: '' }

const COMMANDS: Record<string, Command> = {
  ps: { run: ps, flags: { ...LISTING, all: 'a', 'resolve-image-path': 'r' }, values: { ...CHOOSING, pod: 'p', image: '' } }, // prettier-ignore
  pods: { run: pods, flags: LISTING, values: CHOOSING },
  images: { run: images, flags: { quiet: 'q', verbose: 'v', digests: '', 'no-trunc': '', pinned: '' }, values: { output: 'o', filter: 'f' } }, // prettier-ignore
  logs: { run: logs, flags: { follow: 'f', previous: 'p', timestamps: 't' }, values: { tail: '', since: '', 'limit-bytes': '', 'runtime-handler': 'r' } }, // prettier-ignore
  inspect: { run: inspect, flags: { ...LISTING, all: 'a' }, values: { ...CHOOSING, pod: 'p', image: '' } },
  inspectp: { run: inspectp, flags: LISTING, values: CHOOSING },
  inspecti: { run: inspecti, flags: { quiet: 'q' }, values: SHOWN },
  info: { run: info, flags: { quiet: 'q' }, values: SHOWN },
  version: { run: version, flags: {}, values: {} },
  stats: { run: stats, flags: { all: 'a', watch: 'w' }, values: { id: '', pod: 'p', label: '', output: 'o', seconds: 's' } }, // prettier-ignore
  statsp: { run: statsp, flags: { watch: 'w' }, values: { id: '', label: '', output: 'o', seconds: 's' } },
  exec: { run: exec, flags: { sync: 's', tty: 't', interactive: 'i' }, values: { timeout: '', transport: 'r' }, stopEarly: true }, // prettier-ignore
  pull: { run: pull, flags: {}, values: { creds: '', auth: '', username: 'u', annotation: 'a', 'pod-config': '', 'pull-timeout': '' } }, // prettier-ignore
  rmi: { run: rmi, flags: { all: 'a', prune: 'q' }, values: {} },
  stop: { run: stop, flags: { all: 'a' }, values: { timeout: 't' } },
  rm: { run: rm, flags: { all: 'a', force: 'f', 'keep-logs': 'k' }, values: {} },
  stopp: { run: stopp, flags: {}, values: {} },
  rmp: { run: rmp, flags: { all: 'a', force: 'f' }, values: {} },
}
const ALIASES: Record<string, string> = { image: 'images', img: 'images', log: 'logs' }
const UNMODELLED = new Set(['create', 'run', 'runp', 'start', 'attach', 'port-forward', 'p', 'events', 'event', 'update', 'checkpoint', 'metricsp', 'imagefsinfo', 'completion', 'runtime-config', 'metricdescs', 'update-runtime-config']) // prettier-ignore

const OWN: OptionSpec = {
  flags: ['D', 'debug', 'enable-tracing', 'h', 'help', 'v', 'version', 'get', 'set', 'list'],
  withValue: ['config', 'c', 'image-endpoint', 'i', 'runtime-endpoint', 'r', 'timeout', 't', 'tracing-endpoint', 'profile-cpu', 'profile-mem'], // prettier-ignore
  alias: { D: 'debug', c: 'config', i: 'image-endpoint', r: 'runtime-endpoint', t: 'timeout', v: 'version', h: 'help' },
  stopEarly: true,
}
const ENDPOINT = 'unix:///run/containerd/containerd.sock'
const DEFAULTS =
  '[unix:///run/containerd/containerd.sock unix:///run/crio/crio.sock unix:///var/run/cri-dockerd.sock]. As the default settings are now deprecated, you should set the endpoint instead.'
const IMAGE_VERBS = new Set(['images', 'pull', 'rmi', 'inspecti'])

function specOf({ flags, values, stopEarly }: Command): OptionSpec {
  const names = (table: Record<string, string>): string[] => Object.entries(table).flatMap(([long, short]) => (short === '' ? [long] : [long, short])) // prettier-ignore
  const alias = Object.fromEntries(Object.entries({ ...flags, ...values }).map(([long, short]) => [short, long]))
  return { flags: [...names(flags), 'help', 'h'], withValue: names(values), alias, stopEarly: stopEarly === true }
}

export const crictl: Program = function* (argv, p) {
  const own = parseOptions(argv, OWN)
  const [word, ...rest] = own.rest
  if (own.values.has('version')) {
    yield* p.out(`crictl version ${yield* installedVersion(p, '/usr/bin/crictl', `1.${p.release.split('.')[1]}.0`)}\n`)
    return 0
  }
  if (word === undefined || word === 'help' || word === 'h') {
    yield* p.out('NAME:\n   crictl - client for CRI\n\nUSAGE:\n   crictl [global options] command [command options]\n')
    return 0
  }
  if (word === 'config') return yield* config(p, parseOptions(['config', ...rest], OWN), argv)
  const verb = ALIASES[word] ?? word
  const command = COMMANDS[verb]
  if (command === undefined)
    return yield* say(p, UNMODELLED.has(word) ? `not simulated: crictl ${word}\n` : `No help topic for '${word}'\n`)
  const options = parseOptions([verb, ...rest], specOf(command))
  const unknown = own.unknown ?? options.unknown
  if (unknown !== undefined) {
    const text = `flag provided but not defined: -${unknown.replace(/^-+/, '').split('=')[0]}`
    return yield* say(p, `Incorrect Usage: ${text}\n\nFATA[0000] ${text} \n`)
  }
  return yield* answered(p, own, verb, { command, options })
}

/** Asks the runtime, if it can be reached, and has the command say what it knows. */
function* answered(
  p: Proc,
  own: Options,
  verb: string,
  { command, options }: { command: Command; options: Options },
): Run<number> {
  const given = valueOf(own, 'runtime-endpoint') ?? p.env['CONTAINER_RUNTIME_ENDPOINT'] ?? (yield* configured(p))
  if (given === undefined) {
    if (!IMAGE_VERBS.has(verb)) yield* p.err(`WARN[0000] runtime connect using default endpoints: ${DEFAULTS} \n`)
    if (IMAGE_VERBS.has(verb) || verb === 'ps')
      yield* p.err(`WARN[0000] image connect using default endpoints: ${DEFAULTS} \n`)
  }
  const refused = yield* unreachable(p, given ?? ENDPOINT)
  if (refused !== undefined) return yield* fatal(p, refused)
  const all = (yield* p.ask('cri.list')) as CriListAnswer | undefined
  const list = typeof all === 'object' && 'containers' in all ? all : { containers: [], sandboxes: [], images: [] }
  return yield* command.run(p, { options, list, args: options.rest, now: yield* p.now() })
}

function* configured(p: Proc): Run<string | undefined> {
  const file = yield* p.readFile('/etc/crictl.yaml')
  return 'text' in file ? /^runtime-endpoint:\s*"?([^"\s]+)/m.exec(file.text)?.[1] : undefined
}

/** On hosts with Docker the kubelet serves the socket, and containerd has no plugin for crictl; '': all is well. */
function* besideDocker(p: Proc, socket: string): Run<string | undefined> {
  const isShim = socket === DOCKERSHIM_SOCKET
  if (p.user !== 'root' || !(isShim || socket.endsWith('/containerd/containerd.sock'))) return undefined
  if (!isShim) return 'rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService'
  if (!(yield* isActive(p, 'kubelet'))) return dialFailed(socket, 'connection refused')
  if (yield* isActive(p, 'docker')) return ''
  return `rpc error: code = Unknown desc = failed to get docker version: ${NO_DAEMON}`
}

function* isActive(p: Proc, unit: string): Run<boolean> {
  return ((yield* p.ask('unit.status', { unit })) as UnitStatus).active === 'active'
}

const dialFailed = (socket: string, why: string): string =>
  `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${socket}: connect: ${why}"`

/** Why the runtime does not answer; undefined: it does. */
function* unreachable(p: Proc, endpoint: string): Run<string | undefined> {
  const socket = endpoint.replace(/^unix:\/\//, '')
  const validate = `validate service connection: validate CRI v1 runtime API for endpoint "${endpoint}": `
  const ofDocker = (yield* p.ask('cri.runtime')) === 'docker' ? yield* besideDocker(p, socket) : undefined
  if (ofDocker !== undefined) return ofDocker === '' ? undefined : validate + ofDocker
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
  return validate + dialFailed(socket, why)
}
