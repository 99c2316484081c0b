import { anyText, fields, optional, text } from '../format/schema.ts'
import { isMapping } from '../match.ts'
import { defineFault, StepError } from './fault.ts'

/** Changes one key of a ConfigMap: a piece of it, or all of it. */
export const editConfigMap = defineFault({
  schema: fields(
    {
      name: text('The ConfigMap.'),
      namespace: optional(text('Its namespace; default when left out.')),
      key: text('The key.'),
      find: optional(text('The piece to replace; it must be there.')),
      with: anyText('What stands there afterwards.'),
    },
    'Changes one key of a ConfigMap.',
  ),
  carryOut: async (of, { view, hands }) => {
    const query = { kind: 'ConfigMap', name: of.name, namespace: of.namespace ?? 'default' }
    const found = await view.object(query)
    const data = found?.['data']
    const old = isMapping(data) ? data[of.key] : undefined
    if (of.find !== undefined && (typeof old !== 'string' || !old.includes(of.find))) {
      throw new StepError(`editConfigMap ${of.name}: ${of.key} does not contain ${JSON.stringify(of.find)}`)
    }
    const text = of.find === undefined ? of.with : String(old).replace(of.find, () => of.with)
    await hands.patch(query, { data: { [of.key]: text } })
  },
})
