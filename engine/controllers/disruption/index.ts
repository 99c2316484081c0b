/**
 * Keeps the status of PodDisruptionBudgets: Models pkg/controller/disruption/disruption.go (I4, R6). Not
 * modelled: scale subresources of custom resources.
 */
import type { Change } from '../../api/client.ts'
import { semanticEqual } from '../../objects/equal.ts'
import { isPodReady, ownerOf, timestamp } from '../../objects/meta.ts'
import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import type {
  Condition,
  Pod,
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
  ReplicaSet,
} from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { Context, Controller, EventWrite, Write } from '../controller.ts'

const BUDGETS = 'policy/v1/poddisruptionbudgets'
const PODS = 'v1/pods'
/** Kinds whose spec.replicas tells how many pods are expected. */
const SCALABLE: Record<string, string> = {
  ReplicaSet: 'apps/v1/replicasets',
  StatefulSet: 'apps/v1/statefulsets',
  ReplicationController: 'v1/replicationcontrollers',
  Deployment: 'apps/v1/deployments',
}
const SOURCE = 'controllermanager'
/** How long an eviction may go unconfirmed before it stops counting. */
const DELETION_TIMEOUT_MS = 120_000

export const disruptionController: Controller = {
  name: 'disruption-controller',
  watches: [
    { resource: BUDGETS, keys: ({ type, object }) => (type === 'deleted' ? [] : [keyOf(object)]) },
    { resource: PODS, keys: budgetsOfPod },
    // Controllers are only looked up: a new size is seen by its pods.
    ...Object.values(SCALABLE).map((resource) => ({ resource, keys: () => [] })),
  ],
  reconcile,
}

function budgetsOfPod(change: Change, context: Context): string[] {
  const { namespace, labels } = change.object.metadata
  const budgets = context.cache<PodDisruptionBudget>(BUDGETS).list(namespace ?? '')
  return budgets.filter((budget) => selects(budget, labels)).map(keyOf)
}

function selects(budget: PodDisruptionBudget, labels: Record<string, string> | undefined): boolean {
  return budget.spec?.selector !== undefined && matchesLabels(selectorFromObject(budget.spec.selector), labels)
}

function reconcile(context: Context, key: string): Write[] {
  const { namespace, name } = splitKey(key)
  const budget = context.cache<PodDisruptionBudget>(BUDGETS).get(namespace, name)
  if (budget === undefined) return []
  const pods = context
    .cache<Pod>(PODS)
    .list(namespace)
    .filter((pod) => selects(budget, pod.metadata.labels))
  const events = pods.length === 0 ? [budgetEvent(budget, 'Normal', 'NoPods', 'No matching pods found')] : []
  const counts = expectedPods(context, budget, pods)
  if ('failure' in counts) return [...events, ...syncFailed(context, budget, counts.failure)]
  return [...events, ...unmanagedEvents(budget, counts), ...statusWrites(context, budget, pods, counts)]
}

interface Counts {
  expected: number
  desired: number
  /** Pods without a controller, which a percentage cannot count. */
  unmanaged: string[]
}

function expectedPods(context: Context, budget: PodDisruptionBudget, pods: Pod[]): Counts | { failure: string } {
  const { maxUnavailable, minAvailable } = budget.spec ?? {}
  if (maxUnavailable === undefined && typeof minAvailable === 'number')
    return { expected: pods.length, desired: minAvailable, unmanaged: [] }
  if (maxUnavailable === undefined && minAvailable === undefined) return { expected: 0, desired: 0, unmanaged: [] }
  const scale = expectedScale(context, pods)
  if ('failure' in scale) return scale
  const { expected, unmanaged } = scale
  const limit = roundedUp(maxUnavailable ?? minAvailable ?? 0, expected)
  return { expected, desired: maxUnavailable === undefined ? limit : Math.max(0, expected - limit), unmanaged }
}

/** A percentage of the expected pods, rounded up. */
function roundedUp(value: number | string, expected: number): number {
  return typeof value === 'number' ? value : Math.ceil((parseInt(value, 10) * expected) / 100)
}

