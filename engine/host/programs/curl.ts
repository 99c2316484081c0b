/** Models curl 8.5 (Q6). Not modelled: uploads, forms, proxies, ranges, cookie jars (refused), several URLs in parallel. */
import type { HttpResponse } from '../../fabric/http.ts'
import type { HttpFailure, Outgoing, Proc, Program, Run } from '../process.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { bodyText, outgoingUrl, parseUrl, reason } from './url.ts'
import type { ParsedUrl } from './url.ts'
import { end } from './end.ts'

const SPEC = {
  flags: [
    's',
    'S',
    'k',
    'v',
    'O',
    'I',
    'i',
    'f',
    'L',
    'g',
    'G',
    'N',
    '4',
    '6',
    'silent',
    'show-error',
    'insecure',
    'verbose',
    'remote-name',
    'head',
    'include',
    'fail',
    'location',
    'get',
    'no-buffer',
    'compressed',
    'http1.1',
    'no-progress-meter',
    'fail-with-body',
    'retry-connrefused',
    'retry-all-errors',
    'http2',
    'http1.0',
    'tlsv1.2',
    'tlsv1.3',
    'create-dirs',
    'J',
    'remote-header-name',
    'no-keepalive',
    'path-as-is',
    'ipv4',
    'ipv6',
    'progress-bar',
    '#',
    'q',
    'V',
    'version',
  ],
  withValue: [
    'o',
    'm',
    'w',
    'X',
    'd',
    'H',
    'A',
    'u',
    'e',
    'E',
    'output',
    'max-time',
    'connect-timeout',
    'write-out',
    'request',
    'data',
    'data-raw',
    'data-binary',
    'header',
    'user-agent',
    'user',
    'cacert',
    'cert',
    'key',
    'resolve',
    'url',
    'retry',
    'retry-delay',
    'retry-max-time',
    'connect-to',
    'F',
    'form',
    'dump-header',
    'D',
    'b',
    'cookie',
    'oauth2-bearer',
    'T',
    'upload-file',
    'max-redirs',
    'interface',
    'x',
    'proxy',
    'referer',
    'data-urlencode',
    'json',
    'capath',
    'range',
    'r',
    'noproxy',
  ],
  alias: {
    silent: 's',
    'show-error': 'S',
    insecure: 'k',
    verbose: 'v',
    'remote-name': 'O',
    head: 'I',
    include: 'i',
    fail: 'f',
    location: 'L',
    get: 'G',
    output: 'o',
    'max-time': 'm',
    'write-out': 'w',
    request: 'X',
    data: 'd',
    'data-raw': 'd',
    'data-binary': 'd',
    header: 'H',
    'user-agent': 'A',
    user: 'u',
    form: 'F',
    cookie: 'b',
    'upload-file': 'T',
    proxy: 'x',
    'dump-header': 'D',
    referer: 'e',
    range: 'r',
    cert: 'E',
  },
}

const UNMODELLED = ['F', 'T', 'x', 'interface', 'r', 'data-urlencode', 'capath', 'J', 'fail-with-body']
const MAX_REDIRECTS = 50

interface Fetch {
  p: Proc
  options: Options
  url: ParsedUrl
  startedMs: number
}

export const curl: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  if (has(options, 'V') || has(options, 'version')) {
    yield* p.out('curl 8.5.0 (x86_64-pc-linux-gnu) libcurl/8.5.0 OpenSSL/3.0.13 zlib/1.3 nghttp2/1.59.0\nRelease-Date: 2023-12-06\nProtocols: file ftp http https \nFeatures: HTTP2 HTTPS-proxy IPv6 Largefile libz SSL \n') // prettier-ignore
    return 0
  }
  if (options.unknown !== undefined)
    return yield* end(
      p,
      2,
      `curl: option ${options.unknown}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n`,
    )
  if (options.missing !== undefined)
    return yield* end(
      p,
      2,
      `curl: option ${options.missing}: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n`,
    )
  const urls = [...options.rest, ...(options.values.get('url') ?? [])]
  if (urls.length === 0) return yield* end(p, 2, "curl: try 'curl --help' or 'curl --manual' for more information\n")
  for (const name of UNMODELLED)
    if (has(options, name)) return yield* end(p, 2, `not simulated: curl ${name.length === 1 ? '-' : '--'}${name}\n`)
  let code = 0
  for (const text of urls) code = yield* one(p, options, text)
  return code
}

