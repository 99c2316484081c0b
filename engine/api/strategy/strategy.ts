/** What a kind's registry may do to an object on its way in. */
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { UserInfo } from '../flight.ts'
import type { ApiStatus } from '../status.ts'

export type Plain = Record<string, unknown>

export interface Strategy {
  /** What a new object starts with; may refuse. */
  create?: (core: Core, object: KubeObject, user?: UserInfo) => KubeObject | { refuse: ApiStatus }
  update?: (core: Core, object: KubeObject, old: KubeObject) => KubeObject | { refuse: ApiStatus }
  /** What a write to `status` comes to, the rest of the object being as it was. */
  updateStatus?: (core: Core, object: KubeObject, old: KubeObject) => KubeObject
  /** Writes to `status` of a new object count (nodes register with one). */
  keepsStatus?: boolean
}
