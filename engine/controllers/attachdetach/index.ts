/**
 * Models pkg/controller/volume/attachdetach (S8) as far as a cluster without CSI drivers shows it: a volume of a
 * driver that the pod's node does not know cannot be attached, and the pod is told so, with the operation's back-off.
 * Not modelled: drivers and external-attachers, so no VolumeAttachment is made; Multi-Attach errors, force-detach,
 * volumesAttached of nodes.
 */
import type { CSIDriver, CSINode, PersistentVolume, PersistentVolumeClaim, Pod } from '../../objects/types.gen.ts'
import { claimsOfPod } from '../../objects/volume-match.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { Context, Controller, Write } from '../controller.ts'

const PODS = 'v1/pods'
const CLAIMS = 'v1/persistentvolumeclaims'
const VOLUMES = 'v1/persistentvolumes'
const DRIVERS = 'storage.k8s.io/v1/csidrivers'
const CSI_NODES = 'storage.k8s.io/v1/csinodes'
const SOURCE = 'attachdetach-controller'
/** The back-off of an operation: initialDurationBeforeRetry, maxDurationBeforeRetry. */
const INITIAL_BACKOFF_MS = 500
const MAX_BACKOFF_MS = 122_000

interface Attempt {
  delayMs: number
  nextMs: number
}

interface Memory {
  /** By pod key and volume. */
  attempts: Record<string, Attempt>
}

export const attachDetachController: Controller = {
  name: 'persistentvolume-attach-detach',
  watches: [
    { resource: PODS, keys: ({ object }) => (claimsOfPod(object as Pod).length > 0 ? [keyOf(object)] : []) },
    { resource: CLAIMS, keys: () => [] },
    { resource: VOLUMES, keys: () => [] },
    { resource: DRIVERS, keys: () => [] },
    { resource: CSI_NODES, keys: () => [] },
  ],
  reconcile(context, key): Write[] {
    const { namespace, name } = splitKey(key)
    const pod = context.cache<Pod>(PODS).get(namespace, name)
    const volumes = pod === undefined || !isWaiting(pod) ? [] : unattachable(context, pod)
    if (pod === undefined || volumes.length === 0) return forget(context, key)
    return volumes.flatMap((volume) => attach(context, key, pod, volume))
  },
}

/** Scheduled, and neither running nor over. */
function isWaiting({ spec, status, metadata }: Pod): boolean {
  return !!spec?.nodeName && status?.phase === 'Pending' && metadata.deletionTimestamp === undefined
}

function unattachable(context: Context, pod: Pod): PersistentVolume[] {
  const registered = context.cache<CSINode>(CSI_NODES).get('', pod.spec?.nodeName ?? '')?.spec?.drivers ?? []
  return claimsOfPod(pod).flatMap(({ claim }) => {
    const found = context.cache<PersistentVolumeClaim>(CLAIMS).get(pod.metadata.namespace ?? '', claim)
    const volume = context.cache<PersistentVolume>(VOLUMES).get('', found?.spec?.volumeName ?? '')
    const driver = volume?.spec?.csi?.driver
    if (volume === undefined || driver === undefined || registered.some(({ name }) => name === driver)) return []
    return context.cache<CSIDriver>(DRIVERS).get('', driver)?.spec?.attachRequired === false ? [] : [volume]
  })
}

function attach(context: Context, key: string, pod: Pod, { metadata, spec }: PersistentVolume): Write[] {
  const { attempts } = context.memory<Memory>(() => ({ attempts: {} }))
  const id = `${key}/${metadata.name}`
  const last = attempts[id]
  if (last !== undefined && context.nowMs < last.nextMs) {
    context.requeueAfter(key, last.nextMs - context.nowMs)
    return []
  }
  const delayMs = Math.min(last === undefined ? INITIAL_BACKOFF_MS : last.delayMs * 2, MAX_BACKOFF_MS)
  attempts[id] = { delayMs, nextMs: context.nowMs + delayMs }
  context.requeueAfter(key, delayMs)
  const why = `CSINode ${pod.spec?.nodeName} does not contain driver ${spec?.csi?.driver}`
  const message = `AttachVolume.Attach failed for volume "${metadata.name}" : ${why}`
  return [{ verb: 'event', about: pod, type: 'Warning', reason: 'FailedAttachVolume', message, source: SOURCE }]
}

function forget(context: Context, key: string): Write[] {
  const { attempts } = context.memory<Memory>(() => ({ attempts: {} }))
  for (const id of Object.keys(attempts)) if (id.startsWith(`${key}/`)) delete attempts[id]
  return []
}
