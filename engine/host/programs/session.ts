/** sudo and su: becoming somebody else (Q9). ssh is in ssh.ts. Not modelled: sudo -e, Defaults of sudoers. */
import type { Proc, Program, Run } from '../process.ts'
import type { SudoAnswer } from '../syscalls/accounts.ts'
import type { User } from '../users.ts'
import { has, parseOptions, valueOf } from './options.ts'

/** The environment of a login. */
export function loginEnv(user: string, home: string, shell: string): Record<string, string> {
  const root = user === 'root'
  const path = root
    ? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    : '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games'
  return { HOME: home, USER: user, LOGNAME: user, SHELL: shell, PATH: path, LANG: 'C.UTF-8', TERM: 'xterm-256color' }
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
  withValue: ['u', 'g', 'p', 'D', 'h', 'U', 'user', 'other-user'],
  alias: { login: 'i', shell: 's', user: 'u', 'other-user': 'U', 'non-interactive': 'n', list: 'l' },
  stopEarly: true,
}

const SUDO_USAGE =
  'usage: sudo -h | -K | -k | -V\nusage: sudo -v [-ABkNnS] [-g group] [-h host] [-p prompt] [-u user]\nusage: sudo -l [-ABkNnS] [-g group] [-h host] [-p prompt] [-U user] [-u user] [command [arg ...]]\nusage: sudo [-ABbEHkNnPS] [-r role] [-t type] [-C num] [-D directory] [-g group] [-h host] [-p prompt] [-R directory] [-T timeout] [-u user] [VAR=value] [-i | -s] [command [arg ...]]\nusage: sudo -e [-ABkNnS] [-r role] [-t type] [-C num] [-D directory] [-g group] [-h host] [-p prompt] [-R directory] [-T timeout] [-u user] file ...\n'

