/**
 * One attempt while it is awake: its flight, the pace of its clock, its terminals, and what is said to the
 * pages that look at it. What happens is written to the store as it happens.
 */
import type {
  ClusterPicture,
  Flight,
  FlightInput,
  FlightListeners,
  FlightOptions,
  FlightSnapshot,
} from '../engine/index.ts'
import type {
  AttemptState,
  AttemptSummary,
  AttemptView,
  ClockView,
  Language,
  ProgressView,
  ResultView,
  Speed,
} from './contract.ts'
import type { Desk, Prepared } from './desk.ts'
import { Refused } from './limits.ts'
import type { Limits } from './limits.ts'
import { outside } from './outside.ts'
import { Pace } from './pace.ts'
import type { AttemptRow } from './storage/schema.ts'
import type { AttemptPatch, Store, StoredSnapshot } from './storage/store.ts'
import { Terminals } from './terminals.ts'
import type { EditRequest, TerminalsState } from './terminals.ts'

/** Where flights come from; a test may put its own here. */
export interface Hangar {
  launch: (options: FlightOptions, listeners: FlightListeners) => Promise<Flight>
  restore: (snapshot: FlightSnapshot, listeners: FlightListeners) => Flight
}

/** A page that looks at an attempt. */
export interface Watcher {
  output: (terminal: string, text: string) => void
  edit: (terminal: string, request: EditRequest) => void
  closed: (terminal: string) => void
  picture: (picture: ClusterPicture) => void
  clock: (clock: ClockView) => void
  view: (view: AttemptView) => void
  notice: (text: string) => void
}

export interface SessionTools {
  store: Store
  desk: Desk
  hangar: Hangar
  limits: Limits
  log?: (line: string) => void
}

const PICTURE_MS = 250

/** The facts of an attempt that need no flight. */
export function summaryOf(row: AttemptRow, desk: Desk): AttemptSummary {
  const entry = desk.entry(row.scenario)
  const language = row.language as Language
  return {
    id: row.id,
    scenario: row.scenario,
    title: entry?.title[language] ?? entry?.title.en ?? row.scenario,
    language,
    state: row.state as AttemptState,
    seed: row.seed,
    startedAt: new Date(row.startedAt).toISOString(),
    timeMs: entry?.timeMs ?? 0,
    ...(row.finishedAt !== null && { finishedAt: new Date(row.finishedAt).toISOString() }),
    ...(row.points !== null && row.got !== null && { score: { points: row.points, got: row.got } }),
  }
}

export class Session {
  readonly terminals: Terminals
  lastTouchMs = Date.now()
  private watchers = new Set<Watcher>()
  /** Terminals that the flight has opened. */
  private opened = new Set<string>()
  private flight: Flight | undefined
  private pace: Pace | undefined
  private pausedBecause: string | undefined
  /** The number of the next input, and how many of the flight's log are stored. */
  private seq = 0
  private cursor = 0
  private usedFrom: number | undefined
  private beatAt = 0
  private snapshotAt = Date.now()
  private snapshotNowMs = -1
  private pictureAt = 0
  private pictureText = ''
  private clockAt = 0

  constructor(
    private row: AttemptRow,
    private readonly tools: SessionTools,
  ) {
    this.terminals = new Terminals(tools.limits)
  }

  get id(): string {
    return this.row.id
  }

  get owner(): string {
    return this.row.owner
  }

  get state(): AttemptState {
    return this.row.state as AttemptState
  }

  get watched(): boolean {
    return this.watchers.size > 0
  }

  get watcherCount(): number {
    return this.watchers.size
  }

  private get prepared(): Prepared {
    return this.row.prepared as Prepared
  }

  private get language(): Language {
    return this.row.language as Language
  }

  // Birth, sleep and waking.

  /** Boots the cluster and breaks it. */
  async prepare(): Promise<void> {
    const { desk, hangar } = this.tools
    this.flight = await hangar.launch(this.prepared.options, this.listeners)
    const prepared = await desk.setUp(this.row.scenario, this.prepared, this.flight)
    this.patch({ state: 'running', prepared })
    this.collect()
    this.makePace()
    await this.save()
  }

