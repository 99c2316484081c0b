/** The trainer: the built page, its REST interface and its live socket on one port. */
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import fastifyStatic from '@fastify/static'
import fastify from 'fastify'
import type { FastifyError, FastifyInstance } from 'fastify'
import { LIMITS, Refused } from '../limits.ts'
import type { Desk } from '../desk.ts'
import { Sessions } from '../sessions.ts'
import type { Hangar } from '../session.ts'
import type { Limits } from '../limits.ts'
import type { Store } from '../storage/store.ts'
import { makeCookie, newCookie, readCookie } from './cookies.ts'
import { addLive } from './live.ts'
import { hostAllowed, originAllowed } from './origin.ts'
import { addRoutes } from './routes.ts'

export interface TrainerOptions {
  host: string
  port: number
  /** The built page; without it only the API is served. */
  web: string
  store: Store
  desk: Desk
  hangar: Hangar
  limits?: Partial<Limits>
  log?: (line: string) => void
}

export interface Trainer {
  url: string
  sessions: Sessions
  close: () => Promise<void>
}

/** Scripts come from here alone; xterm and CodeMirror set styles by script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export async function startTrainer(options: TrainerOptions): Promise<Trainer> {
  const { host, port, store, desk, hangar, log } = options
  const limits: Limits = { ...LIMITS, ...options.limits }
  const app = fastify({ bodyLimit: limits.bodyBytes, logger: false, forceCloseConnections: true })
  const sessions = new Sessions({ store, desk, hangar, limits, ...(log !== undefined && { log }) })
  guard(app, host)
  app.setErrorHandler((error: FastifyError, _, reply) => {
    const status = error instanceof Refused ? error.status : (error.statusCode ?? 500)
    if (status >= 500) log?.(error.stack ?? error.message)
    void reply.code(status).send({ error: status === 500 ? 'the server could not do this' : error.message })
  })
  addRoutes(app, { sessions, desk })
  await addPage(app, options.web)
  const live = addLive(app.server, { sessions, boundTo: host, ...(log !== undefined && { log }) })
  await app.listen({ host, port })
  const close = async (): Promise<void> => {
    await live.close()
    await app.close()
    await sessions.close()
  }
  return { url: urlOf(host, (app.server.address() as AddressInfo).port), sessions, close }
}

function urlOf(host: string, port: number): string {
  const name = host === '127.0.0.1' || host === '::1' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

/** Before anything else: the right name, the right origin, and headers that keep the page to itself. */
function guard(app: FastifyInstance, boundTo: string): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS)
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store')
    if (!hostAllowed(request.headers.host, boundTo)) throw new Refused(403, 'this server answers to its own name only')
    if (request.method !== 'GET' && !originAllowed(request.headers.origin, request.headers.host))
      throw new Refused(403, 'requests must come from the page of this server')
  })
}

async function addPage(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder)) {
    app.get('/', (_, reply) => reply.code(503).type('text/plain').send('The page is not built: run `npm run build`.\n'))
    return
  }
  await app.register(fastifyStatic, {
    root: folder,
    wildcard: true,
    index: false,
    immutable: false,
    maxAge: '1h',
    setHeaders: (reply, path) => void (path.endsWith('.html') && reply.setHeader('cache-control', 'no-cache')),
  })
  app.get('/', (request, reply) => {
    if (readCookie(request.headers.cookie) === undefined)
      void reply.header('set-cookie', makeCookie(newCookie(), request.protocol === 'https'))
    return reply.sendFile('index.html', { maxAge: 0 })
  })
  // Addresses within the page are the page's.
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !/\.[a-z0-9]+$/i.test(request.url.split('?')[0] ?? '')
    return isPage ? reply.sendFile('index.html', { maxAge: 0 }) : reply.code(404).send({ error: 'not found' })
  })
}
