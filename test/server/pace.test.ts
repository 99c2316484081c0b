import { afterEach, describe, expect, it } from 'vitest'
import { MAX_SPEED, Pace } from '../../server/pace.ts'
import type { PaceOptions } from '../../server/pace.ts'

/** A flight that only has a clock; `workMs` of real work for each step. */
class Clock {
  nowMs = 0
  steps = 0
  constructor(private readonly work: () => void = () => undefined) {}
  async advance(ms: number): Promise<void> {
    this.work()
    this.steps++
    this.nowMs += ms
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const burn = (ms: number): void => {
  for (const from = performance.now(); performance.now() - from < ms;);
}

describe('the pace of a flight', () => {
  const running: Pace[] = []
  const paced = (clock: Clock, options: Partial<PaceOptions> = {}): Pace => {
    const pace = new Pace(clock, { speed: 1, ...options })
    running.push(pace)
    return pace
  }
  afterEach(async () => {
    for (const pace of running.splice(0)) await pace.stop()
  })

  it('never runs ahead of the wall clock times its speed', async () => {
    const clock = new Clock()
    const started = performance.now()
    const pace = paced(clock, { speed: 60 })
    pace.start()
    await sleep(100)
    expect(clock.nowMs).toBeGreaterThan(0)
    expect(clock.nowMs).toBeLessThanOrEqual((performance.now() - started) * 60)
  })

  it('stands still when it is stopped', async () => {
    const clock = new Clock()
    const pace = paced(clock)
    pace.start()
    await sleep(30)
    await pace.stop()
    const stoodAt = clock.nowMs
    await sleep(30)
    expect(clock.nowMs).toBe(stoodAt)
  })

  it('gives every batch of inputs an instant of its own', async () => {
    const clock = new Clock()
    const pace = paced(clock)
    pace.start()
    const at: number[] = []
    for (let count = 0; count < 5; count++) {
      await new Promise<void>((resolve) =>
        pace.act(() => {
          at.push(clock.nowMs)
          resolve()
        }),
      )
    }
    expect(new Set(at).size).toBe(5)
  })

  it('at max runs ahead as long as somebody waits, beyond what the wall clock allows', async () => {
    const clock = new Clock()
    const pace = paced(clock, { speed: 'max' })
    pace.asked()
    pace.start()
    const started = performance.now()
    while (clock.nowMs < 10 * MAX_SPEED * 10) await sleep(1)
    expect(clock.nowMs).toBeGreaterThan(0)
    expect(performance.now() - started).toBeLessThan(30_000)
    pace.answered()
  })

  it('does nothing else while a task has the flight for itself', async () => {
    const clock = new Clock()
    const pace = paced(clock)
    pace.start()
    let acted = false
    await pace.exclusively(async () => {
      const stoodAt = clock.nowMs
      pace.act(() => (acted = true))
      await sleep(30)
      expect(clock.nowMs).toBe(stoodAt)
      expect(acted).toBe(false)
    })
    expect(acted).toBe(true)
    expect(pace.isRunning).toBe(true)
  })

  it('stops when the engine throws, and says so once', async () => {
    const failures: Error[] = []
    const clock = new Clock(() => {
      throw new Error('a bug')
    })
    const pace = paced(clock, { onFailure: (error) => failures.push(error) })
    pace.start()
    await sleep(60)
    expect(failures.map(({ message }) => message)).toEqual(['a bug'])
    expect(pace.isRunning).toBe(false)
  })

  it('slows a flight down that takes more than its share, and stops it when it never rests', async () => {
    let runaway = false
    const clock = new Clock(() => burn(10))
    const pace = paced(clock, {
      speed: 60,
      share: 0.05,
      burstMs: 20,
      runawayMs: 150,
      onRunaway: () => (runaway = true),
    })
    pace.start()
    for (let tries = 0; !runaway && tries < 300; tries++) await sleep(10)
    expect(runaway).toBe(true)
    expect(pace.isRunning).toBe(false)
  })
})
