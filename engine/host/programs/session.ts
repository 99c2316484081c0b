/** ssh, sudo and su: becoming somebody else, or somewhere else (Q5, Q9). Not modelled: keys as files, agents, forwarding, scp. */
import type { Proc, Program, Run } from '../process.ts'
import type { DialAnswer, HostFactsAnswer } from '../syscalls/host.ts'
import type { User } from '../users.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'

/** `No route to host` comes when ARP has given up. */
const ARP_TIMEOUT_MS = 3_000
/** The kernel's own limit on a connection attempt. */
const CONNECT_TIMEOUT_MS = 131_000

const SSH_SPEC = {
  flags: ['t', 'T', 'v', 'q', 'n', 'N', 'A', 'a', 'x', 'X', '4', '6', 'C', 'f', 'k'],
  withValue: ['p', 'l', 'i', 'o', 'F', 'J', 'L', 'R', 'D', 'E', 'c', 'm', 'b', 'e', 'W'],
  stopEarly: true,
}

export const ssh: Program = function* (argv, p) {
  const options = parseOptions(argv, SSH_SPEC)
  const [target, ...command] = options.rest
  if (options.unknown !== undefined || target === undefined) {
    yield* p.err(
      `${options.unknown === undefined ? '' : `unknown option -- ${options.unknown.slice(1)}\n`}usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]\n           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]\n           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]\n           [-J destination] [-L address] [-l login_name] [-m mac_spec]\n           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-R address]\n           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]\n           destination [command [argument ...]]\n`,
    )
    return 255
  }
  for (const forward of ['L', 'R', 'D', 'J', 'W'])
    if (has(options, forward)) return yield* sshFail(p, `not simulated: ssh -${forward}\n`)
  const at = target.lastIndexOf('@')
  const user = valueOf(options, 'l') ?? (at > 0 ? target.slice(0, at) : p.user)
  return yield* connect(p, { options, name: target.slice(at + 1), user, command })
}

interface Session {
  options: Options
  name: string
  user: string
  command: string[]
}

function* sshFail(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 255
}

function* connect(p: Proc, session: Session): Run<number> {
  const { name, user, options } = session
  const port = Number(valueOf(options, 'p') ?? 22)
  const found = (yield* p.ask('host.dial', { name, port, user })) as DialAnswer
  if (found.host === undefined)
    return yield* sshFail(
      p,
      /^\d+(\.\d+){3}$/.test(name)
        ? yield* noAnswer(p, session, port, false)
        : `ssh: Could not resolve hostname ${name}: Name or service not known\n`,
    )
  if (found.dial === 'refused')
    return yield* sshFail(p, `ssh: connect to host ${name} port ${port}: Connection refused\n`)
  if (found.dial === 'silent') return yield* sshFail(p, yield* noAnswer(p, session, port, found.up === true))
  if (!found.accepted) return yield* sshFail(p, `${user}@${name}: Permission denied (publickey).\n`)
  return yield* remote(p, session, found)
}

function* noAnswer(p: Proc, { name, options }: Session, port: number, up: boolean): Run<string> {
  const limit = options.values
    .get('o')
    ?.map((option) => /^ConnectTimeout[= ]\s*(\d+)$/i.exec(option)?.[1])
    .find((seconds) => seconds !== undefined)
  const ms = Math.min(up ? CONNECT_TIMEOUT_MS : ARP_TIMEOUT_MS, limit === undefined ? Infinity : Number(limit) * 1000)
  if (!(yield* p.sleep(ms))) return ''
  return `ssh: connect to host ${name} port ${port}: ${!up && ms === ARP_TIMEOUT_MS ? 'No route to host' : 'Connection timed out'}\n`
}

/** The environment of a login. */
function loginEnv(user: string, home: string, shell: string): Record<string, string> {
  const root = user === 'root'
  const path = root
    ? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    : '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games'
  return { HOME: home, USER: user, LOGNAME: user, SHELL: shell, PATH: path, LANG: 'C.UTF-8', TERM: 'xterm-256color' }
}

function* remote(p: Proc, { name, user, command, options }: Session, found: DialAnswer): Run<number> {
  const { host = '', home = '/', shell = '/bin/bash' } = found
  yield* p.ask('host.greet', { host, user })
  const tty = (yield* p.isTty(0)) && !has(options, 'T')
  const interactive = command.length === 0
  const env = { ...loginEnv(user, home, shell), SSH_CONNECTION: `${p.host} 50022 ${found.address ?? ''} 22` }
  const argv = interactive ? ['bash', '-l'] : ['bash', '-c', command.join(' ')]
  if (interactive && tty)
    yield* p.out(
      `Welcome to Ubuntu 24.04.1 LTS (GNU/Linux ${((yield* p.ask('host.facts')) as HostFactsAnswer).kernelVersion} x86_64)\n\n`,
    )
  const started = (yield* p.ask('spawn', { argv, env, cwd: home, user, host, root: { kind: 'host' } })) as
    { pid: number } | { error: string }
  if ('error' in started) return yield* sshFail(p, `ssh: ${argv[0]}: ${started.error}\n`)
  const code = yield* p.wait(started.pid)
  const after = (yield* p.ask('host.dial', { name, port: 22, user })) as DialAnswer
  if (after.up === false) return yield* sshFail(p, `Connection to ${name} closed by remote host.\n`)
  if (interactive && tty) yield* p.err(`Connection to ${name} closed.\n`)
  return code
}

const SUDO_SPEC = {
  flags: [
    'i',
    's',
    'E',
    'n',
    'H',
    'k',
    'K',
    'v',
    'l',
    'S',
    'b',
    'login',
    'shell',
    'non-interactive',
    'list',
    'preserve-env',
  ],
  withValue: ['u', 'g', 'p', 'D', 'h', 'user'],
  alias: { login: 'i', shell: 's', user: 'u', 'non-interactive': 'n', list: 'l' },
  stopEarly: true,
}

