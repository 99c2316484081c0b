/** The catalogue's order: scenarios by domain, and what this browser has flown of each. */
import type { AttemptSummary, CatalogueEntry } from '../../server/contract.ts'

export interface Shelf {
  domain: string
  entries: CatalogueEntry[]
}

/** Domains and scenarios in the order in which the trainer lists them. */
export function byDomain(scenarios: readonly CatalogueEntry[]): Shelf[] {
  const shelves = new Map<string, CatalogueEntry[]>()
  for (const entry of scenarios) shelves.set(entry.domain, [...(shelves.get(entry.domain) ?? []), entry])
  return [...shelves].map(([domain, entries]) => ({ domain, entries }))
}

const latestFirst = (a: AttemptSummary, b: AttemptSummary): number => b.startedAt.localeCompare(a.startedAt)

/** Attempts that can be resumed, the latest first. */
export function inFlight(attempts: readonly AttemptSummary[]): AttemptSummary[] {
  return attempts.filter(({ state }) => state === 'running' || state === 'preparing').sort(latestFirst)
}

/** The latest finished attempt at a scenario. */
export function lastResult(attempts: readonly AttemptSummary[], scenario: string): AttemptSummary | undefined {
  return attempts.filter((each) => each.scenario === scenario && each.state === 'finished').sort(latestFirst)[0]
}

/** The scenario after this one in the catalogue's order. */
export function nextScenario(scenarios: readonly CatalogueEntry[], name: string): CatalogueEntry | undefined {
  const inOrder = byDomain(scenarios).flatMap(({ entries }) => entries)
  return inOrder[inOrder.findIndex((entry) => entry.name === name) + 1]
}
