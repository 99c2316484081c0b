/**
 * Plays the recorded sessions of real clusters against the simulator and counts the rows that print the same:
 * npm run recordings [-- DIR] [--diff NAME,NAME|all] [--only NAME,NAME]
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { causeOf } from './causes.ts'
import { extraMask, normalize } from './normalize.ts'
import { hasSameShape, isEqual, runSession } from './session.ts'
import type { Output, Row, Start } from './session.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { diff: { type: 'string' }, only: { type: 'string' }, unstable: { type: 'boolean' } },
})
const folder = positionals[0] ?? '../shared/recordings'

if (!existsSync(folder)) {
  console.log(`no recordings at ${folder}: nothing to compare`)
  process.exit(0)
}

interface Tally {
  equal: number
  /** Of the equal ones, those that two real runs print differently. */
  byShape: number
  total: number
  causes: Record<string, number>
}

const stability = readStability()
const names = chosenNames()
const sum: Tally = { equal: 0, byShape: 0, total: 0, causes: {} }
for (const name of names) {
  const tally = await compare(name)
  sum.equal += tally.equal
  sum.byShape += tally.byShape
  sum.total += tally.total
  for (const [cause, count] of Object.entries(tally.causes)) sum.causes[cause] = (sum.causes[cause] ?? 0) + count
}
if (names.length > 1) console.log(line('all', sum))

function chosenNames(): string[] {
  const all = readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'session.jsonl')))
    .sort()
  const wanted = (values.diff ?? values.only)?.split(',')
  return wanted === undefined || wanted[0] === 'all'
    ? all
    : all.filter((name) => wanted.some((one) => name === one || (one.length === 2 && name.startsWith(`${one}-`))))
}

function readStability(): Record<string, { varies?: number[]; orderDiffers?: number[] }> {
  const path = join(folder, 'STABILITY.json')
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, { varies?: number[]; orderDiffers?: number[] }>)
    : {}
}

/** Rows in which two real runs differ. */
function racyRows(name: string): Set<number> {
  const entry = stability[name.replace(/-1\.36$/, '')] ?? {}
  return new Set([...(entry.varies ?? []), ...(entry.orderDiffers ?? [])])
}

async function compare(name: string): Promise<Tally> {
  const start = JSON.parse(readFileSync(join(folder, name, 'start.json'), 'utf8')) as Start
  const rows = readFileSync(join(folder, name, 'session.jsonl'), 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Row)
  const outputs = await runSession(start, rows).catch((error: unknown) => {
    console.log(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    return []
  })
  const racy = racyRows(name)
  const mask = extraMask(start.mask)
  const tally: Tally = { equal: 0, byShape: 0, total: rows.length, causes: {} }
  rows.forEach((row, index) => {
    const output = outputs[index] ?? { stdout: '', stderr: '', code: -1 }
    if (isEqual(row, output, mask)) return void tally.equal++
    if (racy.has(row.i) && hasSameShape(row, output)) return void (tally.equal++, tally.byShape++)
    const cause = racy.has(row.i) ? 'two real runs differ' : (causeOf(row) ?? 'open')
    tally.causes[cause] = (tally.causes[cause] ?? 0) + 1
    if (values.diff !== undefined && (values.unstable || cause !== 'two real runs differ')) showDiff(row, output, cause)
  })
  console.log(line(name, tally))
  return tally
}

function line(name: string, { equal, byShape, total, causes }: Tally): string {
  const parts = Object.entries(causes).map(([cause, count]) => `${cause}: ${count}`)
  if (byShape > 0) parts.unshift(`by shape: ${byShape}`)
  return `${name.padEnd(30)} ${String(equal).padStart(4)}/${String(total).padEnd(4)} ${parts.join(', ')}`.trimEnd()
}

function showDiff(recorded: Row, simulated: Output, cause: string): void {
  console.log(`\n#${recorded.i} [${cause}] $ ${recorded.cmd}`)
  showStream('', recorded.stdout, simulated.stdout)
  showStream('! ', recorded.stderr, simulated.stderr)
  if (recorded.code !== simulated.code) console.log(`  exit ${recorded.code} became ${simulated.code}`)
}

function showStream(mark: string, recorded: string, simulated: string): void {
  const [a, b] = [recorded, simulated].map((text) => normalize(text).split('\n')) as [string[], string[]]
  for (const [sign, text] of lineDiff(a, b)) if (sign !== ' ') console.log(`  ${sign} ${mark}${text}`)
}

/** The longest common part stays, the rest is gone or new. */
function lineDiff(a: string[], b: string[]): [string, string][] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      (lengths[i] as number[])[j] =
        a[i] === b[j]
          ? (lengths[i + 1]?.[j + 1] ?? 0) + 1
          : Math.max(lengths[i + 1]?.[j] ?? 0, lengths[i]?.[j + 1] ?? 0)
  const result: [string, string][] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      result.push([' ', a[i++] as string])
      j++
    } else if (i < a.length && (j >= b.length || (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0)))
      result.push(['-', a[i++] as string])
    else result.push(['+', b[j++] as string])
  }
  return result
}
