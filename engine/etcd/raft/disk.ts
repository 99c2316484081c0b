/** What a member starts from. Models raft/bootstrap.go, and a WAL that lost what was not synced. */
import { cutBehind, lastIndex, lastTerm, makeLog } from './log.ts'
import type { ConfChange, MemberId, RaftDisk, RaftState } from './types.ts'

/** A new cluster: the log begins with its members, committed at term 1. `context` goes with each (see ConfChange). */
export function bootstrapDisk(members: readonly { id: MemberId; context?: unknown }[]): RaftDisk {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1))
  const confs = sorted.map(({ id, context }): ConfChange => ({
    type: 'addVoter',
    id,
    ...(context !== undefined && { context }),
  }))
  const entries = confs.map((conf, at) => ({ index: at + 1, term: 1, command: null, conf }))
  const voters = sorted.map(({ id }) => id)
  const log = { ...makeLog(), entries }
  return { term: 1, vote: null, log, commit: entries.length, applied: 0, voters, learners: [], snapshot: null }
}

/** Nothing: a member that joins a cluster learns all from its leader. */
export function emptyDisk(): RaftDisk {
  return { term: 0, vote: null, log: makeLog(), commit: 0, applied: 0, voters: [], learners: [], snapshot: null }
}

/** A copy that changes no more; entries are shared, they never change. */
export function diskOf(state: RaftDisk): RaftDisk {
  const { term, vote, log, commit, applied, voters, learners, snapshot } = state
  return {
    term,
    vote,
    log: { ...log, entries: [...log.entries] },
    commit,
    applied,
    voters: [...voters],
    learners: [...learners],
    snapshot,
  }
}

/** A process that has only its disk. */
export function makeState(id: MemberId, disk: RaftDisk): RaftState {
  const memory = { lead: null, votes: {}, progress: {}, reads: [], earlyReads: [], transferee: null }
  const counts = { pendingConfIndex: 0, safe: 0, heardAt: 0, electionTimeoutMs: 0, electionDueAt: 0, beats: 0 }
  return { id, stable: lastIndex(disk.log), ...diskOf(disk), ...memory, ...counts }
}

/** The power fails: what the disk had not reported is gone. What was applied is known to be safe elsewhere. */
export function losePower(state: RaftState, durable: Pick<RaftDisk, 'term' | 'vote'>): void {
  cutBehind(state.log, Math.max(state.stable, state.applied))
  const term = Math.max(durable.term, lastTerm(state.log))
  state.vote = term === durable.term ? durable.vote : null
  state.term = term
}
