/** What a measured client saw: failures counted once, outages from the first failed question to the first good one. */
import { describe, expect, it } from 'vitest'
import { Meters } from '../../engine/cluster/meter.ts'
import { HTTP } from '../../engine/fabric/http.ts'
import type { HostNetwork } from '../../engine/host/network-port.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'

type Behaviour = 'answers' | 'refuses' | 'is silent' | '503' | 'late'

/** A meter whose questions find what `behaviour` says at that second. */
function measured(behaviour: (second: number) => Behaviour): { kernel: Kernel; meters: Meters } {
  const kernel = new Kernel({ seed: 'meter', epochMs: 0 })
  const network = {
    http(_from: unknown, _outgoing: unknown, replyTo: { address: string; tag: string }) {
      const what = behaviour(Math.floor(kernel.now / 1000))
      if (what === 'refuses') return { answer: { failure: 'refused', message: 'connection refused' } }
      const response = { code: what === '503' ? 503 : 200, headers: {}, body: '' }
      if (what !== 'is silent')
        kernel.send(
          { to: replyTo.address, type: HTTP.response, data: { tag: replyTo.tag, response } },
          what === 'late' ? 7000 : 5,
        )
      return { sent: { address: 'nobody', host: 'base', id: replyTo.tag } }
    },
  } as unknown as HostNetwork
  const meters = new Meters(kernel, () => network)
  meters.start({ name: 'web', url: 'http://base/' })
  return { kernel, meters }
}

describe('a meter', () => {
  it('counts refusals and 5xx as failures, and joins neighbours to one outage', () => {
    const { kernel, meters } = measured((s) => (s === 3 ? 'refuses' : s === 4 ? '503' : 'answers'))
    kernel.runUntil(9_900)
    expect(meters.report('web')).toMatchObject({ asked: 10, failed: 2, downMs: 2_000, longestMs: 2_000 })
    expect(meters.report('web')?.outages).toEqual([{ fromMs: 3_000, untilMs: 5_000, reason: 'connection refused' }])
  })

  it('counts silence and answers that come too late, once each', () => {
    const { kernel, meters } = measured((s) => (s === 2 ? 'is silent' : s === 3 ? 'late' : 'answers'))
    kernel.runUntil(20_000)
    expect(meters.report('web')).toMatchObject({
      failed: 2,
      downMs: 2_000,
      outages: [{ fromMs: 2_000, untilMs: 4_000, reason: 'timeout' }],
    })
  })

  it('starts anew under a name that it has, and asks no faster for it', () => {
    const { kernel, meters } = measured((s) => (s < 5 ? 'refuses' : 'answers'))
    kernel.runUntil(4_900)
    meters.start({ name: 'web', url: 'http://base/' })
    kernel.runUntil(14_800)
    const report = meters.report('web')
    expect(report?.asked).toBe(10)
    expect(report?.failed).toBe(1)
    meters.stop('web')
    kernel.runUntil(30_000)
    expect(meters.report('web')?.asked).toBe(10)
  })
})
