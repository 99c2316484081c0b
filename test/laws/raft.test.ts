import { describe, expect, it } from 'vitest'

import type { EtcdMember } from '../../engine/etcd/member.ts'
import { Random } from '../../engine/kernel/random.ts'
import { put, TestCluster } from '../etcd/cluster.ts'
import { History } from '../sweep/raft-invariants.ts'
import type { View } from '../sweep/raft-invariants.ts'

/** Looks at every member after every event (H1). */
function check(history: History, cluster: TestCluster): void {
  const views = cluster.all().map(viewOf)
  for (const view of views) history.check(views, view)
}

function viewOf({ memberId, running, raft }: EtcdMember): View {
  return { id: memberId, isUp: running, role: raft.role, state: raft.view }
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

function runChecked(cluster: TestCluster, history: History, ms: number): void {
  const until = cluster.kernel.now + ms
  for (let at = cluster.kernel.nextAt(); at !== undefined && at <= until; at = cluster.kernel.nextAt()) {
    cluster.kernel.step()
    check(history, cluster)
  }
  cluster.kernel.runUntil(until)
}

function fly(size: number, seed: string): number {
  const random = new Random(seed, 'faults')
  const flags = { keptEntries: 8, fsyncMs: random.int(3), preVote: random.next() < 0.5 }
  const cluster = new TestCluster(size, seed, flags)
  const history = new History()
  const workload = new Workload(cluster, random)
  for (let round = 0; round < 40; round++) {
    disturb(cluster, random)
    for (let calls = random.int(8); calls > 0; calls--) {
      workload.act()
      runChecked(cluster, history, random.between(1, 300))
    }
  }
  heal(cluster)
  runChecked(cluster, history, 12_000)
  expect(cluster.put('1', 'last', seed).kind).toBe('txn')
  runChecked(cluster, history, 500)
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
