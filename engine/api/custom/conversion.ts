/**
 * Custom resources between the versions of their definition. Models apiextensions-apiserver pkg/apiserver/conversion and
 * the coercing decoder of customresource_handler.go: what comes out of etcd is pruned and gets its defaults.
 */
import type { KindEntry } from '../../objects/kinds.ts'
import type { CustomVersion } from '../../objects/structural/index.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'

type Data = Record<string, unknown>

const asData = (object: KubeObject): Data => object as unknown as Data
const asObject = (data: Data): KubeObject => data as unknown as KubeObject

/** `v1` of `example.com/v1`. */
export const versionOf = ({ apiVersion = '' }: KubeObject): string => apiVersion.slice(apiVersion.indexOf('/') + 1)

/** Objects are shared by reference, so what was made of one is kept for its next readers. */
const read = new WeakMap<KubeObject, Map<CustomVersion, KubeObject>>()

/** A stored object as clients of the entry's version see it; the same object when that is how it is stored. */
export function customIn(entry: KindEntry, object: KubeObject): KubeObject {
  const custom = entry.custom as CustomVersion
  const known = read.get(object) ?? new Map<CustomVersion, KubeObject>()
  read.set(object, known)
  let made = known.get(custom)
  if (made === undefined) known.set(custom, (made = inVersion(entry.group, custom, object)))
  return made
}

/** An object in a version: pruned and with the defaults of the one that it came in. */
export function inVersion(group: string, to: CustomVersion, object: KubeObject): KubeObject {
  const from = to.versions.get(versionOf(object))
  const whole = from === undefined ? asData(object) : from.default(from.sieve(asData(object)).object)
  if (from === to) return asObject(whole)
  return asObject(to.sieve({ ...whole, apiVersion: `${group}/${to.name}` }).object)
}

/** The entry in whose version an object is worked on: custom resources in the request's, all others in the stored one. */
export const workingEntry = (core: Core, entry: KindEntry): KindEntry =>
  entry.custom === undefined ? core.storageEntry(entry.group, entry.resource) : entry
