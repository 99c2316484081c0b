/** The nouns of Raft, as plain data. */

export type MemberId = string

/** A replicated entry: a command, or null for the empty entry with which a leader begins its term. */
export interface Entry<C = unknown> {
  index: number
  term: number
  command: C | null
}

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader'

/** How a leader sends entries to one member: feeling for the place where the logs agree, or streaming. */
export type ProgressState = 'probe' | 'replicate' | 'snapshot'

/** What a leader knows of one member's log. Invariant: match < next. */
export interface Progress {
  /** The last entry that the member surely has. */
  match: number
  /** The next entry to send. */
  next: number
  state: ProgressState
  /** While probing: an append is on its way, nothing more is sent until there is an answer or a heartbeat. */
  paused: boolean
  /** While streaming: the last index of each append without an answer. */
  inflight: number[]
  /** Whether it was heard of since the last check for a quorum. */
  active: boolean
}

/** A read that waits for a quorum to confirm the leader. */
export interface PendingRead {
  context: string
  from: MemberId
  /** The commit index when the read came. */
  index: number
  acks: MemberId[]
}

/** Entries from `offset + 1` on; those up to `offset` were applied everywhere and left. */
export interface RaftLog {
  offset: number
  offsetTerm: number
  entries: Entry[]
}

export interface RaftState {
  id: MemberId
  voters: MemberId[]

  // On the disk.
  term: number
  /** Whom this member voted for in this term. */
  vote: MemberId | null
  log: RaftLog
  /** Invariant: applied ≤ commit ≤ last index; none of them ever falls. */
  commit: number
  applied: number

  // In memory: gone when the process stops.
  lead: MemberId | null
  votes: Record<MemberId, boolean>
  progress: Record<MemberId, Progress>
  reads: PendingRead[]
  /** Reads that came before the leader committed an entry of its own term. */
  earlyReads: { context: string; from: MemberId }[]
  /** Every voter has the log up to here, as the leader last said. */
  safe: number
  /** When the leader (or a candidate that got the vote) was last heard. */
  heardAt: number
  /** This member's present draw of the election timeout. */
  electionTimeoutMs: number
  electionDueAt: number
  /** Heartbeats since the last check for a quorum. */
  beats: number
}

export type RaftMessage = { from: MemberId } & (
  | { type: 'preVote' | 'vote'; term: number; lastIndex: number; lastTerm: number }
  | { type: 'preVoteResponse' | 'voteResponse'; term: number; granted: boolean }
  | {
      type: 'append'
      term: number
      prevIndex: number
      prevTerm: number
      entries: Entry[]
      commit: number
      safe: number
    }
  | { type: 'appendResponse'; term: number; index: number; reject?: { hintIndex: number; hintTerm: number } }
  | { type: 'heartbeat'; term: number; commit: number; safe: number; context?: string }
  | { type: 'heartbeatResponse'; term: number; context?: string }
  | { type: 'propose'; commands: unknown[] }
  | { type: 'readIndex'; context: string }
  | { type: 'readIndexResponse'; context: string; index: number }
)

/** What the role machine is told. `stepDown` carries the new term and the leader, if known. */
export type RoleEvent =
  | { type: 'preVotesWon' }
  | { type: 'votesWon' }
  | { type: 'stepDown'; term: number; lead: MemberId | null; reason: string }

/** What a step wants done, in order. */
export type Effect =
  /** `afterSync`: only when what was written before it is safe on the disk. */
  | { kind: 'send'; to: MemberId; message: RaftMessage; afterSync: boolean }
  /** A leader appended up to this index; its own copy counts once it is on the disk. */
  | { kind: 'sync'; index: number; term: number }
  | { kind: 'role'; event: RoleEvent }
  | { kind: 'readReady'; context: string; index: number }

/** One step: the state it works on, what it may know, and what it wants done. */
export interface Turn {
  state: RaftState
  role: Role
  now: number
  settings: { electionTimeoutMs: number; heartbeatIntervalMs: number }
  effects: Effect[]
}
