/**
 * Models github.com/google/go-cmp's internal/diff: an edit script between two lists, found greedily from both ends at
 * once. It is not the shortest one; its choices show in the texts. Upstream starts at a random end; here always at the
 * beginning.
 */
export type Edit = '=' | 'X' | 'Y' | 'M'

export interface Likeness {
  same: number
  diff: number
}

export type Compare = (ix: number, iy: number) => Likeness

const isEqual = ({ diff }: Likeness): boolean => diff === 0
const isSimilar = ({ same, diff }: Likeness): boolean => same + 1 >= diff

interface Point {
  x: number
  y: number
}

class Path {
  readonly edits: Edit[] = []
  x: number
  y: number
  private readonly dir: 1 | -1
  constructor(dir: 1 | -1, { x, y }: Point) {
    this.dir = dir
    this.x = x
    this.y = y
  }

  append(edit: Edit): void {
    this.edits.push(edit)
    if (edit !== 'Y') this.x += this.dir
    if (edit !== 'X') this.y += this.dir
  }

  /** Adds what is needed to get to the point. */
  connect(to: Point, compare: Compare): void {
    const back = this.dir < 0 ? 1 : 0
    const left = (): Point => ({ x: (to.x - this.x) * this.dir, y: (to.y - this.y) * this.dir })
    for (let rest = left(); rest.x > 0 && rest.y > 0; rest = left()) {
      const likeness = compare(this.x - back, this.y - back)
      const alone = (back === 0 ? rest.x >= rest.y : rest.x > rest.y) ? 'X' : 'Y'
      this.append(isEqual(likeness) ? '=' : isSimilar(likeness) ? 'M' : alone)
    }
    while (left().x > 0) this.append('X')
    while (left().y > 0) this.append('Y')
  }
}

const zigzag = (i: number): number => ((i & 1) !== 0 ? ~i : i) >> 1

interface Search {
  near: Path
  far: Path
  frontier: Point
  dir: 1 | -1
}

/** Looks for a match on the diagonal through the frontier and follows it; returns the budget that is left. */
function searchFrom({ near, far, frontier, dir }: Search, compare: Compare, budgetBefore: number): number {
  let budget = budgetBefore
  let [hasHitX, hasHitY] = [false, false]
  const back = dir < 0 ? 1 : 0
  for (let i = 0; !(hasHitX && hasHitY) && budget > 0; i++) {
    const z = zigzag(i) * dir
    const at = { x: frontier.x + z, y: frontier.y - z }
    if ((far.x - at.x) * dir <= 0 || (at.y - near.y) * dir < 0) hasHitX = true
    else if ((far.y - at.y) * dir <= 0 || (at.x - near.x) * dir < 0) hasHitY = true
    else if (isEqual(compare(at.x - back, at.y - back))) {
      near.connect(at, compare)
      near.append('=')
      const isOpen = (): boolean => (far.x - near.x) * dir > 0 && (far.y - near.y) * dir > 0
      while (isOpen() && isEqual(compare(near.x - back, near.y - back))) near.append('=')
      frontier.x = near.x
      frontier.y = near.y
      hasHitX = hasHitY = true
    } else budget--
  }
  return budget
}

/** The edits that make a list of `nx` into one of `ny` items. */
export function editScript(nx: number, ny: number, compare: Compare): Edit[] {
  const forward = new Path(1, { x: 0, y: 0 })
  const reverse = new Path(-1, { x: nx, y: ny })
  const [front, rear] = [
    { x: 0, y: 0 },
    { x: nx, y: ny },
  ]
  let budget = 4 * (nx + ny)
  const isDone = (): boolean => front.x >= rear.x || front.y >= rear.y || budget === 0
  while (!isDone()) {
    budget = searchFrom({ near: forward, far: reverse, frontier: front, dir: 1 }, compare, budget)
    if (reverse.x - front.x >= reverse.y - front.y) front.x++
    else front.y++
    if (isDone()) break
    budget = searchFrom({ near: reverse, far: forward, frontier: rear, dir: -1 }, compare, budget)
    if (rear.x - forward.x >= rear.y - forward.y) rear.x--
    else rear.y--
  }
  forward.connect(reverse, compare)
  return [...forward.edits, ...reverse.edits.toReversed()]
}
