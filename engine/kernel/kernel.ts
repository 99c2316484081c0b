/**
 * Virtual time. One queue of plain-data events ordered by `(at, seq)`, named random streams, a
 * journal with a rolling hash, and components that can be dumped and loaded. It knows no Kubernetes.
 */
import { copyData } from './copy.ts'
import { Journal } from './journal.ts'
import type { JournalFacts } from './journal.ts'
import { EventQueue } from './queue.ts'
import type { KernelEvent, Queued } from './queue.ts'
import { Random } from './random.ts'
import type { RandomState } from './random.ts'

/** Virtual milliseconds since the start of the run; always an integer. */
export type VirtualMs = number

/** The number of a queued event, to cancel it by. */
export type EventId = number

/**
 * A part of the simulation that receives events. All that it must not forget is in `dump()`, as
 * plain data; `load()` puts it back and rebuilds what can be derived.
 */
export interface Component {
  handle(event: KernelEvent): void
  dump(): unknown
  load(state: unknown): void
  /** All components have taken back their state: what refers to another's can be looked up now. */
  loaded?(): void
}

export interface KernelOptions {
  seed: string
  /** The wall-clock instant that virtual 0 stands for, in milliseconds since 1970 UTC. */
  epochMs: number
}

/** The whole run as plain data. Shared references inside it stay shared in copies. */
export interface KernelSnapshot {
  seed: string
  epochMs: number
  now: VirtualMs
  seq: number
  queue: Queued[]
  randoms: RandomState[]
  journal: ReturnType<Journal['dump']>
  components: Record<string, unknown>
  /** What waits for components that stand still. */
  paused?: Record<string, Queued[]>
}

/** Thrown when one instant holds more events than any real run needs: two components feed each other. */
class RunawayError extends Error {}

const MAX_EVENTS_PER_INSTANT = 5_000_000

export class Kernel {
  readonly seed: string
  readonly epochMs: number
  readonly journal = new Journal()
  private nowMs: VirtualMs = 0
  private seq = 0
  private atThisInstant = 0
  private readonly queue = new EventQueue()
  private readonly components = new Map<string, Component>()
  private readonly randoms = new Map<string, Random>()
  private readonly paused = new Map<string, Queued[]>()

  constructor(options: KernelOptions) {
    this.seed = options.seed
    this.epochMs = options.epochMs
  }

  /** Virtual milliseconds since the start. */
  get now(): VirtualMs {
    return this.nowMs
  }

  /** The instant on the simulated calendar, in milliseconds since 1970 UTC. */
  get clockMs(): number {
    return this.epochMs + this.nowMs
  }

  /** How many events wait. */
  get queued(): number {
    return this.queue.size
  }

  /** Puts a component at an address. Throws when the address is taken. */
  register(address: string, component: Component): void {
    if (this.components.has(address)) throw new Error(`kernel: ${address} is registered already`)
    this.components.set(address, component)
  }

  /** Takes a component away; events still on their way to it are dropped when they arrive. */
  unregister(address: string): void {
    this.components.delete(address)
  }

  /** A component stands still: what comes to it waits until `resume`. */
  pause(address: string): void {
    if (!this.paused.has(address)) this.paused.set(address, [])
  }

  isPaused(address: string): boolean {
    return this.paused.has(address)
  }

  /** A component goes on: all that waited for it comes in this instant, in the order in which it was sent. */
  resume(address: string): void {
    const held = this.paused.get(address) ?? []
    this.paused.delete(address)
    for (const entry of held) this.queue.push({ ...entry, at: this.nowMs })
  }

  component(address: string): Component | undefined {
    return this.components.get(address)
  }

  /** Queues an event `delayMs` from now (0: later in this instant). Returns its number. */
  send(event: KernelEvent, delayMs = 0): EventId {
    const delay = delayMs > 0 ? Math.round(delayMs) : 0
    const seq = ++this.seq
    this.queue.push({ at: this.nowMs + delay, seq, event })
    return seq
  }

  cancel(id: EventId | undefined): boolean {
    return id !== undefined && (this.queue.cancel(id) || this.cancelHeld(id))
  }

  /** The stream of random numbers with this name, the same object at each call. */
  random(name: string): Random {
    let stream = this.randoms.get(name)
    if (stream === undefined) {
      stream = new Random(this.seed, name)
      this.randoms.set(name, stream)
    }
    return stream
  }

