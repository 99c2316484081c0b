/**
 * The certificates that the kubelet asks for: TLS bootstrap, rotation, serving. Models
 * k8s.io/client-go/util/certificate and pkg/kubelet/certificate (O4, P7, T11).
 * Not modelled: a watch of the request (it is looked at again and again).
 */
import type { Answer } from '../api/client.ts'
import type { CertificateSigningRequest } from '../objects/types.gen.ts'
import {
  altNamesExtension,
  draftOf,
  ecFromRandom,
  goName,
  makeName,
  makeRequest,
  makeTraditionalKeyPem,
  numberFrom,
  parseCertificate,
  publicPartOf,
  selfSigner,
  signCertificate,
} from '../pki/index.ts'
import type { PrivateKey } from '../pki/index.ts'
import type { Core } from './core.ts'
import type { Validity } from './runtime.ts'
import { bootstrappedKubeconfig, loadKubeconfig } from './settings/kubeconfig.ts'

export const CERTIFICATE_TICK = 'certificate.tick'
export const CERTIFICATE_TAG = 'certificate'

const REQUESTS = 'certificates.k8s.io/v1/certificatesigningrequests'
const DAY_MS = 86_400_000
/** How often a request is looked at: soon at first, then each few seconds. */
const LOOK_MS = [200, 500, 1_000, 2_000]
const LOOK_LATER_MS = 5_000
/** A request that nobody signs is given up after this. */
const GIVE_UP_MS = 15 * 60_000
/** Back-off of a request that cannot be made. */
const RETRY_MS = 2_000
const RETRY_CAP_MS = 32_000

type Kind = 'client' | 'serving'

const KINDS: Record<Kind, { store: string; signer: string; usage: string; logger: string }> = {
  client: {
    store: 'kubelet-client',
    signer: 'kubernetes.io/kube-apiserver-client-kubelet',
    usage: 'client auth',
    logger: 'kubernetes.io/kube-apiserver-client-kubelet',
  },
  serving: {
    store: 'kubelet-server',
    signer: 'kubernetes.io/kubelet-serving',
    usage: 'server auth',
    logger: 'kubernetes.io/kubelet-serving',
  },
}

/** A request under way. */
interface Asked {
  /** Which key was made for it. */
  serial: number
  /** Name in the API once it was made. */
  name?: string
  sinceMs: number
  looks: number
}

interface CertificatesState {
  bootstrapping: boolean
  /** Counts the keys that were made. */
  keys: number
  asked: Partial<Record<Kind, Asked>>
  /** Virtual milliseconds of the next step of each. */
  dueMs: Partial<Record<Kind, number>>
  retryMs: Partial<Record<Kind, number>>
}

const idle = (keys: number): CertificatesState => ({ bootstrapping: false, keys, asked: {}, dueMs: {}, retryMs: {} })

export class Certificates {
  private state = idle(0)

  constructor(
    private readonly core: Core,
    private readonly sink: { bootstrapped(): void },
  ) {}

  /** The process has no certificate of its own yet. */
  get bootstrapping(): boolean {
    return this.state.bootstrapping
  }

  start(): void {
    this.state = idle(this.state.keys)
    const { settings } = this.core
    if (settings === undefined || this.core.hollow !== undefined) return
    this.ensureServing()
    if (settings.bootstraps) this.bootstrap()
    else if (settings.config['rotateCertificates'] === true && !this.keepEmbedded(settings.kubeconfig ?? ''))
      this.planRotation('client')
    this.arm()
  }

  stop(): void {
    this.state = idle(this.state.keys)
  }

  /** Takes the steps that are due. */
  tick(): void {
    for (const kind of ['client', 'serving'] as const) {
      const due = this.state.dueMs[kind]
      if (due === undefined || due > this.core.kernel.now) continue
      delete this.state.dueMs[kind]
      this.step(kind)
    }
    this.arm()
  }

