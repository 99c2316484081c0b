/**
 * Objects from the version they are stored in to the version asked for, and back. Which versions have another shape is
 * data in objects/conversion; core Events and events.k8s.io Events share one store, as Ingresses of both groups do.
 */
import { converted } from '../objects/conversion/index.ts'
import { apiVersionOf, hubOf } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import type { KubeObject } from './client.ts'
import { customIn } from './custom/conversion.ts'

/** What was made of a stored object, for its next readers: stored objects are shared by reference. */
const made = new WeakMap<KubeObject, Map<string, KubeObject>>()

/** The object in the version (and group) of an entry; the same object when it is there already. */
export function convertTo(entry: KindEntry, object: KubeObject): KubeObject {
  if (entry.custom !== undefined) return customIn(entry, object)
  const wanted = entry.group === '' ? entry.version : apiVersionOf(entry)
  if (object.apiVersion === wanted) return object
  const known = made.get(object) ?? new Map<string, KubeObject>()
  made.set(object, known)
  let next = known.get(wanted)
  if (next === undefined) {
    const plain = converted(object as unknown as Record<string, unknown>, entry.kind, object.apiVersion ?? '', wanted)
    next = { ...plain, apiVersion: wanted, kind: entry.kind } as unknown as KubeObject
    known.set(wanted, next)
  }
  return next
}

/** The object as the columns of its kind expect it: those are written for the stored version. */
export const forColumns = (entry: KindEntry, object: KubeObject): KubeObject => convertTo(hubOf(entry), object)
