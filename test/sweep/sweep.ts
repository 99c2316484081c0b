/** `npm run sweep -- raft`: many seeds, each a random run under faults whose every state is checked. See HELP. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { INVARIANTS } from './raft-invariants.ts'
import { loadMutant, MUTANTS } from './raft-mutants.ts'
import type { NodeClass } from './raft-mutants.ts'
import { BUGS, makePlan } from './raft-plan.ts'
import type { Plan } from './raft-plan.ts'
import { runPlan, shrinkPlan } from './raft.ts'

const HELP = `npm run sweep -- raft [options]

Runs Raft members under random crashes, power cuts, cut and lossy links, slow disks, changes of the members and
transfers, and checks after every event: ${INVARIANTS.join(', ')}.
A seed that fails is cut down, printed, and written to a file that can be run again.

  --seeds N     how many seeds (10000)
  --from N      the first seed (0)
  --jobs N      processes (one for each processor)
  --bug NAME    break a disk or the network, to see that the checks notice: ${BUGS.join(', ')}
  --mutant NAME plant a mistake in Raft: ${MUTANTS.map(({ name }) => name).join(', ')}
  --out DIR     where failing plans are written (test-results/sweep)
  --file F      run one plan again and print what happens
  --help
`

const OPTIONS = {
  seeds: { type: 'string', default: '10000' },
  from: { type: 'string', default: '0' },
  jobs: { type: 'string', default: `${availableParallelism()}` },
  bug: { type: 'string' },
  mutant: { type: 'string' },
  out: { type: 'string', default: 'test-results/sweep' },
  file: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** What one process does: every `stride`-th seed. */
interface Job {
  from: number
  to: number
  stride: number
  planted: Planted
}

/** What is wrong on purpose. */
type Planted = Pick<Plan, 'bug' | 'mutant'>

interface Report {
  done: number
  applied: number
  leaders: number
  failed: { seed: number; invariant: string }[]
}

const PER_REPORT = 25
const SHRUNK = 5

const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true })

if (process.send !== undefined && positionals[0] === 'job') process.once('message', (job) => void work(job as Job))
else if (values.help === true || positionals[0] !== 'raft') process.stdout.write(HELP)
else if (values.file !== undefined) await replay(values.file)
else sweep()

async function work(job: Job): Promise<void> {
  const nodeClass = await nodeClassOf(job.planted.mutant)
  let report = emptyReport()
  for (let seed = job.from; seed < job.to; seed += job.stride) {
    const { applied, leaders, failure } = runPlan(makePlan(`raft-${seed}`, job.planted), false, nodeClass)
    report.done++
    report.applied += applied
    report.leaders += leaders
    if (failure !== undefined) report.failed.push({ seed, invariant: failure.invariant })
    if (report.done < PER_REPORT) continue
    process.send?.(report)
    report = emptyReport()
  }
  process.send?.(report, () => process.disconnect())
}

function emptyReport(): Report {
  return { done: 0, applied: 0, leaders: 0, failed: [] }
}

/** Each process has copies of its own. */
async function nodeClassOf(mutant: string | undefined): Promise<NodeClass | undefined> {
  const found = MUTANTS.find(({ name }) => name === mutant)
  return found === undefined ? undefined : loadMutant(found, join(values.out, `mutants-${process.pid}`))
}

function sweep(): void {
  const [count, from, jobs] = [wholeNumber('seeds'), wholeNumber('from'), wholeNumber('jobs')]
  const planted = readPlanted()
  const total = emptyReport()
  const startedAt = performance.now()
  let running = jobs
  const add = (report: Report): void => {
    total.done += report.done
    total.applied += report.applied
    total.leaders += report.leaders
    total.failed.push(...report.failed)
    if (report.done > 0) showProgress(total, count, startedAt)
  }
  for (let at = 0; at < jobs; at++) {
    const child = startJob({ from: from + at, to: from + count, stride: jobs, planted })
    child.on('message', (report) => add(report as Report))
    child.on('exit', () => --running === 0 && void finish(total, startedAt, planted))
  }
}

