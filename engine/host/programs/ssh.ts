/** ssh, scp, ssh-keygen, ssh-copy-id, ssh-keyscan with keys as files (Q5). Not modelled: agents, forwarding, jump hosts, sftp. */
import type { Proc, Program, Run } from '../process.ts'
import { described, fingerprint, keyOf, makeKeyPair, publicOf } from '../ssh-keys.ts'
import type { KeyType } from '../ssh-keys.ts'
import type { CopyAnswer, SshFacts } from '../syscalls/accounts.ts'
import type { DialAnswer, HostFactsAnswer } from '../syscalls/host.ts'
import type { User } from '../users.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { loginEnv } from './session.ts'
import { globPattern } from './patterns.ts'

/** `No route to host` comes when ARP has given up. */
const ARP_TIMEOUT_MS = 3_000
/** The kernel's own limit on a connection attempt. */
const CONNECT_TIMEOUT_MS = 131_000

const SSH_SPEC = {
  flags: ['t', 'T', 'v', 'q', 'n', 'N', 'A', 'a', 'x', 'X', '4', '6', 'C', 'f', 'k', 'V', 'G'],
  withValue: ['p', 'l', 'i', 'o', 'F', 'J', 'L', 'R', 'D', 'E', 'c', 'm', 'b', 'e', 'W', 'S', 'O', 'Q', 'B', 'P', 'I'],
  stopEarly: true,
}

const SSH_USAGE = `usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]
           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]
           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]
           [-J destination] [-L address] [-l login_name] [-m mac_spec]
           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-R address]
           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]
           destination [command [argument ...]]
`

function* fail(p: Proc, text: string, code = 255): Run<number> {
  yield* p.err(text)
  return code
}

export const ssh: Program = function* (argv, p) {
  const options = parseOptions(argv, SSH_SPEC)
  // `ssh host -p 22 command`: options may follow the name.
  const [target, ...after] = options.rest
  if (has(options, 'V')) return yield* fail(p, 'OpenSSH_9.6p1 Ubuntu-3ubuntu13.5, OpenSSL 3.0.13 30 Jan 2024\n', 0)
  if (options.unknown !== undefined || target === undefined)
    return yield* fail(
      p,
      `${options.unknown === undefined ? '' : `unknown option -- ${options.unknown.slice(1)}\n`}${SSH_USAGE}`,
    )
  const more = parseOptions(['ssh', ...after], SSH_SPEC)
  const given = after[0]?.startsWith('-') === true && more.unknown === undefined ? more : undefined
  for (const [name, values] of given?.values ?? [])
    options.values.set(name, [...(options.values.get(name) ?? []), ...values])
  for (const forward of ['L', 'R', 'D', 'J', 'W'])
    if (has(options, forward)) return yield* fail(p, `not simulated: ssh -${forward}\n`)
  const session = yield* sessionOf(p, options, target)
  const found = yield* letIn(p, session)
  if (typeof found === 'number') return found
  return yield* remote(p, session, found, given?.rest ?? after)
}

interface Session {
  options: Options
  /** Of who runs ssh, as /etc/passwd says. */
  home: string
  /** As it was typed. */
  name: string
  /** What is dialled. */
  address: string
  user: string
  port: number
  settings: Record<string, string[]>
}

function* homeOf(p: Proc): Run<string> {
  return ((yield* p.ask('user.get', { name: p.user })) as User | null)?.home ?? p.env.HOME ?? '/root'
}

