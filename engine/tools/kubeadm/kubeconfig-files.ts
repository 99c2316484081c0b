/** [kubeconfig]: the files of administrators and components. Models cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go (P1, P7). */
import type { Proc, Run } from '../../host/process.ts'
import { parseCertificate } from '../../pki/index.ts'
import { encode, makeKubeconfig } from './artifacts/kubeconfigs.ts'
import type { KubeconfigSpec } from './artifacts/kubeconfigs.ts'
import type { LeafSubject } from './artifacts/certificates.ts'
import { newLeaf, signingAuthority } from './certificate-files.ts'
import type { KeyPair } from './certificate-files.ts'
import type { ClusterConfiguration } from './config/types.ts'
import { KubeadmError } from './errors.ts'
import { connectionFrom, parseKubeconfig, readText, say, write } from './session.ts'

export interface KubeconfigPlace {
  cluster: ClusterConfiguration
  /** Where the authority stands, and where the file goes. */
  certificatesDir: string
  dir: string
}

/** Writes a file, or keeps the one that is there and still fits. */
export function* createKubeconfig(p: Proc, place: KubeconfigPlace, spec: KubeconfigSpec): Run<void> {
  const { cluster, certificatesDir, dir } = place
  const path = `${dir}/${spec.file}.conf`
  const there = yield* readText(p, path)
  if (there !== undefined) {
    yield* checkExisting(p, { path, text: there, spec, certificatesDir })
    return yield* say(p, `[kubeconfig] Using existing kubeconfig file: ${JSON.stringify(path)}`)
  }
  const authority = yield* signingAuthority(p, certificatesDir, 'ca')
  yield* say(p, `[kubeconfig] Writing ${JSON.stringify(`${spec.file}.conf`)} kubeconfig file`)
  yield* write(p, path, yield* clientKubeconfig(p, authority, cluster, spec), 0o600)
}

interface Client {
  user: string
  subject: LeafSubject
  server: string
}

/** The text of a kubeconfig with a new certificate in it. */
export function* clientKubeconfig(
  p: Proc,
  authority: KeyPair,
  cluster: ClusterConfiguration,
  { user, subject, server }: Client,
): Run<string> {
  const leaf = yield* newLeaf(p, authority, subject, cluster)
  return makeKubeconfig({
    cluster: cluster.clusterName,
    server,
    ca: authority.certificatePem,
    user,
    credentials: {
      'client-certificate-data': encode(leaf.certificatePem),
      'client-key-data': encode(leaf.keyPem),
    },
  })
}

interface Existing {
  path: string
  text: string
  spec: KubeconfigSpec
  certificatesDir: string
}

/** A file of another authority is refused; one of another server is only told. */
function* checkExisting(p: Proc, { path, text, spec, certificatesDir }: Existing): Run<void> {
  const { tls } = yield* connectionFrom(p, text, path)
  const [own, wanted] = [tls.ca, yield* readText(p, `${certificatesDir}/ca.crt`)]
  if (own !== undefined && wanted !== undefined && own.trim() !== wanted.trim())
    throw new KubeadmError(`a kubeconfig file ${JSON.stringify(path)} exists already but has got the wrong CA cert`)
  const server = String(parseKubeconfig(text, path).cluster['server'] ?? '')
  if (server !== spec.server) {
    yield* say(
      p,
      `a kubeconfig file ${JSON.stringify(path)} exists already but has an unexpected API Server URL: expected: ${spec.server}, got: ${server}`,
    )
  }
  if (tls.cert !== undefined && parseCertificate(tls.cert) === undefined)
    throw new KubeadmError(`a kubeconfig file ${JSON.stringify(path)} exists already but has no client certificate`)
}
