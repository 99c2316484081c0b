/**
 * What certifies the members of a cluster: its three authorities, the key of its service accounts, and what
 * kubeadm and the kubelets have them sign. Models cmd/kubeadm/app/phases/certs and util/pkiutil (P7).
 * Signing costs milliseconds, so a text is made when it is first read; its length is known before.
 */
import type { HttpRequest } from '../fabric/http.ts'
import type { Host } from '../host/host.ts'
import { sourceOf } from '../host/files.ts'
import type { FileNode, LazyText } from '../host/files.ts'
import { certificateLength, draftOf, fingerprintOf, goName, keyName, makePublicKeyPem } from '../pki/index.ts'
import { makeTraditionalKeyPem, numberFrom, organizationsOf, commonNameOf, parseCertificate } from '../pki/index.ts'
import {
  parseCertificates,
  parseKeyPem,
  publicPartOf,
  samePublicKey,
  selfSigner,
  signCertificate,
} from '../pki/index.ts'
import { verifyCertificate } from '../pki/index.ts'
import type { AltNames, Certificate, ExtKeyUsage, KeyRing, PrivateKey, Signer, Template } from '../pki/index.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'

const DAY_MS = 86_400_000
/** kubeadm: CertificateValidityPeriod and CACertificateValidityPeriod. */
const LEAF_MS = 365 * DAY_MS
const CA_MS = 3650 * DAY_MS
/** kubeadm and the signer date certificates back by this much. */
const BACKDATE_MS = 300_000

/** A text to come whose length is known. */
export type KnownText = LazyText & { length: number }

/** A certificate with its key, both as PEM texts. */
export interface Identity {
  certificate: KnownText
  key: string
}

export interface Authority extends Identity {
  signer: Signer
}

export interface Subject {
  commonName: string
  organizations?: string[]
  usages: ExtKeyUsage[]
  altNames?: Partial<AltNames>
}

export interface PkiOptions {
  plan: ClusterPlan
  seed: string
  /** When the cluster is made, ms since 1970. */
  atMs: number
  keys: KeyRing
}

export const CERTIFICATES = '/etc/kubernetes/pki'

function lazily(length: number, make: () => string): KnownText {
  let text: string | undefined
  return { length, text: () => (text ??= make()) }
}

/** The public key infrastructure that kubeadm made for one cluster. */
export class ClusterPki {
  readonly ca: Authority
  readonly frontProxyCa: Authority
  readonly etcdCa: Authority
  readonly serviceAccountKey: PrivateKey

  constructor(readonly options: PkiOptions) {
    this.ca = this.authority('kubernetes')
    this.frontProxyCa = this.authority('front-proxy-ca')
    this.etcdCa = this.authority('etcd-ca')
    this.serviceAccountKey = options.keys.next()
  }

  get serviceAccountKeyPem(): string {
    return makeTraditionalKeyPem(this.serviceAccountKey)
  }

  get serviceAccountPublicPem(): string {
    return makePublicKeyPem(publicPartOf(this.serviceAccountKey))
  }

  /** A leaf for a year from the start of the cluster, signed by one of the authorities. Serial numbers have 63 bits, as Go's. */
  issue(authority: Authority, subject: Subject, key = this.options.keys.next()): Identity {
    const { commonName, organizations, usages, altNames } = subject
    const template: Template = {
      ...this.basics(`${commonName}/${keyName(publicPartOf(key))}`, LEAF_MS),
      subject: goName(commonName, organizations),
      publicKey: publicPartOf(key),
      keyUsages: ['digitalSignature', 'keyEncipherment'],
      extKeyUsages: usages,
      ...(altNames !== undefined && { altNames }),
    }
    const identity = identityOf(template, authority.signer, key)
    const { notBeforeMs, notAfterMs } = template
    const facts = { authority: authority.certificate, subject, key: identity.key, notBeforeMs, notAfterMs }
    ISSUED.set(identity.certificate, facts)
    return identity
  }

  /** The kubelet's own serving certificate, with the authority that only it knows. Models k8s.io/client-go/util/cert (GenerateSelfSignedCertKey). */
  selfSigned(name: string, altNames: Partial<AltNames>): Identity {
    const { atMs, keys } = this.options
    const stamp = Math.floor(atMs / 1000)
    const [caKey, key] = [keys.next(), keys.next()]
    const caName = goName(`${name}-ca@${stamp}`)
    const signer = selfSigner(caName, caKey)
    const ca = {
      ...this.basics(`${name}-ca`, LEAF_MS),
      subject: caName,
      publicKey: publicPartOf(caKey),
      keyUsages: ['digitalSignature', 'keyEncipherment', 'keyCertSign'] as const,
      isCa: true,
    }
    const leaf = {
      ...this.basics(name, LEAF_MS),
      subject: goName(`${name}@${stamp}`),
      publicKey: publicPartOf(key),
      keyUsages: ['digitalSignature', 'keyEncipherment'] as const,
      extKeyUsages: ['serverAuth'] as const,
      altNames,
    }
    const [own, above] = [identityOf(leaf, signer, key), identityOf(ca, signer, caKey)]
    const certificate = lazily(
      own.certificate.length + above.certificate.length,
      () => own.certificate.text() + above.certificate.text(),
    )
    return { certificate, key: own.key }
  }

