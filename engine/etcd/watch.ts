/**
 * Watchers, and which of them a change is for.
 * Models server/storage/mvcc/watchable_store.go. All changes of one instant go out in one message to
 * each watcher. Not modelled: fragments, filters, slow ("victim") watchers.
 */
import type { ReplyTo } from '../fabric/http.ts'
import { inRange } from './store.ts'
import type { Change } from './store.ts'
import type { WatchEvent } from './messages.ts'

export interface Watcher {
  /** Unique on the member: client address and its own watch id. */
  id: string
  watchId: string
  key: string
  rangeEnd?: string
  prevKv: boolean
  progressNotify: boolean
  /** Changes before this revision are not for it. */
  fromRevision: number
  replyTo: ReplyTo
  /** Waits for the next flush. */
  events: WatchEvent[]
  /** Whether it got something since the last progress notification. */
  served: boolean
}

/** Neighbouring keys that the same watchers want. */
interface Segment {
  start: string
  watchers: Watcher[]
}

export class Watchers {
  private rows = new Map<string, Watcher>()
  /** Derived: in order of `start`, built when first needed after a change of watchers. */
  private segments: Segment[] | undefined

  get count(): number {
    return this.rows.size
  }

  all(): Watcher[] {
    return [...this.rows.values()]
  }

  get(id: string): Watcher | undefined {
    return this.rows.get(id)
  }

  add(watcher: Watcher): void {
    this.rows.set(watcher.id, watcher)
    this.segments = undefined
  }

  remove(id: string): Watcher | undefined {
    const watcher = this.rows.get(id)
    if (watcher === undefined) return undefined
    this.rows.delete(id)
    this.segments = undefined
    return watcher
  }

  clear(): void {
    this.rows.clear()
    this.segments = undefined
  }

  /** Puts a change in the hands of those who want it. Returns whether anybody does. */
  offer(change: Change): boolean {
    if (this.rows.size === 0) return false
    let wanted = false
    for (const watcher of this.watchersOf(change.kv.key)) {
      if (change.kv.modRevision < watcher.fromRevision) continue
      watcher.events.push(shape(watcher, change))
      wanted = true
    }
    return wanted
  }

  /** The watchers that have events, in the order in which they came. */
  waiting(): Watcher[] {
    return this.all().filter((watcher) => watcher.events.length > 0)
  }

  dump(): Watcher[] {
    return this.all().map((watcher) => ({ ...watcher, events: [...watcher.events] }))
  }

  load(state: Watcher[]): void {
    this.clear()
    for (const watcher of state) this.add({ ...watcher, events: [...watcher.events] })
  }

  private watchersOf(key: string): readonly Watcher[] {
    this.segments ??= makeSegments(this.all())
    let low = 0
    let high = this.segments.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.segments[middle] as Segment).start <= key) low = middle + 1
      else high = middle
    }
    return this.segments[low - 1]?.watchers ?? NOBODY
  }
}

const NOBODY: readonly Watcher[] = []

/** A change as one watcher asked for it. */
export function shape(watcher: Watcher, change: Change): WatchEvent {
  return watcher.prevKv || change.prevKv === undefined ? change : { type: change.type, kv: change.kv }
}

/** The keys at which one watcher or another begins or ends cut the key space into segments. */
function makeSegments(watchers: Watcher[]): Segment[] {
  const starts = new Set<string>()
  for (const { key, rangeEnd } of watchers) {
    starts.add(key)
    if (rangeEnd !== '\0') starts.add(rangeEnd ?? `${key}\0`)
  }
  return [...starts].sort(byCodeUnit).map((start) => ({
    start,
    watchers: watchers.filter((watcher) => inRange(start, watcher.key, watcher.rangeEnd)),
  }))
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
