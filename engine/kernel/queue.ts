/** A message to a component: plain data, so that it can wait in a queue and survive a snapshot. */
export interface KernelEvent {
  /** The address of a registered component, such as `kubelet/worker-1`. */
  to: string
  type: string
  data?: unknown
}

/** A queued event. Ordered by `at`, then by `seq`, the order of insertion. */
export interface Queued {
  /** Virtual milliseconds since the start of the run. */
  at: number
  seq: number
  event: KernelEvent
}

function before(a: Queued, b: Queued): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq)
}

/** A binary heap of events, earliest first; cancelled events are skipped when they surface. */
export class EventQueue {
  private heap: Queued[] = []
  private readonly cancelled = new Set<number>()
  private pending = new Set<number>()

  get size(): number {
    return this.pending.size
  }

  push(entry: Queued): void {
    this.pending.add(entry.seq)
    const heap = this.heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(entry, heap[parent] as Queued)) break
      heap[index] = heap[parent] as Queued
      index = parent
    }
    heap[index] = entry
  }

  /** Removes the event with this number, if it is still queued. Returns whether it was. */
  cancel(seq: number): boolean {
    if (!this.pending.delete(seq)) return false
    this.cancelled.add(seq)
    return true
  }

  /** The earliest event, left in the queue. */
  peek(): Queued | undefined {
    this.dropCancelled()
    return this.heap[0]
  }

  pop(): Queued | undefined {
    this.dropCancelled()
    const top = this.take()
    if (top !== undefined) this.pending.delete(top.seq)
    return top
  }

  /** All queued events in order; what a snapshot holds. */
  dump(): Queued[] {
    return this.heap.filter((entry) => this.pending.has(entry.seq)).sort((a, b) => (before(a, b) ? -1 : 1))
  }

  load(entries: Queued[]): void {
    this.heap = [...entries]
    this.pending = new Set(entries.map((entry) => entry.seq))
    this.cancelled.clear()
  }

  private dropCancelled(): void {
    for (let top = this.heap[0]; top !== undefined && this.cancelled.delete(top.seq); top = this.heap[0]) this.take()
  }

  private take(): Queued | undefined {
    const heap = this.heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Queued, heap[child] as Queued)) child++
      if (!before(heap[child] as Queued, last)) break
      heap[index] = heap[child] as Queued
      index = child
    }
    heap[index] = last
    return top
  }
}
