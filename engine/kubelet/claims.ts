/**
 * The claims of a pod: what is read for them, and why they cannot be used. Models
 * pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go and volume_manager.go (S7).
 */
import type { Call } from '../api/client.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../objects/types.gen.ts'
import { claimsOfPod } from '../objects/volume-match.ts'
import type { PodRecord } from './state.ts'

const CLAIMS = 'persistentvolumeclaims/'
const VOLUMES = 'persistentvolumes/'
const DRIVERS = 'csidrivers/'
/** From here on the text names the volumes that could not be processed. */
const PROCESSED_SINCE = 26
const DEADLINE_TEXT_SINCE = 27

/** Volumes that some container mounts; the others never matter. */
export function usedVolumes(pod: Pod): Volume[] {
  const used = new Set<string>()
  for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    for (const mount of container.volumeMounts ?? []) used.add(mount.name)
  }
  return (pod.spec?.volumes ?? []).filter(({ name }) => used.has(name))
}

/** Claims, volumes and drivers: read as objects, once. */
export function isObjectReferent(reference: string): boolean {
  return [CLAIMS, VOLUMES, DRIVERS].some((prefix) => reference.startsWith(prefix))
}

export function referentCall(reference: string, namespace: string): Call {
  const slash = reference.indexOf('/')
  const name = reference.slice(slash + 1)
  if (reference.startsWith(VOLUMES)) return { verb: 'get', resource: 'v1/persistentvolumes', name }
  if (reference.startsWith(DRIVERS)) return { verb: 'get', resource: 'storage.k8s.io/v1/csidrivers', name }
  return { verb: 'get', resource: `v1/${reference.slice(0, slash)}`, namespace, name }
}

/** What is to be read because of what was read. */
export function furtherReferents(reference: string, body: unknown): string[] {
  if (reference.startsWith(CLAIMS)) {
    const volume = (body as PersistentVolumeClaim).spec?.volumeName
    return volume ? [`${VOLUMES}${volume}`] : []
  }
  const driver = reference.startsWith(VOLUMES) ? (body as PersistentVolume).spec?.csi?.driver : undefined
  return driver === undefined ? [] : [`${DRIVERS}${driver}`]
}

export function claimReferents(pod: PodRecord['pod']): string[] {
  const used = new Set(usedVolumes(pod).map(({ name }) => name))
  return claimsOfPod(pod).flatMap(({ volume, claim }) => (used.has(volume) ? [`${CLAIMS}${claim}`] : []))
}

function objectOf<T>(record: PodRecord, reference: string): T | undefined {
  return record.referents[reference]?.object as T | undefined
}

/** The persistent volume behind a volume of the pod, as it was read. */
export function volumeBehind(record: PodRecord, name: string): PersistentVolume | undefined {
  const use = claimsOfPod(record.pod).find(({ volume }) => volume === name)
  if (use === undefined) return undefined
  const claim = objectOf<PersistentVolumeClaim>(record, `${CLAIMS}${use.claim}`)
  return objectOf<PersistentVolume>(record, `${VOLUMES}${claim?.spec?.volumeName ?? ''}`)
}

/** Whether the driver is known to the cluster as one whose volumes are not attached. */
export function needsAttach(record: PodRecord, driver: string): boolean {
  const found = objectOf<{ spec?: { attachRequired?: boolean } }>(record, `${DRIVERS}${driver}`)
  return found?.spec?.attachRequired !== false
}

export interface Unprocessed {
  volumes: string[]
  message: string
}

/** Claims that cannot be used: the sync fails at once. */
export function claimTrouble(record: PodRecord): Unprocessed | undefined {
  const used = new Set(usedVolumes(record.pod).map(({ name }) => name))
  const troubles = claimsOfPod(record.pod).flatMap(({ volume, claim, ephemeral }) => {
    const why = used.has(volume) ? unusable(record, volume, claim, ephemeral) : undefined
    return why === undefined ? [] : [{ volume, why: `error processing PVC ${record.namespace}/${claim}: ${why}` }]
  })
  if (troubles.length === 0) return undefined
  return { volumes: troubles.map(({ volume }) => volume), message: troubles.map(({ why }) => why).join('; ') }
}

function unusable(record: PodRecord, volume: string, name: string, ephemeral: boolean): string | undefined {
  const claim = objectOf<PersistentVolumeClaim>(record, `${CLAIMS}${name}`)
  if (claim === undefined) return `failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`
  const owned = (claim.metadata.ownerReferences ?? []).some(({ uid }) => uid === record.uid)
  if (ephemeral && !owned)
    return `PVC ${record.namespace}/${name} was not created for pod ${record.namespace}/${record.name} (pod is not owner)`
  if (claim.metadata.deletionTimestamp !== undefined) return 'PVC is being deleted'
  if (claim.status?.phase !== 'Bound') return 'PVC is not bound'
  const bound = claim.spec?.volumeName ?? ''
  if (bound === '') return 'PVC has empty pvc.Spec.VolumeName'
  return (
    unboundVolume(objectOf<PersistentVolume>(record, `${VOLUMES}${bound}`), bound, claim) ?? modeTrouble(claim, volume)
  )
}

function unboundVolume(
  found: PersistentVolume | undefined,
  name: string,
  { metadata }: PersistentVolumeClaim,
): string | undefined {
  if (found === undefined) return `failed to fetch PV ${name} from API server: persistentvolumes "${name}" not found`
  const reference = found.spec?.claimRef
  if (reference === undefined)
    return `found PV object ${name} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`
  if (reference.uid === metadata.uid) return undefined
  return `found PV object ${name} but its pv.Spec.ClaimRef.UID ${reference.uid} does not point to claim.UID ${metadata.uid}`
}

function modeTrouble({ spec }: PersistentVolumeClaim, volume: string): string | undefined {
  return spec?.volumeMode === 'Block'
    ? `volume ${volume} has volumeMode Block, but is specified in volumeMounts`
    : undefined
}

/** The event of a sync that did not get its volumes. */
export function notMounted(volumes: string[], unprocessed: Unprocessed | undefined, minor: number): string {
  const list = (names: string[]): string => `[${[...names].sort().join(' ')}]`
  const timeout = minor >= DEADLINE_TEXT_SINCE ? 'context deadline exceeded' : 'timed out waiting for the condition'
  const failed = minor >= PROCESSED_SINCE ? `, failed to process volumes=${list(unprocessed?.volumes ?? [])}` : ''
  const what = `unmounted volumes=${list(volumes)}, unattached volumes=[]${failed}`
  return `Unable to attach or mount volumes: ${what}: ${unprocessed?.message ?? timeout}`
}
