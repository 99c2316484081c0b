/** One request to the API server behind a kubeconfig, with the credentials that client-node makes of it. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'

export interface Answer {
  code: number
  body: unknown
  /** The server's clock as its answer's Date header has it, ms since 1970. */
  dateMs?: number
}

export interface Ask {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  query?: Record<string, string>
  body?: unknown
  type?: string
}

const TIMEOUT_MS = 30_000

/** Throws when the server cannot be reached; an error status is an answer. */
export async function askServer(
  config: KubeConfig,
  { method, path, query = {}, body, type = 'application/json' }: Ask,
): Promise<Answer> {
  const server = config.getCurrentCluster()?.server
  if (server === undefined) throw new Error('the kubeconfig has no current cluster')
  const url = new URL(server.replace(/\/$/, '') + path)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    accept: 'application/json',
    ...(text !== undefined && { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }),
  }
  const options: RequestOptions = { method, headers, timeout: TIMEOUT_MS }
  await config.applyToHTTPSOptions(options)
  return send(url, options, text)
}

function send(url: URL, options: RequestOptions, text: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'http:' ? httpRequest : httpsRequest
    const outgoing = start(url, options, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve(answerOf(incoming.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'), incoming.headers.date)),
      )
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${url.host} did not answer in ${TIMEOUT_MS / 1000} s`)))
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}

function answerOf(code: number, text: string, date: string | undefined): Answer {
  const dateMs = date === undefined ? Number.NaN : Date.parse(date)
  const clock = Number.isNaN(dateMs) ? {} : { dateMs }
  try {
    return { code, body: JSON.parse(text) as unknown, ...clock }
  } catch {
    return { code, body: text, ...clock }
  }
}

/** The message of a Status, or the text as it came. */
export function messageOf({ code, body }: Answer): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : body
  return typeof message === 'string' && message !== '' ? message : `HTTP ${code}`
}
