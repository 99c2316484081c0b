/** The objects that kubeadm creates after the control plane runs: CoreDNS and kube-proxy (P, G6). */
import type { Call } from '../api/client.ts'
import { isPermitted } from '../objects/node-labels.ts'
import { bootstrapCalls } from './bootstrap-objects.ts'
import type { ClusterPki } from './identity.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'
import { localPathCalls } from './local-path.ts'
import { metricsServerCalls } from './metrics-server.ts'
import { coreDnsImage } from './manifests.ts'

type Body = Record<string, unknown> & {
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
}

const COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`

const create = (resource: string, body: Body): Call => ({
  verb: 'create',
  resource,
  ...(body.metadata.namespace !== undefined && { namespace: body.metadata.namespace }),
  body,
})

/** What to create, in order. */
export function addonCalls(plan: ClusterPlan, pki: ClusterPki): Call[] {
  const storage = plan.storage === 'local-path' ? localPathCalls() : []
  const metrics = plan.metricsServer ? metricsServerCalls() : []
  return [
    ...(plan.addons ? [...coreDns(plan), ...kubeProxy(plan)] : []),
    ...storage,
    ...metrics,
    clusterAdmins(),
    ...bootstrapCalls(plan, pki),
    ...plan.nodes.flatMap(mark),
  ]
}

/** Labels that a kubelet may not give itself. Models cmd/kubeadm/app/phases/markcontrolplane. */
function mark({ name, role, labels = {} }: PlannedHost): Call[] {
  const wanted = {
    ...(role === 'control-plane' && {
      'node-role.kubernetes.io/control-plane': '',
      'node.kubernetes.io/exclude-from-external-load-balancers': '',
    }),
    ...Object.fromEntries(Object.entries(labels).filter(([label]) => !isPermitted(label))),
  }
  if (Object.keys(wanted).length === 0) return []
  return [{ verb: 'patch', patchType: 'strategic', resource: 'v1/nodes', name, body: { metadata: { labels: wanted } } }]
}

function clusterAdmins(): Call {
  return create('rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kubeadm:cluster-admins' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'kubeadm:cluster-admins' }],
  })
}

function serviceAccount(name: string): Call {
  return create('v1/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'kube-system' },
  })
}

function roleBinding(name: string, role: string, account: string): Call {
  return create('rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'kube-system' }],
  })
}

function coreDns(plan: ClusterPlan): Call[] {
  const labels = { 'k8s-app': 'kube-dns' }
  return [
    serviceAccount('coredns'),
    create('rbac.authorization.k8s.io/v1/clusterroles', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'system:coredns' },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
        { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    }),
    roleBinding('system:coredns', 'system:coredns', 'coredns'),
    create('v1/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      data: { Corefile: COREFILE },
    }),
    create('v1/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kube-dns',
        namespace: 'kube-system',
        labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
        annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
      },
      spec: {
        clusterIP: plan.dnsIp,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
        ],
      },
    }),
    create('apps/v1/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system', labels },
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: coreDnsPod(plan) },
      },
    }),
  ]
}

function coreDnsPod(plan: ClusterPlan): Record<string, unknown> {
  const probe = (path: string, port: number | string): Record<string, unknown> => ({
    httpGet: { path, port, scheme: 'HTTP' },
  })
  return {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] },
              topologyKey: 'kubernetes.io/hostname',
            },
          },
        ],
      },
    },
    containers: [
      {
        name: 'coredns',
        image: coreDnsImage(plan.minor),
        imagePullPolicy: 'IfNotPresent',
        args: ['-conf', '/etc/coredns/Corefile'],
        resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
        livenessProbe: {
          ...probe('/health', 8080),
          initialDelaySeconds: 60,
          timeoutSeconds: 5,
          successThreshold: 1,
          failureThreshold: 5,
        },
        readinessProbe: probe('/ready', 8181),
        ports: [
          { containerPort: 53, name: 'dns', protocol: 'UDP' },
          { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
          { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
        ],
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
          readOnlyRootFilesystem: true,
        },
        volumeMounts: [{ mountPath: '/etc/coredns', name: 'config-volume', readOnly: true }],
      },
    ],
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    priorityClassName: 'system-cluster-critical',
    serviceAccountName: 'coredns',
    tolerations: [
      { key: 'CriticalAddonsOnly', operator: 'Exists' },
      { effect: 'NoSchedule', key: 'node-role.kubernetes.io/control-plane' },
    ],
    volumes: [
      { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
    ],
  }
}

function kubeProxy(plan: ClusterPlan): Call[] {
  const labels = { 'k8s-app': 'kube-proxy' }
  const config = `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nbindAddress: 0.0.0.0\nclusterCIDR: ${plan.podPrefix}.0.0/16\nkind: KubeProxyConfiguration\nmode: ""\n`
  const kubeconfig = `apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt\n    server: https://${plan.endpoint}:6443\n  name: default\n`
  return [
    serviceAccount('kube-proxy'),
    roleBinding('kubeadm:node-proxier', 'system:node-proxier', 'kube-proxy'),
    create('v1/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-proxy', namespace: 'kube-system', labels: { app: 'kube-proxy' } },
      data: { 'config.conf': config, 'kubeconfig.conf': kubeconfig },
    }),
    create('apps/v1/daemonsets', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kube-proxy', namespace: 'kube-system', labels },
      spec: {
        selector: { matchLabels: labels },
        updateStrategy: { type: 'RollingUpdate' },
        template: { metadata: { labels }, spec: kubeProxyPod(plan) },
      },
    }),
  ]
}

function kubeProxyPod(plan: ClusterPlan): Record<string, unknown> {
  return {
    containers: [
      {
        name: 'kube-proxy',
        image: `registry.k8s.io/kube-proxy:v${plan.version}`,
        imagePullPolicy: 'IfNotPresent',
        command: [
          '/usr/local/bin/kube-proxy',
          '--config=/var/lib/kube-proxy/config.conf',
          '--hostname-override=$(NODE_NAME)',
        ],
        env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } }],
        securityContext: { privileged: true },
        volumeMounts: [
          { mountPath: '/var/lib/kube-proxy', name: 'kube-proxy' },
          { mountPath: '/run/xtables.lock', name: 'xtables-lock' },
          { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true },
        ],
      },
    ],
    hostNetwork: true,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    priorityClassName: 'system-node-critical',
    serviceAccountName: 'kube-proxy',
    tolerations: [{ operator: 'Exists' }],
    volumes: [
      { name: 'kube-proxy', configMap: { name: 'kube-proxy' } },
      { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
      { name: 'lib-modules', hostPath: { path: '/lib/modules', type: '' } },
    ],
  }
}
