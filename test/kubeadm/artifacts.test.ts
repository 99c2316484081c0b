import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../engine/objects/yaml.ts'
import { addressIn, parseEndpoint, serverUrl } from '../../engine/tools/kubeadm/artifacts/addresses.ts'
import { apiServerAltNames, LEAVES, leavesOf } from '../../engine/tools/kubeadm/artifacts/certificates.ts'
import { allImages } from '../../engine/tools/kubeadm/artifacts/images.ts'
import { kubeconfigSpecs } from '../../engine/tools/kubeadm/artifacts/kubeconfigs.ts'
import { kubeletConfiguration, kubeletEnv } from '../../engine/tools/kubeadm/artifacts/kubelet.ts'
import { commandOf, componentManifest, etcdManifest } from '../../engine/tools/kubeadm/artifacts/static-pods.ts'
import { defaultCluster, defaultNode } from '../../engine/tools/kubeadm/config/defaults.ts'
import type { ClusterConfiguration } from '../../engine/tools/kubeadm/config/types.ts'

const cluster = (version: string, more: Partial<ClusterConfiguration> = {}): ClusterConfiguration =>
  defaultCluster(more, version)
const host = { name: 'cp1', address: '10.0.0.2', bindPort: 6443 }
const local = { name: 'cp1', address: '10.0.0.2' }

interface Pod {
  spec: { containers: { command: string[]; ports?: unknown[]; readinessProbe?: { httpGet: { port: unknown } } }[] }
}
const commandIn = (text: string): string[] => (parseYaml(text) as Pod).spec.containers[0]?.command ?? []

describe('addresses', () => {
  it('counts within a subnet', () => {
    expect(addressIn('10.96.0.0/12', 10)).toBe('10.96.0.10')
    expect(addressIn('172.20.255.250/16,fd00::/108', 10)).toBe('172.21.0.4')
  })

  it('reads an endpoint with and without a port', () => {
    expect(parseEndpoint('lb:8443', 6443)).toEqual({ host: 'lb', port: 8443 })
    expect(parseEndpoint('lb', 6443)).toEqual({ host: 'lb', port: 6443 })
    expect(serverUrl({ controlPlaneEndpoint: 'lb' }, host)).toBe('https://lb:6443')
    expect(serverUrl({}, host)).toBe('https://10.0.0.2:6443')
  })
})

describe('static pods (P9)', () => {
  it('sorts flags by name, and puts what is configured over the defaults', () => {
    const extra = [
      { name: 'v', value: '4' },
      { name: 'bind-address', value: '0.0.0.0' },
      { name: 'admit', value: 'a' },
      { name: 'admit', value: 'b' },
    ]
    expect(commandOf('x', { 'bind-address': '127.0.0.1', zone: '1' }, extra)).toEqual([
      'x',
      '--admit=a',
      '--admit=b',
      '--bind-address=0.0.0.0',
      '--v=4',
      '--zone=1',
    ])
  })

  it('gives out node networks only when there is a pod subnet', () => {
    const without = commandIn(componentManifest('kube-controller-manager', cluster('v1.36.1'), host))
    expect(without.some((word) => word.startsWith('--allocate-node-cidrs'))).toBe(false)
    const networking = { dnsDomain: '', serviceSubnet: '', podSubnet: '10.1.0.0/16' }
    const given = commandIn(componentManifest('kube-controller-manager', cluster('v1.36.1', { networking }), host))
    expect(given).toContain('--cluster-cidr=10.1.0.0/16')
    expect(given).toContain('--service-cluster-ip-range=10.96.0.0/12')
  })

  it('names probe ports from 1.33 on', () => {
    const container = (version: string): Pod['spec']['containers'][0] =>
      (parseYaml(componentManifest('kube-apiserver', cluster(version), host)) as Pod).spec.containers[0] as never
    expect(container('v1.33.0')?.readinessProbe?.httpGet.port).toBe('probe-port')
    expect(container('v1.32.0')?.readinessProbe?.httpGet.port).toBe(6443)
    expect(container('v1.32.0')?.ports).toBeUndefined()
  })

  it('speaks to etcd 3.6 without experimental flags', () => {
    const members = [{ name: 'cp1', peerUrl: 'https://10.0.0.2:2380' }]
    expect(commandIn(etcdManifest(cluster('v1.34.0'), host, { members }))).toContain(
      '--feature-gates=InitialCorruptCheck=true',
    )
    const old = commandIn(etcdManifest(cluster('v1.33.0'), host, { members, state: 'existing' }))
    expect(old).toContain('--experimental-initial-corrupt-check=true')
    expect(old).toContain('--initial-cluster-state=existing')
  })
})

