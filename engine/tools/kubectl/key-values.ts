/** The data of ConfigMaps and Secrets out of literals, files and env files. Models kubectl/pkg/generate and pkg/cmd/util/env_file.go. */
import type { Proc, Run } from '../../host/process.ts'
import { configKey } from '../../objects/validation/names.ts'
import { CommandError } from './errors.ts'
import type { FlagValues } from './flags.ts'

export type Data = Map<string, string>

/** Collects all sources; `object` is how errors name it: `ConfigMap "c"`. */
export function* collectData(p: Proc, flags: FlagValues, kind: string, name: string): Run<Data> {
  const data: Data = new Map()
  const add = (key: string, value: string): void => {
    const problems = configKey(key)
    if (problems.length > 0)
      throw new CommandError(`"${key}" is not a valid key name for a ${kind}: ${problems.join(';')}`)
    if (data.has(key))
      throw new CommandError(
        `cannot add key "${key}", another key by that name already exists in Data for ${kind} "${name}"`,
      )
    data.set(key, value)
  }
  const envFiles = flags.has('from-env-file') ? flags.list('from-env-file') : []
  const literals = flags.has('from-literal') ? flags.list('from-literal') : []
  if (envFiles.length > 0 && (flags.list('from-file').length > 0 || literals.length > 0))
    throw new CommandError('from-env-file cannot be combined with from-file or from-literal')
  for (const literal of literals) add(...splitLiteral(literal))
  for (const source of flags.list('from-file')) for (const [key, value] of yield* fromFile(p, source)) add(key, value)
  for (const path of envFiles) for (const [key, value] of parseEnvFile(p, yield* readSource(p, path))) add(key, value)
  return data
}

/** The data in order of its keys. */
export const sortedData = (data: Data): [string, string][] => [...data].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

function splitLiteral(text: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new CommandError(`invalid literal source ${text}, expected key=value`)
  const value = text.slice(equals + 1)
  return [text.slice(0, equals), /^(["'])[^]*\1$/.test(value) && value.length > 1 ? value.slice(1, -1) : value]
}

export function* readSource(p: Proc, path: string): Run<string> {
  const file = yield* p.readFile(path)
  if ('text' in file) return file.text
  throw new CommandError(
    `error reading ${path}: ${file.error === 'EACCES' ? 'permission denied' : 'no such file or directory'}`,
  )
}

function* fromFile(p: Proc, source: string): Run<[string, string][]> {
  const { key, path } = splitFile(source)
  const stat = yield* p.stat(path)
  if ('error' in stat)
    throw new CommandError(
      `error reading ${path}: ${stat.error === 'EACCES' ? 'permission denied' : 'no such file or directory'}`,
    )
  if (stat.kind !== 'directory') return [[key, yield* readSource(p, path)]]
  if (source.includes('=')) throw new CommandError('cannot give a key name for a directory path')
  return yield* fromDirectory(p, path)
}

/** Only the files directly in the directory. */
function* fromDirectory(p: Proc, path: string): Run<[string, string][]> {
  const listed = yield* p.list(path)
  const entries: [string, string][] = []
  for (const name of 'error' in listed ? [] : [...listed.names].sort()) {
    const full = `${path.replace(/\/$/, '')}/${name}`
    const stat = yield* p.stat(full)
    if (!('error' in stat) && stat.kind === 'file') entries.push([name, yield* readSource(p, full)])
  }
  return entries
}

function splitFile(source: string): { key: string; path: string } {
  const parts = source.split('=')
  if (parts.length > 2) throw new CommandError("key names or file paths cannot contain '='")
  if (parts.length === 1) return { key: source.split('/').at(-1) ?? source, path: source }
  const [key = '', path = ''] = parts
  if (key === '') throw new CommandError(`key name for file path ${path} missing`)
  if (path === '') throw new CommandError(`file path for key name ${key} missing`)
  return { key, path }
}

/** `KEY=value` lines; a bare `KEY` takes its value from the environment. */
function parseEnvFile(p: Proc, text: string): [string, string][] {
  return text.split(/\r?\n/).flatMap((raw): [string, string][] => {
    const line = raw.replace(/^\s+/, '')
    if (line === '' || line.startsWith('#')) return []
    const [key = '', ...rest] = line.split('=')
    if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key))
      throw new CommandError(
        `"${key}" is not a valid key name: a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')`,
      )
    return [[key, rest.length > 0 ? rest.join('=') : (p.env[key] ?? '')]]
  })
}
