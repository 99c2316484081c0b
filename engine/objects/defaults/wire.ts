import type { DefaultsTable } from './table.ts'

const specAndStatus = { values: { spec: {}, status: {} } }
const template = { values: { metadata: {}, spec: {} } }

/**
 * Structures that Go always writes because they are values, not pointers: they are there, empty, in every
 * answer of a real API server (`resources: {}`, `status: {}`).
 */
export const wireDefaults: DefaultsTable = {
  'core.v1.Pod': specAndStatus,
  'core.v1.Node': specAndStatus,
  'core.v1.Service': specAndStatus,
  'core.v1.Namespace': specAndStatus,
  'core.v1.ReplicationController': specAndStatus,
  'core.v1.ResourceQuota': specAndStatus,
  'core.v1.PersistentVolume': specAndStatus,
  'core.v1.PersistentVolumeClaim': specAndStatus,
  'apps.v1.Deployment': specAndStatus,
  'apps.v1.ReplicaSet': specAndStatus,
  'apps.v1.DaemonSet': specAndStatus,
  'apps.v1.StatefulSet': specAndStatus,
  'batch.v1.Job': specAndStatus,
  'batch.v1.CronJob': specAndStatus,
  'autoscaling.v1.HorizontalPodAutoscaler': specAndStatus,
  'autoscaling.v2.HorizontalPodAutoscaler': specAndStatus,
  'policy.v1.PodDisruptionBudget': specAndStatus,
  'networking.v1.Ingress': specAndStatus,
  'networking.v1.NetworkPolicy': { values: { spec: {} } },
  'core.v1.PodTemplateSpec': template,
  'batch.v1.JobTemplateSpec': template,
  'core.v1.Container': { values: { resources: {} } },
  'core.v1.EphemeralContainer': { values: { resources: {} } },
  'core.v1.ContainerStatus': { values: { lastState: {}, state: {} } },
  'core.v1.PodCondition': { values: { lastProbeTime: null } },
  'core.v1.ServiceStatus': { values: { loadBalancer: {} } },
  'networking.v1.IngressStatus': { values: { loadBalancer: {} } },
  'core.v1.NodeStatus': { values: { daemonEndpoints: {}, nodeInfo: {} } },
  'core.v1.NodeDaemonEndpoints': { values: { kubeletEndpoint: {} } },
  'core.v1.NodeSystemInfo': {
    values: {
      architecture: '',
      bootID: '',
      containerRuntimeVersion: '',
      kernelVersion: '',
      kubeProxyVersion: '',
      kubeletVersion: '',
      machineID: '',
      operatingSystem: '',
      osImage: '',
      systemUUID: '',
    },
  },
  'core.v1.PersistentVolumeClaimSpec': { values: { resources: {} } },
  'core.v1.Event': {
    values: {
      eventTime: null,
      firstTimestamp: null,
      lastTimestamp: null,
      source: {},
      reportingComponent: '',
      reportingInstance: '',
    },
  },
  'apps.v1.DeploymentSpec': { values: { strategy: {} } },
  'apps.v1.DaemonSetSpec': { values: { updateStrategy: {} } },
  'apps.v1.StatefulSetSpec': { values: { updateStrategy: {} } },
  'discovery.v1.Endpoint': { values: { conditions: {} } },
}
