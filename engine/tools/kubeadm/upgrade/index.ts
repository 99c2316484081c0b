/** `kubeadm upgrade plan|apply|node|diff` (A5, A6, A7). Models cmd/kubeadm/app/cmd/upgrade. */
import type { Proc, Run } from '../../../host/process.ts'
import type { Command, Context } from '../command.ts'
import { wrapped } from '../errors.ts'
import { say } from '../session.ts'
import { flatten, phaseHelp, PreflightError, runPhases } from '../workflow.ts'
import type { Phase } from '../workflow.ts'
import { addonPhase, upgradeAddons } from './addons.ts'
import { bootstrapTokenPhase } from './bootstrap-token.ts'
import { controlPlanePhase } from './control-plane.ts'
import { applyData, nodeData } from './data.ts'
import type { UpgradeData } from './data.ts'
import { diff } from './diff.ts'
import { kubeconfigPhase } from './kubeconfig.ts'
import { kubeletConfigPhase } from './kubelet-config.ts'
import { applyFlags, nodeFlags } from './options.ts'
import { plan } from './plan.ts'
import { changeMarks, dropFlags, postUpgradePhase } from './post-upgrade.ts'
import { applyPreflight, hasPhases, nodePreflight } from './preflight.ts'
import { uploadConfigPhase } from './upload-config.ts'

/** What only some releases change before the configuration is stored. */
const marksPhase: Phase<UpgradeData> = { name: 'marks', short: '', hidden: true, run: changeMarks }

function applyPhases(minor: number): Phase<UpgradeData>[] {
  const first = [applyPreflight, controlPlanePhase('Upgrade the control plane')]
  if (hasPhases(minor))
    return [
      ...first,
      uploadConfigPhase,
      kubeconfigPhase,
      kubeletConfigPhase,
      bootstrapTokenPhase,
      addonPhase,
      postUpgradePhase,
    ]
  const addons: Phase<UpgradeData> = { name: 'addons', short: '', run: upgradeAddons }
  const flags: Phase<UpgradeData> = { name: 'flags', short: '', run: dropFlags }
  return [...first, marksPhase, uploadConfigPhase, kubeletConfigPhase, bootstrapTokenPhase, addons, flags]
}

function nodePhases(minor: number): Phase<UpgradeData>[] {
  const first = [nodePreflight, controlPlanePhase('Upgrade the control plane instance deployed on this node, if any')]
  if (hasPhases(minor)) return [...first, kubeconfigPhase, kubeletConfigPhase, addonPhase, postUpgradePhase]
  const flags: Phase<UpgradeData> = { name: 'flags', short: '', hidden: true, run: dropFlags }
  return [...first, kubeletConfigPhase, flags]
}

function* applied(p: Proc, { cluster, features, dryRun }: UpgradeData): Run<void> {
  if (dryRun) return yield* say(p, '[upgrade/successful] Finished dryrunning successfully!')
  const version = JSON.stringify(cluster.kubernetesVersion)
  yield* p.out(
    hasPhases(features.minor)
      ? `\n[upgrade] SUCCESS! A control plane node of your cluster was upgraded to ${version}.\n\n[upgrade] Now please proceed with upgrading the rest of the nodes by following the right order.\n`
      : `\n[upgrade/successful] SUCCESS! Your cluster was upgraded to ${version}. Enjoy!\n\n[upgrade/kubelet] Now that your control plane is upgraded, please proceed with upgrading your kubelets if you haven't already done so.\n`,
  )
}

/** Without phases an error says where by a name of its own. */
const FATAL: Record<string, string> = { 'control-plane': 'upgrade/apply', preflight: '' }

function* runApply(ctx: Context, phases: readonly Phase<UpgradeData>[]): Run<void> {
  const { p, features } = ctx
  const data = yield* applyData(ctx)
  if (hasPhases(features.minor)) yield* runPhases(p, phases, { skip: data.skipPhases }, data)
  else for (const { phase } of flatten(phases)) yield* runWhole(p, phase, data)
  yield* applied(p, data)
}

function* runWhole(p: Proc, phase: Phase<UpgradeData>, data: UpgradeData): Run<void> {
  if (phase.run === undefined || phase.runsSiblings === true) return
  try {
    yield* phase.run(p, data)
  } catch (error) {
    const where = FATAL[phase.name] ?? 'upgrade/postupgrade'
    throw error instanceof PreflightError || where === ''
      ? error
      : wrapped(`[${where}] FATAL${where === 'upgrade/postupgrade' ? ' post-upgrade error' : ''}`, error)
  }
}

function apply(minor: number): Command {
  const phases = applyPhases(minor)
  const short = 'Upgrade your Kubernetes cluster to the specified version'
  return {
    path: 'upgrade apply',
    takes: '[version]',
    short,
    ...(hasPhases(minor) && { long: `${short}\n\n${phaseHelp('apply [version]', phases)}` }),
    flags: applyFlags,
    maxArgs: 1,
    run: (ctx) => runApply(ctx, phases),
  }
}

const NODE_SHORT = 'Upgrade commands for a node in the cluster'

function node(minor: number): Command {
  const phases = nodePhases(minor)
  return {
    path: 'upgrade node',
    short: NODE_SHORT,
    long: `${NODE_SHORT}\n\n${phaseHelp('node', phases)}`,
    flags: nodeFlags,
    *run(ctx) {
      const data = yield* nodeData(ctx)
      yield* runPhases(ctx.p, phases, { skip: data.skipPhases }, data)
      if (!hasPhases(minor)) {
        yield* say(ctx.p, '[upgrade] The configuration for this node was successfully updated!')
        yield* say(
          ctx.p,
          '[upgrade] Now you should go ahead and upgrade the kubelet package using your package manager.',
        )
      }
    },
  }
}

interface PhaseCommands {
  of: 'apply' | 'node'
  phases: readonly Phase<UpgradeData>[]
  flags: Command['flags']
  data(ctx: Context): Run<UpgradeData>
}

function phaseCommands({ of, phases, flags = [], data }: PhaseCommands): Command[] {
  const parent: Command = {
    path: `upgrade ${of} phase`,
    short: `Use this command to invoke single phase of the ${JSON.stringify(of)} workflow`,
  }
  const single = flatten(phases).map(({ phase, path }): Command => ({
    path: `upgrade ${of} phase ${path.replaceAll('/', ' ')}`,
    short: phase.short,
    flags,
    maxArgs: of === 'apply' ? 1 : 0,
    ...(phase.phases === undefined && {
      *run(ctx: Context) {
        yield* runPhases(ctx.p, phases, { only: path }, yield* data(ctx))
      },
    }),
  }))
  return [parent, ...single]
}

export function upgradeCommands(minor: number): Command[] {
  const parent: Command = {
    path: 'upgrade',
    short: 'Upgrade your cluster smoothly to a newer version with this command',
  }
  return [
    parent,
    apply(minor),
    ...(hasPhases(minor)
      ? phaseCommands({ of: 'apply', phases: applyPhases(minor), flags: applyFlags, data: applyData })
      : []),
    diff,
    node(minor),
    ...phaseCommands({ of: 'node', phases: nodePhases(minor), flags: nodeFlags, data: nodeData }),
    plan,
  ]
}
