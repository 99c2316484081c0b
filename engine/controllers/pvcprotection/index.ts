/**
 * Models pkg/controller/volume/pvcprotection (S5): a claim that is being deleted goes once no scheduled pod uses it.
 * A pod that ended still uses it until it is deleted, except through a generic ephemeral volume.
 */
import type { PersistentVolumeClaim, Pod } from '../../objects/types.gen.ts'
import { claimsOfPod } from '../../objects/volume-match.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { Context, Controller, Write } from '../controller.ts'

const CLAIMS = 'v1/persistentvolumeclaims'
const PODS = 'v1/pods'
const FINALIZER = 'kubernetes.io/pvc-protection'

export const pvcProtectionController: Controller = {
  name: 'persistentvolumeclaim-protection',
  watches: [
    { resource: CLAIMS, keys: ({ object }) => [keyOf(object)] },
    {
      resource: PODS,
      keys: ({ object }) => claimsOfPod(object as Pod).map(({ claim }) => `${object.metadata.namespace}/${claim}`),
    },
  ],
  reconcile(context, key): Write[] {
    const { namespace, name } = splitKey(key)
    const claim = context.cache<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    if (claim === undefined) return []
    const finalizers = claim.metadata.finalizers ?? []
    const protects = finalizers.includes(FINALIZER)
    if (claim.metadata.deletionTimestamp === undefined)
      return protects ? [] : [withFinalizers(claim, [...finalizers, FINALIZER])]
    if (!protects || isUsed(context, claim)) return []
    return [
      withFinalizers(
        claim,
        finalizers.filter((one) => one !== FINALIZER),
      ),
    ]
  },
}

function withFinalizers(claim: PersistentVolumeClaim, finalizers: string[]): Write {
  const { namespace, name } = claim.metadata
  const body = { ...claim, metadata: { ...claim.metadata, finalizers } }
  return { verb: 'update', resource: CLAIMS, namespace, name, body }
}

function isUsed(context: Context, { metadata }: PersistentVolumeClaim): boolean {
  return context
    .cache<Pod>(PODS)
    .list(metadata.namespace)
    .some((pod) => !!pod.spec?.nodeName && uses(pod, metadata.name))
}

function uses(pod: Pod, name: string): boolean {
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  return claimsOfPod(pod).some(({ claim, ephemeral }) => claim === name && !(ephemeral && ended))
}
