/** Trust in a cluster by a token and a pin, or by a file. Models cmd/kubeadm/app/discovery (P2). */
import type { HttpResponse } from '../../../fabric/http.ts'
import type { HttpFailure, Proc, Run } from '../../../host/process.ts'
import { parseGoDuration } from '../../../objects/duration.ts'
import { makeDetachedJws, parseCertificates } from '../../../pki/index.ts'
import { refusal } from '../../kubectl/client.ts'
import { decode } from '../artifacts/kubeconfigs.ts'
import type { Discovery, Fields } from '../config/types.ts'
import { KubeadmError, wrapped } from '../errors.ts'
import { pinOf } from '../join-command.ts'
import { connectionFrom, parseKubeconfig, readText } from '../session.ts'
import { retried } from '../wait.ts'
import { parseToken } from '../token/tokens.ts'
import type { Discovered } from './data.ts'

const INTERVAL_MS = 5_000
const PATH = '/api/v1/namespaces/kube-public/configmaps/cluster-info'

/** Finds out server and authority. Throws after the time limit with the last reason. */
export function* discover(p: Proc, discovery: Discovery, timeout: string): Run<Discovered> {
  const limitMs = parseGoDuration(discovery.timeout ?? timeout)
  try {
    return discovery.file === undefined
      ? yield* byToken(p, discovery.bootstrapToken as Pinned, discovery.tlsBootstrapToken ?? '', limitMs)
      : yield* byFile(p, discovery.file.kubeConfigPath, discovery.tlsBootstrapToken, limitMs)
  } catch (error) {
    throw wrapped("couldn't validate the identity of the API Server", error)
  }
}

type Pinned = NonNullable<Discovery['bootstrapToken']>

function* byToken(p: Proc, pinned: Pinned, tlsToken: string, limitMs: number): Run<Discovered> {
  const { apiServerEndpoint = '', caCertHashes = [], token } = pinned
  const { id, secret } = parseToken(token) ?? { id: '', secret: '' }
  const server = `https://${apiServerEndpoint.includes(':') ? apiServerEndpoint : `${apiServerEndpoint}:6443`}`
  const pins = caCertHashes.map(checkedPin)
  const first = yield* signedInfo(p, server, id, limitMs)
  const kubeconfig = first['kubeconfig'] ?? ''
  if (kubeconfig === '')
    throw new KubeadmError(
      "there is no kubeconfig key in the cluster-info ConfigMap. This API Server isn't set up for token bootstrapping, can't connect",
    )
  if (makeDetachedJws(kubeconfig, id, secret) !== first[`jws-kubeconfig-${id}`])
    throw new KubeadmError(
      "failed to verify JWS signature of received cluster info object, can't trust this API Server",
    )
  const found = clusterOf(kubeconfig)
  if (pins.length > 0) {
    checkPins(found.ca, pins)
    const second = yield* signedInfo(p, server, id, limitMs, found.ca)
    if (second['kubeconfig'] !== kubeconfig)
      throw new KubeadmError('the second kubeconfig from the cluster-info ConfigMap (using validated TLS) was different from the first') // prettier-ignore
  }
  return { ...found, clusterName: 'kubernetes', credentials: { token: tlsToken } }
}

function checkedPin(pin: string): string {
  const [format = '', value = ''] = pin.split(':')
  const invalid = 'invalid discovery token CA certificate hash: '
  if (!pin.includes(':'))
    throw new KubeadmError(`${invalid}invalid hash, expected "format:hex-value". Known format(s) are: sha256`)
  if (format.toLowerCase() !== 'sha256')
    throw new KubeadmError(`${invalid}unknown hash format ${JSON.stringify(format)}. Known format(s) are: sha256`)
  if (!/^[0-9a-fA-F]*$/.test(value)) throw new KubeadmError(`${invalid}could not decode SHA-256 from public key hash: encoding/hex: invalid byte`) // prettier-ignore
  if (value.length !== 64)
    throw new KubeadmError(`${invalid}expected a 32 byte SHA-256 hash, found ${value.length / 2} bytes`)
  return `sha256:${value.toLowerCase()}`
}

function checkPins(ca: string, pins: readonly string[]): void {
  const found = parseCertificates(ca).map(pinOf)
  if (found.some((pin) => pins.includes(pin))) return
  throw new KubeadmError(
    `cluster CA found in cluster-info ConfigMap is invalid: none of the public keys ${found.map((pin) => JSON.stringify(pin)).join(', ')} are pinned`,
  )
}

/** The first cluster of the kubeconfig in cluster-info, which has no users. */
function clusterOf(text: string): { server: string; ca: string } {
  const nameless = text.replace(/^contexts: null$/m, 'contexts: [{context: {cluster: ""}, name: ""}]')
  const { cluster } = parseKubeconfig(nameless, 'cluster-info')
  return {
    server: String(cluster['server'] ?? ''),
    ca: decode(String(cluster['certificate-authority-data'] ?? '')),
  }
}

/** The ConfigMap once it carries a signature by this token. */
function* signedInfo(p: Proc, server: string, id: string, limitMs: number, ca?: string): Run<Record<string, string>> {
  return yield* retried(p, limitMs, INTERVAL_MS, function* () {
    const data = yield* clusterInfo(p, server, ca)
    if (data[`jws-kubeconfig-${id}`] === undefined)
      throw new KubeadmError(
        `could not find a JWS signature in the cluster-info ConfigMap for token ID ${JSON.stringify(id)}`,
      )
    return data
  })
}

function* clusterInfo(p: Proc, server: string, ca: string | undefined): Run<Record<string, string>> {
  const answer: HttpResponse | HttpFailure = yield* p.http({
    url: `${server}${PATH}`,
    request: {
      method: 'GET',
      query: { timeout: '10s' },
      headers: { accept: 'application/json', 'user-agent': `kubeadm/v${p.release} (linux/amd64) kubernetes` },
    },
    tls: ca === undefined ? { insecure: true } : { ca },
    timeoutMs: 10_000,
  })
  const failed = 'failed to request the cluster-info ConfigMap'
  if ('failure' in answer) throw new KubeadmError(`${failed}: Get "${server}${PATH}?timeout=10s": ${answer.message}`)
  if (answer.code >= 400) throw wrapped(failed, refusal(answer, 'GET', PATH))
  return (answer.body as { data?: Record<string, string> }).data ?? {}
}

/** A kubeconfig of the host; without credentials of its own it needs a token. */
function* byFile(p: Proc, path: string, token: string | undefined, limitMs: number): Run<Discovered> {
  if (/^https?:/.test(path)) throw new KubeadmError('not simulated: --discovery-file with a URL')
  const text = yield* readText(p, path)
  if (text === undefined) throw new KubeadmError(`open ${path}: no such file or directory`)
  const { cluster, user, clusterName } = parseKubeconfig(text, path)
  const { tls, server } = yield* connectionFrom(p, text, path)
  if (cluster['server'] === undefined) throw new KubeadmError('the provided cluster-info kubeconfig file does not have a valid cluster') // prettier-ignore
  const credentials: Fields = Object.keys(user).length > 0 ? user : { token: token ?? '' }
  if (Object.keys(user).length === 0 && !token)
    throw new KubeadmError("couldn't find authentication credentials for the TLS bootstrap token. Please use one of --tls-bootstrap-token or --token") // prettier-ignore
  yield* retried(p, limitMs, INTERVAL_MS, () => clusterInfo(p, server, tls.ca))
  return { server, ca: tls.ca ?? '', clusterName: clusterName || 'kubernetes', credentials }
}
