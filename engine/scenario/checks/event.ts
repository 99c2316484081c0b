import { fields, flag, optional, text } from '../format/schema.ts'
import { oneObject, textMatch } from '../format/common.ts'
import { isMapping, show, textMismatch } from '../match.ts'
import type { ViewedObject } from '../../view.ts'
import { defineCheck, seen } from './check.ts'
import { nameObject } from './name-object.ts'

/** An event of a reason was, or was not, written about something. */
export const event = defineCheck({
  schema: fields(
    {
      reason: text('The reason: FailedScheduling, BackOff, NodeNotReady …'),
      about: optional(oneObject),
      message: optional(textMatch('How the message must be.')),
      absent: optional(flag('No such event.')),
    },
    'An event with a reason about an object.',
  ),
  wanted: (of) =>
    `${of.absent === true ? 'no event' : 'an event'} ${of.reason}${of.about === undefined ? '' : ` about ${nameObject(of.about)}`}`,
  observe: async (of, { view }) => {
    const namespace = of.about?.namespace
    const events = await view.objects({
      kind: 'Event',
      ...(namespace && { namespace }),
      fieldSelector: `reason=${of.reason}`,
    })
    const found = events.filter(
      (one) =>
        isAbout(one, of.about?.name) &&
        (of.message === undefined || textMismatch(of.message, String(one['message'] ?? '')) === undefined),
    )
    const last = found.at(-1)
    return seen(
      (last !== undefined) !== (of.absent === true),
      last === undefined ? `no event ${of.reason}` : show(String(last['message'] ?? of.reason)),
    )
  },
  mentions: (of) => (of.about === undefined ? [] : [{ what: 'name', text: of.about.name }]),
})

function isAbout(event: ViewedObject, name: string | undefined): boolean {
  const involved = event['involvedObject']
  return name === undefined || (isMapping(involved) && involved['name'] === name)
}
