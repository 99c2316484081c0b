/** The resources of a build in their order. Models api/resmap. */
import { KustomizeError } from './errors.ts'
import { effectiveNamespace, idGoText, idText, isClusterScoped, sameId } from './ids.ts'
import type { ResId } from './ids.ts'
import type { Resource } from './resource.ts'
import { isFields, scalarText } from './tree.ts'

export class ResMap {
  resources: Resource[] = []

  byCurrentId(id: ResId): Resource[] {
    return this.resources.filter((resource) => sameId(resource.id, id))
  }

  byAnyId(id: ResId): Resource[] {
    return this.resources.filter((resource) =>
      [...resource.previousIds, resource.id].some((candidate) => sameId(candidate, id)),
    )
  }

  append(resource: Resource): void {
    if (this.byCurrentId(resource.id).length > 0)
      throw new KustomizeError(`may not add resource with an already registered id: ${idText(resource.id)}`)
    this.resources.push(resource)
  }

  appendAll(resources: Resource[]): void {
    for (const resource of resources) this.append(resource)
  }

  /** The only resource that has or had the id. */
  byId(id: ResId): Resource {
    const found = this.byAnyId(id)
    if (found.length === 1) return found[0]!
    const why = found.length > 1 ? 'multiple matches' : 'no matches'
    throw new KustomizeError(`${why} for Id ${idText(id)}; failed to find unique target for patch ${idText(id)}`)
  }

  /** Adds what a generator made, or lets it replace or merge what is there. */
  absorb(resource: Resource): void {
    const { id } = resource
    const matches = this.byAnyId(id)
    if (matches.length > 1)
      throw new KustomizeError(
        `found multiple objects ${matches.map((one) => idText(one.id)).join(' ')} that could accept merge of ${idText(id)}`,
      )
    const [old] = matches
    if (old === undefined) return this.absorbNew(resource)
    const { behavior } = resource
    if (behavior !== 'replace' && behavior !== 'merge')
      throw new KustomizeError(`id ${idGoText(id)} exists; behavior must be merge or replace`)
    resource.takeMetadataFrom(old)
    if (behavior === 'merge') {
      resource.mergeMap('data', old)
      resource.mergeMap('binaryData', old)
      resource.origin = old.origin ?? resource.origin
    }
    this.resources[this.resources.indexOf(old)] = resource
  }

  private absorbNew(resource: Resource): void {
    if (resource.behavior === 'replace' || resource.behavior === 'merge')
      throw new KustomizeError(`id ${idGoText(resource.id)} does not exist; cannot merge or replace`)
    this.append(resource)
  }

  dropEmpty(): void {
    this.resources = this.resources.filter((resource) => !resource.isEmpty)
  }

  /** What a resource may refer to by name: its own namespace, cluster-scoped objects, a binding's accounts. */
  referableBy(referrer: Resource): Resource[] {
    const { id } = referrer
    if (isClusterScoped(id)) return this.resources
    const bound = accountNamespaces(referrer)
    return this.resources.filter(
      (target) =>
        isClusterScoped(target.id) ||
        effectiveNamespace(target.id) === effectiveNamespace(id) ||
        bound.has(target.namespace),
    )
  }
}

function accountNamespaces(resource: Resource): Set<string> {
  const found = new Set<string>()
  const { subjects } = resource.body
  if (resource.gvk.kind !== 'RoleBinding' || !Array.isArray(subjects)) return found
  for (const subject of subjects)
    if (isFields(subject) && subject.kind === 'ServiceAccount' && subject.namespace)
      found.add(scalarText(subject.namespace))
  return found
}
