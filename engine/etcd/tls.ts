/**
 * Who may connect. Models client/pkg/transport (listener_tls.go, tlsutil) and Go's crypto/tls as far as
 * its errors show (O2, O8b). Certificates are read anew for each connection, as etcd does.
 */
import { parseCertificates, parseKeyPem, publicPartOf, samePublicKey, verifyCertificate } from '../pki/index.ts'
import type { Certificate } from '../pki/index.ts'
import type { EtcdTls } from './config.ts'

/** What a client brings to a handshake; PEM texts. */
export interface TlsClient {
  /** Whether it speaks TLS at all. */
  isTls: boolean
  /** The authorities it trusts; absent: it does not check (--insecure-skip-tls-verify). */
  trusted?: string
  /** The name or address that the server's certificate must be for. */
  serverName?: string
  certificate?: string
  key?: string
  /** The client's clock; default the server's. */
  nowMs?: number
}

/** What either side says; a side that notices nothing says what it sees of the other. */
export interface HandshakeProblem {
  /** As grpc's client puts it, after `connection error: desc = `. */
  client: string
  /** The `error` of the server's line; absent: it does not log. */
  server?: string
}

export interface TlsServer {
  /** Absent: plain. */
  tls?: EtcdTls
  read: (path: string) => string | undefined
  nowMs: number
}

const PREFACE = 'error reading server preface'
const HANDSHAKE = 'transport: authentication handshake failed'
const NOT_TLS = 'tls: first record does not look like a TLS handshake'

/** undefined: they understand each other. */
export function handshake(client: TlsClient, server: TlsServer): HandshakeProblem | undefined {
  const { tls } = server
  if (tls === undefined) return client.isTls ? { client: `${HANDSHAKE}: ${NOT_TLS}` } : undefined
  if (!client.isTls) return { client: `${PREFACE}: EOF`, server: NOT_TLS }
  return serverProblem(client, server, tls) ?? clientProblem(client, server, tls)
}

/** The client looks at the server's certificate. */
function serverProblem(client: TlsClient, { read, nowMs }: TlsServer, tls: EtcdTls): HandshakeProblem | undefined {
  const [leaf, ...intermediates] = parseCertificates(read(tls.certFile) ?? '')
  const key = parseKeyPem(read(tls.keyFile) ?? '')
  if (leaf === undefined || key === undefined || !samePublicKey(publicPartOf(key), leaf.publicKey))
    return { client: `${HANDSHAKE}: remote error: tls: internal error`, server: pairProblem(tls, read, leaf) }
  if (client.trusted === undefined) return undefined
  const roots = parseCertificates(client.trusted)
  const name = client.serverName
  const problem = verifyCertificate(leaf, {
    roots,
    intermediates,
    nowMs: client.nowMs ?? nowMs,
    usage: 'serverAuth',
    ...(name !== undefined && { name }),
  })
  if (problem === undefined) return undefined
  return {
    client: `${HANDSHAKE}: tls: failed to verify certificate: ${problem}`,
    server: 'remote error: tls: bad certificate',
  }
}

function pairProblem(tls: EtcdTls, read: TlsServer['read'], leaf: Certificate | undefined): string {
  for (const path of [tls.certFile, tls.keyFile])
    if (read(path) === undefined) return `open ${path}: no such file or directory`
  return leaf === undefined
    ? 'tls: failed to find any PEM data in certificate input'
    : 'tls: private key does not match public key'
}

/** The server looks at the client's certificate, if it wants one. */
function clientProblem(client: TlsClient, { read, nowMs }: TlsServer, tls: EtcdTls): HandshakeProblem | undefined {
  const trusted = tls.trustedCaFile === '' ? undefined : read(tls.trustedCaFile)
  if (!tls.clientCertAuth && tls.trustedCaFile === '') return undefined
  const [leaf, ...intermediates] = parseCertificates(client.certificate ?? '')
  if (leaf === undefined)
    return {
      client: `${PREFACE}: remote error: tls: certificate required`,
      server: "tls: client didn't provide a certificate",
    }
  const roots = parseCertificates(trusted ?? '')
  const problem = verifyCertificate(leaf, { roots, intermediates, nowMs, usage: 'clientAuth' })
  if (problem === undefined) return undefined
  return {
    client: `${PREFACE}: remote error: tls: ${alertFor(problem)}`,
    server: `tls: failed to verify certificate: ${problem}`,
  }
}

/** Go's alert for what it found (crypto/tls handshake_server.go). */
function alertFor(problem: string): string {
  if (problem.includes('unknown authority')) return 'unknown certificate authority'
  return problem.includes('expired') ? 'expired certificate' : 'bad certificate'
}

/** Why a certificate and its key cannot be used; undefined when they can. */
export function certificateProblem(tls: EtcdTls, read: TlsServer['read']): string | undefined {
  for (const path of [tls.certFile, tls.keyFile, tls.trustedCaFile])
    if (path !== '' && read(path) === undefined) return `open ${path}: no such file or directory`
  const [leaf] = parseCertificates(read(tls.certFile) ?? '')
  const key = parseKeyPem(read(tls.keyFile) ?? '')
  if (leaf === undefined || key === undefined) return 'tls: failed to find any PEM data in certificate input'
  return samePublicKey(publicPartOf(key), leaf.publicKey) ? undefined : 'tls: private key does not match public key'
}
