import type { PlainObject } from '../decode.ts'
import { asList, asObject } from './table.ts'
import type { DefaultsTable } from './table.ts'

const isRolling = (strategy: PlainObject) => strategy.type === undefined || strategy.type === 'RollingUpdate'

/** The strategy with its type and, when rolling, the given numbers where none are set. */
const rolling =
  (numbers: PlainObject) =>
  (strategy: PlainObject): PlainObject | undefined => {
    if (!isRolling(strategy)) return undefined
    return { type: 'RollingUpdate', rollingUpdate: { ...numbers, ...asObject(strategy.rollingUpdate) } }
  }

/** A template that is not given is an empty one, which gets the defaults of pods. */
function wholeTemplate(spec: PlainObject): PlainObject | undefined {
  const template = asObject(spec.template)
  return template.spec === undefined ? { template: { ...template, spec: {} } } : undefined
}

/** Labels of the template, for an object without labels of its own. */
function labelsOfTemplate(object: PlainObject): PlainObject | undefined {
  const labels = asObject(asObject(asObject(object.spec).template).metadata).labels
  const metadata = asObject(object.metadata)
  if (labels === undefined || Object.keys(asObject(metadata.labels)).length > 0) return undefined
  return { metadata: { ...metadata, labels } }
}

function fillReplicationController(object: PlainObject): PlainObject | undefined {
  const spec = asObject(object.spec)
  const labels = asObject(asObject(spec.template).metadata).labels
  if (labels === undefined) return undefined
  const selector = Object.keys(asObject(spec.selector)).length === 0 ? labels : spec.selector
  return { ...labelsOfTemplate(object), spec: { ...spec, selector } }
}

/** Models SetDefaults_Job: it acts on Jobs, not on the template of a CronJob. */
function fillJob(job: PlainObject): PlainObject {
  const spec = asObject(job.spec)
  const alone = spec.completions === undefined && spec.parallelism === undefined
  const values = {
    backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : 2147483647,
    completionMode: 'NonIndexed',
    manualSelector: false,
    parallelism: 1,
    podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
    suspend: false,
  }
  return { ...labelsOfTemplate(job), spec: { ...values, ...(alone ? { completions: 1 } : {}), ...spec } }
}

function fillStatefulSetSpec(spec: PlainObject): PlainObject | undefined {
  const claims = asList(spec.volumeClaimTemplates)
  const policy = { whenDeleted: 'Retain', whenScaled: 'Retain', ...asObject(spec.persistentVolumeClaimRetentionPolicy) }
  const filled: PlainObject = { persistentVolumeClaimRetentionPolicy: policy }
  if (claims.length === 0) return filled
  const typed = claims.map((claim) => ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...claim }))
  return { ...filled, volumeClaimTemplates: typed }
}

const cpuAt80 = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
]
const scaleUp = {
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
  selectPolicy: 'Max',
  stabilizationWindowSeconds: 0,
}
const scaleDown = { policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }], selectPolicy: 'Max' }

/** Models pkg/apis/autoscaling/v2/defaults.go: a behaviour is filled only where one is given. */
function fillAutoscalerSpec(spec: PlainObject): PlainObject | undefined {
  const metrics = asList(spec.metrics).length === 0 ? { metrics: cpuAt80 } : {}
  if (spec.behavior === undefined) return metrics
  const behavior = asObject(spec.behavior)
  return {
    ...metrics,
    behavior: {
      scaleUp: { ...scaleUp, ...asObject(behavior.scaleUp) },
      scaleDown: { ...scaleDown, ...asObject(behavior.scaleDown) },
    },
  }
}

/** Models pkg/apis/{apps,batch,autoscaling}/v1/defaults.go. */
export const workloadDefaults: DefaultsTable = {
  'apps.v1.DeploymentSpec': {
    values: { progressDeadlineSeconds: 600, replicas: 1, revisionHistoryLimit: 10 },
    fill: wholeTemplate,
  },
  'apps.v1.DeploymentStrategy': { fill: rolling({ maxSurge: '25%', maxUnavailable: '25%' }) },
  'apps.v1.ReplicaSetSpec': { values: { replicas: 1 } },
  'apps.v1.DaemonSetSpec': { values: { revisionHistoryLimit: 10 }, fill: wholeTemplate },
  'apps.v1.DaemonSetUpdateStrategy': { fill: rolling({ maxSurge: 0, maxUnavailable: 1 }) },
  'apps.v1.StatefulSetSpec': {
    values: { podManagementPolicy: 'OrderedReady', replicas: 1, revisionHistoryLimit: 10 },
    fill: fillStatefulSetSpec,
  },
  'apps.v1.StatefulSetUpdateStrategy': { fill: rolling({ partition: 0 }) },
  'core.v1.ReplicationController': { fill: fillReplicationController },
  'batch.v1.Job': { fill: fillJob },
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': { values: { status: 'True' } },
  'batch.v1.CronJobSpec': {
    values: {
      concurrencyPolicy: 'Allow',
      failedJobsHistoryLimit: 1,
      successfulJobsHistoryLimit: 3,
      suspend: false,
    },
  },
  'autoscaling.v1.HorizontalPodAutoscalerSpec': { values: { minReplicas: 1 } },
  'autoscaling.v2.HorizontalPodAutoscalerSpec': { values: { minReplicas: 1 }, fill: fillAutoscalerSpec },
}