function expectedScale(context: Context, pods: Pod[]): { expected: number; unmanaged: string[] } | { failure: string } {
  const scales = new Map<string, number>()
  const unmanaged: string[] = []
  for (const pod of pods) {
    const controller = ownerOf(pod)
    if (controller === undefined) {
      unmanaged.push(pod.metadata.name)
      continue
    }
    const found = scaleOf(context, pod.metadata.namespace ?? '', controller.kind, controller.name)
    if (found === undefined) return { failure: `found no controllers for pod "${pod.metadata.name}"` }
    scales.set(found.uid, found.replicas)
  }
  return { expected: [...scales.values()].reduce((sum, one) => sum + one, 0), unmanaged }
}

/** The scale of a controller; a ReplicaSet of a Deployment answers with its Deployment's. */
function scaleOf(
  context: Context,
  namespace: string,
  kind: string,
  name: string,
): { uid: string; replicas: number } | undefined {
  const resource = SCALABLE[kind]
  const object = resource === undefined ? undefined : context.cache<ReplicaSet>(resource).get(namespace, name)
  if (object === undefined) return undefined
  const owner = ownerOf(object)
  if (kind === 'ReplicaSet' && owner?.kind === 'Deployment')
    return scaleOf(context, namespace, 'Deployment', owner.name)
  return { uid: object.metadata.uid ?? '', replicas: object.spec?.replicas ?? 1 }
}

function statusWrites(
  context: Context,
  budget: PodDisruptionBudget,
  pods: Pod[],
  { expected, desired }: Counts,
): Write[] {
  const disrupted = stillDisrupted(context, budget, pods)
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined && disrupted[pod.metadata.name] === undefined && isPodReady(pod),
  ).length
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0
  const condition = allowedCondition(budget, allowed, context.nowMs)
  const status: PodDisruptionBudgetStatus = {
    conditions: [...(budget.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed'), condition],
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    expectedPods: expected,
    observedGeneration: budget.metadata.generation,
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
  }
  return semanticEqual(status, budget.status) ? [] : [statusUpdate(budget, status)]
}

/** Evictions that were granted and whose pods are not yet on their way; old ones no longer count. */
function stillDisrupted(context: Context, budget: PodDisruptionBudget, pods: Pod[]): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, since] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = pods.find(({ metadata }) => metadata.name === name)
    const leftMs = Date.parse(since) + DELETION_TIMEOUT_MS - context.nowMs
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || leftMs <= 0) continue
    kept[name] = since
    context.requeueAfter(keyOf(budget), leftMs)
  }
  return kept
}

function allowedCondition(budget: PodDisruptionBudget, allowed: number, nowMs: number): Condition {
  const status = allowed > 0 ? 'True' : 'False'
  const present = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed')
  const lastTransitionTime = present?.status === status ? present.lastTransitionTime : timestamp(nowMs)
  const reason = allowed > 0 ? 'SufficientPods' : 'InsufficientPods'
  return {
    type: 'DisruptionAllowed',
    status,
    reason,
    message: '',
    lastTransitionTime,
    observedGeneration: budget.metadata.generation,
  }
}

function syncFailed(context: Context, budget: PodDisruptionBudget, failure: string): Write[] {
  const condition = { ...allowedCondition(budget, 0, context.nowMs), reason: 'SyncFailed', message: failure }
  const counts = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...budget.status }
  const status: PodDisruptionBudgetStatus = {
    ...counts,
    disruptionsAllowed: 0,
    conditions: [condition],
    observedGeneration: budget.metadata.generation,
  }
  const event = budgetEvent(
    budget,
    'Warning',
    'CalculateExpectedPodCountFailed',
    `Failed to calculate the number of expected pods: ${failure}`,
  )
  return semanticEqual(status, budget.status) ? [] : [event, statusUpdate(budget, status)]
}

function unmanagedEvents(budget: PodDisruptionBudget, { unmanaged }: Counts): Write[] {
  if (unmanaged.length === 0) return []
  const labels = Object.entries(budget.spec?.selector?.matchLabels ?? {})
    .map(([key, value]) => `${key}: ${value},`)
    .join('')
  const selector = `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{},}`
  const message =
    `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, ` +
    'which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
  return [budgetEvent(budget, 'Warning', 'UnmanagedPods', message)]
}

function statusUpdate(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Write {
  const { namespace, name } = budget.metadata
  return { verb: 'update', resource: BUDGETS, namespace, name, subresource: 'status', body: { ...budget, status } }
}

function budgetEvent(
  about: PodDisruptionBudget,
  type: EventWrite['type'],
  reason: string,
  message: string,
): EventWrite {
  return { verb: 'event', about, type, reason, message, source: SOURCE }
}
