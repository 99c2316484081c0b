import { describe, expect, it } from 'vitest'
import type { Pod } from '../../engine/objects/types.gen.ts'
import { addPod, makeBench } from './bench.ts'
import type { NodeBench } from './bench.ts'

function goneAfter(bench: NodeBench, name = 'web'): number {
  const from = bench.kernel.now
  while (bench.pod(name) !== undefined && bench.kernel.now - from < 120_000) bench.run(50)
  return bench.kernel.now - from
}

describe('termination (F9)', () => {
  it('nginx goes at once, and the deletion is confirmed with grace 0', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {})
    bench.run(3_000)
    bench.api.deletePod('web')
    expect(goneAfter(bench)).toBeLessThan(1_000)
    const last = bench.api.calls.filter(({ call }) => call.verb === 'delete')
    expect(last.map(({ call }) => call.body)).toMatchObject([
      { gracePeriodSeconds: 0, preconditions: { uid: '0000-web' } },
    ])
    expect(bench.events()).toContain('Killing Stopping container c')
    bench.run(100)
    expect(bench.kubelet.listeners.hasAddress('10.244.1.2')).toBe(false)
  })

  it('sleep ignores TERM: 137 after the grace period', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, { image: 'busybox:1.36', command: ['sleep', '3600'] }, { terminationGracePeriodSeconds: 8 })
    bench.run(3_000)
    bench.api.deletePod('web')
    const took = goneAfter(bench)
    expect(took).toBeGreaterThan(8_000)
    expect(took).toBeLessThan(9_000)
    const final = bench.api.calls.filter(({ call }) => call.verb === 'patch' && call.resource === 'v1/pods').pop()?.call
      .body as { status: Pod['status'] }
    expect(final.status?.phase).toBe('Failed')
    expect(final.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' })
  })

  it('preStop counts inside the grace period', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, { lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } } })
    bench.run(3_000)
    bench.api.deletePod('web')
    const took = goneAfter(bench)
    expect(took).toBeGreaterThan(5_000)
    expect(took).toBeLessThan(6_000)
  })

  it('a preStop that overruns leaves 2 s for TERM', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(
      bench,
      {
        image: 'busybox:1.36',
        command: ['sleep', '3600'],
        lifecycle: { preStop: { exec: { command: ['sleep', '60'] } } },
      },
      { terminationGracePeriodSeconds: 4 },
    )
    bench.run(3_000)
    bench.api.deletePod('web')
    const took = goneAfter(bench)
    expect(took).toBeGreaterThanOrEqual(6_000)
    expect(took).toBeLessThan(7_000)
  })

  it('a second, shorter deletion hurries the first', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, { image: 'busybox:1.36', command: ['sleep', '3600'] })
    bench.run(3_000)
    bench.api.deletePod('web')
    bench.run(2_000)
    bench.api.deletePod('web', 1)
    expect(goneAfter(bench)).toBeLessThan(2_000)
  })

  it('a pod that still pulls goes at once', () => {
    const bench = makeBench()
    addPod(bench, { image: 'nicolaka/netshoot' })
    bench.run(1_500)
    bench.api.deletePod('web')
    expect(goneAfter(bench)).toBeLessThan(1_000)
  })

  it('a finished pod is confirmed at once', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, { image: 'busybox:1.36', command: ['true'] }, { restartPolicy: 'Never' })
    bench.run(6_000)
    expect(bench.pod().status?.phase).toBe('Succeeded')
    bench.api.deletePod('web')
    expect(goneAfter(bench)).toBeLessThan(300)
  })

  it('a pod deleted by force while it pulls leaves nothing behind', () => {
    const bench = makeBench()
    addPod(bench, { image: 'nicolaka/netshoot' })
    addPod(bench, {}, {}, 'next')
    bench.run(1_500)
    bench.api.remove('v1/pods', 'default', 'web')
    bench.run(10_000)
    expect(bench.kubelet.criList().sandboxes.map(({ name }) => name)).toEqual(['next'])
    expect(bench.pod('next').status?.phase).toBe('Running')
  })

  it('a failing postStart hook kills the container (F6)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, { lifecycle: { postStart: { exec: { command: ['false'] } } } })
    bench.run(2_500)
    expect(bench.events().map((text) => text.replace(/ ×\d+$/, ''))).toEqual(
      expect.arrayContaining(['FailedPostStartHook PostStartHook failed', 'Killing FailedPostStartHook']),
    )
    expect(bench.pod().status?.containerStatuses?.[0]).toMatchObject({
      ready: false,
      state: { waiting: { reason: 'PostStartHookError' } },
    })
  })

  it('a container shows nothing of itself while its postStart hook runs, and the next one waits for it (F6)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {
      lifecycle: { postStart: { exec: { command: ['sleep', '4'] } } },
      readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
    })
    bench.run(3_000)
    expect(bench.events().some((text) => text.startsWith('Started'))).toBe(true)
    expect(bench.pod().status?.phase).toBe('Pending')
    expect(bench.pod().status?.containerStatuses?.[0]).toMatchObject({
      ready: false,
      started: false,
      state: { waiting: { reason: 'ContainerCreating' } },
    })
    bench.run(4_000)
    expect(bench.pod().status?.phase).toBe('Running')
    expect(bench.pod().status?.containerStatuses?.[0]).toMatchObject({ ready: true, restartCount: 0 })
  })

  it('a postStart hook over HTTP finds nobody where nothing listens (F6)', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, { lifecycle: { postStart: { httpGet: { path: '/warm', port: 81 } } } })
    bench.run(2_500)
    expect(bench.pod().status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /^HTTP lifecycle hook \(\/warm\) for Container "\S+" in Pod "\S+" failed - error: Get "http:\/\/[\d.]+:81\/warm": dial tcp [\d.]+:81: connect: connection refused$/,
    )
  })

  it('a preStop hook over HTTP asks once, whatever the status code (F9)', () => {
    const failures = (port: number): string[] => {
      const bench = makeBench({ images: ['nginx:1.27'] })
      addPod(bench, { lifecycle: { preStop: { httpGet: { path: '/leave', port } } } })
      bench.run(3_000)
      bench.api.deletePod('web')
      expect(goneAfter(bench)).toBeLessThan(1_500)
      return bench.events().filter((text) => text.startsWith('FailedPreStopHook'))
    }
    expect(failures(80)).toEqual([])
    expect(failures(81)).toEqual(['FailedPreStopHook PreStopHook failed'])
  })
})
