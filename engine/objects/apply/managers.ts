/** The list in metadata.managedFields: who is who, sorting, caps. Models managedfields/internal. */
import { EMPTY_SET, isEmptySet, unionSets } from '../fieldset.ts'
import type { FieldSet } from '../fieldset.ts'

export interface ManagedFieldsEntry {
  readonly manager?: string
  readonly operation?: string
  readonly apiVersion?: string
  readonly time?: string | null
  readonly fieldsType?: string
  readonly fieldsV1?: unknown
  readonly subresource?: string
}

/** The oldest updaters of a version share one entry when there are more than this many. */
const MAX_UPDATE_MANAGERS = 10
const ANCIENT = 'ancient-changes'

export const setOf = (entry: ManagedFieldsEntry): FieldSet => (entry.fieldsV1 ?? EMPTY_SET) as FieldSet

/** One and the same manager: an applier stays itself when its API version changes, an updater does not. */
export function sameManager(a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean {
  if (a.operation !== b.operation || a.manager !== b.manager || (a.subresource ?? '') !== (b.subresource ?? ''))
    return false
  return a.operation === 'Apply' || a.apiVersion === b.apiVersion
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What is being written now still has its nanoseconds: of entries of one second it is the last. */
const byFreshness = (a: ManagedFieldsEntry, b: ManagedFieldsEntry, mine: ManagedFieldsEntry): number =>
  Number(sameManager(a, mine)) - Number(sameManager(b, mine))

function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry, mine: ManagedFieldsEntry): number {
  return (
    order(a.operation ?? '', b.operation ?? '') ||
    order(a.time ?? '', b.time ?? '') ||
    byFreshness(a, b, mine) ||
    order(a.manager ?? '', b.manager ?? '') ||
    order(a.apiVersion ?? '', b.apiVersion ?? '') ||
    order(a.subresource ?? '', b.subresource ?? '')
  )
}

function withCap(sorted: readonly ManagedFieldsEntry[], mine: ManagedFieldsEntry): readonly ManagedFieldsEntry[] {
  const updaters = sorted.filter((entry) => entry.operation === 'Update')
  if (updaters.length <= MAX_UPDATE_MANAGERS) return sorted
  const result = [...sorted]
  let excess = updaters.length - MAX_UPDATE_MANAGERS
  for (const old of updaters) {
    if (excess <= 0) break
    if (old.manager === ANCIENT) continue
    const at = result.findIndex((entry) => entry.manager === ANCIENT && entry.apiVersion === old.apiVersion)
    result.splice(result.indexOf(old), 1)
    if (at < 0) result.push({ ...old, manager: ANCIENT, subresource: undefined })
    else {
      const into = result.findIndex((entry) => entry.manager === ANCIENT && entry.apiVersion === old.apiVersion)
      result[into] = { ...result[into]!, time: old.time, fieldsV1: unionSets(setOf(result[into]!), setOf(old)) }
      excess--
    }
  }
  return result.sort((a, b) => compareEntries(a, b, mine))
}

/** Drops entries that own nothing, sorts by operation, time and manager, and caps the updaters. `mine` is who writes. */
export function tidyEntries(
  entries: readonly ManagedFieldsEntry[],
  mine: ManagedFieldsEntry,
): readonly ManagedFieldsEntry[] {
  const owning = entries.filter((entry) => !isEmptySet(setOf(entry)))
  return withCap(owning.length < 2 ? owning : owning.sort((a, b) => compareEntries(a, b, mine)), mine)
}
