/** `kubeadm upgrade …`. */
import type { Command } from '../command.ts'
import { notSimulated } from '../errors.ts'

export function upgradeCommands(_minor: number): Command[] {
  return [
    {
      path: 'upgrade',
      short: 'Upgrade your cluster smoothly to a newer version with this command',
      maxArgs: Infinity,
      // eslint-disable-next-line require-yield
      *run() {
        throw notSimulated('kubeadm upgrade')
      },
    },
  ]
}
