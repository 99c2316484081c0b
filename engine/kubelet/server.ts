/**
 * The kubelet's HTTP API on port 10250. Models pkg/kubelet/server/server.go. Not modelled: authentication
 * webhooks, metrics, checkpoint.
 *
 * exec and attach answer 101 and then chunks `{channel: 'stdout' | 'stderr' | 'error', data}`; the last one is
 * on `error`, a Status. Input comes as `http.input`: text, `{channel: 'stdin', data}`, null at its end, or
 * `{channel: 'resize', columns, rows}`. portForward answers 101 too; its messages are those of `portForward.ts`.
 */
import type { Fabric } from '../fabric/fabric.ts'
import { Replier } from '../fabric/http.ts'
import type { HttpRequestData, ReplyTo } from '../fabric/http.ts'
import type { Core } from './core.ts'
import { linesOf } from './container.actions.ts'
import type { ExecResult, Execs } from './exec.ts'
import { lineText, logText, parseLogOptions } from './logs.ts'
import type { LogOptions } from './logs.ts'
import type { Listeners } from './listeners.ts'
import { forwarded, isForwardInput } from './portForward.ts'
import type { ContainerInstance, PodRecord } from './state.ts'
import { callerProblem } from './serverAuth.ts'
import { resourceMetrics, summary } from './stats.ts'

export const FOLLOW_TICK = 'logs.follow'

/** An exchange that goes on after its first answer. */
interface Exchange {
  id: string
  replyTo: ReplyTo
  kind: 'follow' | 'exec' | 'attach' | 'portForward'
  uid: string
  container: string
  instance: string
  sent: number
  options?: LogOptions
  session?: string
}

type Target = { record: PodRecord; instance: ContainerInstance | undefined; name: string }

export class Server {
  private exchanges: Record<string, Exchange> = {}
  private ticking: Record<string, true> = {}

  constructor(
    private readonly core: Core,
    private readonly fabric: Fabric,
    private readonly execs: () => Execs,
    private readonly listeners: () => Listeners,
  ) {}

  request(data: HttpRequestData): void {
    const replier = new Replier(this.fabric, this.core.host, data.replyTo)
    const refused = callerProblem(this.core, data)
    if (refused !== undefined) return this.text(replier, refused.code, refused.text)
    const [verb = '', ...rest] = data.request.path.split('/').filter((part) => part !== '')
    if (verb === 'healthz') return this.text(replier, 200, 'ok')
    if (verb === 'pods') return this.pods(replier)
    if (verb === 'metrics' && rest[0] === 'resource') return this.metrics(replier)
    if (verb === 'stats' && rest[0] === 'summary') return this.json(replier, summary(this.core))
    if (verb === 'containerLogs') return this.logs(data, replier, rest)
    if (verb === 'exec' || verb === 'run') return this.exec(data, replier, rest)
    if (verb === 'attach') return this.attach(data, replier, rest)
    if (verb === 'portForward') return this.portForward(data, replier, rest)
    if (verb === 'logs') return this.text(replier, 501, 'not simulated: the log files of a node\n')
    this.text(replier, 404, '404 page not found\n')
  }

  cancel(id: string, from: string): void {
    const exchange = this.exchanges[`${from}/${id}`]
    if (exchange?.session !== undefined && exchange.kind === 'exec') this.core.execs.forget(exchange.session)
    delete this.exchanges[`${from}/${id}`]
  }

  input(id: string, from: string, input: unknown): void {
    const exchange = this.exchanges[`${from}/${id}`]
    if (exchange === undefined) return
    if (exchange.kind === 'portForward') return this.forward(exchange, input)
    const target = exchange.kind === 'attach' ? exchange.instance : exchange.session
    if (target === undefined) return
    if (isResize(input)) return this.execs().resize(target, input.columns, input.rows)
    const text =
      typeof input === 'object' && input !== null && 'data' in input
        ? String(input.data)
        : typeof input === 'string'
          ? input
          : null
    this.execs().input(target, text)
  }

  /** Text of a container with a terminal goes to those who are attached, as it comes. */
  printed(instance: ContainerInstance, stream: 'stdout' | 'stderr', text: string): void {
    for (const exchange of Object.values(this.exchanges))
      if (exchange.kind === 'attach' && exchange.instance === instance.id)
        this.replier(exchange).chunk({ channel: stream, data: text })
  }

  /** New lines of a container go to those who follow it. */
  grown(record: PodRecord, instance: ContainerInstance): void {
    for (const exchange of Object.values(this.exchanges))
      if (exchange.instance === instance.id && !isDirect(exchange, instance)) this.pump(exchange, record, instance)
  }

  /** A follower looks again: planned lines came due, or the container ended. */
  tick(key: string): void {
    delete this.ticking[key]
    const exchange = this.exchanges[key]
    const record = this.core.records.get(exchange?.uid ?? '')
    const instance = [record?.containers[exchange?.container ?? ''], record?.previous[exchange?.container ?? '']].find(
      (one) => one?.id === exchange?.instance,
    )
    if (exchange === undefined) return
    if (record === undefined || instance === undefined) return this.close(exchange)
    this.pump(exchange, record, instance)
  }

