/** Command line flags. Models spf13/pflag: short clusters, `--flag=value`, `--flag value`, repeated flags, its error texts. */
import { parseGoDuration } from '../../objects/duration.ts'
import { CommandError } from './errors.ts'

export interface FlagSpec {
  name: string
  short?: string
  /** `strings` splits at commas and may be repeated; `array` may be repeated. */
  type: 'bool' | 'string' | 'strings' | 'array' | 'int' | 'duration'
  /** As `--help` prints it, strings in single quotes. */
  default: string
  /** What `--help` calls its value, where that is not the type's own word. */
  typeName?: string
  usage: string
  /** The value of the bare flag (`--dry-run`); a bool's is `true`. */
  bare?: string
  /** Not shown by `--help`. */
  hidden?: boolean
  /** Printed to stderr when used: `Flag --x has been deprecated, <text>`. */
  deprecated?: string
}

/** What the flags of one invocation say. */
export class FlagValues {
  /** Flags given, in order of first use, with the texts given. */
  readonly given = new Map<string, string[]>()

  constructor(private readonly specs: ReadonlyMap<string, FlagSpec>) {}

  has(name: string): boolean {
    return this.specs.has(name)
  }

  /** Whether the flag was on the command line. */
  changed(name: string): boolean {
    return this.given.has(name)
  }

  /** The kind of value a flag takes: a command's own `--user` may be a list where the global one is a name. */
  typeOf(name: string): FlagSpec['type'] | undefined {
    return this.specs.get(name)?.type
  }

  /** The last value given, or the default. Empty for a flag the command does not have. */
  text(name: string): string {
    return this.given.get(name)?.at(-1) ?? unquote(this.specs.get(name)?.default ?? '')
  }

  bool(name: string): boolean {
    return /^(1|t|true)$/i.test(this.text(name))
  }

  int(name: string): number {
    return Number(this.text(name) || '0')
  }

  durationMs(name: string): number {
    return parseGoDuration(this.text(name) || '0s')
  }

  list(name: string): string[] {
    const spec = this.specs.get(name)
    const texts = this.given.get(name)
    if (!texts)
      return (spec?.default ?? '')
        .replace(/^\[|\]$/g, '')
        .split(',')
        .filter(Boolean)
    return spec?.type === 'strings' ? texts.flatMap(splitCommas) : texts
  }
}

export interface ParsedFlags {
  values: FlagValues
  args: string[]
  /** How many arguments came before `--`; -1 without one. */
  dash: number
  help: boolean
  /** Uses of deprecated flags, texts for stderr. */
  notices: string[]
}

const unquote = (text: string): string => text.replace(/^'([^]*)'$/, '$1')

