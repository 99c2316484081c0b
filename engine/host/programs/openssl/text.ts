/** Certificates, requests and keys as OpenSSL 3.0 prints them. Models crypto/x509/t_x509.c, t_req.c and v3_*.c. */
import { CURVES, EXT_KEY_USAGES, EXTENSION, factsOf, fromBigInt, generalNames, KEY_USAGES } from '../../../pki/index.ts'
import { nameText, parseDer, signatureName, toHex } from '../../../pki/index.ts'
import type {
  Certificate,
  CertificateRequest,
  Extension,
  ExtKeyUsage,
  KeyUsage,
  PrivateKey,
  PublicKey,
} from '../../../pki/index.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Nov 21 01:34:05 2026 GMT`, the day padded with a space. */
export function timeText(ms: number): string {
  const date = new Date(ms)
  const clock = date.toISOString().slice(11, 19)
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${clock} ${date.getUTCFullYear()} GMT`
}

const pairs = (bytes: Uint8Array): string[] => toHex(bytes).match(/../g) ?? []

/** `55:33:3C`. */
export const colons = (bytes: Uint8Array): string => pairs(bytes).join(':').toUpperCase()

function hexLines(bytes: Uint8Array, width: number, indent: number): string {
  const all = pairs(bytes)
  const lines: string[] = []
  for (let at = 0; at < all.length; at += width) lines.push(all.slice(at, at + width).join(':'))
  return lines.map((line, i) => `${' '.repeat(indent)}${line}${i < lines.length - 1 ? ':' : ''}\n`).join('')
}

/** A number with the zero that keeps it from being negative. */
function numberBytes(value: bigint): Uint8Array {
  const bytes = fromBigInt(value)
  return (bytes[0] ?? 0) >= 0x80 ? Uint8Array.of(0, ...bytes) : bytes
}

function serialText(serial: bigint): string {
  if (serial < 1n << 63n) return `        Serial Number: ${serial} (0x${serial.toString(16)})\n`
  return `        Serial Number:\n            ${pairs(fromBigInt(serial)).join(':')}\n`
}

function keyText(key: PublicKey): string {
  const at = ' '.repeat(16)
  if (key.kind === 'rsa')
    return (
      `            Public Key Algorithm: rsaEncryption\n${at}Public-Key: (${key.n.toString(2).length} bit)\n${at}Modulus:\n` +
      hexLines(numberBytes(key.n), 15, 20) +
      `${at}Exponent: ${key.e} (0x${key.e.toString(16)})\n`
    )
  const { bits, name } = CURVES[key.curve]
  return (
    `            Public Key Algorithm: id-ecPublicKey\n${at}Public-Key: (${bits} bit)\n${at}pub:\n` +
    hexLines(key.point, 15, 20) +
    `${at}ASN1 OID: ${name}\n${at}NIST CURVE: ${key.curve}\n`
  )
}

/** `openssl rsa|ec|pkey -text`. */
export function privateKeyText(key: PrivateKey): string {
  const number = (title: string, value: bigint): string => `${title}:\n${hexLines(numberBytes(value), 15, 4)}`
  if (key.kind === 'ec') {
    const { bits, name } = CURVES[key.curve]
    const [secret, point] = [hexLines(key.secret, 15, 4), hexLines(key.point, 15, 4)]
    return `Private-Key: (${bits} bit)\npriv:\n${secret}pub:\n${point}ASN1 OID: ${name}\nNIST CURVE: ${key.curve}\n`
  }
  return (
    `Private-Key: (${key.n.toString(2).length} bit, 2 primes)\n${number('modulus', key.n)}` +
    `publicExponent: ${key.e} (0x${key.e.toString(16)})\n${number('privateExponent', key.d)}` +
    `${number('prime1', key.p)}${number('prime2', key.q)}${number('exponent1', key.dp)}` +
    `${number('exponent2', key.dq)}${number('coefficient', key.qi)}`
  )
}

/** `openssl rsa|ec|pkey -pubin -text`. */
export function publicKeyText(key: PublicKey): string {
  if (key.kind === 'rsa')
    return (
      `Public-Key: (${key.n.toString(2).length} bit)\nModulus:\n${hexLines(numberBytes(key.n), 15, 4)}` +
      `Exponent: ${key.e} (0x${key.e.toString(16)})\n`
    )
  const { bits, name } = CURVES[key.curve]
  return `Public-Key: (${bits} bit)\npub:\n${hexLines(key.point, 15, 4)}ASN1 OID: ${name}\nNIST CURVE: ${key.curve}\n`
}

const TITLES: Record<string, string> = {
  [EXTENSION.subjectKeyId]: 'X509v3 Subject Key Identifier',
  [EXTENSION.keyUsage]: 'X509v3 Key Usage',
  [EXTENSION.subjectAltName]: 'X509v3 Subject Alternative Name',
  [EXTENSION.basicConstraints]: 'X509v3 Basic Constraints',
  [EXTENSION.authorityKeyId]: 'X509v3 Authority Key Identifier',
  [EXTENSION.extKeyUsage]: 'X509v3 Extended Key Usage',
}

/** What `-ext` calls them. */
export const EXTENSION_NAMES: Record<string, string> = {
  subjectKeyIdentifier: EXTENSION.subjectKeyId,
  keyUsage: EXTENSION.keyUsage,
  subjectAltName: EXTENSION.subjectAltName,
  basicConstraints: EXTENSION.basicConstraints,
  authorityKeyIdentifier: EXTENSION.authorityKeyId,
  extendedKeyUsage: EXTENSION.extKeyUsage,
}

const USAGES: Record<KeyUsage, string> = {
  digitalSignature: 'Digital Signature',
  nonRepudiation: 'Non Repudiation',
  keyEncipherment: 'Key Encipherment',
  dataEncipherment: 'Data Encipherment',
  keyAgreement: 'Key Agreement',
  keyCertSign: 'Certificate Sign',
  cRLSign: 'CRL Sign',
  encipherOnly: 'Encipher Only',
  decipherOnly: 'Decipher Only',
}

const EXTENDED: Record<ExtKeyUsage, string> = {
  anyExtendedKeyUsage: 'Any Extended Key Usage',
  serverAuth: 'TLS Web Server Authentication',
  clientAuth: 'TLS Web Client Authentication',
  codeSigning: 'Code Signing',
  emailProtection: 'E-mail Protection',
  ipsecEndSystem: 'IPSec End System',
  ipsecTunnel: 'IPSec Tunnel',
  ipsecUser: 'IPSec User',
  timeStamping: 'Time Stamping',
  OCSPSigning: 'OCSP Signing',
  msSGC: 'Microsoft Server Gated Crypto',
  nsSGC: 'Netscape Server Gated Crypto',
}

function extendedText(oid: string): string {
  const [name] = Object.entries(EXT_KEY_USAGES).find(([, dotted]) => dotted === oid) ?? []
  return name === undefined ? oid : EXTENDED[name as ExtKeyUsage]
}

const GENERAL: Record<string, string> = { dns: 'DNS', ip: 'IP Address', email: 'email', uri: 'URI' }

function ipText(text: string): string {
  if (!text.includes(':')) return text
  // OpenSSL prints all eight groups, without leading zeros, in upper case.
  const [head = '', tail = ''] = text.split('::')
  const [before, after] = [head, tail].map((part) => (part === '' ? [] : part.split(':')))
  const zeros = new Array<string>(8 - (before?.length ?? 0) - (after?.length ?? 0)).fill('0')
  return [...(before ?? []), ...zeros, ...(after ?? [])].join(':').toUpperCase()
}

function valueText(extension: Extension): string {
  const facts = factsOf([extension])
  switch (extension.id) {
    case EXTENSION.subjectKeyId:
      return colons(facts.subjectKeyId ?? new Uint8Array())
    case EXTENSION.authorityKeyId:
      return facts.authorityKeyId === undefined ? '' : colons(facts.authorityKeyId)
    case EXTENSION.basicConstraints: {
      const { ca = false, pathLength } = facts.basicConstraints ?? {}
      return `CA:${ca ? 'TRUE' : 'FALSE'}${pathLength === undefined ? '' : `, pathlen:${pathLength}`}`
    }
    case EXTENSION.keyUsage:
      return KEY_USAGES.filter((usage) => facts.keyUsages?.includes(usage))
        .map((usage) => USAGES[usage])
        .join(', ')
    case EXTENSION.extKeyUsage:
      return facts.extKeyUsages.map(extendedText).join(', ')
    case EXTENSION.subjectAltName:
      return generalNames(parseDer(extension.value))
        .map(({ kind, value }) => `${GENERAL[kind]}:${kind === 'ip' ? ipText(value) : value}`)
        .join(', ')
    default:
      return String.fromCharCode(...extension.value).replaceAll(/[^ -~]/g, '.')
  }
}

/** Each extension's title and value, at an indent. */
export function extensionsText(extensions: readonly Extension[], indent: number): string {
  const at = ' '.repeat(indent)
  return extensions
    .map((one) => {
      const title = `${TITLES[one.id] ?? one.id}: ${one.critical ? 'critical' : ''}`
      return `${at}${title}\n${at}    ${valueText(one)}\n`
    })
    .join('')
}

const signatureText = (algorithm: string, signature: Uint8Array): string =>
  `    Signature Algorithm: ${signatureName(algorithm)}\n    Signature Value:\n${hexLines(signature, 18, 8)}`

export function certificateText(one: Certificate): string {
  return (
    `Certificate:\n    Data:\n        Version: ${one.version} (0x${one.version - 1})\n${serialText(one.serial)}` +
    `        Signature Algorithm: ${signatureName(one.signatureAlgorithm)}\n` +
    `        Issuer: ${nameText(one.issuer)}\n        Validity\n` +
    `            Not Before: ${timeText(one.notBeforeMs)}\n            Not After : ${timeText(one.notAfterMs)}\n` +
    `        Subject: ${nameText(one.subject)}\n        Subject Public Key Info:\n${keyText(one.publicKey)}` +
    (one.extensions.length === 0 ? '' : `        X509v3 extensions:\n${extensionsText(one.extensions, 12)}`) +
    signatureText(one.signatureAlgorithm, one.signature)
  )
}

export function requestText(one: CertificateRequest): string {
  const none = one.extensions.length === 0 ? '            (none)\n' : ''
  return (
    `Certificate Request:\n    Data:\n        Version: ${one.version} (0x${one.version - 1})\n` +
    `        Subject: ${nameText(one.subject)}\n        Subject Public Key Info:\n${keyText(one.publicKey)}` +
    `        Attributes:\n${none}            Requested Extensions:\n${extensionsText(one.extensions, 16)}` +
    signatureText(one.signatureAlgorithm, one.signature)
  )
}
