/** kube-proxy (P8). Models cmd/kubeadm/app/phases/addons/proxy and componentconfigs/kubeproxy.go. */
import { makeYaml } from '../../../../objects/yaml.ts'
import type { ClusterConfiguration, Fields } from '../../config/types.ts'
import { NODE_TOKEN_GROUP } from '../../config/defaults.ts'
import { minorOf } from '../../release.ts'
import { controlPlaneImage } from '../images.ts'
import { configHash } from './configuration.ts'
import { account, clusterRoleBinding, configMap, group, mayGet, objectOf, role, roleBinding, serviceAccount } from './object.ts' // prettier-ignore
import type { ClusterObject } from './object.ts'

/** KubeProxyConfiguration as marshalling writes it, mostly what nobody set; what the user gave comes over it. */
export function proxyConfiguration(cluster: ClusterConfiguration, given: Fields = {}): Fields {
  const minor = minorOf(cluster.kubernetesVersion)
  const { podSubnet = '' } = cluster.networking
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    bindAddress: '0.0.0.0',
    bindAddressHardFail: false,
    clientConnection: {
      acceptContentTypes: '',
      burst: 0,
      contentType: '',
      kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
      qps: 0,
    },
    clusterCIDR: podSubnet,
    configSyncPeriod: '0s',
    conntrack: {
      maxPerCore: null,
      min: null,
      ...(minor >= 29 && { tcpBeLiberal: false }),
      tcpCloseWaitTimeout: null,
      tcpEstablishedTimeout: null,
      ...(minor >= 29 && { udpStreamTimeout: '0s', udpTimeout: '0s' }),
    },
    detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
    detectLocalMode: '',
    enableProfiling: false,
    healthzBindAddress: '',
    hostnameOverride: '',
    iptables: {
      ...(minor >= 26 && { localhostNodePorts: null }),
      masqueradeAll: false,
      masqueradeBit: null,
      minSyncPeriod: '0s',
      syncPeriod: '0s',
    },
    ipvs: {
      excludeCIDRs: null,
      minSyncPeriod: '0s',
      scheduler: '',
      strictARP: false,
      syncPeriod: '0s',
      tcpFinTimeout: '0s',
      tcpTimeout: '0s',
      udpTimeout: '0s',
    },
    kind: 'KubeProxyConfiguration',
    ...(minor >= 28 && {
      logging: {
        flushFrequency: 0,
        options: { json: { infoBufferSize: '0' }, ...(minor >= 30 && { text: { infoBufferSize: '0' } }) },
        verbosity: 0,
      },
    }),
    metricsBindAddress: '',
    mode: '',
    ...(minor >= 29 && {
      nftables: { masqueradeAll: false, masqueradeBit: null, minSyncPeriod: '0s', syncPeriod: '0s' },
    }),
    nodePortAddresses: null,
    oomScoreAdj: null,
    portRange: '',
    showHiddenMetricsForVersion: '',
    winkernel: {
      enableDSR: false,
      forwardHealthCheckVip: false,
      networkName: '',
      rootHnsEndpointName: '',
      sourceVip: '',
    },
    ...given,
  }
}

const ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

const kubeconfig = (server: string): string => `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: ${ACCOUNT_DIR}/ca.crt
    server: ${server}
  name: default
contexts:
- context:
    cluster: default
    namespace: default
    user: default
  name: default
current-context: default
users:
- name: default
  user:
    tokenFile: ${ACCOUNT_DIR}/token
`

const LABELS = { 'k8s-app': 'kube-proxy' }

/** `server`: where the API is reached, `https://…:6443`. */
export function kubeProxy(cluster: ClusterConfiguration, server: string, given?: Fields): ClusterObject[] {
  const data = { 'config.conf': makeYaml(proxyConfiguration(cluster, given)), 'kubeconfig.conf': kubeconfig(server) }
  const hash = given === undefined ? { annotations: configHash({ 'config.conf': data['config.conf'] }) } : {}
  return [
    serviceAccount('kube-proxy'),
    clusterRoleBinding('kubeadm:node-proxier', 'system:node-proxier', [account('kube-proxy')]),
    configMap('kube-system', 'kube-proxy', data, { labels: { app: 'kube-proxy' }, ...hash }),
    role('kube-system', 'kube-proxy', [mayGet('configmaps', 'kube-proxy')]),
    roleBinding('kube-system', 'kube-proxy', [group(NODE_TOKEN_GROUP)]),
    objectOf('apps/v1/daemonsets', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kube-proxy', namespace: 'kube-system', labels: LABELS },
      spec: {
        selector: { matchLabels: LABELS },
        updateStrategy: { type: 'RollingUpdate' },
        template: { metadata: { labels: LABELS }, spec: pod(cluster) },
      },
    }),
  ]
}

function pod(cluster: ClusterConfiguration): Record<string, unknown> {
  return {
    containers: [
      {
        name: 'kube-proxy',
        image: controlPlaneImage('kube-proxy', cluster),
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
