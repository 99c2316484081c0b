/**
 * Scenarios as the server needs them: a catalogue without answers, the way from a scenario and a seed to a
 * broken cluster, and from a cluster to a grade.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { catalogueEntry, gradeScenario, loadScenario, makeProblem, prepareAttempt, revealOf } from '../engine/index.ts'
import type { CheckResult, Flight, FlightOptions, Grade, PreparedAttempt, Problem, Scenario } from '../engine/index.ts'
import type { CatalogueEntry, CriterionView, Language, ProgressView, ResultView } from './contract.ts'

/** What a scenario became for one seed: plain data, stored with the attempt. */
export interface Prepared {
  options: FlightOptions
  parameters: Record<string, string | number | boolean>
  /** When the learner's time began, on the cluster's clock. */
  startMs?: number
}

export interface Desk {
  catalogue: () => CatalogueEntry[]
  entry: (scenario: string) => CatalogueEntry | undefined
  prepare: (scenario: string, seed: string, epochMs: number) => Prepared
  /** Breaks the cluster as the scenario says; tells when the learner's time begins. */
  setUp: (scenario: string, prepared: Prepared, flight: Flight) => Promise<Prepared>
  task: (scenario: string, prepared: Prepared, language: Language) => string
  hints: (scenario: string, prepared: Prepared, language: Language) => string[]
  /** Points that the hint with this number (from 0) takes off. */
  hintCost: (scenario: string, prepared: Prepared, index: number) => number
  /** Judges a copy of the attempt's cluster; `flight` is the copy. */
  progress: (scenario: string, prepared: Prepared, flight: Flight, language: Language) => Promise<ProgressView>
  grade: (
    scenario: string,
    prepared: Prepared,
    flight: Flight,
    language: Language,
    hintsTaken: number,
  ) => Promise<Omit<ResultView, 'usedMs'>>
}

/** The YAML files under some files or folders, in order. */
export function scenarioFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path]
    const inside = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
    return inside.flatMap((one) =>
      one.isDirectory() || /\.ya?ml$/.test(one.name) ? scenarioFiles([join(path, one.name)]) : [],
    )
  })
}

/** `path:line:column: message`. */
export function problemLine(path: string, problem: Problem): string {
  return makeProblem(path, problem)
}

/** Scenarios of a folder. One that cannot be loaded is left out and reported. */
export class ScenarioDesk implements Desk {
  private readonly scenarios = new Map<string, Scenario>()
  private prepared = new WeakMap<Prepared, PreparedAttempt>()

  constructor(folder: string, report: (line: string) => void) {
    for (const path of scenarioFiles([folder])) {
      const loaded = loadScenario(readFileSync(path, 'utf8'), path)
      if ('scenario' in loaded) this.scenarios.set(loaded.scenario.metadata.name, loaded.scenario)
      else for (const problem of loaded.problems) report(problemLine(path, problem))
    }
  }

  catalogue(): CatalogueEntry[] {
    return [...this.scenarios.values()].map((scenario) => catalogueEntry(scenario))
  }

  entry(name: string): CatalogueEntry | undefined {
    const scenario = this.scenarios.get(name)
    return scenario && catalogueEntry(scenario)
  }

  prepare(name: string, seed: string, epochMs: number): Prepared {
    const { options, parameters } = prepareAttempt(this.scenario(name), seed)
    return { options: { ...options, epochMs }, parameters }
  }

  async setUp(name: string, prepared: Prepared, flight: Flight): Promise<Prepared> {
    await this.attempt(name, prepared).setup({ view: flight.view, hands: flight.hands })
    return { ...prepared, startMs: flight.clockMs }
  }

  task(name: string, prepared: Prepared, language: Language): string {
    return this.attempt(name, prepared).task[language]
  }

  hints(name: string, prepared: Prepared, language: Language): string[] {
    return this.attempt(name, prepared).scenario.spec.hints.map((hint) => hint[language])
  }

  /** Points that the hint with this number (from 0) takes off. */
  hintCost(name: string, prepared: Prepared, index: number): number {
    return this.attempt(name, prepared).scenario.spec.hints[index]?.cost ?? 0
  }

  async progress(name: string, prepared: Prepared, flight: Flight, language: Language): Promise<ProgressView> {
    const { points, got, checks } = await this.judge(name, prepared, flight, 0)
    return {
      points,
      got,
      criteria: checks.map((check) => ({
        name: check.name[language],
        points: check.points,
        got: check.got,
        met: check.passed,
      })),
    }
  }

  async grade(
    name: string,
    prepared: Prepared,
    flight: Flight,
    language: Language,
    hintsTaken: number,
  ): Promise<Omit<ResultView, 'usedMs'>> {
    const { scenario } = this.attempt(name, prepared)
    const cost = scenario.spec.hints.slice(0, hintsTaken).reduce((sum, hint) => sum + (hint.cost ?? 0), 0)
    const { points, got, passed, hintCost, checks } = await this.judge(name, prepared, flight, cost)
    const { solution, explanation } = revealOf(scenario)
    return {
      points,
      got,
      passed,
      hintCost,
      criteria: checks.map((check) => criterion(check, language)),
      solution,
      explanation: explanation[language],
    }
  }

  private judge(name: string, prepared: Prepared, flight: Flight, hintCost: number): Promise<Grade> {
    const { startMs } = prepared
    return gradeScenario(
      this.attempt(name, prepared),
      { view: flight.view, hands: flight.hands },
      { hintCost, ...(startMs !== undefined && { startMs }) },
    )
  }

  private scenario(name: string): Scenario {
    const scenario = this.scenarios.get(name)
    if (scenario === undefined) throw new Error(`no scenario ${name}`)
    return scenario
  }

  /** The texts and checks of an attempt, with its parameters filled in. */
  private attempt(name: string, prepared: Prepared): PreparedAttempt {
    const known = this.prepared.get(prepared)
    if (known !== undefined) return known
    const attempt = prepareAttempt(this.scenario(name), prepared.options.seed, prepared.parameters)
    this.prepared.set(prepared, attempt)
    return attempt
  }
}

function criterion(
  { name, points, got, found, wanted, because, state }: CheckResult,
  language: Language,
): CriterionView {
  return { name: name[language], points, got, found, wanted, because: because[language], state }
}
