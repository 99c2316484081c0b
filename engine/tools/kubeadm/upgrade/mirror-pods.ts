/** Static pods as the API server shows them. Models cmd/kubeadm/app/util/apiclient/wait.go. */
import type { Proc, Run } from '../../../host/process.ts'
import { makeGoDuration } from '../../../objects/duration.ts'
import type { Client } from '../../kubectl/client.ts'
import { pathOf, TIMEOUT } from '../apply.ts'
import { goError, KubeadmError } from '../errors.ts'
import { say } from '../session.ts'
import { POLL_MS } from '../wait.ts'
import { componentPods } from './versions.ts'

export interface Waiting {
  client: Client
  nodeName: string
  limitMs: number
  minor: number
}

const expired = (minor: number): string =>
  minor >= 28 ? 'context deadline exceeded' : 'timed out waiting for the condition'

function* hashOf({ client, nodeName }: Waiting, component: string): Run<string> {
  const pod = yield* client.get(pathOf('v1/pods', 'kube-system', `${component}-${nodeName}`), TIMEOUT)
  return pod.metadata?.annotations?.['kubernetes.io/config.hash'] ?? ''
}

/** The hash once the API server tells it. */
export function* podHash(p: Proc, waiting: Waiting, component: string): Run<string> {
  const { limitMs, nodeName, minor } = waiting
  const endMs = (yield* p.now()) + limitMs
  for (;;) {
    try {
      return yield* hashOf(waiting, component)
    } catch (error) {
      const text = goError(error)
      if (text === undefined) throw error
      if ((yield* p.now()) >= endMs)
        throw new KubeadmError(
          `failed to obtain static Pod hash for component ${component} on Node ${nodeName}: ${minor >= 28 ? text : expired(minor)}`,
        )
    }
    yield* p.sleep(POLL_MS)
  }
}

/** Until the kubelet runs what was written. Whatever the API server answers in between is waited out. */
export function* waitForHashChange(p: Proc, waiting: Waiting, component: string, before: string): Run<void> {
  const { limitMs, nodeName, minor } = waiting
  const endMs = (yield* p.now()) + limitMs
  while ((yield* p.now()) < endMs) {
    try {
      if ((yield* hashOf(waiting, component)) !== before) return
    } catch (error) {
      if (goError(error) === undefined) throw error
    }
    yield* p.sleep(POLL_MS)
  }
  throw new KubeadmError(
    `static Pod hash for component ${component} on Node ${nodeName} did not change after ${makeGoDuration(limitMs)}: ${expired(minor)}`,
  )
}

/** Until all pods of a label run; tells each time that their number changes. */
export function* waitForPods(p: Proc, { client, limitMs, minor }: Waiting, labelSelector: string): Run<void> {
  const endMs = (yield* p.now()) + limitMs
  let known = -1
  while ((yield* p.now()) < endMs) {
    try {
      const pods = yield* componentPods(client, labelSelector)
      if (pods.length !== known)
        yield* say(p, `[apiclient] Found ${pods.length} Pods for label selector ${labelSelector}`)
      known = pods.length
      if (known > 0 && pods.every(({ status }) => status?.phase === 'Running')) return
    } catch (error) {
      if (goError(error) === undefined) throw error
    }
    yield* p.sleep(POLL_MS)
  }
  throw new KubeadmError(expired(minor))
}
