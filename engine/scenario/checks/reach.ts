import { choice, fields, integer, optional, text } from '../format/schema.ts'
import { textMatch, vantage } from '../format/common.ts'
import { show, textMismatch } from '../match.ts'
import type { Reach } from '../../view.ts'
import { defineCheck, seen } from './check.ts'
import { findPlace, placeMentions, showPlace } from './place.ts'

const OUTCOMES = ['open', 'refused', 'timeout', 'unresolved', 'unreachable'] as const

/** A connection from a pod or a host: open, refused or lost, and what HTTP answers. */
export const reach = defineCheck({
  schema: fields(
    {
      from: vantage,
      url: text('Where to: http://web.default:8080/path, tcp://10.96.0.10:53.', {
        pattern: '^(https?|tcp)://|^\\{\\{',
      }),
      outcome: optional(choice(OUTCOMES, 'What becomes of the connection; open when left out.')),
      status: optional(integer('The HTTP status.', 100)),
      body: optional(textMatch('How the answer must be.')),
    },
    'A connection from a pod or host to an address.',
  ),
  wanted: (of) => {
    const answer = `${of.status === undefined ? '' : ` ${of.status}`}${of.body === undefined ? '' : ` ${show(of.body)}`}`
    return `${of.url} from ${showPlace(of.from)}: ${of.outcome ?? 'open'}${answer}`
  },
  observe: async (of, { view }) => {
    const from = await findPlace(of.from, view)
    if (from === undefined) return seen(false, `${showPlace(of.from)} is not running`)
    const found = await view.reach(from, of.url, 5_000)
    return seen(found.outcome === (of.outcome ?? 'open') && answers(found, of.status, of.body), showReach(found))
  },
  mentions: (of) => [...placeMentions(of.from), { what: 'address', text: hostOf(of.url) }],
})

function answers(
  found: Reach,
  status: number | undefined,
  body: Parameters<typeof textMismatch>[0] | undefined,
): boolean {
  if (found.outcome !== 'open') return status === undefined && body === undefined
  return (
    (status === undefined || found.status === status) &&
    (body === undefined || textMismatch(body, found.body ?? '') === undefined)
  )
}

function showReach(found: Reach): string {
  if (found.outcome !== 'open') return found.outcome
  return `open${found.status === undefined ? '' : ` ${found.status}`}${found.body === undefined ? '' : ` ${show(found.body.trim().slice(0, 80))}`}`
}

/** `web` of `http://web.shop:8080/x`: what the task must name. */
function hostOf(url: string): string {
  const host = /^\w+:\/\/([^/:]+)/.exec(url)?.[1] ?? url
  return /^[\d.]+$/.test(host) ? host : (host.split('.')[0] ?? host)
}
