import lifecycleJson from './schema/lifecycle.json' with { type: 'json' }
import resourcesJson from './schema/resources.json' with { type: 'json' }
import { typeNameOf } from './schema.ts'

export interface Subresource {
  name: string
  kind: string
  verbs: string[]
  /** Where the subresource's kind lives, when it is not the resource's own group and version. */
  group?: string
  version?: string
}

/** One resource in one version: everything the API server and kubectl need to know about a kind. */
export interface KindEntry {
  group: string
  version: string
  kind: string
  resource: string
  singular: string
  shortNames: string[]
  categories: string[]
  namespaced: boolean
  verbs: string[]
  subresources: Subresource[]
  /** The schema type name (`core.v1.Pod`); empty for custom resources. */
  schema: string
  /** Whether objects are stored in this version. */
  storage: boolean
}

export interface GroupVersions {
  name: string
  versions: string[]
  preferredVersion: string
}

interface RawResource {
  group: string
  version: string
  resource: string
  kind: string
  scope: string
  singular: string
  verbs: string[]
  short?: string[]
  categories?: string[]
  subresources?: { name: string; kind: string; verbs: string[] }[]
}

interface RawLifecycle {
  group: string
  version: string
  kind: string
  introduced: string
  deprecated: string | null
  removed: string | null
  replacement: string | null
}

const rawResources = resourcesJson as unknown as RawResource[]
const rawLifecycle = lifecycleJson as unknown as RawLifecycle[]

const groupOrder = [...new Set(rawResources.map((row) => row.group))]

export const DEFAULT_RELEASE = '1.35'

/** `1.36`, `v1.36.3` → 36. Throws on anything else. */
export function minorOf(release: string): number {
  const match = /^v?1\.(\d+)(\.|$)/.exec(release)
  if (match === null) throw new Error(`kinds: not a release: ${release}`)
  return Number(match[1])
}

const lifecycleKey = (group: string, version: string, kind: string) => `${group}/${version}/${kind}`
const lifecycleByKind = new Map(rawLifecycle.map((row) => [lifecycleKey(row.group, row.version, row.kind), row]))

/** When a kind's version came and goes (J), or undefined when upstream marks nothing for it. */
export function lifecycleOf(group: string, version: string, kind: string): RawLifecycle | undefined {
  return lifecycleByKind.get(lifecycleKey(group, version, kind))
}

/**
 * Older versions that share the shape of the version in the schema file (group, old version, kind, the version
 * whose schema they use). A version that differs in shape is not served: see README, "Leaves out".
 */
const sameShape: [string, string, string, string][] = [
  ['policy', 'v1beta1', 'PodDisruptionBudget', 'v1'],
  ['batch', 'v1beta1', 'CronJob', 'v1'],
  ['autoscaling', 'v2beta2', 'HorizontalPodAutoscaler', 'v2'],
  ['coordination.k8s.io', 'v1beta1', 'Lease', 'v1'],
  ['scheduling.k8s.io', 'v1beta1', 'PriorityClass', 'v1'],
  ['rbac.authorization.k8s.io', 'v1beta1', 'Role', 'v1'],
  ['rbac.authorization.k8s.io', 'v1beta1', 'RoleBinding', 'v1'],
  ['rbac.authorization.k8s.io', 'v1beta1', 'ClusterRole', 'v1'],
  ['rbac.authorization.k8s.io', 'v1beta1', 'ClusterRoleBinding', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'StorageClass', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'CSIDriver', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'CSINode', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'VolumeAttachment', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'CSIStorageCapacity', 'v1'],
  ['node.k8s.io', 'v1beta1', 'RuntimeClass', 'v1'],
  ['networking.k8s.io', 'v1beta1', 'IngressClass', 'v1'],
  // Its topology map is not modelled: node names and zones stand in v1's own fields.
  ['discovery.k8s.io', 'v1beta1', 'EndpointSlice', 'v1'],
]

function oldVersions(): RawResource[] {
  return sameShape.map(([group, version, kind, like]) => {
    const found = rawResources.find((row) => row.group === group && row.kind === kind && row.version === like)
    if (found === undefined) throw new Error(`kinds: no ${group}/${like} ${kind}`)
    return { ...found, version }
  })
}

/** Subresources whose kind lives elsewhere, and the minor release a subresource is served from. */
const foreignKinds: Record<string, { group: string; version: string }> = {
  Scale: { group: 'autoscaling', version: 'v1' },
  Eviction: { group: 'policy', version: 'v1' },
  TokenRequest: { group: 'authentication.k8s.io', version: 'v1' },
}
const subresourceSince: Record<string, number> = { 'pods/resize': 33, 'pods/ephemeralcontainers': 23 }

function subresourcesOf(raw: RawResource, minor: number): Subresource[] {
  return (raw.subresources ?? [])
    .filter((sub) => (subresourceSince[`${raw.resource}/${sub.name}`] ?? 0) <= minor)
    .map((sub) => ({ ...sub, ...foreignKind(sub.kind, minor) }))
}

function foreignKind(kind: string, minor: number): { group?: string; version?: string } {
  if (kind === 'Eviction' && minor < 22) return { group: 'policy', version: 'v1beta1' }
  return foreignKinds[kind] ?? {}
}

/** Whether a release serves a version by default (J): alpha never, beta introduced in 1.24 or later neither. */
export function servedByDefault(group: string, version: string, kind: string, minor: number): boolean {
  const row = lifecycleOf(group, version, kind)
  if (version.includes('alpha')) return false
  if (row === undefined) return !version.includes('beta')
  if (version.includes('beta') && minorOf(row.introduced) >= 24) return false
  return minorOf(row.introduced) <= minor && (row.removed === null || minor < minorOf(row.removed))
}

