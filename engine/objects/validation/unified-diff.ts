/** Models github.com/pmezard/go-difflib (Python's difflib): a unified diff of lines, three lines of context. */
const CONTEXT = 3
/** From here on, lines that make up more than a hundredth of the text are not looked for. */
const POPULAR_FROM = 200

interface Match {
  a: number
  b: number
  size: number
}

interface Range {
  aLow: number
  aHigh: number
  bLow: number
  bHigh: number
}

function positions(b: string[]): Map<string, number[]> {
  const where = new Map<string, number[]>()
  b.forEach((line, i) => where.set(line, [...(where.get(line) ?? []), i]))
  if (b.length < POPULAR_FROM) return where
  const most = Math.floor(b.length / 100) + 1
  for (const [line, at] of where) if (at.length > most) where.delete(line)
  return where
}

function longest(a: string[], b: string[], where: Map<string, number[]>, { aLow, aHigh, bLow, bHigh }: Range): Match {
  let best: Match = { a: aLow, b: bLow, size: 0 }
  let lengths = new Map<number, number>()
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>()
    for (const j of where.get(a[i]!) ?? []) {
      if (j < bLow) continue
      if (j >= bHigh) break
      const size = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, size)
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size }
    }
    lengths = next
  }
  while (best.a > aLow && best.b > bLow && a[best.a - 1] === b[best.b - 1])
    best = { a: best.a - 1, b: best.b - 1, size: best.size + 1 }
  while (best.a + best.size < aHigh && best.b + best.size < bHigh && a[best.a + best.size] === b[best.b + best.size])
    best = { ...best, size: best.size + 1 }
  return best
}

function matches(a: string[], b: string[]): Match[] {
  const where = positions(b)
  const within = (range: Range): Match[] => {
    const match = longest(a, b, where, range)
    if (match.size === 0) return []
    const { aLow, aHigh, bLow, bHigh } = range
    const before = aLow < match.a && bLow < match.b ? within({ aLow, aHigh: match.a, bLow, bHigh: match.b }) : []
    const [aNext, bNext] = [match.a + match.size, match.b + match.size]
    const after = aNext < aHigh && bNext < bHigh ? within({ aLow: aNext, aHigh, bLow: bNext, bHigh }) : []
    return [...before, match, ...after]
  }
  return within({ aLow: 0, aHigh: a.length, bLow: 0, bHigh: b.length })
}

interface Step extends Range {
  isEqual: boolean
}

function steps(a: string[], b: string[]): Step[] {
  const out: Step[] = []
  let [i, j] = [0, 0]
  for (const match of [...matches(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < match.a || j < match.b) out.push({ isEqual: false, aLow: i, aHigh: match.a, bLow: j, bHigh: match.b })
    i = match.a + match.size
    j = match.b + match.size
    const last = out.at(-1)
    if (match.size > 0 && last?.isEqual && last.aHigh === match.a && last.bHigh === match.b) {
      last.aHigh = i
      last.bHigh = j
    } else if (match.size > 0) out.push({ isEqual: true, aLow: match.a, aHigh: i, bLow: match.b, bHigh: j })
  }
  return out
}

const headOf = (step: Step): Step => ({
  ...step,
  aHigh: Math.min(step.aHigh, step.aLow + CONTEXT),
  bHigh: Math.min(step.bHigh, step.bLow + CONTEXT),
})
const tailOf = (step: Step): Step => ({
  ...step,
  aLow: Math.max(step.aLow, step.aHigh - CONTEXT),
  bLow: Math.max(step.bLow, step.bHigh - CONTEXT),
})

/** Changes with their context; a long equal run parts them. */
function hunks(all: Step[]): Step[][] {
  const trimmed = all.map((step, i) => {
    const first = i === 0 && step.isEqual ? tailOf(step) : step
    return i === all.length - 1 && step.isEqual ? headOf(first) : first
  })
  const out: Step[][] = []
  let group: Step[] = []
  for (const step of trimmed) {
    if (step.isEqual && step.aHigh - step.aLow > 2 * CONTEXT) {
      out.push([...group, headOf(step)])
      group = [tailOf(step)]
    } else group.push(step)
  }
  if (group.length > 0 && !(group.length === 1 && group[0]!.isEqual)) out.push(group)
  return out
}

function range(low: number, high: number): string {
  const length = high - low
  if (length === 1) return String(low + 1)
  return `${length === 0 ? low : low + 1},${length}`
}

/** The hunks, without names of files; empty where nothing differs. */
export function unifiedDiff(a: string[], b: string[]): string {
  const out = hunks(steps(a, b)).map((group) => {
    const [first, last] = [group[0]!, group.at(-1)!]
    const lines = group.flatMap((step) =>
      step.isEqual
        ? a.slice(step.aLow, step.aHigh).map((line) => ` ${line}`)
        : [
            ...a.slice(step.aLow, step.aHigh).map((line) => `-${line}`),
            ...b.slice(step.bLow, step.bHigh).map((line) => `+${line}`),
          ],
    )
    return `@@ -${range(first.aLow, last.aHigh)} +${range(first.bLow, last.bHigh)} @@\n${lines.join('\n')}\n`
  })
  return out.join('')
}
