import { beforeAll, describe, expect, it } from 'vitest'

import { restoreSnapshot } from '../../engine/etcd/snapshot.ts'
import type { EtcdCall } from '../../engine/etcd/messages.ts'
import { put } from './cluster.ts'
import { clientUrl, peerUrl, Servers } from './servers.ts'

/** What a real etcd 3.4.23 of three members on loopback did under faults, call by call; times within 5 % (L). */
const VERSION = '3.4.23'
const add = (n: number, learner = false): EtcdCall => ({ kind: 'memberAdd', peerUrls: [peerUrl(n)], learner })
const get = { kind: 'range', key: 'a' } as const
const local = { kind: 'range', key: 'a', serializable: true } as const

function added(servers: Servers, n: number, call: EtcdCall): string {
  const result = servers.call(n, call)
  if (result.kind !== 'memberAdd') throw new Error(JSON.stringify(result))
  return result.member.id
}

describe('members of a healthy cluster (L)', () => {
  const servers = Servers.launch(3, { version: VERSION })
  const leader = servers.elect()

  it('come not within 5 s of the start', () => {
    expect(servers.text(1, add(4))).toBe('etcdserver: unhealthy cluster')
    expect(servers.text(1, add(4, true))).toBe('etcdserver: unhealthy cluster')
  })

  it('come after 8 s, one that is not started at a time', () => {
    servers.run(8000)
    const id = added(servers, 1, add(4))
    expect(servers.text(1, add(5))).toBe('etcdserver: unhealthy cluster')
    const list = servers.call(1, { kind: 'memberList' })
    expect(list).toMatchObject({
      members: expect.arrayContaining([{ id, name: '', peerUrls: [peerUrl(4)], clientUrls: [], isLearner: false }]),
    })
    expect(servers.text(1, { kind: 'memberRemove', id })).toBe('memberChange')
  })

  it('learn, one at a time, and are promoted when they are in sync', () => {
    servers.put(1, 'a', '1')
    const id = added(servers, 1, add(4, true))
    expect(servers.text(1, add(5, true))).toBe('etcdserver: too many learner members in cluster')
    expect(servers.text(leader, { kind: 'memberPromote', id })).toBe(
      'etcdserver: can only promote a learner member which is in sync with leader',
    )
    servers.start(4, [1, 2, 3, 4], { initialClusterState: 'existing' })
    servers.run(1000)
    expect(servers.text(4, get)).toBe('etcdserver: rpc not supported for learner')
    expect(servers.call(4, local)).toMatchObject({ kvs: [{ key: 'a', value: '1' }] })
    expect(servers.text(leader, { kind: 'memberPromote', id })).toBe('memberChange')
    expect(servers.status(4).isLearner).toBe(false)
  })

  it('hand over within a heartbeat or so', () => {
    const target = servers.others(leader)[0] as number
    const moved = servers.ask(leader, { kind: 'moveLeader', target: servers.id(target) })
    expect(moved?.response.result.kind).toBe('moveLeader')
    expect(moved?.tookMs).toBeGreaterThanOrEqual(100)
    expect(moved?.tookMs).toBeLessThanOrEqual(118 * 1.05)
    expect(servers.elect()).toBe(target)
    expect(servers.text(leader, { kind: 'moveLeader', target: servers.id(1) })).toBe('etcdserver: not leader')
  })
})

describe('a leader is killed (L)', () => {
  const servers = Servers.launch(3, { version: VERSION })
  const leader = servers.elect()
  const [first, second] = servers.others(leader) as [number, number]
  servers.run(8000)

  it('and the write that was under way fails after 7 s', () => {
    servers.member(leader).stop()
    const got = servers.ask(first, put('a', '3'))
    expect(got?.response.result).toEqual({
      kind: 'error',
      message: 'etcdserver: request timed out, possibly due to previous leader failure',
    })
    expect(got?.tookMs).toBeGreaterThan(7021 * 0.95)
    expect(got?.tookMs).toBeLessThan(7021 * 1.05)
  })

  it('while two of three go on, but take no further member', () => {
    expect(servers.put(second, 'a', '4').kind).toBe('txn')
    expect(servers.call(first, get)).toMatchObject({ kvs: [{ value: '4' }] })
    expect(servers.text(first, add(4))).toBe('etcdserver: unhealthy cluster')
  })
})

