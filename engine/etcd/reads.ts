/**
 * Linearizable reads in batches: while one batch waits for its index, the next gathers.
 * Models server/etcdserver/v3_server.go (linearizableReadLoop).
 */
export interface ReadBatchesState {
  count: number
  context: string | null
  current: string[]
  next: string[]
}

export class ReadBatches {
  private state: ReadBatchesState = { count: 0, context: null, current: [], next: [] }

  /** What identifies the batch that waits for its index; null when none does. */
  get context(): string | null {
    return this.state.context
  }

  add(id: string): void {
    this.state.next.push(id)
  }

  /** Begins the next batch, unless one waits or nobody asks. Returns its context. */
  begin(prefix: string): string | null {
    const { state } = this
    if (state.context !== null || state.next.length === 0) return null
    state.context = `${prefix}/read/${++state.count}`
    state.current = state.next
    state.next = []
    return state.context
  }

  /** Ends the waiting batch. Returns its reads. */
  end(): string[] {
    const { current } = this.state
    this.state.context = null
    this.state.current = []
    return current
  }

  /** Forgets a read. Returns whether the waiting batch is empty for it. */
  forget(id: string): boolean {
    const { state } = this
    state.next = state.next.filter((other) => other !== id)
    state.current = state.current.filter((other) => other !== id)
    return state.context !== null && state.current.length === 0
  }

  clear(): void {
    this.state = { ...this.state, context: null, current: [], next: [] }
  }

  dump(): ReadBatchesState {
    return { ...this.state, current: [...this.state.current], next: [...this.state.next] }
  }

  load(state: ReadBatchesState): void {
    this.state = { ...state, current: [...state.current], next: [...state.next] }
  }
}