  private authority(commonName: string): Authority {
    const key = this.options.keys.next()
    const subject = goName(commonName)
    const signer = selfSigner(subject, key)
    const template: Template = {
      ...this.basics(commonName, CA_MS),
      subject,
      publicKey: publicPartOf(key),
      keyUsages: ['digitalSignature', 'keyEncipherment', 'keyCertSign'],
      isCa: true,
      altNames: { dns: [commonName] },
    }
    return { ...identityOf(template, signer, key), signer }
  }

  private basics(what: string, lifetimeMs: number): Pick<Template, 'serial' | 'notBeforeMs' | 'notAfterMs'> {
    const { seed, atMs } = this.options
    const serial = numberFrom(8, 'serial', seed, what) >> 1n
    return { serial, notBeforeMs: atMs - BACKDATE_MS, notAfterMs: atMs + lifetimeMs }
  }
}

function identityOf(template: Template, signer: Signer, key: PrivateKey): Identity {
  const draft = draftOf(template, signer)
  return {
    certificate: lazily(certificateLength(draft, signer), () => signCertificate(draft, signer)),
    key: makeTraditionalKeyPem(key),
  }
}

/** What a certificate says that was issued here, known before its text is made. */
export interface Issued {
  /** The text of the authority's own certificate. */
  authority: LazyText
  subject: Subject
  /** PEM. */
  key: string
  notBeforeMs: number
  notAfterMs: number
}

const ISSUED = new WeakMap<LazyText, Issued>()

/** The facts of a text that `issue` made; undefined for all others. */
export function issuedAs(text: LazyText | undefined): Issued | undefined {
  return text && ISSUED.get(text)
}

/** From when to when a text's certificate is valid, to the second as X.509 says it; undefined for texts not made by `issue`. */
export function validityOf(text: LazyText | undefined): { notBeforeMs: number; notAfterMs: number } | undefined {
  const issued = issuedAs(text)
  const seconds = (ms: number): number => Math.floor(ms / 1000) * 1000
  return issued && { notBeforeMs: seconds(issued.notBeforeMs), notAfterMs: seconds(issued.notAfterMs) }
}

/**
 * Whether files stand as they were made here, so that nobody needs to look into them: texts that were not read
 * yet, and with a certificate the key that belongs to it.
 */
export function isSound(nodes: readonly (FileNode | undefined)[]): boolean {
  const sources = nodes.map((node) => sourceOf(node))
  const keys = sources.map((source) => issuedAs(source)?.key)
  return nodes.every((node, index) => node !== undefined && (sources[index] !== undefined || keys.includes(node.text)))
}

/** Says that a further text holds a certificate that is known. */
export function holds(text: LazyText, certificate: LazyText): void {
  const issued = ISSUED.get(certificate)
  if (issued !== undefined) ISSUED.set(text, issued)
}

/** The files of a controller manager, as they are now. */
export interface ManagerFiles {
  /** --root-ca-file */
  rootCa: () => string
  /** --service-account-private-key-file */
  serviceAccountKey: () => PrivateKey | undefined
  /** --cluster-signing-cert-file and --cluster-signing-key-file */
  signing: () => { certificate: Certificate; key: PrivateKey } | undefined
}

export type ManagerFileName = 'ca.crt' | 'sa.key' | 'signing.crt' | 'signing.key'

export function managerFiles(read: (name: ManagerFileName) => string): ManagerFiles {
  return {
    rootCa: () => read('ca.crt'),
    serviceAccountKey: () => parseKeyPem(read('sa.key')),
    signing: () => {
      const [certificate, key] = [parseCertificate(read('signing.crt')), parseKeyPem(read('signing.key'))]
      return certificate === undefined || key === undefined ? undefined : { certificate, key }
    },
  }
}

/** The names and addresses of the API server's certificate. */
export function apiServerNames(plan: ClusterPlan, { name, ip }: PlannedHost): Partial<AltNames> {
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
  const endpoint = plan.controlPlanes.length === 1 ? [] : [plan.endpoint]
  return { dns: [name, ...service, ...endpoint].sort(), ips: ['10.96.0.1', ip] }
}

