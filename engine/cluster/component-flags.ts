/**
 * Flags of the controller manager that act here, read from its command line. All other flags of the
 * manifest are accepted without effect; only those that a release no longer knows stop the process.
 */
import type { NodeLifecycleFlags } from '../controllers/nodelifecycle/flags.ts'
import { nodeLifecycleFlags } from '../controllers/nodelifecycle/flags.ts'
import { parseGoDuration } from '../objects/duration.ts'

interface FlagSpec {
  field: keyof NodeLifecycleFlags
  kind: 'duration' | 'number'
  /** The first minor release that no longer knows the flag. */
  removed?: number
}

const SPECS: Record<string, FlagSpec> = {
  'node-monitor-period': { field: 'nodeMonitorPeriodMs', kind: 'duration' },
  'node-monitor-grace-period': { field: 'nodeMonitorGracePeriodMs', kind: 'duration' },
  'node-startup-grace-period': { field: 'nodeStartupGracePeriodMs', kind: 'duration' },
  'node-eviction-rate': { field: 'nodeEvictionRate', kind: 'number' },
  'secondary-node-eviction-rate': { field: 'secondaryNodeEvictionRate', kind: 'number' },
  'large-cluster-size-threshold': { field: 'largeClusterSizeThreshold', kind: 'number' },
  'unhealthy-zone-threshold': { field: 'unhealthyZoneThreshold', kind: 'number' },
  'pod-eviction-timeout': { field: 'podEvictionTimeoutMs', kind: 'duration', removed: 27 },
}

/** `--name=value` and `--name value` of a command line. */
export function parseComponentFlags(argv: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>()
  argv.forEach((word, index) => {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word)
    if (match !== null) flags.set(match[1] as string, match[2] ?? argv[index + 1] ?? '')
  })
  return flags
}

/** The flags of node lifecycle, or the text with which the process ends. */
export function managerFlags(argv: readonly string[], minor: number): NodeLifecycleFlags | { error: string } {
  const flags = nodeLifecycleFlags(minor)
  for (const [name, text] of parseComponentFlags(argv)) {
    const spec = SPECS[name]
    if (spec === undefined) continue
    if (spec.removed !== undefined && minor >= spec.removed) return { error: `unknown flag: --${name}` }
    const value = parseValue(spec, text)
    if (value === undefined)
      return { error: `invalid argument "${text}" for "--${name}" flag: ${complaint(spec, text)}` }
    flags[spec.field] = value
  }
  return flags
}

function parseValue({ kind }: FlagSpec, text: string): number | undefined {
  if (kind === 'number') return text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text)
  try {
    return parseGoDuration(text)
  } catch {
    return undefined
  }
}

function complaint({ kind }: FlagSpec, text: string): string {
  return kind === 'duration'
    ? `time: invalid duration "${text}"`
    : `strconv.ParseFloat: parsing "${text}": invalid syntax`
}
