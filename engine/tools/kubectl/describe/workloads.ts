/** Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs. Models kubectl/pkg/describe (K3). */
import { humanDuration } from '../../../objects/duration.ts'
import type { Run } from '../../../host/process.ts'
import type { CronJob, DaemonSet, Deployment, Job, ReplicaSet, StatefulSet } from '../../../objects/types.gen.ts'
import { listAll } from '../builder.ts'
import type { ApiObject, ObjectMeta } from '../client.ts'
import type { Context } from '../command.ts'
import { labelsText } from '../printers/table.ts'
import { texts } from '../texts.ts'
import { isPod, labelSelectorText, type PodLike } from '../verbs/pods-of.ts'
import type { Describer } from './describer.ts'
import { podTemplateLines } from './pod-template.ts'
import { annotationLines, labelLines, timeText, type Writer } from './writer.ts'

const names = (w: Writer, metadata: ObjectMeta): void => {
  w.field('Name', metadata.name)
  w.field('Namespace', metadata.namespace)
}

const marks = (w: Writer, metadata: ObjectMeta): void => {
  labelLines(w, 'Labels', metadata.labels)
  annotationLines(w, metadata.annotations)
}

const withPortNames = (ctx: Context): boolean => texts.describePortNames(ctx.session.minor)

function owner(w: Writer, metadata: ObjectMeta): void {
  const controller = metadata.ownerReferences?.find((ref) => ref.controller)
  if (controller) w.field('Controlled By', `${controller.kind}/${controller.name}`)
}

/** Objects of a type in the namespace that this one controls. */
function* controlled(ctx: Context, object: ApiObject, resource: string, selector: string): Run<ApiObject[]> {
  const type = (yield* ctx.session.mapper()).resolve(resource)
  const items = yield* listAll(
    ctx,
    type,
    object.metadata?.namespace ?? '',
    selector === '<none>' ? {} : { labelSelector: selector },
  )
  return items.filter((item) =>
    item.metadata?.ownerReferences?.some((ref) => ref.controller && ref.uid === object.metadata?.uid),
  )
}

