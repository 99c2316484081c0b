/**
 * Requests of a simulated API server that leave the simulation: webhooks at a URL of the real network. Only where the
 * cluster belongs to whoever runs the server (`kubeflight up`); sessions of learners have no way out.
 */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Flight, FlightListeners, HttpResponse } from '../engine/index.ts'
import { outside } from './outside.ts'

type OutsideRequest = Parameters<NonNullable<FlightListeners['outside']>>[0]
type OutsideAnswer = { response: HttpResponse } | { error: string }

const MAX_BYTES = 3 * 1024 * 1024

/** The listener that sends them, and hands each answer to the flight as an input. */
export class OutsideRequests {
  private flight: Pick<Flight, 'input'> | undefined

  readonly listeners: Pick<FlightListeners, 'outside'> = {
    outside: (request) => outside(() => void this.send(request)),
  }

  attach(flight: Pick<Flight, 'input'>): void {
    this.flight = flight
  }

  private async send(request: OutsideRequest): Promise<void> {
    const answer = await fetchOutside(request)
    this.flight?.input({ kind: 'outside.answer', id: request.id, answer })
  }
}

/** The answer, or Go's text of why there is none. */
export function fetchOutside({
  url,
  method,
  headers,
  body,
  caBundle,
  timeoutMs,
}: OutsideRequest): Promise<OutsideAnswer> {
  return new Promise((resolve) => {
    const target = new URL(url)
    const secure = target.protocol === 'https:'
    const options = { method, headers, ...(caBundle !== undefined && { ca: caBundle }), timeout: timeoutMs }
    const sent = (secure ? requestHttps : requestHttp)(target, options, (answer) => {
      const pieces: Buffer[] = []
      let size = 0
      answer.on('data', (piece: Buffer) => {
        size += piece.length
        if (size <= MAX_BYTES) pieces.push(piece)
      })
      answer.on('error', (error) => resolve({ error: goText(error, target) }))
      answer.on('end', () => {
        const type = answer.headers['content-type'] ?? ''
        const text = Buffer.concat(pieces).toString('utf8')
        resolve({ response: { code: answer.statusCode ?? 0, headers: { 'content-type': type }, body: text } })
      })
    })
    const timer = setTimeout(() => sent.destroy(new Error('late')), timeoutMs)
    sent.on('close', () => clearTimeout(timer))
    sent.on('error', (error) => resolve({ error: goText(error, target) }))
    sent.end(body)
  })
}

type NodeError = Error & { code?: string; address?: string; port?: number; cert?: { subjectaltname?: string } }

const UNKNOWN_AUTHORITY = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'CERT_SIGNATURE_FAILURE',
]

/** An error of Node's in the words of Go. */
function goText(error: NodeError, { hostname, port, protocol }: URL): string {
  const { code = '' } = error
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  const verify = 'tls: failed to verify certificate: x509:'
  if (error.message === 'late' || code === 'ETIMEDOUT') return 'context deadline exceeded'
  if (code === 'ECONNREFUSED')
    return `dial tcp ${error.address ?? hostname}:${error.port ?? number}: connect: connection refused`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${hostname}: no such host`
  if (code === 'ECONNRESET') return 'EOF'
  if (UNKNOWN_AUTHORITY.includes(code)) return `${verify} certificate signed by unknown authority`
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return `${verify} certificate has expired or is not yet valid`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${verify} ${namesText(error, hostname)}`
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'http: server gave HTTP response to HTTPS client'
  return error.message
}

function namesText({ cert }: NodeError, hostname: string): string {
  const names = [...(cert?.subjectaltname ?? '').matchAll(/(?:DNS|IP Address):([^,]+)/g)].map((match) => match[1])
  if (names.length === 0) return `certificate is not valid for any names, but wanted to match ${hostname}`
  return `certificate is valid for ${names.join(', ')}, not ${hostname}`
}
