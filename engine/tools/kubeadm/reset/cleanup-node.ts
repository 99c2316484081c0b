/** cleanup-node: kubelet, containers, files. Models cmd/kubeadm/app/cmd/phases/reset/cleanupnode.go (P3). */
import type { Proc, Run } from '../../../host/process.ts'
import { cleanDir } from '../clean.ts'
import { removePods } from '../cri.ts'
import { goError } from '../errors.ts'
import { stopKubelet } from '../kubelet-files.ts'
import { CERTIFICATES_DIR, conf, KUBELET_DIR, MANIFESTS_DIR, TMP_DIR } from '../paths.ts'
import { featuresOf } from '../release.ts'
import { say, warn } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { ResetData } from './data.ts'

export const cleanupNodePhase: Phase<ResetData> = {
  name: 'cleanup-node',
  short: 'Run cleanup node.',
  *run(p, data) {
    const { dryRun, certificatesDir, cleanupTmpDir } = data
    yield* say(p, dryRun ? '[reset] Would stop the kubelet service' : '[reset] Stopping the kubelet service')
    if (!dryRun) yield* stopKubelet(p)
    yield* say(
      p,
      `[reset] ${dryRun ? 'Would unmount' : 'Unmounting'} mounted directories in ${JSON.stringify(KUBELET_DIR)}`,
    )
    if (dryRun) yield* say(p, '[reset] Would remove Kubernetes-managed containers')
    else yield* removeContainers(p, data)
    if (certificatesDir !== CERTIFICATES_DIR)
      yield* warn(p, 'cleanupnode.go:99', `[reset] WARNING: Cleaning a non-default certificates directory: ${JSON.stringify(certificatesDir)}`) // prettier-ignore
    const dirs = [MANIFESTS_DIR, KUBELET_DIR, certificatesDir, ...(cleanupTmpDir ? [TMP_DIR] : [])]
    yield* deleteContents(p, dirs, dryRun)
    yield* deleteFiles(p, data.minor, dryRun)
  },
}

function* removeContainers(p: Proc, { criSocket }: ResetData): Run<void> {
  try {
    yield* removePods(p, criSocket)
  } catch (error) {
    const why = goError(error)
    if (why === undefined) throw error
    yield* warn(p, 'cleanupnode.go:105', `[reset] Failed to remove containers: ${why}`)
  }
}

function* deleteContents(p: Proc, dirs: readonly string[], dryRun: boolean): Run<void> {
  yield* say(p, `[reset] ${dryRun ? 'Would delete' : 'Deleting'} contents of directories: [${dirs.join(' ')}]`)
  if (dryRun) return
  for (const dir of dirs) {
    const problem = yield* cleanDir(p, dir)
    if (problem !== undefined)
      yield* warn(
        p,
        'cleanupnode.go:160',
        `[reset] Failed to delete contents of ${JSON.stringify(dir)} directory: ${problem}`,
      )
  }
}

function* deleteFiles(p: Proc, minor: number, dryRun: boolean): Run<void> {
  const superAdmin = featuresOf(minor).superAdmin ? ['super-admin'] : []
  const files = ['admin', ...superAdmin, 'kubelet', 'bootstrap-kubelet', 'controller-manager', 'scheduler'].map(conf)
  yield* say(p, `[reset] ${dryRun ? 'Would delete' : 'Deleting'} files: [${files.join(' ')}]`)
  if (!dryRun) for (const file of files) yield* p.remove(file)
}
