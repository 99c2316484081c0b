/** A command line as Go's own flag package reads it, with etcd's types of values. Models flag and etcd's pkg/flags. */
import { isAddress } from '../../pki/index.ts'
import type { EtcdFlagRow, EtcdFlagType } from './etcd-rows.ts'
import { parseBool, parseDuration, quoted, ValueError } from './values.ts'

export interface GoFlags {
  given: Map<string, string>
  args: string[]
}

/** Reads `argv`, which begins behind the program's name; an error is the flag package's text. */
export function parseGoFlags(
  rows: readonly EtcdFlagRow[],
  argv: readonly string[],
): GoFlags | { error: string } | { help: true } {
  const byName = new Map(rows.map((row) => [row.name, row]))
  const given = new Map<string, string>()
  const rest = [...argv]
  while (rest.length > 0 && /^-./s.test(rest[0] as string)) {
    const word = rest.shift() as string
    if (word === '--') break
    const read = readOne(word, byName, rest)
    if ('error' in read || 'help' in read) return read
    given.set(read.name, read.value)
  }
  return { given, args: rest }
}

type One = { name: string; value: string } | { error: string } | { help: true }

function readOne(word: string, rows: ReadonlyMap<string, EtcdFlagRow>, rest: string[]): One {
  const bare = word.replace(/^--?/, '')
  if (bare === '' || bare.startsWith('-') || bare.startsWith('=')) return { error: `bad flag syntax: ${word}` }
  const at = bare.indexOf('=')
  const name = at < 0 ? bare : bare.slice(0, at)
  const row = rows.get(name)
  if (row === undefined)
    return name === 'help' || name === 'h' ? { help: true } : { error: `flag provided but not defined: -${name}` }
  const isSwitch = row.type === 'bool' || row.type === 'ignored'
  const value = at >= 0 ? bare.slice(at + 1) : isSwitch ? 'true' : rest.shift()
  if (value === undefined) return { error: `flag needs an argument: -${name}` }
  const problem = valueProblem(row.type, value)
  if (problem === undefined) return { name, value }
  return {
    error:
      row.type === 'bool'
        ? `invalid boolean value ${quoted(value)} for -${name}: ${problem}`
        : `invalid value ${quoted(value)} for flag -${name}: ${problem}`,
  }
}

const CHECKS: Record<EtcdFlagType, (text: string) => string | undefined> = {
  bool: (text) => parses(() => parseBool(text)),
  int: (text) => (/^[+-]?(\d[\d_]*|0[xXbBoO][\da-fA-F_]+)$/.test(text) ? undefined : 'parse error'),
  uint: (text) => (/^(\d[\d_]*|0[xXbBoO][\da-fA-F_]+)$/.test(text) ? undefined : 'parse error'),
  float: (text) => (Number.isNaN(Number(text)) ? 'parse error' : undefined),
  duration: (text) => parses(() => parseDuration(text)),
  string: () => undefined,
  urls: (text) => urlsProblem(text),
  state: (text) => (['new', 'existing'].includes(text) ? undefined : 'invalid value'),
  ignored: () => undefined,
}

/** Numbers, switches and durations that cannot be read all get the same words. */
function parses(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof ValueError) return 'parse error'
    throw error
  }
}

const valueProblem = (type: EtcdFlagType, text: string): string | undefined => CHECKS[type](text)

/** Models etcd's client/pkg/types.NewURLs. */
export function urlsProblem(text: string): string | undefined {
  if (text === '') return undefined
  for (const url of text.split(',').map((one) => one.trim())) {
    const problem = urlProblem(url)
    if (problem !== undefined) return problem
  }
  return undefined
}

function urlProblem(url: string): string | undefined {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(url)?.[1]
  if (scheme === undefined && /^[^/]*:/.test(url))
    return url.startsWith(':')
      ? `parse ${quoted(url)}: missing protocol scheme`
      : `parse ${quoted(url)}: first path segment in URL cannot contain colon`
  if (!['http', 'https', 'unix', 'unixs'].includes(scheme ?? ''))
    return `URL scheme must be http, https, unix, or unixs: ${url}`
  if (scheme?.startsWith('unix') === true) return undefined
  const [, host = '', path = ''] = /^[a-z]+:\/\/([^/]*)(\/.*)?$/i.exec(url) ?? []
  if (/:\D*[^\d\]]+$/.test(host))
    return `parse ${quoted(url)}: invalid port ${quoted(host.slice(host.lastIndexOf(':')))} after host`
  if (!/:\d*$/.test(host.replace(/^\[.*\]/, ''))) return `URL address does not have the form "host:port": ${url}`
  return path === '' || path === '/' ? undefined : `URL must not contain a path: ${url}`
}

/** Models embed.checkBindURLs: a listener needs an address, or `localhost`. */
export function bindUrlProblem(urls: readonly string[]): string | undefined {
  const bad = urls.find((url) => {
    const host = /^https?:\/\/(?:\[([^\]]*)\]|([^/:]*))/.exec(url)
    const name = host?.[1] ?? host?.[2] ?? ''
    return host !== null && name !== '' && name !== 'localhost' && !isAddress(name)
  })
  return bad && `expected IP in URL for binding (${bad})`
}
