/** [preflight] of `join` (P2, P5). Models cmd/kubeadm/app/cmd/phases/join/preflight.go. */
import type { Proc, Run } from '../../../host/process.ts'
import { parseEndpoint } from '../artifacts/addresses.ts'
import { KubeadmError } from '../errors.ts'
import { checkJoin, checkJoiningControlPlane, checkRoot, pullImages } from '../preflight/index.ts'
import { exists, say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import { joinedCluster } from './cluster.ts'
import type { JoinData } from './data.ts'

export const preflightPhase: Phase<JoinData> = {
  name: 'preflight',
  short: 'Run join pre-flight checks',
  *run(p, data) {
    yield* say(p, '[preflight] Running pre-flight checks')
    yield* checkRoot(p, data)
    const endpoint = data.join.discovery.bootstrapToken?.apiServerEndpoint ?? ''
    yield* checkJoin(p, { ...data, address: parseEndpoint(endpoint, 6443).host })
    const { cluster, init } = yield* joinedCluster(p, data)
    if (data.join.controlPlane === undefined) return
    yield* checkEligible(p, data)
    yield* say(p, '[preflight] Running pre-flight checks before initializing the new control plane instance')
    const downloadsCerts = (data.join.controlPlane.certificateKey ?? '') !== ''
    yield* checkJoiningControlPlane(p, { ...data, cluster, init, downloadsCerts })
    if (data.dryRun) yield* say(p, "[preflight] Would pull the required images (like 'kubeadm config images pull')")
    else yield* pullImages(p, { ...data, cluster, node: init.nodeRegistration })
  },
}

const notEligible = (reasons: readonly string[]): string => `
One or more conditions for hosting a new control plane instance is not satisfied.

${reasons.join('\n')}

Please ensure that:
* The cluster has a stable controlPlaneEndpoint address.
* The certificates that must be shared among control plane instances are provided.

`

/** A stable endpoint, and the certificates that control planes share. */
function* checkEligible(p: Proc, { cluster, join }: JoinData): Run<void> {
  const reasons: string[] = []
  if (!cluster?.controlPlaneEndpoint)
    reasons.push(
      "unable to add a new control plane instance to a cluster that doesn't have a stable controlPlaneEndpoint address",
    )
  else if (!join.controlPlane?.certificateKey) reasons.push(...(yield* missingCertificates(p, cluster.certificatesDir)))
  if (reasons.length > 0) throw new KubeadmError(notEligible(reasons))
}

const SHARED: readonly (readonly [path: string, text: string])[] = [
  ['ca.crt', "couldn't load the certificate file"],
  ['sa.key', "couldn't load the private key file"],
  ['front-proxy-ca.crt', "couldn't load the certificate file"],
  ['etcd/ca.crt', "couldn't load the certificate file"],
]

function* missingCertificates(p: Proc, dir: string): Run<string[]> {
  const missing: string[] = []
  for (const [path, text] of SHARED)
    if (!(yield* exists(p, `${dir}/${path}`)))
      missing.push(`failure loading certificate for ${path.includes('sa') ? 'service account' : 'CA'}: ${text} ${dir}/${path}: open ${dir}/${path}: no such file or directory`) // prettier-ignore
  return missing.length === 0 ? [] : [missing.length === 1 ? (missing[0] as string) : `[${missing.join(', ')}]`]
}
