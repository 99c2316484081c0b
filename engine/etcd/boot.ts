/**
 * With what a process begins: what its data directory holds, a new cluster, or a place in one that is
 * there. Models server/etcdserver/bootstrap.go and cluster_util.go (H2, O8b).
 */
import { urlsByName } from './config.ts'
import type { EtcdConfig } from './config.ts'
import { openDataDir } from './data-dir.ts'
import type { EtcdFiles, Opened } from './data-dir.ts'
import type { DatabaseState } from './database.ts'
import type { Disk, Disks } from './disks.ts'
import { clusterIdOf, memberIdOf } from './ids.ts'
import type { MembershipChange, MembershipState } from './membership.ts'
import type { EtcdMemberInfo } from './messages.ts'
import { bootstrapDisk, emptyDisk } from './raft/disk.ts'
import { cutBehind, lastIndex } from './raft/log.ts'
import type { ConfChange, RaftDisk } from './raft/types.ts'
import { clusterProblem } from './snapshot.ts'

export type Boot =
  | {
      kind: 'run'
      memberId: string
      clusterId: string
      raft: RaftDisk
      /** Absent: the database is empty. */
      db?: DatabaseState
      /** The disk that was opened. */
      diskId?: string
      /** Members of a running cluster that this one joins: whom to talk to before the log says it. */
      contacts: EtcdMemberInfo[]
    }
  | { kind: 'failed'; msg: string; error: string }

export interface Surroundings {
  /** Absent: this member has no files, and remembers by itself. */
  files: EtcdFiles | undefined
  disks: Disks
  /** What the first member that answers at these URLs knows of its cluster. */
  askCluster: (urls: readonly string[]) => MembershipState | undefined
}

const failed = (error: string, msg = 'discovery failed'): Boot => ({ kind: 'failed', msg, error })

export function boot(config: EtcdConfig, around: Surroundings): Boot {
  const opened: Opened =
    around.files === undefined ? { kind: 'empty' } : openDataDir(around.files, around.disks, config.dataDir)
  if (opened.kind === 'failed') return opened
  if (opened.kind === 'disk') return resume(opened.id, opened.disk, config)
  const problem = clusterProblem({ ...config, advertisePeerUrls: config.initialAdvertisePeerUrls })
  if (problem !== undefined) return failed(problem)
  return config.initialClusterState === 'existing' ? join(config, around) : found(config, around)
}

function resume(diskId: string, disk: Disk, config: EtcdConfig): Boot {
  const { memberId, clusterId, db } = disk
  const raft = config.forceNewCluster ? aloneOn(disk) : disk.raft
  return { kind: 'run', memberId, clusterId, raft, db, diskId, contacts: [] }
}

/** --force-new-cluster: what is not committed is lost, and all others are removed. */
function aloneOn({ memberId, raft, db }: Disk): RaftDisk {
  const log = { ...raft.log, entries: [...raft.log.entries] }
  cutBehind(log, raft.commit)
  const others = [...raft.voters, ...raft.learners].filter((id) => id !== memberId)
  const isLearner = db.membership.members.find(({ id }) => id === memberId)?.isLearner === true
  const changes: ConfChange[] = [
    ...(isLearner ? [confChange({ type: 'promote', id: memberId })] : []),
    ...others.map((id) => confChange({ type: 'remove', id })),
  ]
  for (const conf of changes) log.entries.push({ index: lastIndex(log) + 1, term: raft.term, command: null, conf })
  return { ...raft, log, commit: lastIndex(log) }
}

/** A new cluster, whose log begins with its members. */
function found(config: EtcdConfig, { askCluster }: Surroundings): Boot {
  const members = initialMembers(config)
  const self = members.find(({ name }) => name === config.name) as EtcdMemberInfo
  const clusterId = clusterIdOf(members.map(({ id }) => id))
  const there = askCluster(peerUrlsOf(members, self.id))?.members.find(({ id }) => id === self.id)
  if (there !== undefined && there.clientUrls.length > 0)
    return failed(`member ${self.id} has already been bootstrapped`)
  const raft = bootstrapDisk(members.map((member) => ({ id: member.id, context: { type: 'add', member } })))
  return { kind: 'run', memberId: self.id, clusterId, raft, contacts: [] }
}

export function initialMembers({ initialCluster, initialClusterToken }: EtcdConfig): EtcdMemberInfo[] {
  return [...urlsByName(initialCluster)].map(([name, peerUrls]) => {
    return { id: memberIdOf(peerUrls, initialClusterToken), name, peerUrls, clientUrls: [], isLearner: false }
  })
}

/** A member that was added to a running cluster. */
function join(config: EtcdConfig, { askCluster }: Surroundings): Boot {
  const members = initialMembers(config)
  const self = members.find(({ name }) => name === config.name) as EtcdMemberInfo
  const cluster = askCluster(peerUrlsOf(members, self.id))
  if (cluster === undefined)
    return failed(
      'cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs',
    )
  const problem = differenceTo(cluster, members)
  if (problem !== undefined) return failed(`error validating peerURLs ${goCluster(cluster)}: ${problem}`)
  const own = self.peerUrls.join()
  const known = cluster.members.find(({ peerUrls }) => [...peerUrls].sort().join() === own) as EtcdMemberInfo
  const { clusterId } = cluster
  return { kind: 'run', memberId: known.id, clusterId, raft: emptyDisk(), contacts: cluster.members }
}

/** --initial-cluster must name exactly the members that there are (ValidateClusterAndAssignIDs). */
function differenceTo({ members }: MembershipState, named: readonly EtcdMemberInfo[]): string | undefined {
  if (members.length !== named.length) return 'member count is unequal'
  const texts = new Set(members.map(({ peerUrls }) => [...peerUrls].sort().join()))
  const unmatched = named.find(({ peerUrls }) => !texts.has(peerUrls.join()))
  if (unmatched === undefined) return undefined
  const candidates = members.map(({ peerUrls }) => `[${peerUrls.join(' ')}]`).join(', ')
  return `unmatched member while checking PeerURLs (${JSON.stringify(unmatched.peerUrls.join(','))} not in ${candidates})`
}

/** As Go prints a cluster. */
function goCluster({ clusterId, members, removed }: MembershipState): string {
  const each = members.map(
    ({ id, name, peerUrls, clientUrls, isLearner }) =>
      `&{ID:${id} RaftAttributes:{PeerURLs:[${peerUrls.join(' ')}] IsLearner:${isLearner}} Attributes:{Name:${name} ClientURLs:[${clientUrls.join(' ')}]}}`,
  )
  return `{ClusterID:${clusterId} Members:[${each.join(' ')}] RemovedMemberIDs:[${removed.join(', ')}]}`
}

const peerUrlsOf = (members: readonly EtcdMemberInfo[], except: string): string[] =>
  members.flatMap(({ id, peerUrls }) => (id === except ? [] : peerUrls))

/** A change of the members as Raft carries it. */
export function confChange(change: MembershipChange): ConfChange {
  if (change.type === 'add')
    return { type: change.member.isLearner ? 'addLearner' : 'addVoter', id: change.member.id, context: change }
  return { type: change.type, id: change.id, context: change }
}
