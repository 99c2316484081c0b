/**
 * What other servers serve, as this one's discovery tells it. Models kube-aggregator pkg/apiserver/{handler_apis,
 * handler_discovery}.go. Not modelled: their OpenAPI documents.
 */
import type { APIService } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import { priorityOf } from './local.ts'
import { isAvailable, remoteServices } from './remote.ts'

interface Resource {
  name: string
  singularName?: string
  namespaced: boolean
  kind: string
  verbs: string[]
  shortNames?: string[]
  categories?: string[]
}

/** The versions of each remote group, the preferred one first. */
function remoteGroups(core: Core): Map<string, APIService[]> {
  const groups = new Map<string, APIService[]>()
  for (const service of remoteServices(core)) {
    const group = service.spec?.group ?? ''
    groups.set(group, [...(groups.get(group) ?? []), service])
  }
  for (const list of groups.values())
    list.sort((a, b) => (b.spec?.versionPriority ?? 0) - (a.spec?.versionPriority ?? 0))
  return groups
}

const groupPriority = (services: readonly APIService[]): number =>
  Math.max(...services.map(({ spec }) => spec?.groupPriorityMinimum ?? 0))

const gv = ({ spec }: APIService): { groupVersion: string; version: string } => ({
  groupVersion: `${spec?.group}/${spec?.version}`,
  version: spec?.version ?? '',
})

const groupItem = (name: string, services: readonly APIService[]): object => ({
  name,
  versions: services.map(gv),
  preferredVersion: gv(services[0] as APIService),
})

/** Puts remote groups among the own ones, by priority. */
function placed<T>(own: readonly T[], nameOf: (one: T) => string, remote: { priority: number; item: T }[]): T[] {
  const out = [...own]
  for (const { priority, item } of remote) {
    const at = out.findIndex((one) => {
      const other = priorityOf(nameOf(one))
      return other < priority || (other === priority && nameOf(item) < nameOf(one))
    })
    out.splice(at < 0 ? out.length : at, 0, item)
  }
  return out
}

/** Group names that only others serve, with their services. */
const foreign = (core: Core): [string, APIService[]][] => {
  const own = new Set(core.registry.groups().map(({ name }) => name))
  return [...remoteGroups(core)].filter(([name]) => !own.has(name))
}

/** An APIGroupList with the groups of others. A group that nobody answers for is told all the same. */
export function withRemoteGroups(core: Core, list: object): object {
  const remote = foreign(core).map(([name, services]) => ({
    priority: groupPriority(services),
    item: groupItem(name, services),
  }))
  if (remote.length === 0) return list
  const { groups, ...rest } = list as { groups: object[] }
  return { ...rest, groups: placed(groups, (one) => (one as { name: string }).name, remote) }
}

/** The APIGroup of a group that only others serve; undefined when nobody does. */
export function remoteGroup(core: Core, name: string): object | undefined {
  const services = remoteGroups(core).get(name)
  return services && { kind: 'APIGroup', apiVersion: 'v1', ...groupItem(name, services) }
}

function aggregatedResource(
  service: APIService,
  { name, singularName = '', namespaced, kind, verbs, shortNames, categories }: Resource,
): object {
  const { group, version } = service.spec ?? {}
  return {
    resource: name,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singularName,
    verbs,
    ...(shortNames && shortNames.length > 0 && { shortNames }),
    ...(categories && categories.length > 0 && { categories }),
  }
}

function versionItem(service: APIService, document: unknown): object {
  const version = service.spec?.version ?? ''
  const resources = (document as { resources?: Resource[] } | undefined)?.resources
  if (resources === undefined || !isAvailable(service)) return { version, freshness: 'Stale' }
  return { version, resources: resources.map((one) => aggregatedResource(service, one)), freshness: 'Current' }
}

/** An APIGroupDiscoveryList with the groups of others. */
export function withRemoteDiscovery(core: Core, list: object, documentOf: (name: string) => unknown): object {
  const remote = foreign(core).map(([name, services]) => ({
    priority: groupPriority(services),
    item: {
      metadata: { name, creationTimestamp: null },
      versions: services.map((service) => versionItem(service, documentOf(service.metadata.name))),
    } as object,
  }))
  if (remote.length === 0) return list
  const { items, ...rest } = list as { items: object[] }
  const nameOf = (one: object): string => (one as { metadata: { name?: string } }).metadata.name ?? ''
  return { ...rest, items: placed(items, nameOf, remote) }
}

/** What the discovery of others depends on, for its ETag. */
export const remoteMark = (core: Core): string =>
  remoteServices(core)
    .map((service) => `${service.metadata.name}@${isAvailable(service)}`)
    .join(' ')
