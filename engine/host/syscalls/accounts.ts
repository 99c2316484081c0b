/** What sudo, su and sshd know of accounts: rules, passwords, keys. */
import { allows, basename, dirname, ROOT } from '../files.ts'
import type { FileNode, FileTree } from '../files.ts'
import type { Host } from '../host.ts'
import { certifies, keyOf } from '../ssh-keys.ts'
import { hashPassword, rulesOf, shadowOf, sudoAllows, sudoRules } from '../sudoers.ts'
import type { SudoRule } from '../sudoers.ts'
import type { Caller, SyscallTable, World } from './table.ts'

export type SudoAnswer =
  { rules: SudoRule[]; allowed?: { noPassword: boolean }; missing?: true } | { error: 'no-sudoers' }

function sudo(world: World, process: Caller, command: readonly string[], target: string): SudoAnswer {
  const host = world.hosts.get(process.host)
  const files = process.root.kind === 'container' ? undefined : host.files
  if (files === undefined || files.text('/etc/sudoers') === undefined) return { error: 'no-sudoers' }
  const rules = rulesOf(sudoRules(files), process.user, host.actor(process.user).groups)
  const allowed = sudoAllows(rules, target, command[0] ?? '', command.slice(1))
  return { rules, ...(allowed !== undefined && { allowed }) }
}

function password(world: World, process: Caller, user: string, given: string): boolean {
  return shadowOf(world.hosts.get(process.host).files, user) === hashPassword(given)
}

/** What a client of sshd learns before it is let in. */
export interface SshFacts {
  hostKey: string
  certified: boolean
  methods: string[]
  /** The key that opens the account. */
  key?: string
}

function settings(files: FileTree): Record<string, string> {
  const found: Record<string, string> = {}
  const read = (path: string): void => {
    for (const line of (files.text(path) ?? '').split('\n')) {
      const [name = '', ...rest] = line.trim().split(/\s+/)
      const key = name.toLowerCase()
      if (key === 'include') {
        const listed = files.list(dirname(rest[0] ?? ''))
        for (const file of 'names' in listed ? listed.names : [])
          if (file.endsWith('.conf')) read(`${dirname(rest[0] ?? '')}/${file}`)
      } else if (name !== '' && !name.startsWith('#')) found[key] ??= rest.join(' ')
    }
  }
  read('/etc/ssh/sshd_config')
  return found
}

function mayLogIn(config: Record<string, string>, user: string): boolean {
  const list = (key: string): string[] => config[key]?.split(/\s+/) ?? []
  if (user === 'root' && config.permitrootlogin === 'no') return false
  if (list('denyusers').includes(user)) return false
  return config.allowusers === undefined || list('allowusers').includes(user)
}

function sshFacts(world: World, name: string, user: string, keys: readonly string[]): SshFacts | null {
  const host = world.hosts.find(name)
  if (host === undefined) return null
  const { files } = host
  const config = settings(files)
  const publicText = files.text('/etc/ssh/ssh_host_ed25519_key.pub') ?? ''
  const certificate = files.text('/etc/ssh/ssh_host_ed25519_key-cert.pub') ?? ''
  const byPassword = config.passwordauthentication === 'yes'
  const methods = [...(config.pubkeyauthentication === 'no' ? [] : ['publickey']), ...(byPassword ? ['password'] : [])]
  const facts: SshFacts = { hostKey: keyOf(publicText), certified: certifies(certificate, publicText), methods }
  const account = host.user(user)
  if (account === undefined || !mayLogIn(config, user) || !methods.includes('publickey')) return facts
  const trusted = trustedKeys(host, account.home, user)
  const found = keys.find((key) => trusted.includes(keyOf(key)))
  // An account that a cluster's maker gave a key of its own needs no files.
  if (found === undefined && account.sshKey && !['root', 'candidate'].includes(user)) return { ...facts, key: '' }
  return found === undefined ? facts : { ...facts, key: keyOf(found) }
}

