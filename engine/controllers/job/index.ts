/**
 * Models pkg/controller/job/job_controller.go (R2). Not modelled: the back-off of failed syncs is the controllers'
 * common one, not 1 s to 60 s; before 1.26, tracking without finalizers; elastic Indexed Jobs count what is beyond.
 */
import type { Answer, Change, KubeObject } from '../../api/client.ts'
import { ownerOf } from '../../objects/meta.ts'
import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { Job, Pod, Status } from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, EventWrite, Settled, Write } from '../controller.ts'
import {
  BY_CONTROLLER,
  byController,
  controllerReference,
  ownerOrAdopterKeys,
  settleOwnership,
} from '../shared/owners.ts'
import type { BackoffRecord } from './backoff.ts'
import { isFinished } from './conditions.ts'
import { SYNC_BATCH_PERIOD_MS } from './flags.ts'
import { manageJob, removeActive, standing } from './manage.ts'
import type { Management } from './manage.ts'
import { deadlineInMs, endingOf, observe } from './observe.ts'
import type { Observed } from './observe.ts'
import { TRACKING, isTracked, untrack } from './pods.ts'
import { countUntracked, ended, endingEvents, jobEvent, mayEnd, track } from './track.ts'
import type { Tracking } from './track.ts'

const JOBS = 'batch/v1/jobs'
const PODS = 'v1/pods'
const OWN_NAME = 'kubernetes.io/job-controller'
/** Jobs of other controllers are left alone from this minor on. */
const MANAGED_BY_SINCE = 32
/** Keys of pods whose Job is gone. */
const ORPHAN = '#'

export interface JobOptions {
  minor: number
}

interface Memory {
  tracking: Record<string, Tracking>
  backoff: Record<string, BackoffRecord>
}

const memoryOf = (context: Context): Memory => context.memory<Memory>(() => ({ tracking: {}, backoff: {} }))

const selects = (job: Job, labels: Record<string, string>): boolean =>
  matchesLabels(selectorFromObject(job.spec?.selector), labels)

export function jobController(options: JobOptions): Controller {
  const owners = ownerOrAdopterKeys<Job>('Job', JOBS, selects)
  return {
    name: 'job-controller',
    watches: [
      { resource: JOBS, keys: keysOfJob },
      {
        resource: PODS,
        keys: (change, context) => {
          for (const key of owners(change, context)) context.requeueAfter(key, SYNC_BATCH_PERIOD_MS)
          return orphanKeys(context, change.object as Pod)
        },
      },
    ],
    indexes: { [PODS]: { [BY_CONTROLLER]: byController } },
    reconcile: (context, key) =>
      key.startsWith(ORPHAN) ? releaseOrphan(context, key) : new Sync(context, key, options).reconcile(),
    settle: (context, key, settled) => (key.startsWith(ORPHAN) ? [] : new Sync(context, key, options).settle(settled)),
  }
}

/** A new spec is looked at at once, a new status a little later; the pods of a Job that is gone lose their finalizers. */
function keysOfJob(change: Change, context: Context): string[] {
  const { metadata } = change.object
  if (change.type === 'deleted') {
    const pods = context.cache<Pod>(PODS).by(BY_CONTROLLER, metadata.uid ?? '')
    return [keyOf(change.object), ...pods.filter(isTracked).map(orphanKey)]
  }
  if (change.type === 'added' || metadata.generation !== change.old.metadata.generation) return [keyOf(change.object)]
  context.requeueAfter(keyOf(change.object), SYNC_BATCH_PERIOD_MS)
  return []
}

const orphanKey = (pod: Pod): string => `${ORPHAN}${keyOf(pod)}`

const orphanKeys = (context: Context, pod: Pod): string[] =>
  isTracked(pod) && jobOf(context, pod) === undefined ? [orphanKey(pod)] : []

/** The unfinished Job that controls the pod. */
function jobOf(context: Context, pod: Pod): Job | undefined {
  const owner = ownerOf(pod)
  if (owner?.kind !== 'Job') return undefined
  const job = context.cache<Job>(JOBS).get(pod.metadata.namespace ?? '', owner.name)
  return job?.metadata.uid === owner.uid && !isFinished(job) ? job : undefined
}

function releaseOrphan(context: Context, key: string): Write[] {
  const { namespace, name } = splitKey(key.slice(ORPHAN.length))
  const pod = context.cache<Pod>(PODS).get(namespace, name)
  return pod !== undefined && isTracked(pod) && jobOf(context, pod) === undefined ? [untrack(pod)] : []
}

