import { fields, flag, optional, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { runOrFail } from './run-or-fail.ts'
import { defineFault } from './fault.ts'

/** Brings a systemd unit into a state: running or not, at boot or not, masked or not. */
export const setUnit = defineFault({
  schema: fields(
    {
      on: hostName,
      name: text('The unit: kubelet, containerd.'),
      active: optional(flag('Started, or stopped.')),
      enabled: optional(flag('Starts at boot, or does not.')),
      masked: optional(flag('Masked: nobody can start it; or unmasked.')),
    },
    'Starts, stops, enables, disables, masks or unmasks a systemd unit.',
  ),
  carryOut: async (of, { hands }) => {
    const verbs = [
      of.masked === false ? 'unmask' : undefined,
      of.enabled === undefined ? undefined : of.enabled ? 'enable' : 'disable',
      of.active === undefined ? undefined : of.active ? 'start' : 'stop',
      of.masked === true ? 'mask' : undefined,
    ]
    for (const verb of verbs)
      if (verb !== undefined) await runOrFail(hands, of.on, `systemctl ${verb} ${of.name}`, `setUnit ${of.name}`)
  },
})
