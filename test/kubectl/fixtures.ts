/** The objects and manifests that the goldens of the changing verbs were taken with. */
import type { Stored } from './mutable-api.ts'

const tmpl = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'nginx', image, ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] }] },
})
export const objects = (): Stored[] => [
  {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', labels: { a: 'b' } },
    spec: { taints: [{ key: 'old', value: 'v', effect: 'NoExecute' }] },
  },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' }, spec: { unschedulable: true } },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', labels: { app: 'a', tier: 'fe' } },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 8080 }] }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'b', annotations: { note: 'old' } },
    spec: { nodeName: 'n2', containers: [{ name: 'c', image: 'x' }], volumes: [{ name: 'v', emptyDir: {} }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'ds-1',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'ds', uid: 'u', controller: true }],
    },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'x' }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'ds' },
    spec: { updateStrategy: { type: 'RollingUpdate' }, selector: { matchLabels: { x: 'y' } }, template: tmpl('q') },
    status: { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      uid: 'dep-uid',
      labels: { app: 'web' },
      annotations: { 'deployment.kubernetes.io/revision': '2' },
    },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: tmpl('nginx:2') },
    status: { replicas: 3, updatedReplicas: 3, availableReplicas: 3 },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: 'web-1',
      labels: { app: 'web' },
      annotations: { 'deployment.kubernetes.io/revision': '1', 'kubernetes.io/change-cause': 'first' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'dep-uid', controller: true }],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: { ...tmpl('nginx:1'), metadata: { labels: { app: 'web', 'pod-template-hash': 'h1' } } },
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: 'web-2',
      labels: { app: 'web' },
      annotations: { 'deployment.kubernetes.io/revision': '2' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'dep-uid', controller: true }],
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { ...tmpl('nginx:2'), metadata: { labels: { app: 'web', 'pod-template-hash': 'h2' } } },
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'paused' },
    spec: { paused: true, replicas: 1, selector: { matchLabels: { app: 'p' } }, template: tmpl('p') },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 3,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      selector: { matchLabels: { app: 'db' } },
      template: tmpl('d'),
    },
    status: { observedGeneration: 1, readyReplicas: 3, updatedReplicas: 3 },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'svc', labels: { l: 'm' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, protocol: 'UDP' }] },
  },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cfg' }, data: { COLOR: 'blue', 'a.b': 'x' } },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'app',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration':
          '{"apiVersion":"v1","data":{"a":"1","gone":"x"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"app","namespace":"default"}}\n',
      },
    },
    data: { a: '1', gone: 'x', other: 'y' },
  },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sec' }, data: { pw: 'eA==' }, type: 'Opaque' },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'rb' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    subjects: [],
  },
]
export const files: Record<string, string> = {
  'cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: "2"}\n',
  'cm2.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg}\ndata: {COLOR: red}\n',
  'new.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\ndata: {z: "1"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: "1"}\n',
  'same.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: "1", gone: x}\n',
  'sec.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: sec}\ndata: {pw: eQ==}\n',
  'pods.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: y}]}\n',
  'bad.yaml': 'kind: Pod\nmetadata: {name: a}\n',
  'empty.yaml': '\n',
  'dep.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: nginx, image: "nginx:9"}]}}}\n',
}
