/** The manifests of rancher/local-path-provisioner, with kind's default class (S3). */
import type { Call } from '../api/client.ts'
import { LOCAL_PATH, LOCAL_PATH_ACCOUNT, LOCAL_PATH_NAMESPACE } from '../controllers/localpathprovisioner/index.ts'

const IMAGE = 'docker.io/rancher/local-path-provisioner:v0.0.32'
const NAME = 'local-path-provisioner'
const RBAC = 'rbac.authorization.k8s.io'
const CONFIG = { nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: ['/opt/local-path-provisioner'] }] }

type Body = Record<string, unknown> & { metadata: { name: string; namespace?: string; annotations?: object } }

const create = (resource: string, body: Body): Call => ({
  verb: 'create',
  resource,
  ...(body.metadata.namespace !== undefined && { namespace: body.metadata.namespace }),
  body,
})

const RULES = [
  {
    apiGroups: [''],
    resources: ['nodes', 'persistentvolumeclaims', 'configmaps', 'pods', 'pods/log'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['pods'], verbs: ['create', 'patch', 'update', 'delete'] },
  {
    apiGroups: [''],
    resources: ['persistentvolumes'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'],
  },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
]

/** What to create, in order. */
export function localPathCalls(): Call[] {
  const role = 'local-path-provisioner-role'
  const account = { name: LOCAL_PATH_ACCOUNT, namespace: LOCAL_PATH_NAMESPACE }
  return [
    create('v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LOCAL_PATH_NAMESPACE } }),
    create('v1/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }),
    create(`${RBAC}/v1/clusterroles`, {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: role },
      rules: RULES,
    }),
    create(`${RBAC}/v1/clusterrolebindings`, {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'local-path-provisioner-bind' },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    }),
    create('apps/v1/deployments', deployment()),
    create('storage.k8s.io/v1/storageclasses', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: LOCAL_PATH,
      volumeBindingMode: 'WaitForFirstConsumer',
      reclaimPolicy: 'Delete',
    }),
    create('v1/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'local-path-config', namespace: LOCAL_PATH_NAMESPACE },
      data: { 'config.json': `${JSON.stringify(CONFIG, null, 2)}\n` },
    }),
  ]
}

function deployment(): Body {
  const labels = { app: NAME }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: LOCAL_PATH_NAMESPACE },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: LOCAL_PATH_ACCOUNT,
          containers: [
            {
              name: NAME,
              image: IMAGE,
              imagePullPolicy: 'IfNotPresent',
              command: [NAME, '--debug', 'start', '--config', '/etc/config/config.json'],
              volumeMounts: [{ name: 'config-volume', mountPath: '/etc/config/' }],
            },
          ],
          volumes: [{ name: 'config-volume', configMap: { name: 'local-path-config' } }],
        },
      },
    },
  }
}
