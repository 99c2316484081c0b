/**
 * A grade: every criterion with its points, what was seen, what was wanted, and why. It is taken on a copy of
 * the cluster where there can be one, so that waiting and rebooting disturb nobody. All checks that only look
 * begin at the same instant; a check that breaks something gets a copy of its own.
 */
import { NotSupported } from '../view.ts'
import type { Ports } from './faults/fault.ts'
import type { CheckContext, CheckKind } from './checks/check.ts'
import { pickKind } from './checks/basic.ts'
import { CHECKS } from './checks/index.ts'
import type { Localized } from './format/common.ts'
import type { Check } from './format/scenario.ts'
import type { PreparedAttempt } from './prepare.ts'
import { lookSafely, POLL_MS, startWatch, stepWatch } from './timing.ts'
import type { Verdict, Watch } from './timing.ts'

export type CheckState = 'passed' | 'failed' | 'blocked' | 'skipped'

export interface CheckResult {
  id: string
  name: Localized
  points: number
  got: number
  passed: boolean
  /** `blocked`: a check that it requires failed. `skipped`: this cluster cannot tell; the points do not count. */
  state: CheckState
  found: string
  wanted: string
  because: Localized
  /** When it was decided, on the cluster's clock. */
  atMs: number
}

export interface Grade {
  scenario: string
  title: Localized
  /** The points that could be had on this cluster, and the points got, hints taken off. */
  points: number
  got: number
  hintCost: number
  percent: number
  passed: boolean
  gradedMs: number
  checks: CheckResult[]
}

export interface GradeOptions {
  /** When the learner's time began, on the cluster's clock; now when left out. */
  startMs?: number
  hintCost?: number
}

type Outcome = Verdict | { skipped: string; atMs: number }

export async function gradeScenario(
  prepared: PreparedAttempt,
  ports: Ports,
  options: GradeOptions = {},
): Promise<Grade> {
  const gradedMs = await ports.view.now()
  const startMs = options.startMs ?? gradedMs
  const { checks } = prepared.scenario.spec
  const outcomes = new Map<string, Outcome>()
  const looking = checks.filter((check) => kindOf(check).kind.disturbs !== true)
  await watchAll(looking, { ...(await copyOf(ports)), startMs }, outcomes)
  for (const check of checks.filter((one) => kindOf(one).kind.disturbs === true)) {
    if (!isBlocked(check, outcomes)) await watchAll([check], { ...(await copyOf(ports)), startMs }, outcomes)
  }
  return summarize(prepared, resultsOf(checks, outcomes, gradedMs), options.hintCost ?? 0, gradedMs)
}

/** A copy of the cluster, or the cluster itself where there is none. */
async function copyOf({ view, hands }: Ports): Promise<Ports> {
  try {
    return await hands.fork()
  } catch (error) {
    if (error instanceof NotSupported) return { view, hands }
    throw error
  }
}

function kindOf(check: Check): { kind: CheckKind<unknown>; argument: unknown } {
  return pickKind(CHECKS, check)
}

/** Watches checks side by side until each has its verdict. */
async function watchAll(
  checks: readonly Check[],
  context: CheckContext,
  outcomes: Map<string, Outcome>,
): Promise<void> {
  const sinceMs = await context.view.now()
  let open = checks.map((check) => ({ check, watch: startWatch(check, sinceMs) }))
  while (open.length > 0) {
    const next: { check: Check; watch: Watch }[] = []
    for (const { check, watch } of open) {
      const step = await lookOnce(check, watch, context)
      if ('outcome' in step) outcomes.set(check.id, step.outcome)
      else next.push({ check, watch: step.watch })
    }
    open = next
    if (open.length > 0) await context.view.wait(POLL_MS)
  }
}

async function lookOnce(
  check: Check,
  watch: Watch,
  context: CheckContext,
): Promise<{ outcome: Outcome } | { watch: Watch }> {
  const { kind, argument } = kindOf(check)
  try {
    const observation = await lookSafely(() => kind.observe(argument, context))
    const step = stepWatch(watch, observation, await context.view.now())
    return step.verdict === undefined ? { watch: step.watch } : { outcome: step.verdict }
  } catch (error) {
    if (!(error instanceof NotSupported)) throw error
    return { outcome: { skipped: error.message, atMs: await context.view.now() } }
  }
}

/** A check is blocked while one that it requires has not passed; one that could not be told blocks nothing. */
function isBlocked(check: Check, outcomes: ReadonlyMap<string, Outcome>): boolean {
  return (check.requires ?? []).some((id) => {
    const outcome = outcomes.get(id)
    return outcome === undefined || ('passed' in outcome && !outcome.passed)
  })
}

function resultsOf(checks: readonly Check[], outcomes: ReadonlyMap<string, Outcome>, gradedMs: number): CheckResult[] {
  const results: CheckResult[] = []
  for (const check of checks) {
    const unmet = (check.requires ?? []).find(
      (id) =>
        results.find((one) => one.id === id)?.state !== 'passed' &&
        results.find((one) => one.id === id)?.state !== 'skipped',
    )
    results.push(resultOf(check, unmet, outcomes.get(check.id), gradedMs))
  }
  return results
}

function resultOf(
  check: Check,
  unmet: string | undefined,
  outcome: Outcome | undefined,
  gradedMs: number,
): CheckResult {
  const { kind, argument } = kindOf(check)
  const { id, name, points, because } = check
  const common = { id, name, points, because, wanted: kind.wanted(argument), atMs: outcome?.atMs ?? gradedMs }
  if (outcome !== undefined && 'skipped' in outcome)
    return { ...common, got: 0, passed: false, state: 'skipped', found: outcome.skipped }
  if (unmet !== undefined || outcome === undefined)
    return { ...common, got: 0, passed: false, state: 'blocked', found: `not judged: needs "${unmet ?? id}" first` }
  const { passed, found } = outcome
  return { ...common, got: passed ? points : 0, passed, state: passed ? 'passed' : 'failed', found }
}

function summarize(prepared: PreparedAttempt, checks: CheckResult[], hintCost: number, gradedMs: number): Grade {
  const counted = checks.filter((one) => one.state !== 'skipped')
  const points = counted.reduce((sum, one) => sum + one.points, 0)
  const earned = counted.reduce((sum, one) => sum + one.got, 0)
  const got = Math.max(0, earned - hintCost)
  const { name, title } = prepared.scenario.metadata
  const percent = points === 0 ? 0 : Math.floor((got * 100) / points)
  return {
    scenario: name,
    title,
    points,
    got,
    hintCost,
    percent,
    passed: points > 0 && earned === points,
    gradedMs,
    checks,
  }
}
