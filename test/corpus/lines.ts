/** Plays the lines that people wrote down, file by file in one bash, and counts what is carried out and looks right. */
import { EmptyCluster } from './cluster.ts'
import { hasShape, isAccepted } from './score.ts'
import type { Answer } from './score.ts'
import type { CommandRow } from './rows.ts'

export interface LineResult {
  row: CommandRow
  ours: Answer
  accepted: boolean
  shape: boolean | undefined
}

const RELEASE = '1.33'

export async function runLines(
  rows: CommandRow[],
  onResult: (result: LineResult) => void = () => undefined,
): Promise<LineResult[]> {
  const cluster = await EmptyCluster.boot(RELEASE)
  const results: LineResult[] = []
  let page = ''
  for (const row of rows) {
    if (page !== `${row.repo}/${row.path}`) cluster.reset()
    page = `${row.repo}/${row.path}`
    const ours = await cluster.run(row.command)
    const result = { row, ours, accepted: isAccepted(ours), shape: hasShape(row.expected_kind, row.expected, ours) }
    results.push(result)
    onResult(result)
  }
  return results
}
