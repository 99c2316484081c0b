/** The command that joins a node. Models cmd/kubeadm/app/cmd/util/join.go (P1, P4). */
import type { Proc, Run } from '../../host/process.ts'
import { HASHES, makePublicKeyDer, parseCertificates, toHex } from '../../pki/index.ts'
import type { Certificate } from '../../pki/index.ts'
import { decode } from './artifacts/kubeconfigs.ts'
import { KubeadmError } from './errors.ts'
import { parseKubeconfig, readText } from './session.ts'

/** `sha256:<64 hex>` of a certificate's public key. Models util/pubkeypin. */
export const pinOf = ({ publicKey }: Certificate): string =>
  `sha256:${toHex(HASHES.sha256(makePublicKeyDer(publicKey)))}`

interface Joining {
  /** Where the server and its authority are read from. */
  kubeconfig: string
  token: string
  controlPlane?: boolean
  certificateKey?: string
}

/** Over several lines, each but the last ending with a backslash; the last with a space. */
export function* joinCommand(p: Proc, { kubeconfig, token, controlPlane, certificateKey }: Joining): Run<string> {
  const text = yield* readText(p, kubeconfig)
  if (text === undefined)
    throw new KubeadmError(`failed to load kubeconfig: open ${kubeconfig}: no such file or directory`)
  const { cluster } = parseKubeconfig(text, kubeconfig)
  const server = String(cluster['server'] ?? '').replace(/^https:\/\//, '')
  const data = cluster['certificate-authority-data']
  const path = cluster['certificate-authority']
  const ca = typeof data === 'string' ? decode(data) : ((yield* readText(p, String(path ?? ''))) ?? '')
  const pins = parseCertificates(ca).map((one) => `--discovery-token-ca-cert-hash ${pinOf(one)} `)
  if (pins.length === 0) throw new KubeadmError('failed to load CA certificate')
  const extra = [
    ...(controlPlane
      ? [`--control-plane ${certificateKey === undefined ? '' : `--certificate-key ${certificateKey}`}`]
      : []),
  ]
  return [`kubeadm join ${server} --token ${token} `, ...pins, ...extra].join('\\\n\t')
}

/** On one line, as `token create --print-join-command` shows it. */
export const onOneLine = (command: string): string => command.replaceAll(/\\\n\t/g, '')