export const sudo: Program = function* (argv, p) {
  const options = parseOptions(argv, SUDO_SPEC)
  const me = (yield* p.ask('user.get', { name: p.user })) as User | null
  const name = (valueOf(options, 'u') ?? 'root').replace(/^#0$/, 'root')
  const target = (yield* p.ask('user.get', { name })) as User | null
  if (options.unknown !== undefined)
    return yield* sudoFail(p, `sudo: invalid option -- '${options.unknown.replace(/^-+/, '')}'\n${SUDO_USAGE}`)
  const command = [...options.rest]
  const set: Record<string, string> = {}
  while (/^[A-Za-z_]\w*=/.test(command[0] ?? '')) {
    const word = command.shift() as string
    set[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1)
  }
  const login = has(options, 'i')
  const shellOnly = command.length === 0 && (login || has(options, 's'))
  const listing = has(options, 'l')
  if (has(options, 'k') || has(options, 'K')) return 0
  if (command.length === 0 && !shellOnly && !listing && !has(options, 'v')) return yield* sudoFail(p, SUDO_USAGE)
  if (target === null)
    return yield* sudoFail(p, `sudo: unknown user ${name}\nsudo: error initializing audit plugin sudoers_audit\n`)
  const where = (yield* p.ask('which', { name: command[0] ?? 'bash' })) as { path?: string }
  const path = shellOnly || listing ? '/bin/bash' : (where.path ?? command[0] ?? '')
  const answer = (yield* p.ask('sudo.ask', { command: [path, ...command.slice(1)], target: name })) as SudoAnswer
  const refused = yield* refusal(p, answer, {
    name,
    path,
    command,
    quiet: has(options, 'n'),
    listing,
    any: has(options, 'v'),
    fromInput: has(options, 'S'),
  })
  if (refused !== undefined) return refused
  const other = valueOf(options, 'U')
  if (listing && other !== undefined) return yield* listRightsOf(p, other)
  if (listing && 'rules' in answer) return yield* listRights(p, answer)
  if (has(options, 'v')) return 0
  return yield* runAs(p, target, {
    command,
    login,
    env: {
      ...(has(options, 'E') ? p.env : {}),
      ...set,
      SUDO_USER: p.user,
      SUDO_UID: String(me?.uid ?? 0),
      SUDO_COMMAND: command.join(' '),
    },
  })
}

interface Wish {
  name: string
  path: string
  command: readonly string[]
  quiet: boolean
  listing: boolean
  any: boolean
  /** -S */
  fromInput: boolean
}

/** The exit code when sudo says no; undefined: go on. */
function* refusal(p: Proc, answer: SudoAnswer, wish: Wish): Run<number | undefined> {
  if ('error' in answer)
    return yield* sudoFail(
      p,
      'sudo: unable to open /etc/sudoers: No such file or directory\nsudo: error initializing audit plugin sudoers_audit\n',
    )
  if (p.user === 'root') return undefined
  const noPassword =
    wish.listing || wish.any ? answer.rules.some((rule) => rule.noPassword) : answer.allowed?.noPassword === true
  if (!noPassword) {
    if (wish.quiet) return yield* sudoFail(p, 'sudo: a password is required\n')
    if (!wish.fromInput && !(yield* p.isTty(0)))
      return yield* sudoFail(
        p,
        'sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required\n',
      )
    if (!(yield* proven(p))) return 1
  }
  if (answer.rules.length === 0)
    return yield* sudoFail(
      p,
      wish.listing
        ? `Sorry, user ${p.user} may not run sudo on ${p.host}.\n`
        : `${p.user} is not in the sudoers file.\nThis incident has been reported to the administrator.\n`,
    )
  if (answer.allowed !== undefined || wish.listing || wish.any) return undefined
  return yield* sudoFail(
    p,
    `Sorry, user ${p.user} is not allowed to execute '${[wish.path, ...wish.command.slice(1)].join(' ')}' as ${wish.name} on ${p.host}.\n`,
  )
}

/** Asks for the person's own password, three times. */
function* proven(p: Proc): Run<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    yield* p.err(`[sudo] password for ${p.user}: `)
    const line = yield* p.readLine()
    if (line === null) {
      yield* p.err('\nsudo: a password is required\n')
      return false
    }
    yield* p.err('\n')
    if (yield* p.ask('password.check', { user: p.user, password: line.replace(/\n$/, '') })) return true
    if (attempt < 2) yield* p.err('Sorry, try again.\n')
  }
  yield* p.err('sudo: 3 incorrect password attempts\n')
  return false
}

function* sudoFail(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

/** `sudo -l -U NAME`, which root may ask. */
function* listRightsOf(p: Proc, who: string): Run<number> {
  if (((yield* p.ask('user.get', { name: who })) as User | null) === null)
    return yield* sudoFail(p, `sudo: unknown user ${who}\n`)
  const answer = (yield* p.ask('sudo.ask', { command: ['/bin/bash'], target: 'root', user: who })) as SudoAnswer
  if ('rules' in answer && answer.rules.length > 0) return yield* listRights(p, answer, who)
  yield* p.out(`User ${who} is not allowed to run sudo on ${p.host}.\n`)
  return 0
}

function* listRights(p: Proc, answer: SudoAnswer, who = p.user): Run<number> {
  const rules = 'rules' in answer ? answer.rules : []
  const line = ({ runAs, noPassword, commands }: (typeof rules)[number]): string =>
    `    (${runAs.replace(':', ' : ')}) ${noPassword ? 'NOPASSWD: ' : ''}${commands.join(', ')}\n`
  yield* p.out(
    `Matching Defaults entries for ${who} on ${p.host}:\n    env_reset, mail_badpass, secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin\\:/sbin\\:/bin\\:/snap/bin, use_pty\n\nUser ${who} may run the following commands on ${p.host}:\n${rules.map(line).join('')}`,
  )
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
    const given = ((yield* p.readLine()) ?? '').replace(/\n$/, '')
    yield* p.err('\n')
    if (!(yield* p.ask('password.check', { user: name, password: given })))
      return yield* sudoFail(p, 'su: Authentication failure\n')
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

export const sessionPrograms = { sudo, su }