function* podCounts(ctx: Context, object: ApiObject, selector: string): Run<string> {
  const pods = (yield* controlled(ctx, object, 'pods', selector)).filter(isPod) as PodLike[]
  const count = (phase: string): number => pods.filter((pod) => pod.status?.phase === phase).length
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`
}

export const deploymentDescriber: Describer = {
  kinds: ['Deployment.apps'],
  *lines(w, object, ctx) {
    const { metadata, spec, status } = object as unknown as Deployment
    names(w, metadata as ObjectMeta)
    w.field('CreationTimestamp', timeText(metadata.creationTimestamp))
    marks(w, metadata as ObjectMeta)
    w.field('Selector', labelSelectorText(spec?.selector))
    const s = status ?? {}
    w.field(
      'Replicas',
      `${spec?.replicas ?? 1} desired | ${s.updatedReplicas ?? 0} updated | ${s.replicas ?? 0} total | ${s.availableReplicas ?? 0} available | ${s.unavailableReplicas ?? 0} unavailable`,
    )
    w.field('StrategyType', spec?.strategy?.type)
    w.field('MinReadySeconds', spec?.minReadySeconds ?? 0)
    const rolling = spec?.strategy?.rollingUpdate
    if (rolling)
      w.field('RollingUpdateStrategy', `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`)
    podTemplateLines(w, spec?.template, withPortNames(ctx))
    deploymentConditions(w, s.conditions ?? [])
    yield* deploymentSets(ctx, w, object, labelSelectorText(spec?.selector))
  },
}

function deploymentConditions(
  w: Writer,
  conditions: readonly { type: string; status: string; reason?: string }[],
): void {
  if (conditions.length === 0) return
  w.line(0, 'Conditions:')
  w.line(1, 'Type\tStatus\tReason')
  w.line(1, '----\t------\t------')
  for (const c of conditions) w.line(1, `${c.type} \t${c.status}\t${c.reason ?? ''}`)
}

const REVISION = 'deployment.kubernetes.io/revision'

/** The set of the deployment's own revision is the new one, all others are old. */
function* deploymentSets(ctx: Context, w: Writer, object: ApiObject, selector: string): Run<void> {
  const sets = yield* controlled(ctx, object, 'replicasets.apps', selector)
  const revision = (set: ApiObject): number => Number(set.metadata?.annotations?.[REVISION] ?? 0)
  const newest = sets.find((set) => revision(set) === revision(object) && revision(set) > 0)
  const old = sets.filter((set) => set !== newest).sort((a, b) => createdMs(a) - createdMs(b))
  w.field('OldReplicaSets', setsText(old))
  w.field('NewReplicaSet', setsText(newest ? [newest] : []))
}

const createdMs = (object: ApiObject): number => Date.parse(object.metadata?.creationTimestamp ?? '') || 0

const setsText = (sets: ApiObject[]): string =>
  sets.length === 0
    ? '<none>'
    : sets
        .map((set) => {
          const { spec, status } = set as unknown as ReplicaSet
          return `${set.metadata?.name} (${status?.replicas ?? 0}/${spec?.replicas ?? 0} replicas created)`
        })
        .join(', ')

export const replicaSetDescriber: Describer = {
  kinds: ['ReplicaSet.apps', 'ReplicationController'],
  *lines(w, object, ctx) {
    const { metadata, spec, status } = object as unknown as ReplicaSet
    const selector =
      object.kind === 'ReplicaSet'
        ? labelSelectorText(spec?.selector)
        : labelsText(spec?.selector as unknown as Record<string, string>)
    names(w, metadata as ObjectMeta)
    w.field('Selector', selector)
    marks(w, metadata as ObjectMeta)
    owner(w, metadata as ObjectMeta)
    w.field('Replicas', `${status?.replicas ?? 0} current / ${spec?.replicas ?? 1} desired`)
    w.field('Pods Status', yield* podCounts(ctx, object, selector))
    podTemplateLines(w, spec?.template, withPortNames(ctx))
    replicaConditions(w, status?.conditions ?? [])
  },
}

function replicaConditions(w: Writer, conditions: readonly { type: string; status: string; reason?: string }[]): void {
  if (conditions.length > 0) deploymentConditions(w, conditions)
}

export const statefulSetDescriber: Describer = {
  kinds: ['StatefulSet.apps'],
  *lines(w, object, ctx) {
    const { metadata, spec, status } = object as unknown as StatefulSet
    names(w, metadata as ObjectMeta)
    w.field('CreationTimestamp', timeText(metadata.creationTimestamp))
    w.field('Selector', labelSelectorText(spec?.selector))
    marks(w, metadata as ObjectMeta)
    w.field('Replicas', `${spec?.replicas ?? 1} desired | ${status?.replicas ?? 0} total`)
    w.field('Update Strategy', spec?.updateStrategy?.type)
    const rolling = spec?.updateStrategy?.rollingUpdate
    if (rolling?.partition !== undefined) w.field('Partition', rolling.partition, 1)
    if (rolling?.maxUnavailable !== undefined) w.field('MaxUnavailable', rolling.maxUnavailable, 1)
    w.field('Pods Status', yield* podCounts(ctx, object, labelSelectorText(spec?.selector)))
    podTemplateLines(w, spec?.template, withPortNames(ctx))
    claimTemplates(w, spec?.volumeClaimTemplates ?? [])
  },
}

/** Stands before the field, as upstream's GetPersistentVolumeClaimClass has it. */
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

function claimTemplates(
  w: Writer,
  claims: NonNullable<NonNullable<StatefulSet['spec']>['volumeClaimTemplates']>,
): void {
  if (claims.length === 0) return w.field('Volume Claims', '<none>')
  w.line(0, 'Volume Claims:')
  for (const claim of claims) {
    w.field('Name', claim.metadata?.name, 1)
    w.field('StorageClass', claim.metadata?.annotations?.[BETA_CLASS] ?? claim.spec?.storageClassName ?? '', 1)
    labelLines(w, 'Labels', claim.metadata?.labels, '  ')
    labelLines(w, 'Annotations', claim.metadata?.annotations, '  ')
    w.field('Capacity', claim.spec?.resources?.requests?.storage ?? '<default>', 1)
    w.field('Access Modes', `[${(claim.spec?.accessModes ?? []).join(' ')}]`, 1)
  }
}

export const daemonSetDescriber: Describer = {
  kinds: ['DaemonSet.apps'],
  *lines(w, object, ctx) {
    const { metadata, spec, status } = object as unknown as DaemonSet
    names(w, metadata as ObjectMeta)
    w.field('Selector', labelSelectorText(spec?.selector))
    w.field('Node-Selector', labelsText(spec?.template?.spec?.nodeSelector))
    marks(w, metadata as ObjectMeta)
    w.line(0, `Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}`)
    w.line(0, `Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}`)
    w.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}`)
    w.line(0, `Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}`)
    w.line(0, `Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}`)
    w.field('Pods Status', yield* podCounts(ctx, object, labelSelectorText(spec?.selector)))
    podTemplateLines(w, spec?.template, withPortNames(ctx))
  },
}

