/** Reads a command line as the kubelet's flag set does. Models github.com/spf13/pflag and component-base/cli/flag. */
import { DurationError, parseGoDuration } from '../../objects/duration.ts'
import { flagsOf } from './flag-table.ts'
import type { Flag, FlagType } from './flag-table.ts'

/** Values by name of the flag; `gates` holds what --feature-gates said. */
export interface CommandLine {
  values: Record<string, unknown>
  /** What the flags say that are fields of the configuration, in order. */
  fields: { path: string; value: unknown }[]
  /** Lines about deprecated flags. */
  warnings: string[]
  /** Words that are no flags. */
  rest: string[]
}

const KNOWN_BOOL = ['1', 't', 'T', 'true', 'TRUE', 'True', '0', 'f', 'F', 'false', 'FALSE', 'False']
const quote = (text: string): string => JSON.stringify(text)

/** A text is what is wrong with the command line. */
export function readCommandLine(argv: readonly string[], minor: number): CommandLine | string {
  const flags = new Map(flagsOf(minor).map((flag) => [flag.name, flag]))
  const line: CommandLine = { values: {}, fields: [], warnings: [], rest: [] }
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string
    if (word === '--') return { ...line, rest: [...line.rest, ...argv.slice(at + 1)] }
    if (!word.startsWith('-') || word === '-') line.rest.push(word)
    else {
      const read = word.startsWith('--') ? readLong(word, argv[at + 1], flags) : readShort(word, argv[at + 1], flags)
      if (typeof read === 'string') return read
      if (read.took) at++
      const trouble = take(line, read, minor)
      if (trouble !== undefined) return trouble
    }
  }
  return line
}

interface Read {
  flag: Flag
  text: string
  took: boolean
}

const HELP: Flag = { name: 'help', type: 'bool', short: 'h' }
const VERSION: Flag = { name: 'version', type: 'string' }

function readLong(word: string, next: string | undefined, flags: ReadonlyMap<string, Flag>): Read | string {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals)
  if (name === '' || name.startsWith('-') || name.startsWith('=')) return `bad flag syntax: ${word}`
  if (name === 'help') return { flag: HELP, text: 'true', took: false }
  if (name === 'version') return { flag: VERSION, text: equals < 0 ? 'true' : word.slice(equals + 1), took: false }
  const flag = flags.get(name.replaceAll('_', '-'))
  if (flag === undefined) return `unknown flag: --${name}`
  return textOf(flag, equals < 0 ? undefined : word.slice(equals + 1), next, `--${name}`)
}

function textOf(flag: Flag, given: string | undefined, next: string | undefined, shown: string): Read | string {
  if (given !== undefined) return { flag, text: given, took: false }
  if (flag.type === 'bool') return { flag, text: 'true', took: false }
  return next === undefined ? `flag needs an argument: ${shown}` : { flag, text: next, took: true }
}

function readShort(word: string, next: string | undefined, flags: ReadonlyMap<string, Flag>): Read | string {
  const letter = word[1] as string
  if (letter === 'h') return { flag: HELP, text: 'true', took: false }
  const flag = [...flags.values()].find(({ short }) => short === letter)
  if (flag === undefined) return `unknown shorthand flag: '${letter}' in ${word}`
  const given = word.length > 2 ? word.slice(word[2] === '=' ? 3 : 2) : undefined
  if (given !== undefined || next !== undefined) return textOf(flag, given, next, letter)
  return `flag needs an argument: '${letter}' in ${word}`
}