  execOutput(key: string, stream: 'stdout' | 'stderr', text: string): void {
    const exchange = this.exchanges[key]
    if (exchange !== undefined) this.replier(exchange).chunk({ channel: stream, data: text })
  }

  execEnded(key: string, result: ExecResult): void {
    const exchange = this.exchanges[key]
    if (exchange === undefined) return
    this.replier(exchange).chunk({ channel: 'error', data: makeExecStatus(result) })
    this.close(exchange)
  }

  /** The process dies: connections break. */
  reset(): void {
    for (const exchange of Object.values(this.exchanges)) this.replier(exchange).end('unexpected EOF')
    this.exchanges = {}
  }

  dump(): unknown {
    return { exchanges: this.exchanges, ticking: this.ticking }
  }

  load(state: unknown): void {
    const { exchanges, ticking } = state as { exchanges: Record<string, Exchange>; ticking: Record<string, true> }
    this.exchanges = exchanges
    this.ticking = ticking
  }

  private text(replier: Replier, code: number, body: string): void {
    replier.respond({ code, headers: { 'content-type': 'text/plain; charset=utf-8' }, body })
  }

  private metrics(replier: Replier): void {
    const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=values' }
    replier.respond({ code: 200, headers, body: resourceMetrics(this.core) })
  }

  private json(replier: Replier, body: object): void {
    replier.respond({ code: 200, headers: { 'content-type': 'application/json' }, body })
  }

  private pods(replier: Replier): void {
    const items = [...this.core.records.values()].map(({ pod, status }) => ({ ...pod, status: status ?? pod.status }))
    replier.respond({
      code: 200,
      headers: { 'content-type': 'application/json' },
      body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items },
    })
  }

  private target([namespace = '', name = '', container = '']: string[]): Target | undefined {
    const record = [...this.core.records.values()].find((one) => one.namespace === namespace && one.name === name)
    return record && { record, instance: record.containers[container], name: container }
  }

  private logs(data: HttpRequestData, replier: Replier, path: string[]): void {
    const target = this.target(path)
    if (target === undefined) return this.text(replier, 404, `pod "${path[1] ?? ''}" not found\n`)
    const { query } = data.request
    const instance = query.previous === 'true' ? previousOf(target) : currentOf(target)
    if (instance === undefined) return this.text(replier, 400, waitingText(target, query.previous === 'true'))
    const options = parseLogOptions(query)
    const { text, count } = logText(instance, this.core.kernel.clockMs, options)
    if (query.follow !== 'true') return this.text(replier, 200, text)
    replier.respond({ code: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, streaming: true })
    if (text !== '') replier.chunk(text)
    const exchange = this.open(data, 'follow', target, instance)
    exchange.sent = count
    exchange.options = options
    this.pump(exchange, target.record, instance)
  }

  private open(data: HttpRequestData, kind: Exchange['kind'], target: Target, instance: ContainerInstance): Exchange {
    const id = `${data.from}/${data.id}`
    const exchange: Exchange = {
      id,
      replyTo: data.replyTo,
      kind,
      uid: target.record.uid,
      container: target.name,
      instance: instance.id,
      sent: 0,
    }
    this.exchanges[id] = exchange
    return exchange
  }

  /** Sends what is new, and asks to be called when the next planned line is due. */
  private pump(exchange: Exchange, record: PodRecord, instance: ContainerInstance): void {
    const now = this.core.kernel.clockMs
    const lines = linesOf(instance, now)
    const timestamps = exchange.options?.timestamps === true
    const fresh = lines.slice(exchange.sent)
    const attach = exchange.kind === 'attach'
    if (fresh.length > 0)
      this.replier(exchange).chunk(
        attach
          ? { channel: 'stdout', data: fresh.map((line) => lineText(line, false)).join('') }
          : fresh.map((line) => lineText(line, timestamps)).join(''),
      )
    exchange.sent = lines.length
    if (instance.finishedMs !== undefined || record.containers[exchange.container]?.id !== instance.id)
      return this.close(exchange)
    const due = [
      ...(instance.plan?.logs ?? []).map(({ atMs }) => atMs),
      ...(instance.plan?.exit === undefined ? [] : [instance.plan.exit.atMs + 1]),
    ]
      .map((atMs) => (instance.startedMs ?? 0) + atMs)
      .filter((atMs) => atMs > now)
    this.wake(exchange, due.length === 0 ? undefined : Math.min(...due) - now)
  }

  private wake(exchange: Exchange, delayMs: number | undefined): void {
    if (delayMs === undefined || this.ticking[exchange.id] === true) return
    this.ticking[exchange.id] = true
    this.core.after(delayMs, FOLLOW_TICK, exchange.id)
  }

  /** A container ended: followers get the rest and the end. */
  ended(record: PodRecord, instance: ContainerInstance): void {
    for (const exchange of Object.values(this.exchanges)) {
      if (exchange.instance !== instance.id) continue
      if (isDirect(exchange, instance) && exchange.kind === 'attach') this.close(exchange)
      else if (exchange.kind !== 'exec') this.pump(exchange, record, instance)
      else this.execEnded(exchange.id, { code: 137, output: '' })
    }
  }

  private close(exchange: Exchange): void {
    if (exchange.kind === 'attach')
      this.replier(exchange).chunk({ channel: 'error', data: makeExecStatus({ code: 0, output: '' }) })
    this.replier(exchange).end()
    delete this.exchanges[exchange.id]
  }

  private replier(exchange: Exchange): Replier {
    return new Replier(this.fabric, this.core.host, exchange.replyTo)
  }

  private exec(data: HttpRequestData, replier: Replier, path: string[]): void {
    const target = this.target(path)
    if (target === undefined) return this.text(replier, 404, 'pod does not exist')
    const instance = target.instance
    if (instance === undefined || instance.finishedMs !== undefined)
      return this.text(replier, 500, `container not found ("${target.name}")`)
    const { query } = data.request
    const exchange = this.open(data, 'exec', target, instance)
    replier.respond({ code: 101, headers: {}, streaming: true })
    const options = { tty: truthy(query.tty), stdin: truthy(query.stdin ?? query.input) }
    exchange.session = this.core.execs.run(
      target.record,
      instance,
      commandOf(query),
      { kind: 'http', exchange: exchange.id },
      options,
    )
  }

  private portForward(data: HttpRequestData, replier: Replier, [namespace = '', name = '']: string[]): void {
    const record = [...this.core.records.values()].find((one) => one.namespace === namespace && one.name === name)
    const sandbox = record?.sandbox
    if (record === undefined || sandbox === undefined) return this.text(replier, 404, 'pod does not exist')
    replier.respond({ code: 101, headers: {}, streaming: true })
    const id = `${data.from}/${data.id}`
    const of = { uid: record.uid, container: '', instance: '', sent: 0, session: sandbox.id }
    this.exchanges[id] = { id, replyTo: data.replyTo, kind: 'portForward', ...of }
  }

  private forward(exchange: Exchange, input: unknown): void {
    if (!isForwardInput(input)) return
    const record = this.core.records.get(exchange.uid)
    this.replier(exchange).chunk(forwarded(this.core, this.listeners(), record, exchange.session ?? '', input))
  }

  private attach(data: HttpRequestData, replier: Replier, path: string[]): void {
    const target = this.target(path)
    const instance = target?.instance
    if (target === undefined || instance === undefined || instance.finishedMs !== undefined)
      return this.text(replier, 500, `container ${path[2] ?? ''} not found in pod ${path[1] ?? ''}_${path[0] ?? ''}`)
    replier.respond({ code: 101, headers: {}, streaming: true })
    const exchange = this.open(data, 'attach', target, instance)
    exchange.sent = linesOf(instance, this.core.kernel.clockMs).length
    if (!isDirect(exchange, instance)) this.pump(exchange, target.record, instance)
  }
}

