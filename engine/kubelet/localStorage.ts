/**
 * Pods go that write more than they may. Models localStorageEviction of pkg/kubelet/eviction (F12). Not modelled:
 * volumes in memory (they are full at their limit), files that a container's modelled program would write.
 */
import { canonicalQuantity, makeQuantity, quantityOf, quantityValue } from '../objects/quantity.ts'
import type { Container } from '../objects/types.gen.ts'
import type { Core } from './core.ts'
import { diskOf } from './evictionRank.ts'
import type { PodRecord } from './state.ts'

const EPHEMERAL = 'ephemeral-storage'

const limitOf = ({ resources }: Container): number => quantityValue(resources?.limits?.[EPHEMERAL] ?? '0')

/** Why a pod must go; undefined: it keeps to its limits. */
export function excess(core: Core, record: PodRecord): string | undefined {
  return volumeExcess(core, record) ?? podExcess(core, record) ?? containerExcess(core, record)
}

function emptyDirs({ pod, uid }: PodRecord): { name: string; id: string; limit: string | undefined }[] {
  return (pod.spec?.volumes ?? [])
    .filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== 'Memory')
    .map(({ name, emptyDir }) => {
      const { sizeLimit } = emptyDir ?? {}
      return { name, id: `${uid}/${name}`, limit: sizeLimit === undefined ? undefined : String(sizeLimit) }
    })
}

const writtenTo = (core: Core, id: string): number => core.ports.containers?.usedBytes?.(id) ?? 0

function volumeExcess(core: Core, record: PodRecord): string | undefined {
  const over = emptyDirs(record).find(
    ({ id, limit }) => limit !== undefined && quantityValue(limit) > 0 && writtenTo(core, id) > quantityValue(limit),
  )
  if (over?.limit === undefined) return undefined
  return `Usage of EmptyDir volume "${over.name}" exceeds the limit "${canonicalQuantity(over.limit)}". `
}

function podExcess(core: Core, record: PodRecord): string | undefined {
  const containers = record.pod.spec?.containers ?? []
  const total = containers.reduce((sum, one) => sum + limitOf(one), 0)
  if (!containers.some(({ resources }) => resources?.limits?.[EPHEMERAL] !== undefined)) return undefined
  const inVolumes = emptyDirs(record).reduce((sum, { id }) => sum + writtenTo(core, id), 0)
  const inContainers = Object.values(record.containers).reduce((sum, one) => sum + diskOf(core, one), 0)
  if (inVolumes + inContainers <= total) return undefined
  const limit = makeQuantity(quantityOf(total, 'BinarySI'))
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${limit}. `
}

function containerExcess(core: Core, record: PodRecord): string | undefined {
  const over = (record.pod.spec?.containers ?? []).find((container) => {
    const instance = record.containers[container.name]
    const limit = limitOf(container)
    return instance !== undefined && limit > 0 && diskOf(core, instance) > limit
  })
  if (over === undefined) return undefined
  const limit = canonicalQuantity(over.resources?.limits?.[EPHEMERAL] ?? '0')
  return `Container ${over.name} exceeded its local ephemeral storage limit "${limit}". `
}
