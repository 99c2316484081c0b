/**
 * The system journal of one host. Models systemd-journald as far as journalctl shows it (Q2).
 * Not modelled: rate limits, forwarding to syslog, binary fields.
 */
import type { VirtualMs } from '../kernel/kernel.ts'

/** Syslog priorities: 0 emerg … 3 err, 4 warning, 5 notice, 6 info, 7 debug. */
export type Priority = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

export interface JournalLine {
  /** Counts the lines of a host from 1; a follower asks for those after the last it saw. */
  seq: number
  /** Milliseconds since 1970 UTC on the host's clock. */
  atMs: VirtualMs
  /** Such as `kubelet.service`; '' for lines of no unit (the kernel, sshd sessions). */
  unit: string
  /** What stands before the pid: `kubelet`, `systemd`, `kernel`. */
  identifier: string
  pid: number
  priority: Priority
  text: string
  bootId: string
  /** What `journalctl -x` says about the line. */
  catalog?: Catalog
}

/** The kinds of explanation that systemd's catalog holds. */
export type Catalog =
  | { kind: 'started' | 'stopped' | 'startFailed' | 'starting' | 'stopping'; job: number }
  | { kind: 'exited'; how: string; status: string }
  | { kind: 'failed'; result: string }
  | { kind: 'restartScheduled'; counter: number }
  | { kind: 'succeeded' }

export interface JournalQuery {
  units?: string[]
  identifiers?: string[]
  /** Lines at least this important (a number at most this). */
  priority?: number
  /** And at most this important. */
  priorityFrom?: number
  /** Milliseconds since 1970 UTC. */
  sinceMs?: number
  untilMs?: number
  afterSeq?: number
  bootId?: string
  /** Only kernel lines. */
  kernel?: boolean
  /** The last so many. */
  last?: number
}

export interface JournaldState {
  lines: JournalLine[]
  seq: number
}

/** Lines that a host keeps; the oldest go first. */
export const MAX_JOURNAL_LINES = 5000
const TRIM_AT = MAX_JOURNAL_LINES + 1000

export interface JournaldHost {
  clockMs(): number
  readonly bootId: string
}

export class Journald {
  private state: JournaldState = { lines: [], seq: 0 }

  constructor(private readonly host: JournaldHost) {}

  /** Appends a line. `from` names the writer; absent: systemd itself, pid 1. */
  write(
    unit: string,
    priority: Priority,
    text: string,
    from: { identifier?: string; pid?: number; catalog?: Catalog } = {},
  ): void {
    const { identifier = 'systemd', pid = 1, catalog } = from
    const line: JournalLine = {
      seq: ++this.state.seq,
      atMs: this.host.clockMs(),
      unit,
      identifier,
      pid,
      priority,
      text,
      bootId: this.host.bootId,
    }
    if (catalog !== undefined) line.catalog = catalog
    this.state.lines.push(line)
    if (this.state.lines.length > TRIM_AT) this.state.lines.splice(0, this.state.lines.length - MAX_JOURNAL_LINES)
  }

  /** The lines that fit, oldest first. */
  read(query: JournalQuery = {}): JournalLine[] {
    const found = this.state.lines.filter((line) => fits(line, query))
    return query.last === undefined ? found : found.slice(Math.max(0, found.length - query.last))
  }

  /** The number of the newest line; 0 when there is none. */
  get lastSeq(): number {
    return this.state.seq
  }

  /** Forgets the lines from before an instant of the host's clock. Returns the bytes freed. */
  vacuum(beforeMs: number): number {
    const size = this.sizeBytes()
    this.state.lines = this.state.lines.filter(({ atMs }) => atMs >= beforeMs)
    return size - this.sizeBytes()
  }

  /** Bytes it takes on disk, roughly. */
  sizeBytes(): number {
    return this.state.lines.reduce((sum, line) => sum + line.text.length + 300, 0)
  }

  dump(): JournaldState {
    return this.state
  }

  load(state: JournaldState): void {
    this.state = state
  }
}

function fits(line: JournalLine, query: JournalQuery): boolean {
  if (query.afterSeq !== undefined && line.seq <= query.afterSeq) return false
  if (query.units !== undefined && !query.units.includes(line.unit)) return false
  if (query.identifiers !== undefined && !query.identifiers.includes(line.identifier)) return false
  if (query.priority !== undefined && line.priority > query.priority) return false
  if (query.priorityFrom !== undefined && line.priority < query.priorityFrom) return false
  if (query.sinceMs !== undefined && line.atMs < query.sinceMs) return false
  if (query.untilMs !== undefined && line.atMs > query.untilMs) return false
  if (query.bootId !== undefined && line.bootId !== query.bootId) return false
  return query.kernel !== true || line.identifier === 'kernel'
}
