/** [upgrade/preflight]: is the host fit, is the cluster well, may it get that version; then images. Models cmd/kubeadm/app/cmd/phases/upgrade/apply/preflight.go and node/preflight.go (A6, A7). */
import type { Proc, Run } from '../../../host/process.ts'
import { KubeadmError } from '../errors.ts'
import { checkRoot, pullImages } from '../preflight/index.ts'
import { confirm } from '../prompt.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { UpgradeData } from './data.ts'
import { checkHealth, checkHealthAlone } from './health.ts'
import { objectionsTo, verdictOn } from './policy.ts'
import { clusterVersion, kubeletVersions, orError } from './versions.ts'

/** Up to 1.31 `apply` had no phases, and its lines other names. */
export const hasPhases = (minor: number): boolean => minor >= 32

export const applyPreflight: Phase<UpgradeData> = {
  name: 'preflight',
  short: 'Run preflight checks before upgrade',
  *run(p, data) {
    const { minor } = data.features
    yield* say(
      p,
      hasPhases(minor) ? '[upgrade/preflight] Running preflight checks' : '[preflight] Running pre-flight checks.',
    )
    yield* checkRoot(p, data)
    if (hasPhases(minor)) yield* checkHealth(p, { ...data, minor })
    else yield* checkHealthAlone(p, { ...data, minor })
    yield* checkVersion(p, data)
    if (data.interactive) yield* confirm(p, 'upgrade')
    if (data.dryRun) return yield* say(p, "[dryrun] Would pull the required images (like 'kubeadm config images pull')")
    yield* pullImages(p, { ...data, prefix: hasPhases(minor) ? 'upgrade/preflight' : 'upgrade/prepull' })
  },
}

/** A3 */
function* checkVersion(p: Proc, { client, cluster, version, features, force, allowed }: UpgradeData): Run<void> {
  const modern = hasPhases(features.minor)
  const wanted = cluster.kubernetesVersion
  yield* say(
    p,
    modern
      ? `[upgrade/preflight] You have chosen to upgrade the cluster version to ${JSON.stringify(wanted)}`
      : `[upgrade/version] You have chosen to change the cluster version to ${JSON.stringify(wanted)}`,
  )
  const current = yield* orError(clusterVersion(client))
  if (typeof current === 'string') {
    yield* say(p, `[upgrade/versions] Cluster version: ${current}`)
    yield* say(p, `[upgrade/versions] kubeadm version: ${version}`)
  }
  const found = yield* orError(kubeletVersions(client))
  const kubelets = 'error' in found && typeof found.error === 'string' ? { error: found.error } : Object.keys(found)
  const objections = objectionsTo(wanted, { cluster: current, kubeadm: version, kubelets }, allowed)
  const verdict = verdictOn(objections, { force, prefix: modern ? 'upgrade/preflight' : 'upgrade/version' })
  if (verdict === undefined) return
  if ('text' in verdict) return yield* p.out(verdict.text)
  throw new KubeadmError(
    modern
      ? verdict.error
      : verdict.error.replace(/^the version argument/, '[upgrade/version] FATAL: the --version argument'),
  )
}

export const nodePreflight: Phase<UpgradeData> = {
  name: 'preflight',
  short: 'Run upgrade node pre-flight checks',
  *run(p, data) {
    const { minor } = data.features
    const prefix = hasPhases(minor) ? 'upgrade/preflight' : 'preflight'
    yield* say(p, `[${prefix}] Running pre-flight checks`)
    yield* checkRoot(p, data)
    if (!data.isControlPlane) yield* say(p, `[${prefix}] Skipping prepull. Not a control plane node.`)
    else if (data.dryRun)
      yield* say(p, `[${prefix}] Would pull the required images (like 'kubeadm config images pull')`)
    else yield* pullImages(p, { ...data, prefix })
  },
}
