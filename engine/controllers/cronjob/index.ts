/** Models pkg/controller/cronjob/cronjob_controllerv2.go (R3). The manager's own zone is UTC. */
import type { Answer, Change, KubeObject } from '../../api/client.ts'
import { makeRfc3339, zoneOf } from '../../objects/cron/zones.ts'
import type { Schedule } from '../../objects/cron/schedule.ts'
import { semanticEqual } from '../../objects/equal.ts'
import { conditionOf, timestamp } from '../../objects/meta.ts'
import type { CronJob, CronJobStatus, Job, ObjectReference, Status } from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, EventWrite, Settled, Write } from '../controller.ts'
import { BY_CONTROLLER, byController, controllerReference, ownerKeys } from '../shared/owners.ts'
import { mostRecent, nextRunInMs, scheduleOf, zoneOfCronJob } from './times.ts'

const CRON_JOBS = 'batch/v1/cronjobs'
const JOBS = 'batch/v1/jobs'
const SOURCE = 'cronjob-controller'
const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
/** Jobs tell when they were due from this minor on. */
const SCHEDULED_AT_SINCE = 28
/** `condition: Complete` in place of `status: Complete` from this minor on. */
const CONDITION_TEXT_SINCE = 30

export interface CronJobOptions {
  minor: number
}

/** What is left of a sync while its writes are under way. */
interface Pending {
  status: CronJobStatus
  /** Told after the clean-up. */
  events: EventWrite[]
  dueMs?: number
}

type Memory = Record<string, Pending>

const memoryOf = (context: Context): Memory => context.memory<Memory>(() => ({}))

export function cronJobController(options: CronJobOptions): Controller {
  return {
    name: 'cronjob-controller',
    watches: [
      { resource: CRON_JOBS, keys: keysOfCronJob },
      { resource: JOBS, keys: ownerKeys('CronJob') },
    ],
    indexes: { [JOBS]: { [BY_CONTROLLER]: byController } },
    reconcile: (context, key) => new Sync(context, key, options).reconcile(),
    settle: (context, key, settled) => new Sync(context, key, options).settle(settled),
  }
}

/** Another schedule is waited for; all else is looked at at once. */
function keysOfCronJob(change: Change, context: Context): string[] {
  const [now, old] = [change.object as CronJob, change.old as CronJob | undefined]
  const rescheduled =
    old !== undefined && (now.spec?.schedule !== old.spec?.schedule || now.spec?.timeZone !== old.spec?.timeZone)
  if (change.type !== 'modified' || !rescheduled) return [keyOf(now)]
  const parsed = scheduleOf(now)
  if ('schedule' in parsed) context.requeueAfter(keyOf(now), nextRunInMs(now, parsed.schedule, context.nowMs))
  return []
}

class Sync {
  private readonly cronJob: CronJob | undefined
  private readonly calls: ApiWrite[] = []
  private readonly events: EventWrite[] = []
  private status: CronJobStatus = {}

  constructor(
    private readonly context: Context,
    private readonly key: string,
    private readonly options: CronJobOptions,
  ) {
    const { namespace, name } = splitKey(key)
    this.cronJob = context.cache<CronJob>(CRON_JOBS).get(namespace, name)
  }

  reconcile(): Write[] {
    const { cronJob, context } = this
    if (cronJob === undefined) return []
    this.status = { ...cronJob.status }
    const jobs = context.cache<Job>(JOBS).by(BY_CONTROLLER, cronJob.metadata.uid ?? '')
    this.cleanup(cronJob, jobs)
    for (const job of jobs) this.notice(cronJob, job)
    this.forgetMissing(cronJob, jobs)
    const dueMs = this.start(cronJob)
    if (this.calls.length === 0) return [...this.events, ...statusWrites(cronJob, this.status)]
    const { status, events } = this
    memoryOf(context)[this.key] = { status, events, ...(dueMs !== undefined && { dueMs }) }
    return this.calls
  }

  /** Jobs are deleted and created; then the status tells of them. */
  settle({ answers }: Settled): Write[] {
    const memory = memoryOf(this.context)
    const pending = memory[this.key]
    delete memory[this.key]
    if (pending === undefined || this.cronJob === undefined) return []
    this.status = pending.status
    const isCleanup = ({ call }: Answer): boolean => (call as ApiWrite).mark === 'cleanup'
    for (const answer of answers.filter(isCleanup)) this.takeDeletion(answer)
    this.events.push(...pending.events)
    for (const answer of answers.filter((one) => !isCleanup(one))) this.take(this.cronJob, answer, pending.dueMs)
    return [...this.events, ...statusWrites(this.cronJob, this.status)]
  }

  private say(type: EventWrite['type'], reason: string, message: string): void {
    this.events.push({ verb: 'event', about: this.cronJob as CronJob, type, reason, message, source: SOURCE })
  }

