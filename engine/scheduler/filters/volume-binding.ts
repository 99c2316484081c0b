import type { Pod } from '../../objects/types.gen.ts'
import type { Filter, Snapshot } from '../plugin.ts'

/** Models the PreFilter of plugins/volumebinding (E3): claims must exist and be bound. Not modelled: WaitForFirstConsumer. */
export const volumeBinding: Filter = {
  name: 'VolumeBinding',
  preFilter: rejectClaims,
  filter: () => undefined,
}

function rejectClaims(pod: Pod, { claimState }: Snapshot): string | undefined {
  const names = (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])
  const states = names.map((name) => ({ name, state: claimState(pod.metadata.namespace ?? '', name) }))
  for (const { name, state } of states) {
    if (state === 'missing') return `persistentvolumeclaim "${name}" not found`
    if (state === 'deleting') return `persistentvolumeclaim "${name}" is being deleted`
  }
  if (states.some(({ state }) => state === 'unbound')) return 'pod has unbound immediate PersistentVolumeClaims'
  const waiting = states.find(({ state }) => state === 'waiting')
  return waiting === undefined
    ? undefined
    : `not simulated: binding of persistentvolumeclaim "${waiting.name}" when its first consumer is scheduled`
}
