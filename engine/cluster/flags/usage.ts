/**
 * The usage text that the manager, the scheduler and kube-proxy print before an error of a flag (O1).
 * Models pflag's FlagUsages and component-base's PrintSections, without the columns of a terminal.
 * What a flag does is said in short words made of its name; the gates are those that the engine knows.
 */
import { knownGates } from './feature-gates.ts'
import { isDeprecated } from './rows.ts'
import type { FlagRow, FlagType } from './rows.ts'

const SHOWN: Partial<Record<FlagType, string>> = {
  bool: '',
  proxyIp: 'ip',
  portRange: 'port-range',
  map: 'stringToString',
  config: 'mapStringString',
  stringArray: 'stringArray',
  version: 'version[=true]',
}

function typeOf({ type }: FlagRow, minor: number): string {
  if (type === 'gates') return minor >= 32 ? 'colonSeparatedMultimapStringString' : 'mapStringBool'
  return SHOWN[type] ?? type
}

function presetOf({ type, default: preset }: FlagRow): string {
  if (preset === '' || (type !== 'string' && ['0', '0s', 'false'].includes(preset))) return ''
  if (type === 'string') return ` (default ${JSON.stringify(preset)})`
  return type === 'strings' ? ` (default [${preset}])` : ` (default ${preset})`
}

const sentence = (name: string): string => {
  const words = name.replaceAll('-', ' ')
  return `${words[0]?.toUpperCase()}${words.slice(1)}.`
}

function headOf(row: FlagRow, minor: number): string {
  const name = row.short === undefined ? `      --${row.name}` : `  -${row.short}, --${row.name}`
  const type = typeOf(row, minor)
  return type === '' ? name : `${name} ${type}`
}

/** The lines of a set of flags, sorted by name, the descriptions in one column. */
export function flagUsages(rows: readonly FlagRow[], minor: number): string {
  const shown = rows.filter((row) => !isDeprecated(row, minor)).sort((a, b) => (a.name < b.name ? -1 : 1))
  const heads = shown.map((row) => headOf(row, minor))
  const width = Math.max(0, ...heads.map((head) => head.length)) + 3
  return shown
    .map((row, index) => {
      const more = row.type === 'gates' ? gateLines(minor, width) : ''
      return `${(heads[index] as string).padEnd(width)}${sentence(row.name)}${presetOf(row)}${more}\n`
    })
    .join('')
}

function gateLines(minor: number, width: number): string {
  return knownGates(minor)
    .map(({ name, stage, on }) => `\n${' '.repeat(width)}${name}=true|false (${stage} - default=${on})`)
    .join('')
}

/** `Usage:` and one block a named set, as the manager and the scheduler print it. */
export function sectionedUsage(program: string, rows: readonly FlagRow[], minor: number): string {
  const sections = [...new Set(rows.map(({ section }) => section))]
  const blocks = sections.flatMap((section) => {
    const own = rows.filter((row) => row.section === section && !isDeprecated(row, minor))
    if (own.length === 0) return []
    return [`\n${section[0]?.toUpperCase()}${section.slice(1)} flags:\n\n${flagUsages(own, minor)}`]
  })
  return `Usage:\n  ${program} [flags]\n${blocks.join('')}\n`
}

/** cobra's own usage, as kube-proxy prints it. */
export function plainUsage(program: string, rows: readonly FlagRow[], minor: number): string {
  return `Usage:\n  ${program} [flags]\n\nFlags:\n${flagUsages(rows, minor)}\n`
}
