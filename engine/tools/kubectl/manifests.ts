/** Manifests from `-f`: files, directories, stdin. Models cli-runtime/pkg/resource's file visitors (K5). */
import type { Proc, Run } from '../../host/process.ts'
import { build, makeDocuments } from '../kustomize/build.ts'
import { KustomizeError } from '../kustomize/errors.ts'
import { parseYamlDocuments, YamlError } from './serialize.ts'
import type { ApiObject } from './client.ts'
import { CommandError, ConnectionError, throwAll } from './errors.ts'

/** One document, and where it stood: a path as given, or `STDIN`. */
export interface Manifest {
  source: string
  object: ApiObject
}

export interface ManifestOptions {
  filenames: string[]
  recursive: boolean
  kustomize: string
  /** Say `error validating …` for what has no kind, as the verbs do that send it. */
  validate: boolean
}

export interface Manifests {
  items: Manifest[]
  /** Documents that could not be read; the others still are used. */
  errors: CommandError[]
}

const EXTENSIONS = ['.json', '.yaml', '.yml']

/** Reads all documents, lists taken apart, in order. Throws for a path that is not there. */
export function* readManifests(p: Proc, options: ManifestOptions): Run<Manifests> {
  if (options.kustomize && options.filenames.length > 0) throw new CommandError('only one of -f or -k can be specified')
  const result: Manifests = { items: [], errors: [] }
  if (options.kustomize) yield* takeBuilt(p, result, options)
  for (const path of yield* allFiles(p, options))
    takeText(result, path === '-' ? 'STDIN' : path, yield* readText(p, path), options.validate)
  return result
}

/** Every path is looked at before one is read; all that are missing are told. */
function* allFiles(p: Proc, { filenames, recursive }: ManifestOptions): Run<string[]> {
  const files: string[] = []
  const errors: CommandError[] = []
  for (const name of filenames) {
    try {
      files.push(...(yield* filesOf(p, name, recursive)))
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      errors.push(error)
    }
  }
  throwAll(errors)
  return files
}

/** Names of the standard input. */
const STDIN = ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']

/** What `<(…)` of a shell becomes. */
const OPEN_FILE = /^\/dev\/fd\/\d+$/

const isUrl = (name: string): boolean => /^https?:\/\//.test(name)

/** How often a URL is asked for, and the pause between. */
const HTTP_ATTEMPTS = 3
const HTTP_PAUSE_MS = 1000

/** The text at a URL; failures and answers of 500 and more are asked for again. */
function* fetched(p: Proc, url: string): Run<string> {
  const [bare = '', search = ''] = url.split('?')
  const query = Object.fromEntries(
    search
      .split('&')
      .filter(Boolean)
      .map((pair) => pair.split('=').map(decodeURIComponent) as [string, string]),
  )
  let failed: CommandError | undefined
  for (let attempt = 0; attempt < HTTP_ATTEMPTS; attempt++) {
    if (attempt > 0) yield* p.sleep(HTTP_PAUSE_MS)
    const answer = yield* p.http({ url: bare, request: { method: 'GET', query, headers: {} } })
    if ('failure' in answer) failed = new ConnectionError(answer.failure, 'GET', url, answer.message)
    else if (answer.code === 200) return typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
    else {
      failed = new CommandError(
        `unable to read URL ${JSON.stringify(url)}, server reported ${answer.code} ${REASON_PHRASES[answer.code] ?? ''}, status code=${answer.code}`,
      )
      if (answer.code < 500) break
    }
  }
  throw failed!
}

