/** `namespace`. Models api/filters/namespace and NamespaceTransformer. */
import { KustomizeError } from '../errors.ts'
import { setField } from '../fieldspec.ts'
import type { FieldSpec } from '../fieldspec.ts'
import { isClusterScoped } from '../ids.ts'
import type { ResMap } from '../resmap.ts'
import type { Resource } from '../resource.ts'
import { isFields, scalarText } from '../tree.ts'
import type { Fields, Tree } from '../tree.ts'
import { debugText } from './debug.ts'
import type { Transformer } from './transformer.ts'

export type SubjectMode = 'defaultOnly' | 'allServiceAccounts' | 'none'

export interface NamespaceOptions {
  unsetOnly?: boolean
  subjects?: SubjectMode
}

const BINDINGS = ['RoleBinding', 'ClusterRoleBinding']

export function namespaceTransformer(
  namespace: string,
  specs: FieldSpec[],
  options: NamespaceOptions = {},
): Transformer {
  const set = (value: Tree): Tree | undefined => (options.unsetOnly && scalarText(value) !== '' ? undefined : namespace)
  const others = specs.filter(({ path }) => path !== 'metadata/namespace')
  return {
    kind: 'NamespaceTransformer',
    transform(map: ResMap) {
      for (const resource of map.resources.filter((one) => !one.isEmpty)) {
        resource.storePreviousId()
        if (!isClusterScoped(resource.gvk)) setField(resource, { path: 'metadata/namespace', create: true }, set)
        if (BINDINGS.includes(resource.gvk.kind)) setSubjects(resource, set, options.subjects ?? 'defaultOnly')
        for (const spec of others)
          if (!(BINDINGS.includes(resource.gvk.kind) && spec.path === 'subjects/namespace'))
            setField(resource, spec, set)
        checkUnique(map, resource)
      }
    },
  }
}

function setSubjects({ body }: Resource, set: (value: Tree) => Tree | undefined, mode: SubjectMode): void {
  if (mode === 'none' || !Array.isArray(body.subjects)) return
  for (const subject of body.subjects.filter(isFields)) {
    const wanted = mode === 'allServiceAccounts' ? subject.kind === 'ServiceAccount' : subject.name === 'default'
    if (wanted) setNamespace(subject, set)
  }
}

function setNamespace(subject: Fields, set: (value: Tree) => Tree | undefined): void {
  const value = set(subject.namespace ?? '')
  if (value !== undefined) subject.namespace = value
}

function checkUnique(map: ResMap, resource: Resource): void {
  const matches = map.byCurrentId(resource.id)
  if (matches.length !== 1)
    throw new KustomizeError(`namespace transformation produces ID conflict: [${matches.map(debugText).join(' ')}]`)
}
