/**
 * The disk under Raft: what was written and not reported safe yet. Models server/storage/wal (Save, sync) and the
 * order in raft.go: promises leave when they are safe.
 */
import type { EventId, Kernel } from '../kernel/kernel.ts'
import { lastIndex, lastTerm, termAt } from './raft/log.ts'
import { losePower } from './raft/disk.ts'
import type { Effect, RaftDisk, RaftState } from './raft/types.ts'

/** The type of the kernel event by which the disk reports; the member hands it to `RaftNode.synced`. */
export const SYNCED = 'etcd.raft.synced'

type Promised = Extract<Effect, { kind: 'send' | 'sync' }>

/** Something that waits for the disk. */
interface Wait {
  id: EventId
  effect: Promised
  /** What is on the disk once it reports. */
  written: { term: number; vote: RaftDisk['vote']; index: number; indexTerm: number }
}

interface WalState {
  waits: Wait[]
  durable: Pick<RaftDisk, 'term' | 'vote'>
}

export class Wal {
  /** In the order in which the disk will report. */
  private waits: Wait[] = []
  /** What the disk has reported. */
  private durable: WalState['durable'] = { term: 0, vote: null }

  constructor(
    private readonly kernel: Kernel,
    private readonly address: string,
    private readonly flags: { fsyncMs: number },
  ) {}

  get isSlow(): boolean {
    return this.flags.fsyncMs > 0 || this.waits.length > 0
  }

  /** All is on the disk: a process begins, or the disk is quick. */
  noteAll(state: RaftState): void {
    this.durable.term = state.term
    this.durable.vote = state.vote
    state.stable = lastIndex(state.log)
  }

  /** Puts a promise off until what was written before it is safe. */
  defer(effect: Promised, { term, vote, log }: RaftState): void {
    const written = { term, vote, index: lastIndex(log), indexTerm: lastTerm(log) }
    const id = this.kernel.send({ to: this.address, type: SYNCED }, this.flags.fsyncMs)
    this.waits.push({ id, effect, written })
  }

  /** The disk reports its oldest write. Returns what waited for it. */
  report(state: RaftState): Promised | undefined {
    const done = this.waits.shift()
    if (done === undefined) return undefined
    const { term, vote, index, indexTerm } = done.written
    this.durable = { term, vote }
    if (termAt(state.log, index) === indexTerm) state.stable = Math.max(state.stable, index)
    return done.effect
  }

  /** The process ends; with the power goes what the disk had not reported. */
  close(state: RaftState, losesPower: boolean): void {
    if (losesPower && this.isSlow) losePower(state, this.durable)
    for (const { id } of this.waits) this.kernel.cancel(id)
    this.waits = []
    this.noteAll(state)
  }

  dump(): WalState {
    return { waits: [...this.waits], durable: { ...this.durable } }
  }

  load({ waits, durable }: WalState): void {
    this.waits = [...waits]
    this.durable = { ...durable }
  }
}