const SUDO_USAGE =
  'usage: sudo -h | -K | -k | -V\nusage: sudo -v [-ABkNnS] [-g group] [-h host] [-p prompt] [-u user]\nusage: sudo -l [-ABkNnS] [-g group] [-h host] [-p prompt] [-U user] [-u user] [command [arg ...]]\nusage: sudo [-ABbEHkNnPS] [-r role] [-t type] [-C num] [-D directory] [-g group] [-h host] [-p prompt] [-R directory] [-T timeout] [-u user] [VAR=value] [-i | -s] [command [arg ...]]\nusage: sudo -e [-ABkNnS] [-r role] [-t type] [-C num] [-D directory] [-g group] [-h host] [-p prompt] [-R directory] [-T timeout] [-u user] file ...\n'

export const sudo: Program = function* (argv, p) {
  const options = parseOptions(argv, SUDO_SPEC)
  const me = (yield* p.ask('user.get', { name: p.user })) as User | null
  const name = valueOf(options, 'u') ?? 'root'
  const target = (yield* p.ask('user.get', { name })) as User | null
  if (options.unknown !== undefined)
    return yield* sudoFail(p, `sudo: invalid option -- '${options.unknown.replace(/^-+/, '')}'\n${SUDO_USAGE}`)
  if (me?.sudo !== true) return yield* notAllowed(p, has(options, 'n'))
  if (target === null)
    return yield* sudoFail(p, `sudo: unknown user ${name}\nsudo: error initializing audit plugin sudoers_audit\n`)
  if (has(options, 'l')) return yield* listRights(p)
  if (has(options, 'v') || has(options, 'k') || has(options, 'K')) return 0
  const command = [...options.rest]
  const set: Record<string, string> = {}
  while (/^[A-Za-z_]\w*=/.test(command[0] ?? '')) {
    const word = command.shift() as string
    set[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1)
  }
  const login = has(options, 'i')
  if (command.length === 0 && !login && !has(options, 's')) return yield* sudoFail(p, SUDO_USAGE)
  return yield* runAs(p, target, {
    command,
    login,
    env: {
      ...(has(options, 'E') ? p.env : {}),
      ...set,
      SUDO_USER: p.user,
      SUDO_UID: String(me.uid),
      SUDO_COMMAND: command.join(' '),
    },
  })
}

function* notAllowed(p: Proc, quiet: boolean): Run<number> {
  if (quiet) return yield* sudoFail(p, 'sudo: a password is required\n')
  for (let attempt = 0; attempt < 3; attempt++) {
    yield* p.err(`[sudo] password for ${p.user}: `)
    if ((yield* p.readLine()) === null) return yield* sudoFail(p, '\nsudo: a password is required\n')
    if (attempt < 2) yield* p.err('\nSorry, try again.\n')
  }
  return yield* sudoFail(p, '\nsudo: 3 incorrect password attempts\n')
}

function* sudoFail(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

function* listRights(p: Proc): Run<number> {
  yield* p.out(`User ${p.user} may run the following commands on ${p.host}:\n    (ALL) NOPASSWD: ALL\n`)
  return 0
}

interface RunAs {
  command: string[]
  login: boolean
  env: Record<string, string>
}

function* runAs(p: Proc, target: User, { command, login, env }: RunAs): Run<number> {
  const full = {
    ...loginEnv(target.name, target.home, target.shell),
    ...env,
    ...(p.env.KUBECONFIG !== undefined && env.KUBECONFIG !== undefined ? { KUBECONFIG: env.KUBECONFIG } : {}),
  }
  const words = command.map(quoteWord).join(' ')
  const argv = login
    ? command.length === 0
      ? ['bash', '-l']
      : ['bash', '-l', '-c', words]
    : command.length === 0
      ? ['bash']
      : command
  const where = login ? { cwd: target.home } : {}
  const started = yield* p.spawn({ argv, env: full, user: target.name, ...where })
  if ('error' in started)
    return yield* sudoFail(
      p,
      started.error === 'ENOENT'
        ? `sudo: ${command[0] ?? argv[0]}: command not found\n`
        : `sudo: ${command[0] ?? argv[0]}: Permission denied\n`,
    )
  return yield* p.wait(started.pid)
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

const SU_SPEC = {
  flags: ['l', 'login', 'm', 'p'],
  withValue: ['c', 'command', 's', 'shell'],
  alias: { login: 'l', command: 'c', shell: 's' },
}

export const su: Program = function* (argv, p) {
  const words = argv.map((word) => (word === '-' ? '-l' : word))
  const options = parseOptions(words, SU_SPEC)
  const name = options.rest[0] ?? 'root'
  const target = (yield* p.ask('user.get', { name })) as User | null
  if (target === null)
    return yield* sudoFail(
      p,
      `su: user ${name} does not exist or the user entry does not contain all the required fields\n`,
    )
  if (p.user !== 'root') {
    yield* p.err('Password: ')
    yield* p.readLine()
    return yield* sudoFail(p, '\nsu: Authentication failure\n')
  }
  const command = valueOf(options, 'c')
  const login = has(options, 'l')
  const argvOf = command === undefined ? ['bash', ...(login ? ['-l'] : [])] : ['bash', '-c', command]
  const started = yield* p.spawn({
    argv: argvOf,
    env: login ? loginEnv(name, target.home, target.shell) : { ...p.env, USER: name, HOME: target.home, LOGNAME: name },
    user: name,
    ...(login ? { cwd: target.home } : {}),
  })
  return 'error' in started ? 1 : yield* p.wait(started.pid)
}

export const sessionPrograms = { ssh, sudo, su }
