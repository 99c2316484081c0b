import { describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'

describe('the past of an object', () => {
  it('holds the version valid at the start and each later one, a deletion included', async () => {
    const flight = await Flight.launch({
      seed: 'past',
      epochMs: 1_800_000_000_000,
      release: '1.35',
      controlPlanes: 1,
      workers: 1,
    })
    await flight.script(
      'kubectl create deployment web --image=nginx:1.27 --replicas=2; kubectl rollout status deploy/web',
    )
    const sinceMs = flight.clockMs
    await flight.script('kubectl scale deploy/web --replicas=0; sleep 5; kubectl delete deploy/web; sleep 1')
    const versions =
      (await flight.view.history?.({ kind: 'Deployment', name: 'web', namespace: 'default' }, sinceMs)) ?? []
    const available = versions.map(
      ({ object }) => (object?.['status'] as { availableReplicas?: number } | undefined)?.availableReplicas ?? null,
    )
    expect(versions[0]?.atMs).toBeLessThanOrEqual(sinceMs)
    expect(available[0]).toBe(2)
    expect(versions.at(-1)?.object).toBeUndefined()
    expect(available).toContain(null)
  })
})
