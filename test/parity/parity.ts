/** Runs every row by the real kubectl and by ours, and says where they differ. */
import { ALLOWED } from './allowed.ts'
import { GROUPS } from './commands.ts'
import type { Group } from './commands.ts'
import { Lane, stagedSnapshot } from './lane.ts'
import type { Ran } from './lane.ts'
import { masked } from './masks.ts'

export interface Outcome {
  group: string
  row: string
  real: Ran
  ours: Ran
  agrees: boolean
  /** Why a difference is allowed. */
  allowed?: string
}

/** A row is a command of kubectl; with `$ ` before it, a line for bash. */
const lineOf = (row: string): string => (row.startsWith('$ ') ? row.slice(2) : `kubectl ${row}`)

const isSame = (a: Ran, b: Ran): boolean => a.code === b.code && a.stdout === b.stdout && a.stderr === b.stderr

/** How fast the clock runs while the real kubectl waits, for rows that wait for the cluster. */
const WAITING_MS = 60
const paceOf = ({ waits }: Group): number => (waits === true ? WAITING_MS : 0)

/** The real one's, then ours. */
type Pair = [Ran, Ran]

/** Real kubectls at a time, in reading rows. */
const SIDE_BY_SIDE = 2

const same = ([real, ours]: Pair): boolean => isSame(real, ours)

/** A row of many ages on a busy machine meets the turn of one more than once. */
const TRIES = 6

/** Some rows on one cluster; one that differs is run again, since an age may have turned in between. */
async function runReading(lane: Lane, rows: string[], group: Group): Promise<Pair[]> {
  await lane.keepUp()
  const reals = await Promise.all(rows.map((row) => lane.real(lineOf(row), paceOf(group))))
  const pairs: Pair[] = []
  for (const [index, row] of rows.entries()) {
    const pair = await withOurs(lane, row, group, reals[index] as Ran)
    pairs.push(same(pair) || ALLOWED[row] !== undefined ? pair : await again(lane, row, group))
  }
  return pairs
}

async function again(lane: Lane, row: string, group: Group, tries = TRIES): Promise<Pair> {
  await lane.keepUp()
  const pair = await withOurs(lane, row, group, await lane.real(lineOf(row), paceOf(group)))
  return same(pair) || tries <= 1 ? pair : again(lane, row, group, tries - 1)
}

const withOurs = async (lane: Lane, row: string, group: Group, real: Ran): Promise<Pair> => [
  masked(row, real, group),
  masked(row, await lane.ours(lineOf(row)), group),
]

async function runTwins([left, right]: [Lane, Lane], row: string, group: Group): Promise<Pair> {
  await left.keepUp(right)
  await right.keepUp(left)
  return withOurs(right, row, group, await left.real(lineOf(row), paceOf(group)))
}

function outcomeOf(group: Group, row: string, pair: Pair): Outcome {
  const [real, ours] = pair
  const allowed = ALLOWED[row]
  return { group: group.name, row, real, ours, agrees: same(pair), ...(allowed !== undefined && { allowed }) }
}

export interface ParityOptions {
  kubectl: string
  release: string
  /** Only groups whose name contains this. */
  only?: string
  onOutcome?: (outcome: Outcome) => void
}

export async function runParity({ kubectl, release, only = '', onOutcome }: ParityOptions): Promise<Outcome[]> {
  const snapshot = await stagedSnapshot(release)
  const twins: [Lane, Lane] = [await Lane.open(snapshot, kubectl), await Lane.open(snapshot, kubectl)]
  const outcomes: Outcome[] = []
  const tell = (outcome: Outcome): void => {
    outcomes.push(outcome)
    onOutcome?.(outcome)
  }
  try {
    for (const group of GROUPS.filter(({ name }) => name.includes(only))) {
      const width = group.twins === true ? 1 : SIDE_BY_SIDE
      for (let at = 0; at < group.rows.length; at += width) {
        const rows = group.rows.slice(at, at + width)
        const pairs =
          group.twins === true
            ? [await runTwins(twins, rows[0] as string, group)]
            : await runReading(twins[0], rows, group)
        for (const [index, pair] of pairs.entries()) tell(outcomeOf(group, rows[index] as string, pair))
      }
    }
  } finally {
    for (const lane of twins) await lane.close()
  }
  return outcomes
}
