/**
 * Who belongs to the cluster, and which changes of that are allowed.
 * Models server/etcdserver/api/membership/cluster.go and the may… functions of server.go (H2).
 */
import { ERRORS } from './errors.ts'
import { byId } from './ids.ts'
import type { EtcdMemberInfo } from './messages.ts'

export interface MembershipState {
  clusterId: string
  /** Every member's own picture of it. */
  members: EtcdMemberInfo[]
  removed: string[]
  /** The cluster's version (`3.5.0`); absent until the leader set it. */
  version?: string
}

/** What a configuration change says, and what travels with it. */
export type MembershipChange =
  | { type: 'add'; member: EtcdMemberInfo }
  | { type: 'promote'; id: string }
  | { type: 'remove'; id: string }
  | { type: 'update'; id: string; peerUrls: string[] }

export class Membership {
  private members = new Map<string, EtcdMemberInfo>()
  private removed = new Set<string>()
  clusterId = ''
  version: string | undefined

  /** In order of ids. */
  all(): EtcdMemberInfo[] {
    return [...this.members.values()].sort((a, b) => byId(a.id, b.id))
  }

  get(id: string): EtcdMemberInfo | undefined {
    return this.members.get(id)
  }

  isRemoved(id: string): boolean {
    return this.removed.has(id)
  }

  voting(): EtcdMemberInfo[] {
    return this.all().filter(({ isLearner }) => !isLearner)
  }

  /** Why a change cannot be, when it is applied (ValidateConfigurationChange). */
  problem(change: MembershipChange, maxLearners: number): string | undefined {
    const id = change.type === 'add' ? change.member.id : change.id
    if (this.removed.has(id)) return ERRORS.memberIdRemoved
    if (change.type === 'add') return this.addProblem(change.member, maxLearners)
    const member = this.members.get(id)
    if (member === undefined) return ERRORS.memberNotFound
    if (change.type === 'promote' && !member.isLearner) return ERRORS.memberNotLearner
    if (change.type === 'update' && this.takenUrls(id).some((url) => change.peerUrls.includes(url)))
      return ERRORS.peerUrlExists
    return undefined
  }

  /** Makes a change that has no problem. */
  change(change: MembershipChange): void {
    if (change.type === 'add') return void this.members.set(change.member.id, change.member)
    if (change.type === 'remove') {
      this.members.delete(change.id)
      return void this.removed.add(change.id)
    }
    const member = this.members.get(change.id)
    if (member === undefined) return
    if (change.type === 'promote') this.members.set(member.id, { ...member, isLearner: false })
    else this.members.set(member.id, { ...member, peerUrls: change.peerUrls })
  }

  /** A member says its name and where clients find it. */
  publish(id: string, name: string, clientUrls: string[]): void {
    const member = this.members.get(id)
    if (member !== undefined) this.members.set(id, { ...member, name, clientUrls })
  }

  /** Whether one more voting member leaves a quorum of started ones (IsReadyToAddVotingMember). */
  isReadyToAdd(): boolean {
    const voting = this.voting()
    const started = voting.filter(isStarted).length
    if (started === 1 && voting.length === 1) return true
    return started >= quorumOf(voting.length + 1)
  }

  isReadyToRemove(id: string): boolean {
    const left = this.voting().filter((member) => member.id !== id)
    return left.length > 0 && left.filter(isStarted).length >= quorumOf(left.length)
  }

  isReadyToPromote(): boolean {
    const voting = this.voting()
    return voting.filter(isStarted).length + 1 >= quorumOf(voting.length + 1)
  }

  dump(): MembershipState {
    const { clusterId, version } = this
    const state = { clusterId, members: [...this.members.values()], removed: [...this.removed] }
    return version === undefined ? state : { ...state, version }
  }

  load({ clusterId, members, removed, version }: MembershipState): void {
    this.clusterId = clusterId
    this.members = new Map(members.map((member) => [member.id, member]))
    this.removed = new Set(removed)
    this.version = version
  }

  private addProblem({ id, peerUrls, isLearner }: EtcdMemberInfo, maxLearners: number): string | undefined {
    if (this.members.has(id)) return ERRORS.memberIdExists
    if (this.takenUrls().some((url) => peerUrls.includes(url))) return ERRORS.peerUrlExists
    const learners = this.members.size - this.voting().length
    return isLearner && learners >= maxLearners ? ERRORS.tooManyLearners : undefined
  }

  private takenUrls(except?: string): string[] {
    return this.all().flatMap((member) => (member.id === except ? [] : member.peerUrls))
  }
}

const isStarted = ({ name }: EtcdMemberInfo): boolean => name !== ''
const quorumOf = (size: number): number => Math.floor(size / 2) + 1
