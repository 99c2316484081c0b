/**
 * Which changes of the members a server lets through before it proposes them (--strict-reconfig-check).
 * Models server/etcdserver/server.go (mayAddMember, mayRemoveMember, mayPromote, isLearnerReady) (H2, L).
 */
import { isAtLeast, minorOf, parseUrl } from './config.ts'
import { ERRORS } from './errors.ts'
import { memberIdOf } from './ids.ts'
import type { Membership, MembershipChange } from './membership.ts'
import type { EtcdCall, EtcdMemberInfo } from './messages.ts'
import type { Progress } from './raft/types.ts'

export interface Reconfiguration {
  membership: Membership
  ownId: string
  nowMs: number
  strict: boolean
  healthIntervalMs: number
  /** Since when a member is connected; undefined: it is not. */
  activeSinceMs: (id: string) => number | undefined
}

function mayAdd(at: Reconfiguration, isLearner: boolean): string | undefined {
  if (!at.strict) return undefined
  if (!isLearner && !at.membership.isReadyToAdd()) return ERRORS.notEnoughStarted
  const voting = at.membership.voting()
  return connected(at, voting) < voting.length ? ERRORS.unhealthy : undefined
}

function mayRemove(at: Reconfiguration, id: string): string | undefined {
  if (!at.strict || at.membership.get(id)?.isLearner === true) return undefined
  if (!at.membership.isReadyToRemove(id)) return ERRORS.notEnoughStarted
  if (id !== at.ownId && at.activeSinceMs(id) === undefined) return undefined
  const voting = at.membership.voting()
  return connected(at, voting) - 1 < 1 + Math.floor((voting.length - 1) / 2) ? ERRORS.unhealthy : undefined
}

const READY_SHARE = 0.9

/** On the leader. */
function mayPromote(
  at: Reconfiguration,
  id: string,
  progressOf: (id: string) => Readonly<Progress> | undefined,
): string | undefined {
  const progress = progressOf(id)
  if (progress === undefined) return ERRORS.memberNotFound
  if (progress.match < (progressOf(at.ownId)?.match ?? 0) * READY_SHARE) return ERRORS.learnerNotReady
  return at.strict && !at.membership.isReadyToPromote() ? ERRORS.notEnoughStarted : undefined
}

/** How many have been connected for a while; the own process counts always. */
function connected(
  { ownId, nowMs, healthIntervalMs, activeSinceMs }: Reconfiguration,
  members: EtcdMemberInfo[],
): number {
  return members.filter(({ id }) => {
    const since = id === ownId ? -Infinity : activeSinceMs(id)
    return since !== undefined && since < nowMs - healthIntervalMs
  }).length
}

/** What a client asks for. */
export type ChangeCall = Extract<EtcdCall, { kind: 'memberAdd' | 'memberRemove' | 'memberUpdate' | 'memberPromote' }>

/** Why a server does not propose a change; undefined when it does. */
export function changeRefusal(
  at: Reconfiguration,
  call: ChangeCall,
  progressOf: (id: string) => Readonly<Progress> | undefined,
): string | undefined {
  switch (call.kind) {
    case 'memberAdd':
      if (call.peerUrls.length === 0 || call.peerUrls.some((url) => parseUrl(url) === undefined))
        return ERRORS.badPeerUrls
      return mayAdd(at, call.learner)
    case 'memberRemove':
      return at.membership.get(call.id) === undefined ? ERRORS.memberNotFound : mayRemove(at, call.id)
    case 'memberPromote':
      return mayPromote(at, call.id, progressOf)
    case 'memberUpdate':
      return undefined
  }
}

/** The change that a call means. */
export function changeOf(call: ChangeCall, membership: Membership, clockMs: number): MembershipChange {
  if (call.kind === 'memberAdd') return { type: 'add', member: newcomer(call, membership, clockMs) }
  if (call.kind === 'memberRemove') return { type: 'remove', id: call.id }
  if (call.kind === 'memberPromote') return { type: 'promote', id: call.id }
  return { type: 'update', id: call.id, peerUrls: call.peerUrls }
}

type AddCall = Extract<ChangeCall, { kind: 'memberAdd' }>

/** Its id is made from the time, to the second; one that was removed in this second does not come back. */
function newcomer({ peerUrls, learner }: AddCall, membership: Membership, clockMs: number): EtcdMemberInfo {
  let atMs = clockMs
  let id = memberIdOf(peerUrls, '', atMs)
  for (; membership.isRemoved(id); id = memberIdOf(peerUrls, '', atMs)) atMs += 1000
  return { id, name: '', peerUrls, clientUrls: [], isLearner: learner }
}

/** The version of a cluster whose members do not all speak yet. */
const OLDEST_CLUSTER = '3.0.0'

/** A cluster is as old as its oldest member (monitorVersions). undefined: it stays as it is. */
export function wantedVersion(current: string | undefined, versions: (string | undefined)[]): string | undefined {
  const known = versions.filter((version) => version !== undefined)
  const all = known.length === versions.length
  const wanted = all ? `3.${Math.min(...known.map(minorOf))}.0` : OLDEST_CLUSTER
  if (current === undefined) return wanted
  return all && !isAtLeast(current, minorOf(wanted)) ? wanted : undefined
}
