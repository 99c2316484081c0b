/** kubelet-start and kubelet-wait-bootstrap: the kubelet asks for its certificate and becomes a node. Models cmd/kubeadm/app/cmd/phases/join/kubelet.go (P2). */
import type { Proc, Run } from '../../../host/process.ts'
import { parseGoDuration } from '../../../objects/duration.ts'
import type { ApiObject } from '../../kubectl/client.ts'
import { pathOf, TIMEOUT } from '../apply.ts'
import { isMissing, KubeadmError, wrapped } from '../errors.ts'
import { startKubelet, stopKubelet, writeKubeletConfig, writeKubeletEnv } from '../kubelet-files.ts'
import { annotateSocket } from '../mark.ts'
import { BOOTSTRAP_CONF, conf } from '../paths.ts'
import { clientOf, connectionFrom, exists, readText, say, write } from '../session.ts'
import { waitForKubelet } from '../wait.ts'
import type { Phase } from '../workflow.ts'
import { bootstrapClient, bootstrapKubeconfig, discovered, joinedCluster } from './cluster.ts'
import type { JoinData } from './data.ts'

const RETRY_MS = 1_000

export const kubeletStartPhase: Phase<JoinData> = {
  name: 'kubelet-start',
  short: 'Write kubelet settings, certificates and (re)start the kubelet',
  *run(p, data) {
    try {
      yield* startJoined(p, data)
    } finally {
      if (!data.features.kubeletLocalMode && !data.dryRun) yield* p.remove(BOOTSTRAP_CONF)
    }
  },
}

function* startJoined(p: Proc, data: JoinData): Run<void> {
  const { join, features, dirs, dryRun, hostName } = data
  const { cluster } = yield* joinedCluster(p, data)
  const found = yield* discovered(p, data)
  const local = features.kubeletLocalMode && join.controlPlane?.localAPIEndpoint
  const server = local ? `https://${local.advertiseAddress}:${local.bindPort}` : found.server
  yield* write(p, `${dirs.kubeconfigs}/bootstrap-kubelet.conf`, bootstrapKubeconfig({ ...found, server }), 0o600)
  const caPath = dryRun ? `${dirs.certificates}/ca.crt` : join.caCertPath
  if (!(yield* exists(p, caPath))) yield* write(p, caPath, found.ca, 0o644)
  yield* checkNode(p, data)
  if (dryRun) yield* say(p, '[kubelet-start] Would stop the kubelet')
  else yield* stopKubelet(p)
  const registerTaints = join.controlPlane === undefined
  const files = { cluster, node: join.nodeRegistration, hostName, dir: dirs.kubelet, registerTaints }
  yield* writeKubeletConfig(p, files, data.kubelet ?? {})
  yield* writeKubeletEnv(p, files)
  if (dryRun) return yield* say(p, '[kubelet-start] Would start the kubelet')
  yield* startKubelet(p)
  if (!features.kubeletLocalMode) yield* waitBootstrap(p, data)
}

/** A node of that name that is well is somebody else. */
function* checkNode(p: Proc, data: JoinData): Run<void> {
  const { name } = data.join.nodeRegistration
  const client = yield* bootstrapClient(p, data)
  let node: ApiObject
  try {
    node = yield* client.get(pathOf('v1/nodes', undefined, name), TIMEOUT)
  } catch (error) {
    if (isMissing(error)) return
    throw wrapped(`cannot get Node ${JSON.stringify(name)}`, error)
  }
  const { conditions = [] } = (node['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True'))
    throw new KubeadmError(
      `a Node with name ${JSON.stringify(name)} and status "Ready" already exists in the cluster. You must delete the existing Node or change the name of this new joining Node`,
    )
}

export const kubeletWaitBootstrapPhase: Phase<JoinData> = {
  name: 'kubelet-wait-bootstrap',
  short: 'Wait for the kubelet to bootstrap itself',
  hidden: true,
  when: ({ features }) => features.kubeletLocalMode,
  run: (p, data) => waitBootstrap(p, data),
}

const failMessage = (why: string): string => `
Unfortunately, an error has occurred:
	${why}

This error is likely caused by:
	- The kubelet is not running
	- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups disabled)

If you are on a systemd-powered system, you can try to troubleshoot the error with the following commands:
	- 'systemctl status kubelet'
	- 'journalctl -xeu kubelet'
`

function* waitBootstrap(p: Proc, data: JoinData): Run<void> {
  const { join, features, dryRun } = data
  if (dryRun) return yield* say(p, '[kubelet-wait] Would wait for the kubelet to be bootstrapped')
  const { kubeletHealthCheck = '4m0s', tlsBootstrap = '5m0s' } = join.timeouts ?? {}
  try {
    yield* waitForKubelet(p, kubeletHealthCheck, features.checkLines)
    yield* waitForKubeconfig(p, parseGoDuration(tlsBootstrap), features.minor)
  } finally {
    if (features.kubeletLocalMode) yield* p.remove(BOOTSTRAP_CONF)
  }
  if (features.nodeLocalSocket) return
  const { name, criSocket } = join.nodeRegistration
  yield* annotateSocket(p, yield* clientOf(p, conf('kubelet')), name, criSocket)
}

/** Until kubelet.conf is there with all that it names. */
function* waitForKubeconfig(p: Proc, limitMs: number, minor: number): Run<void> {
  yield* say(p, `[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap${minor >= 31 ? '' : '...'}`)
  const endMs = (yield* p.now()) + limitMs
  while (!(yield* canConnect(p))) {
    if ((yield* p.now()) >= endMs) {
      const why = minor >= 28 ? 'context deadline exceeded' : 'timed out waiting for the condition'
      yield* p.out(failMessage(why))
      throw new KubeadmError(why)
    }
    yield* p.sleep(RETRY_MS)
  }
}

function* canConnect(p: Proc): Run<boolean> {
  const text = yield* readText(p, conf('kubelet'))
  if (text === undefined) return false
  try {
    yield* connectionFrom(p, text, conf('kubelet'))
    return true
  } catch (error) {
    if (error instanceof KubeadmError) return false
    throw error
  }
}
