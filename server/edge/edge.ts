/**
 * A simulated API server on a real port: HTTP/2 or HTTP/1.1 over TLS with client certificates, as unmodified
 * clients speak it. Requests become inputs of the flight; answers come back byte for byte.
 *
 * exec, attach and port-forward upgrade an HTTP/1.1 connection to WebSocket (v5 and v4.channel.k8s.io) or SPDY/3.1.
 * Not modelled: gzip, the node and service proxies' upgrades.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { chunkToWire, fromWire, toWire, WireError } from '../../engine/index.ts'
import type { HttpRequest, HttpResponse } from '../../engine/index.ts'
import type { ServedCertificates } from './certificates.ts'
import type { Exchanges } from './exchanges.ts'
import { forwardPorts } from './port-forward.ts'
import { isUpgradeForStreams, upgrade } from './upgrade.ts'

export interface EdgeOptions {
  exchanges: Exchanges
  certificates: Pick<ServedCertificates, 'ca' | 'server'>
  /** What the cluster makes of a client's certificate (PEM); absent: the authority of `certificates` decides. */
  identify?: (pem: string) => HttpRequest['certificate']
  host?: string
  /** 0: any free port. */
  port?: number
  /** Largest body of a request; etcd takes 1.5 MiB, the API server 3 MiB. */
  maxBodyBytes?: number
  /** Most requests under way at once. */
  maxExchanges?: number
  log?: (line: string) => void
}

const MAX_BODY_BYTES = 3 * 1024 * 1024
/** --max-requests-inflight: streams are not among them. */
const MAX_IN_FLIGHT = 400
const MAX_EXCHANGES = 5_000
/** --http2-max-streams-per-connection, as the API server sets it: then a client opens another connection. */
const MAX_STREAMS = 100
/** Of one connection, in MB: node refuses new streams above it. */
const MAX_SESSION_MEMORY = 256
/** A client that does not read: the stream is broken when this much waits for it. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024

type Certificate = NonNullable<HttpRequest['certificate']>

/** One object a person, so that the API server may keep what it knows about them. */
const people = new Map<string, Certificate>()

export class Edge {
  private readonly server: Http2SecureServer
  private readonly sockets = new Set<Duplex>()

