import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import {
  Flight,
  gradeScenario,
  loadScenario,
  prepareAttempt,
  renderJson,
  renderJUnit,
  renderText,
} from '../../engine/index.ts'
import type { Grade, PreparedAttempt, Scenario } from '../../engine/index.ts'
import { problemLine, scenarioFiles } from '../desk.ts'
import { scenariosFolder } from '../folders.ts'
import { FIXED_EPOCH, parseEpoch } from './cluster-flags.ts'
import { clearProgress, note, progress, UsageError } from './progress.ts'

interface GradeFlags {
  script?: string
  kubeconfig?: string
  format: string
  seed: string
  epoch: string
  language: string
}

const FORMATS = ['text', 'json', 'junit']

export function addGrade(program: Command): void {
  program
    .command('grade')
    .summary('grade a script, or a real cluster, by a scenario')
    .description(
      'Sets a scenario up on a fresh simulated cluster, runs a script as the learner would, and grades what came of it. With --kubeconfig the checks read that cluster as it is; nothing is set up there.',
    )
    .argument('<scenario>', 'the name of a scenario, or its file')
    .option(
      '--script <file>',
      'what the learner does, on the base host (- for standard input); without it the untouched cluster is graded',
    )
    .option('--kubeconfig <file>', 'grade the cluster of this kubeconfig')
    .option('--format <text|json|junit>', 'how to print', 'text')
    .option('--seed <text>', 'draws the parameters of the scenario and drives the cluster', '1')
    .option('--epoch <date>', 'the instant at which the cluster starts', FIXED_EPOCH)
    .option('--language <en|ko>', 'the language of the report', 'en')
    .addHelpText(
      'after',
      `
Examples:
  $ npx kubeflight grade bad-image-rollout --script solution.sh
  $ npx kubeflight grade ./my-scenario.yaml --script - --format junit < playbook.sh > report.xml
  $ npx kubeflight grade dns-corefile --kubeconfig ~/.kube/config

Exit codes: 0 passed; 1 not passed, or it could not be graded; 2 wrong usage.`,
    )
    .action(grade)
}

/** A scenario by its file, or by its name among those that come with kubeflight. */
export function findScenario(nameOrPath: string): Scenario {
  const path = existsSync(nameOrPath)
    ? nameOrPath
    : scenarioFiles([scenariosFolder()]).find((file) =>
        new RegExp(`(^|/)${nameOrPath.replace(/[^a-z0-9-]/g, '')}\\.ya?ml$`).test(file),
      )
  if (path === undefined)
    throw new UsageError(`${nameOrPath}: neither a file nor a scenario that comes with kubeflight`)
  const loaded = loadScenario(readFileSync(path, 'utf8'), path)
  if ('scenario' in loaded) return loaded.scenario
  throw new UsageError(loaded.problems.map((problem) => problemLine(path, problem)).join('\nkubeflight: '), 1)
}

async function grade(name: string, flags: GradeFlags): Promise<void> {
  if (!FORMATS.includes(flags.format))
    throw new UsageError(`--format ${flags.format}: must be one of ${FORMATS.join(', ')}`)
  if (flags.language !== 'en' && flags.language !== 'ko')
    throw new UsageError(`--language ${flags.language}: must be en or ko`)
  if (flags.script !== undefined && flags.kubeconfig !== undefined)
    throw new UsageError('give --script or --kubeconfig, not both')
  const prepared = prepareAttempt(findScenario(name), flags.seed)
  const graded =
    flags.kubeconfig === undefined ? await gradeSimulated(prepared, flags) : await gradeReal(prepared, flags.kubeconfig)
  clearProgress()
  process.stdout.write(render(graded, flags.format, flags.language))
  process.exitCode = graded.passed ? 0 : 1
}

function render(graded: Grade, format: string, language: 'en' | 'ko'): string {
  if (format === 'json') return renderJson(graded)
  return format === 'junit' ? renderJUnit(graded, language) : renderText(graded, language)
}

async function gradeSimulated(prepared: PreparedAttempt, flags: GradeFlags): Promise<Grade> {
  const script = flags.script === undefined ? undefined : readScript(flags.script)
  progress('booting the cluster …')
  const flight = await Flight.launch({ ...prepared.options, epochMs: parseEpoch(flags.epoch) })
  const ports = { view: flight.view, hands: flight.hands }
  await prepared.setup(ports)
  const startMs = flight.clockMs
  if (script !== undefined) {
    progress('running the script …')
    const { code, stdout, stderr } = await flight.script(script, { timeoutMs: 2 * prepared.timeMs })
    clearProgress()
    if (flags.format === 'text') process.stderr.write(stdout + stderr)
    if (code !== 0) note(`the script exits ${code}`)
  }
  progress('grading …')
  return gradeScenario(prepared, ports, { startMs })
}

function readScript(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new UsageError(`--script ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function gradeReal(prepared: PreparedAttempt, kubeconfig: string): Promise<Grade> {
  const { connectReal } = await import('../real/index.ts')
  const ports = await connectReal(kubeconfig)
  try {
    return await gradeScenario(prepared, ports)
  } finally {
    await ports.close?.()
  }
}