function take(line: CommandLine, { flag, text }: Read, minor: number): string | undefined {
  const value = valueOf(flag.type, text)
  if (typeof value === 'object' && value !== null && 'wrong' in value) {
    const name = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`
    return `invalid argument ${quote(text)} for "${name}" flag: ${String(value.wrong)}`
  }
  if (flag.deprecated !== undefined)
    line.warnings.push(`Flag --${flag.name} has been deprecated, ${flag.deprecated(minor)}`)
  line.values[flag.name] = merged(line.values[flag.name], value)
  if (flag.field !== undefined) {
    const known = line.fields.find(({ path }) => path === flag.field)
    if (known === undefined) line.fields.push({ path: flag.field, value })
    else known.value = line.values[flag.name]
  }
  return undefined
}

/** Lists and maps add up, of all others the last counts. */
function merged(before: unknown, value: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(value)) return [...(before as unknown[]), ...(value as unknown[])]
  const both = typeof before === 'object' && before !== null && typeof value === 'object' && value !== null
  return both ? { ...before, ...value } : value
}

function valueOf(type: FlagType, text: string): unknown {
  if (type === 'bool') return KNOWN_BOOL.includes(text) ? /^[1tT]/.test(text) : { wrong: syntax('ParseBool', text) }
  if (type === 'int32' || type === 'int64' || type === 'int') return integerOf(text, type)
  if (type === 'float64') return Number.isNaN(Number(text)) ? { wrong: syntax('ParseFloat', text) } : Number(text)
  if (type === 'duration') return durationOf(text)
  if (type === 'ip')
    return /^[\d.]+$|:/.test(text) && isIp(text) ? text : { wrong: `failed to parse IP: ${quote(text)}` }
  if (type === 'strings') return text === '' ? [] : text.split(',')
  if (type === 'map') return mapOf(text)
  if (type === 'gates') return gatesOf(text)
  return type === 'taints' ? taintsOf(text) : text
}

const syntax = (what: string, text: string): string => `strconv.${what}: parsing ${quote(text)}: invalid syntax`

function integerOf(text: string, type: FlagType): unknown {
  if (!/^[+-]?(\d+|0x[\da-fA-F]+)$/.test(text)) return { wrong: syntax('ParseInt', text) }
  const value = Number(text)
  const limit = type === 'int32' ? 2 ** 31 : 2 ** 63
  return value >= limit || value < -limit
    ? { wrong: `strconv.ParseInt: parsing ${quote(text)}: value out of range` }
    : value
}

function durationOf(text: string): unknown {
  try {
    parseGoDuration(text)
    return text
  } catch (error) {
    if (error instanceof DurationError) return { wrong: error.message }
    throw error
  }
}

/** Whether a text is an address of IPv4 or (roughly) IPv6. */
function isIp(text: string): boolean {
  if (text.includes(':')) return /^[\da-fA-F:.]+$/.test(text)
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

function mapOf(text: string): unknown {
  const map: Record<string, string> = {}
  for (const pair of text.split(',').filter((one) => one !== '')) {
    const match = /^([^=<]+)[=<](.*)$/.exec(pair)
    if (match === null) return { wrong: `malformed pair, expect string=string` }
    map[(match[1] as string).trim()] = (match[2] as string).trim()
  }
  return map
}

function gatesOf(text: string): unknown {
  const gates: Record<string, boolean> = {}
  for (const pair of text.split(',').filter((one) => one.trim() !== '')) {
    const [name = '', value] = pair.split('=').map((one) => one.trim())
    if (value === undefined) return { wrong: `missing bool value for ${name}` }
    if (!KNOWN_BOOL.includes(value))
      return { wrong: `invalid value of ${name}=${value}, err: ${syntax('ParseBool', value)}` }
    gates[name] = /^[1tT]/.test(value)
  }
  return gates
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** `key=value:effect`, `key:effect`. Models pkg/util/taints. */
function taintsOf(text: string): unknown {
  const taints: { key: string; value?: string; effect: string }[] = []
  for (const one of text.split(',').filter((part) => part !== '')) {
    const match = /^([^=:]+)(?:=([^:]*))?(?::(.*))?$/.exec(one)
    const [, key = '', value, effect] = match ?? []
    if (match === null) return { wrong: `invalid taint spec: ${one}` }
    if (effect === undefined || !EFFECTS.includes(effect))
      return { wrong: `invalid taint effect: ${effect ?? ''}, unsupported taint effect` }
    taints.push({ key, ...(value !== undefined && value !== '' && { value }), effect })
  }
  return taints
}
