/**
 * `kubectl proxy`. Models kubectl/pkg/cmd/proxy and pkg/proxy/proxy_server.go: requests at a port of the host go on to
 * the API server as the kubeconfig's user. Not modelled: --unix-socket, --keepalive, --append-server-path.
 */
import type { HttpRequest, HttpResponse } from '../../../fabric/http.ts'
import type { HttpFailure, Run } from '../../../host/process.ts'
import type { Command, Context } from '../command.ts'
import type { Client } from '../client.ts'
import { klogHeader } from '../discovery.ts'
import { CommandError, notSimulated } from '../errors.ts'

export const proxyCommand: Command = { path: 'proxy', complete: 'none', run: runProxy }

interface Incoming {
  accepted: string
  request: HttpRequest
}

interface Listening {
  stream: number
  port: number
}

function* runProxy(ctx: Context): Run<number> {
  const { p, flags, session } = ctx
  const address = flags.text('address') || '127.0.0.1'
  if (flags.text('unix-socket') !== '') throw notSimulated('kubectl proxy --unix-socket')
  if (flags.bool('append-server-path')) throw notSimulated('kubectl proxy --append-server-path')
  if (flags.text('www') !== '') yield* checkFolder(ctx)
  const client = yield* session.client()
  if (flags.bool('disable-filter'))
    yield* p.err(
      `${yield* klogHeader(p, 'W', 'proxy.go:175')} Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious\n`,
    )
  const accepts = filterOf(ctx)
  const got = (yield* p.ask('listen', { port: flags.int('port'), address })) as Listening | { error: string }
  if ('error' in got)
    throw new CommandError(`listen tcp ${address}:${flags.int('port')}: bind: ${WHY[got.error] ?? got.error}`)
  yield* p.out(`Starting to serve on ${address}:${got.port}\n`)
  for (;;) {
    const item = yield* p.next(got.stream)
    if (item.kind === 'end') return 0
    if (item.kind === 'timeout') continue
    const { accepted, request } = item.chunk as Incoming
    const answer = accepts(request) ? yield* served(ctx, client, accepted, request) : FORBIDDEN
    if (answer !== undefined) yield* p.ask('reply', { accepted, response: answer })
  }
}

const WHY: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'cannot assign requested address',
}

const text = (code: number, body: string): HttpResponse => ({
  code,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body,
})
const FORBIDDEN = text(403, 'Forbidden\n')
const NOT_FOUND = text(404, '404 page not found\n')

function* checkFolder(ctx: Context): Run<void> {
  const www = ctx.flags.text('www')
  const stat = yield* ctx.p.stat(www)
  const header = yield* klogHeader(ctx.p, 'W', 'proxy.go:162')
  if ('error' in stat)
    yield* ctx.p.err(`${header} Failed to stat static file directory ${www}: stat ${www}: no such file or directory\n`)
  else if (stat.kind !== 'directory') yield* ctx.p.err(`${header} Static file directory ${www} is not a directory\n`)
}

/** What the accept and reject flags let through. */
function filterOf({ flags }: Context): (request: HttpRequest) => boolean {
  if (flags.bool('disable-filter')) return () => true
  const patterns = (name: string): RegExp[] =>
    flags
      .text(name)
      .split(',')
      .map((pattern) => regexp(pattern))
  const [accepted, rejected] = [patterns('accept-paths'), patterns('reject-paths')]
  const [hosts, methods] = [patterns('accept-hosts'), patterns('reject-methods')]
  const matches = (list: RegExp[], value: string): boolean => list.some((pattern) => pattern.test(value))
  return ({ method, path, headers }) => {
    const host = (headers.host ?? 'localhost').replace(/:\d+$/, '')
    if (matches(rejected, path) || matches(methods, method)) return false
    return matches(accepted, path) && matches(hosts, host)
  }
}

function regexp(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch {
    throw new CommandError(`error parsing regexp: \`${pattern}\``)
  }
}

const slashed = (prefix: string): string => `/${prefix.replace(/^\/+|\/+$/g, '')}/`.replace('//', '/')

/** An answer of our own, or nothing when the API server answers the caller itself. */
function* served(ctx: Context, client: Client, accepted: string, request: HttpRequest): Run<HttpResponse | undefined> {
  const { flags, p } = ctx
  const [api, files] = [slashed(flags.text('api-prefix')), slashed(flags.text('www-prefix'))]
  if (flags.text('www') !== '' && request.path.startsWith(files))
    return yield* fileAt(ctx, request.path.slice(files.length))
  if (!request.path.startsWith(api)) return NOT_FOUND
  const { server, tls, headers } = client.connection
  const { path, certificate: _certificate, ...rest } = request
  const outgoing = {
    url: `${server}/${path.slice(api.length)}`,
    request: { ...rest, headers: { ...request.headers, ...headers } },
    tls,
  }
  const failed = (yield* p.ask('relay', { accepted, outgoing })) as HttpFailure | null
  return failed === null ? undefined : text(502, '')
}

function* fileAt(ctx: Context, path: string): Run<HttpResponse> {
  const full = `${ctx.flags.text('www').replace(/\/+$/, '')}/${path}`
  const listed = yield* ctx.p.list(full)
  if (!('error' in listed)) return html(listing(listed.names))
  const got = yield* ctx.p.readFile(full)
  if ('error' in got) return NOT_FOUND
  return full.endsWith('.html') ? html(got.text) : text(200, got.text)
}

const html = (body: string): HttpResponse => ({
  code: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body,
})

const listing = (names: string[]): string =>
  `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${names.map((name) => `<a href="${name}">${name}</a>\n`).join('')}</pre>\n`
