/** Models plugin/pkg/admission/defaulttolerationseconds (B). */
import type { Pod, Toleration } from '../../../objects/types.gen.ts'
import type { Plugin } from './plugin.ts'

const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

const covers = (toleration: Toleration, key: string): boolean =>
  (toleration.key === key || toleration.key === undefined || toleration.key === '') &&
  (toleration.effect === 'NoExecute' || toleration.effect === undefined || toleration.effect === '')

const both = new Map<number, Toleration[]>()

/** The list of a pod that tolerates nothing else; one for all of them. */
function bothFor(tolerationSeconds: number): Toleration[] {
  let list = both.get(tolerationSeconds)
  if (list === undefined)
    both.set(
      tolerationSeconds,
      (list = KEYS.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }))),
    )
  return list
}

/** Appends the tolerations that a pod has not; the same list when it has both. */
export function withDefaultTolerations(tolerations: Toleration[], tolerationSeconds: number): Toleration[] {
  if (tolerations.length === 0) return bothFor(tolerationSeconds)
  const missing = KEYS.filter((key) => !tolerations.some((toleration) => covers(toleration, key)))
  if (missing.length === 0) return tolerations
  return [
    ...tolerations,
    ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds })),
  ]
}

export const defaultTolerations: Plugin = (core, _flight, entry, object) => {
  if (entry.group !== '' || entry.resource !== 'pods') return { object }
  const pod = object as Pod
  const before = pod.spec?.tolerations ?? []
  const tolerations = withDefaultTolerations(before, core.flags.defaultTolerationSeconds)
  if (tolerations === before) return { object }
  return { object: { ...pod, spec: { ...pod.spec, tolerations } } as Pod }
}
