/** [upgrade/control-plane] (A6, A7). Models cmd/kubeadm/app/cmd/phases/upgrade/apply/controlplane.go and node/controlplane.go. */
import type { Proc, Run } from '../../../host/process.ts'
import { COMPONENTS } from '../artifacts/static-pods.ts'
import { showFiles } from '../dry-run.ts'
import { wrapped } from '../errors.ts'
import { MANIFESTS_DIR } from '../paths.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import { upgradeAddons } from './addons.ts'
import type { UpgradeData } from './data.ts'
import { tempDir } from './folders.ts'
import { hasPhases } from './preflight.ts'
import { upgradeStaticPods, writeEtcdManifest, writeManifests } from './static-pods.ts'

/** What each command says before and after; the second name is the one before phases. */
function texts({ command, cluster, timeout, features }: UpgradeData): { before: string; after?: string } {
  const version = JSON.stringify(cluster.kubernetesVersion)
  const modern = hasPhases(features.minor)
  if (modern) {
    const what = command === 'apply' ? `control plane to version ${version} (timeout: ${timeout})...` : `control plane instance to version ${version}...` // prettier-ignore
    return {
      before: `[upgrade/control-plane] Upgrading your ${command === 'apply' ? 'static' : 'Static'} Pod-hosted ${what}`,
      after: '[upgrade/control-plane] The control plane instance for this node was successfully upgraded!',
    }
  }
  if (command === 'apply')
    return {
      before: `[upgrade/apply] Upgrading your Static Pod-hosted control plane to version ${version} (timeout: ${timeout})...`,
    }
  return {
    before: `[upgrade] Upgrading your Static Pod-hosted control plane instance to version ${version}...`,
    after: '[upgrade] The control plane instance for this node was successfully updated!',
  }
}

export const controlPlanePhase = (short: string): Phase<UpgradeData> => ({
  name: 'control-plane',
  short,
  *run(p, data) {
    const { isControlPlane, dryRun, features, command, cluster } = data
    const modern = hasPhases(features.minor)
    if (!isControlPlane)
      return yield* say(p, `[upgrade${modern ? '/control-plane' : ''}] Skipping phase. Not a control plane node.`)
    const { before, after } = texts(data)
    if (dryRun) {
      if (command === 'apply')
        yield* p.out(`[dryrun] Would upgrade your static Pod-hosted control plane to version ${JSON.stringify(cluster.kubernetesVersion)}`) // prettier-ignore
      else yield* say(p, before)
      return yield* showManifests(p, data)
    }
    yield* say(p, before)
    try {
      yield* upgradeStaticPods(p, data)
    } catch (error) {
      throw modern || command === 'node' ? wrapped("couldn't complete the static pod upgrade", error) : error
    }
    if (!modern && command === 'node') yield* upgradeAddons(p, data)
    if (after !== undefined) yield* say(p, after)
  },
})

function* showManifests(p: Proc, data: UpgradeData): Run<void> {
  const dir = yield* tempDir(p, 'kubeadm-upgrade-dryrun')
  yield* writeManifests(p, data, dir)
  if (data.cluster.etcd.external === undefined) yield* writeEtcdManifest(p, data, dir)
  yield* showFiles(
    p,
    dir,
    [...COMPONENTS, 'etcd'].map((name) => `${name}.yaml`),
    MANIFESTS_DIR,
  )
}