/** An error of the transfer: silent with -s unless -S. */
function* wrong({ p, options }: Pick<Fetch, 'p' | 'options'>, code: number, text: string): Run<number> {
  if (!has(options, 's') || has(options, 'S')) yield* p.err(`curl: (${code}) ${text}\n`)
  const format = valueOf(options, 'w')
  if (format !== undefined)
    yield* p.out(writeOut(format, { http_code: '000', response_code: '000', exitcode: String(code) }))
  return code
}

function* one(p: Proc, options: Options, text: string): Run<number> {
  const url = parseUrl(text)
  if (url === undefined) return yield* wrong({ p, options }, 3, 'URL using bad/illegal format or missing URL')
  if (url.scheme !== 'http' && url.scheme !== 'https')
    return yield* wrong({ p, options }, 1, `Protocol "${url.scheme}" not supported or disabled in libcurl`)
  const fetch = { p, options, url, startedMs: yield* p.now() }
  const outgoing = yield* requestOf(fetch)
  if (typeof outgoing === 'number') return outgoing
  if (!(yield* p.isTty(1)) && !has(options, 's') && !has(options, 'no-progress-meter') && !has(options, 'o'))
    yield* p.err(METER)
  const answer = yield* tried(fetch, outgoing)
  if ('failure' in answer) return yield* failed(fetch, answer)
  const location = answer.headers.location
  if (has(options, 'L') && location !== undefined && answer.code >= 300 && answer.code < 400)
    return yield* follow(p, options, url, location)
  return yield* show(fetch, outgoing, answer)
}

/** curl's tool_operate.c: what is worth another try, after 1 s, 2 s, 4 s … */
function isTransient({ options }: Fetch, answer: HttpResponse | HttpFailure): boolean {
  if (has(options, 'retry-all-errors')) return 'failure' in answer || answer.code >= 400
  if (!('failure' in answer)) return [408, 429, 500, 502, 503, 504].includes(answer.code)
  if (answer.failure === 'refused') return has(options, 'retry-connrefused')
  return answer.failure === 'timeout' || answer.failure === 'dns'
}

/** Asks, and asks again with --retry. */
function* tried(fetch: Fetch, outgoing: Outgoing): Run<HttpResponse | HttpFailure> {
  const { p, options } = fetch
  const fixed = valueOf(options, 'retry-delay')
  let left = Number(valueOf(options, 'retry') ?? 0)
  for (let waitMs = 1000; ; waitMs = Math.min(waitMs * 2, MOST_RETRY_MS)) {
    const answer = yield* p.http(outgoing)
    if (left === 0 || !isTransient(fetch, answer)) return answer
    const pauseMs = fixed === undefined || Number(fixed) === 0 ? waitMs : Number(fixed) * 1000
    const what = 'failure' in answer ? (answer.failure === 'refused' ? 'connection refused' : 'timeout') : 'HTTP error'
    if (!has(options, 's'))
      yield* p.err(`Warning: Problem: ${what}. Will retry in ${pauseMs / 1000} second${pauseMs === 1000 ? '' : 's'}. ${left} retr${left === 1 ? 'y' : 'ies'} left.\n`) // prettier-ignore
    if (!(yield* p.sleep(pauseMs))) return answer
    fetch.startedMs = yield* p.now()
    left--
  }
}

const MOST_RETRY_MS = 600_000

const METER =
  '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n'

