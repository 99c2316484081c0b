import { fields, flag, list, optional, text } from '../format/schema.ts'
import { vantage } from '../format/common.ts'
import { defineCheck, seen } from './check.ts'
import { findPlace, placeMentions, showPlace } from './place.ts'

/** A name as a pod or a host resolves it. */
export const resolves = defineCheck({
  schema: fields(
    {
      from: vantage,
      name: text('The name: kubernetes.default, example.com.'),
      to: optional(list(text('An address.'), 'Addresses that must be among the answers.')),
      absent: optional(flag('The name must not resolve.')),
    },
    'A name resolves from a pod or host.',
  ),
  wanted: (of) =>
    `${of.name} from ${showPlace(of.from)}: ${of.absent === true ? 'does not resolve' : (of.to?.join(', ') ?? 'resolves')}`,
  observe: async (of, { view }) => {
    const from = await findPlace(of.from, view)
    if (from === undefined) return seen(false, `${showPlace(of.from)} is not running`)
    const addresses = await view.resolve(from, of.name)
    const found = addresses.length === 0 ? 'does not resolve' : addresses.join(', ')
    if (of.absent === true) return seen(addresses.length === 0, found)
    return seen(addresses.length > 0 && (of.to ?? []).every((one) => addresses.includes(one)), found)
  },
  mentions: (of) => placeMentions(of.from),
})
