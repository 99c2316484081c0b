/**
 * Deletes pods that do not tolerate a NoExecute taint, or no longer: Models
 * pkg/controller/tainteviction/taint_eviction.go (B3). PodDisruptionBudgets are ignored, as upstream.
 */
import { semanticEqual } from '../../objects/equal.ts'
import { setCondition, timestamp } from '../../objects/meta.ts'
import { tolerates } from '../../objects/tolerations.ts'
import type { Node, Pod, Taint, Toleration } from '../../objects/types.gen.ts'
import { splitKey } from '../controller.ts'
import type { Context, Controller, EventWrite, Settled, Write } from '../controller.ts'

const NODES = 'v1/nodes'
const PODS = 'v1/pods'
const SOURCE = 'taint-eviction-controller'
const BY_NODE = 'node'
const NODE_KEY = 'node/'
const POD_KEY = 'pod/'

/** Planned deletions by pod, in ms since 1970. */
interface Memory {
  plans: Record<string, { uid: string; createdMs: number; fireMs: number }>
}

export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  watches: [
    {
      resource: NODES,
      keys: ({ object, old }) =>
        sameTaints(object as Node, old as Node | undefined) ? [] : [`${NODE_KEY}${object.metadata.name}`],
    },
    {
      resource: PODS,
      keys: ({ type, object, old }) =>
        concerns(object as Pod, old as Pod | undefined, type) ? [podKey(object as Pod)] : [],
    },
  ],
  indexes: { [PODS]: { [BY_NODE]: (pod) => [(pod as Pod).spec?.nodeName ?? ''] } },
  reconcile(context, key) {
    return key.startsWith(NODE_KEY) ? lookAtNode(context, key.slice(NODE_KEY.length)) : lookAtPod(context, key)
  },
  settle: deleteMarked,
}

function noExecute(node: Node | undefined): Taint[] {
  return (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
}

function sameTaints(node: Node, old: Node | undefined): boolean {
  const text = (one: Node | undefined): string =>
    noExecute(one)
      .map(({ key, value }) => `${key}=${value ?? ''}`)
      .join()
  return text(node) === text(old)
}

function concerns(pod: Pod, old: Pod | undefined, type: string): boolean {
  return (
    type === 'deleted' ||
    old === undefined ||
    pod.spec?.nodeName !== old.spec?.nodeName ||
    !semanticEqual(pod.spec?.tolerations, old.spec?.tolerations)
  )
}

function podKey(pod: Pod): string {
  return `${POD_KEY}${pod.metadata.namespace}/${pod.metadata.name}`
}

function plansOf(context: Context): Memory['plans'] {
  return context.memory<Memory>(() => ({ plans: {} })).plans
}

function lookAtNode(context: Context, name: string): Write[] {
  const taints = noExecute(context.cache<Node>(NODES).get('', name))
  return context
    .cache<Pod>(PODS)
    .by(BY_NODE, name)
    .flatMap((pod) => decide(context, pod, taints))
}

function lookAtPod(context: Context, key: string): Write[] {
  const { namespace, name } = splitKey(key.slice(POD_KEY.length))
  const pod = context.cache<Pod>(PODS).get(namespace, name)
  const plan = plansOf(context)[key]
  if (pod === undefined)
    return plan === undefined ? [] : cancel(context, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } })
  if (plan !== undefined && plan.uid === pod.metadata.uid && context.nowMs >= plan.fireMs) return mark(context, pod)
  return decide(context, pod, noExecute(context.cache<Node>(NODES).get('', pod.spec?.nodeName ?? '')))
}

/** Deletes now, plans a deletion, or cancels one. As upstream, also of a pod that is being deleted already. */
function decide(context: Context, pod: Pod, taints: Taint[]): Write[] {
  if (taints.length === 0) return cancel(context, pod)
  const used = matching(taints, pod.spec?.tolerations ?? [])
  if (used === undefined) {
    cancel(context, pod)
    return mark(context, pod)
  }
  const seconds = used.map(({ tolerationSeconds }) => tolerationSeconds).filter((one) => one !== undefined)
  if (seconds.length === 0) return cancel(context, pod)
  plan(context, pod, Math.max(0, Math.min(...seconds)) * 1000)
  return []
}

/** The tolerations that cover the taints; undefined when one is not covered. */
function matching(taints: Taint[], tolerations: Toleration[]): Toleration[] | undefined {
  const used: Toleration[] = []
  for (const taint of taints) {
    const toleration = tolerations.find((one) => tolerates(one, taint))
    if (toleration === undefined) return undefined
    used.push(toleration)
  }
  return used
}

/** A plan that stands keeps its start; a shorter toleration brings it forward, a longer one does not put it off. */
function plan(context: Context, pod: Pod, delayMs: number): void {
  const plans = plansOf(context)
  const key = podKey(pod)
  const standing = plans[key]
  const createdMs = standing?.createdMs ?? context.nowMs
  const fireMs = Math.min(createdMs + delayMs, standing?.fireMs ?? Infinity)
  plans[key] = { uid: pod.metadata.uid ?? '', createdMs, fireMs }
  context.requeueAfter(key, Math.max(0, fireMs - context.nowMs))
}

function cancel(context: Context, pod: Pod): Write[] {
  const plans = plansOf(context)
  const key = podKey(pod)
  if (plans[key] === undefined) return []
  delete plans[key]
  return [podEvent(pod, `Cancelling deletion of Pod ${pod.metadata.namespace}/${pod.metadata.name}`)]
}

/** The condition says why; the deletion follows when it is written. */
function mark(context: Context, pod: Pod): Write[] {
  delete plansOf(context)[podKey(pod)]
  const { namespace, name } = pod.metadata
  context.record('eviction', { pod: `${namespace}/${name}` })
  const message = 'Taint manager: deleting due to NoExecute taint'
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message,
    lastTransitionTime: timestamp(context.nowMs),
  }
  const body = { ...pod, status: { ...pod.status, conditions: setCondition(pod.status?.conditions, condition) } }
  return [
    podEvent(pod, `Marking for deletion Pod ${namespace}/${name}`),
    { verb: 'update', resource: PODS, namespace, name, subresource: 'status', body },
  ]
}

function deleteMarked(_context: Context, _key: string, { answers }: Settled): Write[] {
  const marked = answers.filter(({ call, code }) => call.subresource === 'status' && (code === 200 || code === 409))
  return marked.map(({ call: { namespace, name } }) => ({ verb: 'delete', resource: PODS, namespace, name }))
}

function podEvent(pod: Pod, message: string): EventWrite {
  return { verb: 'event', about: pod, type: 'Normal', reason: 'TaintManagerEviction', message, source: SOURCE }
}