describe('two of three are killed (L)', () => {
  const servers = Servers.launch(3, { version: VERSION })
  let left = 0

  beforeAll(() => {
    servers.run(8000)
    servers.put(1, 'a', '4')
    const leader = servers.elect()
    left = leader
    for (const n of servers.others(leader)) servers.member(n).stop()
  })

  it('and the leader is gone after a second or two', () => {
    servers.run(700)
    expect(servers.status(left).errors).toEqual([])
    servers.run(1300)
    expect(servers.status(left)).toMatchObject({ leader: '0', errors: ['etcdserver: no leader'] })
  })

  it('reads by quorum and writes end after 7 s, local reads go on', () => {
    const write = servers.ask(left, put('a', '6'))
    expect(write?.response.result).toEqual({
      kind: 'error',
      message: 'rpc error: code = Unknown desc = context deadline exceeded',
    })
    expect(Math.abs((write?.tookMs ?? 0) - 7025)).toBeLessThan(7025 * 0.05)
    expect(servers.text(left, get)).toBe('etcdserver: request timed out')
    expect(servers.call(left, local)).toMatchObject({ kvs: [{ value: '4' }] })
    expect(servers.ask(left, { kind: 'alarm', action: 'get' })?.tookMs).toBeGreaterThan(5015)
  })

  it('3.4 still lists members and saves a snapshot, and adds none', () => {
    expect(servers.ask(left, { kind: 'memberList' })).toMatchObject({ response: { result: { kind: 'memberList' } } })
    expect(servers.ask(left, { kind: 'snapshot' })?.tookMs).toBeLessThan(20)
    const refused = servers.ask(left, add(4))
    expect(refused).toMatchObject({ response: { result: { message: 'etcdserver: unhealthy cluster' } } })
    expect(refused?.tookMs).toBeLessThan(20)
  })

  it('/health says so at once', () => {
    const request = { method: 'GET', path: '/health', query: {}, headers: {} } as const
    expect(servers.member(left).respond(left * 10_000 + 2379, request)).toMatchObject({
      code: 503,
      body: '{"health":"false"}',
    })
    expect(servers.member(left).respond(left * 10_000 + 2379, { ...request, path: '/livez' })?.code).toBe(404)
  })

  it('a watch is refused', () => {
    servers.send(left, { kind: 'watch', watchId: 'w', key: 'a', startRevision: 1 })
    servers.run(10)
    expect(servers.client.watches.at(-1)?.data.canceled).toEqual({ reason: 'etcdserver: no leader' })
  })

  it('terms pass without pre-vote, and one more member brings reads back within some 2 s', () => {
    const before = servers.status(left).raftTerm
    servers.run(30_000)
    expect(servers.status(left).raftTerm).toBeGreaterThan(before + 15)
    const beganMs = servers.kernel.now
    const back = servers.others(left)[0] as number
    servers.start(back, [1, 2, 3])
    expect(servers.text(left, get)).toBe('etcdserver: leader changed')
    expect(servers.call(left, get)).toMatchObject({ kvs: [{ value: '4' }] })
    expect(servers.kernel.now - beganMs).toBeLessThan(3000)
  })
})

