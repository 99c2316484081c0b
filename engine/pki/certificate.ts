/** X.509 certificates: parsed, built and signed. Models crypto/x509 (ParseCertificate, CreateCertificate). */
import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes, toHex } from './bytes.ts'
import {
  bits,
  child,
  childrenOf,
  DerError,
  integer,
  parseDer,
  readBits,
  readInteger,
  readOid,
  readTime,
  sequence,
} from './der.ts'
import { TAG, tagged, time } from './der.ts'
import type { Der } from './der.ts'
import {
  authorityKeyIdExtension,
  altNamesExtension,
  basicConstraintsExtension,
  explicitExtensions,
} from './extensions.ts'
import {
  extKeyUsageExtension,
  factsOf,
  goAltNames,
  keyUsageExtension,
  NO_ALT_NAMES,
  parseExtensions,
} from './extensions.ts'
import { subjectKeyIdExtension, EXT_KEY_USAGES } from './extensions.ts'
import type { AltNames, Extension, ExtensionFacts, ExtKeyUsage, KeyUsage } from './extensions.ts'
import {
  keyIdOf,
  makePublicKeyDer,
  parsePublicKeyDer,
  publicPartOf,
  sign,
  signatureAlgorithm,
  signatureBytes,
} from './keys.ts'
import { verifySignature } from './keys.ts'
import type { PrivateKey, PublicKey } from './keys.ts'
import { makeName, parseName } from './names.ts'
import type { Name } from './names.ts'
import { makePem, parsePem } from './pem.ts'

export interface Certificate extends ExtensionFacts {
  /** 1 to 3. */
  version: number
  serial: bigint
  /** Dotted. */
  signatureAlgorithm: string
  issuer: Name
  subject: Name
  rawIssuer: Uint8Array
  rawSubject: Uint8Array
  /** Milliseconds since 1970. */
  notBeforeMs: number
  notAfterMs: number
  publicKey: PublicKey
  extensions: Extension[]
  signature: Uint8Array
  /** The part that is signed. */
  tbs: Uint8Array
  der: Uint8Array
}

/** Throws DerError. */
export function parseCertificateDer(bytes: Uint8Array): Certificate {
  const [body, algorithm, signature] = childrenOf(parseDer(bytes))
  if (body === undefined || algorithm === undefined || signature === undefined)
    throw new DerError('malformed certificate')
  const parts = childrenOf(body)
  const hasVersion = parts[0]?.tag === 0xa0
  const [serial, , issuer, validity, subject, key, ...rest] = (hasVersion ? parts.slice(1) : parts) as Der[]
  if (
    serial === undefined ||
    issuer === undefined ||
    validity === undefined ||
    subject === undefined ||
    key === undefined
  )
    throw new DerError('malformed certificate')
  const wrapped = rest.find(({ tag }) => tag === 0xa3)
  const extensions = wrapped === undefined ? [] : parseExtensions(child(wrapped, 0))
  return {
    version: hasVersion ? Number(readInteger(child(parts[0] as Der, 0))) + 1 : 1,
    serial: readInteger(serial),
    signatureAlgorithm: readOid(child(algorithm, 0, TAG.oid)),
    issuer: parseName(issuer),
    subject: parseName(subject),
    rawIssuer: issuer.raw,
    rawSubject: subject.raw,
    notBeforeMs: readTime(child(validity, 0)),
    notAfterMs: readTime(child(validity, 1)),
    publicKey: parsePublicKeyDer(key),
    extensions,
    ...factsOf(extensions),
    signature: readBits(signature),
    tbs: body.raw,
    der: bytes,
  }
}

const parsed = new Map<string, Certificate[]>()
const REMEMBERED = 1000

/** All certificates of a text that can be read, in order. The same text gives the same objects. */
export function parseCertificates(text: string): readonly Certificate[] {
  let found = parsed.get(text)
  if (found === undefined) {
    if (parsed.size >= REMEMBERED) parsed.clear()
    found = parsePem(text).flatMap(({ label, der }) => readOne(label, der))
    parsed.set(text, found)
  }
  return found
}

function readOne(label: string, der: Uint8Array): Certificate[] {
  if (label !== 'CERTIFICATE' && label !== 'X509 CERTIFICATE' && label !== 'TRUSTED CERTIFICATE') return []
  try {
    return [parseCertificateDer(der)]
  } catch {
    return []
  }
}

/** The first certificate of a text. */
export const parseCertificate = (text: string): Certificate | undefined => parseCertificates(text)[0]

