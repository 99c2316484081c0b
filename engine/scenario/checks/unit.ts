import { fields, flag, optional, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { defineCheck, seen } from './check.ts'

const words = (active: boolean | undefined, enabled: boolean | undefined): string =>
  [
    active === undefined ? '' : active ? 'active' : 'inactive',
    enabled === undefined ? '' : enabled ? 'enabled' : 'disabled',
  ]
    .filter((word) => word !== '')
    .join(', ')

/** A systemd unit on a host. */
export const unit = defineCheck({
  schema: fields(
    {
      on: hostName,
      name: text('The unit: kubelet, containerd.'),
      active: optional(flag('It runs now.')),
      enabled: optional(flag('It starts at boot.')),
    },
    'A systemd unit on a host is active, or enabled.',
  ),
  wanted: (of) => `${of.name} on ${of.on}: ${words(of.active, of.enabled) || 'known'}`,
  observe: async (of, { view }) => {
    const found = await view.unit(of.on, of.name)
    if (found === undefined) return seen(false, `no unit ${of.name} on ${of.on}`)
    const holds = (of.active ?? found.active) === found.active && (of.enabled ?? found.enabled) === found.enabled
    return seen(holds, words(found.active, found.enabled))
  },
  mentions: (of) => [{ what: 'host', text: of.on }],
})
