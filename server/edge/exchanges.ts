/**
 * API requests from outside, each an input of the flight, and their answers as they come back through the
 * flight's listeners. A flight has one of these; pass its `listeners` on when the flight is launched.
 */
import type { Flight, FlightListeners, HttpRequest, HttpResponse } from '../../engine/index.ts'
import { outside } from '../outside.ts'
import type { Pace } from '../pace.ts'

export interface ExchangeHandlers {
  response: (response: HttpResponse) => void
  chunk?: (chunk: unknown) => void
  end?: (error?: string) => void
}

/** The caller's side of one request under way. */
export interface Exchange {
  input: (input: unknown) => void
  /** The caller went away. */
  cancel: () => void
}

interface Open {
  handlers: ExchangeHandlers
  answered: boolean
  /** Whether somebody waits for more: at full speed the clock then runs ahead. */
  waits: boolean
}

export class Exchanges {
  private open = new Map<string, Open>()
  private serial = 0
  private broken = false
  private flight: Pick<Flight, 'input'> | undefined
  private pace: Pick<Pace, 'act' | 'asked' | 'answered'> | undefined

  readonly listeners: Pick<FlightListeners, 'response' | 'chunk' | 'end'> = {
    response: (id, response) => outside(() => this.responded(id, response)),
    chunk: (id, chunk) => outside(() => this.open.get(id)?.handlers.chunk?.(chunk)),
    end: (id, error) => outside(() => this.ended(id, error)),
  }

  /** Ids start with `prefix`, which must be new for each life of a flight. */
  constructor(private readonly prefix = 'edge') {}

  attach(flight: Pick<Flight, 'input'>, pace: Pick<Pace, 'act' | 'asked' | 'answered'>): void {
    this.flight = flight
    this.pace = pace
  }

  get size(): number {
    return this.open.size
  }

  /** Requests without an answer yet; what streams after its answer does not count. */
  get inFlight(): number {
    let count = this.open.size
    for (const { answered } of this.open.values()) if (answered) count--
    return count
  }

  begin(request: HttpRequest, handlers: ExchangeHandlers): Exchange {
    const { flight, pace } = this
    if (flight === undefined || pace === undefined) throw new Error('exchanges: no flight is attached')
    if (this.broken) {
      outside(() => handlers.end?.('unexpected EOF'))
      return { input: () => undefined, cancel: () => undefined }
    }
    const id = `${this.prefix}/${this.serial++}`
    this.open.set(id, { handlers, answered: false, waits: true })
    pace.asked()
    pace.act(() => flight.input({ kind: 'api', id, request }))
    return {
      input: (input) => void (this.open.has(id) && pace.act(() => flight.input({ kind: 'api.input', id, input }))),
      cancel: () => this.cancel(id),
    }
  }

  /** Every caller is told that the connection broke: the flight is gone. */
  breakAll(error: string): void {
    this.broken = true
    for (const [id] of [...this.open]) this.ended(id, error)
  }

  private responded(id: string, response: HttpResponse): void {
    const open = this.open.get(id)
    if (open === undefined) return
    open.answered = true
    // A stream that somebody reads to its end (logs, exec) counts as waiting; a watch may never end.
    const isWatch =
      response.streaming === true && response.code === 200 && (response.headers['content-type'] ?? '').includes('json')
    if (isWatch) this.release(open)
    if (response.streaming !== true) this.close(id, open)
    open.handlers.response(response)
  }

  private ended(id: string, error: string | undefined): void {
    const open = this.open.get(id)
    if (open === undefined) return
    this.close(id, open)
    open.handlers.end?.(error)
  }

  private cancel(id: string): void {
    const { flight, pace } = this
    const open = this.open.get(id)
    if (open === undefined || flight === undefined || pace === undefined) return
    this.close(id, open)
    pace.act(() => flight.input({ kind: 'api.cancel', id }))
  }

  private close(id: string, open: Open): void {
    this.open.delete(id)
    this.release(open)
  }

  private release(open: Open): void {
    if (!open.waits) return
    open.waits = false
    this.pace?.answered()
  }
}
