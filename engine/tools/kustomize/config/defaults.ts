/** Which fields the transformers change. Models api/internal/konfig/builtinpluginconsts. */
import type { FieldSpec } from '../fieldspec.ts'
import { NAME_REFERENCES } from './name-references.ts'
import type { NameReference } from './name-references.ts'

export interface TransformerConfig {
  namePrefix: FieldSpec[]
  nameSuffix: FieldSpec[]
  namespace: FieldSpec[]
  commonLabels: FieldSpec[]
  labels: FieldSpec[]
  templateLabels: FieldSpec[]
  commonAnnotations: FieldSpec[]
  images: FieldSpec[]
  replicas: FieldSpec[]
  varReference: FieldSpec[]
  nameReference: NameReference[]
}

/** The metadata of pod templates. */
const templateFields = (field: 'labels' | 'annotations'): FieldSpec[] => [
  { path: `spec/template/metadata/${field}`, create: true, version: 'v1', kind: 'ReplicationController' },
  { path: `spec/template/metadata/${field}`, create: true, kind: 'Deployment' },
  { path: `spec/template/metadata/${field}`, create: true, kind: 'ReplicaSet' },
  { path: `spec/template/metadata/${field}`, create: true, kind: 'DaemonSet' },
  {
    path: `spec/template/metadata/${field}`,
    create: true,
    kind: 'StatefulSet',
    ...(field === 'labels' ? { group: 'apps' } : {}),
  },
  { path: `spec/template/metadata/${field}`, create: true, group: 'batch', kind: 'Job' },
  { path: `spec/jobTemplate/metadata/${field}`, create: true, group: 'batch', kind: 'CronJob' },
  { path: `spec/jobTemplate/spec/template/metadata/${field}`, create: true, group: 'batch', kind: 'CronJob' },
]

const AFFINITY = ['podAffinity', 'podAntiAffinity'].flatMap((affinity) => [
  `affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
])

const podSelectors = (kind: string): FieldSpec[] =>
  [...AFFINITY, 'topologySpreadConstraints/labelSelector/matchLabels'].map((path) => ({
    path: `spec/template/spec/${path}`,
    group: 'apps',
    kind,
  }))

const CLAIM_LABELS: FieldSpec = {
  path: 'spec/volumeClaimTemplates[]/metadata/labels',
  create: true,
  group: 'apps',
  kind: 'StatefulSet',
}

const SELECTORS: FieldSpec[] = [
  { path: 'spec/selector', create: true, version: 'v1', kind: 'Service' },
  { path: 'spec/selector', create: true, version: 'v1', kind: 'ReplicationController' },
  { path: 'spec/selector/matchLabels', create: true, kind: 'Deployment' },
  ...podSelectors('Deployment'),
  { path: 'spec/selector/matchLabels', create: true, kind: 'ReplicaSet' },
  { path: 'spec/selector/matchLabels', create: true, kind: 'DaemonSet' },
  { path: 'spec/selector/matchLabels', create: true, group: 'apps', kind: 'StatefulSet' },
  ...podSelectors('StatefulSet'),
  CLAIM_LABELS,
  { path: 'spec/selector/matchLabels', group: 'batch', kind: 'Job' },
  { path: 'spec/jobTemplate/spec/selector/matchLabels', group: 'batch', kind: 'CronJob' },
  { path: 'spec/selector/matchLabels', group: 'policy', kind: 'PodDisruptionBudget' },
  { path: 'spec/podSelector/matchLabels', group: 'networking.k8s.io', kind: 'NetworkPolicy' },
  { path: 'spec/ingress/from/podSelector/matchLabels', group: 'networking.k8s.io', kind: 'NetworkPolicy' },
  { path: 'spec/egress/to/podSelector/matchLabels', group: 'networking.k8s.io', kind: 'NetworkPolicy' },
]

export const METADATA_LABELS: FieldSpec = { path: 'metadata/labels', create: true }

const VAR_POD_FIELDS = [
  'containers/args',
  'containers/command',
  'containers/env/value',
  'containers/volumeMounts/mountPath',
  'initContainers/args',
  'initContainers/command',
  'initContainers/env/value',
  'initContainers/volumeMounts/mountPath',
  'volumes/nfs/server',
]

const VAR_PODS: Record<string, string> = {
  CronJob: 'spec/jobTemplate/spec/template/spec/',
  DaemonSet: 'spec/template/spec/',
  Deployment: 'spec/template/spec/',
  Job: 'spec/template/spec/',
  Pod: 'spec/',
  ReplicaSet: 'spec/template/spec/',
  StatefulSet: 'spec/template/spec/',
}

const VARS: FieldSpec[] = [
  ...Object.entries(VAR_PODS).flatMap(([kind, base]) => VAR_POD_FIELDS.map((path) => ({ path: base + path, kind }))),
  { path: 'spec/template/metadata/annotations', kind: 'Deployment' },
  { path: 'spec/rules/host', kind: 'Ingress' },
  { path: 'spec/tls/hosts', kind: 'Ingress' },
  { path: 'spec/tls/secretName', kind: 'Ingress' },
  { path: 'spec/ports/port', kind: 'Service' },
  { path: 'spec/ports/targetPort', kind: 'Service' },
  { path: 'spec/nfs/server', kind: 'PersistentVolume' },
  { path: 'metadata/labels' },
  { path: 'metadata/annotations' },
]

export const defaultConfig = (): TransformerConfig => ({
  namePrefix: [{ path: 'metadata/name' }],
  nameSuffix: [{ path: 'metadata/name' }],
  namespace: [
    { path: 'metadata/name', kind: 'Namespace', create: true },
    { path: 'spec/service/namespace', group: 'apiregistration.k8s.io', kind: 'APIService', create: true },
    {
      path: 'spec/conversion/webhook/clientConfig/service/namespace',
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
    },
  ],
  commonLabels: [...SELECTORS, METADATA_LABELS, ...templateFields('labels')],
  labels: [],
  templateLabels: [...templateFields('labels'), CLAIM_LABELS],
  commonAnnotations: [{ path: 'metadata/annotations', create: true }, ...templateFields('annotations')],
  images: [
    { path: 'spec/containers[]/image', create: true },
    { path: 'spec/initContainers[]/image', create: true },
    { path: 'spec/template/spec/containers[]/image', create: true },
    { path: 'spec/template/spec/initContainers[]/image', create: true },
  ],
  replicas: ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].map((kind) => ({
    path: 'spec/replicas',
    create: true,
    kind,
  })),
  varReference: VARS,
  nameReference: NAME_REFERENCES,
})
