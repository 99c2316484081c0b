/** How a pod looks in the picture: its mood by the STATUS that kubectl prints, and two letters of its workload. */
import type { PicturedPod } from '../../engine/index.ts'

export const MOODS = ['ok', 'starting', 'warn', 'bad', 'done', 'leaving'] as const
export type Mood = (typeof MOODS)[number]

const STARTING = /^(Pending|ContainerCreating|PodInitializing|Init:\d+\/\d+)$/
const DONE = /^(Completed|Succeeded)$/

/** A Running pod that is not ready warns; whatever is neither running, starting nor done is failing. */
export function moodOf(pod: PicturedPod): Mood {
  if (pod.status === 'Terminating') return 'leaving'
  if (DONE.test(pod.status)) return 'done'
  if (pod.status === 'Running') return pod.ready ? 'ok' : 'warn'
  return STARTING.test(pod.status) ? 'starting' : 'bad'
}

/** What tells a mood without its colour. */
export const SIGNS: Record<Mood, string> = { ok: '', starting: '…', warn: '?', bad: '!', done: '✓', leaving: '×' }

/** Two letters that are the same for all pods of a workload: `we` of `ReplicaSet/web-7bd4f58d84`. */
export function lettersOf(pod: PicturedPod): string {
  const workload = pod.owner.split('/')[1] ?? pod.name
  const [first = '', second = ''] = workload.replace(/-[0-9a-f]{8,10}$/, '').split('-')
  const letters = first === 'kube' && second !== '' ? `${first.charAt(0)}${second.charAt(0)}` : first.slice(0, 2)
  return letters.toLowerCase()
}

export const isSystem = (pod: PicturedPod): boolean => pod.namespace === 'kube-system'

/** Learner's pods first, then the system's; within each by namespace and name, so that nothing jumps about. */
export function inOrder(pods: readonly PicturedPod[]): PicturedPod[] {
  const key = (pod: PicturedPod): string => `${isSystem(pod) ? 1 : 0}/${pod.namespace}/${pod.name}`
  return [...pods].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
