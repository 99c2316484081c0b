import { describe, expect, it } from 'vitest'
import { createApiClient } from '../../engine/api/client/create.ts'
import { API_PORT } from '../../engine/api/server.ts'
import { Kubelet } from '../../engine/kubelet/kubelet.ts'
import type { ContainerStatus, Event, Lease, Node, Pod } from '../../engine/objects/types.gen.ts'
import { startApi } from '../harness/api.ts'
import type { Api } from '../harness/api.ts'

interface Cluster extends Api {
  kubelet: Kubelet
  pod(name: string): Pod | undefined
  events(name: string): string[]
}

function makeCluster(): Cluster {
  const api = startApi()
  const { kernel, fabric } = api
  fabric.addHost('worker-1')
  const kubelet = new Kubelet({
    kernel,
    fabric,
    host: 'worker-1',
    nodeName: 'worker-1',
    release: '1.35.2',
    hostIP: '172.30.2.2',
    labels: {},
    taints: [],
    capacity: { cpu: '2', memory: '4Gi', 'ephemeral-storage': '40Gi', pods: '110' },
    podCidr: '10.244.1.0/24',
    images: ['busybox:1.36'],
    connect: (address, owner) =>
      createApiClient(kernel, fabric, {
        address,
        owner,
        host: 'worker-1',
        servers: [{ host: 'cp', port: API_PORT }],
        identity: { user: 'system:node:worker-1', groups: ['system:nodes', 'system:masters'] },
      }),
  })
  for (const name of ['kube-node-lease']) api.request('POST', '/api/v1/namespaces', { metadata: { name } })
  kubelet.start()
  api.run(5_000)
  const get = <T>(path: string): T | undefined => {
    const response = api.request('GET', path)
    return response.code === 200 ? (response.body as T) : undefined
  }
  return {
    ...api,
    kubelet,
    pod: (name) => get<Pod>(`/api/v1/namespaces/default/pods/${name}`),
    events: (name) =>
      api
        .ok<{ items: Event[] }>('GET', '/api/v1/namespaces/default/events')
        .items.filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason }) => reason ?? ''),
  }
}

function podOf(name: string, container: object, spec: object = {}): object {
  return {
    metadata: { name },
    spec: {
      nodeName: 'worker-1',
      automountServiceAccountToken: false,
      ...spec,
      containers: [{ name: 'c', image: 'nginx:1.27', ...container }],
    },
  }
}

describe('the kubelet on the API server', () => {
  it('registers its node and holds its lease (B1)', () => {
    const cluster = makeCluster()
    const node = cluster.ok<Node>('GET', '/api/v1/nodes/worker-1')
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'True',
      reason: 'KubeletReady',
    })
    const before = cluster.ok<Lease>('GET', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-1')
      .spec?.renewTime
    cluster.run(11_000)
    expect(
      cluster.ok<Lease>('GET', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-1').spec
        ?.renewTime,
    ).not.toBe(before)
  })

  it('brings a pod to Ready with four events, and confirms its deletion', () => {
    const cluster = makeCluster()
    cluster.ok('POST', '/api/v1/namespaces/default/pods', podOf('web', {}))
    cluster.run(8_000)
    const status = cluster.pod('web')?.status
    expect(status).toMatchObject({
      phase: 'Running',
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }],
      hostIP: '172.30.2.2',
    })
    expect(status?.conditions?.map(({ type, status: value }) => `${type}=${value}`).sort()).toEqual([
      'ContainersReady=True',
      'Initialized=True',
      'PodReadyToStartContainers=True',
      'PodScheduled=True',
      'Ready=True',
    ])
    expect(cluster.events('web')).toEqual(['Pulling', 'Pulled', 'Created', 'Started'])
    cluster.ok('DELETE', '/api/v1/namespaces/default/pods/web')
    cluster.run(2_000)
    expect(cluster.pod('web')).toBeUndefined()
  })

  it('runs a crash loop', () => {
    const cluster = makeCluster()
    cluster.ok(
      'POST',
      '/api/v1/namespaces/default/pods',
      podOf('crash', { image: 'busybox:1.36', command: ['sh', '-c', 'sleep 1; exit 1'] }),
    )
    const first = (): ContainerStatus | undefined => cluster.pod('crash')?.status?.containerStatuses?.[0]
    for (let tried = 0; tried < 200 && first()?.state?.waiting?.reason !== 'CrashLoopBackOff'; tried++) cluster.run(100)
    const container = first()
    expect(container?.state?.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=c pod=crash_default\(/,
    )
    expect(container?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' })
    expect(container?.restartCount).toBe(1)
  })
})
