/**
 * Network add-ons as their projects publish them, at their well-known addresses: flannel v0.27.4, Calico v3.30.3. Not
 * modelled: Calico's own resource kinds and Typha, Cilium and others that Helm installs, Weave Net (its site is gone).
 */
import type { HttpResponse } from '../fabric/http.ts'
import { makeYaml } from '../objects/yaml.ts'

type Manifest = Record<string, unknown>

const RBAC = 'rbac.authorization.k8s.io/v1'
const FLANNEL_NAMESPACE = 'kube-flannel'
const FLANNEL = 'v0.27.4'
const CALICO = 'v3.30.3'

interface Names {
  name: string
  namespace: string
  labels?: Record<string, string>
}

const account = (metadata: Names): Manifest => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })

function role({ name, namespace, labels }: Names, rules: unknown[]): Manifest[] {
  const metadata = { name, ...(labels && { labels }) }
  return [
    { apiVersion: RBAC, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion: RBAC,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ]
}

const fieldEnv = (name: string, fieldPath: string): Manifest => ({ name, valueFrom: { fieldRef: { fieldPath } } })
const hostPath = (name: string, path: string, type?: string): Manifest => ({
  name,
  hostPath: { path, ...(type !== undefined && { type }) },
})

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const FLANNEL_CNI = {
  name: 'cbr0',
  cniVersion: '0.3.1',
  plugins: [
    { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
}

const LINUX = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }] }],
    },
  },
}

/** kube-flannel.yml */
function flannel(): Manifest[] {
  const labels = { tier: 'node', app: 'flannel', 'k8s-app': 'flannel' }
  const mine = { name: 'flannel', namespace: FLANNEL_NAMESPACE, labels: { 'k8s-app': 'flannel' } }
  const rules = [
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
  ]
  const enforced = { 'k8s-app': 'flannel', 'pod-security.kubernetes.io/enforce': 'privileged' }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: FLANNEL_NAMESPACE, labels: enforced } },
    account(mine),
    ...role(mine, rules),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-flannel-cfg', namespace: FLANNEL_NAMESPACE, labels },
      data: {
        'cni-conf.json': json(FLANNEL_CNI),
        'net-conf.json': json({ Network: '10.244.0.0/16', EnableNFTables: false, Backend: { Type: 'vxlan' } }),
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kube-flannel-ds', namespace: FLANNEL_NAMESPACE, labels },
      spec: {
        selector: { matchLabels: { app: 'flannel', 'k8s-app': 'flannel' } },
        template: { metadata: { labels }, spec: flannelPod() },
      },
    },
  ]
}

function flannelPod(): Manifest {
  const image = `ghcr.io/flannel-io/flannel:${FLANNEL}`
  const config = { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' }
  return {
    affinity: LINUX,
    containers: [
      {
        name: 'kube-flannel',
        image,
        command: ['/opt/bin/flanneld'],
        args: ['--ip-masq', '--kube-subnet-mgr'],
        env: [
          fieldEnv('POD_NAME', 'metadata.name'),
          fieldEnv('POD_NAMESPACE', 'metadata.namespace'),
          { name: 'EVENT_QUEUE_DEPTH', value: '5000' },
          { name: 'CONT_WHEN_CACHE_NOT_READY', value: 'false' },
        ],
        resources: { requests: { cpu: '100m', memory: '50Mi' } },
        securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] }, privileged: false },
        volumeMounts: [
          { name: 'run', mountPath: '/run/flannel' },
          config,
          { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
        ],
      },
    ],
    hostNetwork: true,
    initContainers: [
      {
        name: 'install-cni-plugin',
        image: 'ghcr.io/flannel-io/flannel-cni-plugin:v1.8.0-flannel1',
        command: ['cp'],
        args: ['-f', '/flannel', '/opt/cni/bin/flannel'],
        volumeMounts: [{ name: 'cni-plugin', mountPath: '/opt/cni/bin' }],
      },
      {
        name: 'install-cni',
        image,
        command: ['cp'],
        args: ['-f', '/etc/kube-flannel/cni-conf.json', '/etc/cni/net.d/10-flannel.conflist'],
        volumeMounts: [{ name: 'cni', mountPath: '/etc/cni/net.d' }, config],
      },
    ],
    priorityClassName: 'system-node-critical',
    serviceAccountName: 'flannel',
    tolerations: [{ effect: 'NoSchedule', operator: 'Exists' }],
    volumes: [
      hostPath('run', '/run/flannel'),
      hostPath('cni-plugin', '/opt/cni/bin'),
      hostPath('cni', '/etc/cni/net.d'),
      { name: 'flannel-cfg', configMap: { name: 'kube-flannel-cfg' } },
      hostPath('xtables-lock', '/run/xtables.lock', 'FileOrCreate'),
    ],
  }
}

