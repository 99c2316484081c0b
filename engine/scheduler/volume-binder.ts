/**
 * What the scheduler does about volumes before it binds a pod: it writes the claim into the chosen volume, or the
 * chosen node into the claim, and waits for the volume controller and the provisioner. Models
 * plugins/volumebinding/binder.go (S4).
 */
import type { ApiClient, Call } from '../api/client.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../objects/types.gen.ts'
import { BIND_COMPLETED, SELECTED_NODE, annotation, boundVolume, withAnnotations } from '../objects/volume-match.ts'
import type { VolumeCaches, VolumeDecisions } from './volume-lister.ts'

const CLAIMS = 'v1/persistentvolumeclaims'
const VOLUMES = 'v1/persistentvolumes'
/** The first releases that serve these at v1. */
const SINCE = { csiNodes: 17, csiDrivers: 18, capacities: 24 }

export function openVolumeCaches(client: ApiClient, minor: number): VolumeCaches {
  const storage = 'storage.k8s.io/v1'
  return {
    claims: client.informer(CLAIMS),
    volumes: client.informer(VOLUMES),
    classes: client.informer(`${storage}/storageclasses`),
    ...(minor >= SINCE.csiNodes && { csiNodes: client.informer(`${storage}/csinodes`) }),
    ...(minor >= SINCE.csiDrivers && { csiDrivers: client.informer(`${storage}/csidrivers`) }),
    ...(minor >= SINCE.capacities && { capacities: client.informer(`${storage}/csistoragecapacities`) }),
  }
}

/** Models bindAPIUpdate. */
export function volumeWrites({ bindings, provisions }: VolumeDecisions, node: string, caches: VolumeCaches): Call[] {
  const chosen = bindings.flatMap(({ claim, volume }) => {
    const [found, wanted] = [caches.volumes.get('', volume), claimOf(caches, claim)]
    return found === undefined || wanted === undefined ? [] : writeVolume(found, wanted)
  })
  const provisioned = provisions.flatMap((claim) => {
    const found = claimOf(caches, claim)
    return found === undefined || annotation(found, SELECTED_NODE) === node ? [] : writeNode(found, node)
  })
  return [...chosen, ...provisioned]
}

function claimOf({ claims }: VolumeCaches, key: string): PersistentVolumeClaim | undefined {
  const slash = key.indexOf('/')
  return claims.get(key.slice(0, slash), key.slice(slash + 1))
}

function writeVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): Call[] {
  const body = boundVolume(volume, claim)
  return body === volume ? [] : [{ verb: 'update', resource: VOLUMES, name: volume.metadata.name, body }]
}

function writeNode(claim: PersistentVolumeClaim, node: string): Call[] {
  const { namespace, name } = claim.metadata
  const body = withAnnotations(claim, { [SELECTED_NODE]: node })
  return [{ verb: 'update', resource: CLAIMS, namespace, name, body }]
}

/** `bound`, `pending`, or why the binding failed. Models checkBindings. */
export function bindingState(
  { claims, bindings, provisions }: VolumeDecisions,
  node: string,
  caches: VolumeCaches,
): string {
  for (const { claim, volume } of bindings) {
    const reference = caches.volumes.get('', volume)?.spec?.claimRef
    if (reference?.uid !== claimOf(caches, claim)?.metadata.uid || reference === undefined)
      return `volume binding for PV "${volume}" has changed`
  }
  for (const claim of provisions) {
    const found = claimOf(caches, claim)
    if (found === undefined) return `failed to get pvc "${claim}"`
    if (isBound(found)) continue
    const selected = annotation(found, SELECTED_NODE) ?? ''
    if (selected === '') return `provisioning failed for PVC "${found.metadata.name}"`
    if (selected !== node)
      return `provisioning for PVC "${found.metadata.name}" was not on the selected node "${node}" but "${selected}"`
  }
  return claims.every((claim) => isBound(claimOf(caches, claim))) ? 'bound' : 'pending'
}

function isBound(claim: PersistentVolumeClaim | undefined): boolean {
  return claim !== undefined && !!claim.spec?.volumeName && annotation(claim, BIND_COMPLETED) !== undefined
}
