/** One thing that happened: when, a dotted name (`kubelet.container.backOff`) and flat facts. */
export interface JournalEntry {
  at: number
  name: string
  facts: Record<string, string | number | boolean | null>
}

export type JournalFacts = JournalEntry['facts']

/** Two 32-bit lanes of a multiplicative hash; together the 53-bit proof that two runs are the same. */
export interface RollingHash {
  low: number
  high: number
}

/**
 * The append-only list of what happened. Names match by prefix: `kubelet.container` covers
 * `kubelet.container.backOff`. The rolling hash over all entries is the proof of determinism.
 */
export class Journal {
  private kept: JournalEntry[] = []
  private lanes: RollingHash = { low: 0xdeadbeef, high: 0x41c6ce57 }
  private length = 0
  private readonly listeners: { prefix: string; call: (entry: JournalEntry) => void }[] = []

  /** Entries recorded since the start of the run. */
  get count(): number {
    return this.length
  }

  record(at: number, name: string, facts: JournalFacts = {}): void {
    const entry = { at, name, facts }
    this.kept.push(entry)
    this.length++
    this.mix(`${at}|${name}`)
    for (const key in facts) this.mix(`${key}=${facts[key]}`)
    for (const listener of this.listeners) if (matches(name, listener.prefix)) listener.call(entry)
  }

  /** The entries whose name starts with the dotted prefix, oldest first; all of them for ''. */
  entries(prefix = '', sinceMs = 0): JournalEntry[] {
    return this.kept.filter((entry) => entry.at >= sinceMs && matches(entry.name, prefix))
  }

  /** Calls back on each new entry under the prefix. For observers outside the run; never for the model. */
  listen(prefix: string, call: (entry: JournalEntry) => void): () => void {
    const listener = { prefix, call }
    this.listeners.push(listener)
    return () => void this.listeners.splice(this.listeners.indexOf(listener), 1)
  }

  /** The rolling hash as 14 hex digits. */
  hash(): string {
    const high = (this.lanes.high >>> 0) & 0x1fffff
    return (high * 4294967296 + (this.lanes.low >>> 0)).toString(16).padStart(14, '0')
  }

  dump(): { entries: JournalEntry[]; lanes: RollingHash; length: number } {
    return { entries: [...this.kept], lanes: { ...this.lanes }, length: this.length }
  }

  load(state: ReturnType<Journal['dump']>): void {
    this.kept = [...state.entries]
    this.lanes = { ...state.lanes }
    this.length = state.length
  }

  private mix(text: string): void {
    let { low, high } = this.lanes
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      low = Math.imul(low ^ code, 2654435761)
      high = Math.imul(high ^ code, 1597334677)
    }
    this.lanes = { low: low ^ (high >>> 15), high: high ^ (low >>> 13) }
  }
}

function matches(name: string, prefix: string): boolean {
  return prefix === '' || name === prefix || (name.startsWith(prefix) && name.charAt(prefix.length) === '.')
}
