/** Eviction thresholds as they are written. Models pkg/kubelet/eviction/helpers.go (ParseThresholdConfig) (O4, F12). */
import { DurationError, parseGoDuration } from '../../objects/duration.ts'
import { parseQuantity, quantityValue, QuantityError } from '../../objects/quantity.ts'
import { CONFIG_DEFAULTS } from './config-schema.ts'
import type { ConfigTree } from './config-schema.ts'

const SIGNALS = [
  'memory.available',
  'allocatableMemory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'containerfs.available',
  'containerfs.inodesFree',
  'pid.available',
]

/** What the kubelet says of thresholds that it cannot read. */
export function evictionProblem(config: ConfigTree): string | undefined {
  const map = (name: string): Record<string, string> => (config[name] ?? {}) as Record<string, string>
  const hard = statementsProblem(map('evictionHard'))
  if (hard !== undefined) return hard
  const soft =
    statementsProblem(map('evictionSoft')) ?? graceProblem(map('evictionSoft'), map('evictionSoftGracePeriod'))
  return soft && `failed to create kubelet: ${soft}`
}

function statementsProblem(statements: Record<string, string>): string | undefined {
  for (const [signal, value] of Object.entries(statements)) {
    const problem = SIGNALS.includes(signal) ? valueProblem(signal, value) : `unsupported signal ${signal}`
    if (problem !== undefined) return problem
  }
  return undefined
}

function valueProblem(signal: string, value: string): string | undefined {
  if (value === '0%' || value === '100%') return undefined
  if (value.endsWith('%')) return percentProblem(signal, value)
  try {
    return parseQuantity(value).nanos <= 0n ? `eviction threshold ${signal} must be positive: ${value}` : undefined
  } catch (error) {
    if (error instanceof QuantityError) return error.message
    throw error
  }
}

function percentProblem(signal: string, value: string): string | undefined {
  const text = value.slice(0, -1)
  if (text.trim() === '' || Number.isNaN(Number(text)))
    return `strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`
  if (Number(text) < 0) return `eviction percentage threshold ${signal} must be >= 0%: ${value}`
  return Number(text) > 100 ? `eviction percentage threshold ${signal} must be <= 100%: ${value}` : undefined
}

function graceProblem(soft: Record<string, string>, grace: Record<string, string>): string | undefined {
  for (const [signal, period] of Object.entries(grace)) {
    if (!SIGNALS.includes(signal)) return `unsupported signal ${signal}`
    try {
      if (parseGoDuration(period) < 0)
        return `invalid eviction grace period specified: ${period}, must be a positive value`
    } catch (error) {
      if (error instanceof DurationError) return error.message
      throw error
    }
  }
  const bare = Object.keys(soft).find((signal) => grace[signal] === undefined)
  return bare && `grace period must be specified for the soft eviction threshold ${bare}`
}

/** How many bytes the hard threshold of a signal keeps back from the pods. */
export function keptBack(config: ConfigTree, signal: string, capacity: number): number {
  const value = (config['evictionHard'] as Record<string, string> | undefined)?.[signal]
  if (value === undefined) return 0
  return amountOf(value, capacity)
}

export interface Threshold {
  signal: string
  /** A quantity, or a share of the capacity: `10%`. */
  value: string
  /** How long a soft threshold must be crossed; absent: it is a hard one. */
  graceMs?: number
  /** evictionMinimumReclaim: so much more than the threshold must be free before it counts as resolved. */
  reclaim?: string
}

const DEFAULT_HARD = CONFIG_DEFAULTS['evictionHard'] as Record<string, string>
const read = new WeakMap<ConfigTree, readonly Threshold[]>()

/** The thresholds of a configuration, hard ones first; memory of the pods' cgroup has those of the node's memory. */
export function thresholdsOf(config: ConfigTree): readonly Threshold[] {
  const known = read.get(config)
  if (known !== undefined) return known
  const map = (name: string): Record<string, string> => (config[name] ?? {}) as Record<string, string>
  const merged = config['mergeDefaultEvictionSettings'] === true ? DEFAULT_HARD : {}
  const grace = map('evictionSoftGracePeriod')
  const reclaim = map('evictionMinimumReclaim')
  const made = (signal: string, value: string): Threshold => ({
    signal,
    value,
    ...(reclaim[signal] !== undefined && { reclaim: reclaim[signal] }),
  })
  const isOn = ([, value]: [string, string]): boolean => value !== '0%' && value !== '100%'
  const hard = Object.entries({ ...merged, ...map('evictionHard') })
    .filter(isOn)
    .map(([signal, value]) => made(signal, value))
  const soft = Object.entries(map('evictionSoft'))
    .filter(isOn)
    .map(([signal, value]) => ({ ...made(signal, value), graceMs: parseGoDuration(grace[signal] ?? '0s') }))
  const ofPods = hard
    .filter(({ signal }) => signal === 'memory.available')
    .map((one) => ({ ...one, signal: 'allocatableMemory.available' }))
  const thresholds = [...hard, ...ofPods, ...soft]
  read.set(config, thresholds)
  return thresholds
}

/** What a threshold's value comes to. */
export function amountOf(value: string, capacity: number): number {
  return value.endsWith('%') ? Math.floor((capacity * Number(value.slice(0, -1))) / 100) : quantityValue(value)
}
