/**
 * The order in which kubectl shows what compares equal. Models Go's `sort.Sort`, which is not stable: insertion sort
 * up to twelve items, a pattern-defeating quicksort above. The same items in the same order always end the same way.
 */
type Less<T> = (a: T, b: T) => boolean

const INSERTION_LIMIT = 12
const NINTHER_LIMIT = 50
const SHIFT_LIMIT = 50
const PARTIAL_STEPS = 5
const MOST_SWAPS = 12

/** A sorted copy. */
export function unstableSort<T>(items: readonly T[], less: Less<T>): T[] {
  const sorter = new Sorter([...items], less)
  sorter.sort(0, items.length, bitLength(items.length))
  return sorter.items
}

const bitLength = (n: number): number => (n === 0 ? 0 : 32 - Math.clz32(n))

class Sorter<T> {
  private swaps = 0
  constructor(
    readonly items: T[],
    private readonly isLess: Less<T>,
  ) {}

  /** Sorts the items from `a` up to, and without, `b`. */
  sort(a: number, b: number, limit: number): void {
    let balanced = true
    let partitioned = true
    for (;;) {
      const length = b - a
      if (length <= INSERTION_LIMIT) return this.insert(a, b)
      if (limit === 0) return this.heap(a, b)
      if (!balanced) {
        this.scatter(a, b)
        limit--
      }
      let [pivot, hint] = this.choosePivot(a, b)
      if (hint === 'falling') {
        this.reverse(a, b)
        pivot = b - 1 - (pivot - a)
        hint = 'rising'
      }
      if (balanced && partitioned && hint === 'rising' && this.insertFew(a, b)) return
      if (a > 0 && !this.less(a - 1, pivot)) {
        a = this.partitionEqual(a, b, pivot)
        continue
      }
      const [middle, already] = this.partition(a, b, pivot)
      partitioned = already
      const [left, right] = [middle - a, b - middle]
      balanced = Math.min(left, right) >= Math.floor(length / 8)
      if (left < right) {
        this.sort(a, middle, limit)
        a = middle + 1
      } else {
        this.sort(middle + 1, b, limit)
        b = middle
      }
    }
  }

  private less(i: number, j: number): boolean {
    return this.isLess(this.items[i] as T, this.items[j] as T)
  }

  private swap(i: number, j: number): void {
    const item = this.items[i] as T
    this.items[i] = this.items[j] as T
    this.items[j] = item
  }

  private insert(a: number, b: number): void {
    for (let i = a + 1; i < b; i++) for (let j = i; j > a && this.less(j, j - 1); j--) this.swap(j, j - 1)
  }

  private reverse(a: number, b: number): void {
    for (let i = a, j = b - 1; i < j; i++, j--) this.swap(i, j)
  }

  private heap(first: number, b: number): void {
    const length = b - first
    for (let i = Math.floor((length - 1) / 2); i >= 0; i--) this.sink(i, length, first)
    for (let i = length - 1; i >= 0; i--) {
      this.swap(first, first + i)
      this.sink(0, i, first)
    }
  }

  private sink(root: number, end: number, first: number): void {
    for (let child = 2 * root + 1; child < end; child = 2 * root + 1) {
      if (child + 1 < end && this.less(first + child, first + child + 1)) child++
      if (!this.less(first + root, first + child)) return
      this.swap(first + root, first + child)
      root = child
    }
  }

  /** Splits around the pivot; also tells whether nothing had to move. */
  private partition(a: number, b: number, pivot: number): [number, boolean] {
    this.swap(a, pivot)
    let i = a + 1
    let j = b - 1
    for (let moved = 0; ; moved++) {
      while (i <= j && this.less(i, a)) i++
      while (i <= j && !this.less(j, a)) j--
      if (i > j) {
        this.swap(j, a)
        return [j, moved === 0]
      }
      this.swap(i++, j--)
    }
  }

  /** Splits into what equals the pivot and what is greater. */
  private partitionEqual(a: number, b: number, pivot: number): number {
    this.swap(a, pivot)
    let i = a + 1
    let j = b - 1
    for (;;) {
      while (i <= j && !this.less(a, i)) i++
      while (i <= j && this.less(a, j)) j--
      if (i > j) return i
      this.swap(i++, j--)
    }
  }

  /** Puts a few items right; true when all are sorted then. */
  private insertFew(a: number, b: number): boolean {
    let i = a + 1
    for (let step = 0; step < PARTIAL_STEPS; step++) {
      while (i < b && !this.less(i, i - 1)) i++
      if (i === b) return true
      if (b - a < SHIFT_LIMIT) return false
      this.swap(i, i - 1)
      if (i - a >= 2) for (let j = i - 1; j >= 1 && this.less(j, j - 1); j--) this.swap(j, j - 1)
      if (b - i >= 2) for (let j = i + 1; j < b && this.less(j, j - 1); j++) this.swap(j, j - 1)
    }
    return false
  }

  /** Breaks a pattern that made the split uneven, by a generator seeded with the length. */
  private scatter(a: number, b: number): void {
    const length = b - a
    const mask = BigInt(2 ** bitLength(length) - 1)
    const at = a + Math.floor(length / 4) * 2
    let random = BigInt(length)
    for (let i = 0; i < 3; i++) {
      random = BigInt.asUintN(64, random ^ (random << 13n))
      random ^= random >> 7n
      random = BigInt.asUintN(64, random ^ (random << 17n))
      const other = Number(random & mask)
      this.swap(at - 1 + i, a + (other >= length ? other - length : other))
    }
  }

  private choosePivot(a: number, b: number): [number, 'rising' | 'falling' | 'mixed'] {
    const quarter = Math.floor((b - a) / 4)
    const places = [a + quarter, a + quarter * 2, a + quarter * 3] as [number, number, number]
    this.swaps = 0
    const [i, j, k] =
      b - a >= NINTHER_LIMIT ? (places.map((at) => this.median(at - 1, at, at + 1)) as typeof places) : places
    const pivot = this.median(i, j, k)
    return [pivot, this.swaps === 0 ? 'rising' : this.swaps === MOST_SWAPS ? 'falling' : 'mixed']
  }

  private median(a: number, b: number, c: number): number {
    const [low, high] = this.order(a, b)
    const [middle] = this.order(high, c)
    return this.order(low, middle)[1]
  }

  private order(a: number, b: number): [number, number] {
    if (!this.less(b, a)) return [a, b]
    this.swaps++
    return [b, a]
  }
}
