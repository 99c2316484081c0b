import { fields, optional, text } from '../format/schema.ts'
import { comparison, match } from '../format/common.ts'
import { meets, mismatch, show, showComparison } from '../match.ts'
import { defineCheck, seen } from './check.ts'

/** What happened during the attempt, as the simulator's journal has it: how often. Not on a real cluster. */
export const journal = defineCheck({
  schema: fields(
    {
      name: text('The dotted name, or its beginning: kubelet.container.exited.'),
      facts: optional(match),
      count: optional(comparison('How often; at least once when left out.')),
    },
    'How often something happened during the attempt (simulator only).',
  ),
  wanted: (of) =>
    `${of.name}${of.facts === undefined ? '' : ` ${show(of.facts)}`}: ${showComparison(of.count ?? { atLeast: 1 })} times`,
  observe: async (of, { view, startMs }) => {
    const entries = await view.journal(of.name, startMs)
    const count = entries.filter((entry) => mismatch(of.facts ?? {}, entry.facts) === undefined).length
    return seen(meets(count, of.count ?? { atLeast: 1 }), `${count} times`)
  },
  mentions: () => [],
})
