import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../engine/kernel/journal.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { Component } from '../../engine/kernel/kernel.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'
import { EventQueue } from '../../engine/kernel/queue.ts'
import { underTripwire } from '../../engine/kernel/tripwire.ts'

/** A component that spawns events at random and keeps a sum: enough to tell two runs apart. */
class Walker implements Component {
  private sum = 0
  constructor(private readonly kernel: Kernel) {
    kernel.register('walker', this)
  }
  handle(event: KernelEvent): void {
    const random = this.kernel.random('walker')
    this.sum += (event.data as { step: number }).step
    this.kernel.record('walker.step', { sum: this.sum })
    for (let i = random.int(3); i > 0 && this.kernel.queued < 50; i--)
      this.kernel.send({ to: 'walker', type: 'step', data: { step: random.int(10) } }, random.int(20))
    if (this.kernel.queued === 0) this.kernel.send({ to: 'walker', type: 'step', data: { step: 1 } }, 7)
  }
  dump(): unknown {
    return { sum: this.sum }
  }
  load(state: unknown): void {
    this.sum = (state as { sum: number }).sum
  }
}

function walk(seed: string): Kernel {
  const kernel = new Kernel({ seed, epochMs: 0 })
  new Walker(kernel)
  kernel.send({ to: 'walker', type: 'step', data: { step: 1 } })
  return kernel
}

describe('kernel', () => {
  it('gives the same hash for the same seed, and another for another', () => {
    const run = (seed: string): string => {
      const kernel = walk(seed)
      kernel.runUntil(5_000)
      return kernel.journal.hash()
    }
    expect(run('a')).toBe(run('a'))
    expect(run('a')).not.toBe(run('b'))
  })

  it('keeps what comes to a component that stands still over a snapshot, and lets it be cancelled', () => {
    const seen: string[] = []
    const build = (): Kernel => {
      const kernel = new Kernel({ seed: 'p', epochMs: 0 })
      kernel.register('sleeper', {
        handle: ({ type }) => void seen.push(`${type}@${kernel.now}`),
        dump: () => null,
        load: () => {},
      })
      return kernel
    }
    const original = build()
    original.pause('sleeper')
    original.send({ to: 'sleeper', type: 'first' }, 10)
    const second = original.send({ to: 'sleeper', type: 'second' }, 20)
    original.send({ to: 'sleeper', type: 'third' }, 30)
    original.send({ to: 'sleeper', type: 'later' }, 200)
    original.runUntil(25)
    original.deliver({ to: 'sleeper', type: 'handed' })
    original.runUntil(100)
    expect(seen).toEqual([])
    expect(original.cancel(second)).toBe(true)
    const copy = build()
    copy.restore(original.snapshot())
    expect(copy.isPaused('sleeper')).toBe(true)
    copy.resume('sleeper')
    copy.runUntil(300)
    expect(seen).toEqual(['first@100', 'third@100', 'handed@100', 'later@200'])
  })

  it('continues identically after snapshot and restore in mid-flight', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 2_000 }), (seed, at) => {
        const original = walk(seed)
        original.runUntil(at)
        const snapshot = original.snapshot()
        const copy = walk(seed)
        copy.restore(JSON.parse(JSON.stringify(snapshot)) as typeof snapshot)
        original.runUntil(3_000)
        copy.runUntil(3_000)
        expect(copy.journal.hash()).toBe(original.journal.hash())
        expect(copy.journal.count).toBe(original.journal.count)
      }),
      { numRuns: 25 },
    )
  })

  it('draws in one stream without changing another', () => {
    const draw = (disturb: boolean): number => {
      const kernel = new Kernel({ seed: '1', epochMs: 0 })
      if (disturb) kernel.random('other').next()
      return kernel.random('mine').next()
    }
    expect(draw(true)).toBe(draw(false))
  })

  it('refuses a snapshot of another seed and state for an unknown address', () => {
    const kernel = walk('a')
    expect(() => walk('b').restore(kernel.snapshot())).toThrow('the snapshot is of seed a, not b')
    expect(() => new Kernel({ seed: 'a', epochMs: 0 }).restore(kernel.snapshot())).toThrow(
      'nothing is registered at walker',
    )
  })

  it('skips to the next instant that has an event', () => {
    const kernel = new Kernel({ seed: '1', epochMs: 0 })
    kernel.send({ to: 'nobody', type: 'x' }, 1_500)
    expect(kernel.skipToNext()).toBe(1_500)
    expect(kernel.step()).toBe(false)
  })
})

describe('event queue', () => {
  it('pops by time, then by order of insertion, whatever was cancelled', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean())), (entries) => {
        const queue = new EventQueue()
        entries.forEach(([at], seq) => queue.push({ at, seq, event: { to: '', type: '' } }))
        entries.forEach(([, cancelled], seq) => cancelled && queue.cancel(seq))
        const kept = entries.map(([at, cancelled], seq) => ({ at, seq, cancelled })).filter((one) => !one.cancelled)
        const expected = kept.sort((a, b) => a.at - b.at || a.seq - b.seq).map(({ seq }) => seq)
        const popped: number[] = []
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) popped.push(next.seq)
        expect(popped).toEqual(expected)
      }),
    )
  })
})

describe('journal', () => {
  it('matches names by dotted prefix', () => {
    const journal = new Journal()
    journal.record(1, 'kubelet.container.backOff', { pod: 'a' })
    journal.record(2, 'kubelet.containers')
    expect(journal.entries('kubelet.container').map(({ name }) => name)).toEqual(['kubelet.container.backOff'])
    expect(journal.entries('kubelet')).toHaveLength(2)
  })

  it('hashes time, name and facts', () => {
    const hashOf = (at: number, name: string, fact: number): string => {
      const journal = new Journal()
      journal.record(at, name, { fact })
      return journal.hash()
    }
    expect(new Set([hashOf(1, 'a', 1), hashOf(2, 'a', 1), hashOf(1, 'b', 1), hashOf(1, 'a', 2)]).size).toBe(4)
  })
})

describe('tripwire', () => {
  it.each([
    ['Date.now', () => Date.now()],
    ['new Date()', () => new Date()],
    ['random', () => Math.random()],
    ['setTimeout', () => setTimeout(() => undefined, 0)],
    ['now', () => performance.now()],
  ])('throws on %s and leaves it as it was', (_name, reach) => {
    expect(() => underTripwire<unknown>(reach)).toThrow('tripwire')
    expect(reach).not.toThrow()
  })

  it('lets dates be computed from a given instant', () => {
    expect(underTripwire(() => new Date(0).toISOString())).toBe('1970-01-01T00:00:00.000Z')
  })
})
