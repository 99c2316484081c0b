import { fields, optional, text } from '../format/schema.ts'
import { objectName } from '../format/common.ts'
import { queryOf } from '../checks/name-object.ts'
import type { ViewedObject } from '../../view.ts'
import { isMapping } from '../match.ts'
import { defineFault, StepError } from './fault.ts'

/** Gives a workload's container an image that cannot be pulled, or cannot run. */
export const breakImage = defineFault({
  schema: fields(
    {
      ...objectName,
      container: text('The container of the pod template.'),
      image: text('The image it gets.'),
      cause: optional(text('The change cause that `rollout history` shows.')),
    },
    'Changes the image of a workload.',
  ),
  carryOut: async (of, { view, hands }) => {
    const found = await view.object(queryOf(of))
    const containers = containersOf(found)
    if (!containers.some((one) => one['name'] === of.container))
      throw new StepError(`breakImage ${of.name}: no container ${of.container}`)
    const changed = containers.map((one) => (one['name'] === of.container ? { ...one, image: of.image } : one))
    const annotations =
      of.cause === undefined ? {} : { metadata: { annotations: { 'kubernetes.io/change-cause': of.cause } } }
    await hands.patch(queryOf(of), { ...annotations, spec: { template: { spec: { containers: changed } } } })
  },
})

/** A merge patch replaces a list as a whole, so all containers are sent. */
function containersOf(workload: ViewedObject | undefined): Record<string, unknown>[] {
  let value: unknown = workload
  for (const field of ['spec', 'template', 'spec', 'containers']) value = isMapping(value) ? value[field] : undefined
  return Array.isArray(value) ? value.filter(isMapping) : []
}
