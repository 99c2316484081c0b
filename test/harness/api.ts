/** A kernel with one etcd member and one API server, for tests that talk HTTP to it. */
import { ApiServer, API_PORT } from '../../engine/api/server.ts'
import type { ApiServerOptions } from '../../engine/api/server.ts'
import { EtcdMember } from '../../engine/etcd/member.ts'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { HTTP } from '../../engine/fabric/http.ts'
import type {
  HttpChunkData,
  HttpEndData,
  HttpRequest,
  HttpResponse,
  HttpResponseData,
} from '../../engine/fabric/http.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { Component } from '../../engine/kernel/kernel.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'

const ADMIN = { commonName: 'kubernetes-admin', organizations: ['system:masters'] }
const EPOCH_MS = Date.UTC(2026, 10, 20, 9)

export interface Stream {
  chunks: unknown[]
  ended: boolean
  error?: string
  cancel: () => void
}

class Caller implements Component {
  responses = new Map<string, HttpResponse>()
  streams = new Map<string, Stream>()

  handle(event: KernelEvent): void {
    const { tag } = event.data as { tag: string }
    if (event.type === HTTP.response) this.responses.set(tag, (event.data as HttpResponseData).response)
    if (event.type === HTTP.chunk) this.streams.get(tag)?.chunks.push((event.data as HttpChunkData).chunk)
    if (event.type !== HTTP.end) return
    const stream = this.streams.get(tag)
    if (stream !== undefined) Object.assign(stream, { ended: true, error: (event.data as HttpEndData).error })
  }

  dump(): unknown {
    return {}
  }

  load(): void {}
}

export interface RequestOptions {
  headers?: Record<string, string>
  certificate?: HttpRequest['certificate'] | null
}

export interface Api {
  kernel: Kernel
  fabric: Fabric
  etcd: EtcdMember
  server: ApiServer
  /** Sends and runs the kernel until the answer is there. `path` may have a query. */
  request: (method: HttpRequest['method'], path: string, body?: unknown, options?: RequestOptions) => HttpResponse
  /** The body of an answer that must be a success. */
  ok: <T = Body>(method: HttpRequest['method'], path: string, body?: unknown, options?: RequestOptions) => T
  watch: (path: string, options?: RequestOptions) => Stream
  run: (ms: number) => void
}

/** What tests look at in an answer. */
export interface Body {
  kind: string
  apiVersion: string
  metadata: {
    name: string
    namespace: string
    uid: string
    resourceVersion: string
    generation: number
    [key: string]: unknown
  }
  spec: Record<string, never>
  status: Record<string, never>
  items: Body[]
  message: string
  [key: string]: unknown
}

export function startApi(options: Partial<ApiServerOptions> = {}): Api {
  const kernel = new Kernel({ seed: 'api', epochMs: EPOCH_MS })
  const fabric = new Fabric(kernel)
  for (const host of ['cp', 'outside']) fabric.addHost(host)
  const etcd = new EtcdMember(kernel, fabric, { name: 'cp', host: 'cp', peers: [{ name: 'cp', host: 'cp' }] })
  const server = new ApiServer({ kernel, fabric, host: 'cp', etcd: [{ host: 'cp' }], ...options })
  server.start()
  const caller = new Caller()
  kernel.register('caller', caller)
  let serial = 0

  const send = (
    method: HttpRequest['method'],
    path: string,
    body: unknown,
    { headers = {}, certificate = ADMIN }: RequestOptions,
  ): string => {
    const id = `call/${serial++}`
    const [bare = '', query = ''] = path.split('?')
    const request: HttpRequest = {
      method,
      path: bare,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body }),
      ...(certificate !== null && { certificate }),
    }
    const data = { id, from: 'outside', request, replyTo: { host: 'outside', address: 'caller', tag: id } }
    fabric.send({ from: 'outside', to: 'cp', port: API_PORT, event: { to: server.address, type: HTTP.request, data } })
    return id
  }

  const request: Api['request'] = (method, path, body, given = {}) => {
    const id = send(method, path, body, given)
    const limit = kernel.now + 120_000
    while (!caller.responses.has(id) && (kernel.nextAt() ?? Infinity) <= limit) kernel.step()
    const response = caller.responses.get(id)
    if (response === undefined) throw new Error(`no answer to ${method} ${path}`)
    caller.responses.delete(id)
    return response
  }

  const ok = <T = Body>(method: HttpRequest['method'], path: string, body?: unknown, given: RequestOptions = {}): T => {
    const response = request(method, path, body, given)
    if (response.code >= 300) throw new Error(`${method} ${path}: ${response.code} ${JSON.stringify(response.body)}`)
    return response.body as T
  }

  const watch: Api['watch'] = (path, given = {}) => {
    const id = send('GET', path, undefined, given)
    const cancel = (): void =>
      fabric.send({
        from: 'outside',
        to: 'cp',
        port: API_PORT,
        event: { to: server.address, type: HTTP.cancel, data: { id, from: 'outside' } },
      })
    const stream: Stream = { chunks: [], ended: false, cancel }
    caller.streams.set(id, stream)
    kernel.runUntil(kernel.now + 50)
    return stream
  }

  kernel.runUntil(5_000)
  ok('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  return { kernel, fabric, etcd, server, request, ok, watch, run: (ms) => kernel.runUntil(kernel.now + ms) }
}
