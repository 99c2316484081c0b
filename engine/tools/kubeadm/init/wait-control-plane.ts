/** [wait-control-plane] of `init`. Models cmd/kubeadm/app/cmd/phases/init/waitcontrolplane.go (P1). */
import type { Proc, Run } from '../../../host/process.ts'
import { makeGoDuration, parseGoDuration } from '../../../objects/duration.ts'
import { clusterAdmins } from '../artifacts/objects/bootstrap.ts'
import { COMPONENTS } from '../artifacts/static-pods.ts'
import { createOnce, TIMEOUT } from '../apply.ts'
import { showFiles } from '../dry-run.ts'
import { isThere } from '../errors.ts'
import { conf, MANIFESTS_DIR } from '../paths.ts'
import { clientOf, say } from '../session.ts'
import { waitForApi, waitForControlPlane, waitForKubelet } from '../wait.ts'
import type { Phase } from '../workflow.ts'
import { adminClient } from './data.ts'
import type { InitData } from './data.ts'

export const waitControlPlanePhase: Phase<InitData> = {
  name: 'wait-control-plane',
  short: 'Wait for the control plane to start',
  *run(p, data) {
    const { init, dirs, dryRun } = data
    if (dryRun)
      yield* showFiles(
        p,
        dirs.manifests,
        [...COMPONENTS, 'etcd'].map((name) => `${name}.yaml`),
        MANIFESTS_DIR,
      )
    yield* announce(p, data)
    if (dryRun) return
    const { controlPlaneComponentHealthCheck = '4m0s', kubeletHealthCheck = '4m0s' } = init.timeouts ?? {}
    const address = {
      address: init.localAPIEndpoint.advertiseAddress,
      bindPort: init.localAPIEndpoint.bindPort,
    }
    const { features } = data
    const socket = init.nodeRegistration.criSocket
    yield* waitForKubelet(p, kubeletHealthCheck, features.checkLines)
    if (features.waitsForAll) yield* waitForControlPlane(p, address, controlPlaneComponentHealthCheck, socket)
    else yield* waitForApi(p, address, controlPlaneComponentHealthCheck, { lines: features.checkLines, socket })
    if (features.superAdmin) yield* bindAdmins(p, data)
  },
}

function* announce(p: Proc, { init, dirs, features }: InitData): Run<void> {
  const limit = makeGoDuration(parseGoDuration(init.timeouts?.['controlPlaneComponentHealthCheck'] ?? '4m0s'))
  const line = `[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory ${JSON.stringify(dirs.manifests)}`
  yield* say(p, features.minor >= 31 ? line : `${line}. This can take up to ${limit}`)
}

/** The group of admin.conf gets its rights from super-admin.conf. Models EnsureAdminClusterRoleBinding. */
function* bindAdmins(p: Proc, data: InitData): Run<void> {
  const binding = clusterAdmins()
  const admin = yield* adminClient(p, data)
  try {
    yield* admin.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding.body, TIMEOUT)
  } catch (error) {
    if (isThere(error)) return
    yield* createOnce(p, yield* clientOf(p, conf('super-admin')), binding)
  }
}