class Sync {
  private readonly job: Job | undefined
  private readonly memory: Memory

  constructor(
    private readonly context: Context,
    private readonly key: string,
    private readonly options: JobOptions,
  ) {
    const { namespace, name } = splitKey(key)
    this.job = context.cache<Job>(JOBS).get(namespace, name)
    this.memory = memoryOf(context)
  }

  reconcile(): Write[] {
    const { job } = this
    if (job === undefined || isFinished(job)) {
      delete this.memory.backoff[this.key]
      return []
    }
    if (this.isForeign(job)) return []
    const adoptions = this.adopt(job)
    if (adoptions.length > 0) return adoptions
    const observed = this.observe(job)
    const ending = endingOf(observed)
    const management = ending === undefined ? this.manage(observed) : removeActive(observed)
    const tracking = track(observed, management, ending)
    const writes = podRound(management)
    return writes.length > 0 ? this.keep(tracking, writes) : this.next(tracking)
  }

  /** Pods are followed by the status, that by the finalizers, those by the counters. */
  settle({ answers, skipped }: Settled): Write[] {
    const tracking = this.memory.tracking[this.key]
    const job = this.job ?? tracking?.job
    if (tracking === undefined || job === undefined) return []
    delete this.memory.tracking[this.key]
    if (tracking.stage === 'pods') {
      const events = answers.flatMap((answer) => eventsFor(job, answer))
      return [...events, ...tracking.events, ...this.next(afterPods(tracking, answers, skipped.length))]
    }
    if (tracking.stage === 'flush') return answers.some(isFailure) ? [] : this.next(this.afterFlush(tracking, answers))
    if (tracking.stage === 'untrack') return this.next(afterUntrack(tracking, answers))
    if (answers.some(isFailure) || tracking.ending === undefined || !tracking.finished) return []
    return endingEvents(tracking.job, tracking.ending)
  }

  private isForeign(job: Job): boolean {
    const { managedBy } = job.spec ?? {}
    return this.options.minor >= MANAGED_BY_SINCE && managedBy !== undefined && managedBy !== OWN_NAME
  }

  private adopt(job: Job): ApiWrite[] {
    const owned = this.context.cache<Pod>(PODS).by(BY_CONTROLLER, job.metadata.uid ?? '')
    const strangers = owned.filter(({ metadata }) => !selects(job, metadata.labels ?? {}))
    const selector = selectorFromObject(job.spec?.selector)
    const reference = controllerReference(job, 'batch/v1', 'Job')
    return settleOwnership(this.context, job, reference, PODS, selector, strangers).map(withTracking)
  }

  private observe(job: Job): Observed {
    const owned = this.context.cache<Pod>(PODS).by(BY_CONTROLLER, job.metadata.uid ?? '')
    const pods = owned.filter(({ metadata }) => selects(job, metadata.labels ?? {}))
    return observe(job, pods, this.memory.backoff[this.key], this.options.minor, this.context.nowMs)
  }

  private manage(observed: Observed): Management {
    const left = deadlineInMs(observed)
    if (left !== undefined) this.context.requeueAfter(this.key, left)
    if (observed.job.metadata.deletionTimestamp !== undefined) return standing(observed)
    const management = manageJob(observed)
    if (management.waitMs !== undefined) this.context.requeueAfter(this.key, management.waitMs)
    return management
  }

  private keep(tracking: Tracking, writes: Write[]): Write[] {
    this.memory.tracking[this.key] = tracking
    return writes
  }

  /** The next round of writes; none when all is done. */
  private next(tracking: Tracking): Write[] {
    const events = tracking.stage === 'pods' ? tracking.events : []
    if (tracking.stage === 'pods' && tracking.needsFlush) {
      const writes = [...events, statusWrite(tracking.job)]
      return this.keep({ ...tracking, stage: 'flush', events: [], needsFlush: false }, writes)
    }
    if (tracking.stage !== 'untrack' && tracking.untrack.length > 0)
      return this.keep({ ...tracking, stage: 'untrack', untrack: [] }, tracking.untrack)
    return this.finish(tracking)
  }

  private finish(tracking: Tracking): Write[] {
    const status = { ...tracking.job.status }
    const counted = countUntracked(status, new Set(tracking.tracked))
    const next = { ...tracking, job: { ...tracking.job, status } }
    const finished = mayEnd(next, this.options.minor)
    if (!counted && !finished && !tracking.needsFlush) return []
    const job = finished && next.ending !== undefined ? ended(next.job, next.ending) : next.job
    return this.keep({ ...next, stage: 'final', job, finished }, [statusWrite(job)])
  }

