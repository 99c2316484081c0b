/**
 * From what the metrics ask for to what is done: recent recommendations, rates, limits.
 * Models pkg/controller/podautoscaler/horizontal.go normalizeDesiredReplicas… and convertDesiredReplicas… (R5.3).
 */
import type { HPAScalingRules, HorizontalPodAutoscalerBehavior } from '../../objects/types.gen.ts'
import { HPA_FLAGS } from './flags.ts'
import type { HpaFlags } from './flags.ts'

/** Something that happened at a time: a recommendation, or replicas added or removed. */
export interface Stamped {
  readonly value: number
  readonly atMs: number
}

/** What the controller remembers of one autoscaler. Plain data. */
export interface History {
  recommendations: Stamped[]
  scaleUps: Stamped[]
  scaleDowns: Stamped[]
}

export interface Limits {
  readonly min: number
  readonly max: number
}

export interface Wish {
  readonly nowMs: number
  readonly current: number
  readonly desired: number
  readonly limits: Limits
  /** The manager's flags; absent: their defaults. */
  readonly flags?: HpaFlags
}

export interface Verdict {
  readonly reason: string
  readonly message: string
}

/** The number after stabilization and limits, with what to say about both. */
export interface Normalized {
  readonly replicas: number
  readonly able: Verdict
  readonly limited: Verdict & { readonly status: 'True' | 'False' }
  readonly recommendations: Stamped[]
}

const READY: Verdict = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
const UP_STABILIZED: Verdict = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}
const DOWN_STABILIZED: Verdict = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}
const WITHIN: Verdict = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' }
const TOO_FEW: Verdict = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
}
const TOO_MANY: Verdict = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
}
const UP_LIMIT: Verdict = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const DOWN_LIMIT: Verdict = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}

/** A new recommendation takes the place of the last one that is too old to matter. */
function remembered(list: readonly Stamped[], next: Stamped, isOld: (one: Stamped) => boolean): Stamped[] {
  const old = list.reduce((found, one, i) => (isOld(one) ? i : found), -1)
  return old < 0 ? [...list, next] : list.map((one, i) => (i === old ? next : one))
}

interface Decision {
  readonly replicas: number
  readonly verdict: Verdict
}

function normalized(wish: Wish, stable: number, able: Verdict, decided: Decision, list: Stamped[]): Normalized {
  return {
    replicas: decided.replicas,
    able: stable === wish.desired ? READY : able,
    limited: { ...decided.verdict, status: decided.replicas === stable ? 'False' : 'True' },
    recommendations: list,
  }
}

/** Without a behavior: the highest recommendation of five minutes, and at most double or four at once. */
export function normalizeDesired(wish: Wish, history: History): Normalized {
  const { nowMs, desired, flags = HPA_FLAGS } = wish
  const cutoff = nowMs - flags.downscaleStabilizationMs
  const recent = history.recommendations.filter(({ atMs }) => atMs >= cutoff)
  const stable = Math.max(desired, ...recent.map(({ value }) => value))
  const list = remembered(history.recommendations, { value: desired, atMs: nowMs }, ({ atMs }) => atMs < cutoff)
  return normalized(wish, stable, DOWN_STABILIZED, withinRules(wish, stable), list)
}

function withinRules({ current, limits: { min, max } }: Wish, desired: number): Decision {
  const rate = Math.max(2 * current, 4)
  const [highest, verdict] = max > rate ? [rate, UP_LIMIT] : [max, TOO_MANY]
  if (desired < min) return { replicas: min, verdict: TOO_FEW }
  return desired > highest ? { replicas: highest, verdict } : { replicas: desired, verdict: WITHIN }
}

export interface Rules {
  readonly up: HPAScalingRules
  readonly down: HPAScalingRules
}

export const rulesOf = (behavior: HorizontalPodAutoscalerBehavior): Rules => ({
  up: behavior.scaleUp ?? {},
  down: behavior.scaleDown ?? {},
})

