/** The pods of a Job: making, counting and choosing them. Models pkg/controller/job/job_controller.go (R2.2, R2.5). */
import { isPodReady, podPhaseActive } from '../../objects/meta.ts'
import type { Container, Job, Pod, PodTemplateSpec } from '../../objects/types.gen.ts'
import type { ApiWrite } from '../controller.ts'
import { controllerReference } from '../shared/owners.ts'
import { rankForDeletion } from '../shared/ranking.ts'
import { podFromTemplate } from '../shared/pod-template.ts'
import { INDEX, indexOf } from './indexes.ts'
import { judgeFailure } from './policies.ts'

const PODS = 'v1/pods'
export const TRACKING = 'batch.kubernetes.io/job-tracking'
const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count'
const IGNORED_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count'
const INDEX_ENV = 'JOB_COMPLETION_INDEX'
/** The index is a label too from this minor on. */
const INDEX_LABEL_SINCE = 28
/** podReplacementPolicy acts, and status.terminating is told, from this minor on. */
export const REPLACEMENT_POLICY_SINCE = 29
const MAX_GENERATE_NAME = 58

export const isIndexed = (job: Job): boolean => job.spec?.completionMode === 'Indexed'
export const isSuspended = (job: Job): boolean => job.spec?.suspend === true
export const isPerIndex = (job: Job): boolean => job.spec?.backoffLimitPerIndex !== undefined
export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(TRACKING) === true
export const isTerminating = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
export const hasSucceeded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded'

export function replacesOnlyFailed(job: Job, minor: number): boolean {
  if (minor >= REPLACEMENT_POLICY_SINCE && job.spec?.podReplacementPolicy === 'Failed') return true
  return job.spec?.podFailurePolicy !== undefined
}

/** Failed, or on its way out where that counts as failed. */
export function hasFailed(pod: Pod, job: Job, minor: number): boolean {
  if (pod.status?.phase === 'Failed') return true
  if (replacesOnlyFailed(job, minor)) return false
  return pod.metadata.deletionTimestamp !== undefined && !hasSucceeded(pod)
}

/** Not counted yet, and of an index that the Job has. */
export function isCountable(pod: Pod, job: Job): boolean {
  if (!isTracked(pod)) return false
  return !isIndexed(job) || (indexOf(pod) >= 0 && indexOf(pod) < (job.spec?.completions ?? 0))
}

const numberOf = (text: string | undefined): number => (/^[0-9]+$/.test(text ?? '') ? Number(text) : 0)

/** How often the index had failed, for failures that counted, before this pod. */
export const failureCountOf = (pod: Pod): number => numberOf(pod.metadata.annotations?.[FAILURE_COUNT])

/** Ignored failures among them. */
export const absoluteFailureCountOf = (pod: Pod): number =>
  failureCountOf(pod) + numberOf(pod.metadata.annotations?.[IGNORED_COUNT])

function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (replaced === undefined) return { [FAILURE_COUNT]: '0' }
  const counts = judgeFailure(job, replaced).counts
  const ignored = numberOf(replaced.metadata.annotations?.[IGNORED_COUNT]) + (counts ? 0 : 1)
  return {
    [FAILURE_COUNT]: String(failureCountOf(replaced) + (counts ? 1 : 0)),
    ...(ignored > 0 && { [IGNORED_COUNT]: String(ignored) }),
  }
}

function withIndexEnv(containers: Container[] | undefined, minor: number): Container[] | undefined {
  const fieldPath = `metadata.${minor >= INDEX_LABEL_SINCE ? 'labels' : 'annotations'}['${INDEX}']`
  const variable = { name: INDEX_ENV, valueFrom: { fieldRef: { fieldPath } } }
  return containers?.map((container) =>
    container.env?.some(({ name }) => name === INDEX_ENV) === true
      ? container
      : { ...container, env: [...(container.env ?? []), variable] },
  )
}

