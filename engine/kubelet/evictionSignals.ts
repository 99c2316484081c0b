/** What the eviction manager observes. Models makeSignalObservations of pkg/kubelet/eviction/helpers.go (F12). */
import { quantityValue } from '../objects/quantity.ts'
import type { QuantityFormat } from '../objects/quantity.ts'
import type { Core } from './core.ts'
import { nodeContainers, nodeUsage } from './usage.ts'

export interface Observation {
  available: number
  capacity: number
  format: QuantityFormat
}

/** What a signal brings: the pressure that the node tells of, and the name of what is short. */
export interface SignalMeaning {
  pressure: 'memoryPressure' | 'diskPressure' | 'pidPressure'
  resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids'
}

const DISK: SignalMeaning = { pressure: 'diskPressure', resource: 'ephemeral-storage' }
const INODES: SignalMeaning = { pressure: 'diskPressure', resource: 'inodes' }
const MEMORY: SignalMeaning = { pressure: 'memoryPressure', resource: 'memory' }

/** In the order in which they are reclaimed. */
export const SIGNALS: Readonly<Record<string, SignalMeaning>> = {
  'memory.available': MEMORY,
  'allocatableMemory.available': MEMORY,
  'nodefs.available': DISK,
  'imagefs.available': DISK,
  'containerfs.available': DISK,
  'nodefs.inodesFree': INODES,
  'imagefs.inodesFree': INODES,
  'containerfs.inodesFree': INODES,
  'pid.available': { pressure: 'pidPressure', resource: 'pids' },
}

const KIB = 1024
/** ext4 makes an inode for each 16 KiB. */
const INODE_BYTES = 16_384

/** Signals that the machine tells nothing of are absent; processes are only counted when somebody asks. */
export function observe(
  core: Core,
  capacity: Record<string, string>,
  asked: readonly { signal: string }[],
): Record<string, Observation> {
  const counts = asked.some(({ signal }) => signal === 'pid.available')
  return {
    ...memory(core, quantityValue(capacity['memory'] ?? '0')),
    ...disk(core),
    ...(counts && processes(core)),
  }
}

function memory(core: Core, capacity: number): Record<string, Observation> {
  const containers = nodeContainers(core)
  const ofPods = containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  const used = nodeUsage(core, containers, 0).memoryBytes + (core.ports.memoryFiles?.() ?? 0)
  const left = capacity - reservedMemory(core)
  return {
    'memory.available': { available: Math.max(0, capacity - used), capacity, format: 'BinarySI' },
    'allocatableMemory.available': { available: Math.max(0, left - ofPods), capacity: left, format: 'BinarySI' },
  }
}

function reservedMemory({ settings }: Core): number {
  const given = ['kubeReserved', 'systemReserved'].map(
    (field) => ((settings?.config[field] ?? {}) as Record<string, string>)['memory'] ?? '0',
  )
  return given.reduce((sum, amount) => sum + quantityValue(amount), 0)
}

/** Images, containers and logs share one file system. */
function disk(core: Core): Record<string, Observation> {
  const found = core.ports.disk?.()
  if (found === undefined) return {}
  const bytes: Observation = {
    available: Math.floor(found.freeBytes / KIB) * KIB,
    capacity: found.totalBytes,
    format: 'BinarySI',
  }
  const inodes = Math.floor(found.totalBytes / INODE_BYTES)
  const free: Observation = { available: inodes - (found.inodesUsed ?? 0), capacity: inodes, format: 'DecimalSI' }
  return Object.fromEntries(
    ['nodefs', 'imagefs', 'containerfs'].flatMap((name) => [
      [`${name}.available`, bytes],
      [`${name}.inodesFree`, free],
    ]),
  )
}

function processes(core: Core): Record<string, Observation> {
  const found = core.ports.processes?.()
  if (found === undefined) return {}
  return { 'pid.available': { available: found.max - found.running, capacity: found.max, format: 'BinarySI' } }
}
