/**
 * What an API server sends back over its open connections. While a wire is cut, TCP keeps what was
 * sent and delivers it when the wire is mended; a connection that stays dead for long is dropped.
 */
import { HTTP } from '../fabric/http.ts'
import type { HttpResponse, ReplyTo } from '../fabric/http.ts'
import type { Fabric } from '../fabric/fabric.ts'

/** http2 ping: 30 s of silence and 15 s for the answer. */
const DEAD_AFTER_MS = 45_000
const MAX_BACKLOG = 5_000

interface Parcel {
  to: ReplyTo
  type: string
  data: unknown
}

interface Stalled {
  sinceMs: number
  parcels: Parcel[]
}

export class Outbox {
  private stalled = new Map<string, Stalled>()

  constructor(
    private readonly fabric: Fabric,
    private readonly host: string,
    private readonly now: () => number,
  ) {}

  respond(to: ReplyTo, response: HttpResponse): void {
    this.post({ to, type: HTTP.response, data: { tag: to.tag, response } })
  }

  chunk(to: ReplyTo, chunk: unknown): void {
    this.post({ to, type: HTTP.chunk, data: { tag: to.tag, chunk } })
  }

  end(to: ReplyTo, error?: string): void {
    this.post({ to, type: HTTP.end, data: { tag: to.tag, error } })
  }

  /** Whether something waits for a wire to be mended. */
  get waiting(): boolean {
    return this.stalled.size > 0
  }

  /** Tries again what is stalled. Returns the client hosts that are given up. */
  retry(): string[] {
    const dead: string[] = []
    for (const [host, stalled] of [...this.stalled]) {
      if (this.fabric.passes(this.host, host)) this.release(host, stalled)
      else if (this.now() - stalled.sinceMs > DEAD_AFTER_MS || stalled.parcels.length > MAX_BACKLOG) dead.push(host)
    }
    for (const host of dead) this.stalled.delete(host)
    return dead
  }

  clear(): void {
    this.stalled.clear()
  }

  dump(): [string, Stalled][] {
    return [...this.stalled]
  }

  load(state: [string, Stalled][]): void {
    this.stalled = new Map(state)
  }

  private release(host: string, { parcels }: Stalled): void {
    this.stalled.delete(host)
    for (const parcel of parcels) this.send(parcel)
  }

  private post(parcel: Parcel): void {
    const { host } = parcel.to
    const stalled = this.stalled.get(host)
    if (stalled !== undefined) stalled.parcels.push(parcel)
    else if (host === this.host || this.fabric.passes(this.host, host)) this.send(parcel)
    else this.stalled.set(host, { sinceMs: this.now(), parcels: [parcel] })
  }

  private send({ to, type, data }: Parcel): void {
    this.fabric.send({ from: this.host, to: to.host, event: { to: to.address, type, data } })
  }
}
