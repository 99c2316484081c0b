/**
 * A command line as spf13/pflag reads it, under component-base's normalisation of names (`_` is `-`).
 * Not modelled: shorthands joined to several letters beyond `-v4`.
 */
import { isDeprecated } from './rows.ts'
import type { FlagRow } from './rows.ts'
import { emptyValue, parseValue, quoted, ValueError } from './values.ts'
import type { FlagValue } from './values.ts'

/** The flags of a command line with the defaults of those that it does not name. */
export class Flags {
  /** In the order in which they were first given. */
  readonly given = new Map<string, FlagValue>()

  constructor(
    private readonly rows: ReadonlyMap<string, FlagRow>,
    /** `Flag --x has been deprecated, …` */
    readonly warnings: string[],
  ) {}

  isSet(name: string): boolean {
    return this.given.has(name)
  }

  value(name: string): FlagValue {
    const given = this.given.get(name)
    if (given !== undefined) return given
    const row = this.rows.get(name)
    if (row === undefined) return ''
    return row.default === '' ? emptyValue(row.type) : parseValue(row.type, row.default)
  }

  text(name: string): string {
    return String(this.value(name))
  }

  number(name: string): number {
    return Number(this.value(name))
  }

  bool(name: string): boolean {
    return this.value(name) === true
  }

  list(name: string): string[] {
    const value = this.value(name)
    return Array.isArray(value) ? value : []
  }

  map(name: string): Record<string, string> {
    const value = this.value(name)
    return typeof value === 'object' && !Array.isArray(value) ? value : {}
  }

  /** A given flag with its table's default. */
  preset(name: string): FlagValue | undefined {
    const row = this.rows.get(name)
    if (row === undefined) return undefined
    return row.default === '' ? emptyValue(row.type) : parseValue(row.type, row.default)
  }
}

export interface Parsed {
  flags: Flags
  /** Words that are no flags. */
  args: string[]
}

/** Reads `argv`, which begins behind the program's name; an error is pflag's text. */
export function parseFlags(
  rows: ReadonlyMap<string, FlagRow>,
  argv: readonly string[],
  minor: number,
): Parsed | { error: string } {
  const warnings: string[] = []
  const flags = new Flags(rows, warnings)
  const args: string[] = []
  const rest = [...argv]
  try {
    for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
      if (word === '--') args.push(...rest.splice(0))
      else if (word.startsWith('--')) takeLong({ rows, flags, minor, rest }, word)
      else if (word.startsWith('-') && word !== '-') takeShort({ rows, flags, minor, rest }, word)
      else args.push(word)
    }
  } catch (error) {
    if (error instanceof ValueError) return { error: error.message }
    throw error
  }
  return { flags, args }
}

interface Reader {
  rows: ReadonlyMap<string, FlagRow>
  flags: Flags
  minor: number
  rest: string[]
}

function takeLong(reader: Reader, word: string): void {
  const at = word.indexOf('=')
  const name = word.slice(2, at < 0 ? undefined : at)
  if (name === '' || name.startsWith('-') || name.startsWith('=')) throw new ValueError(`bad flag syntax: ${word}`)
  const row = reader.rows.get(name.replaceAll('_', '-'))
  if (row === undefined) throw new ValueError(name === 'help' ? 'pflag: help requested' : `unknown flag: --${name}`)
  if (at >= 0) return set(reader, row, word.slice(at + 1))
  if (row.type === 'bool' || row.type === 'version') return set(reader, row, 'true')
  const value = reader.rest.shift()
  if (value === undefined) throw new ValueError(`flag needs an argument: ${word}`)
  set(reader, row, value)
}

function takeShort(reader: Reader, word: string): void {
  const letters = word.slice(1)
  const letter = letters[0] as string
  const row = [...reader.rows.values()].find(({ short }) => short === letter)
  if (row === undefined) throw new ValueError(`unknown shorthand flag: '${letter}' in -${letters}`)
  const more = letters.slice(1).replace(/^=/, '')
  if (more !== '') return set(reader, row, more)
  if (row.type === 'bool') return set(reader, row, 'true')
  const value = reader.rest.shift()
  if (value === undefined) throw new ValueError(`flag needs an argument: '${letter}' in -${letters}`)
  set(reader, row, value)
}

function set({ flags, minor }: Reader, row: FlagRow, text: string): void {
  const shown = row.short === undefined ? `--${row.name}` : `-${row.short}, --${row.name}`
  const value = valueOf(row, text, shown)
  flags.given.set(row.name, joined(flags.given.get(row.name), value))
  if (isDeprecated(row, minor)) flags.warnings.push(`Flag --${row.name} has been deprecated, ${row.deprecated?.text}`)
}

function valueOf(row: FlagRow, text: string, shown: string): FlagValue {
  try {
    return parseValue(row.type, text)
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw new ValueError(`invalid argument ${quoted(text)} for ${quoted(shown)} flag: ${error.message}`)
  }
}

/** Lists and maps grow with every further flag; of others the last holds. */
function joined(before: FlagValue | undefined, value: FlagValue): FlagValue {
  if (Array.isArray(value)) return [...(Array.isArray(before) ? before : []), ...value]
  if (typeof value !== 'object') return value
  return { ...(typeof before === 'object' && !Array.isArray(before) ? before : {}), ...value }
}
