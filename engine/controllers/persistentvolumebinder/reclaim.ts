/**
 * Volumes whose claim is gone. Models reclaimVolume, doDeleteVolume and recycleVolumeOperation of
 * pv_controller.go, pkg/volume/hostpath's deleter and pkg/volume/recyclerclient (S5). Not modelled: the files that
 * the deleter of hostPath removes under /tmp of the controller manager, the recycler pod's events on the volume.
 */
import type { PersistentVolume, Pod } from '../../objects/types.gen.ts'
import { MIGRATED_TO, PROVISIONED_BY, annotation } from '../../objects/volume-match.ts'
import type { Context, Write } from '../controller.ts'
import { PODS, VOLUMES, podsOf, say, toPhase } from './lookup.ts'
import { unboundVolume } from './unbind.ts'

const RECYCLER_NAMESPACE = 'default'
const RECYCLER_PREFIX = 'recycler-for-'
const RECYCLER_IMAGE = 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.4'
const SCRUB = 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1'

export function reclaimVolume(context: Context, volume: PersistentVolume): Write[] {
  if (annotation(volume, MIGRATED_TO) !== undefined) return []
  switch (volume.spec?.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return []
    case 'Recycle':
      return recycle(context, volume)
    case 'Delete':
      return deleteVolume(volume)
    default:
      return fail(volume, 'VolumeUnknownReclaimPolicy', 'Volume has unrecognized reclaim policy')
  }
}

function fail(volume: PersistentVolume, reason: string, message: string): Write[] {
  const writes = toPhase(volume, 'Failed', message)
  return writes.length === 0 ? [] : [...writes, say(volume, 'Warning', reason, message)]
}

function deleteVolume(volume: PersistentVolume): Write[] {
  const { name } = volume.metadata
  const verdict = deleterVerdict(volume)
  if (verdict === 'external' || volume.metadata.deletionTimestamp !== undefined) return []
  if (verdict !== 'deleted') return fail(volume, 'VolumeFailedDelete', verdict)
  return [{ verb: 'delete', resource: VOLUMES, name }]
}

/** `external`: somebody else deletes it; `deleted`; or why it cannot be. */
function deleterVerdict(volume: PersistentVolume): string {
  const provisioner = annotation(volume, PROVISIONED_BY) ?? ''
  if (provisioner !== '' && !provisioner.startsWith('kubernetes.io/')) return 'external'
  const path = volume.spec?.hostPath?.path
  if (path !== undefined)
    return /\/tmp\/.+/.test(path) ? 'deleted' : `host_path deleter only supports /tmp/.+ but received provided ${path}`
  const known = volume.spec?.local !== undefined || volume.spec?.nfs !== undefined
  const why = known ? 'no deletable volume plugin matched' : 'no volume plugin matched'
  return `error getting deleter volume plugin for volume "${volume.metadata.name}": ${why}`
}

/** The volume that a recycler pod works for. */
export function recycledVolume({ metadata }: Pod): string | undefined {
  const isRecycler = metadata.namespace === RECYCLER_NAMESPACE && metadata.name.startsWith(RECYCLER_PREFIX)
  return isRecycler ? metadata.name.slice(RECYCLER_PREFIX.length) : undefined
}

function recycle(context: Context, volume: PersistentVolume): Write[] {
  const { hostPath, nfs } = volume.spec ?? {}
  if (hostPath === undefined && nfs === undefined)
    return fail(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!')
  const name = `${RECYCLER_PREFIX}${volume.metadata.name}`
  const pod = podsOf(context, RECYCLER_NAMESPACE).find(({ metadata }) => metadata.name === name)
  if (pod === undefined)
    return [{ verb: 'create', resource: PODS, namespace: RECYCLER_NAMESPACE, body: recycler(name, volume) }]
  if (pod.metadata.deletionTimestamp !== undefined) return []
  const remove: Write = { verb: 'delete', resource: PODS, namespace: RECYCLER_NAMESPACE, name }
  if (pod.status?.phase === 'Succeeded')
    return [say(volume, 'Normal', 'VolumeRecycled', 'Volume recycled'), unboundVolume(volume), remove]
  if (pod.status?.phase !== 'Failed') return []
  const message = `Recycle failed: ${pod.status.message ?? 'pod failed, pod.Status.Message unknown.'}`
  return [...fail(volume, 'VolumeFailedRecycle', message), remove]
}

function recycler(name: string, { spec }: PersistentVolume): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: RECYCLER_NAMESPACE },
    spec: {
      activeDeadlineSeconds: 60,
      restartPolicy: 'Never',
      volumes: [
        {
          name: 'vol',
          ...(spec?.hostPath !== undefined && { hostPath: spec.hostPath }),
          ...(spec?.nfs !== undefined && { nfs: spec.nfs }),
        },
      ],
      containers: [
        {
          name: 'pv-recycler',
          image: RECYCLER_IMAGE,
          command: ['/bin/sh'],
          args: ['-c', SCRUB],
          volumeMounts: [{ name: 'vol', mountPath: '/scrub' }],
        },
      ],
    },
  }
}
