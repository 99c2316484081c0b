import lifecycleJson from './schema/lifecycle.json' with { type: 'json' }
import resourcesJson from './schema/resources.json' with { type: 'json' }
import { typeNameOf } from './schema.ts'
import type { CustomVersion } from './structural/custom-version.ts'

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
  /** The schema type of the version on the wire (`networking.v1beta1.Ingress`), where `schema` is a newer one's. */
  wire?: string
  /** Of an old version: the group and version in which its objects are stored, whether the release serves that or not. */
  hub?: { group: string; version: string }
  /** Whether objects are stored in this version. */
  storage: boolean
  /** Of a custom resource: what its definition asks for. */
  custom?: CustomVersion
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

/** Upstream's priorities of groups; extensions comes right behind the core group. */
const groupOrder = ['', 'extensions', ...new Set(rawResources.map((row) => row.group))]

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

/** Every kind's version that upstream marks, in its order. */
export function lifecycleRows(): readonly Readonly<RawLifecycle>[] {
  return rawLifecycle
}

/**
 * Versions that were served once (group, version, kind), with the version that is stored in their place and, where that
 * is another one, its group. Those of another shape have a line in `conversion/index.ts`.
 */
const oldKinds: [group: string, version: string, kind: string, hub: string, hubGroup?: string][] = [
  ['admissionregistration.k8s.io', 'v1beta1', 'MutatingWebhookConfiguration', 'v1'],
  ['admissionregistration.k8s.io', 'v1beta1', 'ValidatingWebhookConfiguration', 'v1'],
  ['apiextensions.k8s.io', 'v1beta1', 'CustomResourceDefinition', 'v1'],
  ['apiregistration.k8s.io', 'v1beta1', 'APIService', 'v1'],
  ['authentication.k8s.io', 'v1beta1', 'TokenReview', 'v1'],
  ['authorization.k8s.io', 'v1beta1', 'LocalSubjectAccessReview', 'v1'],
  ['authorization.k8s.io', 'v1beta1', 'SelfSubjectAccessReview', 'v1'],
  ['authorization.k8s.io', 'v1beta1', 'SelfSubjectRulesReview', 'v1'],
  ['authorization.k8s.io', 'v1beta1', 'SubjectAccessReview', 'v1'],
  ['autoscaling', 'v2beta2', 'HorizontalPodAutoscaler', 'v2'],
  ['autoscaling', 'v2beta1', 'HorizontalPodAutoscaler', 'v2'],
  ['batch', 'v1beta1', 'CronJob', 'v1'],
  ['certificates.k8s.io', 'v1beta1', 'CertificateSigningRequest', 'v1'],
  ['coordination.k8s.io', 'v1beta1', 'Lease', 'v1'],
  ['discovery.k8s.io', 'v1beta1', 'EndpointSlice', 'v1'],
  ['events.k8s.io', 'v1beta1', 'Event', 'v1', ''],
  ['extensions', 'v1beta1', 'Ingress', 'v1', 'networking.k8s.io'],
  ['flowcontrol.apiserver.k8s.io', 'v1beta3', 'FlowSchema', 'v1'],
  ['flowcontrol.apiserver.k8s.io', 'v1beta3', 'PriorityLevelConfiguration', 'v1'],
  ['flowcontrol.apiserver.k8s.io', 'v1beta2', 'FlowSchema', 'v1'],
  ['flowcontrol.apiserver.k8s.io', 'v1beta2', 'PriorityLevelConfiguration', 'v1'],
  ['flowcontrol.apiserver.k8s.io', 'v1beta1', 'FlowSchema', 'v1'],
  ['flowcontrol.apiserver.k8s.io', 'v1beta1', 'PriorityLevelConfiguration', 'v1'],
  ['networking.k8s.io', 'v1beta1', 'Ingress', 'v1'],
  ['networking.k8s.io', 'v1beta1', 'IngressClass', 'v1'],
  ['node.k8s.io', 'v1beta1', 'RuntimeClass', 'v1'],
  ['policy', 'v1beta1', 'PodDisruptionBudget', 'v1'],
  ['rbac.authorization.k8s.io', 'v1beta1', 'Role', 'v1'],
  ['rbac.authorization.k8s.io', 'v1beta1', 'RoleBinding', 'v1'],
  ['rbac.authorization.k8s.io', 'v1beta1', 'ClusterRole', 'v1'],
  ['rbac.authorization.k8s.io', 'v1beta1', 'ClusterRoleBinding', 'v1'],
  ['scheduling.k8s.io', 'v1beta1', 'PriorityClass', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'StorageClass', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'CSIDriver', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'CSINode', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'VolumeAttachment', 'v1'],
  ['storage.k8s.io', 'v1beta1', 'CSIStorageCapacity', 'v1'],
]

/** A kind that has gone without a replacement: stored, not enforced. */
const gonePolicies: RawResource = {
  group: 'policy',
  version: 'v1beta1',
  resource: 'podsecuritypolicies',
  kind: 'PodSecurityPolicy',
  scope: 'Cluster',
  singular: 'podsecuritypolicy',
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  short: ['psp'],
}

const rawKind = (group: string, version: string, kind: string): RawResource | undefined =>
  rawResources.find((row) => row.group === group && row.kind === kind && row.version === version)

function oldVersions(): RawResource[] {
  const versions = oldKinds.map(([group, version, kind, hub, hubGroup = group]) => {
    const found = rawKind(hubGroup, hub, kind)
    if (found === undefined) throw new Error(`kinds: no ${hubGroup}/${hub} ${kind}`)
    return { ...found, group, version }
  })
  return [...versions, gonePolicies]
}

const oldKindOf = ({ group, version, kind }: RawResource): (typeof oldKinds)[number] | undefined =>
  oldKinds.find(([g, v, k]) => g === group && v === version && k === kind)

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
  if (version.includes('beta') && minorOf(row.introduced) >= 24 && !group.startsWith('flowcontrol.')) return false
  return minorOf(row.introduced) <= minor && (row.removed === null || minor < minorOf(row.removed))
}

/** Which schema types an entry has: the stored version's, and its own where that is an old one. */
function typesOf(raw: RawResource): Pick<KindEntry, 'schema' | 'wire' | 'hub'> {
  const own = typeNameOf(raw.group, raw.version, raw.kind) ?? ''
  const old = oldKindOf(raw)
  if (old === undefined) return { schema: own }
  const [group, , , version, hubGroup = group] = old
  const hub = { group: hubGroup, version }
  return { schema: typeNameOf(hubGroup, version, raw.kind) ?? '', ...(own !== '' && { wire: own }), hub }
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
    ...typesOf(raw),
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

/** The entry of the version in which an old version's objects are stored; the entry itself where that is its own. */
export function hubOf(entry: KindEntry): KindEntry {
  if (entry.hub === undefined) return entry
  const { wire: _wire, hub, ...rest } = entry
  return { ...rest, ...hub }
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

/** `deployments` → `Deployment`, for texts that name a type; a plural that nothing has stays as it is. */
export function kindNameOf(plural: string): string {
  return rawResources.find((row) => row.resource === plural)?.kind ?? plural
}
