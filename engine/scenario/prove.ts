/** A scenario proves itself: untouched it is worth nothing, its solution everything, its decoys never all. */
import { Random } from '../kernel/random.ts'
import type { Ports } from './faults/fault.ts'
import type { Decoy, Parameters, Scenario } from './format/scenario.ts'
import { gradeScenario } from './grade.ts'
import type { Grade } from './grade.ts'
import { parameterCover, prepareAttempt, START } from './prepare.ts'
import type { LaunchOptions, PreparedAttempt } from './prepare.ts'

/** A fresh cluster for one run of a proof. */
export type Launch = (options: LaunchOptions) => Promise<Ports & { close?(): Promise<void> | void }>

export interface ProofFinding {
  /** Which run: the values of the parameters. */
  parameters: Parameters
  /** Where the scenario is not as it must be: untouched, solution, a decoy, or its setup. */
  part: string
  message: string
}

export interface Proof {
  scenario: string
  proven: boolean
  findings: ProofFinding[]
  /** One for each set of parameters: points by part, and the time the solution took on the cluster's clock. */
  runs: {
    parameters: Parameters
    untouched: number
    solution: number
    solutionMs: number
    decoys: number[]
    points: number
  }[]
}

export interface ProofOptions {
  seed?: string
  /**
   * From how many moments the solution is flown, 1 or more (3): the end of the setup, and others in the minute after
   * it. A candidate reads first, and what works only at one moment is not fair.
   */
  starts?: number
}

/** Proves a scenario with every value of its parameters. */
export async function proveScenario(
  scenario: Scenario,
  launch: Launch,
  { seed = 'proof', starts = 3 }: ProofOptions = {},
): Promise<Proof> {
  const proof: Proof = { scenario: scenario.metadata.name, proven: false, findings: [], runs: [] }
  for (const [index, parameters] of parameterCover(scenario).entries()) {
    const prepared = prepareAttempt(scenario, `${seed}-${index + 1}`, parameters)
    const note: Note = (part, message) => void proof.findings.push({ parameters, part, message })
    const run = await proveRun(prepared, laterStarts(prepared.seed, starts - 1), launch, note)
    if (run !== undefined) proof.runs.push({ parameters, ...run })
  }
  return { ...proof, proven: proof.findings.length === 0 }
}

/** How long somebody may read before the first command, in the cluster's time. */
const READING_MS = 60_000

/** Moments after the setup, in milliseconds, drawn from the seed. */
function laterStarts(seed: string, count: number): number[] {
  const random = new Random(seed, 'proof.starts')
  return Array.from({ length: count }, () => random.between(1, READING_MS))
}

type Note = (part: string, message: string) => void

/** Flies one set of parameters; undefined after a note that says why it could not be set up. */
async function proveRun(
  prepared: PreparedAttempt,
  later: number[],
  launch: Launch,
  note: Note,
): Promise<Omit<Proof['runs'][number], 'parameters'> | undefined> {
  const ports = await launch(prepared.options)
  try {
    await prepared.setup(ports)
    const untouched = await flown(prepared, ports)
    judgeUntouched(untouched.grade, note)
    const solved = await proveSolution(prepared, ports, note)
    for (const laterMs of later) await proveSolution(prepared, ports, note, laterMs)
    const grades: Grade[] = []
    for (const decoy of prepared.scenario.spec.decoys) grades.push(await proveDecoy(prepared, ports, decoy, note))
    const { points, got } = solved.grade
    const decoyPoints = grades.map((grade) => grade.got)
    return { untouched: untouched.grade.got, solution: got, solutionMs: solved.tookMs, decoys: decoyPoints, points }
  } catch (error) {
    note('setup', error instanceof Error ? error.message : String(error))
    return undefined
  } finally {
    await ports.close?.()
  }
}

/** Flies the solution, begun so long after the setup. */
async function proveSolution(prepared: PreparedAttempt, ports: Ports, note: Note, laterMs = 0): Promise<Flown> {
  const part = laterMs === 0 ? 'solution' : `solution, begun ${laterMs / 1000} s later`
  const result = await flown(prepared, ports, { script: prepared.scenario.spec.solution, laterMs })
  judgeSolution(result, prepared, (message) => note(part, message))
  return result
}

