import { describe, expect, it } from 'vitest'

import type { EtcdMember } from '../../engine/etcd/member.ts'
import { entryAt, lastIndex, lastTerm, termAt } from '../../engine/etcd/raft/log.ts'
import type { Command } from '../../engine/etcd/apply.ts'
import { Random } from '../../engine/kernel/random.ts'
import { put, TestCluster } from '../etcd/cluster.ts'

/** Looks at every member after every event, and throws when Raft's promises are broken (H1). */
class Invariants {
  private readonly leaders = new Map<number, string>()
  private readonly committed: { term: number; command: string }[] = []
  private readonly written = new Map<string, string>()
  private readonly seen = new Map<string, { last: string; commit: number; term: number }>()

  check(members: EtcdMember[]): void {
    for (const member of members) this.checkMember(member)
  }

  private checkMember(member: EtcdMember): void {
    const raft = member.raft.view
    const before = this.seen.get(member.name) ?? { last: '', commit: 0, term: 0 }
    const last = `${lastIndex(raft.log)}/${lastTerm(raft.log)}`
    const isNewLeader = member.running && member.raft.role === 'leader' && this.leaders.get(raft.term) !== member.name
    if (last === before.last && raft.commit === before.commit && raft.term === before.term && !isNewLeader) return
    if (raft.commit < before.commit)
      throw new Error(`${member.name}: commit fell from ${before.commit} to ${raft.commit}`)
    if (raft.term < before.term) throw new Error(`${member.name}: term fell from ${before.term} to ${raft.term}`)
    if (raft.applied > raft.commit) throw new Error(`${member.name}: applied what is not committed`)
    this.checkLog(member, before.commit)
    this.checkCommitted(member, before.commit)
    if (isNewLeader) this.checkLeader(member)
    this.seen.set(member.name, { last, commit: raft.commit, term: raft.term })
  }

  /** Log matching: an index and a term say what is there and what term is before it. */
  private checkLog({ name, raft: { view } }: EtcdMember, from: number): void {
    for (let index = Math.max(from, view.log.offset) + 1; index <= lastIndex(view.log); index++) {
      const place = `${index}/${termAt(view.log, index)}`
      const what = `${termAt(view.log, index - 1)} ${commandAt(view.log, index)}`
      const known = this.written.get(place) ?? what
      if (known !== what) throw new Error(`${name}: entry ${place} is ${what}, elsewhere ${known}`)
      this.written.set(place, what)
    }
  }

  /** Committed entries are the same everywhere, for ever. */
  private checkCommitted({ name, raft: { view } }: EtcdMember, from: number): void {
    for (let index = Math.max(from, view.log.offset) + 1; index <= view.commit; index++) {
      const entry = { term: termAt(view.log, index) as number, command: commandAt(view.log, index) }
      this.committed[index] ??= entry
      const known = this.committed[index]
      if (known?.term !== entry.term || known.command !== entry.command)
        throw new Error(`${name}: committed entry ${index} differs`)
    }
  }

  /** One leader a term, and it has all that was committed. */
  private checkLeader({ name, raft: { view } }: EtcdMember): void {
    const other = this.leaders.get(view.term)
    if (other !== undefined) throw new Error(`${name} and ${other} both lead term ${view.term}`)
    this.leaders.set(view.term, name)
    for (let index = view.log.offset + 1; index < this.committed.length; index++) {
      if (this.committed[index] === undefined) continue
      if (termAt(view.log, index) !== this.committed[index]?.term)
        throw new Error(`leader ${name} of term ${view.term} lacks entry ${index}`)
    }
  }
}

function commandAt(log: EtcdMember['raft']['view']['log'], index: number): string {
  return (entryAt(log, index)?.command as Command | null)?.id ?? 'none'
}

/** Writes and reads; an answer must not be older than what was known when the question was asked. */
class Workload {
  private known = 1
  private readonly reads = new Map<string, number>()
  acknowledged = 0

  constructor(
    private readonly cluster: TestCluster,
    private readonly random: Random,
  ) {
    cluster.client.onAnswer = (tag, { response }) => {
      if (response.result.kind === 'error') return
      const atLeast = this.reads.get(tag)
      if (atLeast !== undefined && response.header.revision < atLeast)
        throw new Error(`stale read: revision ${response.header.revision}, but ${atLeast} was known before`)
      if (response.result.kind === 'txn') this.acknowledged++
      this.known = Math.max(this.known, response.header.revision)
    }
  }

