/** URLs and bodies of the HTTP clients. */
import type { HttpResponse } from '../../fabric/http.ts'

export interface ParsedUrl {
  scheme: string
  host: string
  port: number
  /** Whether the port was written out. */
  portGiven: boolean
  path: string
  query: Record<string, string>
  /** As the request line has it. */
  target: string
}

const DEFAULT_PORTS: Record<string, number> = { http: 80, https: 443 }

/** Reads `web:8080/x?y=1`, `https://10.0.0.1/`, `[::1]:80`; undefined: not a URL. */
export function parseUrl(text: string): ParsedUrl | undefined {
  const match =
    /^(?:([a-zA-Z][\w+.-]*):\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^/:?#]*)(?::(\d+))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/.exec(
      text,
    )
  if (match === null || match[2] === '') return undefined
  const [, scheme = 'http', host = '', port, path = '', query] = match
  const params = (query ?? '')
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('='))
  const decoded = params.map(([key = '', ...value]) => [decode(key), decode(value.join('='))] as const)
  return {
    scheme: scheme.toLowerCase(),
    host,
    port: port === undefined ? (DEFAULT_PORTS[scheme.toLowerCase()] ?? 80) : Number(port),
    portGiven: port !== undefined,
    path: path === '' ? '/' : path,
    query: Object.fromEntries(decoded),
    target: `${path === '' ? '/' : path}${query === undefined ? '' : `?${query}`}`,
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** The address as `Outgoing.url` wants it. */
export function outgoingUrl({ scheme, host, port, path }: ParsedUrl): string {
  return `${scheme}://${host}:${port}${path}`
}

/** The body as text; JSON as the API server prints it for curl. */
export function bodyText({ body }: HttpResponse): string {
  if (body === undefined || body === null) return ''
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Array.from(body, (byte) => String.fromCharCode(byte)).join('')
  return JSON.stringify(body, null, 2)
}

const REASONS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

export function reason(code: number): string {
  return REASONS[code] ?? ''
}
