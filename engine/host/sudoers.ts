/** Who may become whom: /etc/sudoers and /etc/sudoers.d. Models sudoers(5); not modelled: aliases, digests, Defaults beyond lecture. */
import type { FileTree } from './files.ts'

export interface SudoRule {
  who: string
  runAs: string
  noPassword: boolean
  commands: string[]
}

/** The rules in order; the last that matches counts. */
export function sudoRules(files: FileTree): SudoRule[] {
  const rules: SudoRule[] = []
  const read = (path: string): void => {
    for (const line of (files.text(path) ?? '').replace(/\\\n/g, ' ').split('\n')) {
      const text = line.trim()
      const include = /^[@#]include(dir)?\s+(\S+)$/.exec(text)
      if (include !== null) {
        const directory = include[2] ?? ''
        const listed = include[1] === undefined ? undefined : files.list(directory)
        if (listed === undefined) read(directory)
        else if ('names' in listed)
          for (const name of listed.names) if (!name.includes('.') && !name.endsWith('~')) read(`${directory}/${name}`)
        continue
      }
      if (text === '' || text.startsWith('#') || /^(Defaults|User_Alias|Runas_Alias|Host_Alias|Cmnd_Alias)/.test(text))
        continue
      const rule = parseRule(text)
      if (rule !== undefined) rules.push(rule)
    }
  }
  read('/etc/sudoers')
  return rules
}

function parseRule(text: string): SudoRule | undefined {
  const found = /^(\S+)\s+\S+\s*=\s*(?:\(([^)]*)\))?\s*((?:[A-Z_]+\s*:\s*)*)(.+)$/.exec(text)
  if (found === null) return undefined
  const [, who = '', runAs = 'root', tags = '', commands = ''] = found
  return {
    who,
    runAs,
    noPassword: /NOPASSWD/.test(tags),
    commands: commands.split(',').map((command) => command.trim()),
  }
}

function fitsUser(rule: SudoRule, user: string, groups: readonly string[]): boolean {
  return rule.who === 'ALL' || rule.who === user || (rule.who.startsWith('%') && groups.includes(rule.who.slice(1)))
}

export function rulesOf(rules: readonly SudoRule[], user: string, groups: readonly string[]): SudoRule[] {
  return rules.filter((rule) => fitsUser(rule, user, groups))
}

function fitsCommand(pattern: string, path: string, args: readonly string[]): boolean {
  if (pattern === 'ALL') return true
  const [wanted = '', ...rest] = pattern.split(/\s+/)
  const shape = (text: string): RegExp =>
    new RegExp(
      `^${text
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    )
  const program = wanted.endsWith('/') ? path.startsWith(wanted) : shape(wanted).test(path)
  if (!program) return false
  if (rest.length === 0) return true
  return rest[0] === '""' ? args.length === 0 : shape(rest.join(' ')).test(args.join(' '))
}

/** Whether a user may run a command as another; and whether a password is asked. */
export function sudoAllows(
  rules: readonly SudoRule[],
  target: string,
  path: string,
  args: readonly string[],
): { noPassword: boolean } | undefined {
  let found: { noPassword: boolean } | undefined
  for (const rule of rules) {
    const runAs =
      rule.runAs
        .split(':')[0]
        ?.split(',')
        .map((name) => name.trim()) ?? []
    if (!runAs.includes('ALL') && !runAs.includes(target)) continue
    for (const command of rule.commands) {
      const denied = command.startsWith('!')
      if (!fitsCommand(command.replace(/^!/, ''), path, args)) continue
      found = denied ? undefined : { noPassword: rule.noPassword }
    }
  }
  return found
}

/** A password as /etc/shadow keeps it here: the shape of yescrypt's, not its strength. */
export function hashPassword(password: string): string {
  let text = ''
  for (let part = 0; part < 8; part++) {
    let hash = 0x811c9dc5 + part
    for (let i = 0; i < password.length; i++) hash = Math.imul(hash ^ password.charCodeAt(i), 0x01000193) >>> 0
    text += hash.toString(36).padStart(7, '0')
  }
  return `$y$j9T$kubeflightsalt00000000$${text.slice(0, 43)}`
}

/** The password of an account as /etc/shadow has it; undefined: no such line. */
export function shadowOf(files: FileTree, user: string): string | undefined {
  const line = (files.text('/etc/shadow') ?? '').split('\n').find((one) => one.startsWith(`${user}:`))
  return line?.split(':')[1]
}
