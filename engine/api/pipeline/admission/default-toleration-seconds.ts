/** Models plugin/pkg/admission/defaulttolerationseconds (B). */
import type { Pod, Toleration } from '../../../objects/types.gen.ts'
import type { ApiFlags } from '../../flags.ts'
import { pass } from './plugin.ts'
import type { Plugin } from './plugin.ts'

type Seconds = Pick<ApiFlags, 'notReadyTolerationSeconds' | 'unreachableTolerationSeconds'>

const KEYS: [string, keyof Seconds][] = [
  ['node.kubernetes.io/not-ready', 'notReadyTolerationSeconds'],
  ['node.kubernetes.io/unreachable', 'unreachableTolerationSeconds'],
]

const covers = (toleration: Toleration, key: string): boolean =>
  (toleration.key === key || toleration.key === undefined || toleration.key === '') &&
  (toleration.effect === 'NoExecute' || toleration.effect === undefined || toleration.effect === '')

const tolerationsFor = (flags: Seconds, keys: typeof KEYS): Toleration[] =>
  keys.map(([key, flag]) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: flags[flag] }))

const both = new WeakMap<object, Toleration[]>()

/** The list of a pod that tolerates nothing else; one for all of them. */
function bothFor(flags: Seconds): Toleration[] {
  let list = both.get(flags)
  if (list === undefined) both.set(flags, (list = tolerationsFor(flags, KEYS)))
  return list
}

/** Appends the tolerations that a pod has not; the same list when it has both. */
export function withDefaultTolerations(tolerations: Toleration[], flags: Seconds): Toleration[] {
  if (tolerations.length === 0) return bothFor(flags)
  const missing = KEYS.filter(([key]) => !tolerations.some((toleration) => covers(toleration, key)))
  return missing.length === 0 ? tolerations : [...tolerations, ...tolerationsFor(flags, missing)]
}

export const defaultTolerations: Plugin = {
  name: 'DefaultTolerationSeconds',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods'],
  admit(core, _flight, attrs) {
    const pod = attrs.object as Pod
    const before = pod.spec?.tolerations ?? []
    const tolerations = withDefaultTolerations(before, core.flags)
    if (tolerations === before) return pass(attrs)
    return { object: { ...pod, spec: { ...pod.spec, tolerations } } as Pod }
  },
}
