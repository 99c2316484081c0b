/**
 * Models the docker client of 18.06 to 20.10 (docker/cli) on a node whose kubelet speaks to Docker: it looks at, stops
 * and removes what the kubelet made. Not modelled: UNMODELLED and the groups' other commands (containers, images,
 * networks and volumes of one's own, registries, builds, swarm); daemons of other hosts (-H); plugins such as compose.
 */
import type { Proc, Program, Run } from '../../host/process.ts'
import { parseBinary } from '../../host/binary.ts'
import { has, parseOptions, valueOf } from '../../host/programs/options.ts'
import type { Options, OptionSpec } from '../../host/programs/options.ts'
import type { UnitStatus } from '../../host/units/status.ts'
import { NO_DAEMON, dockerRelease } from '../../versions/index.ts'
import type { DockerRelease } from '../../versions/index.ts'
import { argsProblem, fail, helpOf, notSimulated, specOf } from './command.ts'
import type { Command } from './command.ts'
import { ALIASES, COMMANDS, GROUPS, UNMODELLED } from './commands.ts'
import { askDaemon } from './daemon.ts'
import { rootHelp } from './help.ts'
import { infoWithoutDaemon, versionWithoutDaemon } from './verbs/system.ts'

const OWN: OptionSpec = {
  flags: ['D', 'debug', 'tls', 'tlsverify', 'v', 'version', 'help'],
  withValue: ['config', 'c', 'context', 'H', 'host', 'l', 'log-level', 'tlscacert', 'tlscert', 'tlskey'],
  alias: { D: 'debug', v: 'version', c: 'context', H: 'host', l: 'log-level' },
  stopEarly: true,
}
const SOCKET = 'unix:///var/run/docker.sock'
/** Of flags that are wrong. */
const USAGE = 125

export const docker: Program = function* (argv, p) {
  const own = parseOptions(argv, OWN)
  const release = yield* clientRelease(p)
  if (own.unknown !== undefined) return yield* fail(p, `${flagProblem(own.unknown)}\nSee 'docker --help'.`, USAGE)
  if (has(own, 'version')) {
    yield* p.out(`Docker version ${release.version}, build ${release.commit}\n`)
    return 0
  }
  const [word, ...rest] = own.rest
  if (word === undefined || (word === 'help' && rest.length === 0) || has(own, 'help')) {
    yield* p.out(rootHelp(release))
    return 0
  }
  const host = valueOf(own, 'host') ?? p.env['DOCKER_HOST']
  if (host !== undefined && host !== SOCKET) return yield* notSimulated(p, `-H ${host}`)
  return yield* dispatch(p, release, word === 'help' ? [...rest, '--help'] : own.rest)
}

function* clientRelease(p: Proc): Run<DockerRelease> {
  const file = yield* p.readFile('/usr/bin/docker')
  return dockerRelease(('text' in file ? parseBinary(file.text)?.version : undefined) ?? '')
}

/** `--bogus=1` → `unknown flag: --bogus`. */
const flagProblem = (flag: string): string =>
  flag.startsWith('--')
    ? `unknown flag: ${flag.split('=')[0]}`
    : `unknown shorthand flag: '${flag.charAt(1)}' in ${flag}`

function* dispatch(p: Proc, release: DockerRelease, words: readonly string[]): Run<number> {
  const [word = '', second = ''] = words
  const isGroup = Object.hasOwn(GROUPS, word)
  const path = isGroup ? `${word} ${second}` : word
  const command = COMMANDS[ALIASES[path] ?? path]
  if (command !== undefined) return yield* called(p, release, { path, command }, words.slice(isGroup ? 2 : 1))
  if (isGroup && (second === '' || second === '--help')) {
    yield* p.out(groupHelp(word))
    return 0
  }
  if (isGroup || Object.hasOwn(UNMODELLED, word) || word === 'compose' || word === 'buildx')
    return yield* notSimulated(p, words.join(' '))
  return yield* fail(p, `docker: '${word}' is not a docker command.\nSee 'docker --help'`)
}

function groupHelp(group: string): string {
  const paths = [...Object.keys(COMMANDS), ...Object.keys(ALIASES)].filter((path) => path.startsWith(`${group} `))
  const rows = paths.sort().map((path) => {
    const { short } = COMMANDS[ALIASES[path] ?? path] as Command
    return `  ${path.slice(group.length + 1).padEnd(10)}  ${short}\n`
  })
  return `\nUsage:  docker ${group} COMMAND\n\n${GROUPS[group] ?? ''}\n\nCommands:\n${rows.join('')}\nRun 'docker ${group} COMMAND --help' for more information on a command.\n`
}

interface Called {
  path: string
  command: Command
}

function* called(p: Proc, release: DockerRelease, { path, command }: Called, words: readonly string[]): Run<number> {
  const options = parseOptions([path, ...words], specOf(command))
  const wrong = flagsProblem(options)
  if (wrong !== undefined) return yield* fail(p, `${wrong}\nSee 'docker ${path} --help'.`, USAGE)
  if (has(options, 'help')) {
    yield* p.out(helpOf(path, command))
    return 0
  }
  const problem = argsProblem(path, command, options.rest.length)
  if (problem !== undefined) return yield* fail(p, problem)
  const refused = yield* unreachable(p, release, command, options.rest[0] ?? '')
  if (refused !== undefined) return yield* withoutDaemon(p, release, path, refused)
  const now = yield* p.now()
  return yield* command.run(p, { options, args: options.rest, daemon: yield* askDaemon(p), release, now })
}

function flagsProblem({ unknown, missing }: Options): string | undefined {
  if (unknown !== undefined) return flagProblem(unknown)
  if (missing === undefined) return undefined
  return missing.startsWith('--')
    ? `flag needs an argument: ${missing}`
    : `flag needs an argument: '${missing.charAt(1)}' in ${missing}`
}

/** Those that tell of the client before they fail. */
function* withoutDaemon(p: Proc, release: DockerRelease, path: string, why: string): Run<number> {
  if (path === 'version') return yield* versionWithoutDaemon(p, release, why)
  if (path === 'info' || path === 'system info') return yield* infoWithoutDaemon(p, release, why)
  return yield* fail(p, why)
}

/** Why the daemon does not answer; undefined: it does. The socket is there for root and the group docker. */
function* unreachable(p: Proc, release: DockerRelease, { request }: Command, name: string): Run<string | undefined> {
  if (request === undefined) return undefined
  const [method, path] = request
  const status = (yield* p.ask('unit.status', { unit: 'docker' })) as UnitStatus
  if (p.user !== 'root' && status.definition.loadState === 'loaded' && !(yield* isMember(p))) {
    const target = `http://%2Fvar%2Frun%2Fdocker.sock/v${release.apiVersion}${path.replace('NAME', name)}`
    const quoted = release.version.startsWith('20.') ? JSON.stringify(target) : target
    return `Got permission denied while trying to connect to the Docker daemon socket at ${SOCKET}: ${method} ${quoted}: dial unix /var/run/docker.sock: connect: permission denied`
  }
  return status.active === 'active' ? undefined : NO_DAEMON
}

function* isMember(p: Proc): Run<boolean> {
  const file = yield* p.readFile('/etc/group')
  const line = 'text' in file ? /^docker:[^:]*:\d*:(.*)$/m.exec(file.text) : null
  return line !== null && (line[1] ?? '').split(',').includes(p.user)
}