function* follow(p: Proc, options: Options, url: ParsedUrl, location: string): Run<number> {
  const hops = Number(valueOf(options, 'hops') ?? 0) + 1
  options.values.set('hops', [String(hops)])
  if (hops > MAX_REDIRECTS) return yield* wrong({ p, options }, 47, `Maximum (${MAX_REDIRECTS}) redirects followed`)
  const next = location.startsWith('/') ? `${url.scheme}://${url.host}:${url.port}${location}` : location
  return yield* one(p, options, next)
}

function* requestOf({ p, options, url }: Fetch): Run<Outgoing | number> {
  const headers: Record<string, string> = {
    host: url.portGiven ? `${url.host}:${url.port}` : url.host,
    'user-agent': valueOf(options, 'A') ?? 'curl/8.5.0',
    accept: '*/*',
  }
  const parts: string[] = []
  for (const data of options.values.get('d') ?? []) {
    if (!data.startsWith('@')) parts.push(data)
    else if (data === '@-') parts.push(yield* p.readAll())
    else {
      const file = yield* p.readFile(data.slice(1))
      if ('text' in file) parts.push(file.text)
    }
  }
  if (parts.length > 0) headers['content-type'] = 'application/x-www-form-urlencoded'
  const user = valueOf(options, 'u')
  if (user !== undefined) headers['authorization'] = `Basic ${btoa(user.includes(':') ? user : `${user}:`)}`
  const bearer = valueOf(options, 'oauth2-bearer')
  if (bearer !== undefined) headers['authorization'] = `Bearer ${bearer}`
  const cookie = valueOf(options, 'b')
  if (cookie !== undefined) headers['cookie'] = cookie
  const json = options.values.get('json') ?? []
  if (json.length > 0) {
    parts.push(...json)
    headers['content-type'] = headers['accept'] = 'application/json'
  }
  for (const header of options.values.get('H') ?? []) {
    const colon = header.indexOf(':')
    const value = header.slice(colon + 1).trim()
    if (colon > 0 && value === '') delete headers[header.slice(0, colon).toLowerCase()]
    else if (colon > 0) headers[header.slice(0, colon).toLowerCase()] = value
  }
  const method =
    valueOf(options, 'X') ?? (has(options, 'I') ? 'HEAD' : parts.length > 0 && !has(options, 'G') ? 'POST' : 'GET')
  const request: Outgoing['request'] = { method: method as Outgoing['request']['method'], query: url.query, headers }
  if (parts.length > 0) request.body = parts.join('&')
  const tls = yield* tlsOf(p, options)
  if (typeof tls === 'number') return tls
  const limits = ['m', 'connect-timeout']
    .map((name) => valueOf(options, name))
    .filter((seconds) => seconds !== undefined)
    .map((seconds) => Number(seconds) * 1000)
  const to = connectedTo(options, url)
  if (to !== url && url.scheme === 'https') tls.serverName = url.host
  return { url: outgoingUrl(to), request, tls, ...(limits.length === 0 ? {} : { timeoutMs: Math.min(...limits) }) }
}

/** --resolve HOST:PORT:ADDRESS and --connect-to HOST:PORT:HOST:PORT: where the connection goes in truth. */
function connectedTo(options: Options, url: ParsedUrl): ParsedUrl {
  for (const rule of options.values.get('connect-to') ?? []) {
    const [host = '', port = '', toHost = '', toPort = ''] = rule.split(':')
    if ((host === '' || host === url.host) && (port === '' || Number(port) === url.port))
      return { ...url, host: toHost === '' ? url.host : toHost, port: toPort === '' ? url.port : Number(toPort) }
  }
  for (const rule of options.values.get('resolve') ?? []) {
    const [host = '', port = '', address = ''] = rule.replace(/^[+-]/, '').split(':')
    if ((host === '*' || host === url.host) && Number(port) === url.port)
      return { ...url, host: address.split(',')[0] ?? '' }
  }
  return url
}

