import { fields, mapping } from '../format/schema.ts'
import { objectName } from '../format/common.ts'
import { queryOf } from '../checks/name-object.ts'
import { defineFault } from './fault.ts'

/** Edits an object by a JSON merge patch: a list that it names is replaced as a whole. */
export const patch = defineFault({
  schema: fields(
    { ...objectName, set: mapping('The fields to change, as a merge patch; a list is replaced as a whole.') },
    'Edits an object by a patch.',
  ),
  carryOut: async (of, { hands }) => hands.patch(queryOf(of), of.set),
})