  constructor(private readonly options: EdgeOptions) {
    const { ca, server } = options.certificates
    const tls = {
      key: server.key,
      cert: server.certificate,
      ca,
      requestCert: true,
      rejectUnauthorized: false,
    }
    this.server = createSecureServer(
      {
        ...tls,
        allowHTTP1: true,
        maxSessionMemory: MAX_SESSION_MEMORY,
        settings: { maxConcurrentStreams: MAX_STREAMS },
      },
      // node gives a stream of HTTP/2 the same face as a request of HTTP/1.1.
      (request, response) =>
        void this.serve(request as unknown as IncomingMessage, response as unknown as ServerResponse),
    )
    Object.assign(this.server, { keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: 30_000 })
    this.server.on('session', (session: ServerHttp2Session) => void session.on('error', () => undefined))
    this.server.on('sessionError', () => undefined)
    this.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.upgraded(request, socket, head),
    )
    this.server.on('connection', (socket: Duplex) => this.keep(socket))
    this.server.on('tlsClientError', () => undefined)
    this.server.on('clientError', (_: Error, socket: Duplex) => void socket.destroy())
  }

  /** Opens the port; resolves to the URL of the API server. */
  listen(): Promise<string> {
    const { host = '127.0.0.1', port = 0 } = this.options
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(port, host, () => {
        const { address, port: actual } = this.server.address() as AddressInfo
        resolve(`https://${address.includes(':') ? `[${address}]` : address}:${actual}`)
      })
    })
  }

  /** Breaks every connection and closes the port. */
  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    return new Promise((resolve) => void this.server.close(() => resolve()))
  }

  private keep(socket: Duplex): void {
    this.sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => void this.sockets.delete(socket))
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const bytes = await this.bodyOf(request)
      const read = this.read(request, bytes)
      if ('refused' in read) return send(response, read.refused)
      this.exchange(read.request, response)
    } catch (error) {
      this.options.log?.(`${request.method} ${request.url}: ${String(error)}`)
      send(
        response,
        statusResponse(
          500,
          'InternalError',
          `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
        ),
      )
    }
  }

  private isFull(): boolean {
    const { exchanges, maxExchanges = MAX_EXCHANGES } = this.options
    if (exchanges.size < Math.min(MAX_IN_FLIGHT, maxExchanges)) return false
    return exchanges.size >= maxExchanges || exchanges.inFlight >= MAX_IN_FLIGHT
  }

  private read(
    incoming: IncomingMessage,
    bytes: Buffer | undefined,
  ): { request: HttpRequest } | { refused: HttpResponse } {
    if (bytes === undefined)
      return { refused: statusResponse(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728') }
    if (this.isFull())
      return {
        refused: statusResponse(429, 'TooManyRequests', 'too many requests, please try again later.', {
          'retry-after': '1',
        }),
      }
    const certificate = this.options.identify === undefined ? certificateOf(incoming) : this.identified(incoming)
    if (certificate === 'unknown') return { refused: statusResponse(401, 'Unauthorized', 'Unauthorized') }
    if (!isDecodable(incoming.url ?? '/'))
      return {
        refused: statusResponse(
          400,
          'BadRequest',
          `the path ${JSON.stringify(incoming.url)} is not percent-encoded as it must be`,
        ),
      }
    try {
      const request = fromWire(incoming.method ?? 'GET', incoming.url ?? '/', headersOf(incoming), bytes)
      return { request: { ...request, ...(certificate !== undefined && { certificate }) } }
    } catch (error) {
      if (error instanceof WireError) return { refused: error.response }
      return { refused: statusResponse(400, 'BadRequest', error instanceof Error ? error.message : String(error)) }
    }
  }

  /** The cluster checks by its own clock and authority, which may not be those of this machine. */
  private identified(incoming: IncomingMessage): Certificate | undefined {
    const { raw } = (incoming.socket as TLSSocket).getPeerCertificate() as { raw?: Buffer }
    if (raw === undefined) return undefined
    const lines = raw.toString('base64').match(/.{1,64}/g) ?? []
    return this.options.identify?.(`-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`)
  }

  private bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
    const limit = this.options.maxBodyBytes ?? MAX_BODY_BYTES
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = []
      let size = 0
      request.on('data', (part: Buffer) => {
        size += part.length
        if (size <= limit) parts.push(part)
        else resolve(undefined)
      })
      request.on('end', () => resolve(Buffer.concat(parts)))
      request.on('error', reject)
    })
  }

  private exchange(request: HttpRequest, response: ServerResponse): void {
    const exchange = this.options.exchanges.begin(request, {
      response: (answer) => {
        send(response, answer, request.method === 'HEAD')
      },
      chunk: (chunk) => {
        if (response.destroyed) return
        response.write(chunkToWire(chunk))
        if (response.writableLength > MAX_UNREAD_BYTES) response.destroy()
      },
      end: (error) => void (error === undefined || !response.headersSent ? finish(response) : response.destroy()),
    })
    response.on('error', () => undefined)
    response.once('close', () => exchange.cancel())
  }

  private upgraded(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const read = this.read(incoming, Buffer.alloc(0))
    if ('refused' in read) return refuseUpgrade(socket, read.refused)
    if (!isUpgradeForStreams(incoming))
      return refuseUpgrade(
        socket,
        statusResponse(
          400,
          'BadRequest',
          `unable to upgrade: not simulated: protocol ${JSON.stringify(incoming.headers.upgrade ?? '')}`,
        ),
      )
    const begin = read.request.path.endsWith('/portforward') ? forwardPorts : upgrade
    begin({
      incoming,
      socket,
      head,
      request: read.request,
      exchanges: this.options.exchanges,
      refuse: (response) => refuseUpgrade(socket, response),
    })
  }
}

/** A stream that broke before its first byte was promised still needs an answer. */
function finish(response: ServerResponse): void {
  if (!response.headersSent)
    send(response, statusResponse(503, 'ServiceUnavailable', 'the server is currently unable to handle the request'))
  else response.end()
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url.split('?')[0] ?? '')
    return true
  } catch {
    return false
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !name.startsWith(':')) headers[name] = Array.isArray(value) ? value.join(',') : value
  // HTTP/2 names the host in a header of its own.
  const authority = request.headers[':authority']
  if (headers.host === undefined && typeof authority === 'string') headers.host = authority
  return headers
}

/** Who the client proved to be; `unknown` for a certificate that our authority did not sign. */
function certificateOf(request: IncomingMessage): Certificate | 'unknown' | undefined {
  const socket = request.socket as TLSSocket
  const peer = socket.getPeerCertificate()
  const subject = peer.subject as unknown as Record<string, string | string[]> | undefined
  if (subject === undefined || Object.keys(subject).length === 0) return undefined
  if (!socket.authorized) return 'unknown'
  const commonName = [subject.CN ?? ''].flat()[0] ?? ''
  const organizations = [subject.O ?? []].flat()
  const sha256 = peer.fingerprint256.replaceAll(':', '').toLowerCase()
  const known = people.get(sha256) ?? { commonName, organizations, sha256 }
  people.set(sha256, known)
  return known
}

/** A Status of the edge's own. */
function statusResponse(
  code: number,
  reason: string,
  message: string,
  headers: Record<string, string> = {},
): HttpResponse {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
  return { code, headers: { 'content-type': 'application/json', ...headers }, body }
}

function send(response: ServerResponse, answer: HttpResponse, bare = false): void {
  if (response.headersSent || response.destroyed) return
  const { status, headers, bytes } = toWire(answer)
  if (answer.streaming === true) {
    response.writeHead(status, headers)
    response.flushHeaders()
    return
  }
  response.writeHead(status, { ...headers, 'content-length': String(bytes.length) })
  response.end(bare ? undefined : bytes)
}

function refuseUpgrade(socket: Duplex, answer: HttpResponse): void {
  const { status, headers, bytes } = toWire({ ...answer, streaming: false })
  const lines = Object.entries({ ...headers, 'content-length': String(bytes.length), connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  socket.write(`HTTP/1.1 ${status} ${answer.code === 200 ? 'OK' : 'Refused'}\r\n${lines.join('')}\r\n`)
  socket.end(Buffer.from(bytes))
}
