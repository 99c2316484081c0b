/** [upload-certs] and [download-certs]. Models cmd/kubeadm/app/phases/copycerts (P1, P2). */
import type { Proc, Run } from '../../host/process.ts'
import { timestamp } from '../../objects/meta.ts'
import { toBase64, toHex } from '../../pki/index.ts'
import type { ApiObject, Client } from '../kubectl/client.ts'
import { apply, applyAll, createOnce, pathOf, TIMEOUT } from './apply.ts'
import { certificateRules, tokenSecret } from './artifacts/objects/bootstrap.ts'
import { objectOf } from './artifacts/objects/object.ts'
import type { ClusterConfiguration } from './config/types.ts'
import { isMissing, KubeadmError, wrapped } from './errors.ts'
import { keyBytes, seal, unseal } from './sealed.ts'
import { randomBytes, randomText, readText, say, write } from './session.ts'

/** How long the certificates are kept. */
const KEPT_MS = 7_200_000
const SECRET = 'kubeadm-certs'

/** Path under the certificates' folder → key of the Secret. */
function sharedFiles({ etcd }: ClusterConfiguration): string[] {
  const own = ['ca', 'front-proxy-ca'].flatMap((name) => [`${name}.crt`, `${name}.key`])
  const members = etcd.external === undefined ? ['etcd/ca.crt', 'etcd/ca.key'] : []
  return [...own, 'sa.pub', 'sa.key', ...members]
}

const secretKey = (path: string): string => path.replace('/', '-')

export function* newCertificateKey(p: Proc): Run<string> {
  return toHex(yield* randomBytes(p, 32))
}

interface Uploading {
  client: Client
  cluster: ClusterConfiguration
  dir: string
  key: string
}

/** Stores the certificates that all control planes share, for two hours. */
export function* uploadCertificates(p: Proc, { client, cluster, dir, key }: Uploading): Run<void> {
  yield* say(p, `[upload-certs] Storing the certificates in Secret "${SECRET}" in the "kube-system" Namespace`)
  const bytes = keyBytes(key)
  const owner = yield* shortLivedToken(p, client)
  const data: Record<string, string> = {}
  for (const path of sharedFiles(cluster)) {
    const text = yield* readText(p, `${dir}/${path}`)
    if (text === undefined)
      throw new KubeadmError(`error uploading certs: open ${dir}/${path}: no such file or directory`)
    data[secretKey(path)] = toBase64(seal(text, bytes, yield* randomBytes(p, 12)))
  }
  yield* apply(
    p,
    client,
    objectOf('v1/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: SECRET, namespace: 'kube-system', ...owner },
      data,
      type: 'Opaque',
    }),
  )
  yield* applyAll(p, client, certificateRules())
}

/** A token that nobody uses: when it expires, the Secret that it owns goes too. */
function* shortLivedToken(p: Proc, client: Client): Run<{ ownerReferences: object[] }> {
  const id = yield* randomText(p, 6)
  const token = tokenSecret({
    id,
    secret: yield* randomText(p, 16),
    description: 'Proxy for managing TTL for the kubeadm-certs secret',
    expiration: timestamp((yield* p.now()) + KEPT_MS),
    usages: [],
    groups: [],
  })
  yield* createOnce(p, client, token)
  const name = token.body.metadata.name
  const made = yield* client.get(pathOf('v1/secrets', 'kube-system', name), TIMEOUT)
  return {
    ownerReferences: [
      { apiVersion: 'v1', blockOwnerDeletion: true, controller: true, kind: 'Secret', name, uid: made.metadata?.uid },
    ],
  }
}

/** Fetches what another control plane stored. */
export function* downloadCertificates(p: Proc, { client, cluster, dir, key }: Uploading): Run<void> {
  yield* say(p, `[download-certs] Downloading the certificates in Secret "${SECRET}" in the "kube-system" Namespace`)
  yield* say(p, `[download-certs] Saving the certificates to the folder: ${JSON.stringify(dir)}`)
  const bytes = keyBytes(key)
  const data = yield* secretData(client)
  for (const path of sharedFiles(cluster)) {
    const value = data[secretKey(path)]
    if (value === undefined)
      throw new KubeadmError(`error downloading certs: the Secret does not include the required certificate or key - name: ${secretKey(path)}, path: ${dir}/${path}`) // prettier-ignore
    let text: string
    try {
      text = unseal(
        Uint8Array.from(atob(value), (char) => char.charCodeAt(0)),
        bytes,
      )
    } catch (error) {
      throw wrapped('error downloading certs: error decoding secret data with provided key', error)
    }
    yield* write(p, `${dir}/${path}`, text, path.endsWith('.crt') ? 0o644 : 0o600)
  }
}

function* secretData(client: Client): Run<Record<string, string>> {
  try {
    const secret = yield* client.get<ApiObject & { data?: Record<string, string> }>(
      pathOf('v1/secrets', 'kube-system', SECRET),
      TIMEOUT,
    )
    return secret.data ?? {}
  } catch (error) {
    if (!isMissing(error)) throw wrapped('error downloading certs: error downloading the secret', error)
    throw new KubeadmError(
      `error downloading certs: error downloading the secret: Secret "${SECRET}" was not found in the "kube-system" Namespace. This Secret might have expired. Please, run \`kubeadm init phase upload-certs --upload-certs\` on a control plane to generate a new one`,
    )
  }
}