  /** Comes back from the store: the newest snapshot, then the inputs since, each at its own instant. */
  async wake(): Promise<void> {
    const { store, hangar } = this.tools
    const saved = await store.snapshot(this.id)
    if (saved === undefined) throw new Error('the attempt has no snapshot')
    this.terminals.load(saved.session as TerminalsState)
    const flight = hangar.restore(saved.flight as FlightSnapshot, this.listeners)
    this.flight = flight
    await this.replay(flight, saved)
    this.terminals.takeUnsent(Date.now())
    this.cursor = flight.log.length
    this.opened = new Set(this.terminals.list().map(({ id }) => id))
    this.makePace()
  }

  private async replay(flight: Flight, saved: StoredSnapshot): Promise<void> {
    this.seq = saved.seq
    for (const { at, seq, input } of await this.tools.store.log(this.id, saved.seq)) {
      if (at > flight.nowMs) await flight.advance(at - flight.nowMs)
      this.follow(input as FlightInput)
      flight.input(input as FlightInput)
      this.seq = seq + 1
    }
    if (this.row.nowMs > flight.nowMs) await flight.advance(this.row.nowMs - flight.nowMs)
  }

  /** What an input from the log means for the terminals kept here. */
  private follow(input: FlightInput): void {
    if (input.kind === 'terminal.open') {
      const { terminal, host, user, columns, rows } = input
      if (this.terminals.get(terminal) === undefined) this.terminals.nextId()
      this.terminals.add({ id: terminal, host, user, columns, rows })
    }
    if (input.kind === 'terminal.close') this.terminals.remove(input.terminal)
    if (input.kind === 'terminal.edited') this.forgetEdit(input.terminal)
  }

  /** Writes everything away and frees the flight. The session is of no use afterwards. */
  async sleep(): Promise<void> {
    await this.pace?.stop()
    this.tallyUse()
    if (this.flight !== undefined && this.state === 'running') await this.save()
    this.patch({})
    this.flight = undefined
    this.pace = undefined
  }

  private makePace(): void {
    const { workShare: share, workBurstMs: burstMs, runawayMs } = this.tools.limits
    this.pace = new Pace(this.needFlight(), {
      speed: this.row.speed,
      share,
      burstMs,
      runawayMs,
      onStep: () => this.stepped(),
      onFailure: (error) => this.fail(error),
      onRunaway: () =>
        this.pause(
          'The clock was stopped: this attempt has kept the server busy without a rest. Press Ctrl-C in the terminal to go on.',
        ),
    })
  }

  private needFlight(): Flight {
    if (this.flight === undefined) throw new Refused(409, this.row.problem ?? 'this attempt is over')
    return this.flight
  }

  // The clock.

  /** Starts or stops the clock as the moment asks for. */
  keepTime(): void {
    const wanted =
      this.state === 'running' && this.pausedBecause === undefined && this.flight !== undefined && !this.isLonely
    if (wanted === (this.pace?.isRunning ?? false)) return
    if (wanted) {
      this.usedFrom = Date.now()
      this.pace?.start()
    } else {
      void this.pace?.stop()
      this.tallyUse()
    }
    this.tellClock(true)
  }

  private get isLonely(): boolean {
    return !this.watched && Date.now() - this.lastTouchMs > this.tools.limits.lonelyMs
  }

  private tallyUse(): void {
    if (this.usedFrom === undefined) return
    const now = Date.now()
    const running = this.pace?.isRunning === true
    this.patch({ usedMs: this.row.usedMs + now - this.usedFrom })
    this.usedFrom = running ? now : undefined
  }

  private pause(why: string): void {
    this.pausedBecause = why
    this.tallyUse()
    this.tell((watcher) => watcher.notice(why))
    this.tellClock(true)
  }

  setSpeed(speed: Speed): void {
    this.patch({ speed })
    this.pace?.setSpeed(speed)
    this.tellClock(true)
  }

