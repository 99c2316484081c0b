/** Columns of dynamic resource allocation's kinds. */
import type { ResourceSlice, ResourceV1ResourceClaim as ResourceClaim } from '../types.gen.ts'
import { ageColumn, nameColumn, text } from './column.ts'
import type { Column, Named } from './column.ts'

export const plainColumns: Column<Named>[] = [nameColumn, ageColumn]

/** `allocated,reserved`, `pending`, or with `deleted` first. Models resourceClaimState. */
function stateOf({ metadata, status }: ResourceClaim): string {
  const deleted = metadata.deletionTimestamp ? ['deleted'] : []
  const pending = metadata.deletionTimestamp ? [] : ['pending']
  if (status?.allocation === undefined) return [...deleted, ...pending].join(',')
  const reserved = (status.reservedFor ?? []).length > 0 ? ['reserved'] : []
  return [...deleted, 'allocated', ...reserved].join(',')
}

export const claimColumns: Column<ResourceClaim>[] = [nameColumn, text('State', stateOf), ageColumn]

export const sliceColumns: Column<ResourceSlice>[] = [
  nameColumn,
  text('Node', (slice) => slice.spec?.nodeName ?? '<unset>'),
  text('Driver', (slice) => slice.spec?.driver ?? ''),
  text('Pool', (slice) => slice.spec?.pool?.name ?? ''),
  ageColumn,
]