function* tlsOf(p: Proc, options: Options): Run<NonNullable<Outgoing['tls']> | number> {
  const tls: NonNullable<Outgoing['tls']> = { insecure: has(options, 'k') }
  for (const [option, field, code, what] of [
    ['cacert', 'ca', 77, 'error setting certificate verify locations:'],
    ['E', 'cert', 58, 'could not load PEM client certificate from'],
    ['key', 'key', 58, 'unable to set private key file:'],
  ] as const) {
    const path = valueOf(options, option)
    if (path === undefined) continue
    const file = yield* p.readFile(path)
    if ('error' in file)
      return yield* wrong(
        { p, options },
        code,
        field === 'ca' ? `${what}  CAfile: ${path} CApath: /etc/ssl/certs` : `${what} ${path}`,
      )
    tls[field] = file.text
  }
  return tls
}

function* failed(fetch: Fetch, { failure, message }: HttpFailure): Run<number> {
  const { p, options, url } = fetch
  const tookMs = (yield* p.now()) - fetch.startedMs
  const where = `Failed to connect to ${url.host} port ${url.port} after ${tookMs} ms: `
  if (failure === 'interrupted') return 130
  if (failure === 'dns') return yield* wrong(fetch, 6, `Could not resolve host: ${url.host}`)
  if (failure === 'refused') return yield* wrong(fetch, 7, `${where}Couldn't connect to server`)
  if (failure === 'reset' && message === 'EOF' && url.scheme === 'https')
    return yield* wrong(fetch, 35, `OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to ${url.host}:${url.port} `)
  if (failure === 'reset' && message === 'EOF') return yield* wrong(fetch, 52, 'Empty reply from server')
  if (failure === 'reset') return yield* wrong(fetch, 56, 'Recv failure: Connection reset by peer')
  if (failure === 'tls') return yield* tlsFailed(fetch, message)
  if (/no route to host/.test(message)) return yield* wrong(fetch, 7, `${where}No route to host`)
  const limit = Number(valueOf(options, 'm') ?? NaN) * 1000
  if (!/dial|connect/.test(message) && !Number.isNaN(limit))
    return yield* wrong(fetch, 28, `Operation timed out after ${tookMs} milliseconds with 0 bytes received`)
  if (!Number.isNaN(limit) && tookMs >= limit)
    return yield* wrong(fetch, 28, `Connection timed out after ${tookMs} milliseconds`)
  return yield* wrong(
    fetch,
    28,
    `${where}${has(options, 'connect-timeout') ? 'Timeout was reached' : "Couldn't connect to server"}`,
  )
}

const MORE =
  '\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.'

/** OpenSSL's words for the alerts of a server that does not like the client's certificate. */
const ALERTS: readonly [RegExp, string][] = [
  [/expired certificate/, '0A000415:SSL routines::sslv3 alert certificate expired'],
  [/unknown certificate authority/, '0A000418:SSL routines::tlsv1 alert unknown ca'],
  [/bad certificate/, '0A000412:SSL routines::sslv3 alert bad certificate'],
  [/remote error|certificate required/, '0A00045C:SSL routines::tlsv13 alert certificate required'],
]

