/** What the kubelet of a node makes of the certificate that an API server shows it. Models its delegated authorization. */
import type { KubeletRefusal } from '../../api/core.ts'
import { sourceOf } from '../../host/files.ts'
import type { FileNode } from '../../host/files.ts'
import type { Host } from '../../host/host.ts'
import type { ComponentFiles } from '../component-process.ts'
import { clientCertificate, FILES, issuedAs } from '../identity.ts'

const KUBELET_PORT = 10_250
/** Whom the rights to the kubelets' API are given to. */
const KUBELET_CLIENT = 'kube-apiserver-kubelet-client'
const KUBELET_ADMINS = ['system:masters', 'kubeadm:cluster-admins']

/** Why the kubelet of a node turns away who shows that certificate; undefined: it does not. */
export function kubeletRefusal(
  node: Host,
  files: ComponentFiles,
  certificate: string,
  verb: string,
): KubeletRefusal | undefined {
  if (isKnownGood(node, files.node(certificate))) return undefined
  const nowMs = node.clockMs()
  const client = clientCertificate({ host: node, port: KUBELET_PORT, nowMs }, files.text(certificate))
  if (client === undefined || client.problem !== undefined) return { code: 401, text: 'Unauthorized' }
  const { commonName, organizations } = client
  if (commonName === KUBELET_CLIENT || organizations.some((group) => KUBELET_ADMINS.includes(group))) return undefined
  const text = `Forbidden (user=${commonName}, verb=${verb}, resource=nodes, subresource(s)=[proxy])`
  return { code: 403, text }
}

/** A certificate that was issued here, by the node's authority, is believed without a look at its text. */
function isKnownGood(node: Host, shown: FileNode | undefined): boolean {
  const issued = issuedAs(sourceOf(shown))
  if (issued === undefined) return false
  const isOurs = issued.authority === sourceOf(node.files.node(FILES[KUBELET_PORT]?.clientCa ?? ''))
  const isNow = node.clockMs() >= issued.notBeforeMs && node.clockMs() <= issued.notAfterMs
  return isOurs && isNow && issued.subject.commonName === KUBELET_CLIENT
}
