/** A scenario proves itself: untouched it is worth nothing, its solution everything, its decoys never all. */
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

/** Proves a scenario with every value of its parameters. */
export async function proveScenario(scenario: Scenario, launch: Launch, seed = 'proof'): Promise<Proof> {
  const proof: Proof = { scenario: scenario.metadata.name, proven: false, findings: [], runs: [] }
  for (const [index, parameters] of parameterCover(scenario).entries()) {
    await proveRun(prepareAttempt(scenario, `${seed}-${index + 1}`, parameters), parameters, launch, proof)
  }
  return { ...proof, proven: proof.findings.length === 0 }
}

async function proveRun(
  prepared: PreparedAttempt,
  parameters: Parameters,
  launch: Launch,
  proof: Proof,
): Promise<void> {
  const note = (part: string, message: string): void => void proof.findings.push({ parameters, part, message })
  const ports = await launch(prepared.options)
  try {
    await prepared.setup(ports)
    const untouched = await flown(prepared, ports, undefined, note, 'untouched')
    const solution = await flown(prepared, ports, prepared.scenario.spec.solution, note, 'solution')
    const decoys: Grade[] = []
    for (const decoy of prepared.scenario.spec.decoys)
      decoys.push((await flown(prepared, ports, decoy.run, note, decoyName(decoy))).grade)
    judgeUntouched(untouched.grade, note)
    judgeSolution(solution, prepared, note)
    decoys.forEach((grade, index) => judgeDecoy(grade, prepared.scenario.spec.decoys[index], note))
    const points = solution.grade.points
    proof.runs.push({
      parameters,
      untouched: untouched.grade.got,
      solution: solution.grade.got,
      solutionMs: solution.tookMs,
      decoys: decoys.map(({ got }) => got),
      points,
    })
  } catch (error) {
    note('setup', error instanceof Error ? error.message : String(error))
  } finally {
    await ports.close?.()
  }
}

type Note = (part: string, message: string) => void

const decoyName = (decoy: Decoy): string => `decoy "${decoy.name}"`

interface Flown {
  grade: Grade
  tookMs: number
}

/** Runs a script on a copy of the cluster, as the candidate would, and grades what comes of it. */
async function flown(
  prepared: PreparedAttempt,
  ports: Ports,
  script: string | undefined,
  note: Note,
  part: string,
): Promise<Flown> {
  const copy = await ports.hands.fork()
  const startMs = await copy.view.now()
  if (script !== undefined) {
    const { code, stdout, stderr } = await copy.hands.run(START, script, SCRIPT_LIMIT * prepared.timeMs)
    if (code !== 0 && part === 'solution') note(part, `exits ${code}: ${lastLine(stderr) || lastLine(stdout)}`)
  }
  const tookMs = (await copy.view.now()) - startMs
  return { grade: await gradeScenario(prepared, copy, { startMs }), tookMs }
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

function judgeSolution({ grade, tookMs }: Flown, prepared: PreparedAttempt, note: Note): void {
  for (const check of grade.checks.filter(({ state }) => state === 'failed' || state === 'blocked')) {
    note('solution', `check "${check.id}" does not pass: wanted ${check.wanted}; found ${check.found}`)
  }
  for (const check of grade.checks.filter(({ state }) => state === 'skipped'))
    note('solution', `check "${check.id}" cannot be told: ${check.found}`)
  if (tookMs > prepared.timeMs)
    note('solution', `takes ${Math.ceil(tookMs / 1000)} s, the time budget is ${prepared.timeMs / 1000} s`)
}

function judgeDecoy(grade: Grade, decoy: Decoy | undefined, note: Note): void {
  if (decoy === undefined) return
  const passed = grade.checks
    .filter((check) => check.passed)
    .map(({ id }) => id)
    .join(', ')
  if (grade.passed) note(decoyName(decoy), 'passes: it is a second solution, or a check is missing')
  else if (grade.got > decoy.points)
    note(decoyName(decoy), `gets ${grade.got} points, stated are ${decoy.points} (passed: ${passed})`)
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
