import { fields, optional, text } from '../format/schema.ts'
import { objectName } from '../format/common.ts'
import { queryOf } from '../checks/name-object.ts'
import { defineFault } from './fault.ts'

/** Gives a workload's container an image that cannot be pulled, or cannot run. */
export const breakImage = defineFault({
  schema: fields(
    { ...objectName, container: text('The container of the pod template.'), image: text('The image it gets.'), cause: optional(text('The change cause that `rollout history` shows.')) },
    'Changes the image of a workload.',
  ),
  carryOut: async (of, { hands }) => {
    const template = { spec: { containers: [{ name: of.container, image: of.image }] } }
    const annotations = of.cause === undefined ? {} : { metadata: { annotations: { 'kubernetes.io/change-cause': of.cause } } }
    await hands.patch(queryOf(of), { ...annotations, spec: { template } })
  },
})
