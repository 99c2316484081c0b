/**
 * Replays a corpus of what people type and prints its score:
 * npm run corpus [-- DIR] [--only answers|manifests|lines] [--match TEXT] [--diff] [--results FILE]
 */
import { existsSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isComparable, runAnswers } from './answers.ts'
import type { AnswerResult } from './answers.ts'
import { answerCause, lineCause, manifestCause } from './causes.ts'
import { runLines } from './lines.ts'
import type { LineResult } from './lines.ts'
import { runManifests } from './manifests.ts'
import type { ManifestResult } from './manifests.ts'
import { readRows } from './rows.ts'
import type { AnswerRow, CommandRow, ManifestRow } from './rows.ts'
import { firstError, mask } from './score.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    match: { type: 'string' },
    every: { type: 'string' },
    diff: { type: 'boolean' },
    results: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

const USAGE = `npm run corpus [-- DIR] [options]
  DIR                a folder with kubectl-answers.jsonl, manifests.jsonl and commands.jsonl (default ../shared/corpus)
  --only PART        answers, manifests or lines
  --match TEXT       only rows that hold the text
  --every N          only each Nth row
  --diff             show the rows that differ
  --results FILE     write the results, a JSON object a line: {id, i, rc, stdout, stderr}`

const folder = positionals[0] ?? '../shared/corpus'
if (values.help === true) {
  console.log(USAGE)
  process.exit(0)
}
if (!existsSync(folder)) {
  console.log(`no corpus at ${folder}: nothing to replay`)
  process.exit(0)
}

const written: string[] = []

function chosen<Row extends object>(rows: Row[]): Row[] {
  const every = Number(values.every ?? 1)
  return rows
    .filter((row) => values.match === undefined || JSON.stringify(row).includes(values.match))
    .filter((_, index) => index % every === 0)
}

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`

/** Progress on a terminal, on one line. */
function progress(name: string, total: number): () => void {
  let done = 0
  return () => {
    done++
    if (process.stderr.isTTY && (done % 20 === 0 || done === total))
      process.stderr.write(`\r${name} ${done}/${total}${done === total ? '\n' : ''}`)
  }
}

function keep({ row, ours }: { row: { id: string; i?: number }; ours: object }): void {
  written.push(`${JSON.stringify({ id: row.id, ...(row.i !== undefined && { i: row.i }), ...ours })}\n`)
}

function byCause<Result>(results: Result[], causeOf: (result: Result) => string): void {
  const counts = new Map<string, number>()
  for (const result of results) counts.set(causeOf(result), (counts.get(causeOf(result)) ?? 0) + 1)
  for (const [cause, count] of [...counts].sort((a, b) => b[1] - a[1]))
    console.log(`  ${String(count).padStart(5)}  ${cause}`)
}

async function answers(): Promise<void> {
  const rows = chosen(readRows<AnswerRow>(folder, 'kubectl-answers.jsonl').filter(isComparable))
  if (rows.length === 0) return
  const tick = progress('answers', rows.length)
  const results = await runAnswers(rows, (result) => {
    tick()
    keep(result)
    if (values.diff === true && !result.exact) showAnswer(result)
  })
  console.log(`kubectl's answers on an empty cluster`)
  for (const name of ['all', ...new Set(results.map(({ row }) => row.cls))]) {
    const some = results.filter(({ row }) => name === 'all' || row.cls === name)
    const [same, exact] = [some.filter(({ sameClass }) => sameClass), some.filter((result) => result.exact)]
    console.log(
      `${name.padEnd(16)} n=${String(some.length).padEnd(5)} class ${percent(same.length, some.length)}  exact ${percent(exact.length, some.length)}  missing 0`,
    )
  }
  byCause(
    results.filter(({ exact }) => !exact),
    answerCause,
  )
}

function showAnswer({ row, ours }: AnswerResult): void {
  console.log(`\n$ kubectl ${row.argv.join(' ')}`)
  const error = row.cls !== 'ok'
  console.log(`  real: ${(error ? firstError(row.stderr ?? '') : mask(row.stdout ?? '')).slice(0, 1500)}`)
  console.log(
    `  ours: ${(error ? firstError(ours.stderr) : mask(ours.stdout) + (ours.stderr && ` ! ${ours.stderr}`)).slice(0, 1500)}`,
  )
}

async function manifests(): Promise<void> {
  const rows = chosen(readRows<ManifestRow>(folder, 'manifests.jsonl'))
  if (rows.length === 0) return
  const tick = progress('manifests', rows.length)
  const results = await runManifests(rows, (result) => {
    tick()
    keep(result)
    if (values.diff === true && !result.agrees) showManifest(result)
  })
  const [good, bare] = [
    results.filter(({ agrees }) => agrees),
    results.filter(({ expected, found }) => expected === found),
  ]
  console.log(`verdicts on manifests`)
  console.log(
    `n=${results.length} agree ${percent(good.length, results.length)} (${percent(bare.length, results.length)} literally)`,
  )
  byCause(
    results.filter(({ agrees }) => !agrees),
    manifestCause,
  )
}

function showManifest({ row, ours, expected, found }: ManifestResult): void {
  console.log(
    `\n${row.id} ${row.apiVersion} ${row.kind} ${row.name}: ${expected}, found ${found} ${JSON.stringify(row.check)}`,
  )
  console.log(`  ${(ours.stderr || ours.stdout).slice(0, 600)}`)
}

async function lines(): Promise<void> {
  const rows = chosen(readRows<CommandRow>(folder, 'commands.jsonl'))
  if (rows.length === 0) return
  const tick = progress('lines', rows.length)
  const results = await runLines(rows, (result) => {
    tick()
    keep(result)
    if (values.diff === true && (!result.accepted || result.shape === false)) showLine(result)
  })
  console.log(`lines that people wrote`)
  console.log(
    `lines ${results.length} accepted ${percent(results.filter(({ accepted }) => accepted).length, results.length)}`,
  )
  for (const kind of ['table', 'message', 'error', 'describe', 'yaml', 'json']) {
    const some = results.filter(({ row, shape }) => row.expected_kind === kind && shape !== undefined)
    console.log(
      `  expected ${kind} ${some.length} ok ${percent(some.filter(({ shape }) => shape).length, some.length)}`,
    )
  }
  byCause(
    results.filter(({ accepted }) => !accepted),
    lineCause,
  )
}

function showLine({ row, ours, accepted, shape }: LineResult): void {
  console.log(`\n$ ${row.command}\n  accepted ${accepted}, shape ${shape ?? 'not compared'}`)
  console.log(`  ${`${ours.stdout}${ours.stderr}`.slice(0, 400)}`)
  if (shape === false) console.log(`  expected: ${(row.expected ?? '').slice(0, 300)}`)
}

const parts: Record<string, () => Promise<void>> = { answers, manifests, lines }
for (const [name, part] of Object.entries(parts)) if (values.only === undefined || values.only === name) await part()
if (values.results !== undefined) writeFileSync(values.results, written.join(''))