/** The words of -o and of ~/.ssh/config, by lower-case name; what comes first counts. */
function* sessionOf(p: Proc, options: Options, target: string): Run<Session> {
  const url = target.replace(/^ssh:\/\//, '')
  const at = url.lastIndexOf('@')
  const name = url.slice(at + 1)
  const settings: Record<string, string[]> = {}
  const take = (line: string): void => {
    const found = /^\s*([A-Za-z]+)\s*[= ]\s*(.*)$/.exec(line)
    if (found !== null) (settings[(found[1] ?? '').toLowerCase()] ??= []).push((found[2] ?? '').trim())
  }
  for (const option of options.values.get('o') ?? []) take(option)
  const home = yield* homeOf(p)
  const file = yield* p.readFile(valueOf(options, 'F') ?? `${home}/.ssh/config`)
  let fits = true
  for (const line of 'text' in file ? file.text.split('\n') : []) {
    const block = /^\s*Host\s+(.+)$/i.exec(line)
    if (block !== null) fits = (block[1] ?? '').split(/\s+/).some((pattern) => globPattern(pattern).test(name))
    else if (fits && !/^\s*(#|$)/.test(line)) take(line)
  }
  return {
    options,
    home,
    name,
    address: settings.hostname?.[0] ?? name,
    user: valueOf(options, 'l') ?? (at > 0 ? url.slice(0, at) : (settings.user?.[0] ?? p.user)),
    port: Number(valueOf(options, 'p') ?? settings.port?.[0] ?? 22),
    settings,
  }
}

/** Connects, checks the host's key, and proves who we are; a number is the exit code of a failure. */
function* letIn(p: Proc, session: Session): Run<DialAnswer | number> {
  const { address, user, port } = session
  const found = (yield* p.ask('host.dial', { name: address, port, user })) as DialAnswer
  if (found.host === undefined)
    return yield* fail(
      p,
      /^\d+(\.\d+){3}$/.test(address)
        ? yield* noAnswer(p, session, false)
        : `ssh: Could not resolve hostname ${address}: Name or service not known\n`,
    )
  if (found.dial === 'refused')
    return yield* fail(p, `ssh: connect to host ${address} port ${port}: Connection refused\n`)
  if (found.dial === 'silent') return yield* fail(p, yield* noAnswer(p, session, found.up === true))
  const keys = yield* identities(p, session)
  const facts = (yield* p.ask('ssh.facts', { host: found.host, user, keys: keys.publics })) as SshFacts
  if (!(yield* knowsHost(p, session, found, facts))) return yield* fail(p, 'Host key verification failed.\n')
  for (const warning of keys.warnings) yield* p.err(warning)
  if (facts.key !== undefined) return found
  if (facts.methods.includes('password') && (yield* byPassword(p, session, found.host))) return found
  return yield* fail(p, `${user}@${address}: Permission denied (${facts.methods.join(',')}).\n`)
}

function* byPassword(p: Proc, { user, address, settings }: Session, host: string): Run<boolean> {
  if (settings.batchmode?.[0] === 'yes' || !(yield* p.isTty(0))) return false
  for (let attempt = 0; attempt < 3; attempt++) {
    yield* p.err(`${user}@${address}'s password: `)
    const password = yield* p.readLine()
    yield* p.err('\n')
    if (password === null) return false
    if (yield* p.ask('ssh.password', { host, user, password: password.replace(/\n$/, '') })) return true
    if (attempt < 2) yield* p.err('Permission denied, please try again.\n')
  }
  return false
}

function* noAnswer(p: Proc, { address, port, settings }: Session, up: boolean): Run<string> {
  const limit = settings.connecttimeout?.[0]
  const ms = Math.min(up ? CONNECT_TIMEOUT_MS : ARP_TIMEOUT_MS, limit === undefined ? Infinity : Number(limit) * 1000)
  if (!(yield* p.sleep(ms))) return ''
  return `ssh: connect to host ${address} port ${port}: ${!up && ms === ARP_TIMEOUT_MS ? 'No route to host' : 'Connection timed out'}\n`
}

const BOX = '@'.repeat(59)

/** The public keys that can be shown, and what ssh says of unusable files. */
function* identities(p: Proc, { options, settings, home }: Session): Run<{ publics: string[]; warnings: string[] }> {
  const named = [...(options.values.get('i') ?? []), ...(settings.identityfile ?? [])].map((path) =>
    path.replace(/^~/, home),
  )
  const standard = ['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => `${home}/.ssh/${name}`)
  const publics: string[] = []
  const warnings: string[] = []
  for (const path of named.length > 0 && settings.identitiesonly?.[0] === 'yes' ? named : [...named, ...standard]) {
    const stat = yield* p.stat(path)
    if ('error' in stat) {
      if (named.includes(path))
        warnings.push(`Warning: Identity file ${path} not accessible: No such file or directory.\n`)
      continue
    }
    if ((stat.mode & 0o077) !== 0 && stat.owner === p.user) {
      warnings.push(
        `${BOX}\n@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\n${BOX}\nPermissions ${(stat.mode & 0o7777).toString(8).padStart(4, '0')} for '${path}' are too open.\nIt is required that your private key files are NOT accessible by others.\nThis private key will be ignored.\nLoad key "${path}": bad permissions\n`,
      )
      continue
    }
    const file = yield* p.readFile(path)
    if ('error' in file) {
      warnings.push(`Load key "${path}": Permission denied\n`)
      continue
    }
    const found = publicOf(file.text)
    if (found === undefined) warnings.push(`Load key "${path}": error in libcrypto\n`)
    else publics.push(found)
  }
  return { publics, warnings }
}

/** Whether the host's key is known, or the person takes it. */
function* knowsHost(p: Proc, session: Session, found: DialAnswer, facts: SshFacts): Run<boolean> {
  const { home } = session
  const own = (session.settings.userknownhostsfile?.[0] ?? `${home}/.ssh/known_hosts`).replace(/^~/, home)
  const strict = session.settings.stricthostkeychecking?.[0] ?? 'ask'
  const { name, address } = session
  const shown = session.port === 22 ? address : `[${address}]:${session.port}`
  let other: { path: string; line: number } | undefined
  for (const path of [own, '/etc/ssh/ssh_known_hosts']) {
    const file = yield* p.readFile(path)
    for (const [index, line] of ('text' in file ? file.text : '').split('\n').entries()) {
      if (line.startsWith('@cert-authority')) {
        if (facts.certified) return true
        continue
      }
      const names = (line.split(/\s+/)[0] ?? '').split(',')
      if (!names.includes(shown) && !names.includes(name)) continue
      if (keyOf(line) === facts.hostKey) return true
      other ??= { path, line: index + 1 }
    }
  }
  if (other !== undefined) {
    const print = fingerprint(facts.hostKey)
    yield* p.err(
      `${BOX}\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n${BOX}\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\nSomeone could be eavesdropping on you right now (man-in-the-middle attack)!\nIt is also possible that a host key has just been changed.\nThe fingerprint for the ED25519 key sent by the remote host is\n${print}.\nPlease contact your system administrator.\nAdd correct host key in ${own} to get rid of this message.\nOffending ED25519 key in ${other.path}:${other.line}\n  remove with:\n  ssh-keygen -f "${other.path}" -R "${shown}"\n`,
    )
    if (strict !== 'no') {
      yield* p.err(`Host key for ${address} has changed and you have requested strict checking.\n`)
      return false
    }
    return true
  }
  if (strict === 'yes') {
    yield* p.err(`No ED25519 host key is known for ${shown} and you have requested strict checking.\n`)
    return false
  }
  if (strict === 'ask' && !(yield* accepted(p, shown, found.address ?? address, facts))) return false
  yield* p.mkdir(`${home}/.ssh`, { parents: true, mode: 0o700 })
  if (own !== '/dev/null') yield* p.writeFile(own, `${shown} ${facts.hostKey}\n`, { append: true, mode: 0o600 })
  yield* p.err(`Warning: Permanently added '${shown}' (ED25519) to the list of known hosts.\n`)
  return true
}

function* accepted(p: Proc, name: string, address: string, facts: SshFacts): Run<boolean> {
  if (!(yield* p.isTty(0))) return false
  yield* p.err(
    `The authenticity of host '${name} (${address})' can't be established.\nED25519 key fingerprint is ${fingerprint(facts.hostKey)}.\nThis key is not known by any other names.\nAre you sure you want to continue connecting (yes/no/[fingerprint])? `,
  )
  for (;;) {
    const line = ((yield* p.readLine()) ?? 'no').trim()
    if (line === 'yes' || line === fingerprint(facts.hostKey)) return true
    if (line === 'no') return false
    yield* p.err("Please type 'yes', 'no' or the fingerprint: ")
  }
}

function* remote(p: Proc, session: Session, found: DialAnswer, command: readonly string[]): Run<number> {
  const { name, user, options, address } = session
  const { host = '', home = '/', shell = '/bin/bash' } = found
  yield* p.ask('host.greet', { host, user })
  const tty = (yield* p.isTty(0)) && !has(options, 'T')
  const interactive = command.length === 0
  if (/(nologin|false)$/.test(shell)) return yield* fail(p, 'This account is currently not available.\n', 1)
  const env = { ...loginEnv(user, home, shell), SSH_CONNECTION: `${p.host} 50022 ${found.address ?? ''} 22` }
  const argv = interactive ? ['bash', '-l'] : ['bash', '-c', command.join(' ')]
  if (interactive && tty)
    yield* p.out(
      `Welcome to Ubuntu 24.04.1 LTS (GNU/Linux ${((yield* p.ask('host.facts')) as HostFactsAnswer).kernelVersion} x86_64)\n\n`,
    )
  const started = (yield* p.ask('spawn', { argv, env, cwd: home, user, host, root: { kind: 'host' } })) as
    { pid: number } | { error: string }
  if ('error' in started) return yield* fail(p, `ssh: ${argv[0]}: ${started.error}\n`)
  const code = yield* p.wait(started.pid)
  const after = (yield* p.ask('host.dial', { name: address, port: 22, user })) as DialAnswer
  if (after.up === false) return yield* fail(p, `Connection to ${name} closed by remote host.\n`)
  if (interactive && tty) yield* p.err(`Connection to ${name} closed.\n`)
  return code
}

// scp

const SCP_SPEC = {
  flags: ['r', 'p', 'q', 'v', 'C', 'B', '3', 'O', 'T', 'A', '4', '6', 's', 'R'],
  withValue: ['P', 'i', 'o', 'F', 'l', 'c', 'J', 'S', 'D', 'X'],
}
const SCP_USAGE =
  'usage: scp [-346ABCOpqRrsTv] [-c cipher] [-D sftp_server_path] [-F ssh_config]\n           [-i identity_file] [-J destination] [-l limit] [-o ssh_option]\n           [-P port] [-S program] [-X sftp_option] source ... target\n'

const TEXTS: Record<string, string> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  ENOSPC: 'write remote: Failure',
  EISDIR: 'not a regular file',
  ENOTDIR: 'Not a directory',
  EROFS: 'Read-only file system',
}

interface ScpPlace {
  host: string
  user: string
  path: string
  isRemote: boolean
}

const scp: Program = function* (argv, p) {
  const options = parseOptions(argv, SCP_SPEC)
  if (options.unknown !== undefined || options.rest.length < 2) return yield* fail(p, SCP_USAGE, 1)
  const port = valueOf(options, 'P')
  if (port !== undefined) options.values.set('p', [port])
  else options.values.delete('p')
  const target = yield* placeOf(p, options, options.rest.at(-1) as string)
  if (typeof target === 'number') return target
  let code = 0
  for (const word of options.rest.slice(0, -1)) {
    const source = yield* placeOf(p, options, word)
    if (typeof source === 'number') return source
    const answer = (yield* p.ask('scp.copy', {
      from: source,
      to: target,
      recursive: has(options, 'r'),
      preserve: argv.includes('-p'),
    })) as CopyAnswer
    if ('error' in answer) code = yield* fail(p, scpError(answer, answer.at === 'from' ? source : target), 1)
    else if ((yield* p.isTty(1)) && !has(options, 'q'))
      for (const { path, size } of answer.copied)
        yield* p.out(
          `${(path.split('/').at(-1) ?? '').padEnd(50)} 100% ${String(size).padStart(5)}     1.2MB/s   00:00    \n`,
        )
  }
  return code
}

function scpError(
  { error, path, at }: { error: string; path: string; at: 'from' | 'to' },
  { isRemote }: ScpPlace,
): string {
  if (error === 'EISDIR' && at === 'from')
    return isRemote ? `scp: download ${path}: not a regular file\n` : `scp: local "${path}" is not a regular file\n`
  if (at === 'from' && !isRemote && error === 'ENOENT') return `scp: stat local "${path}": No such file or directory\n`
  const what = at === 'to' ? (isRemote ? 'dest open' : 'open local') : isRemote ? 'open' : 'open local'
  return at === 'from' && isRemote && error === 'ENOENT'
    ? `scp: ${path}: No such file or directory\n`
    : `scp: ${what} "${path}": ${TEXTS[error] ?? error}\n`
}

/** `user@host:path`, or a path here. */
function* placeOf(p: Proc, options: Options, word: string): Run<ScpPlace | number> {
  const remoteWord = /^([^/:]+):(.*)$/.exec(word)
  if (remoteWord === null) {
    const path = word.startsWith('/') ? word : `${p.cwd === '/' ? '' : p.cwd}/${word}`
    return { host: p.host, user: p.user, path, isRemote: false }
  }
  const session = yield* sessionOf(p, options, remoteWord[1] ?? '')
  const found = yield* letIn(p, session)
  if (typeof found === 'number') {
    yield* p.err('scp: Connection closed\n')
    return found
  }
  const path = (remoteWord[2] ?? '').replace(/^~(?=\/|$)/, found.home ?? '/')
  return {
    host: found.host ?? '',
    user: session.user,
    path: path.startsWith('/') ? path : `${found.home ?? '/'}${path === '' ? '' : `/${path}`}`,
    isRemote: true,
  }
}

// Keys

const KEYGEN_SPEC = {
  flags: ['q', 'y', 'l', 'A', 'v', 'e', 'p', 'B', 'i'],
  withValue: ['t', 'f', 'N', 'C', 'b', 'R', 'F', 'm', 'P', 'a', 'E', 'H'],
}

const keygen: Program = function* (argv, p) {
  const options = parseOptions(argv, KEYGEN_SPEC)
  const home = yield* homeOf(p)
  if (has(options, 'A')) return yield* makeHostKeys(p)
  if (has(options, 'R') || has(options, 'F')) return yield* editKnown(p, options, home)
  const file = valueOf(options, 'f')
  if (has(options, 'l') || has(options, 'y'))
    return yield* showKey(p, file ?? `${home}/.ssh/id_ed25519`, has(options, 'l'))
  const type = (valueOf(options, 't') ?? 'ed25519') as KeyType
  if (!['ed25519', 'rsa', 'ecdsa'].includes(type)) return yield* fail(p, `unknown key type ${type}\n`)
  return yield* makeKey(p, options, type, file ?? `${home}/.ssh/id_${type}`)
}

function* makeKey(p: Proc, options: Options, type: KeyType, standard: string): Run<number> {
  const quiet = has(options, 'q')
  const asks = yield* p.isTty(0)
  if (!quiet) yield* p.out(`Generating public/private ${type} key pair.\n`)
  let path = standard
  if (!has(options, 'f') && asks) {
    yield* p.out(`Enter file in which to save the key (${standard}): `)
    const line = ((yield* p.readLine()) ?? '').trim()
    if (line !== '') path = line
  }
  const absolute = path.startsWith('/') ? path : `${p.cwd === '/' ? '' : p.cwd}/${path}`
  if (!('error' in (yield* p.stat(absolute)))) {
    yield* p.out(`${path} already exists.\nOverwrite (y/n)? `)
    const line = ((yield* p.readLine()) ?? '').trim()
    if (!line.toLowerCase().startsWith('y')) return 1
  }
  if (!has(options, 'N') && asks) {
    yield* p.out('Enter passphrase (empty for no passphrase): ')
    yield* p.readLine()
    yield* p.out('\nEnter same passphrase again: ')
    yield* p.readLine()
    yield* p.out('\n')
  }
  if ((valueOf(options, 'N') ?? '') !== '') return yield* fail(p, 'not simulated: private keys with a passphrase\n', 1)
  const comment = valueOf(options, 'C') ?? `${p.user}@${p.host}`
  const pair = makeKeyPair(`${p.host} ${absolute} ${yield* p.random()}`, type, comment)
  yield* p.mkdir(absolute.slice(0, absolute.lastIndexOf('/')) || '/', { parents: true, mode: 0o700 })
  const done = yield* p.writeFile(absolute, pair.privateText, { mode: 0o600 })
  if ('error' in done) return yield* fail(p, `Saving key "${path}" failed: ${TEXTS[done.error] ?? done.error}\n`, 1)
  yield* p.writeFile(`${absolute}.pub`, pair.publicText)
  if (!quiet)
    yield* p.out(
      `Your identification has been saved in ${path}\nYour public key has been saved in ${path}.pub\nThe key fingerprint is:\n${fingerprint(pair.publicText)} ${comment}\n`,
    )
  return 0
}

function* showKey(p: Proc, path: string, asFingerprint: boolean): Run<number> {
  const file = yield* p.readFile(path)
  if ('error' in file)
    return yield* fail(p, `${asFingerprint ? `${path}: ` : `Load key "${path}": `}${TEXTS[file.error] ?? file.error}\n`)
  const line = publicOf(file.text) ?? file.text.split('\n').find((one) => keyOf(one) !== '')
  if (line === undefined) return yield* fail(p, `${path} is not a key file.\n`)
  yield* p.out(asFingerprint ? `${described(line)}\n` : `${keyOf(line)}\n`)
  return 0
}

function* makeHostKeys(p: Proc): Run<number> {
  const path = '/etc/ssh/ssh_host_ed25519_key'
  if (!('error' in (yield* p.stat(path)))) return 0
  const pair = makeKeyPair(`host ${p.host} ${yield* p.random()}`, 'ed25519', `root@${p.host}`)
  const done = yield* p.writeFile(path, pair.privateText, { mode: 0o600 })
  if ('error' in done)
    return yield* fail(p, `Could not save your private key in ${path}: ${TEXTS[done.error] ?? done.error}\n`, 1)
  yield* p.writeFile(`${path}.pub`, pair.publicText)
  yield* p.out('ssh-keygen: generating new host keys: ED25519 \n')
  return 0
}

function* editKnown(p: Proc, options: Options, home: string): Run<number> {
  const path = valueOf(options, 'f') ?? `${home}/.ssh/known_hosts`
  const wanted = valueOf(options, 'R') ?? valueOf(options, 'F') ?? ''
  const file = yield* p.readFile(path)
  if ('error' in file) return yield* fail(p, `Cannot stat ${path}: No such file or directory\n`)
  const lines = file.text.split('\n')
  const fits = (line: string): boolean => (line.split(/\s+/)[0] ?? '').split(',').includes(wanted)
  const found = lines.flatMap((line, index) => (fits(line) ? [index + 1] : []))
  if (has(options, 'F')) {
    for (const at of found) yield* p.out(`# Host ${wanted} found: line ${at} \n${lines[at - 1] ?? ''}\n`)
    return found.length === 0 ? 1 : 0
  }
  if (found.length === 0) return yield* fail(p, `Host ${wanted} not found in ${path}\n`)
  for (const at of found) yield* p.out(`# Host ${wanted} found: line ${at}\n`)
  yield* p.writeFile(`${path}.old`, file.text)
  yield* p.writeFile(path, lines.filter((line) => !fits(line)).join('\n'))
  yield* p.out(`${path} updated.\nOriginal contents retained as ${path}.old\n`)
  return 0
}

const copyId: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['n', 'f', 's', 'x'], withValue: ['i', 'p', 'o', 'F', 't'] })
  const [target] = options.rest
  if (target === undefined)
    return yield* fail(
      p,
      'Usage: /usr/bin/ssh-copy-id [-h|-?|-f|-n|-s|-x] [-i [identity_file]] [-t target_path] [-F ssh_config] [[-o ssh_option] ...] [-p port] [user@]hostname\n',
      1,
    )
  const home = yield* homeOf(p)
  const named = valueOf(options, 'i')
    ?.replace(/^~/, home)
    .replace(/(\.pub)?$/, '.pub')
  let path = named
  for (const name of ['id_ed25519', 'id_rsa', 'id_ecdsa']) {
    const candidate = `${home}/.ssh/${name}.pub`
    if (path === undefined && !('error' in (yield* p.stat(candidate)))) path = candidate
  }
  const file = path === undefined ? undefined : yield* p.readFile(path)
  if (path === undefined || file === undefined || 'error' in file)
    return yield* fail(
      p,
      path === undefined
        ? '/usr/bin/ssh-copy-id: ERROR: No identities found\n'
        : `/usr/bin/ssh-copy-id: ERROR: failed to open ID file '${path.replace(/\.pub$/, '')}': No such file\n`,
      1,
    )
  yield* p.err(
    `/usr/bin/ssh-copy-id: INFO: Source of key(s) to be installed: "${path}"\n/usr/bin/ssh-copy-id: INFO: attempting to log in with the new key(s), to filter out any that are already installed\n`,
  )
  const session = yield* sessionOf(
    p,
    { ...options, values: new Map([...options.values].filter(([name]) => name !== 'i')) },
    target,
  )
  const dial = (yield* p.ask('host.dial', {
    name: session.address,
    port: session.port,
    user: session.user,
  })) as DialAnswer
  const before =
    dial.host === undefined
      ? null
      : ((yield* p.ask('ssh.facts', { host: dial.host, user: session.user, keys: [file.text] })) as SshFacts)
  if (before?.key !== undefined) {
    yield* p.err(
      '\n/usr/bin/ssh-copy-id: WARNING: All keys were skipped because they already exist on the remote system.\n\t\t(if you think this is a mistake, you may want to use -f option)\n\n',
    )
    return 0
  }
  yield* p.err(
    '/usr/bin/ssh-copy-id: INFO: 1 key(s) remain to be installed -- if you are prompted now it is to install the new keys\n',
  )
  const found = yield* letIn(p, session)
  if (typeof found === 'number') return 1
  const quoted = file.text.trim()
  const started = (yield* p.ask('spawn', {
    argv: [
      'bash',
      '-c',
      `mkdir -p -m 700 ~/.ssh; echo '${quoted}' >> ~/.ssh/authorized_keys; chmod 600 ~/.ssh/authorized_keys`,
    ],
    env: loginEnv(session.user, found.home ?? '/', '/bin/bash'),
    cwd: found.home ?? '/',
    user: session.user,
    host: found.host,
    root: { kind: 'host' },
  })) as { pid: number } | { error: string }
  if ('error' in started) return 1
  const code = yield* p.wait(started.pid)
  if (code === 0)
    yield* p.out(
      `\nNumber of key(s) added: 1\n\nNow try logging into the machine, with:   "ssh '${target}'"\nand check to make sure that only the key(s) you wanted were added.\n\n`,
    )
  return code
}

const keyscan: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['H', 'v', '4', '6', 'D', 'c'], withValue: ['t', 'p', 'T', 'f'] })
  if (has(options, 'H')) return yield* fail(p, 'not simulated: ssh-keyscan -H\n', 1)
  for (const name of options.rest) {
    const dial = (yield* p.ask('host.dial', { name, port: 22, user: p.user })) as DialAnswer
    if (dial.host === undefined || dial.dial !== 'open') continue
    const facts = (yield* p.ask('ssh.facts', { host: dial.host, user: p.user, keys: [] })) as SshFacts
    yield* p.err(`# ${name}:22 SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.5\n`)
    yield* p.out(`${name} ${facts.hostKey}\n`)
  }
  return 0
}

export const sshPrograms = { ssh, scp, 'ssh-keygen': keygen, 'ssh-copy-id': copyId, 'ssh-keyscan': keyscan }