const fingerprints = new WeakMap<Certificate, string>()

/** SHA-256 of the whole, in hex. */
export function fingerprintOf(certificate: Certificate): string {
  let found = fingerprints.get(certificate)
  if (found === undefined) fingerprints.set(certificate, (found = toHex(sha256(certificate.der))))
  return found
}

/** Who signs: a CA's certificate (its subject and key identifier) and its key. */
export interface Signer {
  subject: Uint8Array
  keyId: Uint8Array | undefined
  key: PrivateKey
}

export function signerOf(certificate: Certificate, key: PrivateKey): Signer {
  return { subject: certificate.rawSubject, keyId: certificate.subjectKeyId, key }
}

/** A certificate before it is signed; `extensions` in their order, key identifiers included. */
export interface Draft {
  serial: bigint
  /** DER. */
  subject: Uint8Array
  notBeforeMs: number
  notAfterMs: number
  publicKey: PublicKey
  extensions: readonly Extension[]
  /** 3 unless told. */
  version?: number
}

function tbsOf(draft: Draft, signer: Signer): Uint8Array {
  return sequence(
    ...(draft.version === 1 ? [] : [tagged(0, integer(2))]),
    integer(draft.serial),
    signatureAlgorithm(signer.key.kind),
    signer.subject,
    sequence(time(draft.notBeforeMs), time(draft.notAfterMs)),
    draft.subject,
    makePublicKeyDer(draft.publicKey),
    explicitExtensions(draft.extensions),
  )
}

export function signCertificate(draft: Draft, signer: Signer): string {
  const tbs = tbsOf(draft, signer)
  return wrapped(tbs, signer, sign(signer.key, tbs))
}

/** How long the PEM text of an RSA signer's certificate will be, without the cost of signing. */
export function certificateLength(draft: Draft, signer: Signer): number {
  return wrapped(tbsOf(draft, signer), signer, new Uint8Array(signatureBytes(signer.key))).length
}

function wrapped(tbs: Uint8Array, signer: Signer, signature: Uint8Array): string {
  return makePem('CERTIFICATE', sequence(tbs, signatureAlgorithm(signer.key.kind), bits(signature)))
}

/** A certificate as Go's x509.CreateCertificate is told of it. */
export interface Template {
  serial: bigint
  subject: Name
  notBeforeMs: number
  notAfterMs: number
  publicKey: PublicKey
  keyUsages: readonly KeyUsage[]
  extKeyUsages?: readonly ExtKeyUsage[]
  isCa?: boolean
  altNames?: Partial<AltNames>
}

/** In the order of Go's buildCertExtensions. */
export function draftOf(template: Template, signer: Signer): Draft {
  const { serial, subject, notBeforeMs, notAfterMs, publicKey, keyUsages, isCa = false } = template
  const usages = (template.extKeyUsages ?? []).map((usage) => EXT_KEY_USAGES[usage])
  const names = goAltNames({ ...NO_ALT_NAMES, ...template.altNames })
  const extensions = [
    ...(keyUsages.length === 0 ? [] : [keyUsageExtension(keyUsages)]),
    ...(usages.length === 0 ? [] : [extKeyUsageExtension(usages)]),
    basicConstraintsExtension(isCa),
    ...(isCa ? [subjectKeyIdExtension(keyIdOf(publicKey))] : []),
    ...(signer.keyId !== undefined && !isCa ? [authorityKeyIdExtension(signer.keyId)] : []),
    ...(names.length === 0 ? [] : [altNamesExtension(names, subject.length === 0)]),
  ]
  return { serial, subject: makeName(subject), notBeforeMs, notAfterMs, publicKey, extensions }
}

/** The signer that a CA's own certificate is made with. */
export function selfSigner(subject: Name, key: PrivateKey): Signer {
  return { subject: makeName(subject), keyId: keyIdOf(publicPartOf(key)), key }
}

const checked = new WeakMap<Certificate, WeakMap<Certificate, boolean>>()

/** Whether `issuer`'s key made the signature. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const known = checked.get(certificate) ?? new WeakMap<Certificate, boolean>()
  checked.set(certificate, known)
  let verdict = known.get(issuer)
  if (verdict === undefined) {
    verdict = verifySignature(issuer.publicKey, certificate.signatureAlgorithm, certificate.tbs, certificate.signature)
    known.set(issuer, verdict)
  }
  return verdict
}

export const isSelfIssued = ({ rawIssuer, rawSubject }: Certificate): boolean => equalBytes(rawIssuer, rawSubject)