function startJob(job: Job): ChildProcess {
  const child = fork(fileURLToPath(import.meta.url), ['job'], { execArgv: ['--import', 'tsx'] })
  child.send(job)
  return child
}

function wholeNumber(name: 'seeds' | 'from' | 'jobs'): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name}: ${values[name]} is not a whole number`)
  return number
}

function readPlanted(): Planted {
  const bug = oneOf('bug', BUGS)
  const mutant = oneOf(
    'mutant',
    MUTANTS.map(({ name }) => name),
  )
  return { ...(bug !== undefined && { bug }), ...(mutant !== undefined && { mutant }) }
}

function oneOf<Name extends string>(option: 'bug' | 'mutant', names: readonly Name[]): Name | undefined {
  const wanted = values[option]
  const found = names.find((name) => name === wanted)
  if (wanted !== undefined && found === undefined)
    throw new Error(`--${option}: ${wanted} is none of ${names.join(', ')}`)
  return found
}

function showProgress({ done, failed }: Report, count: number, startedAt: number): void {
  if (!process.stderr.isTTY && done % 1000 !== 0 && done !== count) return
  const seconds = (performance.now() - startedAt) / 1000
  const share = `${Math.floor((100 * done) / count)} %`
  const line = `${share} ${done}/${count} seeds, ${failed.length} failed, ${Math.round(done / seconds)}/s`
  process.stderr.write(process.stderr.isTTY ? `\r${line} ` : `${line}\n`)
}

async function finish(total: Report, startedAt: number, planted: Planted): Promise<void> {
  const { done, applied, leaders, failed } = total
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(`\n${done - failed.length}/${done} seeds kept every promise (${seconds} s)`)
  console.log(`${applied} entries applied under ${leaders} leaders`)
  for (const [invariant, count] of tallied(failed)) console.log(`${invariant}: ${count} seeds`)
  const nodeClass = await nodeClassOf(planted.mutant)
  for (const { seed } of failed.sort((a, b) => a.seed - b.seed).slice(0, SHRUNK))
    showFailure(seed, makePlan(`raft-${seed}`, planted), nodeClass)
  if (failed.length > SHRUNK) console.log(`and ${failed.length - SHRUNK} more`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

function tallied(failed: Report['failed']): [string, number][] {
  const counts = new Map<string, number>()
  for (const { invariant } of failed) counts.set(invariant, (counts.get(invariant) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)
}

function showFailure(seed: number, plan: Plan, nodeClass: NodeClass | undefined): void {
  const small = shrinkPlan(plan, nodeClass)
  const { failure } = runPlan(small, false, nodeClass)
  const path = join(values.out, `raft-${seed}.json`)
  mkdirSync(values.out, { recursive: true })
  writeFileSync(path, `${JSON.stringify(small, null, 2)}\n`)
  console.log(`\nseed ${seed}: ${failure?.message} (at ${failure?.atMs} ms)`)
  console.log(`  ${small.steps.length} of ${plan.steps.length} steps are needed:`)
  for (const { atMs, do: verb, member, to, ms } of small.steps)
    console.log(
      `  ${String(atMs).padStart(6)} ${verb} ${member}${to === undefined ? '' : ` ${to}`}${ms === undefined ? '' : ` ${ms}ms`}`,
    )
  console.log(`  npm run sweep -- raft --file ${path}`)
}

async function replay(path: string): Promise<void> {
  const plan = JSON.parse(readFileSync(path, 'utf8')) as Plan
  const { lines, failure } = runPlan(plan, true, await nodeClassOf(plan.mutant))
  console.log(lines.join('\n'))
  console.log(failure === undefined ? 'it kept every promise' : `${failure.message} (at ${failure.atMs} ms)`)
  process.exitCode = failure === undefined ? 0 : 1
}
