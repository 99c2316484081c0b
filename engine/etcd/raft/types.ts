/** The nouns of Raft, as plain data. */

export type MemberId = string

/** A change of the members, one at a time; joint configurations are not simulated. */
export interface ConfChange {
  /** `update` changes only what the members know of each other. */
  type: 'addVoter' | 'addLearner' | 'promote' | 'remove' | 'update'
  id: MemberId
  /** What the server wants to know when it is applied; Raft does not look at it. */
  context?: unknown
}

/** A replicated entry: a command, a change of the members, or nothing (with which a leader begins its term). */
export interface Entry<C = unknown> {
  index: number
  term: number
  command: C | null
  conf?: ConfChange
  /** Whose proposal `conf` was. */
  requestId?: string
}

/** What is to become an entry. */
export type Proposal = Pick<Entry, 'command' | 'conf' | 'requestId'>

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader'

/** How a leader sends to one member: feeling for the place where the logs agree, streaming, or waiting for a snapshot. */
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
  /** The index of the snapshot that is on its way; 0: none. */
  pendingSnapshot: number
  /** When it was sent. */
  snapshotSentAt: number
}

/** A read that waits for a quorum to confirm the leader. */
export interface PendingRead {
  context: string
  from: MemberId
  /** The commit index when the read came. */
  index: number
  acks: MemberId[]
}

/** Entries from `offset + 1` on; those up to `offset` were applied and left. */
export interface RaftLog {
  offset: number
  offsetTerm: number
  entries: Entry[]
}

/** Up to where a snapshot goes, and who the members were there. */
export interface SnapshotMeta {
  index: number
  term: number
  voters: MemberId[]
  learners: MemberId[]
}

/** What a member must not forget: it can be started from this, here or on another data directory. */
export interface RaftDisk {
  term: number
  /** Whom this member voted for in this term. */
  vote: MemberId | null
  log: RaftLog
  /** Invariant: applied ≤ commit ≤ last index; none of them ever falls. */
  commit: number
  applied: number
  /** The members as of `applied`. */
  voters: MemberId[]
  /** They get the log, but neither vote nor count. */
  learners: MemberId[]
  /** The last snapshot of the own state; the log may keep entries before it. */
  snapshot: SnapshotMeta | null
}

export interface RaftState extends RaftDisk {
  id: MemberId
  /** The log is safe on the disk up to here. */
  stable: number

  // In memory: gone when the process stops.
  lead: MemberId | null
  votes: Record<MemberId, boolean>
  progress: Record<MemberId, Progress>
  reads: PendingRead[]
  /** Reads that came before the leader committed an entry of its own term. */
  earlyReads: { context: string; from: MemberId }[]
  /** To whom the leader hands over; meanwhile it takes no proposals. */
  transferee: MemberId | null
  /** A leader takes no change of the members before this is applied. */
  pendingConfIndex: number
  /** Every member has the log up to here, as the leader last said. */
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
  | { type: 'preVote'; term: number; lastIndex: number; lastTerm: number }
  /** `transfer`: the leader wishes it, so its own lease does not count. */
  | { type: 'vote'; term: number; lastIndex: number; lastTerm: number; transfer?: true }
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
  | { type: 'snapshot'; term: number; meta: SnapshotMeta; data: unknown }
  | { type: 'timeoutNow'; term: number }
  | { type: 'transferLeader'; target: MemberId }
  | { type: 'propose'; commands: unknown[]; conf?: ConfChange; requestId?: string }
  | { type: 'readIndex'; context: string }
  | { type: 'readIndexResponse'; context: string; index: number }
  /** A process that began to listen says so (the streams between peers). */
  | { type: 'hello'; isAnswer: boolean }
)

/** What the role machine is told. `stepDown` carries the new term and the leader, if known. */
export type RoleEvent =
  | { type: 'preVotesWon' }
  | { type: 'votesWon' }
  | { type: 'stepDown'; term: number; lead: MemberId | null; reason: string }
  /** Campaign now: somebody asks for it, or the leader wishes it. */
  | { type: 'hup' }
  | { type: 'timeoutNow' }
  /** The members are others than before. */
  | { type: 'membersChanged' }

/** What a step wants done, in order. */
export type Effect =
  /** `afterSync`: only when what was written before it is safe on the disk. To itself: a step of its own. */
  | { kind: 'send'; to: MemberId; message: RaftMessage; afterSync: boolean }
  /** A leader appended up to this index; its own copy counts once it is on the disk. */
  | { kind: 'sync'; index: number; term: number }
  | { kind: 'role'; event: RoleEvent }
  | { kind: 'readReady'; context: string; index: number }
  /** The state machine as it is now is to be sent with this. */
  | { kind: 'sendSnapshot'; to: MemberId; term: number; meta: SnapshotMeta }
  /** The state machine is to become this. */
  | { kind: 'restore'; meta: SnapshotMeta; data: unknown }

export interface RaftSettings {
  electionTimeoutMs: number
  heartbeatIntervalMs: number
  /** Default true, as etcd has it. */
  preVote?: boolean
  checkQuorum?: boolean
  /** Entries in one append (upstream counts bytes: MaxSizePerMsg); default 512. */
  maxEntriesPerAppend?: number
  /** Appends on their way to one member (MaxInflightMsgs); default 256. */
  maxInflight?: number
  /** A leader that is removed steps down at once. etcd leaves it off: its process ends a second later. */
  stepDownOnRemoval?: boolean
}

/** One step: the state it works on, what it may know, and what it wants done. */
export interface Turn {
  state: RaftState
  role: Role
  now: number
  settings: RaftSettings
  effects: Effect[]
}
