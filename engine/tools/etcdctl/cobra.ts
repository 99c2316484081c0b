/**
 * Commands, flags and help as cobra and pflag have them, with the usage texts of etcdctl and etcdutl.
 * Models etcdctl/ctlv3/help/help.go, spf13/cobra command.go, spf13/pflag flag.go.
 */
import { editDistance } from '../../host/edit-distance.ts'

export interface FlagRow {
  name: string
  shorthand?: string
  type: 'bool' | 'string' | 'strings' | 'int' | 'uint' | 'duration'
  /** The default, as the help shows it. */
  value: string
  usage: string
  required?: boolean
}

/** One command of one range of versions: the second number of `3.x`. */
export interface CommandRow {
  since: number
  until?: number
  short: string
  use: string
  long?: string
  flags: FlagRow[]
  /** Not listed; tells so when it is run. */
  deprecated?: string
}

/** By path: `snapshot save`; `` is the root. */
export type CommandTable = Readonly<Record<string, CommandRow[]>>

export interface Tool {
  /** `etcdctl` */
  name: string
  commands: CommandTable
  /** The help of a command. */
  usage(tool: Tool, path: string, version: string): string
}

/** A command line that was understood. */
export interface Invocation {
  path: string
  args: string[]
  values: FlagValues
  /** Flags that were given. */
  changed: Set<string>
  /** How many arguments stand before `--`; absent: there is none. */
  dashAt?: number
}

export type FlagValues = Record<string, string>

/** `help`: print the usage and end well; `error`: print the text, the usage when `usage` is set, and the text again. */
export type Parsed = Invocation | { help: string } | { error: string; usage?: string; hint?: string }

/** `5` of `3.5.24`. */
export function minorOf(version: string): number {
  return Number(/^v?3\.(\d+)/.exec(version)?.[1] ?? 5)
}

export function rowOf({ commands }: Tool, path: string, version: string): CommandRow | undefined {
  const minor = minorOf(version)
  return commands[path]?.find(({ since, until = Infinity }) => since <= minor && minor <= until)
}

/** The names of the commands right below a path, sorted. */
export function childrenOf(tool: Tool, path: string, version: string): string[] {
  const prefix = path === '' ? '' : `${path} `
  return Object.keys(tool.commands)
    .filter((one) => one !== '' && one.startsWith(prefix) && !one.slice(prefix.length).includes(' '))
    .filter((one) => rowOf(tool, one, version) !== undefined)
    .map((one) => one.slice(prefix.length))
    .sort()
}

/** The flags that a command understands: its own and those of the commands above it. */
export function flagsOf(tool: Tool, path: string, version: string): { own: FlagRow[]; inherited: FlagRow[] } {
  const own = rowOf(tool, path, version)?.flags ?? []
  if (path === '') return { own, inherited: [] }
  const words = path.split(' ')
  const above = words.map((_, index) => words.slice(0, index).join(' '))
  const inherited = above
    .flatMap((one) => rowOf(tool, one, version)?.flags ?? [])
    .filter(({ name }) => name !== 'help')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return { own, inherited }
}

/** Finds the command of a command line and reads its flags. */
export function parseCommandLine(tool: Tool, argv: string[], version: string): Parsed {
  const { path, rest } = findCommand(tool, '', argv, version)
  const words = withoutFlags(tool, path, rest, version)
  if (path === '' && words.length > 0) return unknownCommand(tool, words[0] as string, version)
  const usage = tool.usage(tool, path, version)
  if (path === 'help') return { help: tool.usage(tool, findCommand(tool, '', words, version).path, version) }
  const read = readFlags(tool, path, rest, version)
  if ('error' in read) return { error: read.error, usage }
  if (read.values['help'] === 'true') return { help: usage }
  if (childrenOf(tool, path, version).length > 0) return { help: usage }
  const missing = (rowOf(tool, path, version)?.flags ?? []).filter((one) => one.required && !read.changed.has(one.name))
  if (missing.length > 0)
    return { error: `required flag(s) ${missing.map(({ name }) => `"${name}"`).join(', ')} not set`, usage }
  return { path, ...read }
}

function findCommand(tool: Tool, path: string, args: string[], version: string): { path: string; rest: string[] } {
  const [next] = withoutFlags(tool, path, args, version)
  const name = next === undefined ? undefined : childNamed(tool, path, next, version)
  if (next === undefined || name === undefined) return { path, rest: args }
  const below = path === '' ? name : `${path} ${name}`
  const at = args.indexOf(next)
  return findCommand(tool, below, [...args.slice(0, at), ...args.slice(at + 1)], version)
}

/** A command below another, by its name or by what only its name begins with (EnablePrefixMatching). */
function childNamed(tool: Tool, path: string, word: string, version: string): string | undefined {
  const names = childrenOf(tool, path, version)
  if (names.includes(word)) return word
  const found = names.filter((name) => name.startsWith(word))
  return found.length === 1 ? found[0] : undefined
}

