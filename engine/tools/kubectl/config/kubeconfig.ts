/** The kubeconfig file as data: read, merge, write. Models client-go/tools/clientcmd (K5). */
import type { Proc, Run } from '../../../host/process.ts'
import { makeYaml, parseYamlDocuments } from '../serialize.ts'
import { CommandError } from '../errors.ts'

export type Fields = Record<string, unknown>

/** Clusters, contexts and users by name; each with the file it came from. */
export interface Kubeconfig {
  clusters: Map<string, Fields>
  contexts: Map<string, Fields>
  users: Map<string, Fields>
  currentContext: string
  /** File of each stanza, by `clusters/name`. */
  origins: Map<string, string>
  /** Files that were looked for, in order. */
  paths: string[]
  /** Whether one of them was there. */
  found: boolean
}

export type Section = 'clusters' | 'contexts' | 'users'

/** The inner key of each section's list items. */
const INNER: Record<Section, string> = { clusters: 'cluster', contexts: 'context', users: 'user' }

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const empty = (paths: string[]): Kubeconfig => ({
  clusters: new Map(),
  contexts: new Map(),
  users: new Map(),
  currentContext: '',
  origins: new Map(),
  paths,
  found: false,
})

/** Where kubeconfig files are looked for: the flag alone, or $KUBECONFIG, or ~/.kube/config. */
export function kubeconfigPaths(p: Proc, flag: string): string[] {
  if (flag) return [flag]
  const listed = (p.env.KUBECONFIG ?? '').split(':').filter(Boolean)
  if (listed.length > 0) return listed.map((path) => absolute(p, path))
  return [`${homeOf(p)}/.kube/config`]
}

export const homeOf = (p: Proc): string => p.env.HOME ?? (p.user === 'root' ? '/root' : `/home/${p.user}`)

const absolute = (p: Proc, path: string): string =>
  path.startsWith('/') ? path : `${p.cwd.replace(/\/$/, '')}/${path}`

/** Loads and merges the files: the first to set a value wins. `explicit`: the file must be there. */
export function* loadKubeconfig(p: Proc, paths: string[], explicit: boolean): Run<Kubeconfig> {
  const config = empty(paths)
  for (const path of paths) {
    const file = yield* p.readFile(path)
    if ('text' in file) mergeFile(config, path, file.text)
    else if (explicit) throw new CommandError(`stat ${path}: no such file or directory`)
    else if (file.error === 'EACCES')
      throw new CommandError(`error loading config file "${path}": open ${path}: permission denied`)
  }
  return config
}

function mergeFile(config: Kubeconfig, path: string, text: string): void {
  config.found = true
  const root = parseFile(path, text)
  for (const section of ['clusters', 'contexts', 'users'] as const) {
    for (const [name, fields] of stanzas(root, section)) {
      if (config[section].has(name)) continue
      config[section].set(name, fields)
      config.origins.set(`${section}/${name}`, path)
    }
  }
  const current = root['current-context']
  if (config.currentContext === '' && typeof current === 'string') config.currentContext = current
}

/** One file's content; throws with clientcmd's text when it is no kubeconfig. */
function parseFile(path: string, text: string): Fields {
  let value: unknown
  try {
    value = parseYamlDocuments(text)[0]
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/^error converting YAML to JSON: /, '')
    throw new CommandError(`error loading config file "${path}": ${why}`)
  }
  if (value === undefined || value === null) return {}
  if (!isFields(value))
    throw new CommandError(
      `error loading config file "${path}": couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    )
  return value
}

function stanzas(root: Fields, section: Section): [string, Fields][] {
  const list = root[section]
  if (!Array.isArray(list)) return []
  return list.filter(isFields).map((item) => {
    const inner = item[INNER[section]]
    return [String(item.name ?? ''), isFields(inner) ? inner : {}]
  })
}

/** The merged config as the object that `config view` prints. */
export function asObject(config: Pick<Kubeconfig, Section | 'currentContext'>): Fields {
  return {
    apiVersion: 'v1',
    clusters: asList(config.clusters, 'cluster'),
    contexts: asList(config.contexts, 'context'),
    'current-context': config.currentContext,
    kind: 'Config',
    preferences: {},
    users: asList(config.users, 'user'),
  }
}

const byName = (a: [string, Fields], b: [string, Fields]): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)

const asList = (stanza: Map<string, Fields>, inner: string): Fields[] | null =>
  stanza.size === 0 ? null : [...stanza].sort(byName).map(([name, fields]) => ({ [inner]: fields, name }))

/** One file's stanzas, for editing. */
export function* readOne(p: Proc, path: string): Run<Kubeconfig> {
  return yield* loadKubeconfig(p, [path], false)
}

/** Writes one file, making its directory. */
export function* writeOne(p: Proc, path: string, config: Kubeconfig): Run<void> {
  if (path.includes('/')) yield* p.mkdir(path.replace(/\/[^/]*$/, '') || '/', { parents: true })
  const written = yield* p.writeFile(path, makeYaml(asObject(config)), { mode: 0o600 })
  if ('error' in written)
    throw new CommandError(`open ${path}: ${written.error === 'EACCES' ? 'permission denied' : written.error}`)
}
