import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../engine/objects/meta.ts'
import type { Lease, Node } from '../../engine/objects/types.gen.ts'
import { addPod, makeBench, stateOf } from './bench.ts'
import type { NodeBench } from './bench.ts'

const node = (bench: NodeBench): Node =>
  bench.api.get<Node>('v1/nodes', '', 'worker-1') ?? (bench.api.list<Node>('v1/nodes')[0] as Node)
const ready = (bench: NodeBench) => node(bench).status?.conditions?.find(({ type }) => type === 'Ready')

describe('the node (B1, B2)', () => {
  it('registers, with the recorded events and conditions in order', () => {
    const bench = makeBench()
    bench.run(1_000)
    expect(node(bench).status?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      'MemoryPressure False KubeletHasSufficientMemory',
      'DiskPressure False KubeletHasNoDiskPressure',
      'PIDPressure False KubeletHasSufficientPID',
      'Ready True KubeletReady',
    ])
    expect(bench.events('worker-1').map((text) => text.split(' ')[0])).toEqual([
      'Starting',
      'InvalidDiskCapacity',
      'NodeHasSufficientMemory',
      'NodeHasNoDiskPressure',
      'NodeHasSufficientPID',
      'NodeAllocatableEnforced',
      'NodeReady',
    ])
    expect(node(bench).status).toMatchObject({
      allocatable: { cpu: '2', memory: '3996Mi' },
      nodeInfo: { kubeletVersion: 'v1.35.2' },
    })
  })

  it('renews its lease each 10 s and posts an unchanged status each 5 min', () => {
    const bench = makeBench()
    bench.run(1_000)
    const from = bench.api.calls.length
    bench.run(630_000)
    const calls = bench.api.calls.slice(from).map(({ call }) => call)
    expect(calls.filter(({ resource, verb }) => resource.endsWith('leases') && verb === 'update')).toHaveLength(63)
    expect(calls.filter(({ resource, verb }) => resource === 'v1/nodes' && verb === 'patch')).toHaveLength(2)
    const lease = bench.api.get<Lease>('coordination.k8s.io/v1/leases', 'kube-node-lease', 'worker-1')
    expect(lease?.spec).toMatchObject({ holderIdentity: 'worker-1', leaseDurationSeconds: 40 })
  })

  it('is not ready without a network plugin, and its pods wait', () => {
    let plugin = false
    const bench = makeBench({ images: ['nginx:1.27'], ports: { networkReady: () => plugin } })
    addPod(bench, {})
    bench.run(5_000)
    expect(ready(bench)).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message:
        'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
    })
    expect(bench.events()[0]).toContain('NetworkNotReady network is not ready: container runtime network not ready')
    plugin = true
    bench.kubelet.networkChanged()
    bench.run(5_000)
    expect([ready(bench)?.status, stateOf(bench.pod())]).toEqual(['True', 'Running'])
  })

  it('is not ready 30 s after containerd died (O4)', () => {
    const bench = makeBench()
    bench.kubelet.setRuntime(false)
    bench.run(25_000)
    expect(ready(bench)?.status).toBe('True')
    bench.run(20_000)
    expect(ready(bench)).toMatchObject({ status: 'False', message: 'container runtime is down' })
    bench.run(160_000)
    expect(ready(bench)?.message).toContain('PLEG is not healthy: pleg was last seen active 3m')
    bench.kubelet.setRuntime(true)
    bench.run(1_000)
    expect(ready(bench)?.status).toBe('True')
  })

  it('a stopped kubelet leaves its containers alone and takes them over again', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {})
    bench.run(5_000)
    const before = bench.pod().status?.containerStatuses
    bench.kubelet.stop()
    expect(bench.kubelet.listeners.listening('10.244.1.2', 80)).toMatchObject({ pod: 'web', responder: 'nginx' })
    bench.run(60_000)
    const from = bench.api.calls.length
    bench.kubelet.start()
    bench.run(5_000)
    expect(bench.pod().status?.containerStatuses).toEqual(before)
    expect(bench.api.calls.slice(from).filter(({ call }) => call.resource === 'v1/pods')).toHaveLength(0)
  })

  it('a pod deleted meanwhile is ended when the kubelet returns', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {})
    addPod(bench, {}, {}, 'forced')
    bench.run(5_000)
    bench.kubelet.stop()
    bench.api.deletePod('web')
    bench.api.remove('v1/pods', 'default', 'forced')
    bench.run(60_000)
    expect(bench.pod()).toBeDefined()
    bench.kubelet.start()
    bench.run(3_000)
    expect(bench.pod()).toBeUndefined()
    expect(bench.kubelet.criList().sandboxes).toEqual([])
  })

  it('after a reboot pods start again: one more restart, a new sandbox with its own address (B4)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {})
    bench.run(5_000)
    expect(bench.pod().status?.podIP).toBe('10.244.1.2')
    bench.kubelet.hostCrashed()
    bench.run(20_000)
    bench.kubelet.start()
    bench.run(100)
    expect(bench.pod().status?.podIP).toBeUndefined()
    expect(conditionOf(bench.pod().status?.conditions, 'PodReadyToStartContainers')?.status).toBe('False')
    bench.run(5_000)
    expect(bench.pod().status?.podIP).toBe('10.244.1.3')
    expect(conditionOf(bench.pod().status?.conditions, 'PodReadyToStartContainers')?.status).toBe('True')
    expect(bench.pod().status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      ready: true,
      lastState: { terminated: { exitCode: 255, reason: 'Unknown' } },
    })
    expect(
      bench.events('worker-1').some((text) => text.startsWith('Rebooted Node worker-1 has been rebooted, boot id: ')),
    ).toBe(true)
    expect(bench.events()).toContain('SandboxChanged Pod sandbox changed, it will be killed and re-created.')
  })

  it('puts right what others wrote into its conditions', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {})
    bench.run(5_000)
    const pod = bench.pod()
    const conditions = pod.status?.conditions?.map((one) => (one.type === 'Ready' ? { ...one, status: 'False' } : one))
    bench.api.put('v1/pods', { ...pod, status: { ...pod.status, conditions } } as never)
    bench.run(10_500)
    expect(bench.pod().status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  })

  it('retries a status that nobody took', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {})
    bench.run(20)
    bench.api.reachable = false
    bench.run(30_000)
    bench.api.reachable = true
    bench.run(10_500)
    expect(bench.pod().status?.phase).toBe('Running')
  })
})
