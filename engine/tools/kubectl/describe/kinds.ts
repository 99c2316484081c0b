/** Shapes of the objects that are described, as far as they are read. */
import type { ApiObject, ObjectMeta } from '../client.ts'
import type * as types from '../../../objects/types.gen.ts'

export type Fields = Record<string, unknown>

/** An object of the schema, as it came from the server. */
export type Described<T> = Omit<ApiObject, 'metadata'> & { metadata: ObjectMeta } & T

export type { types }
