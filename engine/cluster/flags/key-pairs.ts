/** Certificates and keys that flags name, judged as Go does. Models crypto/tls (X509KeyPair) and client-go util/{cert,keyutil}. */
import { parseCertificate, parseKeyPem, parsePublicKeyPem, publicPartOf, samePublicKey } from '../../pki/index.ts'
import { parseCertificates, parsePem } from '../../pki/index.ts'
import { openProblem } from './host.ts'
import type { FlagHost } from './host.ts'
import { quoted } from './values.ts'

const isKey = (label: string): boolean => label === 'PRIVATE KEY' || label.endsWith(' PRIVATE KEY')

function certificateProblem(labels: string[]): string | undefined {
  if (labels.includes('CERTIFICATE')) return undefined
  if (labels.length === 0) return 'tls: failed to find any PEM data in certificate input'
  if (labels.length === 1 && isKey(labels[0] as string))
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${labels.join(' ')}]`
}

function keyProblem(labels: string[]): string | undefined {
  if (labels.some(isKey)) return undefined
  if (labels.length === 0) return 'tls: failed to find any PEM data in key input'
  if (labels.length === 1 && labels[0] === 'CERTIFICATE')
    return 'tls: found a certificate rather than a key in the PEM for the private key'
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${labels.join(' ')}]`
}

const labelsOf = (text: string): string[] => parsePem(text).map(({ label }) => label)

/** What is wrong with a certificate and its key, given as texts. */
export function pairProblem(certificateText: string, keyText: string): string | undefined {
  const shape = certificateProblem(labelsOf(certificateText)) ?? keyProblem(labelsOf(keyText))
  if (shape !== undefined) return shape
  const certificate = parseCertificate(certificateText)
  if (certificate === undefined) return 'x509: malformed certificate'
  const key = parseKeyPem(keyText)
  if (key === undefined) return 'tls: failed to parse private key'
  return samePublicKey(certificate.publicKey, publicPartOf(key))
    ? undefined
    : 'tls: private key does not match public key'
}

/** The same of two files; without names there is nothing to say. */
export function pairFilesProblem(host: FlagHost, certificate: string, key: string): string | undefined {
  if (certificate === '' && key === '') return undefined
  if (host.sound?.([certificate, key]) === true) return undefined
  return (
    openProblem(host, certificate) ??
    openProblem(host, key) ??
    pairProblem(host.read(certificate) ?? '', host.read(key) ?? '')
  )
}

/** Models dynamiccertificates.NewDynamicServingContentFromFiles. */
export function servedPairProblem(host: FlagHost, certificate: string, key: string): string | undefined {
  const isHalf = (certificate === '') !== (key === '')
  return isHalf ? 'missing filename for serving cert' : pairFilesProblem(host, certificate, key)
}

/** Models dynamiccertificates.NewDynamicCAContentFromFile. */
export function caBundleProblem(host: FlagHost, purpose: string, path: string): string | undefined {
  if (path === '' || host.sound?.([path]) === true) return undefined
  const missing = openProblem(host, path)
  if (missing !== undefined) return missing
  const text = host.read(path) ?? ''
  const name = quoted(`${purpose}::${path}`)
  if (text === '') return `missing content for CA bundle ${name}`
  return parseCertificates(text).length > 0
    ? undefined
    : `error loading CA bundle for ${name}: data does not contain any valid RSA or ECDSA certificates`
}

/** Models keyutil.PrivateKeyFromFile. */
export function privateKeyProblem(host: FlagHost, path: string): string | undefined {
  const missing = openProblem(host, path)
  if (missing !== undefined) return missing
  return parseKeyPem(host.read(path) ?? '') !== undefined
    ? undefined
    : `error reading private key file ${path}: data does not contain a valid RSA or ECDSA private key`
}

/** Models keyutil.PublicKeysFromFile: public keys, private ones, or certificates. */
export function publicKeysProblem(host: FlagHost, path: string): string | undefined {
  const missing = openProblem(host, path)
  if (missing !== undefined) return missing
  const text = host.read(path) ?? ''
  const found = parsePublicKeyPem(text) ?? parseKeyPem(text) ?? parseCertificate(text)
  return found !== undefined
    ? undefined
    : `error reading public key file ${path}: data does not contain any valid RSA or ECDSA public keys`
}
