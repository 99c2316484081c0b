import { flag, fields, optional } from '../format/schema.ts'
import { match, objectName } from '../format/common.ts'
import { mismatch, show } from '../match.ts'
import { defineCheck, seen } from './check.ts'
import { mentionsOf, nameObject, queryOf } from './name-object.ts'

/** One object: that it is there, or is not, and how a part of it looks. */
export const object = defineCheck({
  schema: fields(
    { ...objectName, match: optional(match), absent: optional(flag('The object must not exist.')) },
    'One object exists and matches in part, or is absent.',
  ),
  wanted: (of) => {
    if (of.absent === true) return `no ${nameObject(of)}`
    return of.match === undefined ? `${nameObject(of)} exists` : `${nameObject(of)} with ${show(of.match)}`
  },
  observe: async (of, { view }) => {
    const found = await view.object(queryOf(of))
    if (of.absent === true)
      return seen(found === undefined, found === undefined ? `no ${nameObject(of)}` : `${nameObject(of)} exists`)
    if (found === undefined) return seen(false, `no ${nameObject(of)}`)
    const wrong = mismatch(of.match ?? {}, found)
    return wrong === undefined
      ? seen(true, 'as wanted')
      : seen(false, `${wrong.path}: ${wrong.found} (wanted ${wrong.wanted})`)
  },
  mentions: (of) => mentionsOf(of),
})
