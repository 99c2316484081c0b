/** Kinds that CustomResourceDefinitions add at run time. Not modelled: their schemas (no pruning, no validation), conversion webhooks. */
import type { CustomResourceDefinition } from '../objects/types.gen.ts'
import type { KindEntry } from '../objects/kinds.ts'
import type { Core } from './core.ts'
import { directoryOf } from './storage/keys.ts'

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

function entriesOf({ spec }: CustomResourceDefinition): KindEntry[] {
  const { group, names, scope, versions } = spec
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
      verbs: VERBS,
      subresources: subresourcesOf(names.kind, version.subresources as Record<string, unknown> | undefined),
      schema: '',
      storage: version.storage,
    }))
}

function subresourcesOf(kind: string, subresources: Record<string, unknown> | undefined): KindEntry['subresources'] {
  const status = subresources?.status === undefined ? [] : [{ name: 'status', kind, verbs: ['get', 'patch', 'update'] }]
  const scale =
    subresources?.scale === undefined
      ? []
      : [{ name: 'scale', kind: 'Scale', verbs: ['get', 'patch', 'update'], group: 'autoscaling', version: 'v1' }]
  return [...status, ...scale]
}

/** Brings the registry in line with the definitions in the cache. */
export function customKinds(core: Core): void {
  const wanted = new Map<string, KindEntry>()
  for (const definition of core.cache.values(directoryOf('apiextensions.k8s.io', 'customresourcedefinitions'))) {
    for (const entry of entriesOf(definition as CustomResourceDefinition))
      wanted.set(`${entry.group}/${entry.version}/${entry.resource}`, entry)
  }
  for (const entry of [...core.registry.all()]) {
    if (entry.schema === '' && !wanted.has(`${entry.group}/${entry.version}/${entry.resource}`))
      core.registry.remove(entry)
  }
  for (const entry of wanted.values()) core.registry.add(entry)
}
