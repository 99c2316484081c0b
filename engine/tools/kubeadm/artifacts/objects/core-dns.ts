/** CoreDNS (G6, P8). Models cmd/kubeadm/app/phases/addons/dns. */
import type { ClusterConfiguration } from '../../config/types.ts'
import { minorOf } from '../../release.ts'
import { dnsIp } from '../addresses.ts'
import { coreDnsImage } from '../images.ts'
import { account, clusterRole, clusterRoleBinding, configMap, objectOf, serviceAccount } from './object.ts'
import type { ClusterObject } from './object.ts'

const LABELS = { 'k8s-app': 'kube-dns' }

/** The answers to clients of other names are cached without those of the cluster since 1.32. */
function corefile(domain: string, minor: number): string {
  const cache =
    minor >= 32
      ? `    cache 30 {
       disable success ${domain}
       disable denial ${domain}
    }`
      : '    cache 30'
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
${cache}
    loop
    reload
    loadbalance
}
`
}

export function coreDnsConfig({ networking, kubernetesVersion }: ClusterConfiguration): ClusterObject {
  return configMap('kube-system', 'coredns', { Corefile: corefile(networking.dnsDomain, minorOf(kubernetesVersion)) })
}

export function coreDns(cluster: ClusterConfiguration, replicas = 2): ClusterObject[] {
  return [
    serviceAccount('coredns'),
    clusterRole('system:coredns', [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]),
    clusterRoleBinding('system:coredns', 'system:coredns', [account('coredns')]),
    coreDnsConfig(cluster),
    service(cluster),
    objectOf('apps/v1/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system', labels: LABELS },
      spec: {
        replicas,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        selector: { matchLabels: LABELS },
        template: { metadata: { labels: LABELS }, spec: pod(cluster) },
      },
    }),
  ]
}

function service({ networking }: ClusterConfiguration): ClusterObject {
  return objectOf('v1/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace: 'kube-system',
      labels: { ...LABELS, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    },
    spec: {
      clusterIP: dnsIp(networking.serviceSubnet),
      selector: LABELS,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  })
}

const ANTI_AFFINITY = {
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
}

function container(cluster: ClusterConfiguration): Record<string, unknown> {
  const minor = minorOf(cluster.kubernetesVersion)
  const probe = (path: string, port: number): object => ({ httpGet: { path, port, scheme: 'HTTP' } })
  return {
    name: 'coredns',
    image: coreDnsImage(cluster),
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
      capabilities: { add: ['NET_BIND_SERVICE'], drop: [minor >= 33 ? 'ALL' : 'all'] },
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [{ mountPath: '/etc/coredns', name: 'config-volume', readOnly: true }],
  }
}

function pod(cluster: ClusterConfiguration): Record<string, unknown> {
  const minor = minorOf(cluster.kubernetesVersion)
  const masters = minor <= 24 ? [{ effect: 'NoSchedule', key: 'node-role.kubernetes.io/master' }] : []
  return {
    affinity: ANTI_AFFINITY,
    containers: [container(cluster)],
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    priorityClassName: 'system-cluster-critical',
    serviceAccountName: 'coredns',
    tolerations: [
      { key: 'CriticalAddonsOnly', operator: 'Exists' },
      ...masters,
      { effect: 'NoSchedule', key: 'node-role.kubernetes.io/control-plane' },
    ],
    volumes: [
      { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
    ],
  }
}
