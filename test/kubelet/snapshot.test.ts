import { describe, expect, it } from 'vitest'
import { addPod, makeBench } from './bench.ts'
import type { NodeBench } from './bench.ts'

function busy(): NodeBench {
  const bench = makeBench()
  addPod(bench, { livenessProbe: { httpGet: { path: '/nope', port: 80 }, periodSeconds: 3 } })
  addPod(bench, { image: 'busybox:1.36', command: ['sh', '-c', 'echo boot; sleep 1; exit 1'] }, {}, 'crash')
  addPod(bench, { image: 'nginx:nope' }, {}, 'bad')
  return bench
}

describe('determinism', () => {
  it('the same seed gives the same journal', () => {
    const [a, b] = [busy(), busy()]
    a.run(120_000)
    b.run(120_000)
    expect(a.kernel.journal.hash()).toBe(b.kernel.journal.hash())
  })

  it.each([2_345, 5_000, 33_333])('a restore at %i ms continues as if nothing happened', (at) => {
    const whole = busy()
    whole.run(at)
    const snapshot = whole.kernel.snapshot()
    const objects = structuredClone([...whole.api.objects])
    const revision = (whole.api as unknown as { revision: number }).revision
    whole.run(120_000)
    const other = busy()
    other.api.objects = new Map(objects)
    Object.assign(other.api, { revision })
    other.kernel.restore(snapshot)
    other.run(120_000)
    expect(other.kernel.journal.hash()).toBe(whole.kernel.journal.hash())
    expect(other.pod('crash').status).toEqual(whole.pod('crash').status)
    expect(other.events('crash')).toEqual(whole.events('crash'))
  })
})