  act(): void {
    const name = this.random.pick([...this.cluster.members.keys()])
    if (this.random.next() < 0.6)
      return void this.cluster.send(name, put(`k${this.random.int(5)}`, this.random.int(1000)))
    this.reads.set(this.cluster.send(name, { kind: 'range', key: 'k', rangeEnd: 'l' }), this.known)
  }
}

/** One random fault, or its end. */
function disturb(cluster: TestCluster, random: Random): void {
  const { fabric } = cluster
  const names = [...cluster.members.keys()]
  const a = random.pick(names)
  const b = random.pick(names)
  const member = cluster.member(a)
  const kind = random.int(9)
  if (kind === 0 && a !== b) fabric.cut(a, b)
  else if (kind === 1) fabric.addRule({ name: `oneway ${a}`, from: a, to: b, verdict: { kind: 'drop' } })
  else if (kind === 2) fabric.addRule({ name: `lossy ${a}`, from: a, verdict: { kind: 'drop', probability: 0.3 } })
  else if (kind === 3)
    fabric.addRule({ name: `slow ${a}`, to: a, verdict: { kind: 'delay', delayMs: 20, jitterMs: 300 } })
  else if (kind === 4) fabric.isolate(a)
  else if (kind === 5) takeDown(cluster, member, random.next() < 0.5)
  else if (kind === 6) bringUp(cluster, member)
  else if (kind === 7) cutFromPeers(cluster, cluster.leader()?.name ?? a)
  else for (const rule of fabric.rules()) if (random.next() < 0.6) fabric.removeRule(rule.name)
}

/** The process ends, with or without its host. */
function takeDown({ fabric }: TestCluster, member: EtcdMember, withHost: boolean): void {
  if (withHost) fabric.setUp(member.host, false)
  member.stop()
}

function bringUp({ fabric }: TestCluster, member: EtcdMember): void {
  if (!fabric.isUp(member.host)) fabric.setUp(member.host, true)
  member.start()
}

/** Clients still reach the member, the other members do not. */
function cutFromPeers(cluster: TestCluster, name: string): void {
  for (const other of cluster.members.keys()) if (other !== name) cluster.fabric.cut(name, other)
}

function heal(cluster: TestCluster): void {
  for (const rule of cluster.fabric.rules()) cluster.fabric.removeRule(rule.name)
  for (const member of cluster.all()) bringUp(cluster, member)
}

function runChecked(cluster: TestCluster, invariants: Invariants, ms: number): void {
  const until = cluster.kernel.now + ms
  for (let at = cluster.kernel.nextAt(); at !== undefined && at <= until; at = cluster.kernel.nextAt()) {
    cluster.kernel.step()
    invariants.check(cluster.all())
  }
  cluster.kernel.runUntil(until)
}

function fly(size: number, seed: string): number {
  const random = new Random(seed, 'faults')
  const flags = { keptEntries: 8, fsyncMs: random.int(3), preVote: random.next() < 0.5 }
  const cluster = new TestCluster(size, seed, flags)
  const invariants = new Invariants()
  const workload = new Workload(cluster, random)
  for (let round = 0; round < 40; round++) {
    disturb(cluster, random)
    for (let calls = random.int(8); calls > 0; calls--) {
      workload.act()
      runChecked(cluster, invariants, random.between(1, 300))
    }
  }
  heal(cluster)
  runChecked(cluster, invariants, 12_000)
  expect(cluster.put('1', 'last', seed).kind).toBe('txn')
  runChecked(cluster, invariants, 500)
  const [first, ...others] = cluster.all().map((member) => member.store.dump())
  for (const other of others) expect(other).toEqual(first)
  return workload.acknowledged
}

describe('Raft keeps its promises under random cuts, losses, delays, crashes and restarts', () => {
  for (const size of [3, 5]) {
    it(`${size} members`, () => {
      let acknowledged = 0
      for (let number = 0; number < 60; number++) {
        const seed = `raft-${size}-${number}`
        try {
          acknowledged += fly(size, seed)
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
        }
      }
      expect(acknowledged).toBeGreaterThan(60 * 20)
    })
  }
})
