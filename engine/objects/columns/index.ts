import type { PlainObject } from '../decode.ts'
import { DEFAULT_RELEASE, minorOf } from '../kinds.ts'
import type { KindEntry } from '../kinds.ts'
import type { AutoscalingV1HorizontalPodAutoscaler, EventsV1Event, HorizontalPodAutoscaler } from '../types.gen.ts'
import * as cluster from './cluster.ts'
import { ageColumn, createdAtColumn, nameColumn } from './column.ts'
import type { Cell, Column, RowContext } from './column.ts'
import * as devices from './devices.ts'
import { asCoreEvent, eventColumns } from './events.ts'
import { nodeColumns } from './node.ts'
import { podColumns } from './pod.ts'
import * as services from './services.ts'
import * as storage from './storage.ts'
import * as workloads from './workloads.ts'

export { formatAccessModes } from './storage.ts'
export { formatLabels, formatSelector } from './column.ts'
export { nodeRoles } from './node.ts'
export { summarizePod } from './pod.ts'
export type { PodSummary } from './pod.ts'

/** A column as a Table's columnDefinitions have it. */
export interface TableColumn {
  name: string
  type: string
  format: string
  description: string
  priority: number
}

type AnyColumn = Column<never>

/** By group and resource. Kinds that are not here show NAME and CREATED AT, custom resources NAME and AGE. */
const columns: Record<string, AnyColumn[]> = {
  '/pods': podColumns,
  '/nodes': nodeColumns,
  '/services': services.serviceColumns,
  '/endpoints': services.endpointsColumns,
  '/namespaces': cluster.namespaceColumns,
  '/configmaps': cluster.configMapColumns,
  '/secrets': cluster.secretColumns,
  '/serviceaccounts': cluster.serviceAccountColumns,
  '/events': eventColumns,
  '/replicationcontrollers': workloads.replicationControllerColumns,
  '/podtemplates': workloads.podTemplateColumns,
  '/persistentvolumes': storage.volumeColumns,
  '/persistentvolumeclaims': storage.claimColumns,
  '/resourcequotas': cluster.quotaColumns,
  '/componentstatuses': cluster.componentColumns,
  'events.k8s.io/events': eventColumns,
  'apps/deployments': workloads.deploymentColumns,
  'apps/replicasets': workloads.replicaSetColumns,
  'apps/statefulsets': workloads.statefulSetColumns,
  'apps/daemonsets': workloads.daemonSetColumns,
  'apps/controllerrevisions': workloads.controllerRevisionColumns,
  'batch/jobs': workloads.jobColumns,
  'batch/cronjobs': workloads.cronJobColumns,
  'autoscaling/horizontalpodautoscalers': workloads.autoscalerColumns,
  'policy/poddisruptionbudgets': cluster.budgetColumns,
  'scheduling.k8s.io/priorityclasses': cluster.priorityClassColumns,
  'coordination.k8s.io/leases': cluster.leaseColumns,
  'discovery.k8s.io/endpointslices': services.endpointSliceColumns,
  'networking.k8s.io/ingresses': services.ingressColumns,
  'networking.k8s.io/ingressclasses': services.ingressClassColumns,
  'networking.k8s.io/networkpolicies': services.networkPolicyColumns,
  'networking.k8s.io/ipaddresses': services.ipAddressColumns,
  'networking.k8s.io/servicecidrs': services.serviceCidrColumns,
  'rbac.authorization.k8s.io/roles': cluster.roleColumns,
  'rbac.authorization.k8s.io/clusterroles': cluster.roleColumns,
  'rbac.authorization.k8s.io/rolebindings': cluster.roleBindingColumns,
  'rbac.authorization.k8s.io/clusterrolebindings': cluster.roleBindingColumns,
  'storage.k8s.io/storageclasses': storage.storageClassColumns,
  'storage.k8s.io/volumeattributesclasses': storage.attributesClassColumns,
  'storage.k8s.io/csidrivers': storage.csiDriverColumns,
  'storage.k8s.io/csinodes': storage.csiNodeColumns,
  'storage.k8s.io/csistoragecapacities': storage.capacityColumns,
  'storage.k8s.io/volumeattachments': storage.attachmentColumns,
  'certificates.k8s.io/certificatesigningrequests': cluster.certificateColumns,
  'node.k8s.io/runtimeclasses': cluster.runtimeClassColumns,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': cluster.webhookColumns,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': cluster.webhookColumns,
  'admissionregistration.k8s.io/validatingadmissionpolicies': cluster.admissionPolicyColumns,
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': cluster.admissionBindingColumns,
  'admissionregistration.k8s.io/mutatingadmissionpolicies': cluster.mutatingPolicyColumns,
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings': cluster.admissionBindingColumns,
  'flowcontrol.apiserver.k8s.io/flowschemas': cluster.flowSchemaColumns,
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': cluster.priorityLevelColumns,
  'resource.k8s.io/deviceclasses': devices.plainColumns,
  'resource.k8s.io/resourceclaims': devices.claimColumns,
  'resource.k8s.io/resourceclaimtemplates': devices.plainColumns,
  'resource.k8s.io/resourceslices': devices.sliceColumns,
  'apiregistration.k8s.io/apiservices': cluster.apiServiceColumns,
}