  /** Runs to the next thing that a person could see: the picture or a terminal changes. At most ten minutes. */
  async skip(): Promise<ClockView> {
    const flight = this.needFlight()
    if (this.state !== 'running') throw new Refused(409, 'this attempt is over')
    const before = pictureText(flight.picture())
    const deadlineMs = Date.now() + this.tools.limits.skipWallMs
    await this.pace?.exclusively(async () => {
      const untilMs = flight.nowMs + 600_000
      let output = false
      const watcher = { ...SILENT, output: () => (output = true) }
      this.watchers.add(watcher)
      try {
        while (
          flight.nowMs < untilMs &&
          Date.now() < deadlineMs &&
          !output &&
          pictureText(flight.picture()) === before
        ) {
          await flight.advance(1_000)
          this.sendOutput()
        }
      } finally {
        this.watchers.delete(watcher)
      }
    })
    this.stepped()
    this.tellClock(true)
    return this.clock()
  }

  clock(): ClockView {
    const usedMs = this.row.usedMs + (this.usedFrom === undefined ? 0 : Date.now() - this.usedFrom)
    const { epochMs } = this.prepared.options
    return {
      nowMs: this.flight?.nowMs ?? this.row.nowMs,
      clockMs: this.flight?.clockMs ?? epochMs + this.row.nowMs,
      speed: this.row.speed as Speed,
      running: this.pace?.isRunning ?? false,
      usedMs,
      ...(this.pausedBecause !== undefined && { paused: this.pausedBecause }),
    }
  }

  // Input.

  openTerminal(asked: { host: string; user: string; columns: number; rows: number }): string {
    const flight = this.needRunning()
    if (this.terminals.size >= this.tools.limits.terminalsPerAttempt)
      throw new Refused(429, `at most ${this.tools.limits.terminalsPerAttempt} terminals at once`)
    if (!flight.hosts().some(({ name }) => name === asked.host)) throw new Refused(404, `no host ${asked.host}`)
    const terminal = this.terminals.nextId()
    this.terminals.add({ id: terminal, ...asked })
    this.input({ kind: 'terminal.open', terminal, ...asked })
    this.pace?.act(() => void this.opened.add(terminal))
    this.tellView()
    return terminal
  }

  typed(terminal: string, text: string): void {
    this.needTerminal(terminal)
    if (this.pausedBecause !== undefined) {
      this.pausedBecause = undefined
      this.keepTime()
    }
    this.input({ kind: 'terminal.input', terminal, text })
  }

  resized(terminal: string, columns: number, rows: number): void {
    const { view } = this.needTerminal(terminal)
    if (view.columns === columns && view.rows === rows) return
    Object.assign(view, { columns, rows })
    this.input({ kind: 'terminal.resize', terminal, columns, rows })
  }

  closeTerminal(terminal: string): void {
    this.needTerminal(terminal)
    this.terminals.remove(terminal)
    this.input({ kind: 'terminal.close', terminal })
    this.tell((watcher) => watcher.closed(terminal))
    this.tellView()
  }

  edited(terminal: string, text: string | null): void {
    if (this.needTerminal(terminal).edit === undefined) throw new Refused(409, 'no editor is open in this terminal')
    this.forgetEdit(terminal)
    this.input({ kind: 'terminal.edited', terminal, text })
  }

  private forgetEdit(terminal: string): void {
    const kept = this.terminals.get(terminal)
    if (kept !== undefined) delete kept.edit
  }

  private needRunning(): Flight {
    if (this.state !== 'running') throw new Refused(409, 'this attempt is over')
    return this.needFlight()
  }

  private needTerminal(id: string): NonNullable<ReturnType<Terminals['get']>> {
    this.needRunning()
    const terminal = this.terminals.get(id)
    if (terminal === undefined) throw new Refused(404, `no terminal ${id}`)
    return terminal
  }

  private input(input: FlightInput): void {
    this.touch()
    this.pace?.act(() => this.needFlight().input(input))
  }

