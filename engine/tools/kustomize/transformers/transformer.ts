/** What changes the resources of a build. */
import type { Run } from '../../../host/process.ts'
import type { ResMap } from '../resmap.ts'

/** `kind` names it in buildMetadata's annotations: `PrefixTransformer`. */
export interface Transformer {
  kind: string
  transform(map: ResMap): Run<void> | void
}
