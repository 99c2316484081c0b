/** What an admission plugin is: it lets an object pass, changes it, or refuses it. */
import type { KindEntry } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import type { ApiStatus } from '../../status.ts'

export type Admission = { object: KubeObject } | { refuse: ApiStatus }
export type Plugin = (core: Core, flight: Flight, entry: KindEntry, object: KubeObject) => Admission
