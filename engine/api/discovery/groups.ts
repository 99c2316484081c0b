/** What this server serves, in the three forms that clients ask for. Models apiserver endpoints/discovery and discovery/aggregated. */
import { sha256 } from '@noble/hashes/sha2.js'
import { hubOf } from '../../objects/kinds.ts'
import type { KindEntry, KindRegistry, Subresource } from '../../objects/kinds.ts'

const gv = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`)

/** A kind that lives in another group and version than its resource says so. */
const foreign = ({ group, version }: { group?: string; version?: string }): object => ({
  ...(group !== undefined && group !== '' && { group }),
  ...(version !== undefined && { version }),
})

function resourceRows(registry: KindRegistry, entry: KindEntry): object[] {
  const main = {
    name: entry.resource,
    singularName: entry.singular,
    namespaced: entry.namespaced,
    kind: entry.kind,
    verbs: entry.verbs,
    ...(entry.shortNames.length > 0 && { shortNames: entry.shortNames }),
    ...(entry.categories.length > 0 && { categories: entry.categories }),
    ...(isStored(entry) && { storageVersionHash: storageHash(hubOf(storedIn(registry, entry))) }),
  }
  return [
    main,
    ...entry.subresources.map((sub) => ({
      name: `${entry.resource}/${sub.name}`,
      singularName: '',
      namespaced: entry.namespaced,
      ...foreign(sub),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]
}

const hashes = new Map<string, string>()

/** The first eight bytes of the hash of the stored version. Models apiserver endpoints/discovery/storageversionhash.go. */
function storageHash(storage: KindEntry): string {
  const text = `${storage.group}/${storage.version}/${storage.kind}`
  let hash = hashes.get(text)
  if (hash === undefined) {
    hash = btoa(String.fromCharCode(...sha256(new TextEncoder().encode(text)).slice(0, 8)))
    hashes.set(text, hash)
  }
  return hash
}

/** Kinds that are never stored have no stored version. */
const isStored = ({ verbs, resource }: KindEntry): boolean => verbs.includes('list') && resource !== 'componentstatuses'

const storedIn = (registry: KindRegistry, entry: KindEntry): KindEntry =>
  registry.all().find((one) => one.group === entry.group && one.resource === entry.resource && one.storage) ?? entry

const inVersion = (registry: KindRegistry, group: string, version: string): KindEntry[] =>
  registry.all().filter((entry) => entry.group === group && entry.version === version)

/** /api/v1, /apis/apps/v1: APIResourceList; undefined when the version is not served. */
export function resourceList(registry: KindRegistry, group: string, version: string): object | undefined {
  const entries = inVersion(registry, group, version)
  if (entries.length === 0) return undefined
  const resources = entries
    .flatMap((entry) => resourceRows(registry, entry))
    .sort((a, b) => ((a as { name: string }).name < (b as { name: string }).name ? -1 : 1))
  return {
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: gv(group, version),
    resources,
  }
}

function groupOf({ name, versions, preferredVersion }: ReturnType<KindRegistry['groups']>[number]): object {
  const one = (version: string): object => ({ groupVersion: gv(name, version), version })
  return { name, versions: versions.map(one), preferredVersion: one(preferredVersion) }
}

export const groupList = (registry: KindRegistry): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: registry
    .groups()
    .filter(({ name }) => name !== '')
    .map(groupOf),
})

export function groupNamed(registry: KindRegistry, name: string): object | undefined {
  const group = registry.groups().find((one) => one.name === name && name !== '')
  return group && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) }
}

export const versionsOf = (host: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: `${host}:6443` }],
})

function aggregatedSub(entry: KindEntry, sub: Subresource): object {
  const { group = entry.group, version = entry.version } = sub
  return { subresource: sub.name, responseKind: { group, version, kind: sub.kind }, verbs: sub.verbs }
}

function aggregatedResource(entry: KindEntry): object {
  const { group, version, kind } = entry
  return {
    resource: entry.resource,
    responseKind: { group, version, kind },
    scope: entry.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: entry.singular,
    verbs: entry.verbs,
    ...(entry.shortNames.length > 0 && { shortNames: entry.shortNames }),
    ...(entry.categories.length > 0 && { categories: entry.categories }),
    ...(entry.subresources.length > 0 && { subresources: entry.subresources.map((sub) => aggregatedSub(entry, sub)) }),
  }
}

/** APIGroupDiscoveryList of the core group, or of all others. */
export function aggregated(registry: KindRegistry, core: boolean, version: string): object {
  const groups = registry.groups().filter(({ name }) => (name === '') === core)
  const items = groups.map(({ name, versions }) => ({
    metadata: { ...(name !== '' && { name }), creationTimestamp: null },
    versions: versions.map((one) => ({
      version: one,
      resources: inVersion(registry, name, one)
        .map(aggregatedResource)
        .sort((a, b) => ((a as { resource: string }).resource < (b as { resource: string }).resource ? -1 : 1)),
      freshness: 'Current',
    })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items }
}
