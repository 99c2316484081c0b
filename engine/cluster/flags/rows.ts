/**
 * Flag tables. A line is `name type [default] [@since[-removed]] [!since text]`: `@` are the minor releases
 * that know the flag, `!` when and how it is deprecated (it is then left out of the usage). A line
 * `[section]` names the flag set of what follows, as upstream's NamedFlagSets do.
 */
export type FlagType =
  | 'bool'
  | 'int'
  | 'int32'
  | 'uint'
  | 'float'
  | 'float32'
  | 'duration'
  | 'string'
  | 'strings'
  | 'stringArray'
  | 'ip'
  | 'proxyIp'
  | 'ipport'
  | 'portRange'
  | 'map'
  | 'config'
  | 'gates'
  | 'cidrs'
  | 'version'

export interface FlagRow {
  name: string
  /** One letter, as in `-v`. */
  short?: string
  type: FlagType
  section: string
  default: string
  since: number
  /** The first minor release that no longer knows it. */
  removed: number
  deprecated?: { since: number; text: string }
}

const LINE = /^(\S+) (\S+)(?: (?![@!])(\S+))?(?: @(\d+)?(?:-(\d+))?)?(?: !(\d+) (.+))?$/
const SHORT: Record<string, string> = { v: 'v', help: 'h' }

/** Reads a table; throws at a line that is none. */
export function parseRows(text: string): FlagRow[] {
  const rows: FlagRow[] = []
  let section = ''
  for (const line of text.split('\n').map((one) => one.trim())) {
    const named = /^\[(.+)\]$/.exec(line)
    if (named !== null) section = named[1] as string
    else if (line !== '') rows.push(parseRow(line, section))
  }
  return rows
}

function parseRow(line: string, section: string): FlagRow {
  const match = LINE.exec(line)
  if (match === null) throw new Error(`flags: not a row: ${line}`)
  const [, name = '', type, preset = '', since, removed, deprecatedSince, why] = match
  return {
    name,
    type: type as FlagType,
    section,
    default: preset,
    since: Number(since ?? 0),
    removed: removed === undefined ? Infinity : Number(removed),
    ...(SHORT[name] !== undefined && { short: SHORT[name] }),
    ...(why !== undefined && { deprecated: { since: Number(deprecatedSince), text: why } }),
  }
}

/** The rows that a minor release knows; of several with one name the last that holds. */
export function rowsOf(rows: readonly FlagRow[], minor: number): Map<string, FlagRow> {
  const known = rows.filter(({ since, removed }) => since <= minor && minor < removed)
  return new Map(known.map((row) => [row.name, row]))
}

export const isDeprecated = ({ deprecated }: FlagRow, minor: number): boolean =>
  deprecated !== undefined && minor >= deprecated.since
