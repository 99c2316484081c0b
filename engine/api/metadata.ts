/** Metadata that the server fills in. Models apiserver registry/rest/{meta,create,update}.go. */
import type { ObjectMeta } from '../objects/types.gen.ts'
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'

/** A generated name's base is cut so that the suffix of five fits into 63. */
const MAX_BASE = 58

export function generatedName(core: Core, base: string): string {
  return `${base.slice(0, MAX_BASE)}${core.random.suffix(5)}`
}

/** A new object's metadata: uid, time of creation, name, and nothing that only the server may say. */
export function newMetadata(core: Core, meta: ObjectMeta, namespace: string): ObjectMeta {
  const {
    deletionTimestamp: _,
    deletionGracePeriodSeconds: __,
    selfLink: ___,
    generation: ____,
    resourceVersion: _____,
    // What a client says of a cluster-scoped object's namespace is dropped (rest.EnsureObjectNamespaceMatchesRequestNamespace).
    namespace: ______,
    managedFields,
    ...rest
  } = meta
  const name =
    meta.name !== undefined && meta.name !== ''
      ? meta.name
      : meta.generateName !== undefined && meta.generateName !== ''
        ? generatedName(core, meta.generateName)
        : ''
  return withoutEmpty({
    ...rest,
    name,
    ...(namespace !== '' && { namespace }),
    uid: core.random.uuid(),
    creationTimestamp: core.timestamp(),
    ...(managedFields !== undefined && { managedFields }),
  })
}

/** Go leaves these out when they hold nothing. */
const OMITTED_EMPTY = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const

function withoutEmpty(meta: ObjectMeta): ObjectMeta {
  const isEmpty = (value: object | undefined): boolean => value !== undefined && Object.keys(value).length === 0
  const empty = OMITTED_EMPTY.filter((name) => isEmpty(meta[name]))
  if (empty.length === 0) return meta
  const left = { ...meta }
  for (const name of empty) delete left[name]
  return left
}

/** What an update leaves out or may not change comes from the stored object. */
export function keptMetadata(meta: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const kept: ObjectMeta = {
    ...meta,
    uid: meta.uid || old.uid,
    creationTimestamp: old.creationTimestamp,
    resourceVersion: old.resourceVersion,
  }
  setOrDelete(kept, 'generation', old.generation)
  if (old.namespace === undefined || old.namespace === '') delete kept.namespace
  if (old.deletionTimestamp !== undefined) {
    kept.deletionTimestamp ??= old.deletionTimestamp
    kept.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds
  } else {
    delete kept.deletionTimestamp
    delete kept.deletionGracePeriodSeconds
  }
  if (meta.managedFields === undefined && old.managedFields !== undefined) kept.managedFields = old.managedFields
  return withoutEmpty(kept)
}

function setOrDelete(meta: ObjectMeta, key: 'generation', value: number | undefined): void {
  if (value === undefined) delete meta[key]
  else meta[key] = value
}

/** The object with some metadata changed. */
export function withMeta(object: KubeObject, changes: Partial<ObjectMeta>): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...changes } }
}