  touch(): void {
    this.lastTouchMs = Date.now()
    this.keepTime()
  }

  // Hints and grades.

  hint(): AttemptView {
    const all = this.hintTexts()
    if (this.state !== 'running') throw new Refused(409, 'this attempt is over')
    if (this.row.hints >= all.length) throw new Refused(409, 'there are no more hints')
    this.patch({ hints: this.row.hints + 1 })
    this.tellView()
    return this.view()
  }

  private hintTexts(): string[] {
    return this.tools.desk.hints(this.row.scenario, this.prepared, this.language)
  }

  async check(): Promise<ProgressView> {
    const copy = await this.copy()
    return this.tools.desk.progress(this.row.scenario, this.prepared, copy, this.language)
  }

  async submit(): Promise<ResultView> {
    if (this.state === 'finished') return this.row.result as ResultView
    const copy = await this.copy()
    const grade = await this.tools.desk.grade(this.row.scenario, this.prepared, copy, this.language, this.row.hints)
    await this.pace?.stop()
    this.tallyUse()
    const result: ResultView = { ...grade, usedMs: this.row.usedMs }
    await this.save()
    this.patch({ state: 'finished', finishedAt: Date.now(), points: grade.points, got: grade.got, result })
    await this.tools.store.flush()
    this.tellView()
    this.tellClock(true)
    return result
  }

  /** The cluster as it is now, to try things on: checks disturb nothing. */
  private async copy(): Promise<Flight> {
    const flight = this.needRunning()
    const { pace, tools } = this
    const snapshot = await (pace?.exclusively(() => Promise.resolve(flight.snapshot())) ??
      Promise.resolve(flight.snapshot()))
    return tools.hangar.restore(snapshot, {})
  }

  // Output.

  private readonly listeners: FlightListeners = {
    output: (terminal, text) => this.terminals.output(terminal, text),
    edit: (terminal, request) => {
      const kept = this.terminals.get(terminal)
      if (kept !== undefined) kept.edit = request
      outside(() => this.tell((watcher) => watcher.edit(terminal, request)))
    },
  }

  watch(watcher: Watcher): void {
    this.watchers.add(watcher)
    this.touch()
    if (this.flight !== undefined) watcher.picture(this.flight.picture())
  }

  unwatch(watcher: Watcher): void {
    this.watchers.delete(watcher)
    this.lastTouchMs = Date.now()
  }

  /** Terminals whose shell has ended (`exit`, Ctrl-D) close. */
  private closeEnded(): void {
    for (const { id } of this.terminals.list()) {
      if (!this.opened.has(id) || this.flight?.isOpen(id) !== false) continue
      const why = /bash: killed: (.*)/.exec(this.terminals.get(id)?.scrollback.slice(-500) ?? '')?.[1]
      this.opened.delete(id)
      this.terminals.remove(id)
      this.tell((watcher) => watcher.closed(id))
      if (why !== undefined)
        this.tell((watcher) => watcher.notice(`The shell was stopped: ${why.trim()}. Open a new terminal to go on.`))
      this.tellView()
    }
  }

  private tell(say: (watcher: Watcher) => void): void {
    for (const watcher of this.watchers) say(watcher)
  }

  private stepped(): void {
    this.collect()
    this.sendOutput()
    this.closeEnded()
    const now = Date.now()
    if (now - this.beatAt >= this.tools.limits.heartbeatMs) this.beat(now)
    if (now - this.pictureAt >= PICTURE_MS) this.sendPicture(now)
    this.tellClock(false)
  }

  private sendOutput(): void {
    for (const [terminal, text] of this.terminals.takeUnsent(Date.now()))
      this.tell((watcher) => watcher.output(terminal, text))
  }

  private sendPicture(now: number): void {
    if (!this.watched || this.flight === undefined) return
    this.pictureAt = now
    const picture = this.flight.picture()
    const text = pictureText(picture)
    if (text === this.pictureText) return
    this.pictureText = text
    this.tell((watcher) => watcher.picture(picture))
  }