const CALICO_CNI = {
  name: 'k8s-pod-network',
  cniVersion: '0.3.1',
  plugins: [
    {
      type: 'calico',
      log_level: 'info',
      log_file_path: '/var/log/calico/cni/cni.log',
      datastore_type: 'kubernetes',
      nodename: '__KUBERNETES_NODE_NAME__',
      mtu: 0,
      ipam: { type: 'calico-ipam' },
      policy: { type: 'k8s' },
      kubernetes: { kubeconfig: '__KUBECONFIG_FILEPATH__' },
    },
    { type: 'portmap', snat: true, capabilities: { portMappings: true } },
    { type: 'bandwidth', capabilities: { bandwidth: true } },
  ],
}

const SYSTEM = 'kube-system'

/** calico.yaml, without its resource kinds. */
function calico(): Manifest[] {
  const read = { apiGroups: [''], resources: ['pods', 'nodes', 'namespaces', 'serviceaccounts', 'endpoints', 'services'], verbs: ['get', 'list', 'watch'] } // prettier-ignore
  const node = { name: 'calico-node', namespace: SYSTEM }
  const controllers = { name: 'calico-kube-controllers', namespace: SYSTEM }
  return [
    account(controllers),
    account(node),
    account({ name: 'calico-cni-plugin', namespace: SYSTEM }),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'calico-config', namespace: SYSTEM },
      data: { calico_backend: 'bird', cni_network_config: json(CALICO_CNI), typha_service_name: 'none', veth_mtu: '0' },
    },
    ...role(node, [read, { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch', 'update'] }]),
    ...role(controllers, [read]),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { ...controllers, labels: { 'k8s-app': 'calico-kube-controllers' } },
      spec: { maxUnavailable: 1, selector: { matchLabels: { 'k8s-app': 'calico-kube-controllers' } } },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { ...node, labels: { 'k8s-app': 'calico-node' } },
      spec: {
        selector: { matchLabels: { 'k8s-app': 'calico-node' } },
        template: { metadata: { labels: { 'k8s-app': 'calico-node' } }, spec: calicoPod() },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...controllers, labels: { 'k8s-app': 'calico-kube-controllers' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { 'k8s-app': 'calico-kube-controllers' } },
        strategy: { type: 'Recreate' },
        template: {
          metadata: { ...controllers, labels: { 'k8s-app': 'calico-kube-controllers' } },
          spec: calicoControllers(),
        },
      },
    },
  ]
}

const critical = { key: 'CriticalAddonsOnly', operator: 'Exists' }

