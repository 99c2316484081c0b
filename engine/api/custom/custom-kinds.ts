/** Kinds that CustomResourceDefinitions add at run time. Models apiextensions-apiserver pkg/apiserver/{customresource_discovery_controller,customresource_handler}.go. */
import type { KindEntry } from '../../objects/kinds.ts'
import { conditionOf } from '../../objects/meta.ts'
import { comesBefore, compileVersions } from '../../objects/structural/index.ts'
import type { CustomVersion } from '../../objects/structural/index.ts'
import type { CustomResourceDefinition } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import { directoryOf } from '../storage/keys.ts'

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
/** What discovery tells of a kind that is going away. */
const TERMINATING_VERBS = ['delete', 'deletecollection', 'get', 'list', 'watch']

export const DEFINITIONS = directoryOf('apiextensions.k8s.io', 'customresourcedefinitions')

export const isTrue = ({ status }: CustomResourceDefinition, type: string): boolean =>
  conditionOf(status?.conditions, type)?.status === 'True'

const compiled = new WeakMap<object, Map<number, ReadonlyMap<string, CustomVersion>>>()

/** The versions of a definition, made once for each state of its spec. */
export function versionsOf(definition: CustomResourceDefinition, minor: number): ReadonlyMap<string, CustomVersion> {
  const known = compiled.get(definition.spec) ?? new Map<number, ReadonlyMap<string, CustomVersion>>()
  compiled.set(definition.spec, known)
  let versions = known.get(minor)
  if (versions === undefined) known.set(minor, (versions = compileVersions(definition, minor)))
  return versions
}

function entriesOf(definition: CustomResourceDefinition, minor: number): KindEntry[] {
  const { spec, status } = definition
  const { group, scope, versions } = spec
  const names = status?.acceptedNames ?? spec.names
  const custom = versionsOf(definition, minor)
  return versions
    .filter(({ served }) => served)
    .map((version): KindEntry => ({
      group,
      version: version.name,
      kind: names.kind,
      resource: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      namespaced: scope === 'Namespaced',
      verbs: isTrue(definition, 'Terminating') ? TERMINATING_VERBS : VERBS,
      subresources: subresourcesOf(names.kind, custom.get(version.name) as CustomVersion),
      schema: '',
      storage: version.storage,
      custom: custom.get(version.name) as CustomVersion,
    }))
}

function subresourcesOf(kind: string, { hasStatus, scale }: CustomVersion): KindEntry['subresources'] {
  const verbs = ['get', 'patch', 'update']
  return [
    ...(hasStatus ? [{ name: 'status', kind, verbs }] : []),
    ...(scale === undefined ? [] : [{ name: 'scale', kind: 'Scale', verbs, group: 'autoscaling', version: 'v1' }]),
  ]
}

/** Groups by name, the versions of each the most stable first: the order of discovery. */
function byPriority(a: KindEntry, b: KindEntry): number {
  if (a.group !== b.group) return a.group < b.group ? -1 : 1
  if (a.version !== b.version) return comesBefore(a.version, b.version) ? -1 : 1
  return a.resource < b.resource ? -1 : 1
}

/** All definitions, in no particular order. */
export const definitionsOf = (core: Core): CustomResourceDefinition[] =>
  [...core.cache.values(DEFINITIONS)] as unknown as CustomResourceDefinition[]

/** Brings the registry in line with the definitions in the cache: what is established is served. */
export function customKinds(core: Core): void {
  for (const entry of [...core.registry.all()]) if (entry.custom !== undefined) core.registry.remove(entry)
  const wanted = definitionsOf(core)
    .filter((definition) => isTrue(definition, 'Established'))
    .flatMap((definition) => entriesOf(definition, core.minor))
  for (const entry of wanted.sort(byPriority)) core.registry.add(entry)
}
