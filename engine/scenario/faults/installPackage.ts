import { fields, flag, optional, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { runOrFail } from './run-or-fail.ts'
import { defineFault } from './fault.ts'

/** Installs a version of a Debian package, up or down, whatever is on hold. */
export const installPackage = defineFault({
  schema: fields(
    {
      on: hostName,
      name: text('The package: kubelet, kubeadm.'),
      version: optional(text('Its version, in full: 1.34.2-1.1; the newest when left out.')),
      held: optional(flag('On hold afterwards; as before when left out.')),
    },
    'Installs a version of a Debian package.',
  ),
  carryOut: async (of, { hands }) => {
    const wanted = of.version === undefined ? of.name : `${of.name}=${of.version}`
    const install = `apt-get install -y --allow-downgrades --allow-change-held-packages ${wanted}`
    await runOrFail(hands, of.on, install, `installPackage ${wanted}`)
    if (of.held === undefined) return
    await runOrFail(hands, of.on, `apt-mark ${of.held ? 'hold' : 'unhold'} ${of.name}`, `installPackage ${of.name}`)
  },
})
