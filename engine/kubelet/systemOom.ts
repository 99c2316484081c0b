/**
 * The kernel kills when a whole machine has no memory left. Models oom_badness of mm/oom_kill.c with the scores that
 * pkg/kubelet/qos/policy.go gives, and pkg/kubelet/oom (event SystemOOM) (F6). Not modelled: processes of the system
 * as victims, swap, more than the main process of a container.
 */
import { quantityValue } from '../objects/quantity.ts'
import { isCritical } from './admission.ts'
import { containerOf } from './core.ts'
import type { Core } from './core.ts'
import type { NodeVoice } from './node.ts'
import type { ContainerInstance, PodRecord } from './state.ts'
import { qosOf } from './status.ts'
import { nodeContainers, nodeUsage, usageOf } from './usage.ts'

/** A container that takes much memory has taken it: is it too much for the machine? */
export const MEMORY_TAKEN = 'memory.taken'
export const TAKEN_MS = 600
/** Who takes less is not looked at. */
export const MUCH_BYTES = 64 * 1024 * 1024
const GUARANTEED = -997

interface Candidate {
  record: PodRecord
  instance: ContainerInstance
  score: number
}

/** Kills containers until what is left fits. */
export function relieve(
  core: Core,
  capacity: number,
  kill: (instance: ContainerInstance) => void,
  voice: NodeVoice,
): void {
  const candidates = [...core.records.values()]
    .flatMap((record) => Object.values(record.containers).map((instance) => ({ record, instance })))
    .flatMap(({ record, instance }): Candidate[] => {
      const used = usageOf(core, record, instance)?.memoryBytes
      if (used === undefined) return []
      return [{ record, instance, score: (used / capacity) * 1000 + adjustment(record, instance, capacity) }]
    })
    .sort((a, b) => b.score - a.score)
  for (const { instance } of candidates) {
    if (isEnough(core, capacity)) return
    kill(instance)
    const victim = instance.argv[0]?.split('/').at(-1) ?? instance.name
    voice.event('Warning', 'SystemOOM', `System OOM encountered, victim process: ${victim}, pid: ${instance.pid}`)
  }
}

function isEnough(core: Core, capacity: number): boolean {
  const used = nodeUsage(core, nodeContainers(core), 0).memoryBytes + (core.ports.memoryFiles?.() ?? 0)
  return used <= capacity
}

/** oom_score_adj of a container. Models GetContainerOOMScoreAdjust. */
function adjustment(record: PodRecord, { name }: ContainerInstance, capacity: number): number {
  if (isCritical(record)) return GUARANTEED
  const qos = qosOf(record.pod)
  if (qos === 'Guaranteed') return GUARANTEED
  if (qos === 'BestEffort') return 1000
  const request = quantityValue(containerOf(record, name)?.resources?.requests?.['memory'] ?? '0')
  const score = Math.trunc(1000 - (1000 * request) / capacity)
  return Math.min(Math.max(score, 1000 + GUARANTEED), 999)
}
