/**
 * Raft with one mistake in it: a copy of engine/etcd/raft (and what runs it) in which one passage reads differently.
 * A sweep that does not notice it proves nothing. Production code knows nothing of this.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { RaftNode } from '../../engine/etcd/node.ts'

/** `from` stands exactly once in `file`, a path in engine/etcd. */
export interface Mutant {
  name: string
  /** The first seed of the sweep that noticed it. */
  seed: number
  file: string
  from: string
  to: string
}

/** What makes a member: the right one, or one with a mistake. */
export type NodeClass = typeof RaftNode

const ENGINE = resolve(import.meta.dirname, '../../engine')
const PARTS = ['node.ts', 'peers.ts', 'wal.ts', 'role.machine.ts', 'raft']

/** Writes the copy to a folder of its own, and loads it. */
export async function loadMutant({ name, file, from, to }: Mutant, folder: string): Promise<NodeClass> {
  const home = join(folder, name)
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  for (const part of PARTS) cpSync(join(ENGINE, 'etcd', part), join(home, part), { recursive: true })
  for (const part of PARTS.filter((one) => one.endsWith('.ts')))
    edit(join(home, part), (text) => text.replaceAll("'../kernel/", `'${ENGINE}/kernel/`))
  edit(join(home, file), (text) => {
    const places = text.split(from).length - 1
    if (places !== 1) throw new Error(`mutant ${name}: "${from}" stands ${places} times in engine/etcd/${file}`)
    return text.replace(from, () => to)
  })
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(join(home, 'node.ts')).href)) as { RaftNode: NodeClass }
  return loaded.RaftNode
}

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

/**
 * Not among them, because the sweep hardly ever notices: a vote that is lost with the power (`losePower`). The story
 * disk_power_lost holds it.
 */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'commitsOwnLog',
    seed: 0,
    file: 'raft/replication.ts',
    from: 'const index = committedIndex(state.voters, matchOf)',
    to: 'const index = matchOf(state.id)',
  },
  {
    name: 'commitsTooFew',
    seed: 0,
    file: 'raft/quorum.ts',
    from: 'matches[quorumOf(voters.length) - 1]',
    to: 'matches[Math.max(0, quorumOf(voters.length) - 2)]',
  },
  {
    name: 'commitsOlderTerms',
    seed: 6,
    file: 'raft/replication.ts',
    from: 'if (index <= state.commit || termAt(state.log, index) !== state.term) return false',
    to: 'if (index <= state.commit) return false',
  },
  {
    name: 'takesSecondChange',
    seed: 7,
    file: 'raft/replication.ts',
    from: 'proposal.conf !== undefined && state.pendingConfIndex > state.applied',
    to: 'false',
  },
  {
    name: 'forgetsInheritedChange',
    seed: 7,
    file: 'raft/replication.ts',
    from: 'state.pendingConfIndex = lastIndex(state.log)',
    to: 'state.pendingConfIndex = 0',
  },
  {
    name: 'countsLearners',
    seed: 23,
    file: 'raft/replication.ts',
    from: 'committedIndex(state.voters, matchOf)',
    to: 'committedIndex([...state.voters, ...state.learners], matchOf)',
  },
  {
    name: 'electsWithTooFew',
    seed: 0,
    file: 'raft/quorum.ts',
    from: "if (voters.length === 0 || yes >= quorumOf(voters.length)) return 'won'",
    to: "if (voters.length === 0 || yes >= Math.max(1, quorumOf(voters.length) - 1)) return 'won'",
  },
  {
    name: 'votesForOlderLogs',
    seed: 1,
    file: 'raft/log.ts',
    from: 'return term > own || (term === own && index >= lastIndex(log))',
    to: 'return index >= lastIndex(log)',
  },
  {
    name: 'votesForShorterLogs',
    seed: 1,
    file: 'raft/log.ts',
    from: 'return term > own || (term === own && index >= lastIndex(log))',
    to: 'return term >= own',
  },
  {
    name: 'votesTwice',
    seed: 5,
    file: 'raft/election.ts',
    from: 'const free = state.vote === message.from || (state.vote === null && state.lead === null)',
    to: 'const free = true',
  },
  {
    name: 'skipsPrevTerm',
    seed: 1,
    file: 'raft/replication.ts',
    from: 'if (termAt(state.log, message.prevIndex) !== message.prevTerm)',
    to: 'if (termAt(state.log, message.prevIndex) === undefined)',
  },
  {
    name: 'commitsUnseen',
    seed: 0,
    file: 'raft/replication.ts',
    from: 'Math.min(message.commit, last))',
    to: 'message.commit)',
  },
  {
    name: 'heartbeatCommitsAll',
    seed: 1,
    file: 'raft/heartbeat.ts',
    from: 'const commit = Math.min(state.progress[to]?.match ?? 0, state.commit)',
    to: 'const commit = Math.min(state.progress[to]?.next ?? 0, state.commit)',
  },
  {
    name: 'oldAppendCutsLog',
    seed: 14,
    file: 'raft/log.ts',
    from: 'if (conflict < 0) return lastIndex(log)',
    to: 'if (conflict < 0) { if (entries.length > 0) cutBehind(log, Math.max(commit, (entries.at(-1) as Entry).index)); return lastIndex(log) }',
  },
  {
    name: 'promisesBeforeDisk',
    seed: 0,
    file: 'raft/turn.ts',
    from: "turn.effects.push({ kind: 'send', to, message, afterSync: true })",
    to: "turn.effects.push({ kind: 'send', to, message, afterSync: false })",
  },
  {
    name: 'leaderCountsUnwritten',
    seed: 0,
    file: 'raft/replication.ts',
    from: "turn.effects.push({ kind: 'sync', index: lastIndex(state.log), term: state.term })",
    to: 'noteSynced({ ...turn, role: "leader" }, lastIndex(state.log), state.term)',
  },
  {
    name: 'takesOldSnapshots',
    seed: 4,
    file: 'raft/snapshot.ts',
    from: 'if (meta.index <= state.commit || !',
    to: 'if (!',
  },
  {
    name: 'snapshotWithoutMembers',
    seed: 4,
    file: 'raft/snapshot.ts',
    from: `state.voters = [...meta.voters]
  state.learners = [...meta.learners]
`,
    to: '',
  },
  {
    name: 'readsWithoutQuorum',
    seed: 1,
    file: 'raft/read.ts',
    from: 'if (state.voters.length === 1 && state.voters[0] === state.id) return release(turn, read)',
    to: 'return release(turn, read)',
  },
  {
    name: 'readsBeforeOwnTerm',
    seed: 1,
    file: 'raft/read.ts',
    from: 'if (termAt(state.log, state.commit) !== state.term) return addEarly(turn, from, context)',
    to: '',
  },
  {
    name: 'ignoresHints',
    seed: 1,
    file: 'raft/progress.ts',
    from: 'if (progress.next - 1 !== rejected) return false',
    to: 'if (rejected > 0) return false',
  },
]
