/** What may be shown before an attempt: nothing that is checked, and nothing of the solution. */
import { parseGoDuration } from '../objects/duration.ts'
import { DEFAULT_RELEASE } from '../objects/kinds.ts'
import type { Localized } from './format/common.ts'
import type { Difficulty, Domain, Scenario } from './format/scenario.ts'
import { totalPoints } from './lint/fairness.ts'

export interface CatalogueEntry {
  name: string
  title: Localized
  domain: Domain
  competency: string
  difficulty: Difficulty
  timeMs: number
  points: number
  hints: number
  release: string
  controlPlanes: number
  workers: number
}

export function catalogueEntry(scenario: Scenario): CatalogueEntry {
  const { metadata, spec } = scenario
  const { release = DEFAULT_RELEASE, controlPlanes = 1, workers = 2 } = spec.cluster ?? {}
  const { domain, competency, difficulty, hints } = spec
  const timeMs = parseGoDuration(spec.time)
  return {
    name: metadata.name,
    title: metadata.title,
    domain,
    competency,
    difficulty,
    timeMs,
    points: totalPoints(scenario),
    hints: hints.length,
    release,
    controlPlanes,
    workers,
  }
}

/** What is shown with the result, and not before. */
export function revealOf(scenario: Scenario): { solution: string; explanation: Localized; hints: Localized[] } {
  const { solution, explanation, hints } = scenario.spec
  return { solution, explanation, hints: hints.map(({ en, ko }) => ({ en, ko })) }
}
