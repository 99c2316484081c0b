/** Certificate requests (PKCS #10). Models crypto/x509 (ParseCertificateRequest, CheckSignature). */
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
  sequence,
  TAG,
  tagged,
} from './der.ts'
import type { Der } from './der.ts'
import { extensionRequest, factsOf, parseExtensions } from './extensions.ts'
import type { Extension, ExtensionFacts } from './extensions.ts'
import { makePublicKeyDer, parsePublicKeyDer, publicPartOf, sign, signatureAlgorithm, verifySignature } from './keys.ts'
import type { PrivateKey, PublicKey } from './keys.ts'
import { parseName } from './names.ts'
import type { Name } from './names.ts'
import { makePem, parsePem } from './pem.ts'

export interface CertificateRequest extends ExtensionFacts {
  version: number
  subject: Name
  rawSubject: Uint8Array
  publicKey: PublicKey
  extensions: Extension[]
  signatureAlgorithm: string
  signature: Uint8Array
  tbs: Uint8Array
  der: Uint8Array
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
export const REQUEST_LABEL = 'CERTIFICATE REQUEST'
const REQUEST_LABELS = [REQUEST_LABEL, 'NEW CERTIFICATE REQUEST']

/** Throws DerError. */
export function parseRequestDer(bytes: Uint8Array): CertificateRequest {
  const [body, algorithm, signature] = childrenOf(parseDer(bytes))
  if (body === undefined || algorithm === undefined || signature === undefined) throw new DerError('malformed request')
  const [version, subject, key, attributes] = childrenOf(body)
  if (version === undefined || subject === undefined || key === undefined) throw new DerError('malformed request')
  const extensions = attributes === undefined ? [] : requestedExtensions(attributes)
  return {
    version: Number(readInteger(version)) + 1,
    subject: parseName(subject),
    rawSubject: subject.raw,
    publicKey: parsePublicKeyDer(key),
    extensions,
    ...factsOf(extensions),
    signatureAlgorithm: readOid(child(algorithm, 0, TAG.oid)),
    signature: readBits(signature),
    tbs: body.raw,
    der: bytes,
  }
}

function requestedExtensions(attributes: Der): Extension[] {
  for (const attribute of childrenOf(attributes))
    if (readOid(child(attribute, 0, TAG.oid)) === EXTENSION_REQUEST)
      return parseExtensions(child(child(attribute, 1, TAG.set), 0))
  return []
}

/** The first request of a text; undefined when there is none that can be read. */
export function parseRequest(text: string): CertificateRequest | undefined {
  const block = parsePem(text).find(({ label }) => REQUEST_LABELS.includes(label))
  try {
    return block && parseRequestDer(block.der)
  } catch {
    return undefined
  }
}

/** Whether the request was signed with the key it speaks of. */
export function isSelfSigned({
  publicKey,
  signatureAlgorithm: algorithm,
  tbs,
  signature,
}: CertificateRequest): boolean {
  return verifySignature(publicKey, algorithm, tbs, signature)
}

/** A signed request as PEM. `subject` is DER. */
export function makeRequest(subject: Uint8Array, key: PrivateKey, extensions: readonly Extension[]): string {
  const attributes = tagged(0, ...(extensions.length === 0 ? [] : [extensionRequest(extensions)]))
  const body = sequence(integer(0), subject, makePublicKeyDer(publicPartOf(key)), attributes)
  const whole = sequence(body, signatureAlgorithm(key.kind), bits(sign(key, body)))
  return makePem('CERTIFICATE REQUEST', whole)
}
