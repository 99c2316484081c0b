import { fields, optional } from '../format/schema.ts'
import { match, objectName } from '../format/common.ts'
import { NotSupported } from '../../view.ts'
import { humanDuration } from '../../objects/duration.ts'
import { mismatch, show } from '../match.ts'
import { defineCheck, seen } from './check.ts'
import { mentionsOf, nameObject, queryOf } from './name-object.ts'

/** How an object was all through the attempt: `always` like this, `never` like that. */
export const history = defineCheck({
  schema: fields(
    { ...objectName, always: optional(match), never: optional(match) },
    'How an object was all through the attempt (skipped where no old versions are kept).',
  ),
  wanted: (of) => {
    const words = [
      of.always === undefined ? '' : `always ${show(of.always)}`,
      of.never === undefined ? '' : `never ${show(of.never)}`,
    ]
    return `${nameObject(of)} ${words.filter((word) => word !== '').join(', ')}`
  },
  observe: async (of, { view, startMs }) => {
    if (view.history === undefined) throw new NotSupported(`${view.name} keeps no history of objects`)
    const versions = await view.history(queryOf(of), startMs)
    for (const { atMs, object } of versions) {
      const when = `after ${humanDuration(Math.max(0, atMs - startMs))}`
      if (object === undefined) return seen(false, `${when} it was not there`)
      const wrong = of.always === undefined ? undefined : mismatch(of.always, object)
      if (wrong !== undefined) return seen(false, `${when} ${wrong.path}: ${wrong.found} (wanted ${wrong.wanted})`)
      if (of.never !== undefined && mismatch(of.never, object) === undefined)
        return seen(false, `${when} it was ${show(of.never)}`)
    }
    return seen(
      versions.length > 0,
      versions.length === 0 ? `no ${nameObject(of)}` : `so in all ${versions.length} versions`,
    )
  },
  mentions: (of) => mentionsOf(of),
})