describe('certificates (P7)', () => {
  it('names the API server by node, service, endpoint and what is asked for', () => {
    const names = apiServerAltNames(
      cluster('v1.36.1', { controlPlaneEndpoint: 'lb:8443', apiServer: { certSANs: ['a.example', '10.9.9.9'] } }),
      local,
    )
    expect(names.dns).toEqual([
      'a.example',
      'cp1',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      'lb',
    ])
    expect(names.ips).toEqual(['10.96.0.1', '10.0.0.2', '10.9.9.9'])
  })

  it('gives the API server as a client of kubelets the groups of its release', () => {
    const groups = (version: string): string[] | undefined =>
      LEAVES.find(({ path }) => path === 'apiserver-kubelet-client')?.subject(cluster(version), local).organizations
    expect(groups('v1.28.0')).toEqual(['system:masters'])
    expect(groups('v1.29.0')).toEqual(['kubeadm:cluster-admins'])
    expect(groups('v1.36.0')).toBeUndefined()
  })

  it('leaves etcd to those who run it', () => {
    const external = { etcd: { external: { endpoints: ['https://etcd:2379'] } } }
    expect(leavesOf(cluster('v1.36.1', external)).map(({ path }) => path)).toEqual([
      'apiserver',
      'apiserver-kubelet-client',
      'front-proxy-client',
    ])
  })

  it('points components at the API server beside them, people at the stable endpoint', () => {
    const servers = kubeconfigSpecs(cluster('v1.36.1', { controlPlaneEndpoint: 'lb' }), host)
    expect(servers.map(({ file, server }) => `${file} ${server}`)).toEqual([
      'admin https://lb:6443',
      'super-admin https://lb:6443',
      'kubelet https://lb:6443',
      'controller-manager https://10.0.0.2:6443',
      'scheduler https://10.0.0.2:6443',
    ])
  })
})

describe('the kubelet (P6, P8)', () => {
  const env = (version: string, name = 'cp1', criSocket = ''): string =>
    kubeletEnv({
      cluster: cluster(version),
      node: defaultNode({ name, criSocket }, 'cp1'),
      hostName: 'cp1',
      registerTaints: false,
    })

  it('has the flags of its release', () => {
    expect(env('v1.36.1')).toBe('KUBELET_KUBEADM_ARGS=""\n')
    expect(env('v1.34.0', 'n1')).toBe(
      'KUBELET_KUBEADM_ARGS="--hostname-override=n1 --pod-infra-container-image=registry.k8s.io/pause:3.10.1"\n',
    )
    expect(env('v1.26.0')).toContain('--container-runtime=remote --container-runtime-endpoint=unix:///')
    expect(env('v1.23.0', 'cp1', '/var/run/dockershim.sock')).toContain('"--network-plugin=cni --pod')
    expect(env('v1.20.0', 'cp1', '/var/run/dockershim.sock')).toContain('"--cgroup-driver=systemd --network-plugin=cni')
    expect(env('v1.23.0')).toContain('--container-runtime=remote --container-runtime-endpoint=unix:///')
  })

  it('finds DNS at the tenth address of the services', () => {
    const networking = { dnsDomain: 'corp', serviceSubnet: '10.50.0.0/16' }
    const config = kubeletConfiguration(cluster('v1.36.1', { networking }), { maxPods: 30 })
    expect(config).toMatchObject({
      clusterDNS: ['10.50.0.10'],
      clusterDomain: 'corp',
      maxPods: 30,
      cgroupDriver: 'systemd',
    })
  })
})

describe('images (P4)', () => {
  it('takes CoreDNS from the top of a private registry', () => {
    const images = allImages(cluster('v1.36.1', { imageRepository: 'reg.example/k8s' }))
    expect(images).toContain('reg.example/k8s/coredns:v1.14.2')
    expect(images.at(-1)).toBe('reg.example/k8s/etcd:3.6.8-0')
  })

  it('comes from k8s.gcr.io before 1.25', () => {
    expect(allImages(cluster('v1.24.0'))[0]).toBe('k8s.gcr.io/kube-apiserver:v1.24.0')
  })
})