  answered(answer: Answer, what: string): void {
    const [kind, step] = what.split(' ') as [Kind, 'create' | 'get']
    const asked = this.state.asked[kind]
    if (asked === undefined) return
    if (answer.code < 200 || answer.code >= 300) this.failed(kind, answer, step)
    else if (step === 'create') this.made(kind, asked, answer.body as CertificateSigningRequest)
    else this.looked(kind, asked, answer.body as CertificateSigningRequest)
    this.arm()
  }

  dump(): unknown {
    return this.state
  }

  load(state: unknown): void {
    this.state = (state as CertificatesState | undefined) ?? idle(0)
  }

  private get directory(): string {
    return this.core.settings?.certDir ?? '/var/lib/kubelet/pki'
  }

  private currentPath(kind: Kind): string {
    return `${this.directory}/${KINDS[kind].store}-current.pem`
  }

  private current(kind: Kind): Validity | undefined {
    const { files } = this.core.ports
    const path = this.currentPath(kind)
    const known = files?.validityOf?.(path)
    if (known !== undefined) return known
    const text = files?.read(path)
    return text === undefined ? undefined : parseCertificate(text)
  }

  private arm(): void {
    const next = Math.min(...Object.values(this.state.dueMs))
    if (next !== Infinity)
      this.core.after(Math.max(0, next - this.core.kernel.now), CERTIFICATE_TICK, this.core.generation)
  }

  /** The kubeconfig is written at once; the certificate that it names comes later. */
  private bootstrap(): void {
    const { settings, ports } = this.core
    const first = loadKubeconfig(settings?.bootstrapKubeconfig ?? '', (path) => ports.files?.read(path))
    if (typeof first === 'string') return
    ports.files?.write?.(settings?.kubeconfig ?? '', bootstrappedKubeconfig(first, this.currentPath('client')), 0o600)
    const known = this.current('client')
    if (known !== undefined && known.notAfterMs > this.core.kernel.clockMs) return this.planRotation('client')
    this.state.bootstrapping = true
    this.state.dueMs.client = this.core.kernel.now
  }

  /** A pair in the kubeconfig itself, as `kubeadm init` writes it, is stored and replaced soon. Whether there was one. */
  private keepEmbedded(path: string): boolean {
    const { ports, kernel } = this.core
    const config = loadKubeconfig(path, (file) => ports.files?.read(file))
    if (typeof config === 'string' || config.certificateData === undefined || config.keyData === undefined) return false
    if (this.current('client') !== undefined) return false
    this.store('client', atob(config.certificateData) + atob(config.keyData))
    this.state.dueMs.client = kernel.now
    return true
  }

  /** A dated file, and the link that names the present one. */
  private store(kind: Kind, pair: string): void {
    const { ports, kernel } = this.core
    const stamp = new Date(kernel.clockMs).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-')
    const dated = `${this.directory}/${KINDS[kind].store}-${stamp}.pem`
    ports.files?.write?.(dated, pair, 0o600)
    ports.files?.link?.(dated, this.currentPath(kind))
  }

  /** At 70 to 90 % of its life a certificate is replaced. */
  private planRotation(kind: Kind): void {
    const known = this.current(kind)
    if (known === undefined) return
    const { notBeforeMs, notAfterMs } = known
    const share =
      0.7 +
      0.2 *
        (Number(numberFrom(4, 'rotation', this.core.kernel.seed, this.core.nodeName, String(notBeforeMs))) / 2 ** 32)
    const atMs = notBeforeMs + (notAfterMs - notBeforeMs) * share
    this.state.dueMs[kind] = this.core.kernel.now + Math.max(0, Math.round(atMs - this.core.kernel.clockMs))
  }

