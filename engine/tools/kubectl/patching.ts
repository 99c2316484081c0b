/** Patches that kubectl makes of two or three states of an object. */
import type { JsonObject } from '../../objects/patch/json-value.ts'
import { createMerge } from '../../objects/patch/merge.ts'
import { createTwoWayStrategic } from '../../objects/patch/strategic.ts'
import { typeNameOf } from '../../objects/schema.ts'
import type { ApiObject, PATCH_TYPES } from './client.ts'
import type { ResourceType } from './discovery.ts'

export interface Patch {
  type: keyof typeof PATCH_TYPES
  body: JsonObject
}

/** The schema's name of a type; undefined for types of CustomResourceDefinitions. */
export const schemaTypeOf = (type: ResourceType): string | undefined => typeNameOf(type.group, type.version, type.kind)

export const isEmptyPatch = (patch: Patch): boolean => Object.keys(patch.body).length === 0

/** Strategic where the type has a schema, else JSON merge. */
export function twoWayPatch(type: ResourceType, before: ApiObject, after: ApiObject): Patch {
  const name = schemaTypeOf(type)
  const [from, to] = [before as JsonObject, after as JsonObject]
  return name === undefined
    ? { type: 'merge', body: createMerge(from, to) }
    : { type: 'strategic', body: createTwoWayStrategic(name, from, to) }
}

export const mergePatch = (before: ApiObject, after: ApiObject): Patch => ({
  type: 'merge',
  body: createMerge(before as JsonObject, after as JsonObject),
})