async function proveDecoy(prepared: PreparedAttempt, ports: Ports, decoy: Decoy, note: Note): Promise<Grade> {
  const part = `decoy "${decoy.name}"`
  const { grade } = await flown(prepared, ports, { script: decoy.run })
  judgeDecoy(grade, decoy, (message) => note(part, message))
  return grade
}

/** What is tried on a copy of the cluster, and how long after the setup. */
interface Trial {
  script?: string
  laterMs?: number
}

interface Flown {
  grade: Grade
  tookMs: number
  /** Why the script failed, when it did. */
  failure?: string
}

/** Runs a script on a copy of the cluster, as the candidate would, and grades what comes of it. */
async function flown(prepared: PreparedAttempt, ports: Ports, { script, laterMs = 0 }: Trial = {}): Promise<Flown> {
  const copy = await ports.hands.fork()
  if (laterMs > 0) await copy.view.wait(laterMs)
  const startMs = await copy.view.now()
  const failure = script === undefined ? undefined : await failureOf(prepared, copy, script)
  const tookMs = (await copy.view.now()) - startMs
  return { grade: await gradeScenario(prepared, copy, { startMs }), tookMs, ...(failure !== undefined && { failure }) }
}

async function failureOf({ timeMs }: PreparedAttempt, { hands }: Ports, script: string): Promise<string | undefined> {
  const { code, stdout, stderr } = await hands.run(START, script, SCRIPT_LIMIT * timeMs)
  return code === 0 ? undefined : `exits ${code}: ${lastLine(stderr) || lastLine(stdout)}`
}

/** A script may take twice the budget before it is stopped; that it took too long is then a finding. */
const SCRIPT_LIMIT = 2

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

function judgeUntouched(grade: Grade, note: Note): void {
  for (const check of grade.checks.filter(({ got }) => got > 0)) {
    note(
      'untouched',
      `check "${check.id}" gives ${check.got} points although nothing was done (found: ${check.found}); let it require another check, or check what the setup breaks`,
    )
  }
}

function judgeSolution(
  { grade, tookMs, failure }: Flown,
  { timeMs }: PreparedAttempt,
  note: (message: string) => void,
): void {
  if (failure !== undefined) note(failure)
  for (const check of grade.checks.filter(({ state }) => state === 'failed' || state === 'blocked')) {
    note(`check "${check.id}" does not pass: wanted ${check.wanted}; found ${check.found}`)
  }
  for (const check of grade.checks.filter(({ state }) => state === 'skipped'))
    note(`check "${check.id}" cannot be told: ${check.found}`)
  if (tookMs > timeMs) note(`takes ${Math.ceil(tookMs / 1000)} s, the time budget is ${timeMs / 1000} s`)
}

function judgeDecoy(grade: Grade, decoy: Decoy, note: (message: string) => void): void {
  const passed = grade.checks
    .filter((check) => check.passed)
    .map(({ id }) => id)
    .join(', ')
  if (grade.passed) note('passes: it is a second solution, or a check is missing')
  else if (grade.got > decoy.points) note(`gets ${grade.got} points, stated are ${decoy.points} (passed: ${passed})`)
}

export function renderProof(proof: Proof): string {
  const runs = proof.runs.map(
    (run) =>
      `  ${describeRun(run.parameters)}untouched ${run.untouched}/${run.points}, solution ${run.solution}/${run.points} in ${Math.round(run.solutionMs / 1000)} s, decoys ${run.decoys.join(', ')}`,
  )
  const findings = proof.findings.map(
    ({ parameters, part, message }) => `  ${describeRun(parameters)}${part}: ${message}`,
  )
  return `${[`${proof.scenario}: ${proof.proven ? 'proven' : 'NOT PROVEN'}`, ...runs, ...findings].join('\n')}\n`
}

function describeRun(parameters: Parameters): string {
  const words = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  return words.length === 0 ? '' : `[${words.join(' ')}] `
}