/** Splits a line of comma separated values; double quotes protect commas (encoding/csv). */
export function splitCommas(text: string): string[] {
  if (text === '') return []
  if (!text.includes('"')) return text.split(',')
  return [...text.matchAll(/("(?:[^"]|"")*"|[^,]*)(,|$)/g)]
    .slice(0, text.endsWith(',') ? undefined : -1)
    .map((match) => match[1]!.replace(/^"([^]*)"$/, (_, inner: string) => inner.replaceAll('""', '"')))
}

const shown = (spec: FlagSpec): string => (spec.short ? `-${spec.short}, --${spec.name}` : `--${spec.name}`)

const HELP: FlagSpec = { name: 'help', short: 'h', type: 'bool', default: 'false', usage: '', hidden: true }

/** Flags by name; later ones win. */
export const flagMap = (...lists: (readonly FlagSpec[])[]): Map<string, FlagSpec> =>
  new Map([HELP, ...lists.flat()].map((spec) => [spec.name, spec]))

const bareOf = (spec: FlagSpec): string | undefined => (spec.type === 'bool' ? 'true' : spec.bare)

/** Whether the flag, by long name or one letter, takes no following argument. */
export function takesNoValue(specs: ReadonlyMap<string, FlagSpec>, name: string): boolean {
  const spec = name.length === 1 ? byShort(specs, name) : specs.get(name)
  return spec !== undefined && bareOf(spec) !== undefined
}

const byShort = (specs: ReadonlyMap<string, FlagSpec>, letter: string): FlagSpec | undefined =>
  [...specs.values()].find((spec) => spec.short === letter)

/** Parses the arguments after the command's name. Throws CommandError with pflag's text. */
export function parseFlags(argv: readonly string[], specs: ReadonlyMap<string, FlagSpec>): ParsedFlags {
  const parsed: ParsedFlags = { values: new FlagValues(specs), args: [], dash: -1, help: false, notices: [] }
  const queue = [...argv]
  while (queue.length > 0) {
    const word = queue.shift()!
    if (word === '--') {
      parsed.dash = parsed.args.length
      parsed.args.push(...queue.splice(0))
    } else if (word.startsWith('--')) takeLong(parsed, specs, word, queue)
    else if (word.startsWith('-') && word !== '-') takeShorts(parsed, specs, word, queue)
    else parsed.args.push(word)
  }
  return parsed
}

function takeLong(parsed: ParsedFlags, specs: ReadonlyMap<string, FlagSpec>, word: string, queue: string[]): void {
  const equals = word.indexOf('=')
  const typed = equals < 0 ? word.slice(2) : word.slice(2, equals)
  if (typed === '' || typed.startsWith('-')) throw new CommandError(`bad flag syntax: ${word}`)
  const spec = specs.get(typed.replaceAll('_', '-'))
  if (!spec) throw new CommandError(`unknown flag: --${typed}`)
  const bare = bareOf(spec)
  if (equals >= 0) set(parsed, spec, word.slice(equals + 1))
  else if (bare !== undefined) set(parsed, spec, bare)
  else if (queue.length > 0) set(parsed, spec, queue.shift()!)
  else throw new CommandError(`flag needs an argument: --${typed}`)
}

function takeShorts(parsed: ParsedFlags, specs: ReadonlyMap<string, FlagSpec>, word: string, queue: string[]): void {
  let rest = word.slice(1)
  while (rest !== '') {
    const letter = rest[0]!
    const spec = byShort(specs, letter)
    if (!spec) throw new CommandError(`unknown shorthand flag: '${letter}' in -${rest}`)
    const bare = bareOf(spec)
    const tail = rest.slice(1)
    if (tail.startsWith('=')) return set(parsed, spec, tail.slice(1))
    if (bare !== undefined) {
      set(parsed, spec, bare)
      rest = tail
    } else if (tail !== '') return set(parsed, spec, tail)
    else if (queue.length > 0) return set(parsed, spec, queue.shift()!)
    else throw new CommandError(`flag needs an argument: '${letter}' in -${rest}`)
  }
}

function set(parsed: ParsedFlags, spec: FlagSpec, text: string): void {
  const problem = problemOf(spec, text)
  if (problem) throw new CommandError(`invalid argument "${text}" for "${shown(spec)}" flag: ${problem}`)
  if (spec.name === 'help') parsed.help = true
  if (spec.deprecated && !parsed.values.given.has(spec.name))
    parsed.notices.push(`Flag --${spec.name} has been deprecated, ${spec.deprecated}`)
  const texts = parsed.values.given.get(spec.name) ?? []
  parsed.values.given.set(spec.name, [...texts, text])
}

function problemOf(spec: FlagSpec, text: string): string | undefined {
  if (spec.type === 'bool' && !/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(text))
    return `strconv.ParseBool: parsing "${text}": invalid syntax`
  if (spec.type === 'int' && !/^[+-]?(0[xX][0-9a-fA-F]+|\d+)$/.test(text))
    return `strconv.ParseInt: parsing "${text}": invalid syntax`
  if (spec.type === 'duration') return durationProblem(text)
  return undefined
}

function durationProblem(text: string): string | undefined {
  try {
    parseGoDuration(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : undefined
  }
}
