import { humanDuration } from '../duration.ts'
import { conditionOf } from '../meta.ts'
import type {
  ControllerRevision,
  CronJob,
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  Job,
  PodTemplate,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../types.gen.ts'
import {
  age,
  ageColumn,
  containerImages,
  containerNames,
  formatLabels,
  formatSelector,
  nameColumn,
  number,
  orNone,
  since,
  text,
  wide,
} from './column.ts'
import type { Column, RowContext } from './column.ts'

const templateColumns = <T>(template: (object: T) => PodTemplateSpec | undefined): Column<T>[] => [
  wide(text<T>('Containers', (object) => containerNames(template(object)))),
  wide(text<T>('Images', (object) => containerImages(template(object)))),
]

export const deploymentColumns: Column<Deployment>[] = [
  nameColumn,
  text('Ready', (d) => `${d.status?.readyReplicas ?? 0}/${d.spec?.replicas ?? 0}`),
  number('Up-to-date', (d) => d.status?.updatedReplicas ?? 0),
  number('Available', (d) => d.status?.availableReplicas ?? 0),
  ageColumn,
  ...templateColumns<Deployment>((d) => d.spec?.template),
  wide(text('Selector', (d) => formatSelector(d.spec?.selector))),
]

export const replicaSetColumns: Column<ReplicaSet>[] = [
  nameColumn,
  number('Desired', (rs) => rs.spec?.replicas ?? 0),
  number('Current', (rs) => rs.status?.replicas ?? 0),
  number('Ready', (rs) => rs.status?.readyReplicas ?? 0),
  ageColumn,
  ...templateColumns<ReplicaSet>((rs) => rs.spec?.template),
  wide(text('Selector', (rs) => formatSelector(rs.spec?.selector))),
]

export const replicationControllerColumns: Column<ReplicationController>[] = [
  nameColumn,
  number('Desired', (rc) => rc.spec?.replicas ?? 0),
  number('Current', (rc) => rc.status?.replicas ?? 0),
  number('Ready', (rc) => rc.status?.readyReplicas ?? 0),
  ageColumn,
  ...templateColumns<ReplicationController>((rc) => rc.spec?.template),
  wide(text('Selector', (rc) => formatLabels(rc.spec?.selector))),
]

export const statefulSetColumns: Column<StatefulSet>[] = [
  nameColumn,
  text('Ready', (s) => `${s.status?.readyReplicas ?? 0}/${s.spec?.replicas ?? 0}`),
  ageColumn,
  ...templateColumns<StatefulSet>((s) => s.spec?.template),
]

export const daemonSetColumns: Column<DaemonSet>[] = [
  nameColumn,
  number('Desired', (ds) => ds.status?.desiredNumberScheduled ?? 0),
  number('Current', (ds) => ds.status?.currentNumberScheduled ?? 0),
  number('Ready', (ds) => ds.status?.numberReady ?? 0),
  number('Up-to-date', (ds) => ds.status?.updatedNumberScheduled ?? 0),
  number('Available', (ds) => ds.status?.numberAvailable ?? 0),
  text('Node Selector', (ds) => formatLabels(ds.spec?.template?.spec?.nodeSelector)),
  ageColumn,
  ...templateColumns<DaemonSet>((ds) => ds.spec?.template),
  wide(text('Selector', (ds) => formatSelector(ds.spec?.selector))),
]

const jobStates: [string, string][] = [
  ['Complete', 'Complete'],
  ['Failed', 'Failed'],
]

/** Models jobStatus: STATUS of a Job, from its conditions (R). */
function jobStatus(job: Job): string {
  const holds = (type: string) => conditionOf(job.status?.conditions, type)?.status === 'True'
  const ended = jobStates.find(([type]) => holds(type))
  if (ended !== undefined) return ended[1]
  if (job.metadata.deletionTimestamp) return 'Terminating'
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']) if (holds(type)) return type
  return 'Running'
}

function jobCompletions(job: Job): string {
  const done = job.status?.succeeded ?? 0
  if (job.spec?.completions !== undefined) return `${done}/${job.spec.completions}`
  const parallelism = job.spec?.parallelism ?? 0
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`
}

function jobDuration(job: Job, row: RowContext): string {
  const { startTime, completionTime } = job.status ?? {}
  if (!startTime) return ''
  const end = completionTime ? Date.parse(completionTime) : row.nowMs
  return humanDuration(end - Date.parse(startTime))
}

export const jobColumns: Column<Job>[] = [
  nameColumn,
  since(31, text('Status', jobStatus)),
  text('Completions', jobCompletions),
  text('Duration', jobDuration),
  ageColumn,
  ...templateColumns<Job>((job) => job.spec?.template),
  wide(text('Selector', (job) => formatSelector(job.spec?.selector))),
]

const goBool = (value: boolean | undefined): string => (value ? 'True' : 'False')

export const cronJobColumns: Column<CronJob>[] = [
  nameColumn,
  text('Schedule', (cj) => cj.spec?.schedule ?? ''),
  since(
    30,
    text('Timezone', (cj) => orNone(cj.spec?.timeZone)),
  ),
  text('Suspend', (cj) => goBool(cj.spec?.suspend)),
  number('Active', (cj) => cj.status?.active?.length ?? 0),
  text('Last Schedule', (cj, row) =>
    cj.status?.lastScheduleTime ? age(cj.status.lastScheduleTime, row.nowMs) : '<none>',
  ),
  ageColumn,
  ...templateColumns<CronJob>((cj) => cj.spec?.jobTemplate?.spec?.template),
  wide(
    text('Selector', (cj) =>
      cj.spec?.jobTemplate?.spec?.selector ? formatSelector(cj.spec.jobTemplate.spec.selector) : '<none>',
    ),
  ),
]

interface Target {
  averageUtilization?: number
  averageValue?: string | number
  value?: string | number
}

const PREFIX_SINCE = 30
const MAX_METRICS = 2

/** Only metrics of an object and of the outside have both values and an average, so only these say which. */
function wanted(target: Target | undefined, hasBoth: boolean): string {
  if (target?.averageUtilization !== undefined) return `${target.averageUtilization}%`
  const value = target?.averageValue ?? target?.value ?? ''
  return hasBoth && target?.averageValue !== undefined ? `${value} (avg)` : String(value)
}

function observed(current: Target | undefined, target: Target | undefined): string {
  if (target?.averageUtilization !== undefined) {
    return current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`
  }
  const value = target?.averageValue !== undefined ? current?.averageValue : current?.value
  return value === undefined ? '<unknown>' : String(value)
}

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number]