type TlsOptions = { ca?: string; cert?: string; key?: string; insecure?: boolean; serverName?: string }
type Shaken = { certificate?: HttpRequest['certificate'] } | { failure: 'tls'; message: string }

/** What a port shows and asks for: paths of files of its host. */
export interface TlsFiles {
  certificate: string
  clientCa?: string
}

export const FILES: Record<number, TlsFiles> = {
  6443: { certificate: `${CERTIFICATES}/apiserver.crt`, clientCa: `${CERTIFICATES}/ca.crt` },
  2379: { certificate: `${CERTIFICATES}/etcd/server.crt`, clientCa: `${CERTIFICATES}/etcd/ca.crt` },
  10250: { certificate: '/var/lib/kubelet/pki/kubelet.crt', clientCa: `${CERTIFICATES}/ca.crt` },
}

/** The certificates that a host's port shows, its own first. */
export function servedBy(host: Host | undefined, port: number, files = FILES[port]): readonly Certificate[] {
  return parseCertificates(host?.files.text(files?.certificate ?? '') ?? '')
}

export interface Connection {
  /** The host that serves. */
  host: Host | undefined
  port: number
  /** What the client calls it. */
  name: string
  nowMs: number
  /** Go 1.20 (1.27) says first that it was the verification that failed. */
  minor: number
  /** What the port shows and asks for, where that is not kubeadm's. */
  files?: TlsFiles
}

/** What client and server learn from each other's certificates, or why there is no connection. Models crypto/tls. */
export function handshake(connection: Connection, tls: TlsOptions | undefined): Shaken {
  const problem =
    keyPairProblem(tls) ??
    (tls?.insecure === true
      ? undefined
      : serverProblem({ ...connection, name: tls?.serverName ?? connection.name }, tls?.ca))
  if (problem !== undefined) return { failure: 'tls', message: problem }
  const nowMs = connection.host?.clockMs() ?? connection.nowMs
  const certificate = clientCertificate({ ...connection, nowMs }, tls?.cert)
  return certificate === undefined ? {} : { certificate }
}

function serverProblem(
  { host, port, name, nowMs, minor, files }: Connection,
  ca: string | undefined,
): string | undefined {
  const [own, ...intermediates] = servedBy(host, port, files)
  const roots = parseCertificates(ca ?? '')
  const problem =
    own === undefined
      ? 'x509: certificate signed by unknown authority'
      : verifyCertificate(own, { roots, intermediates, nowMs, name, usage: 'serverAuth' })
  if (problem === undefined) return undefined
  return minor >= 27 ? `tls: failed to verify certificate: ${problem}` : problem
}

/** Models crypto/tls (X509KeyPair). */
function keyPairProblem(tls: TlsOptions | undefined): string | undefined {
  if (tls?.cert === undefined || tls.key === undefined) return undefined
  const certificate = parseCertificate(tls.cert)
  if (certificate === undefined) return 'tls: failed to find any PEM data in certificate input'
  const key = parseKeyPem(tls.key)
  if (key === undefined) return 'tls: failed to find any PEM data in key input'
  return samePublicKey(certificate.publicKey, publicPartOf(key))
    ? undefined
    : 'tls: private key does not match public key'
}

/** One object a certificate and verdict, so that the API server may keep what it knows about it. */
const people = new Map<string, NonNullable<HttpRequest['certificate']>>()
const REMEMBERED = 1000

/** What the server makes of a client's certificate. Models apiserver authentication/request/x509. */
export function clientCertificate(
  { host, port, nowMs, files = FILES[port] }: Pick<Connection, 'host' | 'port' | 'nowMs' | 'files'>,
  pem: string | undefined,
): HttpRequest['certificate'] {
  const [own, ...intermediates] = parseCertificates(pem ?? '')
  if (own === undefined) return undefined
  const roots = parseCertificates(host?.files.text(files?.clientCa ?? '') ?? '')
  const problem = verifyCertificate(own, { roots, intermediates, nowMs, usage: 'clientAuth' })
  const sha256 = fingerprintOf(own)
  const memo = `${sha256} ${problem ?? ''}`
  let known = people.get(memo)
  if (known === undefined) {
    if (people.size >= REMEMBERED) people.clear()
    known = {
      commonName: commonNameOf(own.subject),
      organizations: organizationsOf(own.subject),
      sha256,
      ...(problem !== undefined && { problem }),
    }
    people.set(memo, known)
  }
  return known
}

/** base64 of a text. */
export function encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