export const jobDescriber: Describer = {
  kinds: ['Job.batch'],
  *lines(w, object, ctx) {
    const { metadata, spec, status } = object as unknown as Job
    names(w, metadata as ObjectMeta)
    w.field('Selector', labelSelectorText(spec?.selector))
    marks(w, metadata as ObjectMeta)
    owner(w, metadata as ObjectMeta)
    w.field('Parallelism', spec?.parallelism ?? 1)
    w.field('Completions', spec?.completions ?? '<unset>')
    w.optional('Completion Mode', spec?.completionMode)
    if (spec?.suspend !== undefined) w.field('Suspend', spec.suspend)
    if (spec?.backoffLimit !== undefined) w.field('Backoff Limit', spec.backoffLimit)
    if (spec?.ttlSecondsAfterFinished !== undefined) w.field('TTL Seconds After Finished', spec.ttlSecondsAfterFinished)
    if (status?.startTime) w.field('Start Time', timeText(status.startTime))
    if (status?.completionTime) w.field('Completed At', timeText(status.completionTime))
    if (status?.startTime && status.completionTime)
      w.field('Duration', humanDuration(Date.parse(status.completionTime) - Date.parse(status.startTime)))
    if (spec?.activeDeadlineSeconds !== undefined) w.field('Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`)
    w.field(
      'Pods Statuses',
      `${status?.active ?? 0} Active${status?.ready === undefined ? '' : ` (${status.ready} Ready)`} / ${status?.succeeded ?? 0} Succeeded / ${status?.failed ?? 0} Failed`,
    )
    if (spec?.completionMode === 'Indexed') w.field('Completed Indexes', status?.completedIndexes || '<none>')
    podTemplateLines(w, spec?.template, withPortNames(ctx))
  },
}

export const cronJobDescriber: Describer = {
  kinds: ['CronJob.batch'],
  *lines(w, object, ctx) {
    const { metadata, spec, status } = object as unknown as CronJob
    const job = spec?.jobTemplate?.spec
    names(w, metadata as ObjectMeta)
    marks(w, metadata as ObjectMeta)
    w.field('Schedule', spec?.schedule)
    w.field('Concurrency Policy', spec?.concurrencyPolicy)
    w.field('Suspend', spec?.suspend ? 'True' : 'False')
    if (texts.describeTimeZone(ctx.session.minor)) w.field('Time Zone', spec?.timeZone ?? '<unset>')
    w.field('Successful Job History Limit', spec?.successfulJobsHistoryLimit ?? '<unset>')
    w.field('Failed Job History Limit', spec?.failedJobsHistoryLimit ?? '<unset>')
    w.field(
      'Starting Deadline Seconds',
      spec?.startingDeadlineSeconds === undefined ? '<unset>' : `${spec.startingDeadlineSeconds}s`,
    )
    w.field('Selector', job?.selector ? labelSelectorText(job.selector) : '<unset>')
    w.field('Parallelism', job?.parallelism ?? '<unset>')
    w.field('Completions', job?.completions ?? '<unset>')
    if (job?.activeDeadlineSeconds !== undefined) w.field('Active Deadline Seconds', `${job.activeDeadlineSeconds}s`)
    podTemplateLines(w, job?.template, withPortNames(ctx))
    w.field('Last Schedule Time', status?.lastScheduleTime ? timeText(status.lastScheduleTime) : '<unset>')
    w.field('Active Jobs', (status?.active ?? []).map((ref) => ref.name).join(', ') || '<none>')
  },
}
