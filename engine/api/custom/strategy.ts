/** What happens to a definition on its way in. Models apiextensions-apiserver pkg/registry/customresourcedefinition/{strategy,etcd}.go. */
import type { CustomResourceDefinition } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { CLEANUP_FINALIZER } from './controllers.ts'

type Definition = CustomResourceDefinition

const asDefinition = (object: KubeObject): Definition => object as unknown as Definition
const asObject = (definition: Definition): KubeObject => definition as unknown as KubeObject

/** The storage version joins the versions in which objects may be stored. */
function withStoredVersion(definition: Definition, status: NonNullable<Definition['status']>): KubeObject {
  const stored = definition.spec.versions?.filter(({ storage }) => storage).map(({ name }) => name) ?? []
  const before = status.storedVersions ?? []
  const added = stored.filter((name) => !before.includes(name))
  if (added.length === 0) return asObject({ ...definition, status })
  return asObject({ ...definition, status: { ...status, storedVersions: [...before, ...added] } })
}

const FRESH = { conditions: null, acceptedNames: { plural: '', kind: '' } } as unknown as NonNullable<
  Definition['status']
>

export const definitionStrategy: Strategy = {
  create: (_core, object) => withStoredVersion(asDefinition(object), FRESH),
  update: (_core, object) => withStoredVersion(asDefinition(object), asDefinition(object).status ?? FRESH),
}

/** The first deletion only marks the definition: its instances go first. Undefined: it was marked before. */
export function markDeleted(core: Core, object: KubeObject): KubeObject | undefined {
  const { metadata, status = {} } = asDefinition(object)
  if (metadata.deletionTimestamp !== undefined) return undefined
  const finalizers = metadata.finalizers ?? []
  const condition = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: core.timestamp(),
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  }
  return asObject({
    ...asDefinition(object),
    metadata: {
      ...metadata,
      deletionTimestamp: core.timestamp(),
      finalizers: finalizers.includes(CLEANUP_FINALIZER) ? finalizers : [...finalizers, CLEANUP_FINALIZER],
    },
    status: {
      ...status,
      conditions: [...(status.conditions ?? []).filter(({ type }) => type !== 'Terminating'), condition],
    },
  })
}
