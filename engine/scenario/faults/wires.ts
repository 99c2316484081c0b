import { fields } from '../format/schema.ts'
import type { Schema } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { defineFault } from './fault.ts'

const pair: Schema<[string, string]> = {
  json: { type: 'array', items: hostName.json, minItems: 2, maxItems: 2, description: 'Two hosts.' },
}

/** Cuts the wire between two hosts. */
export const cut = defineFault({
  schema: fields({ between: pair }, 'Cuts the wire between two hosts.'),
  carryOut: async (of, { hands }) => hands.cut(...of.between),
})

/** Mends the wire between two hosts. */
export const mend = defineFault({
  schema: fields({ between: pair }, 'Mends the wire between two hosts.'),
  carryOut: async (of, { hands }) => hands.mend(...of.between),
})