function schemaName(raw: RawResource): string {
  const like = sameShape.find(
    ([group, version, kind]) => raw.group === group && raw.version === version && raw.kind === kind,
  )
  return typeNameOf(raw.group, like?.[3] ?? raw.version, raw.kind) ?? ''
}

function makeEntry(raw: RawResource, minor: number): KindEntry {
  return {
    group: raw.group,
    version: raw.version,
    kind: raw.kind,
    resource: raw.resource,
    singular: raw.singular,
    shortNames: raw.short ?? [],
    categories: raw.categories ?? [],
    namespaced: raw.scope === 'Namespaced',
    verbs: raw.verbs,
    subresources: subresourcesOf(raw, minor),
    schema: schemaName(raw),
    storage: false,
  }
}

const entryKey = (group: string, version: string, name: string) => `${group}\0${version}\0${name}`

/** The kinds one release of Kubernetes serves, plus those added at run time. */
export class KindRegistry {
  readonly release: string
  private readonly entries: KindEntry[] = []
  /** By resource, then the few groups and versions that have it: looked up at each request. */
  private readonly resources = new Map<string, KindEntry[]>()
  private readonly kinds = new Map<string, KindEntry>()

  /** `release`: `1.35`. Throws outside 1.12 to 1.36. */
  constructor(release: string = DEFAULT_RELEASE) {
    const minor = minorOf(release)
    if (minor < 12 || minor > 36) throw new Error(`not simulated: Kubernetes ${release} (1.12 to 1.36 are)`)
    this.release = `1.${minor}`
    const served = [...rawResources, ...oldVersions()]
      .filter((raw) => servedByDefault(raw.group, raw.version, raw.kind, minor))
      .sort((a, b) => groupOrder.indexOf(a.group) - groupOrder.indexOf(b.group))
    for (const raw of served) {
      this.add({ ...makeEntry(raw, minor), storage: this.preferred(raw.group, raw.resource) === undefined })
    }
  }

  /** Every entry, in upstream's order of groups, preferred versions first. */
  all(): KindEntry[] {
    return this.entries
  }

  byResource(group: string, version: string, resource: string): KindEntry | undefined {
    return this.resources.get(resource)?.find((entry) => entry.group === group && entry.version === version)
  }

  byKind(group: string, version: string, kind: string): KindEntry | undefined {
    return this.kinds.get(entryKey(group, version, kind))
  }

  /** The entry of the preferred version of a resource. */
  preferred(group: string, resource: string): KindEntry | undefined {
    return this.entries.find((entry) => entry.group === group && entry.resource === resource)
  }

  groups(): GroupVersions[] {
    const groups = new Map<string, string[]>()
    for (const { group, version } of this.entries) {
      const versions = groups.get(group) ?? []
      if (!versions.includes(version)) versions.push(version)
      groups.set(group, versions)
    }
    return [...groups].map(([name, versions]) => ({ name, versions, preferredVersion: versions[0]! }))
  }

  /** Adds an entry, or replaces the one of the same group, version and resource. */
  add(entry: KindEntry): void {
    const known = this.byResource(entry.group, entry.version, entry.resource)
    if (known !== undefined) this.remove(known)
    this.entries.push(entry)
    this.resources.set(entry.resource, [...(this.resources.get(entry.resource) ?? []), entry])
    this.kinds.set(entryKey(entry.group, entry.version, entry.kind), entry)
  }

  /** Takes an entry out: a CustomResourceDefinition was deleted or no longer serves the version. */
  remove(entry: KindEntry): void {
    const at = this.entries.indexOf(entry)
    if (at < 0) return
    this.entries.splice(at, 1)
    this.resources.set(
      entry.resource,
      (this.resources.get(entry.resource) ?? []).filter((one) => one !== entry),
    )
    this.kinds.delete(entryKey(entry.group, entry.version, entry.kind))
  }
}

/** `v1`, `apps/v1`: the apiVersion of an entry's objects. */
export const apiVersionOf = (entry: { group: string; version: string }): string =>
  entry.group === '' ? entry.version : `${entry.group}/${entry.version}`

/** `pods`, `deployments.apps`: a resource as error texts name it. */
export const groupResource = (entry: { group: string; resource: string }): string =>
  entry.group === '' ? entry.resource : `${entry.resource}.${entry.group}`

/** Kinds that upstream calls deprecated without a date of removal. */
const deprecatedForGood: Record<string, { since: number; replacement?: string }> = {
  'v1 Endpoints': { since: 33, replacement: 'discovery.k8s.io/v1 EndpointSlice' },
  'v1 ComponentStatus': { since: 19 },
}

/**
 * The text of the Warning header for a kind in a release, or undefined:
 * `policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget`.
 */
export function deprecationWarning(entry: KindEntry, release: string): string | undefined {
  const what = `${apiVersionOf(entry)} ${entry.kind}`
  const forGood = deprecatedForGood[what]
  const minor = minorOf(release)
  if (forGood !== undefined) {
    const instead = forGood.replacement === undefined ? '' : `; use ${forGood.replacement}`
    return minor < forGood.since ? undefined : `${what} is deprecated in v1.${forGood.since}+${instead}`
  }
  const row = lifecycleOf(entry.group, entry.version, entry.kind)
  if (row === undefined || row.deprecated === null || minorOf(row.deprecated) > minor) return undefined
  const removed = row.removed === null ? '' : `, unavailable in v${row.removed}+`
  const instead = row.replacement === null ? '' : `; use ${row.replacement}`
  return `${what} is deprecated in v${row.deprecated}+${removed}${instead}`
}
