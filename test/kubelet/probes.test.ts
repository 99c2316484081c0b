import { describe, expect, it } from 'vitest'
import { addPod, makeBench, stateOf } from './bench.ts'

describe('probes (F7)', () => {
  it('a failing liveness probe kills and restarts; every failure is an event', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, { livenessProbe: { httpGet: { path: '/nope', port: 80 }, periodSeconds: 5, failureThreshold: 2 } })
    bench.run(12_500)
    expect(bench.pod().status?.containerStatuses?.[0]?.restartCount).toBe(1)
    const events = bench.events()
    expect(events).toContain('Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 404 ×2')
    expect(events).toContain('Killing Container c failed liveness probe, will be restarted')
  })

  it('a failing readiness probe only makes it unready', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, { readinessProbe: { tcpSocket: { port: 3306 }, periodSeconds: 2 } })
    bench.run(9_000)
    expect(stateOf(bench.pod())).toBe('Running')
    expect(bench.pod().status?.containerStatuses?.[0]).toMatchObject({ ready: false, started: true, restartCount: 0 })
    expect(bench.pod().status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [c]',
    })
    expect(bench.events().find((text) => text.startsWith('Unhealthy'))).toContain(
      'Readiness probe failed: dial tcp 10.244.1.2:3306: connect: connection refused',
    )
  })

  it('a readiness probe that succeeds makes it ready, by a named port', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {
      ports: [{ containerPort: 80, name: 'http' }],
      readinessProbe: { httpGet: { path: '/', port: 'http' }, initialDelaySeconds: 3 },
    })
    bench.run(2_500)
    expect(bench.pod().status?.containerStatuses?.[0]?.ready).toBe(false)
    bench.run(4_000)
    expect(bench.pod().status?.containerStatuses?.[0]?.ready).toBe(true)
  })

  it('a startup probe holds the others back', () => {
    const bench = makeBench()
    addPod(bench, {
      image: 'mysql:8.0',
      env: [{ name: 'MYSQL_ROOT_PASSWORD', value: 'x' }],
      startupProbe: { tcpSocket: { port: 3306 }, periodSeconds: 1, failureThreshold: 30 },
      livenessProbe: { tcpSocket: { port: 3306 }, periodSeconds: 1, failureThreshold: 1 },
    })
    bench.run(20_000)
    expect(bench.pod().status?.containerStatuses?.[0]).toMatchObject({ ready: true, started: true, restartCount: 0 })
    expect(bench.events().some((text) => text.includes('Startup probe failed'))).toBe(true)
    expect(bench.events().some((text) => text.includes('Liveness'))).toBe(false)
  })

  it('exec probes: output of the command, and a time-out', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {
      readinessProbe: { exec: { command: ['false'] }, periodSeconds: 2 },
      livenessProbe: { exec: { command: ['sleep', '30'] }, periodSeconds: 3, failureThreshold: 20 },
    })
    bench.run(8_000)
    const events = bench.events().map((text) => text.replace(/ ×\d+$/, ''))
    expect(events).toContain('Unhealthy Readiness probe failed: ')
    expect(events).toContain('Unhealthy Liveness probe failed: command timed out: "sleep 30" timed out after 1s')
  })
})
