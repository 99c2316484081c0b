import { fields, mapping } from '../format/schema.ts'
import { objectName } from '../format/common.ts'
import { queryOf } from '../checks/name-object.ts'
import { defineFault } from './fault.ts'

/** Edits an object: a merge patch, or strategic where the kind has one. */
export const patch = defineFault({
  schema: fields({ ...objectName, set: mapping('The fields to change, as a patch.') }, 'Edits an object by a patch.'),
  carryOut: async (of, { hands }) => hands.patch(queryOf(of), of.set),
})
