/**
 * Server-side apply and the field managers of every write.
 * Models k8s.io/apimachinery/pkg/util/managedfields and sigs.k8s.io/structured-merge-diff/merge/update.go.
 * Not modelled: sets of another API version of the kind are compared as they are, not converted.
 */
import { deepEqual } from '../equal.ts'
import { differenceSets, EMPTY_SET, intersectSets, isEmptySet, sameSets, setPaths, unionSets } from '../fieldset.ts'
import type { FieldSet } from '../fieldset.ts'
import { compareObjects, statedFields } from './compare.ts'
import type { Comparison, Fields } from './compare.ts'
import type { Conflict } from './conflicts.ts'
import { sameManager, setOf, tidyEntries } from './managers.ts'
import type { ManagedFieldsEntry } from './managers.ts'
import { mergeApplied, pruneStated } from './merge.ts'
import { ownershipOfType } from './ownership-schema.ts'
import type { Ownership } from './ownership-schema.ts'

export type { ManagedFieldsEntry } from './managers.ts'
export type { Conflict } from './conflicts.ts'
export { conflictCauses, makeConflictText } from './conflicts.ts'

/** Any API object, seen as plain data. */
export type ApiData = Fields

interface Write {
  /** The schema type (`apps.v1.Deployment`), or what a custom resource's schema comes to; undefined: plain data. */
  type: string | Ownership | undefined
  manager: string
  /** RFC 3339, whole seconds. */
  time: string
  apiVersion: string
  subresource?: string
}

export interface Update extends Write {
  /** The object before the write; undefined on create. */
  live: object | undefined
  updated: object
  operation?: 'Update'
}

export interface Apply extends Write {
  live: object | undefined
  applied: object
  force?: boolean
}

export type ApplyResult =
  | { object: ApiData; managedFields: readonly ManagedFieldsEntry[]; conflicts?: undefined }
  | { conflicts: Conflict[]; object?: undefined }

function managedOf(object: object | undefined): readonly ManagedFieldsEntry[] | undefined {
  return (object as { metadata?: { managedFields?: readonly ManagedFieldsEntry[] } } | undefined)?.metadata
    ?.managedFields
}

/** A client that sends `[]` or `[{}]` wants the list emptied. */
function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (entries === undefined) return false
  return entries.length === 0 || (entries.length === 1 && Object.keys(entries[0]!).length === 0)
}

/** The entry without what someone else has just written or removed. */
function relieved(entry: ManagedFieldsEntry, { touched, removed }: Comparison): ManagedFieldsEntry {
  const before = setOf(entry)
  const after = differenceSets(differenceSets(before, touched), removed)
  return after === before ? entry : { ...entry, fieldsV1: after }
}

function newEntry(write: Write, operation: 'Apply' | 'Update', fields: FieldSet): ManagedFieldsEntry {
  const { apiVersion, manager, time, subresource } = write
  const entry = { apiVersion, fieldsType: 'FieldsV1', fieldsV1: fields, manager, operation, time }
  return subresource ? { ...entry, subresource } : entry
}

/** Gives the manager what it wrote; its time moves only when it wrote something. */
function withUpdate(
  entries: ManagedFieldsEntry[],
  write: Write,
  touched: FieldSet,
  own: FieldSet,
): ManagedFieldsEntry[] {
  if (isEmptySet(touched)) return entries
  const at = entries.findIndex((entry) => sameManager(entry, newEntry(write, 'Update', EMPTY_SET)))
  if (at < 0) return [...entries, newEntry(write, 'Update', touched)]
  const set = unionSets(setOf(entries[at]!), unionSets(touched, own))
  return entries.map((entry, index) => (index === at ? newEntry(write, 'Update', set) : entry))
}

/**
 * metadata.managedFields after a create, update or (non-apply) patch. Returns the old list itself when nobody's
 * fields changed. On create `live` is undefined; `updated.metadata.managedFields` wins over live's unless absent.
 */