const REASON_PHRASES: Record<number, string> = {
  301: 'Moved Permanently',
  302: 'Found',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

/** `-k`: the text that `kubectl kustomize` would print. */
function* takeBuilt(p: Proc, result: Manifests, { kustomize, validate }: ManifestOptions): Run<void> {
  try {
    takeText(result, kustomize, makeDocuments(yield* build(p, kustomize)), validate)
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error
    result.errors.push(new CommandError(error.message))
  }
}

function* readText(p: Proc, path: string): Run<string> {
  if (isUrl(path)) return yield* fetched(p, path)
  if (STDIN.includes(path)) return yield* p.readAll()
  const file = yield* p.readFile(path)
  if ('text' in file) return file.text
  throw new CommandError(
    file.error === 'EACCES' ? `open ${path}: permission denied` : `the path "${path}" does not exist`,
  )
}

function* filesOf(p: Proc, name: string, recursive: boolean): Run<string[]> {
  if (isUrl(name)) return [name]
  if (STDIN.includes(name) || OPEN_FILE.test(name)) return [name]
  const stat = yield* p.stat(name)
  if ('error' in stat) {
    const matches = /[*?[]/.test(name) ? yield* globbed(p, name) : []
    if (matches.length > 0) return matches
    throw new CommandError(
      stat.error === 'EACCES' ? `open ${name}: permission denied` : `the path "${name}" does not exist`,
    )
  }
  if (stat.kind !== 'directory') return [name]
  const found = yield* walk(p, name, recursive)
  if (found.length === 0)
    throw new CommandError(`error reading [${name}]: recognized file extensions are [${EXTENSIONS.join(' ')}]`)
  return found
}

/** Files of a pattern whose last part has wildcards. */
function* globbed(p: Proc, pattern: string): Run<string[]> {
  const slash = pattern.lastIndexOf('/')
  const listed = yield* p.list(slash < 0 ? '.' : pattern.slice(0, slash) || '/')
  if ('error' in listed) return []
  const source = pattern
    .slice(slash + 1)
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const wanted = new RegExp(`^${source}$`)
  return listed.names
    .filter((name) => wanted.test(name))
    .sort()
    .map((name) => pattern.slice(0, slash + 1) + name)
}

function* walk(p: Proc, directory: string, recursive: boolean): Run<string[]> {
  const listed = yield* p.list(directory)
  if ('error' in listed) throw new CommandError(`the path "${directory}" cannot be accessed: ${listed.error}`)
  const found: string[] = []
  for (const name of [...listed.names].sort()) {
    const path = `${directory.replace(/\/$/, '')}/${name}`
    const stat = yield* p.stat(path)
    if ('error' in stat) continue
    if (stat.kind === 'directory') {
      if (recursive) found.push(...(yield* walk(p, path, true)))
    } else if (EXTENSIONS.some((extension) => name.endsWith(extension))) found.push(path)
  }
  return found
}

function takeText(result: Manifests, source: string, text: string, validate: boolean): void {
  for (const document of documentsOf(result, source, text)) {
    if (document === null || document === undefined) continue
    const problem = validate ? validationProblem(source, document) : decodeProblem(source, document)
    if (problem) result.errors.push(new CommandError(problem))
    else result.items.push(...unlisted(source, document as ApiObject))
  }
}

/** The documents up to the first that is broken, which is an error. */
function documentsOf(result: Manifests, source: string, text: string): unknown[] {
  try {
    return parseYamlDocuments(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    result.errors.push(new CommandError(`error parsing ${source}: ${jsonProblem(text) ?? parseProblem(error.message)}`))
    return error.before
  }
}

const parseProblem = (why: string): string =>
  why.startsWith('error converting') || why.startsWith('json') ? why : `error converting YAML to JSON: ${why}`

/** What begins with a brace is taken for JSON; braces that a template left behind are not even that. */
function jsonProblem(text: string): string | undefined {
  const [opening, char] = /^\s*\{\s*([^"}\s])/.exec(text) ?? []
  if (opening === undefined) return undefined
  return `json: offset ${opening.length}: invalid character '${char}' looking for beginning of object key string`
}

function unlisted(source: string, object: ApiObject): Manifest[] {
  if (!/List$/.test(object.kind ?? '') || !Array.isArray(object.items)) return [{ source, object }]
  return (object.items as ApiObject[]).flatMap((item) => unlisted(source, item))
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const OFF = 'if you choose to ignore these errors, turn validation off with --validate=false'

/** Labels and annotations are strings: `note: n` of YAML 1.1 is a boolean. */
function metadataProblem(source: string, document: Record<string, unknown>): string | undefined {
  const { metadata } = document
  for (const field of ['labels', 'annotations']) {
    const values = isFields(metadata) ? metadata[field] : undefined
    const bad = isFields(values)
      ? Object.values(values).find((value) => value !== null && typeof value !== 'string')
      : undefined
    if (bad === undefined) continue
    const kind =
      typeof bad === 'boolean' ? 'bool' : typeof bad === 'number' ? 'number' : Array.isArray(bad) ? 'array' : 'object'
    return `unable to decode "${source}": json: cannot unmarshal ${kind} into Go struct field ObjectMeta.metadata.${field} of type string`
  }
  return ownerProblem(source, document)
}

const OWNER_TEXTS = ['apiVersion', 'kind', 'name', 'uid']

function ownerProblem(source: string, { metadata }: Record<string, unknown>): string | undefined {
  const owners =
    isFields(metadata) && Array.isArray(metadata.ownerReferences) ? (metadata.ownerReferences as unknown[]) : []
  for (const owner of owners.filter(isFields)) {
    const field = OWNER_TEXTS.find((name) => typeof owner[name] === 'boolean' || typeof owner[name] === 'number')
    if (field === undefined) continue
    const kind = typeof owner[field] === 'boolean' ? 'bool' : 'number'
    return `unable to decode "${source}": json: cannot unmarshal ${kind} into Go struct field OwnerReference.metadata.ownerReferences.${field} of type string`
  }
  return undefined
}

function validationProblem(source: string, document: unknown): string | undefined {
  const missing = isFields(document)
    ? [document.apiVersion ? '' : 'apiVersion not set', document.kind ? '' : 'kind not set'].filter(Boolean)
    : ['invalid object to validate']
  if (missing.length === 0) return metadataProblem(source, document as Record<string, unknown>)
  const text = missing.length === 1 ? missing[0] : `[${missing.join(', ')}]`
  return `error validating "${source}": error validating data: ${text}; ${OFF}`
}

function decodeProblem(source: string, document: unknown): string | undefined {
  const json = JSON.stringify(document)
  if (!isFields(document))
    return `unable to decode "${source}": json: cannot unmarshal ${typeof document} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`
  if (!document.kind) return `unable to decode "${source}": Object 'Kind' is missing in '${json}'`
  if (!document.apiVersion) return `unable to decode "${source}": Object 'apiVersion' is missing in '${json}'`
  return metadataProblem(source, document)
}
