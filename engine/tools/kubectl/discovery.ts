/** The server's resource types. Models client-go/discovery with its in-memory cache. */
import type { Proc, Run } from '../../host/process.ts'
import type { Client } from './client.ts'
import { ConnectionError, StatusError } from './errors.ts'
import { klogHeader } from './klog.ts'
import { minorOf, texts } from './texts.ts'

export { klogHeader } from './klog.ts'

/** One resource of one group and version. */
export interface ResourceType {
  group: string
  version: string
  /** Plural name, as in the path. */
  resource: string
  singular: string
  shortNames: string[]
  kind: string
  namespaced: boolean
  verbs: string[]
  categories: string[]
  /** Subresource names, such as `status`, `scale`. */
  subresources: string[]
}

export interface GroupVersions {
  group: string
  /** In the server's order: the first is preferred. */
  versions: string[]
}

export interface Discovered {
  groups: GroupVersions[]
  /** In order of groups, versions, and the server's list. */
  types: ResourceType[]
}

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

interface DiscoveryList {
  kind?: string
  items?: {
    metadata?: { name?: string }
    versions?: { version: string; resources?: DiscoveryResource[]; freshness?: string }[]
  }[]
}

interface DiscoveryResource {
  resource: string
  responseKind?: { kind?: string; group?: string; version?: string }
  scope?: string
  singularResource?: string
  verbs?: string[]
  shortNames?: string[]
  categories?: string[]
  subresources?: { subresource: string }[]
}

interface PlainResource {
  name: string
  singularName?: string
  namespaced?: boolean
  kind: string
  verbs?: string[]
  shortNames?: string[]
  categories?: string[]
}

interface GroupList {
  kind?: string
  versions?: string[]
  groups?: { name: string; versions: { version: string }[]; preferredVersion?: { version: string } }[]
}

/** Asks the server for all its types. */
export function* discover(client: Client): Run<Discovered> {
  const found: Discovered = { groups: [], types: [] }
  for (const path of ['/api', '/apis']) {
    const answer = yield* client.get<DiscoveryList & GroupList>(path, { timeout: '32s' }, AGGREGATED)
    if (answer.kind === 'APIGroupDiscoveryList') takeAggregated(found, answer)
    else yield* takePlain(client, found, path, answer)
  }
  return found
}

function takeAggregated(found: Discovered, list: DiscoveryList): void {
  for (const item of list.items ?? []) {
    const group = item.metadata?.name ?? ''
    // A version that its server does not answer for is left out, as client-go does.
    const versions = (item.versions ?? []).filter(({ freshness }) => freshness !== 'Stale')
    if (versions.length === 0) continue
    found.groups.push({ group, versions: versions.map((v) => v.version) })
    for (const version of versions) {
      for (const resource of version.resources ?? []) found.types.push(fromAggregated(group, version.version, resource))
    }
  }
}

const fromAggregated = (group: string, version: string, from: DiscoveryResource): ResourceType => ({
  group,
  version,
  resource: from.resource,
  singular: from.singularResource ?? '',
  shortNames: from.shortNames ?? [],
  kind: from.responseKind?.kind ?? '',
  namespaced: from.scope === 'Namespaced',
  verbs: from.verbs ?? [],
  categories: from.categories ?? [],
  subresources: (from.subresources ?? []).map((sub) => sub.subresource),
})

function* takePlain(client: Client, found: Discovered, path: string, list: GroupList): Run<void> {
  const groups: GroupVersions[] =
    path === '/api'
      ? [{ group: '', versions: list.versions ?? [] }]
      : (list.groups ?? []).map((g) => ({ group: g.name, versions: preferredFirst(g) }))
  for (const entry of groups) {
    found.groups.push(entry)
    for (const version of entry.versions) {
      const prefix = path === '/api' ? `/api/${version}` : `/apis/${entry.group}/${version}`
      const answer = yield* client.raw('GET', prefix, { query: { timeout: '32s' } })
      if (answer.code >= 400) continue
      found.types.push(...fromPlain(entry.group, version, answer.body as { resources?: PlainResource[] }))
    }
  }
}

function preferredFirst(group: { versions: { version: string }[]; preferredVersion?: { version: string } }): string[] {
  const versions = group.versions.map((v) => v.version)
  const preferred = group.preferredVersion?.version
  return preferred ? [preferred, ...versions.filter((v) => v !== preferred)] : versions
}

function fromPlain(group: string, version: string, list: { resources?: PlainResource[] }): ResourceType[] {
  const all = list.resources ?? []
  return all
    .filter((from) => !from.name.includes('/'))
    .map((from) => ({
      group,
      version,
      resource: from.name,
      singular: from.singularName ?? '',
      shortNames: from.shortNames ?? [],
      kind: from.kind,
      namespaced: from.namespaced ?? false,
      verbs: from.verbs ?? [],
      categories: from.categories ?? [],
      subresources: all
        .filter((r) => r.name.startsWith(`${from.name}/`))
        .map((r) => r.name.slice(from.name.length + 1)),
    }))
}

/** Discovery as a fresh memory cache does it: each of `tries` failed attempts leaves a log line on stderr. */
export function* discoverLogging(p: Proc, client: Client, tries: number): Run<Discovered> {
  for (let left = tries; ; left--) {
    try {
      return yield* discover(client)
    } catch (error) {
      // A server that knows who asks has been asked before: of it, a real kubectl has the groups in its cache.
      if (error instanceof StatusError && error.reason !== 'BadRequest') throw error
      yield* logFailure(p, error)
      if (left <= 1) throw error
    }
  }
}

function* logFailure(p: Proc, error: unknown): Run<void> {
  const why =
    error instanceof ConnectionError
      ? error.goText
      : error instanceof StatusError
        ? error.status.message
        : String(error)
  const text = `couldn't get current server API group list: ${why}`
  const quoted = texts.unhandledError(minorOf(p.release)) ? `"Unhandled Error" err=${JSON.stringify(text)}` : text
  yield* p.err(`${yield* klogHeader(p, 'E', 'memcache.go:265')} ${quoted}\n`)
}