export function updateManagedFields(write: Update): readonly ManagedFieldsEntry[] {
  const sent = managedOf(write.updated)
  if (write.live !== undefined && isReset(sent)) return []
  const before = sent !== undefined && sent.length > 0 ? sent : (managedOf(write.live) ?? [])
  const comparison = compareObjects(
    ownershipOfType(write.type),
    write.live as Fields | undefined,
    write.updated as Fields,
  )
  const { touched, removed } = comparison
  if (isEmptySet(touched) && isEmptySet(removed)) return before
  if (before.length === 0) return isEmptySet(touched) ? before : [newEntry(write, 'Update', touched)]
  return tidyEntries(
    withUpdate(
      before.map((entry) => relieved(entry, comparison)),
      write,
      touched,
      EMPTY_SET,
    ),
    newEntry(write, 'Update', touched),
  )
}

/** Every field that the object's configuration states, as a FieldsV1 set. */
export function ownedFields(typeName: string | undefined, object: object): FieldSet {
  return statedFields(ownershipOfType(typeName), object as Fields)
}

function conflictsOf(entries: readonly ManagedFieldsEntry[], touched: FieldSet): Conflict[] {
  return entries.flatMap((entry) =>
    setPaths(intersectSets(setOf(entry), touched)).map((field) => ({
      manager: entry.manager ?? '',
      subresource: entry.subresource,
      apiVersion: entry.apiVersion ?? '',
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      field,
      time: entry.time ?? undefined,
    })),
  )
}

const sameEntries = (a: readonly ManagedFieldsEntry[], b: readonly ManagedFieldsEntry[]): boolean =>
  a.length === b.length &&
  a.every(
    (entry, i) =>
      sameManager(entry, b[i]!) && entry.apiVersion === b[i]!.apiVersion && sameSets(setOf(entry), setOf(b[i]!)),
  )

function withManagedFields(object: Fields, managedFields: readonly ManagedFieldsEntry[]): Fields {
  return { ...object, metadata: { ...(object['metadata'] as Fields | undefined), managedFields } }
}

/** An object that was there before anybody applied has an owner for what it holds. */
function entriesBefore(write: Apply): readonly ManagedFieldsEntry[] {
  const entries = managedOf(write.live) ?? []
  if (write.live === undefined || entries.length > 0) return entries
  const { touched } = compareObjects(ownershipOfType(write.type), undefined, write.live as Fields)
  return [newEntry({ ...write, manager: 'before-first-apply', subresource: undefined }, 'Update', touched)]
}

/**
 * Applies a configuration. Conflicts (fields that others own and that would change) come back as a value unless
 * forced; with force they are taken from their owners. Fields that this manager stated before, states no longer
 * and nobody else owns are removed. An apply that changes nothing returns the live object itself.
 */
export function applyServerSide(write: Apply): ApplyResult {
  const type = ownershipOfType(write.type)
  const live = write.live as Fields | undefined
  const entries = entriesBefore(write)
  const stated = statedFields(type, write.applied as Fields)
  const mine = newEntry(write, 'Apply', stated)
  const last = entries.find((entry) => sameManager(entry, mine))
  const others = entries.filter((entry) => entry !== last)
  const merged = mergeApplied(live, write.applied, type) as Fields
  const kept = others.reduce((set, entry) => unionSets(set, setOf(entry)), stated)
  const object = last === undefined ? merged : (pruneStated(merged, type, setOf(last), withIdentity(kept)) as Fields)
  const comparison = compareObjects(type, live, object)
  const conflicts = conflictsOf(others, comparison.touched)
  if (conflicts.length > 0 && !write.force) return { conflicts }
  const managedFields = tidyEntries([...others.map((entry) => relieved(entry, comparison)), mine], mine)
  if (live !== undefined && sameEntries(managedFields, entries) && deepEqual(live, object))
    return { object: live, managedFields: entries }
  return { object: withManagedFields(object, managedFields), managedFields }
}

/** The metadata that is nobody's must not go when the last field beside it does. */
function withIdentity(kept: FieldSet): FieldSet {
  return kept['f:metadata'] === undefined ? { ...kept, 'f:metadata': { 'f:name': {} } } : kept
}
