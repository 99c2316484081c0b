/** One forwarded TCP connection: its bytes are read as HTTP, each request goes to the pod, each answer back as bytes. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import { bytesOfText, textOfBytes } from '../../engine/index.ts'
import type { HttpRequest, HttpResponse } from '../../engine/index.ts'

const MAX_BODY_BYTES = 3 * 1024 * 1024

export interface ForwardedHandlers {
  /** A request for the pod. */
  request: (request: HttpRequest) => void
  /** Bytes for the client. */
  bytes: (bytes: Buffer) => void
  /** All was sent. */
  finished: () => void
  /** The client does not speak HTTP. */
  strange: () => void
}

class Wire extends Duplex {
  constructor(private readonly handlers: ForwardedHandlers) {
    super({ allowHalfOpen: true })
    this.on('error', () => undefined)
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.handlers.bytes(bytes)
    done()
  }

  override _final(done: () => void): void {
    this.handlers.finished()
    done()
  }
}

export class ForwardedConnection {
  private readonly wire: Wire
  private readonly server: Server
  private readonly waiting: ServerResponse[] = []

  constructor(private readonly handlers: ForwardedHandlers) {
    this.wire = new Wire(handlers)
    this.server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) =>
      this.requested(request, response),
    )
    this.server.on('clientError', () => handlers.strange())
    this.server.emit('connection', this.wire)
  }

  /** Bytes of the client. */
  receive(bytes: Buffer): void {
    this.wire.push(bytes)
  }

  /** The client sends no more. */
  end(): void {
    this.wire.push(null)
  }

  close(): void {
    this.wire.destroy()
  }

  /** The pod's answer to the oldest request. */
  respond(response: HttpResponse): void {
    const waiting = this.waiting.shift()
    if (waiting === undefined) return
    const bytes = bodyOf(response)
    waiting.writeHead(response.code, { ...response.headers, 'content-length': String(bytes.length) })
    waiting.end(bytes)
  }

  private requested(incoming: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = []
    let size = 0
    incoming.on('data', (part: Buffer) => {
      size += part.length
      if (size <= MAX_BODY_BYTES) parts.push(part)
    })
    incoming.on('end', () => {
      this.waiting.push(response)
      this.handlers.request(requestOf(incoming, Buffer.concat(parts)))
    })
  }
}

function bodyOf({ body }: HttpResponse): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0)
  return Buffer.from(typeof body === 'string' ? bytesOfText(body) : JSON.stringify(body))
}

function requestOf(incoming: IncomingMessage, body: Buffer): HttpRequest {
  const url = new URL(incoming.url ?? '/', 'http://pod')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value
  return {
    method: (incoming.method ?? 'GET') as HttpRequest['method'],
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    ...(body.length > 0 && { body: textOfBytes(body) }),
  }
}
