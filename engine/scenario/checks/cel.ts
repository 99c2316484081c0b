import { fields, mapOf, optional, text } from '../format/schema.ts'
import { objectSelection } from '../format/common.ts'
import { evaluateCel } from '../cel.ts'
import type { ClusterView } from '../../view.ts'
import { show } from '../match.ts'
import { defineCheck, seen } from './check.ts'
import { mentionsOf, queryOf } from './name-object.ts'

const variable = fields(
  {
    ...objectSelection,
    name: optional(text('One object by name; then the variable is that object, or null. Without it, a list.')),
  },
  'What the variable holds.',
)

/** An expression in CEL over objects: for what a shape cannot say. `start` and `now` are there too. */
export const cel = defineCheck({
  schema: fields(
    {
      with: mapOf(variable, 'The variables of the expression.', '^[a-z][A-Za-z0-9_]*$'),
      expression: text(
        'A CEL expression that is true or false. `start` and `now` are timestamps: when the attempt began, and the present.',
      ),
    },
    'A CEL expression over objects.',
  ),
  wanted: (of) => of.expression,
  observe: async (of, { view, startMs }) => {
    const values: Record<string, unknown> = { start: wholeSecond(startMs), now: wholeSecond(await view.now()) }
    for (const [name, query] of Object.entries(of.with)) values[name] = await valueOf(query, view)
    const answer = evaluateCel(of.expression, values)
    return 'error' in answer ? seen(false, answer.error) : seen(answer.value === true, show(answer.value))
  },
  mentions: (of) => Object.values(of.with).flatMap(mentionsOf),
})

/** As creationTimestamp and its like are written, so that what was made in the second of the start is not older than it. */
const wholeSecond = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000)

interface Query {
  kind: string
  name?: string
  namespace?: string
  selector?: string
  fieldSelector?: string
}

async function valueOf(query: Query, view: ClusterView): Promise<unknown> {
  const { kind, name, namespace, selector, fieldSelector } = query
  if (name !== undefined) return (await view.object(queryOf({ kind, name, ...(namespace && { namespace }) }))) ?? null
  return view.objects({
    kind,
    ...(namespace && { namespace }),
    ...(selector && { labelSelector: selector }),
    ...(fieldSelector && { fieldSelector }),
  })
}
