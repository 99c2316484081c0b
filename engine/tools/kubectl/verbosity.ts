/**
 * What `-v=6` and above log on stderr, in klog's form and each release's words. Models client-go/transport/
 * round_trippers.go, client-go/rest/request.go, tools/clientcmd/loader.go. Requests of discovery are not logged: the real
 * kubectl has its answers on disk. Not modelled: the times of -v=9's HTTP statistics, which are all 0.
 */
import type { HttpResponse } from '../../fabric/http.ts'
import type { Proc, Run } from '../../host/process.ts'
import { klogHeader } from './klog.ts'
import { minorOf } from './texts.ts'

export interface LoggedRequest {
  method: string
  url: string
  headers: Record<string, string>
  body?: unknown
}

/** Lines of round_trippers.go by what they say; they moved together. */
const PLACES = {
  url: 463,
  curl: 466,
  headers: 469,
  header: 473,
  statistics: 570,
  brief: 553,
  status: 574,
  got: 577,
  one: 580,
}
/** How much of a body is shown at -v=8 and -v=9. */
const SHOWN: Record<number, number> = { 8: 1024, 9: 10_240 }
const GATES: Record<string, boolean> = {
  ClientsAllowCBOR: false,
  ClientsPreferCBOR: false,
  InOrderInformers: true,
  InformerResourceVersion: false,
  WatchListClient: false,
}
const REASONS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  101: 'Switching Protocols',
  301: 'Moved Permanently',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
const DISCOVERY = /^\/(api|apis|api\/v1|apis\/[^/]+\/[^/]+|openapi\/v[23].*)$/

const statusText = (code: number): string => `${code} ${REASONS[code] ?? ''}`.trimEnd()
const bodyText = (body: unknown): string =>
  body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
const headerName = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())

/** The log of one process at its verbosity. */
export class RequestLog {
  private readonly minor: number

  constructor(
    private readonly p: Proc,
    readonly level: number,
  ) {
    this.minor = minorOf(p.release)
  }

  /** The kubeconfig was read. */
  *loaded(files: string[]): Run<void> {
    if (this.level < 6) return
    const line = this.minor < 28 ? 373 : this.minor < 32 ? 395 : 402
    for (const file of files) yield* this.say(`loader.go:${line}`, `Config loaded from file:  ${file}`)
    if (this.minor < 32) return
    for (const [feature, enabled] of Object.entries(GATES))
      if (feature !== 'InOrderInformers' || this.minor >= 33)
        yield* this.say(
          'envvar.go:172',
          `"Feature gate default state" feature=${JSON.stringify(feature)} enabled=${enabled}`,
        )
  }

  isLogged(path: string): boolean {
    return this.level >= 6 && !DISCOVERY.test(path)
  }

  /** A request is about to be sent. */
  *sent(request: LoggedRequest): Run<void> {
    if (this.minor >= 33) return yield* this.sentStructured(request)
    const { method, url } = request
    const body = bodyText(request.body)
    if (this.level >= 8 && body !== '') yield* this.say('request.go:1212', `Request Body: ${this.cut(body)}`)
    if (this.level >= 9) return yield* this.say(this.at('curl'), this.curl(request))
    if (this.level < 7) return
    yield* this.say(this.at('url'), `${method} ${url}`)
    yield* this.say(this.at('headers'), 'Request Headers:')
    for (const line of headerLines(request.headers)) yield* this.say(this.at('header'), `    ${line}`)
  }

