/**
 * All attempts of a server: who may touch which, how many may be awake, when an idle one sleeps. What happens
 * to one of them happens to no other.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { AttemptSummary, Language } from './contract.ts'
import type { Prepared } from './desk.ts'
import { Refused } from './limits.ts'
import { Session, summaryOf } from './session.ts'
import type { SessionTools } from './session.ts'
import type { AttemptRow } from './storage/schema.ts'

const TICK_MS = 2_000

/** A browser's cookie as it is stored. */
export function ownerOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64url')
}

/** 144 bits: nobody guesses it. */
export const newId = (): string => randomBytes(18).toString('base64url')

export class Sessions {
  private awake = new Map<string, Session>()
  private opening = new Map<string, Promise<Session>>()
  /** Attempts on their way to sleep: nobody may wake them before they are written away. */
  private closing = new Map<string, Promise<void>>()
  private preparing = 0
  private readonly timer: NodeJS.Timeout

  constructor(private readonly tools: SessionTools) {
    this.timer = setInterval(() => this.tick(), TICK_MS)
    this.timer.unref()
  }

  get awakeCount(): number {
    return this.awake.size
  }

  /** Boots a cluster, breaks it, and hands it to its owner. */
  async start(owner: string, scenario: string, language: Language, seed: string): Promise<Session> {
    const { store, desk, limits } = this.tools
    if (desk.entry(scenario) === undefined) throw new Refused(404, `no scenario ${scenario}`)
    const open = (await store.attemptsOf(owner)).filter(({ state }) => state === 'running' || state === 'preparing')
    if (open.length >= limits.attemptsPerOwner)
      throw new Refused(429, `you have ${open.length} unfinished attempts; submit or discard one first`)
    if (this.preparing >= limits.preparing)
      throw new Refused(503, 'the server is preparing other attempts; please try again in a moment')
    this.preparing++
    try {
      await this.makeRoom()
      return await this.create(owner, scenario, language, seed)
    } finally {
      this.preparing--
    }
  }

  private async create(owner: string, scenario: string, language: Language, seed: string): Promise<Session> {
    const now = Date.now()
    const prepared: Prepared = this.tools.desk.prepare(scenario, seed, now)
    const row: AttemptRow = {
      id: newId(),
      owner,
      scenario,
      language,
      seed,
      prepared,
      state: 'preparing',
      startedAt: now,
      finishedAt: null,
      touchedAt: now,
      usedMs: 0,
      nowMs: 0,
      speed: 1,
      hints: 0,
      points: null,
      got: null,
      problem: null,
      result: null,
    }
    await this.tools.store.create(row)
    const session = new Session(row, this.tools)
    this.awake.set(row.id, session)
    try {
      await session.prepare()
    } catch (error) {
      session.fail(error instanceof Error ? error : new Error(String(error)))
    }
    session.touch()
    return session
  }

  /** The attempt, awake. Refuses when there is none or when it is another browser's: both look the same. */
  async open(id: string, owner: string): Promise<Session> {
    const session = this.awake.get(id) ?? (await this.wake(id))
    if (session.owner !== owner) throw new Refused(404, 'no such attempt')
    session.touch()
    return session
  }

  private wake(id: string): Promise<Session> {
    const known = this.opening.get(id)
    if (known !== undefined) return known
    const opening = this.load(id).finally(() => this.opening.delete(id))
    this.opening.set(id, opening)
    return opening
  }

  private async load(id: string): Promise<Session> {
    await this.closing.get(id)
    const row = await this.tools.store.attempt(id)
    if (row === undefined) throw new Refused(404, 'no such attempt')
    const session = new Session(row, this.tools)
    // The server ended while the cluster was being prepared.
    if (row.state === 'preparing')
      session.fail(new Error('the server was stopped while the cluster was being prepared'))
    if (row.state !== 'running') return session
    await this.makeRoom()
    try {
      await session.wake()
    } catch (error) {
      session.fail(error instanceof Error ? error : new Error(String(error)))
      return session
    }
    this.awake.set(id, session)
    return session
  }

  async list(owner: string): Promise<AttemptSummary[]> {
    return (await this.tools.store.attemptsOf(owner)).map((row) => summaryOf(row, this.tools.desk))
  }

  async remove(id: string, owner: string): Promise<void> {
    const row = await this.tools.store.attempt(id)
    if (row === undefined || row.owner !== owner) throw new Refused(404, 'no such attempt')
    const session = this.awake.get(id)
    if (session !== undefined) await this.rest(session)
    await this.tools.store.remove(id)
  }

  /** With all places taken, the attempt that was left alone for longest goes to sleep. */
  private async makeRoom(): Promise<void> {
    if (this.awake.size < this.tools.limits.awake) return
    const idle = [...this.awake.values()]
      .filter(({ watched }) => !watched)
      .sort((a, b) => a.lastTouchMs - b.lastTouchMs)[0]
    if (idle === undefined) throw new Refused(503, 'the server is full; please try again later')
    await this.rest(idle)
  }

  private rest(session: Session): Promise<void> {
    const { id } = session
    if (this.awake.get(id) === session) this.awake.delete(id)
    const closing = session.sleep().finally(() => this.closing.delete(id))
    this.closing.set(id, closing)
    return closing
  }

  private tick(): void {
    const now = Date.now()
    for (const session of this.awake.values()) {
      session.keepTime()
      const idle = !session.watched && now - session.lastTouchMs > this.tools.limits.sleepMs
      const done = session.state !== 'running' && session.state !== 'preparing' && !session.watched
      if (idle || done)
        this.rest(session).catch((error: unknown) => this.tools.log?.(`sleep of ${session.id}: ${String(error)}`))
    }
  }

  /** Everything goes to the store. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    await Promise.allSettled(this.opening.values())
    for (const session of [...this.awake.values()]) await this.rest(session)
    await this.tools.store.close()
  }
}
