/** One node with a fake API server, for tests of the kubelet. */
import { Fabric } from '../../engine/fabric/fabric.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { Kubelet } from '../../engine/kubelet/kubelet.ts'
import type { KubeletOptions } from '../../engine/kubelet/kubelet.ts'
import type { Container, Event, Pod, PodSpec } from '../../engine/objects/types.gen.ts'
import { FakeApi, FakeClient } from './fake-api.ts'

export const EPOCH_MS = Date.UTC(2026, 10, 20, 9, 0, 0)

export interface NodeBench {
  kernel: Kernel
  api: FakeApi
  kubelet: Kubelet
  fabric: Fabric
  pod(name?: string): Pod
  /** `reason message` of the events about an object, oldest first, with `×n` where they were counted up. */
  events(name?: string): string[]
  run(ms: number): void
}

export function makeBench(own: Partial<KubeletOptions> = {}): NodeBench {
  const kernel = new Kernel({ seed: 'kubelet', epochMs: EPOCH_MS })
  const fabric = new Fabric(kernel)
  fabric.addHost('worker-1')
  const api = new FakeApi(kernel)
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
    connect: (address, owner) => new FakeClient(api, address, owner),
    ...own,
  })
  kubelet.start()
  kernel.runUntil(100)
  return {
    kernel,
    api,
    kubelet,
    fabric,
    pod: (name = 'web') => api.get<Pod>('v1/pods', 'default', name) as Pod,
    events: (name = 'web') =>
      api
        .list<Event & { metadata: { name: string } }>('v1/events')
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason, message, count }) => `${reason} ${message}${(count ?? 1) > 1 ? ` ×${count}` : ''}`),
    run: (ms) => kernel.runUntil(kernel.now + ms),
  }
}

/** Creates a pod that is bound to the node, as it is right after scheduling. */
export function addPod(
  bench: NodeBench,
  container: Partial<Container>,
  spec: Partial<PodSpec> = {},
  name = 'web',
): void {
  bench.api.put('v1/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `0000-${name}` },
    spec: {
      nodeName: 'worker-1',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      ...spec,
      containers: spec.containers ?? [{ name: 'c', image: 'nginx:1.27', ...container }],
    },
    status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] },
  } as Pod)
}

/** What the pod's first container shows. */
export function stateOf(pod: Pod): string {
  const state = pod.status?.containerStatuses?.[0]?.state
  return state?.waiting?.reason ?? state?.terminated?.reason ?? (state?.running === undefined ? '' : 'Running')
}
