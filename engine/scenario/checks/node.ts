import { fields, flag, optional, text } from '../format/schema.ts'
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
      version: optional(text('The version of its kubelet, as `kubectl get nodes` shows it: v1.35.2.')),
    },
    'A node is Ready, or not; takes new pods, or not; has a kubelet of a version.',
  ),
  wanted: (of) => `node ${of.name}: ${describeNode(of.ready, of.schedulable, of.version)}`,
  observe: async (of, { view }) => {
    const found = await view.object({ kind: 'Node', name: of.name })
    if (found === undefined) return seen(false, `no node ${of.name}`)
    const ready = readiness(found['status'])
    const schedulable = !(isMapping(found['spec']) && found['spec']['unschedulable'] === true)
    const holds =
      (of.ready ?? ready === 'True') === (ready === 'True') && (of.schedulable ?? schedulable) === schedulable
    const version = kubeletVersion(found['status'])
    const right = (of.version ?? version) === version
    return seen(holds && right, `Ready is ${ready}${schedulable ? '' : ', SchedulingDisabled'}${of.version === undefined ? '' : `, ${version}`}`) // prettier-ignore
  },
  mentions: (of) => [{ what: 'host', text: of.name }],
})

function describeNode(ready: boolean | undefined, schedulable: boolean | undefined, version?: string): string {
  const words = [
    ready === undefined ? '' : ready ? 'Ready' : 'not Ready',
    schedulable === undefined ? '' : schedulable ? 'schedulable' : 'cordoned',
    version ?? '',
  ]
  return words.filter((word) => word !== '').join(', ') || 'exists'
}

function kubeletVersion(status: unknown): string {
  const info = isMapping(status) ? status['nodeInfo'] : undefined
  return isMapping(info) ? String(info['kubeletVersion']) : 'not known'
}

function readiness(status: unknown): string {
  const conditions = isMapping(status) && Array.isArray(status['conditions']) ? status['conditions'] : []
  const ready: unknown = conditions.find((one: unknown) => isMapping(one) && one['type'] === 'Ready')
  return isMapping(ready) ? String(ready['status']) : 'not known'
}