  private tellClock(always: boolean): void {
    const now = Date.now()
    if (!always && now - this.clockAt < 1_000) return
    this.clockAt = now
    const clock = this.clock()
    this.tell((watcher) => watcher.clock(clock))
  }

  private tellView(): void {
    const view = this.view()
    this.tell((watcher) => watcher.view(view))
  }

  view(): AttemptView {
    const texts = this.hintTexts()
    return {
      ...summaryOf(this.row, this.tools.desk),
      task: this.tools.desk.task(this.row.scenario, this.prepared, this.language),
      hosts: this.flight?.hosts() ?? [],
      terminals: this.terminals.list(),
      hints: texts.slice(0, this.row.hints),
      hintsTotal: texts.length,
      ...(this.row.hints < texts.length && {
        nextHintCost: this.tools.desk.hintCost(this.row.scenario, this.prepared, this.row.hints),
      }),
      clock: this.clock(),
      ...(this.row.result !== null && { result: this.row.result as ResultView }),
      ...(this.row.problem !== null && { problem: this.row.problem }),
    }
  }

  // The store.

  /** New inputs of the flight's log go to the store. */
  private collect(): void {
    const { flight } = this
    if (flight === undefined || flight.log.length === this.cursor) return
    const fresh = flight.log.slice(this.cursor)
    this.cursor = flight.log.length
    this.tools.store.append(fresh.map(({ at, input }) => ({ attempt: this.id, seq: this.seq++, at, input })))
  }

  private beat(now: number): void {
    this.beatAt = now
    this.tallyUse()
    this.patch({ nowMs: this.flight?.nowMs ?? this.row.nowMs })
    if (now - this.snapshotAt > this.tools.limits.snapshotMs && this.flight?.nowMs !== this.snapshotNowMs)
      void this.save().catch((error: unknown) => this.tools.log?.(`snapshot of ${this.id}: ${String(error)}`))
  }

  /** A snapshot between two steps. */
  async save(): Promise<void> {
    const { flight, pace } = this
    if (flight === undefined) return
    this.snapshotAt = Date.now()
    const take = (): Promise<StoredSnapshot> => {
      this.collect()
      this.snapshotNowMs = flight.nowMs
      return Promise.resolve({
        seq: this.seq,
        nowMs: flight.nowMs,
        flight: flight.snapshot(),
        session: this.terminals.dump(),
      })
    }
    const snapshot = await (pace?.exclusively(take) ?? take())
    this.patch({ nowMs: snapshot.nowMs })
    await this.tools.store.saveSnapshot(this.id, snapshot)
  }

  private patch(patch: AttemptPatch): void {
    const all = { ...patch, touchedAt: Date.now() }
    this.row = { ...this.row, ...all }
    this.tools.store.patch(this.id, all)
  }

  /** The simulation threw: this attempt ends, nothing else does. */
  fail(error: Error): void {
    this.tools.log?.(
      `attempt ${this.id} (scenario ${this.row.scenario}, seed ${this.row.seed}) failed at ${this.flight?.nowMs ?? 0} ms: ${error.stack ?? error.message}`,
    )
    const problem = `The simulation stopped with an error of its own: ${error.message} (scenario ${this.row.scenario}, seed ${this.row.seed}, at ${this.flight?.nowMs ?? 0} ms). This attempt cannot go on; please start a new one.`
    this.tallyUse()
    this.collect()
    this.patch({ state: 'failed', problem, finishedAt: Date.now() })
    this.flight = undefined
    this.pace = undefined
    this.tellView()
    this.tellClock(true)
  }
}

const SILENT: Watcher = {
  output: () => undefined,
  edit: () => undefined,
  closed: () => undefined,
  picture: () => undefined,
  clock: () => undefined,
  view: () => undefined,
  notice: () => undefined,
}

/** What a person sees of a picture: all but its clock. */
function pictureText({ nowMs: _, ...picture }: ClusterPicture): string {
  return JSON.stringify(picture)
}
