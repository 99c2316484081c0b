import { fields, flag, list, optional, text } from '../format/schema.ts'
import { defineCheck, seen } from './check.ts'

/** Whether someone may do something, as `kubectl auth can-i --as` answers. */
export const canI = defineCheck({
  schema: fields(
    {
      as: text('The user: jane, system:serviceaccount:shop:builder.'),
      groups: optional(list(text('A group.'), 'Groups of the user.')),
      verb: text('get, list, create …'),
      resource: text('pods, deployments.apps, pods/log …'),
      namespace: optional(text('The namespace; all of them when left out.')),
      name: optional(text('One object.')),
      allowed: optional(flag('Whether it is allowed; true when left out.')),
    },
    'Whether a user may do something.',
  ),
  wanted: (of) =>
    `${of.as} ${of.allowed === false ? 'may not' : 'may'} ${of.verb} ${of.resource}${of.namespace === undefined ? '' : ` in ${of.namespace}`}`,
  observe: async (of, { view }) => {
    const { allowed: wanted = true, ...question } = of
    const allowed = await view.canI(question)
    return seen(allowed === wanted, allowed ? 'allowed' : 'not allowed')
  },
  mentions: (of) => [
    { what: 'name', text: of.as.split(':').at(-1) ?? of.as },
    ...(of.namespace === undefined || of.namespace === 'default'
      ? []
      : [{ what: 'namespace' as const, text: of.namespace }]),
  ],
})
