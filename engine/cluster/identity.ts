/**
 * Certificates as the simulation knows them: a PEM whose body is the subject. Not modelled: X.509,
 * signatures, expiry; a certificate of this cluster's CA is known by the CA's name in it.
 */
import type { HttpRequest } from '../fabric/http.ts'

export interface Subject {
  commonName: string
  organizations: string[]
  /** The name of the CA that signed it. */
  issuer: string
}

export function makeCertificate(subject: Subject): string {
  const body = encode(JSON.stringify(subject))
  const lines = body.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** The subject of a certificate; undefined when the text is not one of ours. */
export function parseCertificate(pem: string | undefined): Subject | undefined {
  const body = /-----BEGIN CERTIFICATE-----\s+([\s\S]+?)-----END CERTIFICATE-----/.exec(pem ?? '')?.[1]
  if (body === undefined) return undefined
  try {
    const subject = JSON.parse(decode(body.replaceAll(/\s/g, ''))) as Subject
    return typeof subject.commonName === 'string' && Array.isArray(subject.organizations) ? subject : undefined
  } catch {
    return undefined
  }
}

export function makeKey(owner: string): string {
  return `-----BEGIN PRIVATE KEY-----\n${encode(`key of ${owner}`)}\n-----END PRIVATE KEY-----\n`
}

export function encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

function decode(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
}

/** What the server learns from the client's certificate, or why there is no connection. */
export function handshake(
  tls: { ca?: string; cert?: string; insecure?: boolean } | undefined,
  ca: string,
): { certificate?: HttpRequest['certificate'] } | { failure: 'tls'; message: string } {
  const trusted = tls?.insecure === true || parseCertificate(tls?.ca)?.commonName === ca
  if (!trusted)
    return {
      failure: 'tls',
      message: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    }
  const subject = parseCertificate(tls?.cert)
  if (subject === undefined || subject.issuer !== ca) return {}
  return { certificate: { commonName: subject.commonName, organizations: subject.organizations } }
}