describe('a snapshot is restored (L)', () => {
  it('to a cluster of its own, whose revision goes on and whose term begins anew', () => {
    const servers = Servers.launch(3, { version: VERSION })
    servers.put(1, 'a', '1')
    servers.put(1, 'a', '2')
    const saved = servers.call(1, { kind: 'snapshot' })
    if (saved.kind !== 'snapshot') throw new Error('no snapshot')
    const options = {
      version: VERSION,
      name: 'm7',
      initialCluster: [{ name: 'm7', url: peerUrl(7) }],
      token: 'restored',
      advertisePeerUrls: [peerUrl(7)],
      dataDir: '/d/m7',
    }
    expect(restoreSnapshot(saved.text, { ...options, dataDirState: 'used' })).toEqual({
      error: 'data-dir "/d/m7" exists',
    })
    const restored = restoreSnapshot(saved.text, { ...options, dataDirState: 'absent' })
    if ('error' in restored) throw new Error(restored.error)
    for (const { path, text } of restored.files) servers.files.put(path, text)
    for (const n of [1, 2, 3]) servers.member(n).stop()
    const beganMs = servers.kernel.now
    servers.start(7, [7])
    expect(servers.call(7, get)).toMatchObject({ kvs: [{ value: '2', modRevision: 3 }] })
    expect(servers.kernel.now - beganMs).toBeLessThan(1035)
    const { header } = servers.ask(7, { kind: 'status' })?.response ?? {}
    expect(header).toMatchObject({ clusterId: restored.clusterId, revision: 3, raftTerm: 2 })
    expect(restored.clusterId).not.toBe(servers.member(1).clusterId)
  })
})

describe('a cluster of one (L)', () => {
  it('that is given a second member which never starts can do nothing any more', () => {
    const servers = Servers.launch(1, { version: VERSION })
    servers.run(6000)
    const id = added(servers, 1, add(2))
    const write = servers.ask(1, put('a', '1'))
    expect(write?.response.result.kind).toBe('error')
    expect(servers.text(1, { kind: 'memberRemove', id })).toContain('context deadline exceeded')
    expect(servers.call(1, { kind: 'memberList' })).toMatchObject({
      members: expect.arrayContaining([expect.objectContaining({ id, name: '' })]),
    })
  })
})

describe('a database of 4 MiB (L)', () => {
  const value = 'x'.repeat(600 * 1024)
  const servers = new Servers({ version: VERSION, config: { quotaBackendBytes: 4 * 1024 * 1024 } })
  const blob = put('blob', value)
  const noSpace = 'etcdserver: mvcc: database space exceeded'

  it('is full at the seventh value of 600 kB', () => {
    servers.start(1, [1])
    servers.elect()
    servers.run(1000 - (servers.kernel.now % 1000) + 60)
    for (let n = 1; n <= 6; n++) {
      expect(servers.text(1, blob)).toBe('txn')
      servers.run(n === 1 || n === 3 ? 60 : 30)
    }
    servers.run(200)
    expect(servers.text(1, blob)).toBe(noSpace)
    expect(servers.text(1, { kind: 'range', key: 'blob' })).toBe('range')
    expect(
      servers.text(1, { kind: 'txn', compare: [], success: [{ op: 'delete', key: 'nothere' }], failure: [] }),
    ).toBe('txn')
    const id = servers.id(1)
    expect(servers.call(1, { kind: 'alarm', action: 'get' })).toEqual({
      kind: 'alarms',
      alarms: [{ memberId: id, alarm: 'NOSPACE' }],
    })
    expect(servers.status(1).errors).toEqual([`memberID:${BigInt(`0x${id}`)} alarm:NOSPACE `])
    expect(servers.status(1).dbSize).toBe(6_180_864)
  })

  it('stays so after compaction and defragmentation, until the alarm is disarmed', () => {
    expect(servers.text(1, { kind: 'compact', revision: 7 })).toBe('compact')
    servers.run(200)
    expect(servers.text(1, blob)).toBe(noSpace)
    expect(servers.text(1, { kind: 'defragment' })).toBe('defragment')
    expect(servers.status(1).dbSize).toBe(638_976)
    expect(servers.text(1, blob)).toBe(noSpace)
    expect(servers.call(1, { kind: 'alarm', action: 'deactivate' })).toMatchObject({ alarms: [{ alarm: 'NOSPACE' }] })
    expect(servers.text(1, blob)).toBe('txn')
  })
})

it('client URLs are told to the others', () => {
  const servers = Servers.launch(1)
  expect(servers.call(1, { kind: 'memberList' })).toMatchObject({
    members: [{ name: 'm1', clientUrls: [clientUrl(1)] }],
  })
})
