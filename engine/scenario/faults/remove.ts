import { fields, integer, optional } from '../format/schema.ts'
import { objectName } from '../format/common.ts'
import { queryOf } from '../checks/name-object.ts'
import { defineFault } from './fault.ts'

/** Deletes an object. */
export const remove = defineFault({
  schema: fields(
    { ...objectName, graceSeconds: optional(integer('Grace for pods; 0 kills at once.')) },
    'Deletes an object.',
  ),
  carryOut: async (of, { hands }) =>
    hands.remove(queryOf(of), of.graceSeconds === undefined ? {} : { graceSeconds: of.graceSeconds }),
})
