import type { Pod } from '../../objects/types.gen.ts'
import { claimsOfPod } from '../../objects/volume-match.ts'
import { reject } from '../plugin.ts'
import type { Filter, Snapshot } from '../plugin.ts'

const KEYS = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]
/** Several zones stand in one label. */
const DELIMITER = '__'

interface Wanted {
  key: string
  values: string[]
}

/** Models plugins/volumezone (E3): zones and regions that a bound volume is labelled with are the node's. */
export const volumeZone: Filter = {
  name: 'VolumeZone',
  prepare: zonesOfVolumes,
  filter(_pod, { node }, _snapshot, prepared) {
    const labels = node.metadata.labels ?? {}
    const wanted = prepared as Wanted[]
    if (wanted.length === 0 || !KEYS.some((key) => labels[key] !== undefined)) return undefined
    const fits = wanted.every(({ key, values }) => values.includes(labels[key] ?? labels[translated(key)] ?? ''))
    return fits ? undefined : reject('node(s) had no available volume zone', true)
  },
}

function translated(key: string): string {
  return key.startsWith('failure-domain.beta.kubernetes.io/')
    ? key.replace('failure-domain.beta.kubernetes.io/', 'topology.kubernetes.io/')
    : key.replace('topology.kubernetes.io/', 'failure-domain.beta.kubernetes.io/')
}

function zonesOfVolumes(pod: Pod, { storage }: Snapshot): Wanted[] {
  return claimsOfPod(pod).flatMap(({ claim: name }) => {
    const claim = storage.claim(pod.metadata.namespace ?? '', name)
    const labels = storage.volume(claim?.spec?.volumeName ?? '')?.metadata.labels ?? {}
    return KEYS.filter((key) => labels[key] !== undefined).map((key) => ({
      key,
      values: (labels[key] ?? '').split(DELIMITER),
    }))
  })
}
