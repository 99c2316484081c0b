/**
 * Which pod goes first when a node lacks something, and what is said of it. Models the ranking functions and
 * evictionMessage of pkg/kubelet/eviction/helpers.go (F12). Not modelled: processes of a container (each counts once).
 */
import { makeQuantity, quantityOf, quantityValue } from '../objects/quantity.ts'
import { priorityOf, requestOf } from './admission.ts'
import { linesOf } from './container.actions.ts'
import { containerOf } from './core.ts'
import type { Core } from './core.ts'
import type { SignalMeaning } from './evictionSignals.ts'
import type { ContainerInstance, PodRecord } from './state.ts'
import { usageOf } from './usage.ts'

type Resource = SignalMeaning['resource']

const KIB = 1024
const BLOCK = 4 * KIB
/** What a container's own layer and the directory of its log take. */
const LAYER_BYTES = 24 * KIB

interface Ranked {
  record: PodRecord
  /** What nothing is known of goes first. */
  unknown: boolean
  exceeds: boolean
  priority: number
  over: number
}

/** Those that use more than they asked for, then by priority, then by how much more. */
export function rank(core: Core, records: readonly PodRecord[], resource: Resource): PodRecord[] {
  const byPriority = resource === 'pids' || resource === 'inodes'
  const ranked = records.map((record): Ranked => {
    const used = Object.values(record.containers).reduce((sum, one) => sum + usedBy(core, record, one, resource), 0)
    const asked = byPriority ? 0 : requestOf(record.pod, resource)
    return {
      record,
      unknown: record.sandbox?.ready !== true,
      exceeds: !byPriority && used > asked,
      priority: priorityOf(record),
      over: used - asked,
    }
  })
  const order = (a: Ranked, b: Ranked): number =>
    Number(b.unknown) - Number(a.unknown) ||
    Number(b.exceeds) - Number(a.exceeds) ||
    a.priority - b.priority ||
    b.over - a.over
  return ranked.sort(order).map(({ record }) => record)
}

function usedBy(core: Core, record: PodRecord, instance: ContainerInstance, resource: Resource): number {
  const usage = usageOf(core, record, instance)
  if (usage === undefined) return 0
  if (resource === 'memory') return usage.memoryBytes
  return resource === 'ephemeral-storage' ? diskOf(core, instance) : 1
}

/** Its writable layer and its log, in blocks. */
export function diskOf(core: Core, instance: ContainerInstance): number {
  const logged = linesOf(instance, core.kernel.clockMs).reduce((sum, { text }) => sum + text.length + 46, 0)
  const written = core.ports.containers?.usedBytes?.(instance.id) ?? 0
  return LAYER_BYTES + Math.ceil((logged + written) / BLOCK) * BLOCK
}

/** One sentence for each container that uses more than it asked for. */
export function consumption(core: Core, record: PodRecord, resource: Resource): string {
  if (resource !== 'memory' && resource !== 'ephemeral-storage') return ''
  return Object.values(record.containers)
    .map((instance) => {
      const used = usedBy(core, record, instance, resource)
      const request = containerOf(record, instance.name)?.resources?.requests?.[resource] ?? '0'
      if (used <= quantityValue(request)) return ''
      const text = makeQuantity(quantityOf(used, 'BinarySI'))
      const asked = makeQuantity(quantityOf(quantityValue(request), 'BinarySI'))
      return `Container ${instance.name} was using ${text}, request is ${asked}, has larger consumption of ${resource}. `
    })
    .join('')
}