/** The keys in authorized_keys; none when others may write there (StrictModes). */
function trustedKeys({ files }: Host, home: string, user: string): string[] {
  const path = `${home}/.ssh/authorized_keys`
  for (const one of [home, `${home}/.ssh`, path]) {
    const node = files.node(one)
    if (node === undefined || (node.mode & 0o022) !== 0 || ![user, 'root'].includes(node.owner)) return []
  }
  return (files.text(path) ?? '')
    .split('\n')
    .map(keyOf)
    .filter((key) => key !== '')
}

export type CopyAnswer =
  { copied: { path: string; size: number }[] } | { error: string; path: string; at: 'from' | 'to' }

interface Place {
  host: string
  user: string
  path: string
}

/** Copies a file or a directory from host to host, as scp does once it is let in. */
function copy(world: World, from: Place, to: Place, recursive: boolean, preserve: boolean): CopyAnswer {
  const source = world.hosts.get(from.host)
  const target = world.hosts.get(to.host)
  const reader = source.actor(from.user)
  const writer = target.actor(to.user)
  const node = source.files.node(from.path, reader)
  if (node === undefined) {
    const why = source.files.stat(from.path, reader)
    return { error: 'error' in why ? why.error : 'ENOENT', path: from.path, at: 'from' }
  }
  if (node.kind === 'directory' && !recursive) return { error: 'EISDIR', path: from.path, at: 'from' }
  const into = target.files.node(to.path, writer)?.kind === 'directory'
  const base = into ? `${to.path.replace(/\/$/, '')}/${basename(from.path.replace(/\/+$/, ''))}` : to.path
  const copied: { path: string; size: number }[] = []
  const walk = (path: string, at: string, one: FileNode): CopyAnswer | undefined => {
    if (one.kind === 'directory') {
      const made = target.files.mkdir(at, writer)
      if ('error' in made && made.error !== 'EEXIST') return { error: made.error, path: at, at: 'to' }
      const listed = source.files.list(path, reader)
      if ('error' in listed) return { error: listed.error, path, at: 'from' }
      for (const name of listed.names) {
        const inner = source.files.node(`${path}/${name}`, reader)
        const failed = inner === undefined ? undefined : walk(`${path}/${name}`, `${at}/${name}`, inner)
        if (failed !== undefined) return failed
      }
      return undefined
    }
    if (!allows(one, reader, 4)) return { error: 'EACCES', path, at: 'from' }
    const text = source.files.read(path, reader)
    const written = target.files.write(at, 'text' in text ? text.text : '', writer, {
      mode: one.mode & 0o777,
      ...(one.program !== undefined && { program: one.program }),
    })
    if ('error' in written) return { error: written.error, path: at, at: 'to' }
    if (one.sizeBytes !== undefined) target.files.allocate(at, one.sizeBytes, writer)
    if (preserve) target.files.setTime(at, one.mtimeMs, ROOT)
    const stat = source.files.stat(path, reader)
    copied.push({ path, size: 'error' in stat ? 0 : stat.size })
    return undefined
  }
  return walk(from.path, base, node) ?? { copied }
}

export const accountCalls: SyscallTable = {
  'sudo.ask': (world, process, args) =>
    sudo(
      world,
      args.user === undefined ? process : { ...process, user: String(args.user) },
      args.command as string[],
      String(args.target),
    ),
  'password.check': (world, process, args) => password(world, process, String(args.user), String(args.password)),
  'ssh.facts': (world, _process, args) => sshFacts(world, String(args.host), String(args.user), args.keys as string[]),
  'ssh.password': (world, process, args) =>
    password(world, { ...process, host: String(args.host) }, String(args.user), String(args.password)),
  'scp.copy': (world, _process, args) =>
    copy(world, args.from as Place, args.to as Place, args.recursive === true, args.preserve === true),
}
