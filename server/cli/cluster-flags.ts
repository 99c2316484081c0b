/** The flags that say which cluster: the same for `up` and `sh`. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { FlightOptions } from '../../engine/index.ts'
import { planCluster } from '../../engine/index.ts'
import { UsageError } from './progress.ts'

export interface ClusterFlags {
  workers: number
  controlPlanes: number
  seed?: string
  release: string
  epoch?: string
  bare?: string[]
}

export const DEFAULT_RELEASE = '1.35'
/** `sh` without --epoch: the same instant each time, so that the same seed prints the same bytes. */
export const FIXED_EPOCH = '2026-01-01T09:00:00Z'

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}

function names(text: string): string[] {
  if (!/^[a-z0-9-]+(,[a-z0-9-]+)*$/.test(text))
    throw new InvalidArgumentError('must be names of hosts with commas between')
  return text.split(',')
}

export function addClusterFlags(command: Command): Command {
  return command
    .option('--workers <n>', 'worker nodes', wholeNumber, 2)
    .option('--control-planes <n>', 'control-plane nodes: 1, 3 or 5', wholeNumber, 1)
    .option('--seed <text>', 'the same seed and the same input give the same run (default: drawn, and printed)')
    .option('--release <version>', 'Kubernetes release', DEFAULT_RELEASE)
    .option('--bare <names>', 'machines that have not joined, for kubeadm: green-1,green-2', names)
}

/** Throws UsageError when the cluster cannot be. */
export function flightOptions(flags: ClusterFlags, epochMs: number): FlightOptions {
  const { workers, controlPlanes, release, seed = randomBytes(4).toString('hex'), bare } = flags
  const options: FlightOptions = {
    seed,
    epochMs,
    release,
    controlPlanes,
    workers,
    ...(bare && { bare: bare.map((name) => ({ name })) }),
  }
  try {
    planCluster(options)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  return options
}

export function parseEpoch(text: string): number {
  const epochMs = Date.parse(text)
  if (Number.isNaN(epochMs)) throw new UsageError(`--epoch ${text}: not a date such as ${FIXED_EPOCH}`)
  return epochMs
}
