import { describe, expect, it } from 'vitest'
import type { Pod } from '../../engine/objects/types.gen.ts'
import { addPod, makeBench, stateOf } from './bench.ts'
import type { NodeBench } from './bench.ts'

const SHELL = { image: 'busybox:1.36' }

function timeline(bench: NodeBench, name: string, untilMs: number): [number, string][] {
  const seen: [number, string][] = []
  while (bench.kernel.now < untilMs) {
    bench.run(100)
    const pod = bench.pod(name)
    const state = `${stateOf(pod)} ${pod.status?.containerStatuses?.[0]?.restartCount ?? 0}`
    if (seen[seen.length - 1]?.[1] !== state) seen.push([bench.kernel.now, state])
  }
  return seen
}

describe('pod lifecycle', () => {
  it('a simple pod takes two status writes and four events (F6)', () => {
    const bench = makeBench()
    addPod(bench, {})
    bench.run(10_000)
    const patches = bench.api.calls.filter(({ call }) => call.resource === 'v1/pods' && call.verb === 'patch')
    expect(patches).toHaveLength(2)
    expect(bench.events().map((text) => text.split(' ')[0])).toEqual(['Pulling', 'Pulled', 'Created', 'Started'])
    expect(bench.pod().status).toMatchObject({
      phase: 'Running',
      podIP: '10.244.1.2',
      hostIP: '172.30.2.2',
      qosClass: 'BestEffort',
    })
    expect(bench.pod().status?.conditions?.every(({ status }) => status === 'True')).toBe(true)
  })

  it.each([
    [
      '1.31.4',
      ['Created container c', 'Started container c', 'Container image "nginx:1.27" already present on machine'],
    ],
    [
      '1.33.2',
      ['Created container: c', 'Started container c', 'Container image "nginx:1.27" already present on machine'],
    ],
    [
      '1.35.2',
      [
        'Container created',
        'Container started',
        'Container image "nginx:1.27" already present on machine and can be accessed by the pod',
      ],
    ],
  ])('event texts of %s (F5, F6)', (release, texts) => {
    const bench = makeBench({ release, images: ['nginx:1.27'] })
    addPod(bench, {})
    bench.run(5_000)
    const events = bench.events()
    expect(events).toHaveLength(3)
    for (const text of texts) expect(events.some((event) => event.endsWith(text))).toBe(true)
  })

  it('a crash loop waits 0, 10, 20, 40, 80, 160 s, and says Error before CrashLoopBackOff (F4)', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, { ...SHELL, command: ['sh', '-c', 'echo boot; sleep 1; exit 1'] }, {}, 'crash')
    const seen = timeline(bench, 'crash', 500_000)
    const at = (state: string): number => seen.find(([, one]) => one === state)?.[0] ?? NaN
    expect(at('Running 1') - at('Error 0')).toBeLessThanOrEqual(2_000)
    ;[10, 20, 40, 80, 160].forEach((seconds, index) => {
      const waited = at(`Running ${index + 2}`) - at(`Error ${index + 1}`)
      expect(waited).toBeGreaterThanOrEqual(seconds * 1000 - 1_000)
      expect(waited).toBeLessThanOrEqual(seconds * 1000 + 17_000)
      const error = at(`CrashLoopBackOff ${index + 1}`) - at(`Error ${index + 1}`)
      // As recorded on a real node: the first back-off shows at the next relist.
      expect(error).toBeGreaterThanOrEqual(index === 0 ? 900 : 9_000)
      expect(error).toBeLessThanOrEqual(index === 0 ? 2_000 : 16_000)
    })
    expect(bench.pod('crash').status?.phase).toBe('Running')
    const waiting = bench.pod('crash').status?.containerStatuses?.[0]?.state?.waiting?.message
    expect(waiting).toBe('back-off 5m0s restarting failed container=c pod=crash_default(0000-crash)')
  })

  it.each<[string, string, string, string]>([
    ['exit 0', 'Never', 'Succeeded', 'Completed'],
    ['exit 5', 'Never', 'Failed', 'Error'],
    ['exit 0', 'OnFailure', 'Succeeded', 'Completed'],
    ['exit 3', 'OnFailure', 'Running', 'Error'],
    ['exit 0', 'Always', 'Running', 'Completed'],
    ['sleep 3600', 'Never', 'Running', 'Running'],
  ])('%s with restartPolicy %s: phase %s, STATUS %s (F2)', (script, restartPolicy, phase, status) => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, { ...SHELL, command: ['sh', '-c', script] }, { restartPolicy })
    bench.run(2_400)
    expect([bench.pod().status?.phase, stateOf(bench.pod())]).toEqual([phase, status])
  })

  it('a succeeded pod says PodCompleted (F3)', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, { ...SHELL, command: ['true'] }, { restartPolicy: 'Never' })
    bench.run(6_000)
    const conditions = Object.fromEntries(
      (bench.pod().status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason ?? ''}`]),
    )
    expect(conditions).toEqual({
      PodScheduled: 'True ',
      PodReadyToStartContainers: 'False ',
      Initialized: 'True PodCompleted',
      Ready: 'False PodCompleted',
      ContainersReady: 'False PodCompleted',
    })
  })

  it('a missing program is RunContainerError and StartError 128 (F3)', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, { ...SHELL, command: ['/nope'] })
    bench.run(2_500)
    const status = bench.pod().status?.containerStatuses?.[0]
    expect(status?.state?.waiting?.reason).toBe('RunContainerError')
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' })
    expect(
      bench.events().some((text) => text.includes('exec: "/nope": stat /nope: no such file or directory: unknown')),
    ).toBe(true)
  })

  it('a missing ConfigMap is CreateContainerConfigError until it is there (F5)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'missing', key: 'k' } } }] })
    bench.run(3_000)
    expect(stateOf(bench.pod())).toBe('CreateContainerConfigError')
    expect(bench.pod().status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('configmap "missing" not found')
    expect(bench.events().some((text) => text.startsWith('Failed Error: configmap "missing" not found'))).toBe(true)
    bench.api.put('v1/configmaps', { metadata: { name: 'missing', namespace: 'default' }, data: { k: 'v' } } as never)
    bench.run(20_000)
    expect(stateOf(bench.pod())).toBe('Running')
  })

  it('a missing Secret volume keeps ContainerCreating and retries 0.5, 1, 2, 4 s (F5)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(
      bench,
      { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      { volumes: [{ name: 'v', secret: { secretName: 'missing' } }] },
    )
    bench.run(8_200)
    expect(stateOf(bench.pod())).toBe('ContainerCreating')
    expect(bench.events()).toEqual([
      'FailedMount MountVolume.SetUp failed for volume "v" : secret "missing" not found ×5',
    ])
  })

  it('a missing volume that nobody mounts does not block (traps)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {}, { volumes: [{ name: 'v', secret: { secretName: 'missing' } }] })
    bench.run(3_000)
    expect(stateOf(bench.pod())).toBe('Running')
  })

  it('init containers run one by one before the others; a sidecar first, and last to go (F8)', () => {
    const bench = makeBench({ images: ['busybox:1.36', 'nginx:1.27'] })
    const init = (name: string, script: string): object => ({
      name,
      image: 'busybox:1.36',
      command: ['sh', '-c', script],
    })
    const initContainers = [
      init('one', 'echo 1; sleep 2'),
      { ...init('side', 'sleep 3600'), restartPolicy: 'Always' },
      init('two', 'echo 2'),
    ] as Pod['spec'] extends infer S ? (NonNullable<S> extends { initContainers?: infer I } ? I : never) : never
    addPod(bench, {}, { initContainers, terminationGracePeriodSeconds: 3 })
    bench.run(1_500)
    expect(bench.pod().status?.conditions?.find(({ type }) => type === 'Initialized')).toMatchObject({
      status: 'False',
      message: 'containers with incomplete status: [one side two]',
    })
    expect(stateOf(bench.pod())).toBe('PodInitializing')
    bench.run(10_000)
    expect(stateOf(bench.pod())).toBe('Running')
    expect(
      bench.pod().status?.initContainerStatuses?.map(({ state }) => state?.terminated?.reason ?? 'Running'),
    ).toEqual(['Completed', 'Running', 'Completed'])
    bench.api.deletePod('web')
    bench.run(12_000)
    expect(bench.pod()).toBeUndefined()
    expect(bench.events().filter((text) => text.startsWith('Killing'))).toEqual([
      'Killing Stopping container c',
      'Killing Stopping container side',
    ])
  })

  it('an OOM kill has a reason and no event (F3)', () => {
    const bench = makeBench({ images: ['polinux/stress'] })
    addPod(bench, {
      image: 'polinux/stress',
      imagePullPolicy: 'IfNotPresent',
      command: ['stress'],
      args: ['--vm', '1', '--vm-bytes', '250M'],
      resources: { limits: { memory: '100Mi' } },
    })
    bench.run(1_600)
    expect(
      bench.pod().status?.containerStatuses?.[0]?.state?.terminated ??
        bench.pod().status?.containerStatuses?.[0]?.lastState?.terminated,
    ).toMatchObject({ exitCode: 137, reason: 'OOMKilled' })
    expect(bench.events().filter((text) => text.includes('OOM'))).toEqual([])
  })

  it('mysql without a password fails with its own words', () => {
    const bench = makeBench()
    addPod(bench, { image: 'mysql:8.0' })
    bench.run(12_000)
    expect(
      bench.pod().status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode ??
        bench.pod().status?.containerStatuses?.[0]?.state?.terminated?.exitCode,
    ).toBe(1)
  })

  it('activeDeadlineSeconds fails the pod (F9)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {}, { activeDeadlineSeconds: 5 })
    bench.run(8_000)
    expect(bench.pod().status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    })
  })

  it('rejects what does not fit (F11)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, { resources: { requests: { cpu: '3' } } })
    bench.run(3_000)
    expect(bench.pod().status).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfcpu',
      message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000",
    })
  })

  it('a changed image restarts the container', () => {
    const bench = makeBench({ images: ['nginx:1.27', 'nginx:1.28'] })
    addPod(bench, {})
    bench.run(3_000)
    const pod = bench.pod()
    bench.api.put('v1/pods', { ...pod, spec: { ...pod.spec, containers: [{ name: 'c', image: 'nginx:1.28' }] } } as Pod)
    bench.run(4_000)
    expect(bench.pod().status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      image: 'docker.io/library/nginx:1.28',
      ready: true,
    })
    expect(bench.events()).toContain('Killing Container c definition changed, will be restarted')
  })
})
