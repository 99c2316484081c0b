/** control-plane-prepare: certificates, kubeconfigs and manifests of a joining control plane. Models cmd/kubeadm/app/cmd/phases/join/controlplaneprepare.go (P2). */
import type { Proc, Run } from '../../../host/process.ts'
import { leavesOf } from '../artifacts/certificates.ts'
import { kubeconfigSpecs } from '../artifacts/kubeconfigs.ts'
import { COMPONENTS } from '../artifacts/static-pods.ts'
import { createLeaf, createServiceAccountKey } from '../certs/create.ts'
import { createKubeconfig } from '../kubeconfig-files.ts'
import { writeComponent } from '../manifest-files.ts'
import { clientFrom, say } from '../session.ts'
import { downloadCertificates } from '../uploaded-certificates.ts'
import type { Phase } from '../workflow.ts'
import { bootstrapKubeconfig, discovered, joinedCluster } from './cluster.ts'
import type { JoinData } from './data.ts'

const isControlPlane = ({ join }: JoinData): boolean => join.controlPlane !== undefined

function* download(p: Proc, data: JoinData): Run<void> {
  const key = data.join.controlPlane?.certificateKey
  if (!key) return
  const { cluster } = yield* joinedCluster(p, data)
  const client = yield* clientFrom(p, bootstrapKubeconfig(yield* discovered(p, data)), '')
  yield* downloadCertificates(p, { client, cluster, dir: data.dirs.certificates, key })
}

function* certs(p: Proc, data: JoinData): Run<void> {
  const { cluster, init } = yield* joinedCluster(p, data)
  const dir = data.dirs.certificates
  yield* say(p, `[certs] Using certificateDir folder ${JSON.stringify(dir)}`)
  const host = { name: init.nodeRegistration.name, address: init.localAPIEndpoint.advertiseAddress }
  for (const leaf of leavesOf(cluster)) yield* createLeaf(p, { cluster, host, dir }, leaf)
  yield* say(p, `[certs] Valid certificates and keys now exist in ${JSON.stringify(dir)}`)
  yield* createServiceAccountKey(p, { cluster, host, dir })
}

/** Files of administrators and components; the kubelet gets its own. */
const FILES = ['admin', 'controller-manager', 'scheduler']

function* kubeconfigs(p: Proc, data: JoinData): Run<void> {
  const { cluster, init } = yield* joinedCluster(p, data)
  const { advertiseAddress: address, bindPort } = init.localAPIEndpoint
  yield* say(p, '[kubeconfig] Generating kubeconfig files')
  yield* say(p, `[kubeconfig] Using kubeconfig folder ${JSON.stringify(data.dirs.kubeconfigs)}`)
  const place = { cluster, certificatesDir: data.dirs.certificates, dir: data.dirs.kubeconfigs }
  for (const spec of kubeconfigSpecs(cluster, { name: init.nodeRegistration.name, address, bindPort }))
    if (FILES.includes(spec.file)) yield* createKubeconfig(p, place, spec)
}

function* manifests(p: Proc, data: JoinData): Run<void> {
  const { cluster, init } = yield* joinedCluster(p, data)
  const dir = data.dirs.manifests
  yield* say(p, `[control-plane] Using manifest folder ${JSON.stringify(dir)}`)
  for (const name of COMPONENTS) {
    yield* say(p, `[control-plane] Creating static Pod manifest for ${JSON.stringify(name)}`)
    yield* writeComponent(p, { cluster, node: init.nodeRegistration, endpoint: init.localAPIEndpoint, dir }, name)
  }
}

const sub = (name: string, short: string, run: (p: Proc, data: JoinData) => Run<void>): Phase<JoinData> => ({
  name,
  short,
  when: isControlPlane,
  run,
})

export const controlPlanePreparePhase: Phase<JoinData> = {
  name: 'control-plane-prepare',
  short: 'Prepare the machine for serving a control plane',
  phases: [
    { name: 'all', short: 'Prepare the machine for serving a control plane', runsSiblings: true },
    sub(
      'download-certs',
      'Download certificates shared among control-plane nodes from the kubeadm-certs Secret',
      download,
    ),
    sub('certs', 'Generate the certificates for the new control plane components', certs),
    sub('kubeconfig', 'Generate the kubeconfig for the new control plane components', kubeconfigs),
    sub('control-plane', 'Generate the manifests for the new control plane components', manifests),
  ],
}