/** The words of a command line that are no flags and no values of flags. Models cobra's stripFlags. */
function withoutFlags(tool: Tool, path: string, args: string[], version: string): string[] {
  const { own, inherited } = flagsOf(tool, path, version)
  const known = [...own, ...inherited]
  const words: string[] = []
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string
    if (word === '--') break
    if (word.startsWith('--')) at += !word.includes('=') && !isSwitch(known, word.slice(2)) ? 1 : 0
    else if (word.startsWith('-') && word.length === 2) at += isShortSwitch(known, word[1] as string) ? 0 : 1
    else if (word !== '' && !word.startsWith('-')) words.push(word)
  }
  return words
}

const isSwitch = (known: FlagRow[], name: string): boolean => known.find((one) => one.name === name)?.type === 'bool'
const isShortSwitch = (known: FlagRow[], letter: string): boolean =>
  known.find((one) => one.shorthand === letter)?.type === 'bool'

function unknownCommand(tool: Tool, word: string, version: string): Parsed {
  const near = childrenOf(tool, '', version).filter(
    (name) =>
      editDistance(word.toLowerCase(), name.toLowerCase()) <= 2 || name.toLowerCase().startsWith(word.toLowerCase()),
  )
  const guess = near.length === 0 ? '' : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join('')}`
  return {
    error: `unknown command "${word}" for "${tool.name}"${guess}`,
    hint: `Run '${tool.name} --help' for usage.`,
  }
}

type ReadFlags = Omit<Invocation, 'path'>

function readFlags(tool: Tool, path: string, words: string[], version: string): ReadFlags | { error: string } {
  const { own, inherited } = flagsOf(tool, path, version)
  const known = [...own, ...inherited]
  const values: FlagValues = Object.fromEntries(known.map(({ name, value }) => [name, value]))
  const read: ReadFlags = { args: [], values, changed: new Set() }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word === '--') return { ...read, args: [...read.args, ...words.slice(at + 1)], dashAt: read.args.length }
    if (!word.startsWith('-') || word === '-') read.args.push(word)
    else {
      const taken = word.startsWith('--')
        ? takeLong(known, word.slice(2), words[at + 1], read)
        : takeShort(known, word, words[at + 1], read)
      if (typeof taken === 'string') return { error: taken }
      at += taken
    }
  }
  return read
}

/** How many further words were taken, or what is wrong. */
function takeLong(known: FlagRow[], text: string, next: string | undefined, read: ReadFlags): number | string {
  const [, name = '', value] = /^([^=]*)(?:=([^]*))?$/.exec(text) ?? []
  if (name === '' || name.startsWith('-')) return `bad flag syntax: --${text}`
  const flag = known.find((one) => one.name === name)
  if (flag === undefined) {
    if (name !== 'help') return `unknown flag: --${name}`
    read.values['help'] = 'true'
    return 0
  }
  if (value !== undefined) return set(flag, value, read) ?? 0
  if (flag.type === 'bool') return set(flag, 'true', read) ?? 0
  if (next === undefined) return `flag needs an argument: --${name}`
  return set(flag, next, read) ?? 1
}

function takeShort(known: FlagRow[], word: string, next: string | undefined, read: ReadFlags): number | string {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string
    const flag = known.find((one) => one.shorthand === letter)
    if (flag === undefined) {
      if (letter !== 'h') return `unknown shorthand flag: '${letter}' in ${word}`
      read.values['help'] = 'true'
      continue
    }
    const rest = word.slice(at + 1)
    if (flag.type === 'bool' && !rest.startsWith('=')) {
      const wrong = set(flag, 'true', read)
      if (wrong !== undefined) return wrong
      continue
    }
    if (rest !== '') return set(flag, rest.replace(/^=/, ''), read) ?? 0
    if (next === undefined) return `flag needs an argument: '${letter}' in ${word}`
    return set(flag, next, read) ?? 1
  }
  return 0
}

function set(flag: FlagRow, value: string, read: ReadFlags): string | undefined {
  const problem = problemOf(flag, value)
  const name = flag.shorthand === undefined ? `--${flag.name}` : `-${flag.shorthand}, --${flag.name}`
  if (problem !== undefined) return `invalid argument ${JSON.stringify(value)} for "${name}" flag: ${problem}`
  const isFurther = flag.type === 'strings' && read.changed.has(flag.name)
  read.values[flag.name] = isFurther ? `${read.values[flag.name]},${value}` : value
  if (flag.type === 'bool') read.values[flag.name] = /^(1|t|T|TRUE|true|True)$/.test(value) ? 'true' : 'false'
  read.changed.add(flag.name)
  return undefined
}

/** Why a value is none of the flag's type, in Go's words. */
function problemOf({ type }: FlagRow, value: string): string | undefined {
  const quoted = JSON.stringify(value)
  if (type === 'bool' && !/^(1|0|t|f|T|F|true|false|TRUE|FALSE|True|False)$/.test(value))
    return `strconv.ParseBool: parsing ${quoted}: invalid syntax`
  if (type === 'int' && !/^[+-]?\d+$/.test(value)) return `strconv.ParseInt: parsing ${quoted}: invalid syntax`
  if (type === 'uint' && !/^\d+$/.test(value)) return `strconv.ParseUint: parsing ${quoted}: invalid syntax`
  if (type === 'duration' && durationMs(value) === undefined)
    return /^[+-]?\d+$/.test(value) ? `time: missing unit in duration ${quoted}` : `time: invalid duration ${quoted}`
  return undefined
}

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of Go's `1m30s`; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  const sign = text.startsWith('-') ? -1 : 1
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)]
  return sign * parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit as string] as number), 0)
}

// --- help ----------------------------------------------------------------------------------------

/** Two columns as Go's tabwriter sets them: width 8, padding 1, tabs. */
function tabbed(rows: [string, string][]): string {
  const width = Math.max(0, ...rows.map(([left]) => Math.ceil((left.length + 1) / 8)))
  return rows.map(([left, right]) => `${left}${'\t'.repeat(width - Math.floor(left.length / 8))}${right}\n`).join('')
}

function option({ name, shorthand, type, value }: FlagRow): string {
  const shown = { bool: `[=${value}]`, string: `="${value}"`, strings: `=[${value}]` }[type as 'bool'] ?? `=${value}`
  return `${shorthand === undefined ? '     ' : `  -${shorthand},`} --${name}${shown}`
}

const options = (title: string, flags: FlagRow[]): string =>
  flags.length === 0 ? '' : `\n${title}:\n${tabbed(flags.map((flag) => [option(flag), flag.usage]))}`

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `\t${line}\n`)
    .join('')

/** Every command without subcommands below a path, by its path from there. */
function leaves(tool: Tool, version: string): string[] {
  return childrenOf(tool, '', version).flatMap((name) => {
    const below = childrenOf(tool, name, version)
    return below.length === 0 ? [name] : below.map((one) => `${name} ${one}`)
  })
}

/** etcdctl's own form. */
export function etcdctlUsage(tool: Tool, path: string, version: string): string {
  const row = rowOf(tool, path, version) as CommandRow
  const below = path === '' ? leaves(tool, version) : childrenOf(tool, path, version)
  const short = (name: string): string => rowOf(tool, path === '' ? name : `${path} ${name}`, version)?.short ?? ''
  const { own, inherited } = flagsOf(tool, path, version)
  const version3 = `3.${minorOf(version)}`
  return [
    `NAME:\n\t${path === '' ? tool.name : path} - ${row.short}\n\nUSAGE:\n\t${row.use} [flags]\n`,
    path === '' ? `\nVERSION:\n\t${version}\n` : '',
    below.length > 0 ? `\nAPI VERSION:\n\t${version3}\n\n\nCOMMANDS:\n` : '',
    tabbed(below.map((name) => [`\t${name}`, short(name)]).map(([name, text]) => [name?.slice(1) ?? '', text ?? '']))
      .split('\n')
      .map((line) => (line === '' ? '' : `\t${line}`))
      .join('\n'),
    row.long === undefined ? '' : `\nDESCRIPTION:\n${indented(row.long)}`,
    options('OPTIONS', own),
    options('GLOBAL OPTIONS', inherited),
    '\n',
  ].join('')
}

/** cobra's own form, which etcdutl has kept. */
export function cobraUsage(tool: Tool, path: string, version: string): string {
  const row = rowOf(tool, path, version) as CommandRow
  const below = childrenOf(tool, path, version).filter(
    (name) => rowOf(tool, path === '' ? name : `${path} ${name}`, version)?.deprecated === undefined,
  )
  const { own, inherited } = flagsOf(tool, path, version)
  const full = path === '' ? tool.name : `${tool.name} ${path}`
  const width = Math.max(11, ...below.map((name) => name.length))
  const commands = below.map((name) => {
    const text = rowOf(tool, path === '' ? name : `${path} ${name}`, version)?.short ?? ''
    return `  ${name.padEnd(width)} ${text}\n`
  })
  return [
    `Usage:\n  ${below.length > 0 ? `${full} [command]` : `${row.use}${row.deprecated === undefined ? ' [flags]' : ''}`}\n`,
    below.length > 0 ? `\nAvailable Commands:\n${commands.join('')}` : '',
    own.length > 0 ? `\nFlags:\n${cobraFlags(own)}` : '',
    inherited.length > 0 ? `\nGlobal Flags:\n${cobraFlags(inherited)}` : '',
    below.length > 0 ? `\nUse "${full} [command] --help" for more information about a command.\n` : '',
  ].join('')
}

function cobraFlags(flags: FlagRow[]): string {
  const left = flags.map(({ name, shorthand, type }) => {
    const word = type === 'bool' ? '' : ` ${type}`
    return `${shorthand === undefined ? '     ' : `  -${shorthand},`} --${name}${word}`
  })
  const width = Math.max(...left.map((one) => one.length))
  return flags
    .map((flag, index) => `${(left[index] as string).padEnd(width)}   ${flag.usage}${standard(flag)}\n`)
    .join('')
}

function standard({ type, value }: FlagRow): string {
  if (value === '' || value === 'false' || value === '0') return ''
  return type === 'string' ? ` (default "${value}")` : ` (default ${value})`
}