const builtInOther: AnyColumn[] = [nameColumn, createdAtColumn]
const customOther: AnyColumn[] = [nameColumn, ageColumn]

const isServed = (column: AnyColumn, minor: number): boolean =>
  (column.since ?? 0) <= minor && minor < (column.until ?? Infinity)

function columnsOf(entry: KindEntry, minor: number): AnyColumn[] {
  const known = columns[`${entry.group}/${entry.resource}`]
  const all = known ?? (entry.schema === '' ? customOther : builtInOther)
  return all.filter((column) => isServed(column, minor))
}

/** An object in the version the columns are written for. */
function inPrintedVersion(entry: KindEntry, object: object): object {
  if (entry.group === 'events.k8s.io') return asCoreEvent(object as EventsV1Event)
  if (entry.group === 'autoscaling' && entry.version === 'v1') return asAutoscalerV2(object)
  return object
}

function asAutoscalerV2(object: object): HorizontalPodAutoscaler {
  const { metadata, spec, status } = object as AutoscalingV1HorizontalPodAutoscaler
  const cpu = (averageUtilization: number | undefined) => ({
    name: 'cpu',
    target: { type: 'Utilization', averageUtilization },
  })
  const target = spec?.targetCPUUtilizationPercentage
  const now = status?.currentCPUUtilizationPercentage
  const current = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: now } } }
  return {
    metadata,
    spec: spec && {
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      metrics: target === undefined ? [] : [{ type: 'Resource', resource: cpu(target) }],
    },
    status: status && {
      currentReplicas: status.currentReplicas,
      desiredReplicas: status.desiredReplicas,
      currentMetrics: now === undefined ? [] : [current],
    },
  }
}

/** The columns of a kind's Table in a release (K1). */
export function tableColumns(entry: KindEntry, release: string = DEFAULT_RELEASE): TableColumn[] {
  if (entry.custom !== undefined) return entry.custom.table.columns
  return columnsOf(entry, minorOf(release)).map(({ name, type, format = '', priority = 0 }) => ({
    name,
    type,
    format,
    description: '',
    priority,
  }))
}

/**
 * One row of a kind's Table, a cell a column of `tableColumns`. `nowMs` is the clock in milliseconds since 1970.
 * Models pkg/printers/internalversion/printers.go (K1, F1).
 */
export function tableRow(entry: KindEntry, object: object, nowMs: number, release: string = DEFAULT_RELEASE): Cell[] {
  if (entry.custom !== undefined) return entry.custom.table.row(object, nowMs) as Cell[]
  const row: RowContext = { nowMs, minor: minorOf(release) }
  const printed = inPrintedVersion(entry, object) as PlainObject
  return columnsOf(entry, row.minor).map((column) => column.cell(printed as never, row))
}