  /** Its answer came. */
  *answered({ method, url }: LoggedRequest, response: HttpResponse, tookMs: number): Run<void> {
    const status = statusText(response.code)
    if (this.minor >= 33) return yield* this.answeredStructured({ method, url }, response, tookMs)
    const brief = this.level === 6 || this.level >= 9
    if (brief) yield* this.say(this.at('brief'), `${method} ${url} ${status} in ${tookMs} milliseconds`)
    else yield* this.say(this.at('status'), `Response Status: ${status} in ${tookMs} milliseconds`)
    if (this.level >= 9)
      yield* this.say(
        this.at('statistics'),
        `HTTP Statistics: GetConnection 0 ms ServerProcessing ${tookMs} ms Duration ${tookMs} ms`,
      )
    if (this.level < 8) return
    yield* this.say(this.at('got'), 'Response Headers:')
    for (const line of headerLines(response.headers)) yield* this.say(this.at('one'), `    ${line}`)
    if (response.streaming !== true)
      yield* this.say('request.go:1212', `Response Body: ${this.cut(bodyText(response.body))}`)
  }

  private *sentStructured(request: LoggedRequest): Run<void> {
    const { method, url, headers } = request
    if (this.level >= 8) yield* this.body('Request Body', bodyText(request.body))
    if (this.level >= 9)
      return yield* this.say('round_trippers.go:527', `"Request" curlCommand=<\n\t${this.curl(request)}\n >`)
    if (this.level < 7) return
    const lines = headerLines(headers).map((line) => `\t${line}\n`)
    yield* this.say(
      'round_trippers.go:527',
      `"Request" verb=${JSON.stringify(method)} url=${JSON.stringify(url)} headers=<\n${lines.join('')} >`,
    )
  }

  private *answeredStructured(
    { method, url }: Pick<LoggedRequest, 'method' | 'url'>,
    response: HttpResponse,
    tookMs: number,
  ): Run<void> {
    const which =
      this.level === 6 || this.level >= 9 ? ` verb=${JSON.stringify(method)} url=${JSON.stringify(url)}` : ''
    const lines = headerLines(response.headers).map((line) => `\t${line}\n`)
    const headers = this.level >= 8 ? ` headers=<\n${lines.join('')} >` : ''
    const times = `milliseconds=${tookMs}${this.level >= 9 ? ` getConnectionMilliseconds=0 serverProcessingMilliseconds=${tookMs}` : ''}`
    yield* this.say(
      'round_trippers.go:632',
      `"Response"${which} status=${JSON.stringify(statusText(response.code))}${headers} ${times}`,
    )
    if (this.level >= 8 && response.streaming !== true) yield* this.body('Response Body', bodyText(response.body))
  }

  private *body(title: string, body: string): Run<void> {
    const shown = this.cut(body)
    const isWhole = title === 'Response Body' && shown === body && body !== ''
    yield* this.say(
      'helper.go:105',
      `"${title}" body=${isWhole ? `<\n\t${shown.trimEnd()}\n >` : JSON.stringify(shown)}`,
    )
  }

  private at(place: keyof typeof PLACES): string {
    return `round_trippers.go:${PLACES[place] + (this.minor >= 32 ? 7 : 0)}`
  }

  private curl({ method, url, headers }: LoggedRequest): string {
    const words = headerLines(headers).map((line) => `-H ${JSON.stringify(line)} `)
    return `curl -v -X${method}  ${words.join('')}'${url}'`
  }

  private cut(text: string): string {
    const most = SHOWN[this.level]
    return most === undefined || text.length <= most
      ? text
      : `${text.slice(0, most)} [truncated ${text.length - most} chars]`
  }

  private *say(place: string, text: string): Run<void> {
    yield* this.p.err(`${yield* klogHeader(this.p, 'I', place)} ${text}\n`)
  }
}

const headerLines = (headers: Record<string, string>): string[] =>
  Object.entries(headers)
    .map(([name, value]) => `${headerName(name)}: ${/^authorization$/i.test(name) ? '<masked>' : value}`)
    .sort()

/** What -v=3 and above tell of a refusal, before its own line. Models kubectl/pkg/cmd/util/helpers.go. */
export function refusalText(minor: number, status: unknown): string {
  return `server response object: ${minor < 28 ? '' : '%s'}[${JSON.stringify(status, null, 2)}]`
}