  private afterFlush(tracking: Tracking, answers: Answer[]): Tracking {
    this.memory.backoff[this.key] = tracking.backoff
    const written = answers[0]?.body as Job | undefined
    return { ...tracking, job: { ...tracking.job, metadata: written?.metadata ?? tracking.job.metadata } }
  }
}

/** Pods that could not be made are not active; when one could not be deleted, the Job cannot be over yet. */
function afterPods(tracking: Tracking, answers: Answer[], skipped: number): Tracking {
  const failed = (verb: string): number =>
    answers.filter((answer) => answer.call.verb === verb && isFailure(answer) && answer.code !== 404).length
  const [unmade, undeleted] = [failed('create') + skipped, failed('delete')]
  if (unmade + undeleted === 0) return { ...tracking, events: [] }
  const active = (tracking.job.status?.active ?? 0) - unmade + undeleted
  const next = { ...tracking, events: [], job: { ...tracking.job, status: { ...tracking.job.status, active } } }
  if (undeleted > 0) delete next.ending
  return next
}

function afterUntrack(tracking: Tracking, answers: Answer[]): Tracking {
  const done = new Set(
    answers
      .filter((answer) => !isFailure(answer) || answer.code === 404)
      .map((answer) => uidOf(answer.call as ApiWrite)),
  )
  return { ...tracking, tracked: tracking.tracked.filter((uid) => !done.has(uid)) }
}

const uidOf = ({ mark = '' }: ApiWrite): string => mark.replace('untrack ', '')

/** An adopted pod is tracked too. */
function withTracking(write: ApiWrite): ApiWrite {
  if (write.mark !== 'adopt') return write
  const body = write.body as { metadata: object }
  return { ...write, body: { ...body, metadata: { ...body.metadata, finalizers: [TRACKING] } } }
}

function podRound({ create, remove }: Management): Write[] {
  return [...(create.length > 0 ? [{ verb: 'slowStart' as const, writes: lastFirst(create) }] : []), ...remove]
}

/** Of each batch of 1, 2, 4 … the last comes first: Go runs the newest of several goroutines before the others. */
function lastFirst(writes: ApiWrite[]): ApiWrite[] {
  const ordered: ApiWrite[] = []
  for (let size = 1; ordered.length < writes.length; size *= 2) {
    const batch = writes.slice(ordered.length, ordered.length + size)
    ordered.push(...batch.slice(-1), ...batch.slice(0, -1))
  }
  return ordered
}

/** Counts of zero and empty texts are left out, as upstream's types are written. */
function statusWrite(job: Job): ApiWrite {
  const { namespace, name } = job.metadata
  const status = { ...job.status }
  for (const field of ['active', 'succeeded', 'failed'] as const) if (status[field] === 0) delete status[field]
  if (status.completedIndexes === '') delete status.completedIndexes
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  status.uncountedTerminatedPods = { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) }
  const body = { ...job, status }
  return { verb: 'update', resource: JOBS, namespace, name, subresource: 'status', body, mark: 'status' }
}

function isFailure(answer: Answer): boolean {
  return answer.code >= 400 || answer.code === 0
}

function messageOf(answer: Answer): string {
  return (answer.body as Status | undefined)?.message ?? answer.failure ?? ''
}

function eventsFor(job: Job, answer: Answer): EventWrite[] {
  const { verb, name } = answer.call
  if (verb !== 'create' && verb !== 'delete') return []
  const [done, doing, word] = verb === 'create' ? ['Created', 'creating', 'Create'] : ['Deleted', 'deleting', 'Delete']
  if (!isFailure(answer)) {
    const pod = verb === 'create' ? (answer.body as KubeObject).metadata.name : name
    return [jobEvent(job, 'Normal', `Successful${word}`, `${done} pod: ${pod}`)]
  }
  if (isNamespaceTerminating(answer) || (verb === 'delete' && answer.code === 404)) return []
  return [jobEvent(job, 'Warning', `Failed${word}`, `Error ${doing}: ${messageOf(answer)}`)]
}

function isNamespaceTerminating(answer: Answer): boolean {
  const causes = (answer.body as Status | undefined)?.details?.causes ?? []
  return causes.some((cause) => cause.reason === 'NamespaceTerminating')
}
