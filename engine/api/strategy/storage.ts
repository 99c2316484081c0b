/** Volumes and claims. Models pkg/registry/core/{persistentvolume,persistentvolumeclaim}/strategy.go. */
import type { PersistentVolume, PersistentVolumeClaim } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { Strategy } from './strategy.ts'

/** From here on a volume says when it came into its phase. */
const TRANSITION_TIME_SINCE = 29

const inPhase = (core: Core): { lastPhaseTransitionTime?: string } =>
  core.minor < TRANSITION_TIME_SINCE ? {} : { lastPhaseTransitionTime: core.timestamp() }

export const volumeStrategy: Strategy = {
  create: (core, object) => ({ ...object, status: { ...inPhase(core), phase: 'Pending' } }) as KubeObject,
  updateStatus(core, object, old) {
    const [volume, before] = [object as PersistentVolume, old as PersistentVolume]
    const [now, then] = [volume.status, before.status]
    const isStamped = now?.lastPhaseTransitionTime !== then?.lastPhaseTransitionTime
    if (now?.phase === then?.phase || (isStamped && now?.lastPhaseTransitionTime !== undefined)) return object
    return { ...volume, status: { ...now, ...inPhase(core) } } as KubeObject
  },
}

/** Where a claim's dataSource can be written to dataSourceRef, both hold it. */
function withDataSources(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { dataSource, dataSourceRef } = claim.spec ?? {}
  if (dataSource !== undefined && dataSourceRef === undefined)
    return { ...claim, spec: { ...claim.spec, dataSourceRef: { ...dataSource } } }
  if (dataSource !== undefined || dataSourceRef === undefined || dataSourceRef.namespace) return claim
  const { namespace: _namespace, ...reference } = dataSourceRef
  return { ...claim, spec: { ...claim.spec, dataSource: reference } }
}

export const claimStrategy: Strategy = {
  create: (_core, object) =>
    ({ ...withDataSources(object as PersistentVolumeClaim), status: { phase: 'Pending' } }) as KubeObject,
}