function calicoPod(): Manifest {
  return {
    containers: [
      {
        name: 'calico-node',
        image: `docker.io/calico/node:${CALICO}`,
        env: [
          { name: 'DATASTORE_TYPE', value: 'kubernetes' },
          { name: 'WAIT_FOR_DATASTORE', value: 'true' },
          fieldEnv('NODENAME', 'spec.nodeName'),
          { name: 'CLUSTER_TYPE', value: 'k8s,bgp' },
          { name: 'IP', value: 'autodetect' },
          { name: 'CALICO_IPV4POOL_IPIP', value: 'Always' },
          { name: 'CALICO_IPV4POOL_VXLAN', value: 'Never' },
          { name: 'FELIX_HEALTHENABLED', value: 'true' },
        ],
        resources: { requests: { cpu: '250m' } },
        securityContext: { privileged: true },
        volumeMounts: [
          { name: 'cni-net-dir', mountPath: '/host/etc/cni/net.d' },
          { name: 'var-run-calico', mountPath: '/var/run/calico' },
          { name: 'var-lib-calico', mountPath: '/var/lib/calico' },
        ],
      },
    ],
    hostNetwork: true,
    initContainers: [
      {
        name: 'install-cni',
        image: `docker.io/calico/cni:${CALICO}`,
        command: ['/opt/cni/bin/install'],
        env: [
          { name: 'CNI_CONF_NAME', value: '10-calico.conflist' },
          {
            name: 'CNI_NETWORK_CONFIG',
            valueFrom: { configMapKeyRef: { name: 'calico-config', key: 'cni_network_config' } },
          },
          fieldEnv('KUBERNETES_NODE_NAME', 'spec.nodeName'),
          { name: 'SLEEP', value: 'false' },
        ],
        securityContext: { privileged: true },
        volumeMounts: [
          { name: 'cni-bin-dir', mountPath: '/host/opt/cni/bin' },
          { name: 'cni-net-dir', mountPath: '/host/etc/cni/net.d' },
        ],
      },
    ],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    priorityClassName: 'system-node-critical',
    serviceAccountName: 'calico-node',
    terminationGracePeriodSeconds: 0,
    tolerations: [{ effect: 'NoSchedule', operator: 'Exists' }, critical, { effect: 'NoExecute', operator: 'Exists' }],
    volumes: [
      hostPath('var-run-calico', '/var/run/calico', 'DirectoryOrCreate'),
      hostPath('var-lib-calico', '/var/lib/calico', 'DirectoryOrCreate'),
      hostPath('cni-bin-dir', '/opt/cni/bin', 'DirectoryOrCreate'),
      hostPath('cni-net-dir', '/etc/cni/net.d'),
    ],
  }
}

function calicoControllers(): Manifest {
  return {
    containers: [
      {
        name: 'calico-kube-controllers',
        image: `docker.io/calico/kube-controllers:${CALICO}`,
        env: [
          { name: 'ENABLED_CONTROLLERS', value: 'node,loadbalancer' },
          { name: 'DATASTORE_TYPE', value: 'kubernetes' },
        ],
      },
    ],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    priorityClassName: 'system-cluster-critical',
    serviceAccountName: 'calico-kube-controllers',
    tolerations: [
      critical,
      { key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' },
      { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
    ],
  }
}

/** `---` between documents. */
const documents = (manifests: readonly Manifest[]): string => manifests.map((one) => `---\n${makeYaml(one)}`).join('')

const PLACES: readonly [string, RegExp, () => Manifest[]][] = [
  ['github.com', /^\/flannel-io\/flannel\/releases\/(latest\/download|download\/v0\.\d+\.\d+)\/kube-flannel\.yml$/, flannel], // prettier-ignore
  ['raw.githubusercontent.com', /^\/(flannel-io|coreos)\/flannel\/(refs\/heads\/)?(master|v0\.\d+\.\d+)\/Documentation\/kube-flannel\.yml$/, flannel], // prettier-ignore
  ['raw.githubusercontent.com', /^\/projectcalico\/calico\/(master|v3\.\d+\.\d+)\/manifests\/calico\.yaml$/, calico],
  ['docs.projectcalico.org', /^\/manifests\/calico\.yaml$/, calico],
]

/** The hosts that only add-ons make known. */
export const ADDON_SITES = ['raw.githubusercontent.com', 'docs.projectcalico.org'] as const

/** What the project's site answers; undefined: it is not about a network add-on. */
export function networkAddonSite(name: string, path: string): HttpResponse | undefined {
  const found = PLACES.find(([host, pattern]) => host === name && pattern.test(path))
  if (found === undefined)
    return ADDON_SITES.some((site) => site === name)
      ? { code: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404: Not Found' }
      : undefined
  const body = documents(found[2]())
  return {
    code: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(body.length) },
    body,
  }
}
