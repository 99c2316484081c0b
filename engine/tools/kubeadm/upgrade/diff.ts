/** `kubeadm upgrade diff`: the manifests there are against those that would be written. Models cmd/kubeadm/app/cmd/upgrade/diff.go. */
import { unifiedHunks } from '../../kubectl/unified-diff.ts'
import { fetchCluster, sayReading } from '../cluster-config.ts'
import type { Command } from '../command.ts'
import { COMPONENTS } from '../artifacts/static-pods.ts'
import { KubeadmError, notSimulated, wrapped } from '../errors.ts'
import { exists, readText } from '../session.ts'
import { resolveVersion } from '../stable-version.ts'
import { diffTarget, upgradeClient, upgradeConfig, withVersion } from './data.ts'
import { tempDir } from './folders.ts'
import { diffFlags } from './options.ts'
import { writeManifests } from './static-pods.ts'

export const diff: Command = {
  path: 'upgrade diff',
  takes: '[version]',
  short:
    'Show what differences would be applied to existing static pod manifests. See also: kubeadm upgrade apply --dry-run',
  flags: diffFlags,
  maxArgs: 1,
  *run(ctx) {
    const { p, args, flags, features, version } = ctx
    if (flags.int('context-lines') !== 3) throw notSimulated('kubeadm upgrade diff --context-lines')
    const { given } = yield* upgradeConfig(ctx, 'diff')
    const client = yield* upgradeClient(p, flags.text('kubeconfig'))
    yield* sayReading(p, 'upgrade/diff', features.minor)
    let cluster
    try {
      cluster = yield* fetchCluster(client, features.minor)
    } catch (error) {
      throw wrapped('[upgrade/diff] FATAL', error)
    }
    const wanted = args[0] ?? given.kubernetesVersion ?? cluster.kubernetesVersion
    const target = withVersion(cluster, yield* resolveVersion(p, wanted, version))
    const dir = yield* tempDir(p, 'kubeadm-upgrade-diff')
    yield* writeManifests(p, yield* diffTarget(ctx, client, target), dir)
    for (const component of COMPONENTS) {
      const path = flags.text(`${component.replace('kube-apiserver', 'api-server').replace('kube-', '')}-manifest`)
      if (!(yield* exists(p, path))) throw new KubeadmError(`open ${path}: no such file or directory`)
      const hunks = unifiedHunks(
        (yield* readText(p, path)) ?? '',
        (yield* readText(p, `${dir}/${component}.yaml`)) ?? '',
      )
      if (hunks !== '') yield* p.out(`--- ${path}\n+++ new manifest\n${hunks}`)
    }
    yield* p.remove(dir, { recursive: true })
  },
}