  /** Adds to the journal at the present instant. */
  record(name: string, facts?: JournalFacts): void {
    this.journal.record(this.nowMs, name, facts)
  }

  /** When the next event is due; undefined when nothing waits. */
  nextAt(): VirtualMs | undefined {
    return this.queue.peek()?.at
  }

  /** Carries out the next event. Returns false when nothing waits. */
  step(): boolean {
    const next = this.queue.pop()
    if (next === undefined) return false
    this.guardInstant(next)
    this.hand(next)
    return true
  }

  /** Hands an event to its component within the event under way; to one that stands still, when it goes on. */
  deliver(event: KernelEvent): void {
    this.hand({ at: this.nowMs, seq: 0, event })
  }

  private hand(entry: Queued): void {
    const { to } = entry.event
    const held = this.paused.get(to)
    if (held === undefined) this.components.get(to)?.handle(entry.event)
    else held.push(entry.seq > 0 ? entry : { ...entry, seq: ++this.seq })
  }

  /** Carries out every event up to and including `untilMs`, then stands at `untilMs`. */
  runUntil(untilMs: VirtualMs): void {
    for (let at = this.nextAt(); at !== undefined && at <= untilMs; at = this.nextAt()) this.step()
    if (untilMs > this.nowMs) this.nowMs = untilMs
  }

  /** Jumps to the next instant that has an event and carries out all of that instant. */
  skipToNext(): VirtualMs {
    const at = this.nextAt()
    if (at !== undefined) this.runUntil(at)
    return this.nowMs
  }

  snapshot(): KernelSnapshot {
    const components: Record<string, unknown> = {}
    for (const [address, component] of this.components) components[address] = component.dump()
    return copyData({
      seed: this.seed,
      epochMs: this.epochMs,
      now: this.nowMs,
      seq: this.seq,
      queue: this.queue.dump(),
      randoms: [...this.randoms.values()].map((stream) => stream.dump()),
      journal: this.journal.dump(),
      components,
      paused: Object.fromEntries(this.paused),
    })
  }

  /**
   * Puts a snapshot back into a kernel whose components are registered at the same addresses.
   * Throws when the snapshot has state for an address that nothing is registered at. The snapshot is
   * copied, unless it is `isOwned`: nobody else holds it, as when it has just been read from a file.
   */
  restore(snapshot: KernelSnapshot, { isOwned = false }: { isOwned?: boolean } = {}): void {
    const copy = isOwned ? snapshot : copyData(snapshot)
    if (copy.seed !== this.seed) throw new Error(`kernel: the snapshot is of seed ${copy.seed}, not ${this.seed}`)
    this.nowMs = copy.now
    this.seq = copy.seq
    this.atThisInstant = 0
    this.queue.load(copy.queue)
    this.paused.clear()
    for (const [address, held] of Object.entries(copy.paused ?? {})) this.paused.set(address, held)
    this.journal.load(copy.journal)
    for (const [address, state] of Object.entries(copy.components)) {
      const component = this.components.get(address)
      if (component === undefined) throw new Error(`kernel: nothing is registered at ${address}`)
      component.load(state)
    }
    for (const address of Object.keys(copy.components)) this.components.get(address)?.loaded?.()
    this.restoreRandoms(copy.randoms)
  }

  /** Last, in place: components hold their streams, and some draw from them when they are made anew in `load`. */
  private restoreRandoms(states: readonly RandomState[]): void {
    const saved = new Map(states.map(({ name, state }) => [name, state]))
    for (const name of saved.keys()) this.random(name)
    for (const [name, stream] of this.randoms) stream.load(saved.get(name))
  }

  private cancelHeld(id: EventId): boolean {
    for (const [address, held] of this.paused) {
      const left = held.filter(({ seq }) => seq !== id)
      if (left.length === held.length) continue
      this.paused.set(address, left)
      return true
    }
    return false
  }

  private guardInstant(next: Queued): void {
    this.atThisInstant = next.at === this.nowMs ? this.atThisInstant + 1 : 0
    if (next.at > this.nowMs) this.nowMs = next.at
    if (this.atThisInstant <= MAX_EVENTS_PER_INSTANT) return
    throw new RunawayError(
      `kernel: time stands still at ${this.nowMs} ms on ${next.event.to} ${next.event.type} (seed ${this.seed})`,
    )
  }
}
