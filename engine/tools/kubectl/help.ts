/** What `--help` prints, out of data. Models kubectl/pkg/util/templates. */
import { flagMap, type FlagSpec } from './flags.ts'
import data from './help.gen.json' with { type: 'json' }

interface Entry {
  long: string
  short?: string
  aliases?: string[]
  examples?: string
  usage: string
  flags?: number[]
  globals?: number[]
  groups?: [string, [string, string][]][]
}

const file = data as unknown as { commands: Record<string, Entry>; flags: FlagSpec[] }

/** Flags that may be given alone, with the value this means. */
const BARE: Record<string, string> = { 'dry-run': 'unchanged', validate: 'strict', cascade: 'background' }

/** Flags whose value keeps its commas. */
const ARRAYS = new Set([
  'env',
  'rule',
  'annotation',
  'from-literal',
  'as-group',
  'overrides',
  'exec-arg',
  'exec-env',
  'as-user-extra',
])

const ANNOTATION_IS_ARRAY = 'create ingress'

const RECORD: FlagSpec = {
  name: 'record',
  type: 'bool',
  default: 'false',
  usage: '',
  hidden: true,
  deprecated: '--record will be removed in the future',
}

/** The commands that take the deprecated `--record`. */
const RECORDERS = new Set([
  'annotate',
  'autoscale',
  'edit',
  'expose',
  'label',
  'patch',
  'replace',
  'scale',
  'run',
  'create',
  'apply',
  'rollout pause',
  'rollout resume',
  'rollout restart',
  'set env',
  'set image',
  'set resources',
  'set selector',
  'set serviceaccount',
])

export const hasCommand = (path: string): boolean =>
  Object.hasOwn(file.commands, path) || path === 'options' || path === 'help'

const entryOf = (path: string): Entry => file.commands[path] ?? { long: '', usage: `kubectl ${path}` }

/** Names of the commands directly under `path`, in order of the help text. */
export function subcommands(path: string): string[] {
  const names = (entryOf(path).groups ?? []).flatMap(([, rows]) => rows.map(([name]) => name))
  return path === '' ? [...names, 'options', 'help'] : names
}

/** The path of the command that `word` names under `path`, by name or alias. */
export function childOf(path: string, word: string): string | undefined {
  const join = (name: string): string => (path === '' ? name : `${path} ${name}`)
  const found = subcommands(path).find((name) => name === word || (entryOf(join(name)).aliases ?? []).includes(word))
  return found === undefined ? undefined : join(found)
}

function adjusted(spec: FlagSpec, path: string): FlagSpec {
  const bare = BARE[spec.name]
  const array =
    spec.type === 'strings' && ARRAYS.has(spec.name) && (spec.name !== 'annotation' || path === ANNOTATION_IS_ARRAY)
  return { ...spec, ...(bare ? { bare } : {}), ...(array ? { type: 'array' as const } : {}) }
}

/** The flags of one command, without the global ones. */
export function flagsOf(path: string): FlagSpec[] {
  const own = (entryOf(path).flags ?? []).map((index) => adjusted(file.flags[index]!, path))
  return RECORDERS.has(path) ? [...own, RECORD] : own
}

/** Flags every command takes. */
export const globalFlags = (): FlagSpec[] =>
  (entryOf('').globals ?? []).map((index) => adjusted(file.flags[index]!, ''))

/** All flags of a command by name. */
export const allFlags = (path: string, more: readonly FlagSpec[] = []): Map<string, FlagSpec> =>
  flagMap(globalFlags(), flagsOf(path), more)

const TAIL = 'Use "kubectl options" for a list of global command-line options (applies to all commands).'

const flagText = (spec: FlagSpec): string => {
  const name = spec.short ? `-${spec.short}, --${spec.name}` : `--${spec.name}`
  const usage = spec.usage
    .split('\n')
    .map((line) => (line === '' ? '' : `\t${line}`))
    .join('\n')
  return `    ${name}=${spec.default}:\n${usage}\n`
}

/** Names are padded to the longest, eleven at least. */
const MIN_NAME_WIDTH = 11

function groupsText(groups: [string, [string, string][]][]): string {
  const width = Math.max(MIN_NAME_WIDTH, ...groups.flatMap(([, rows]) => rows.map(([name]) => name.length)))
  const row = ([name, short]: [string, string]): string => `  ${name.padEnd(width)}   ${short}\n`
  return groups.map(([title, rows]) => `${title}:\n${rows.map(row).join('')}\n`).join('')
}

function tailText(path: string, entry: Entry): string {
  const subs = entry.groups
    ? `Use "kubectl ${path === '' ? '' : `${path} `}<command> --help" for more information about a given command.\n`
    : ''
  return subs + TAIL + '\n'
}

/** The commands and usage parts of a help text. */
export function usageText(path: string): string {
  const entry = entryOf(path)
  const aliases = entry.aliases ? `Aliases:\n${[path.split(' ').at(-1), ...entry.aliases].join(', ')}\n\n` : ''
  const examples = entry.examples ? `Examples:\n${entry.examples}\n\n` : ''
  const groups = entry.groups ? groupsText(entry.groups) : ''
  const flags = entry.flags
    ? `Options:\n${flagsOf(path)
        .filter((f) => !f.hidden)
        .map(flagText)
        .join('\n')}\n`
    : ''
  return `${aliases}${examples}${groups}${flags}Usage:\n  ${entry.usage}\n\n${tailText(path, entry)}`
}

/** The whole of `kubectl <path> --help`. */
export const helpText = (path: string): string => `${entryOf(path).long}\n\n${usageText(path)}`

/** `kubectl options`. */
export const optionsText = (home: string): string =>
  `The following options can be passed to any command:\n\n${globalFlags()
    .map((spec) => flagText({ ...spec, default: spec.default.replace('/root/.kube', `${home}/.kube`) }))
    .join('\n')}\n`
