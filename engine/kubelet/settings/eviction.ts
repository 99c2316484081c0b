/** Eviction thresholds as they are written. Models pkg/kubelet/eviction/helpers.go (ParseThresholdConfig) (O4, F12). */
import { DurationError, parseGoDuration } from '../../objects/duration.ts'
import { parseQuantity, quantityValue, QuantityError } from '../../objects/quantity.ts'
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
  return value.endsWith('%') ? Math.floor((capacity * Number(value.slice(0, -1))) / 100) : quantityValue(value)
}