function indexedTemplate(job: Job, at: number, replaced: Pod | undefined, minor: number): PodTemplateSpec {
  const { metadata, spec } = job.spec?.template ?? {}
  const mark = { [INDEX]: String(at) }
  return {
    metadata: {
      name: '',
      ...metadata,
      annotations: { ...metadata?.annotations, ...mark, ...(isPerIndex(job) && failureAnnotations(job, replaced)) },
      ...(minor >= INDEX_LABEL_SINCE && { labels: { ...metadata?.labels, ...mark } }),
    },
    spec: {
      ...spec,
      ...(spec?.initContainers !== undefined && { initContainers: withIndexEnv(spec.initContainers, minor) }),
      containers: withIndexEnv(spec?.containers, minor) ?? [],
      hostname: `${job.metadata.name}-${at}`,
    },
  }
}

function indexedPrefix(job: Job, at: number): string {
  const suffix = `-${at}-`
  const whole = `${job.metadata.name}${suffix}`
  return whole.length > MAX_GENERATE_NAME ? whole.slice(0, MAX_GENERATE_NAME - suffix.length) + suffix : whole
}

/** A new pod; `at` is its index, undefined in a Job without. `replaced` failed before it. */
export function jobPod(job: Job, at: number | undefined, replaced: Pod | undefined, minor: number): ApiWrite {
  const template = at === undefined ? (job.spec?.template ?? {}) : indexedTemplate(job, at, replaced, minor)
  const pod = podFromTemplate(job, template, controllerReference(job, 'batch/v1', 'Job'))
  const finalizers = [...(pod.metadata.finalizers ?? []).filter((one) => one !== TRACKING), TRACKING]
  const generateName = at === undefined ? pod.metadata.generateName : indexedPrefix(job, at)
  const body = { ...pod, metadata: { ...pod.metadata, generateName, finalizers } }
  return { verb: 'create', resource: PODS, namespace: job.metadata.namespace, body, mark: 'createPod' }
}

/** Takes the tracking finalizer off. */
export function untrack(pod: Pod): ApiWrite {
  const { namespace, name, uid } = pod.metadata
  const body = { metadata: { '$deleteFromPrimitiveList/finalizers': [TRACKING] } }
  return { verb: 'patch', resource: PODS, namespace, name, patchType: 'strategic', body, mark: `untrack ${uid}` }
}

/** Of several pods of one index, and of pods without a valid one, all but the best are too many. */
function surplusOfIndexes(job: Job, pods: Pod[], nowMs: number): Pod[] {
  const byIndex = new Map<number, Pod[]>()
  for (const pod of [...pods].sort((a, b) => indexOf(a) - indexOf(b)))
    byIndex.set(indexOf(pod), [...(byIndex.get(indexOf(pod)) ?? []), pod])
  return [...byIndex].flatMap(([at, same]) => {
    if (at < 0 || at >= (job.spec?.completions ?? 0)) return same
    return same.length === 1 ? [] : deletionOrder(same, nowMs).slice(0, -1)
  })
}

const deletionOrder = (pods: Pod[], nowMs: number): Pod[] =>
  rankForDeletion(
    pods.map((pod) => ({ pod, rank: 0 })),
    nowMs,
  )

/** Active pods to delete: those of surplus indexes, then at least so many. */
export function surplusPods(job: Job, active: Pod[], atLeast: number, nowMs: number): Pod[] {
  const surplus = isIndexed(job) ? surplusOfIndexes(job, active, nowMs) : []
  const rest = active.filter((pod) => !surplus.includes(pod))
  const more = Math.max(0, atLeast - surplus.length)
  return more === 0 ? surplus : [...surplus, ...deletionOrder(rest, nowMs).slice(0, more)]
}

export const activeOf = (pods: Pod[]): Pod[] => pods.filter(podPhaseActive)
export const countReady = (pods: Pod[]): number => pods.filter(isPodReady).length
