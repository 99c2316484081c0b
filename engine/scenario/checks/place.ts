/** From where a check looks: a host, a pod, or the first running pod with some labels. */
import type { ClusterView, Vantage, ViewedObject } from '../../view.ts'
import type { VantageText } from '../format/common.ts'
import { isMapping } from '../match.ts'
import type { Mention } from './check.ts'

/** The vantage, or undefined when no pod is there to look from. */
export async function findPlace(from: VantageText, view: ClusterView): Promise<Vantage | undefined> {
  if (from.host !== undefined)
    return from.user === undefined ? { host: from.host } : { host: from.host, user: from.user }
  const namespace = from.namespace ?? 'default'
  const pod = from.pod ?? (await runningPod(from.selector ?? '', namespace, view))
  if (pod === undefined) return undefined
  return from.container === undefined ? { pod, namespace } : { pod, namespace, container: from.container }
}

async function runningPod(labelSelector: string, namespace: string, view: ClusterView): Promise<string | undefined> {
  const pods = await view.objects({ kind: 'Pod', namespace, labelSelector })
  const names = pods.filter(isRunning).map((pod) => pod.metadata.name ?? '')
  return names.sort()[0]
}

function isRunning(pod: ViewedObject): boolean {
  const status = pod['status']
  return pod.metadata.deletionTimestamp === undefined && isMapping(status) && status['phase'] === 'Running'
}

export function showPlace(from: VantageText): string {
  if (from.host !== undefined) return from.host
  return from.pod === undefined ? `a pod with ${from.selector ?? ''}` : `pod ${from.pod}`
}

/** A learner need not know from where a check looks, except for a pod that must stay where it is. */
export function placeMentions(from: VantageText): Mention[] {
  return from.pod === undefined ? [] : [{ what: 'name', text: from.pod }]
}
