/**
 * What a client sees while something happens to a cluster: it asks the same question again and again and keeps
 * count of what failed and for how long. Nothing in the cluster knows of it. Plain HTTP semantics: an answer
 * below 500 is a success, anything else, a refusal and silence are failures.
 */
import type { HostName } from '../fabric/fabric.ts'
import { HTTP } from '../fabric/http.ts'
import type { HttpEndData, HttpResponseData } from '../fabric/http.ts'
import type { HostNetwork } from '../host/network-port.ts'
import type { Outgoing } from '../host/process.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'

export interface MeterOptions {
  /** What the report is asked for by: `api`, `shop`. */
  name: string
  /** `http://` or `https://`. */
  url: string
  /** The host that asks; default `base`. */
  from?: HostName
  /** Default 1,000. */
  everyMs?: number
  /** How long a question waits for its answer; default 5,000. */
  timeoutMs?: number
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  /** Of https; default: the admin's certificate of the kubeconfig on `base`, whoever the server is. */
  tls?: Outgoing['tls']
}

/** A stretch of failures: from the first failed question to the first that worked again. */
export interface Outage {
  fromMs: number
  untilMs?: number
  /** What the first failure said. */
  reason: string
}

export interface MeterReport {
  asked: number
  failed: number
  outages: Outage[]
  /** Milliseconds within outages, up to now. */
  downMs: number
  longestMs: number
}

/** A report as people read it: a line of sums, and a line for each outage, in seconds since the boot. */
export function reportLines({ asked, failed, outages, downMs, longestMs }: MeterReport): string[] {
  return [
    `asked ${asked}, failed ${failed}, down ${downMs / 1000} s, at most ${longestMs / 1000} s at once`,
    ...outages.map(
      ({ reason, fromMs, untilMs }) =>
        `${fromMs / 1000} s to ${untilMs === undefined ? 'now' : `${untilMs / 1000} s`}: ${reason}`,
    ),
  ]
}

interface Meter {
  options: MeterOptions
  asked: number
  failed: number
  outages: Outage[]
  /** Questions without an answer: id → when they were asked. */
  open: Record<string, number>
  stopped?: boolean
  /** When the questions were asked that were answered lately. */
  worked: number[]
  /** Which start of this name it is: ticks of an earlier one are not this one's. */
  run: number
}

interface Tick {
  name: string
  run: number
}

const TICK = 'meter.tick'
const LATE = 'meter.late'
const TIMEOUT_MS = 5_000

export class Meters implements Component {
  static readonly address = 'meter'
  private meters: Record<string, Meter> = {}

  constructor(
    private readonly kernel: Kernel,
    private readonly network: () => HostNetwork,
  ) {
    kernel.register(Meters.address, this)
  }

  /** Begins to ask. A meter of the same name starts anew. */
  start(options: MeterOptions): void {
    const { name } = options
    const run = (this.meters[name]?.run ?? 0) + 1
    this.meters[name] = { options, asked: 0, failed: 0, outages: [], open: {}, worked: [], run }
    this.kernel.send({ to: Meters.address, type: TICK, data: { name, run } satisfies Tick })
  }

  stop(name: string): void {
    const meter = this.meters[name]
    if (meter !== undefined) meter.stopped = true
  }

  /** What was seen so far; undefined for a name that nobody gave. */
  report(name: string): MeterReport | undefined {
    const meter = this.meters[name]
    if (meter === undefined) return undefined
    const lengths = meter.outages.map(({ fromMs, untilMs }) => (untilMs ?? this.kernel.now) - fromMs)
    return {
      asked: meter.asked,
      failed: meter.failed,
      outages: meter.outages.map((outage) => ({ ...outage })),
      downMs: lengths.reduce((sum, length) => sum + length, 0),
      longestMs: Math.max(0, ...lengths),
    }
  }

  handle({ type, data }: KernelEvent): void {
    if (type === TICK) this.tick(data as Tick)
    else if (type === LATE) this.late(data as { name: string; id: string })
    else if (type === HTTP.response) this.answered(data as HttpResponseData)
    else if (type === HTTP.end) this.ended(data as HttpEndData)
  }

  dump(): unknown {
    return { meters: this.meters }
  }

  load(state: unknown): void {
    this.meters = (state as { meters: Record<string, Meter> }).meters
  }

  private tick({ name, run }: Tick): void {
    const meter = this.meters[name]
    if (meter === undefined || meter.run !== run || meter.stopped === true) return
    const {
      url,
      from = 'base',
      everyMs = 1_000,
      timeoutMs = TIMEOUT_MS,
      method = 'GET',
      headers = {},
      tls,
    } = meter.options
    const id = `${name}#${run}.${++meter.asked}`
    meter.open[id] = this.kernel.now
    const query = Object.fromEntries(new URL(url).searchParams)
    const outgoing: Outgoing = { url, request: { method, query, headers }, ...(tls && { tls }) }
    const replyTo = { host: from, address: Meters.address, tag: id }
    const sent = this.network().http({ host: from, root: { kind: 'host' }, pid: 0 }, outgoing, replyTo)
    if ('answer' in sent && sent.afterMs === undefined) this.failed(meter, id, sent.answer.message)
    else this.kernel.send({ to: Meters.address, type: LATE, data: { name, id } }, timeoutMs)
    this.kernel.send({ to: Meters.address, type: TICK, data: { name, run } satisfies Tick }, everyMs)
  }

  private late({ name, id }: { name: string; id: string }): void {
    const meter = this.meters[name]
    if (meter?.open[id] !== undefined) this.failed(meter, id, 'timeout')
  }

  private answered({ tag, response }: HttpResponseData): void {
    const meter = this.meterOf(tag)
    if (meter === undefined) return
    if (response.code >= 500) return this.failed(meter, tag, `${response.code}`)
    const askedMs = meter.open[tag] as number
    delete meter.open[tag]
    const { timeoutMs = TIMEOUT_MS } = meter.options
    meter.worked = [...meter.worked.filter((at) => at >= this.kernel.now - timeoutMs), askedMs]
    const outage = meter.outages[meter.outages.length - 1]
    if (outage !== undefined && outage.untilMs === undefined && outage.fromMs <= askedMs) outage.untilMs = askedMs
  }

  private ended({ tag, error }: HttpEndData): void {
    const meter = this.meterOf(tag)
    if (meter !== undefined) this.failed(meter, tag, error ?? 'EOF')
  }

  private meterOf(tag: string): Meter | undefined {
    const meter = this.meters[tag.slice(0, tag.lastIndexOf('#'))]
    return meter?.open[tag] === undefined ? undefined : meter
  }

  private failed(meter: Meter, id: string, reason: string): void {
    const askedMs = meter.open[id] as number
    delete meter.open[id]
    meter.failed++
    const last = meter.outages[meter.outages.length - 1]
    if (last !== undefined && (last.untilMs === undefined || last.untilMs > askedMs)) return
    // Later questions may have been answered while this one waited.
    const untilMs = meter.worked.find((at) => at > askedMs)
    meter.outages.push({ fromMs: askedMs, ...(untilMs !== undefined && { untilMs }), reason })
  }
}
