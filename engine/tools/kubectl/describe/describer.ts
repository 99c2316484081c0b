/** What describes one kind. */
import type { Run } from '../../../host/process.ts'
import type { ApiObject } from '../client.ts'
import type { Context } from '../command.ts'
import type { ResourceType } from '../discovery.ts'
import type { Writer } from './writer.ts'

export interface Describer {
  /** `Pod`, `Deployment.apps`: the kinds it is for. */
  kinds: string[]
  /** Writes all but the events. */
  lines(w: Writer, object: ApiObject, ctx: Context, type: ResourceType): Run<void>
  /** Which events are its own: by default those with its uid. False: it shows none. */
  events?: false | ((object: ApiObject) => string | undefined)
}