function isResize(input: unknown): input is { channel: 'resize'; columns: number; rows: number } {
  return typeof input === 'object' && input !== null && 'channel' in input && input.channel === 'resize'
}

/** Its output goes out as it comes, not line by line. */
function isDirect({ kind }: Exchange, { runner }: ContainerInstance): boolean {
  return kind === 'exec' || (kind === 'attach' && runner === 'process')
}

function truthy(value: string | undefined): boolean {
  return value === '1' || value === 'true'
}

/** The words of a command: `command` holds one, or several as a JSON list or parted by newlines. */
export function commandOf(query: Record<string, string>): string[] {
  const text = query.command ?? ''
  if (text.startsWith('[')) return JSON.parse(text) as string[]
  return text.split('\n')
}

/** The Status that ends an exec session. */
export function makeExecStatus({ code, failure }: ExecResult): Record<string, unknown> {
  if (failure !== undefined)
    return {
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: error executing command in container: ${failure}`,
      reason: 'InternalError',
      details: { causes: [{ message: `error executing command in container: ${failure}` }] },
      code: 500,
    }
  if (code === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

function currentOf({ record, instance, name }: Target): ContainerInstance | undefined {
  return instance?.startedMs === undefined || instance.startedMs === 0 ? record.previous[name] : instance
}

/** With a container in back-off the last run is the previous one as well. */
function previousOf({ record, name }: Target): ContainerInstance | undefined {
  return record.previous[name]
}

function waitingText({ record, name }: Target, previous: boolean): string {
  if (previous) return `previous terminated container "${name}" in pod "${record.name}" not found`
  const shown = [...(record.status?.containerStatuses ?? []), ...(record.status?.initContainerStatuses ?? [])].find(
    (one) => one.name === name,
  )
  const reason = shown?.state?.waiting?.reason
  const pull = reason === 'ErrImagePull' || reason === 'ImagePullBackOff' || reason === 'ErrImageNeverPull'
  const why: Record<string, string> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  }
  const hasInits = (record.pod.spec?.initContainers ?? []).length > 0
  const text =
    (pull && reason !== undefined ? why[reason] : undefined) ??
    reason ??
    (hasInits ? 'PodInitializing' : 'ContainerCreating')
  return `container "${name}" in pod "${record.name}" is waiting to start: ${text}`
}
