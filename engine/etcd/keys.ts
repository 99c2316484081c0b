/** Keys in order, in chunks, so that an insertion moves few of them. Each key once. */
const CHUNK = 512

export interface Keyed {
  key: string
}

export class SortedKeys<T extends Keyed> {
  private chunks: T[][] = []

  /** Adds a record whose key is not there yet. */
  insert(record: T): void {
    const number = Math.max(0, this.chunkOf(record.key))
    const chunk = this.chunks[number]
    if (chunk === undefined) return void this.chunks.push([record])
    chunk.splice(lowerBound(chunk, record.key), 0, record)
    if (chunk.length > CHUNK) this.chunks.splice(number, 1, chunk.slice(0, CHUNK >> 1), chunk.slice(CHUNK >> 1))
  }

  remove(key: string): void {
    const number = this.chunkOf(key)
    const chunk = this.chunks[number]
    if (chunk === undefined) return
    const at = lowerBound(chunk, key)
    if (chunk[at]?.key === key) chunk.splice(at, 1)
    if (chunk.length === 0) this.chunks.splice(number, 1)
  }

  /** Calls back on each record from `from` on and before `end` (absent: to the last), in order. */
  scan(from: string, end: string | undefined, call: (record: T) => void): void {
    let number = Math.max(0, this.chunkOf(from))
    let at = lowerBound(this.chunks[number] ?? [], from)
    for (let chunk = this.chunks[number]; chunk !== undefined; chunk = this.chunks[++number], at = 0) {
      for (; at < chunk.length; at++) {
        const record = chunk[at] as T
        if (end !== undefined && record.key >= end) return
        call(record)
      }
    }
  }

  all(): T[] {
    return this.chunks.flat()
  }

  /** Takes records that are in order already. */
  fill(sorted: T[]): void {
    this.chunks = []
    for (let at = 0; at < sorted.length; at += CHUNK >> 1) this.chunks.push(sorted.slice(at, at + (CHUNK >> 1)))
  }

  /** The last chunk that starts at or before the key; -1 when all start after it. */
  private chunkOf(key: string): number {
    let low = 0
    let high = this.chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (((this.chunks[middle] as T[])[0] as T).key <= key) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** The first place whose key is not before the key. */
function lowerBound(chunk: Keyed[], key: string): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((chunk[middle] as Keyed).key < key) low = middle + 1
    else high = middle
  }
  return low
}
