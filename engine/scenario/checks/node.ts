import { fields, flag, optional } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { isMapping } from '../match.ts'
import { defineCheck, seen } from './check.ts'

/** A node: Ready or not, open for pods or cordoned. */
export const node = defineCheck({
  schema: fields(
    {
      name: hostName,
      ready: optional(flag('Whether its Ready condition is True.')),
      schedulable: optional(flag('Whether it takes new pods: not cordoned.')),
    },
    'A node is Ready, or not; takes new pods, or not.',
  ),
  wanted: (of) => `node ${of.name}: ${describeNode(of.ready, of.schedulable)}`,
  observe: async (of, { view }) => {
    const found = await view.object({ kind: 'Node', name: of.name })
    if (found === undefined) return seen(false, `no node ${of.name}`)
    const ready = readiness(found['status'])
    const schedulable = !(isMapping(found['spec']) && found['spec']['unschedulable'] === true)
    const holds =
      (of.ready ?? ready === 'True') === (ready === 'True') && (of.schedulable ?? schedulable) === schedulable
    return seen(holds, `Ready is ${ready}${schedulable ? '' : ', SchedulingDisabled'}`)
  },
  mentions: (of) => [{ what: 'host', text: of.name }],
})

function describeNode(ready: boolean | undefined, schedulable: boolean | undefined): string {
  const words = [
    ready === undefined ? '' : ready ? 'Ready' : 'not Ready',
    schedulable === undefined ? '' : schedulable ? 'schedulable' : 'cordoned',
  ]
  return words.filter((word) => word !== '').join(', ') || 'exists'
}

function readiness(status: unknown): string {
  const conditions = isMapping(status) && Array.isArray(status['conditions']) ? status['conditions'] : []
  const ready: unknown = conditions.find((one: unknown) => isMapping(one) && one['type'] === 'Ready')
  return isMapping(ready) ? String(ready['status']) : 'not known'
}
