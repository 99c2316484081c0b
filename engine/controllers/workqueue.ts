/**
 * The keys of one controller that wait for a pass, with delayed and failed ones. Models client-go
 * util/workqueue: a key is in the queue once, and not worked on twice at a time; failures back off
 * from 5 ms, doubling, to 1000 s. Not modelled: the overall 10 qps bucket.
 */
import type { EventId, Kernel } from '../kernel/kernel.ts'

const BACKOFF_BASE_MS = 5
const BACKOFF_MAX_MS = 1_000_000

/** Plain data. */
export interface QueueState {
  waiting: string[]
  delayed: Record<string, { at: number; event: EventId }>
  failures: Record<string, number>
}

export class WorkQueue {
  private waiting = new Set<string>()
  private delayed: QueueState['delayed'] = {}
  private failures: QueueState['failures'] = {}

  constructor(
    private readonly kernel: Kernel,
    /** The event by which a delayed key comes back: its data is `{ controller, key }`. */
    private readonly comeBack: { to: string; type: string; controller: string },
  ) {}

  add(key: string): void {
    this.waiting.add(key)
  }

  get size(): number {
    return this.waiting.size
  }

  /** The first waiting key that is not busy, removed from the queue. */
  take(isBusy: (key: string) => boolean): string | undefined {
    for (const key of this.waiting) {
      if (isBusy(key)) continue
      this.waiting.delete(key)
      return key
    }
    return undefined
  }

  /** Adds a key after a delay; of several delays for one key the earliest stands. */
  addAfter(key: string, delayMs: number): void {
    const at = this.kernel.now + Math.max(0, Math.ceil(delayMs))
    const standing = this.delayed[key]
    if (standing !== undefined && standing.at <= at) return
    this.kernel.cancel(standing?.event)
    const { to, type, controller } = this.comeBack
    this.delayed[key] = { at, event: this.kernel.send({ to, type, data: { controller, key } }, at - this.kernel.now) }
  }

  /** A delayed key has come back. */
  due(key: string): void {
    delete this.delayed[key]
    this.add(key)
  }

  fail(key: string): void {
    const failures = this.failures[key] ?? 0
    this.failures[key] = failures + 1
    this.addAfter(key, Math.min(BACKOFF_BASE_MS * 2 ** failures, BACKOFF_MAX_MS))
  }

  forget(key: string): void {
    delete this.failures[key]
  }

  clear(): void {
    for (const { event } of Object.values(this.delayed)) this.kernel.cancel(event)
    this.load({ waiting: [], delayed: {}, failures: {} })
  }

  dump(): QueueState {
    return { waiting: [...this.waiting], delayed: this.delayed, failures: this.failures }
  }

  load(state: QueueState): void {
    this.waiting = new Set(state.waiting)
    this.delayed = state.delayed
    this.failures = state.failures
  }
}
