/**
 * Pods that wait to be scheduled: Models pkg/scheduler/backend/queue (E6). Active ones by priority and
 * time; unschedulable ones until something happens that may help, and never before their back-off.
 */
import type { Pod } from '../objects/types.gen.ts'
import { SCHEDULER_FLAGS } from './flags.ts'

export interface Waiting {
  key: string
  uid: string
  priority: number
  /** When it entered the queue, and the order within one instant. */
  sinceMs: number
  order: number
  attempts: number
  place: 'active' | 'backoff' | 'unschedulable'
  /** The end of the back-off, in virtual ms. */
  readyMs: number
  /** The plugins that rejected it last. */
  rejectedBy: string[]
}

/** Plain data. */
export interface SchedulingQueueState {
  waiting: Waiting[]
  order: number
}

export class SchedulingQueue {
  private waiting = new Map<string, Waiting>()
  private order = 0

  add(key: string, pod: Pod, nowMs: number): void {
    const priority = pod.spec?.priority ?? 0
    const uid = pod.metadata.uid ?? ''
    this.waiting.set(key, {
      key,
      uid,
      priority,
      sinceMs: nowMs,
      order: ++this.order,
      attempts: 0,
      place: 'active',
      readyMs: nowMs,
      rejectedBy: [],
    })
  }

  get(key: string): Waiting | undefined {
    return this.waiting.get(key)
  }

  remove(key: string): void {
    this.waiting.delete(key)
  }

  get hasActive(): boolean {
    return this.first() !== undefined
  }

  /** The pod whose turn it is: highest priority, then longest wait. It leaves the queue. */
  pop(): Waiting | undefined {
    const first = this.first()
    if (first === undefined) return undefined
    first.attempts++
    this.waiting.delete(first.key)
    return first
  }

  /** Puts a pod that found no node back; plugins say what may help. */
  putBack(waiting: Waiting, rejectedBy: string[], nowMs: number): void {
    const backoffMs = Math.min(
      SCHEDULER_FLAGS.podInitialBackoffMs * 2 ** (waiting.attempts - 1),
      SCHEDULER_FLAGS.podMaxBackoffMs,
    )
    this.waiting.set(waiting.key, {
      ...waiting,
      place: 'unschedulable',
      readyMs: nowMs + backoffMs,
      rejectedBy,
      sinceMs: nowMs,
      order: ++this.order,
    })
  }

  /** Something happened that may help the pods that these plugins rejected ('*': every pod). */
  wake(plugins: readonly string[] | '*', nowMs: number): void {
    for (const one of this.waiting.values()) {
      if (one.place !== 'unschedulable') continue
      const concerned =
        plugins === '*' || one.rejectedBy.length === 0 || one.rejectedBy.some((plugin) => plugins.includes(plugin))
      if (concerned) one.place = one.readyMs > nowMs ? 'backoff' : 'active'
    }
  }

  /** Back-offs that are over, and pods that waited too long without an event. */
  flush(nowMs: number): void {
    for (const one of this.waiting.values()) {
      if (one.place === 'backoff' && one.readyMs <= nowMs) one.place = 'active'
      if (one.place === 'unschedulable' && nowMs - one.sinceMs >= SCHEDULER_FLAGS.unschedulableTimeoutMs)
        one.place = 'active'
    }
  }

  /** When the next back-off ends, in virtual ms. */
  nextReadyMs(): number | undefined {
    const ends = [...this.waiting.values()].filter(({ place }) => place === 'backoff').map(({ readyMs }) => readyMs)
    return ends.length === 0 ? undefined : Math.min(...ends)
  }

  get hasUnschedulable(): boolean {
    return [...this.waiting.values()].some(({ place }) => place === 'unschedulable')
  }

  clear(): void {
    this.waiting.clear()
  }

  dump(): SchedulingQueueState {
    return { waiting: [...this.waiting.values()], order: this.order }
  }

  load(state: SchedulingQueueState): void {
    this.waiting = new Map(state.waiting.map((one) => [one.key, one]))
    this.order = state.order
  }

  private first(): Waiting | undefined {
    let best: Waiting | undefined
    for (const one of this.waiting.values()) {
      if (one.place !== 'active') continue
      if (best === undefined || one.priority > best.priority) best = one
      else if (one.priority === best.priority && one.order < best.order) best = one
    }
    return best
  }
}