function* tlsFailed(fetch: Fetch, message: string): Run<number> {
  const isAlert = /remote error|bad certificate|certificate required/.test(message)
  const alert = isAlert ? ALERTS.find(([words]) => words.test(message))?.[1] : undefined
  if (alert !== undefined) return yield* wrong(fetch, 56, `OpenSSL SSL_read: OpenSSL/3.0.13: error:${alert}, errno 0`)
  if (/HTTP response to HTTPS|first record/.test(message))
    return yield* wrong(fetch, 35, 'OpenSSL/3.0.13: error:0A00010B:SSL routines::wrong version number')
  if (/valid for|not valid for|doesn't contain any IP SANs/.test(message))
    return yield* wrong(
      fetch,
      60,
      `SSL: no alternative certificate subject name matches target host name '${fetch.url.host}'${MORE}`,
    )
  if (/expired|not yet valid/.test(message))
    return yield* wrong(
      fetch,
      60,
      `SSL certificate problem: certificate ${/not yet/.test(message) ? 'is not yet valid' : 'has expired'}${MORE}`,
    )
  return yield* wrong(fetch, 60, `SSL certificate problem: unable to get local issuer certificate${MORE}`)
}

function headerText({ code, headers }: HttpResponse, https: boolean): string {
  const first = https ? `HTTP/2 ${code} ` : `HTTP/1.1 ${code} ${reason(code)}`
  const names = Object.entries(headers).map(
    ([name, text]) => `${https ? name : name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())}: ${text}`,
  )
  return `${[first, ...names].join('\r\n')}\r\n\r\n`
}

function* show(fetch: Fetch, outgoing: Outgoing, answer: HttpResponse): Run<number> {
  const { p, options, url } = fetch
  const https = url.scheme === 'https'
  if (has(options, 'v')) yield* p.err(verbose(url, outgoing, answer, https))
  const failing = has(options, 'f') && answer.code >= 400
  const body = has(options, 'I') ? '' : bodyText(answer)
  const text = `${has(options, 'i') || has(options, 'I') ? headerText(answer, https) : ''}${failing ? '' : body}`
  const code = failing
    ? yield* wrong(fetch, 22, `The requested URL returned error: ${answer.code}`)
    : yield* deliver(fetch, text, headerText(answer, https))
  const format = valueOf(options, 'w')
  if (format !== undefined && !failing) {
    const seconds = (((yield* p.now()) - fetch.startedMs) / 1000).toFixed(6)
    yield* p.out(
      writeOut(format, {
        http_code: String(answer.code),
        response_code: String(answer.code),
        time_total: seconds,
        time_connect: seconds,
        time_namelookup: '0.000010',
        time_starttransfer: seconds,
        time_appconnect: https ? seconds : '0.000000',
        num_redirects: valueOf(options, 'hops') ?? '0',
        method: outgoing.request.method,
        scheme: url.scheme.toUpperCase(),
        remote_port: String(url.port),
        http_version: https ? '2' : '1.1',
        ssl_verify_result: '0',
        redirect_url: answer.headers['location'] ?? '',
        errormsg: '',
        local_ip: '',
        filename_effective: valueOf(options, 'o') ?? '',
        size_download: String(body.length),
        content_type: answer.headers['content-type'] ?? '',
        exitcode: '0',
        remote_ip: url.host,
        url_effective: outgoingUrl(url),
      }),
    )
  }
  return code
}

function* deliver(fetch: Fetch, text: string, headers: string): Run<number> {
  const { p, options, url } = fetch
  const path = has(options, 'O') ? (url.path.split('/').at(-1) ?? '') : valueOf(options, 'o')
  if (has(options, 'O') && path === '')
    return yield* wrong(fetch, 23, 'Failed writing received data to disk/application')
  const dumped = valueOf(options, 'D')
  if (dumped === '-') yield* p.out(headers)
  else if (dumped !== undefined) yield* p.writeFile(dumped, headers)
  if (path === undefined || path === '-') yield* p.out(text)
  else {
    const done = yield* p.writeFile(path, text)
    if ('error' in done) return yield* wrong(fetch, 23, 'client returned ERROR on write, expected more data')
  }
  return 0
}

function verbose(url: ParsedUrl, { request }: Outgoing, answer: HttpResponse, https: boolean): string {
  const sent = Object.entries(request.headers).map(
    ([name, text]) => `> ${name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())}: ${text}`,
  )
  const got = headerText(answer, https)
    .trimEnd()
    .split('\r\n')
    .map((line) => `< ${line}`)
  const lines = [
    `*   Trying ${url.host}:${url.port}...`,
    `* Connected to ${url.host} (${url.host}) port ${url.port}`,
    `> ${request.method} ${url.target} HTTP/${https ? '2' : '1.1'}`,
    ...sent,
    '> ',
    ...got,
    '< ',
    `* Connection #0 to host ${url.host} left intact`,
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function writeOut(format: string, values: Record<string, string>): string {
  return format
    .replaceAll('%%', '%')
    .replace(/%\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
}
