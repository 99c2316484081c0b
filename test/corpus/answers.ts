/** Plays each kubectl command on an empty cluster, and counts the answers that are the real kubectl's. */
import { EmptyCluster, quoted } from './cluster.ts'
import { classOf, comparableClass, isExact } from './score.ts'
import type { Answer } from './score.ts'
import type { AnswerRow } from './rows.ts'

export interface AnswerResult {
  row: AnswerRow
  ours: Answer
  sameClass: boolean
  exact: boolean
}

/** The release of the kubectl that answered. */
const RELEASE = '1.33'

export const isComparable = ({ stateless, approx }: AnswerRow): boolean => stateless === true && approx !== true

const realAnswer = ({ rc, stdout = '', stderr = '' }: AnswerRow): Answer => ({ rc, stdout, stderr })

/**
 * The recorded server had every namespace: those that a row writes into are made before it.
 */
function namespacesOf({ cls, requests = [] }: AnswerRow): string[] {
  if (cls !== 'ok') return []
  const written = requests.filter((request) => /^(POST|PUT|PATCH) /.test(request))
  const names = written
    .map((request) => /\/namespaces\/([^/?]+)\/./.exec(request)?.[1])
    .filter((name) => name !== undefined)
  return [...new Set(names.map(decodeURIComponent))].filter((name) => name !== 'default')
}

/** Rows that may leave something behind in the cluster or in the home folder. */
const leavesTraces = ({ argv, cls }: AnswerRow): boolean => cls === 'ok' || argv.includes('config')

export async function runAnswer(cluster: EmptyCluster, row: AnswerRow): Promise<AnswerResult> {
  if (leavesTraces(row)) cluster.reset()
  for (const name of namespacesOf(row)) await cluster.ensureNamespace(name)
  const ours = await cluster.run(`kubectl ${row.argv.map(quoted).join(' ')}`, row.stdin)
  if (leavesTraces(row)) cluster.reset()
  return {
    row,
    ours,
    sameClass: classOf(ours) === comparableClass(row.cls),
    exact: isExact(row.cls, realAnswer(row), ours),
  }
}

export async function runAnswers(
  rows: AnswerRow[],
  onResult: (result: AnswerResult) => void = () => undefined,
): Promise<AnswerResult[]> {
  const cluster = await EmptyCluster.boot(RELEASE)
  const results: AnswerResult[] = []
  for (const row of rows.filter(isComparable)) {
    const result = await runAnswer(cluster, row)
    results.push(result)
    onResult(result)
  }
  return results
}