function metricTarget(hpa: HorizontalPodAutoscaler, metric: Metric, i: number, minor: number): string {
  const current = hpa.status?.currentMetrics?.[i]
  const resource = metric.resource ?? metric.containerResource
  const spec: Target | undefined = (resource ?? metric.pods ?? metric.object ?? metric.external)?.target as
    Target | undefined
  const now = current?.resource ?? current?.containerResource ?? current?.pods ?? current?.object ?? current?.external
  const text = `${observed(now?.current as Target | undefined, spec)}/${wanted(spec, (metric.object ?? metric.external) !== undefined)}`
  return resource !== undefined && minor >= PREFIX_SINCE ? `${resource.name}: ${text}` : text
}

/** Models formatHPAMetrics: two metrics at most, then how many more. */
function hpaTargets(hpa: HorizontalPodAutoscaler, minor: number): string {
  const metrics = hpa.spec?.metrics ?? []
  if (metrics.length === 0) return '<none>'
  const texts = metrics.map((metric, i) => metricTarget(hpa, metric, i, minor))
  const more = texts.length - MAX_METRICS
  return more > 0 ? `${texts.slice(0, MAX_METRICS).join(', ')} + ${more} more...` : texts.join(', ')
}

export const autoscalerColumns: Column<HorizontalPodAutoscaler>[] = [
  nameColumn,
  text('Reference', (hpa) => `${hpa.spec?.scaleTargetRef?.kind ?? ''}/${hpa.spec?.scaleTargetRef?.name ?? ''}`),
  text('Targets', (hpa, row) => hpaTargets(hpa, row.minor)),
  text('MinPods', (hpa) => (hpa.spec?.minReplicas === undefined ? '<unset>' : String(hpa.spec.minReplicas))),
  number('MaxPods', (hpa) => hpa.spec?.maxReplicas ?? 0),
  number('Replicas', (hpa) => hpa.status?.currentReplicas ?? 0),
  ageColumn,
]

function controllerOf(revision: ControllerRevision): string {
  const owner = revision.metadata.ownerReferences?.find((one) => one.controller === true)
  if (owner === undefined) return '<none>'
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]!}` : ''
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`
}

export const controllerRevisionColumns: Column<ControllerRevision>[] = [
  nameColumn,
  text('Controller', controllerOf),
  text('Revision', (revision) => revision.revision ?? 0),
  ageColumn,
]

export const podTemplateColumns: Column<PodTemplate>[] = [
  nameColumn,
  text('Containers', (object) => containerNames(object.template)),
  text('Images', (object) => containerImages(object.template)),
  text('Pod Labels', (object) => formatLabels(object.template?.metadata?.labels)),
]
