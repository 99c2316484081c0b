import { fields, flag, optional, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { defineFault, StepError } from './fault.ts'

/** Stops a systemd unit, and may disable it too. Mended by `systemctl enable --now`. */
export const stopUnit = defineFault({
  schema: fields(
    {
      on: hostName,
      name: text('The unit: kubelet, containerd.'),
      disable: optional(flag('It does not start at boot either.')),
    },
    'Stops a systemd unit.',
  ),
  carryOut: async (of, { hands }) => {
    const verb = of.disable === true ? 'disable --now' : 'stop'
    const { code, stderr } = await hands.run({ host: of.on, user: 'root' }, `systemctl ${verb} ${of.name}`)
    if (code !== 0) throw new StepError(`stopUnit ${of.name} on ${of.on}: ${stderr.trim()}`)
  },
})