  private step(kind: Kind): void {
    const asked = this.state.asked[kind]
    if (asked?.name === undefined) return this.ask(kind)
    if (this.core.kernel.now - asked.sinceMs > GIVE_UP_MS) {
      this.complain(kind, 'certificate request was not signed: timed out waiting for the condition', true)
      delete this.state.asked[kind]
      return this.retry(kind)
    }
    this.core.client.call(
      { verb: 'get', resource: REQUESTS, name: asked.name },
      { kind: CERTIFICATE_TAG, what: `${kind} get` },
    )
  }

  private ask(kind: Kind): void {
    const { nodeName, kernel } = this.core
    const serial = ++this.state.keys
    this.state.asked[kind] = { serial, sinceMs: kernel.now, looks: 0 }
    const subject = goName(`system:node:${nodeName}`, ['system:nodes'])
    const names =
      kind === 'client'
        ? []
        : [
            altNamesExtension([
              { kind: 'dns', value: nodeName },
              { kind: 'ip', value: this.core.nodeFacts().hostIP },
            ]),
          ]
    const request = makeRequest(makeName(subject), this.key(serial), names)
    const { signer, usage } = KINDS[kind]
    const body: CertificateSigningRequest = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { generateName: 'csr-' } as CertificateSigningRequest['metadata'],
      spec: { request: btoa(request), signerName: signer, usages: ['digital signature', usage] },
    }
    this.core.client.call(
      { verb: 'create', resource: REQUESTS, body },
      { kind: CERTIFICATE_TAG, what: `${kind} create` },
    )
  }

  private key(serial: number): PrivateKey {
    const { kernel, nodeName } = this.core
    const bytes = new Uint8Array(48)
    for (let at = 0; at < bytes.length; at++)
      bytes[at] = Number(numberFrom(1, 'kubelet key', kernel.seed, nodeName, String(serial), String(at)))
    return ecFromRandom('P-256', bytes)
  }

  private made(kind: Kind, asked: Asked, { metadata }: CertificateSigningRequest): void {
    asked.name = metadata.name
    delete this.state.retryMs[kind]
    this.core.log('I', 'csr.go:261', `certificate signing request ${metadata.name} is created`)
    this.state.dueMs[kind] = this.core.kernel.now + (LOOK_MS[0] as number)
  }

  private looked(kind: Kind, asked: Asked, csr: CertificateSigningRequest): void {
    const denied = csr.status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed')
    if (denied !== undefined) {
      const what = `certificate signing request is ${denied.type === 'Denied' ? 'denied' : 'failed'}, reason: ${JSON.stringify(denied.reason ?? '')}, message: ${JSON.stringify(denied.message ?? '')}`
      this.complain(kind, `certificate request was not signed: cannot rotate: ${what}`, true)
      delete this.state.asked[kind]
      return this.retry(kind)
    }
    const certificate = csr.status?.certificate
    if (certificate !== undefined && certificate !== '') return this.issued(kind, asked, atob(certificate))
    const wait = LOOK_MS[++asked.looks] ?? LOOK_LATER_MS
    this.state.dueMs[kind] = this.core.kernel.now + wait
  }

  private issued(kind: Kind, asked: Asked, certificate: string): void {
    const { kernel } = this.core
    this.store(kind, certificate + makeTraditionalKeyPem(this.key(asked.serial)))
    delete this.state.asked[kind]
    this.planRotation(kind)
    kernel.record('kubelet.certificate.issued', { node: this.core.nodeName, kind })
    if (kind !== 'client') return
    this.core.log(
      'I',
      'transport.go:147',
      'Certificate rotation detected, shutting down client connections to start using new credentials',
    )
    if (!this.state.bootstrapping) return
    this.state.bootstrapping = false
    this.sink.bootstrapped()
  }

  private failed(kind: Kind, answer: Answer, step: 'create' | 'get'): void {
    if (step === 'get' && answer.code !== 404) {
      this.state.dueMs[kind] = this.core.kernel.now + LOOK_LATER_MS
      return
    }
    delete this.state.asked[kind]
    const why = answer.code === 401 ? 'Unauthorized' : this.core.failure(answer)
    this.complain(kind, `cannot create certificate signing request: ${why}`)
    this.retry(kind)
  }

  private retry(kind: Kind): void {
    const wait = Math.min(RETRY_CAP_MS, (this.state.retryMs[kind] ?? RETRY_MS / 2) * 2)
    this.state.retryMs[kind] = wait
    this.state.dueMs[kind] = this.core.kernel.now + wait
  }

  private complain(kind: Kind, err: string, whole = false): void {
    const { logger } = KINDS[kind]
    const what = 'Failed while requesting a signed certificate from the control plane'
    if (whole)
      this.core.log('E', 'certificate_manager.go:614', err.split(': ')[0] ?? '', {
        err,
        logger: `${logger}.UnhandledError`,
      })
    else this.core.log('E', 'certificate_manager.go:596', what, { err, logger: `${logger}.UnhandledError` })
  }

  /** A pair for port 10250: signed by the cluster when it bootstraps that too, by itself otherwise. */
  private ensureServing(): void {
    const { settings, ports, kernel } = this.core
    const config = settings?.config ?? {}
    if ((config['tlsCertFile'] ?? '') !== '') return
    if (config['serverTLSBootstrap'] === true) return this.ensureSigned()
    const path = `${this.directory}/kubelet`
    if (this.isFile(`${path}.crt`) || ports.files?.write === undefined) return
    const made = this.selfSigned(kernel.clockMs)
    ports.files.write(`${path}.crt`, made.certificate, 0o644)
    ports.files.write(`${path}.key`, made.key, 0o600)
    this.core.log('I', 'server.go:1012', 'Using self-signed cert', { certFile: `${path}.crt`, keyFile: `${path}.key` })
  }

  /** Whether a file is there; its text is not asked for where that is known. */
  private isFile(path: string): boolean {
    const { hostPathKind, files } = this.core.ports
    return hostPathKind === undefined ? files?.read(path) !== undefined : hostPathKind(path) === 'file'
  }

  private ensureSigned(): void {
    const known = this.current('serving')
    if (known !== undefined && known.notAfterMs > this.core.kernel.clockMs) return this.planRotation('serving')
    this.state.dueMs.serving = this.core.kernel.now + 1000
  }

  /** Models k8s.io/client-go/util/cert (GenerateSelfSignedCertKey). */
  private selfSigned(clockMs: number): { certificate: string; key: string } {
    const { nodeName, kernel } = this.core
    const stamp = Math.floor(clockMs / 1000)
    const [caKey, key] = [this.key(++this.state.keys), this.key(++this.state.keys)]
    const caName = goName(`${nodeName}-ca@${stamp}`)
    const signer = selfSigner(caName, caKey)
    const basics = (what: string): { serial: bigint; notBeforeMs: number; notAfterMs: number } => ({
      serial: numberFrom(8, 'serial', kernel.seed, nodeName, what, String(stamp)) >> 1n,
      notBeforeMs: clockMs - 3_600_000,
      notAfterMs: clockMs + 365 * DAY_MS,
    })
    const usages = { keyUsages: ['digitalSignature', 'keyEncipherment'] as const }
    const own = signCertificate(
      draftOf(
        {
          ...basics('own'),
          ...usages,
          subject: goName(`${nodeName}@${stamp}`),
          publicKey: publicPartOf(key),
          extKeyUsages: ['serverAuth'],
          altNames: { dns: [nodeName] },
        },
        signer,
      ),
      signer,
    )
    const above = signCertificate(
      draftOf(
        {
          ...basics('ca'),
          keyUsages: [...usages.keyUsages, 'keyCertSign'],
          subject: caName,
          publicKey: publicPartOf(caKey),
          isCa: true,
        },
        signer,
      ),
      signer,
    )
    return { certificate: own + above, key: makeTraditionalKeyPem(key) }
  }
}
