import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { Flight, loadScenario, proveScenario, renderProof } from '../../engine/index.ts'
import type { Proof, Scenario } from '../../engine/index.ts'
import { problemLine, scenarioFiles } from '../desk.ts'
import { scenariosFolder } from '../folders.ts'
import { FIXED_EPOCH, wholeNumber } from './cluster-flags.ts'
import { clearProgress, green, progress, red, UsageError } from './progress.ts'

interface LintFlags {
  format: string
  proof: boolean
  seed: string
  starts: number
}

interface Finding {
  path: string
  scenario?: string
  problems: string[]
  proof?: Proof
}

export function addLint(program: Command): void {
  program
    .command('lint')
    .summary('read scenarios, say what is wrong with them, and prove them')
    .description(
      'Reads scenarios and says precisely what is wrong; then proves each: untouched it scores nothing, its solution everything, whenever it is begun, its decoys fail.',
    )
    .argument('[paths...]', 'files or folders (default: the scenarios that come with kubeflight)')
    .option('--no-proof', 'only read them')
    .option('--seed <text>', 'the seed of the proofs', 'proof')
    .option('--starts <n>', 'from how many moments each solution is flown, 1 or more', wholeNumber, 3)
    .option('--format <text|json>', 'how to print', 'text')
    .addHelpText(
      'after',
      `
Examples:
  $ npx kubeflight lint
  $ npx kubeflight lint my-scenarios/ --no-proof
  $ npx kubeflight lint my-scenarios/dns.yaml --seed other --starts 20
  $ npx kubeflight lint my-scenarios/dns.yaml --format json

Exit codes: 0 all are in order; 1 something is wrong; 2 wrong usage.`,
    )
    .action(lint)
}

async function lint(paths: string[], flags: LintFlags): Promise<void> {
  if (flags.format !== 'text' && flags.format !== 'json')
    throw new UsageError(`--format ${flags.format}: must be text or json`)
  if (flags.starts < 1) throw new UsageError(`--starts ${flags.starts}: must be 1 or more`)
  const findings: Finding[] = []
  for (const path of filesOf(paths)) {
    const finding = await lintFile(path, flags)
    findings.push(finding)
    clearProgress()
    if (flags.format === 'text') process.stdout.write(describe(finding))
  }
  if (flags.format === 'json') process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`)
  process.exitCode = findings.every(isFine) ? 0 : 1
}

function filesOf(paths: string[]): string[] {
  try {
    const files = scenarioFiles(paths.length === 0 ? [scenariosFolder()] : paths)
    if (files.length === 0) throw new UsageError('no scenarios there: a scenario is a .yaml file')
    return files
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error))
  }
}

async function lintFile(path: string, flags: LintFlags): Promise<Finding> {
  const loaded = loadScenario(readFileSync(path, 'utf8'), path)
  if (!('scenario' in loaded)) return { path, problems: loaded.problems.map((problem) => problemLine(path, problem)) }
  const scenario: Scenario = loaded.scenario
  const { name } = scenario.metadata
  if (!flags.proof) return { path, scenario: name, problems: [] }
  progress(`proving ${name} …`)
  return { path, scenario: name, problems: [], proof: await proveScenario(scenario, launchPorts, flags) }
}

/** A fresh simulated cluster for a proof. */
export async function launchPorts(
  options: Parameters<Parameters<typeof proveScenario>[1]>[0],
): Promise<{ view: Flight['view']; hands: Flight['hands'] }> {
  const { view, hands } = await Flight.launch({ ...options, epochMs: Date.parse(FIXED_EPOCH) })
  return { view, hands }
}

const isFine = ({ problems, proof }: Finding): boolean => problems.length === 0 && proof?.proven !== false

function describe(finding: Finding): string {
  const { path, problems, proof, scenario } = finding
  if (problems.length > 0) return problems.map((line) => `${red('✗')} ${line}\n`).join('')
  const mark = isFine(finding) ? green('✓') : red('✗')
  return proof === undefined ? `${mark} ${scenario ?? path}\n` : `${mark} ${renderProof(proof)}`
}
