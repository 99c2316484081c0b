/**
 * Models pkg/controller/volume/ephemeral (S9): makes the claims of generic ephemeral volumes, owned by their pod.
 */
import type { PersistentVolumeClaim, Pod } from '../../objects/types.gen.ts'
import { ephemeralClaimName } from '../../objects/volume-match.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { Context, Controller, Write } from '../controller.ts'

const CLAIMS = 'v1/persistentvolumeclaims'
const PODS = 'v1/pods'
const SOURCE = 'ephemeral_volume'

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number]

export const ephemeralVolumeController: Controller = {
  name: 'ephemeral-volume',
  watches: [
    { resource: PODS, keys: ({ object }) => (ephemeralVolumes(object as Pod).length > 0 ? [keyOf(object)] : []) },
    {
      resource: CLAIMS,
      keys: ({ type, object }) => (type === 'deleted' ? ownerKeys(object as PersistentVolumeClaim) : []),
    },
  ],
  reconcile(context, key): Write[] {
    const { namespace, name } = splitKey(key)
    const pod = context.cache<Pod>(PODS).get(namespace, name)
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return []
    return ephemeralVolumes(pod).flatMap((volume) => claimFor(context, pod, volume))
  },
}

function ephemeralVolumes(pod: Pod): Volume[] {
  return (pod.spec?.volumes ?? []).filter(({ ephemeral }) => ephemeral !== undefined)
}

function ownerKeys({ metadata }: PersistentVolumeClaim): string[] {
  return (metadata.ownerReferences ?? [])
    .filter(({ kind, controller }) => kind === 'Pod' && controller === true)
    .map(({ name }) => `${metadata.namespace}/${name}`)
}

function claimFor(context: Context, pod: Pod, volume: Volume): Write[] {
  const { namespace, name: podName, uid = '' } = pod.metadata
  const name = ephemeralClaimName(pod, volume)
  const present = context.cache<PersistentVolumeClaim>(CLAIMS).get(namespace ?? '', name)
  if (present !== undefined) return isOwned(present, uid) ? [] : [foreign(pod, volume, name)]
  const { metadata, spec } = volume.ephemeral?.volumeClaimTemplate ?? {}
  const owner = { apiVersion: 'v1', kind: 'Pod', name: podName, uid, controller: true, blockOwnerDeletion: true }
  const body = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace,
      labels: metadata?.labels,
      annotations: metadata?.annotations,
      ownerReferences: [owner],
    },
    spec,
  }
  return [{ verb: 'create', resource: CLAIMS, namespace, body }]
}

function isOwned({ metadata }: PersistentVolumeClaim, uid: string): boolean {
  return (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid && owner.controller === true)
}

function foreign(pod: Pod, volume: Volume, claim: string): Write {
  const { namespace, name } = pod.metadata
  const message = `ephemeral volume ${volume.name}: PVC ${namespace}/${claim} was not created for pod ${namespace}/${name} (pod is not owner)`
  return { verb: 'event', about: pod, type: 'Warning', reason: 'FailedBinding', message, source: SOURCE }
}
