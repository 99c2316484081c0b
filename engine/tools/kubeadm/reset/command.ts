/** `kubeadm reset` and `kubeadm reset phase …` (P3). Models cmd/kubeadm/app/cmd/reset.go. */
import type { Command } from '../command.ts'
import { option } from '../options.ts'
import { flatten, phaseHelp, runPhases } from '../workflow.ts'
import { resetData } from './data.ts'
import { resetPhases } from './phases.ts'

const FLAGS = [
  option.certDir,
  option.cleanupTmpDir,
  option.config,
  option.criSocket,
  option.dryRun,
  option.force,
  option.ignorePreflightErrors,
  option.kubeconfig,
  option.skipPhases,
]

const DONE = `
The reset process does not perform cleanup of CNI plugin configuration,
network filtering rules and kubeconfig files.

For information on how to perform this cleanup manually, please see:
    https://k8s.io/docs/reference/setup-tools/kubeadm/kubeadm-reset/

`

const DONE_BEFORE_1_29 = `
The reset process does not clean CNI configuration. To do so, you must remove /etc/cni/net.d

The reset process does not reset or clean up iptables rules or IPVS tables.
If you wish to reset iptables, you must do so manually by using the "iptables" command.

If your cluster was setup to utilize IPVS, run ipvsadm --clear (or similar)
to reset your system's IPVS tables.

The reset process does not clean your kubeconfig files and you must remove them manually.
Please, check the contents of the $HOME/.kube/config file.
`

const SHORT = "Performs a best effort revert of changes made to this host by 'kubeadm init' or 'kubeadm join'"

export function resetCommands(minor: number): Command[] {
  const reset: Command = {
    path: 'reset',
    short: SHORT,
    long: `${SHORT}\n\n${phaseHelp('reset', resetPhases)}`,
    flags: FLAGS,
    *run(ctx) {
      const data = yield* resetData(ctx)
      yield* runPhases(ctx.p, resetPhases, { skip: data.skipPhases }, data)
      yield* ctx.p.out(minor >= 29 ? DONE : DONE_BEFORE_1_29)
    },
  }
  const parent: Command = {
    path: 'reset phase',
    short: 'Use this command to invoke single phase of the "reset" workflow',
  }
  const single = flatten(resetPhases).map(({ phase, path }): Command => ({
    path: `reset phase ${path}`,
    short: phase.short,
    flags: FLAGS,
    *run(ctx) {
      yield* runPhases(ctx.p, resetPhases, { only: path }, yield* resetData(ctx))
    },
  }))
  return [reset, parent, ...single]
}
