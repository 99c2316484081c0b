/** What a version of a CustomResourceDefinition does to its objects; `compileVersion` makes one. */
import type { Ownership } from '../apply/ownership-schema.ts'
import type { FieldError } from '../validation/errors.ts'
import type { CustomTable } from './columns.ts'
import type { JsonPath } from './json-path.ts'
import type { ScalePaths } from './scale.ts'
import type { Data, JsonSchema } from './schema.ts'

/** An object without what the schema does not know. */
export interface Sieved {
  object: Data
  /** `unknown field "spec.x"`, in order. */
  unknown: string[]
  error?: string
}

export interface CustomVersion {
  readonly name: string
  /** The version in which objects are stored. */
  readonly storedAs: string
  readonly schema: JsonSchema | undefined
  /** Whether the definition keeps fields that no schema knows (v1beta1 only). */
  readonly preservesUnknown: boolean
  readonly table: CustomTable
  readonly ownership: Ownership
  readonly hasStatus: boolean
  readonly scale?: ScalePaths
  /** Fields that a selector may name, without the leading dot. */
  readonly selectable: ReadonlyMap<string, JsonPath>
  /** The warning for all that use the version. */
  readonly deprecation?: string
  /** How other versions are made: by their name alone, or by a webhook. */
  readonly conversion: 'None' | 'Webhook'
  /** All versions of the definition, also those that are not served, by name. */
  readonly versions: ReadonlyMap<string, CustomVersion>
  /** Takes unknown fields and misplaced nulls away. */
  sieve(object: Data): Sieved
  default(object: Data): Data
  /** What is wrong with the object besides its metadata; `old` is what it takes the place of. */
  validate(object: Data, old?: Data, subresource?: string): FieldError[]
}