  /** Finished Jobs beyond the limits go, the oldest first. */
  private cleanup({ spec }: CronJob, jobs: Job[]): void {
    const beyond = (type: string, limit: number | undefined): Job[] => {
      const ended = jobs.filter((job) => finishedAs(job) === type).sort(olderFirst)
      return limit === undefined ? [] : ended.slice(0, Math.max(0, ended.length - limit))
    }
    const old = [
      ...beyond('Complete', spec?.successfulJobsHistoryLimit),
      ...beyond('Failed', spec?.failedJobsHistoryLimit),
    ].filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    this.calls.push(...old.map((job) => deleteJob(job, 'cleanup')))
  }

  private notice({ status }: CronJob, job: Job): void {
    const { name, uid } = job.metadata
    const [isActive, finished] = [(status?.active ?? []).some((one) => one.uid === uid), finishedAs(job)]
    if (!isActive && finished === undefined)
      this.say('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`)
    else if (isActive && finished !== undefined) {
      this.deactivate(uid)
      const word = this.options.minor >= CONDITION_TEXT_SINCE ? 'condition' : 'status'
      this.say('Normal', 'SawCompletedJob', `Saw completed job: ${name}, ${word}: ${finished}`)
    } else if (finished === 'Complete') this.noteSuccess(job.status?.completionTime)
  }

  private noteSuccess(completionTime: string | null | undefined): void {
    const last = this.status.lastSuccessfulTime
    if (completionTime && (!last || Date.parse(completionTime) > Date.parse(last)))
      this.status = { ...this.status, lastSuccessfulTime: completionTime }
  }

  private deactivate(uid: string | undefined): void {
    this.status = { ...this.status, active: (this.status.active ?? []).filter((one) => one.uid !== uid) }
  }

  private forgetMissing({ status }: CronJob, jobs: Job[]): void {
    const present = new Set(jobs.map(({ metadata }) => metadata.uid))
    for (const { uid, name } of status?.active ?? []) {
      if (present.has(uid)) continue
      this.say('Normal', 'MissingJob', `Active job went missing: ${name}`)
      this.deactivate(uid)
    }
  }

  /** Starts the run that is due; its time. */
  private start(cronJob: CronJob): number | undefined {
    const { spec, metadata } = cronJob
    if (metadata.deletionTimestamp !== undefined || !this.hasZone(cronJob) || spec?.suspend === true) return undefined
    const schedule = this.schedule(cronJob)
    if (schedule === undefined) return undefined
    const dueMs = this.due(cronJob, schedule)
    if (dueMs === 'invalid') return undefined
    this.context.requeueAfter(this.key, nextRunInMs(cronJob, schedule, this.context.nowMs))
    if (dueMs === undefined || !this.mayStart(cronJob, dueMs)) return undefined
    if (spec?.concurrencyPolicy === 'Replace') this.replaceActive(cronJob)
    this.calls.push(createJob(cronJob, dueMs, this.options.minor))
    return dueMs
  }

  private hasZone({ spec }: CronJob): boolean {
    const name = spec?.timeZone
    if (name === undefined || zoneOf(name) !== undefined) return true
    this.say('Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(name)}: unknown time zone ${name}`)
    return false
  }

  private schedule(cronJob: CronJob): Schedule | undefined {
    const text = cronJob.spec?.schedule ?? ''
    if (text.includes('TZ'))
      this.say(
        'Warning',
        'UnsupportedSchedule',
        `CRON_TZ or TZ used in schedule ${JSON.stringify(text)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`,
      )
    const parsed = scheduleOf(cronJob)
    if ('schedule' in parsed) return parsed.schedule
    this.say('Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(text)} : ${parsed.error}`)
    return undefined
  }

  private due(cronJob: CronJob, schedule: Schedule): number | 'invalid' | undefined {
    const { dueMs, missed, error } = mostRecent(cronJob, schedule, this.context.nowMs, true)
    if (error !== undefined) {
      this.say('Warning', 'InvalidSchedule', `invalid schedule: ${cronJob.spec?.schedule} : ${error}`)
      return 'invalid'
    }
    if (dueMs !== undefined && missed === 'many')
      this.say(
        'Warning',
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      )
    return dueMs
  }

  private mayStart({ spec, status, metadata }: CronJob, dueMs: number): boolean {
    const deadline = spec?.startingDeadlineSeconds
    if (deadline !== undefined && dueMs + deadline * 1000 < this.context.nowMs) {
      this.say('Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc1123(dueMs)}`)
      return false
    }
    const active = this.status.active ?? []
    const name = jobName(metadata.name, dueMs)
    if (active.some((one) => one.name === name) || sameSecond(status?.lastScheduleTime, dueMs)) return false
    if (spec?.concurrencyPolicy !== 'Forbid' || active.length === 0) return true
    this.say(
      'Normal',
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    )
    return false
  }

  private replaceActive({ metadata }: CronJob): void {
    const cache = this.context.cache<Job>(JOBS)
    const jobs = (this.status.active ?? []).flatMap(({ name }) => cache.get(metadata.namespace ?? '', name ?? '') ?? [])
    this.calls.push(...jobs.map((job) => deleteJob(job, 'replace')))
  }

  private take(cronJob: CronJob, answer: Answer, dueMs: number | undefined): void {
    if (answer.call.verb === 'delete') this.takeDeletion(answer)
    else if (answer.call.verb === 'create') this.takeCreation(cronJob, answer, dueMs)
  }

  private takeDeletion(answer: Answer): void {
    const { name, namespace } = answer.call
    if (isFailure(answer)) return this.say('Warning', 'FailedDelete', `Deleted job: ${messageOf(answer)}`)
    const job = this.context.cache<Job>(JOBS).get(namespace ?? '', name ?? '')
    this.status = {
      ...this.status,
      active: (this.status.active ?? []).filter((one) => one.name !== name && one.uid !== job?.metadata.uid),
    }
    this.say('Normal', 'SuccessfulDelete', `Deleted job ${name}`)
  }

  private takeCreation(cronJob: CronJob, answer: Answer, dueMs: number | undefined): void {
    const { name } = (answer.call.body as KubeObject).metadata
    const job = answer.code === 409 ? this.ownJob(cronJob, name) : (answer.body as Job)
    if (answer.code !== 409 && isFailure(answer)) {
      if (isNamespaceTerminating(answer)) return
      return this.say('Warning', 'FailedCreate', `Error creating job: ${messageOf(answer)}`)
    }
    if (job === undefined) return
    if (answer.code !== 409) this.say('Normal', 'SuccessfulCreate', `Created job ${name}`)
    const active = [...(this.status.active ?? []), referenceTo(job)]
    this.status = { ...this.status, active, ...(dueMs !== undefined && { lastScheduleTime: timestamp(dueMs) }) }
  }

  /** A Job of that name which an earlier sync made. */
  private ownJob({ metadata }: CronJob, name: string): Job | undefined {
    const job = this.context.cache<Job>(JOBS).get(metadata.namespace ?? '', name)
    return job?.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true ? job : undefined
  }
}

function finishedAs(job: Job): 'Complete' | 'Failed' | undefined {
  for (const type of ['Complete', 'Failed'] as const)
    if (conditionOf(job.status?.conditions, type)?.status === 'True') return type
  return undefined
}

function olderFirst(a: Job, b: Job): number {
  const [left, right] = [a.status?.startTime, b.status?.startTime]
  if (left && right && left !== right) return left < right ? -1 : 1
  if (!left !== !right) return left ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}

/** The runs are told apart by the minute for which they were due. */
const jobName = (cronJob: string, dueMs: number): string => `${cronJob}-${Math.floor(dueMs / 60_000)}`

function createJob(cronJob: CronJob, dueMs: number, minor: number): ApiWrite {
  const { namespace, name } = cronJob.metadata
  const { metadata, spec } = cronJob.spec?.jobTemplate ?? {}
  const due = minor >= SCHEDULED_AT_SINCE && { [SCHEDULED_AT]: makeRfc3339(zoneOfCronJob(cronJob), dueMs) }
  const annotations = { ...metadata?.annotations, ...due }
  const body = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(name, dueMs),
      namespace,
      ...(metadata?.labels !== undefined && { labels: metadata.labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ownerReferences: [controllerReference(cronJob, 'batch/v1', 'CronJob')],
    },
    spec,
  }
  return { verb: 'create', resource: JOBS, namespace, body, mark: 'createJob' }
}

function deleteJob({ metadata: { namespace, name } }: Job, mark: string): ApiWrite {
  return {
    verb: 'delete',
    resource: JOBS,
    namespace,
    name,
    body: { propagationPolicy: 'Background' },
    mark,
  }
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { name, namespace, resourceVersion, uid } = metadata
  return { apiVersion: 'batch/v1', kind: 'Job', name, namespace, resourceVersion, uid }
}

function statusWrites(cronJob: CronJob, { active = [], ...rest }: CronJobStatus): Write[] {
  const status = { ...rest, ...(active.length > 0 && { active }) }
  if (semanticEqual(status, { ...cronJob.status })) return []
  const { namespace, name } = cronJob.metadata
  const body = { ...cronJob, status }
  return [{ verb: 'update', resource: CRON_JOBS, namespace, name, subresource: 'status', body, mark: 'status' }]
}

const sameSecond = (text: string | null | undefined, ms: number): boolean =>
  typeof text === 'string' && Date.parse(text) === Math.floor(ms / 1000) * 1000

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Fri, 20 Nov 2026 10:00:00 +0000` */
function rfc1123(ms: number): string {
  const date = new Date(ms)
  const day = String(date.getUTCDate()).padStart(2, '0')
  const time = date.toISOString().slice(11, 19)
  return `${DAYS[date.getUTCDay()]}, ${day} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()} ${time} +0000`
}

function isFailure(answer: Answer): boolean {
  return answer.code >= 400 || answer.code === 0
}

function messageOf(answer: Answer): string {
  return (answer.body as Status | undefined)?.message ?? answer.failure ?? ''
}

function isNamespaceTerminating(answer: Answer): boolean {
  const causes = (answer.body as Status | undefined)?.details?.causes ?? []
  return causes.some((cause) => cause.reason === 'NamespaceTerminating')
}
