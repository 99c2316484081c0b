/**
 * The certificates of a served cluster: an authority of its own, the server's, and the administrator's.
 * Keys are P-256 (a tenth of a millisecond each; RSA 2048 takes a quarter of a second). Made anew at each
 * start with the wall clock, because real clients check them.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import forge from 'node-forge'

const { asn1, pki } = forge

export interface KeyAndCertificate {
  key: string
  certificate: string
}

/** PEM texts. */
export interface ServedCertificates {
  ca: string
  server: KeyAndCertificate
  admin: KeyAndCertificate
}

interface Names {
  commonName: string
  organization?: string
}

interface Request {
  subject: Names
  issuer: Names
  publicKey: KeyObject
  signer: KeyObject
  extensions: object[]
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const DAY_MS = 86_400_000
const AUTHORITY: Names = { commonName: 'kubernetes' }

const { SEQUENCE, INTEGER, OID, BITSTRING, UTCTIME, GENERALIZEDTIME } = asn1.Type
const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class

const sequence = (...value: forge.asn1.Asn1[]): forge.asn1.Asn1 => asn1.create(UNIVERSAL, SEQUENCE, true, value)
const primitive = (type: forge.asn1.Type, value: string): forge.asn1.Asn1 => asn1.create(UNIVERSAL, type, false, value)
const oid = (dotted: string): forge.asn1.Asn1 => primitive(OID, asn1.oidToDer(dotted).getBytes())
const binary = (bytes: Buffer): string => bytes.toString('binary')

/** X.509: UTCTime until 2049, GeneralizedTime from then on. */
function time(date: Date): forge.asn1.Asn1 {
  return date.getUTCFullYear() < 2050
    ? primitive(UTCTIME, asn1.dateToUtcTime(date))
    : primitive(GENERALIZEDTIME, asn1.dateToGeneralizedTime(date))
}

/** A name as X.509 has it, and forge's filled extensions. The library wants a certificate object for both. */
function forgeParts({ subject, issuer, extensions }: Request): {
  subject: forge.asn1.Asn1
  issuer: forge.asn1.Asn1
  extensions: forge.asn1.Asn1
} {
  const carrier = pki.createCertificate()
  carrier.setSubject(attributes(subject))
  carrier.setIssuer(attributes(issuer))
  carrier.setExtensions(extensions)
  const { distinguishedNameToAsn1, certificateExtensionsToAsn1 } = pki as unknown as Record<
    string,
    (value: unknown) => forge.asn1.Asn1
  >
  const nameOf = distinguishedNameToAsn1 as (value: unknown) => forge.asn1.Asn1
  const extensionsOf = certificateExtensionsToAsn1 as (value: unknown) => forge.asn1.Asn1
  return {
    subject: nameOf(carrier.subject),
    issuer: nameOf(carrier.issuer),
    extensions: extensionsOf(carrier.extensions),
  }
}

function attributes({ commonName, organization }: Names): forge.pki.CertificateField[] {
  const names = [{ name: 'commonName', value: commonName }]
  return organization === undefined ? names : [{ name: 'organizationName', value: organization }, ...names]
}

function issue(request: Request): string {
  const parts = forgeParts(request)
  const algorithm = sequence(oid(ECDSA_WITH_SHA256))
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01
  const now = Date.now()
  const publicKey = asn1.fromDer(binary(request.publicKey.export({ type: 'spki', format: 'der' })))
  const version = asn1.create(CONTEXT_SPECIFIC, 0, true, [primitive(INTEGER, asn1.integerToDer(2).getBytes())])
  const validity = sequence(time(new Date(now - DAY_MS)), time(new Date(now + 365 * DAY_MS)))
  const body = sequence(
    version,
    primitive(INTEGER, binary(serial)),
    algorithm,
    parts.issuer,
    validity,
    parts.subject,
    publicKey,
    parts.extensions,
  )
  const signature = sign('sha256', Buffer.from(asn1.toDer(body).getBytes(), 'binary'), request.signer)
  const certificate = sequence(body, algorithm, primitive(BITSTRING, `\0${binary(signature)}`))
  return makePem('CERTIFICATE', asn1.toDer(certificate).getBytes())
}

function makePem(label: string, der: string): string {
  const lines =
    Buffer.from(der, 'binary')
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

const newKeys = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

const USAGE = { name: 'keyUsage', critical: true, digitalSignature: true }

const DNS_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]
const ADDRESSES = ['127.0.0.1', '::1', '10.96.0.1']

function alternatives(hosts: string[]): object {
  const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':')
  const dns = [...DNS_NAMES, ...hosts.filter((host) => !isAddress(host))]
  const ips = [...ADDRESSES, ...hosts.filter(isAddress)]
  return {
    name: 'subjectAltName',
    altNames: [...dns.map((value) => ({ type: 2, value })), ...ips.map((ip) => ({ type: 7, ip }))],
  }
}

/** Everything a served cluster needs; `hosts` are further names or addresses that the server is reached by. */
export function makeCertificates(hosts: string[] = []): ServedCertificates {
  const authority = newKeys()
  const issued = (subject: Names, extensions: object[]): KeyAndCertificate => {
    const keys = newKeys()
    const certificate = issue({
      subject,
      issuer: AUTHORITY,
      publicKey: keys.publicKey,
      signer: authority.privateKey,
      extensions,
    })
    return { key: pemOf(keys.privateKey), certificate }
  }
  const caExtensions = [
    { name: 'basicConstraints', critical: true, cA: true },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyCertSign: true },
  ]
  const ca = issue({
    subject: AUTHORITY,
    issuer: AUTHORITY,
    publicKey: authority.publicKey,
    signer: authority.privateKey,
    extensions: caExtensions,
  })
  const server = issued({ commonName: 'kube-apiserver' }, [
    USAGE,
    { name: 'extKeyUsage', serverAuth: true },
    alternatives(hosts),
  ])
  const admin = issued({ commonName: 'kubernetes-admin', organization: 'system:masters' }, [
    USAGE,
    { name: 'extKeyUsage', clientAuth: true },
  ])
  return { ca, server, admin }
}

/** A short name for a certificate, for a person to compare. */
export function fingerprint(pem: string): string {
  return createHash('sha256').update(pem).digest('hex').slice(0, 16)
}
