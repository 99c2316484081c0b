/**
 * The size of the database file: bbolt's pages. Versions are appended in order of revision, ten times a
 * second what came is written to new pages, and the old ones are free for the next time. Models
 * bbolt (node.go, freelist.go, tx.go) and server/storage/backend (batchTx, Defrag) as far as sizes
 * tell (L). Not modelled: pages of branches beyond their number, other buckets, long readers.
 */
const PAGE = 4096
const PAGE_HEADER = 16
const FILL = 0.9
/** Two meta pages, the free list, the root, and one to move to. */
const BASE_PAGES = 5
/** A bucket as small as this lives in the root's page. */
const INLINE_BYTES = PAGE / 4
const CHILDREN_OF_A_BRANCH = 110
const BATCH_INTERVAL_MS = 100
/** What a disk writes in such a time, more or less: virtual clients may be faster than any real one. */
const BATCH_BYTES = 2_000_000

/** A leaf page (with overflow) of the bucket `key`. */
interface Leaf {
  /** It holds nothing older than this. */
  first: number
  revisions: number[]
  sizes: number[]
  start: number
  /** 0: not written yet. */
  pages: number
  /** A version was removed since it was written. */
  shrunk?: boolean
}

type Run = [start: number, length: number]

export interface BackendState {
  pages: number
  leaves: Leaf[]
  free: Run[]
  branches: number
  dirty: number[]
  batch: number
  /** Bytes that the next commit writes. */
  waiting: number
}

export class Backend {
  private state: BackendState = makeState()
  /** What the next commit writes, and the place of the first of it. */
  private dirty = new Set<Leaf>()
  private firstDirty = Infinity

  /** Bytes of the file. */
  sizeBytes(nowMs: number): number {
    this.commitUntil(nowMs)
    return this.state.pages * PAGE
  }

  /** Bytes of the file that hold something. */
  inUseBytes(nowMs: number): number {
    this.commitUntil(nowMs)
    return (this.state.pages - this.state.free.reduce((sum, [, length]) => sum + length, 0)) * PAGE
  }

  append(revision: number, bytes: number, nowMs: number): void {
    this.commitUntil(nowMs)
    if (this.state.waiting >= BATCH_BYTES) this.commit()
    this.state.waiting += bytes
    const { leaves } = this.state
    let last = leaves[leaves.length - 1]
    if (last === undefined) leaves.push((last = { first: revision, revisions: [], sizes: [], start: 0, pages: 0 }))
    last.revisions.push(revision)
    last.sizes.push(bytes)
    this.touch(last, leaves.length - 1)
  }

  /** A compaction removes a version. */
  remove(revision: number, bytes: number, nowMs: number): void {
    this.commitUntil(nowMs)
    for (let at = this.leafOf(revision); at >= 0 && at < this.state.leaves.length; at++) {
      const leaf = this.state.leaves[at] as Leaf
      const place = leaf.revisions.findIndex((one, index) => one === revision && leaf.sizes[index] === bytes)
      if (place < 0) {
        if (leaf.first > revision) return
        continue
      }
      leaf.revisions.splice(place, 1)
      leaf.sizes.splice(place, 1)
      leaf.shrunk = true
      return this.touch(leaf, at)
    }
  }

  /** Writes what waits, now. */
  flush(): void {
    if (this.dirty.size > 0) this.commit()
  }

  /** Writes all anew, without holes. Returns how long it takes, in ms. */
  defragment(nowMs: number): number {
    this.flush()
    const before = this.inUseBytes(nowMs)
    const { leaves, batch } = this.state
    const all: Leaf = { first: leaves[0]?.first ?? 0, revisions: [], sizes: [], start: 0, pages: 0 }
    for (const { revisions, sizes } of leaves) {
      for (const revision of revisions) all.revisions.push(revision)
      for (const size of sizes) all.sizes.push(size)
    }
    this.state = { ...makeState(), batch, leaves: all.sizes.length === 0 ? [] : [all] }
    this.dirty.clear()
    if (all.sizes.length > 0) this.touch(all, 0)
    this.commit()
    return 10 + Math.round(before / 200_000)
  }

  dump(): BackendState {
    const { leaves, free, ...rest } = this.state
    const dirty = leaves.flatMap((leaf, at) => (this.dirty.has(leaf) ? [at] : []))
    return { ...rest, leaves: leaves.map(copyLeaf), free: free.map(([start, length]) => [start, length]), dirty }
  }

  load({ leaves, free, dirty, ...rest }: BackendState): void {
    this.state = { ...rest, leaves: leaves.map(copyLeaf), free: free.map(([start, length]) => [start, length]), dirty }
    this.dirty = new Set(dirty.map((at) => this.state.leaves[at] as Leaf))
    this.firstDirty = dirty[0] ?? Infinity
  }

  private touch(leaf: Leaf, at: number): void {
    this.dirty.add(leaf)
    this.firstDirty = Math.min(this.firstDirty, at)
  }

  /** What waits is written at the next tenth of a second. */
  private commitUntil(nowMs: number): void {
    const batch = Math.floor(nowMs / BATCH_INTERVAL_MS)
    if (batch === this.state.batch) return
    this.flush()
    this.state.batch = batch
  }