export function normalizeWithBehavior(wish: Wish, rules: Rules, history: History): Normalized {
  const { nowMs, current, desired, flags = HPA_FLAGS } = wish
  const upCutoff = nowMs - (rules.up.stabilizationWindowSeconds ?? 0) * 1000
  const seconds = rules.down.stabilizationWindowSeconds
  const downCutoff = nowMs - (seconds === undefined ? flags.downscaleStabilizationMs : seconds * 1000)
  const after = (cutoff: number): number[] =>
    history.recommendations.filter(({ atMs }) => atMs > cutoff).map(({ value }) => value)
  const lowest = Math.min(desired, ...after(upCutoff))
  const highest = Math.max(desired, ...after(downCutoff))
  const stable = Math.min(Math.max(current, lowest), highest)
  const isOld = ({ atMs }: Stamped): boolean => atMs < upCutoff && atMs < downCutoff
  const list = remembered(history.recommendations, { value: desired, atMs: nowMs }, isOld)
  const able = desired >= current ? UP_STABILIZED : DOWN_STABILIZED
  return normalized(wish, stable, able, withinRates({ ...wish, desired: stable }, rules, history), list)
}

function withinRates(wish: Wish, rules: Rules, history: History): Decision {
  const { current, desired, limits } = wish
  if (desired > current) {
    const rate = Math.max(upLimit(wish, rules.up, history), current)
    const [highest, verdict] = limits.max > rate ? [rate, UP_LIMIT] : [limits.max, TOO_MANY]
    if (desired > highest) return { replicas: highest, verdict }
  }
  if (desired < current) {
    const rate = Math.min(downLimit(wish, rules.down, history), current)
    const [lowest, verdict] = limits.min < rate ? [rate, DOWN_LIMIT] : [limits.min, TOO_FEW]
    if (desired < lowest) return { replicas: lowest, verdict }
  }
  return { replicas: desired, verdict: WITHIN }
}

/** How many replicas there were when a policy's period began. */
function periodStart({ nowMs, current }: Wish, { scaleUps, scaleDowns }: History, seconds: number): number {
  const since = (list: readonly Stamped[]): number =>
    list.reduce((sum, { value, atMs }) => (atMs > nowMs - seconds * 1000 ? sum + value : sum), 0)
  return current - since(scaleUps) + since(scaleDowns)
}

function upLimit(wish: Wish, { selectPolicy, policies = [] }: HPAScalingRules, history: History): number {
  if (selectPolicy === 'Disabled') return wish.current
  const proposed = policies.map(({ type, value, periodSeconds }) => {
    const start = periodStart(wish, history, periodSeconds)
    return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100))
  })
  return selectPolicy === 'Min' ? Math.min(...proposed) : Math.max(...proposed)
}

function downLimit(wish: Wish, { selectPolicy, policies = [] }: HPAScalingRules, history: History): number {
  if (selectPolicy === 'Disabled') return wish.current
  const proposed = policies.map(({ type, value, periodSeconds }) => {
    const start = periodStart(wish, history, periodSeconds)
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100))
  })
  return selectPolicy === 'Min' ? Math.max(...proposed) : Math.min(...proposed)
}

const longestMs = ({ policies = [] }: HPAScalingRules): number =>
  Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds * 1000))

/** Notes that the number of replicas was changed, for the rates. Models storeScaleEvent. */
export function withScaleEvent(history: History, rules: Rules, nowMs: number, from: number, to: number): History {
  const noted = (list: readonly Stamped[], side: HPAScalingRules): Stamped[] => [
    ...list.filter(({ atMs }) => atMs >= nowMs - longestMs(side)),
    { value: Math.abs(to - from), atMs: nowMs },
  ]
  return to > from
    ? { ...history, scaleUps: noted(history.scaleUps, rules.up) }
    : { ...history, scaleDowns: noted(history.scaleDowns, rules.down) }
}
