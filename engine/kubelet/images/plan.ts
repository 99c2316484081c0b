/** A container's whole future as plain data: what it prints, when it listens, when it ends. */

export interface PlannedLine {
  /** After the start. */
  atMs: number
  text: string
  stream?: 'stderr'
}

export interface PlannedListener {
  port: number
  responder: string
  http: boolean
  /** After the start. */
  fromMs: number
  /** PEM of the certificate that it shows; absent: it speaks without TLS, as far as anybody looks. */
  certificate?: string
}

export interface Plan {
  /** The behaviour it came from, such as `nginx`. */
  behaviour: string
  logs: PlannedLine[]
  listens: PlannedListener[]
  /** It ends by itself. */
  exit?: { atMs: number; code: number; reason?: string; message?: string }
  /** What the stop signal does: an exit code after a while, or nothing (then KILL ends it with 137). */
  term: { code: number; afterMs: number } | 'ignore'
  memoryBytes?: number
  cpuMilli?: number
}

/** A process that does nothing and does not react to TERM, as any PID 1 without a handler. */
export const IDLE: Plan = { behaviour: 'idle', logs: [], listens: [], term: 'ignore' }