  private commit(): void {
    const freed: Run[] = []
    const from = Math.max(0, Math.min(this.firstDirty, this.state.leaves.length) - 1)
    const kept: Leaf[] = []
    for (const leaf of this.state.leaves.splice(from)) this.rebalance(leaf, kept, freed)
    for (const leaf of kept)
      if (leaf.pages > 0) this.state.leaves.push(leaf)
      else for (const part of split(leaf)) this.state.leaves.push(this.place(part))
    this.placeBranches()
    for (const run of freed) this.release(run)
    this.dirty.clear()
    this.firstDirty = Infinity
    this.state.waiting = 0
  }

  /** A leaf that changed loses its pages; one that became small goes to its neighbour. */
  private rebalance(leaf: Leaf, kept: Leaf[], freed: Run[]): void {
    if (!this.dirty.has(leaf)) return void kept.push(leaf)
    give(leaf, freed)
    if (leaf.sizes.length === 0) return
    const before = kept[kept.length - 1]
    if (before === undefined || !(needsNeighbour(leaf) || needsNeighbour(before))) return void kept.push(leaf)
    give(before, freed)
    kept[kept.length - 1] = joined(before, leaf)
  }

  private place(leaf: Leaf): Leaf {
    if (this.state.leaves.length === 0 && bytesOf(leaf) < INLINE_BYTES) return leaf
    leaf.pages = pagesOf(leaf)
    delete leaf.shrunk
    leaf.start = this.allocate(leaf.pages)
    return leaf
  }

  private placeBranches(): void {
    const wanted = this.state.leaves.length > 1 ? Math.ceil(this.state.leaves.length / CHILDREN_OF_A_BRANCH) : 0
    for (; this.state.branches < wanted; this.state.branches++) this.allocate(1)
  }

  /** The first hole that is large enough, or the end of the file. */
  private allocate(length: number): number {
    const { free } = this.state
    const at = free.findIndex(([, size]) => size >= length)
    if (at >= 0) {
      const [start, size] = free[at] as Run
      if (size === length) free.splice(at, 1)
      else free[at] = [start + length, size - length]
      return start
    }
    this.state.pages += length
    return this.state.pages - length
  }

  private release([start, length]: Run): void {
    const { free } = this.state
    let at = free.findIndex(([other]) => other > start)
    if (at < 0) at = free.length
    const before = free[at - 1]
    const after = free[at]
    const joinsBefore = before !== undefined && before[0] + before[1] === start
    const joinsAfter = after !== undefined && start + length === after[0]
    if (joinsBefore && joinsAfter) free.splice(at - 1, 2, [before[0], before[1] + length + after[1]])
    else if (joinsBefore) before[1] += length
    else if (joinsAfter) free[at] = [start, length + after[1]]
    else free.splice(at, 0, [start, length])
  }

  /** The last leaf that begins before or at a revision; several may hold one revision. */
  private leafOf(revision: number): number {
    const { leaves } = this.state
    let low = 0
    let high = leaves.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((leaves[middle] as Leaf).first < revision) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}

function makeState(): BackendState {
  return { pages: BASE_PAGES, leaves: [], free: [], branches: 0, dirty: [], batch: 0, waiting: 0 }
}

function copyLeaf(leaf: Leaf): Leaf {
  return { ...leaf, revisions: [...leaf.revisions], sizes: [...leaf.sizes] }
}

const bytesOf = ({ sizes }: Leaf): number => sizes.reduce((sum, size) => sum + size, PAGE_HEADER)
const pagesOf = (leaf: Leaf): number => Math.ceil(bytesOf(leaf) / PAGE)
const needsNeighbour = (leaf: Leaf): boolean => leaf.shrunk === true && bytesOf(leaf) < PAGE / 4

/** Frees the pages of a leaf when the commit is done. */
function give(leaf: Leaf, freed: Run[]): void {
  if (leaf.pages > 0) freed.push([leaf.start, leaf.pages])
  leaf.pages = 0
}

function joined(a: Leaf, b: Leaf): Leaf {
  const revisions = [...a.revisions, ...b.revisions]
  return { first: a.first, revisions, sizes: [...a.sizes, ...b.sizes], start: 0, pages: 0, shrunk: true }
}

/** bbolt cuts a page only when each part gets two keys at least (node.splitTwo). */
function split(leaf: Leaf): Leaf[] {
  const parts: Leaf[] = []
  let from = 0
  let left = bytesOf(leaf)
  const count = leaf.sizes.length
  while (count - from > 4 && left > PAGE) {
    const at = splitIndex(leaf.sizes, from)
    parts.push(part(leaf, from, at))
    for (; from < at; from++) left -= leaf.sizes[from] as number
  }
  return parts.length === 0 ? [leaf] : [...parts, part(leaf, from, count)]
}

function splitIndex(sizes: number[], from: number): number {
  let bytes = PAGE_HEADER
  let at = from
  for (; at < sizes.length - 2; at++) {
    const size = sizes[at] as number
    if (at - from >= 2 && bytes + size > PAGE * FILL) break
    bytes += size
  }
  return at
}

function part(leaf: Leaf, from: number, to: number): Leaf {
  const revisions = leaf.revisions.slice(from, to)
  return { first: revisions[0] ?? leaf.first, revisions, sizes: leaf.sizes.slice(from, to), start: 0, pages: 0 }
}
