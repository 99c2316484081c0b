/** `kubeadm init` and `kubeadm init phase …` (P1). Models cmd/kubeadm/app/cmd/init.go. */
import type { Command } from '../command.ts'
import { option } from '../options.ts'
import { say } from '../session.ts'
import { flatten, phaseHelp, runPhases } from '../workflow.ts'
import { initData } from './data.ts'
import { initPhases } from './phases.ts'

const FLAGS = [
  option.advertiseAddress,
  option.bindPort,
  option.extraSans,
  option.certDir,
  option.certificateKey,
  option.config,
  option.endpoint,
  option.criSocket,
  option.dryRun,
  option.featureGates,
  option.ignorePreflightErrors,
  option.imageRepository,
  option.kubernetesVersion,
  option.nodeName,
  option.patches,
  option.podCidr,
  option.serviceCidr,
  option.dnsDomain,
  option.skipCertificateKeyPrint,
  option.skipPhases,
  option.skipTokenPrint,
  option.token,
  option.tokenTtl,
  option.uploadCerts,
]

const SHORT = 'Run this command in order to set up the Kubernetes control plane'

export function initCommands(minor: number): Command[] {
  const phases = initPhases(minor)
  const init: Command = {
    path: 'init',
    short: SHORT,
    long: `${SHORT}\n\n${phaseHelp('init', phases)}`,
    flags: FLAGS,
    *run(ctx) {
      const data = yield* initData(ctx)
      yield* say(ctx.p, `[init] Using Kubernetes version: ${data.cluster.kubernetesVersion}`)
      yield* runPhases(ctx.p, phases, { skip: data.skipPhases }, data)
    },
  }
  const parent: Command = {
    path: 'init phase',
    short: 'Use this command to invoke single phase of the "init" workflow',
  }
  const single = flatten(phases).map(({ phase, path }): Command => ({
    path: `init phase ${path.replaceAll('/', ' ')}`,
    short: phase.short,
    flags: [...FLAGS, option.kubeconfig],
    ...((phase.phases === undefined || phase.name === 'preflight') && {
      *run(ctx) {
        yield* runPhases(ctx.p, phases, { only: path }, yield* initData(ctx))
      },
    }),
  }))
  return [init, parent, ...single]
}
