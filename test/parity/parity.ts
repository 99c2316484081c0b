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

async function runReading(lane: Lane, row: string, group: Group): Promise<[Ran, Ran]> {
  const line = lineOf(row)
  const once = async (): Promise<[Ran, Ran]> => {
    await lane.keepUp()
    const real = await lane.real(line, group.waits === true ? WAITING_MS : 0)
    return [masked(row, real, group), masked(row, await lane.ours(line), group)]
  }
  const [real, ours] = await once()
  // An age may have turned in between.
  return isSame(real, ours) ? [real, ours] : once()
}

async function runTwins(twins: [Lane, Lane], row: string, group: Group): Promise<[Ran, Ran]> {
  const [left, right] = twins
  const line = lineOf(row)
  await left.keepUp(right)
  await right.keepUp(left)
  const real = await left.real(line, group.waits === true ? WAITING_MS : 0)
  return [masked(row, real, group), masked(row, await right.ours(line), group)]
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
  try {
    for (const group of GROUPS.filter(({ name }) => name.includes(only))) {
      for (const row of group.rows) {
        const [real, ours] = group.twins === true ? await runTwins(twins, row, group) : await runReading(twins[0], row, group)
        const allowed = ALLOWED[row]
        const outcome = { group: group.name, row, real, ours, agrees: isSame(real, ours), ...(allowed !== undefined && { allowed }) }
        outcomes.push(outcome)
        onOutcome?.(outcome)
      }
    }
  } finally {
    for (const lane of twins) await lane.close()
  }
  return outcomes
}
