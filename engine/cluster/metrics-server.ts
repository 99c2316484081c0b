/** The manifests of metrics-server v0.8.0, which does not ask whose certificates the kubelets have (U5). */
import type { Call } from '../api/client.ts'

const NAME = 'metrics-server'
const NAMESPACE = 'kube-system'
const IMAGE = 'registry.k8s.io/metrics-server/metrics-server:v0.8.0'
const RBAC = 'rbac.authorization.k8s.io'
const LABELS = { 'k8s-app': NAME }

type Body = Record<string, unknown> & { metadata: { name: string; namespace?: string; labels?: object } }

const create = (resource: string, body: Body): Call => ({
  verb: 'create',
  resource,
  ...(body.metadata.namespace !== undefined && { namespace: body.metadata.namespace }),
  body,
})

const meta = (name: string, namespace?: string, labels: object = {}): Body['metadata'] => ({
  name,
  ...(namespace !== undefined && { namespace }),
  labels: { ...LABELS, ...labels },
})

const AGGREGATED = Object.fromEntries(['admin', 'edit', 'view'].map((role) => [`${RBAC}/aggregate-to-${role}`, 'true']))

const role = (name: string, rules: object[], labels: object = {}): Call =>
  create(`${RBAC}/v1/clusterroles`, {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: meta(name, undefined, labels),
    rules,
  })

const SUBJECTS = [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }]

function binding(kind: 'ClusterRoleBinding' | 'RoleBinding', name: string, roleKind: string, roleName: string): Call {
  const isCluster = kind === 'ClusterRoleBinding'
  return create(`${RBAC}/v1/${kind.toLowerCase()}s`, {
    apiVersion: `${RBAC}/v1`,
    kind,
    metadata: meta(name, isCluster ? undefined : NAMESPACE),
    roleRef: { apiGroup: RBAC, kind: roleKind, name: roleName },
    subjects: SUBJECTS,
  })
}

/** What to create, in order. `extra` goes behind the arguments of the release. */
export function metricsServerCalls(extra: readonly string[] = ['--kubelet-insecure-tls']): Call[] {
  return [
    create('v1/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta(NAME, NAMESPACE) }),
    role(
      'system:aggregated-metrics-reader',
      [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
      AGGREGATED,
    ),
    role('system:metrics-server', [
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
    ]),
    binding('RoleBinding', 'metrics-server-auth-reader', 'Role', 'extension-apiserver-authentication-reader'),
    binding('ClusterRoleBinding', 'metrics-server:system:auth-delegator', 'ClusterRole', 'system:auth-delegator'),
    binding('ClusterRoleBinding', 'system:metrics-server', 'ClusterRole', 'system:metrics-server'),
    create('v1/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta(NAME, NAMESPACE),
      spec: {
        ports: [{ appProtocol: 'https', name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' }],
        selector: LABELS,
      },
    }),
    create('apps/v1/deployments', deployment(extra)),
    create('apiregistration.k8s.io/v1/apiservices', {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: meta('v1beta1.metrics.k8s.io'),
      spec: {
        group: 'metrics.k8s.io',
        groupPriorityMinimum: 100,
        insecureSkipTLSVerify: true,
        service: { name: NAME, namespace: NAMESPACE },
        version: 'v1beta1',
        versionPriority: 100,
      },
    }),
  ]
}

function deployment(extra: readonly string[]): Body {
  const probe = (path: string, own: object): object => ({
    failureThreshold: 3,
    httpGet: { path, port: 'https', scheme: 'HTTPS' },
    periodSeconds: 10,
    ...own,
  })
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(NAME, NAMESPACE),
    spec: {
      selector: { matchLabels: LABELS },
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: {
        metadata: { labels: LABELS },
        spec: {
          containers: [
            {
              args: [
                '--cert-dir=/tmp',
                '--secure-port=10250',
                '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
                '--kubelet-use-node-status-port',
                '--metric-resolution=15s',
                ...extra,
              ],
              image: IMAGE,
              imagePullPolicy: 'IfNotPresent',
              livenessProbe: probe('/livez', {}),
              name: NAME,
              ports: [{ containerPort: 10250, name: 'https', protocol: 'TCP' }],
              readinessProbe: probe('/readyz', { initialDelaySeconds: 20 }),
              resources: { requests: { cpu: '100m', memory: '200Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                runAsUser: 1000,
                seccompProfile: { type: 'RuntimeDefault' },
              },
              volumeMounts: [{ mountPath: '/tmp', name: 'tmp-dir' }],
            },
          ],
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          priorityClassName: 'system-cluster-critical',
          serviceAccountName: NAME,
          volumes: [{ emptyDir: {}, name: 'tmp-dir' }],
        },
      },
    },
  }
}
