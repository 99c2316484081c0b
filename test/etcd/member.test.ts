import { describe, expect, it } from 'vitest'

import { put, TestCluster } from './cluster.ts'

function ready(size: number): TestCluster {
  const cluster = new TestCluster(size, 'member')
  cluster.elect()
  return cluster
}

function answerTo(cluster: TestCluster, tag: string): { atMs: number; message: string } | undefined {
  const got = cluster.client.answers.get(tag)
  return (
    got && {
      atMs: got.atMs,
      message: got.response.result.kind === 'error' ? got.response.result.message : got.response.result.kind,
    }
  )
}

describe('a member alone', () => {
  it('leads within a second and writes in the same instant', () => {
    const cluster = ready(1)
    expect(cluster.kernel.now).toBeLessThanOrEqual(1000)
    const atMs = cluster.kernel.now
    const tag = cluster.send('1', put('a', 1))
    cluster.run(10)
    expect(answerTo(cluster, tag)).toEqual({ atMs: atMs + 2, message: 'txn' })
  })

  it('leaves nothing in the queue when it rests', () => {
    const cluster = ready(1)
    cluster.put('1', 'a', 1)
    cluster.run(10_000)
    expect(cluster.kernel.queued).toBe(0)
  })

  it('compares and chooses', () => {
    const cluster = ready(1)
    const create = {
      kind: 'txn',
      compare: [{ key: 'a', target: 'mod', result: 'equal', operand: 0 }],
      success: [{ op: 'put', key: 'a', value: 1 }],
      failure: [{ op: 'range', key: 'a' }],
    } as const
    const call = { ...create, compare: [...create.compare], success: [...create.success], failure: [...create.failure] }
    expect(cluster.call('1', call)).toMatchObject({ succeeded: true })
    expect(cluster.call('1', call)).toMatchObject({
      succeeded: false,
      responses: [{ op: 'range', kvs: [{ key: 'a', modRevision: 2 }] }],
    })
    expect(cluster.member('1').store.revision).toBe(2)
  })

  it('refuses what etcd refuses, and changes nothing then (H4)', () => {
    const cluster = ready(1)
    const twice = { ...put('a', 1), success: [...put('a', 1).success, ...put('a', 2).success] }
    expect(cluster.call('1', twice)).toMatchObject({ message: 'etcdserver: duplicate key given in txn request' })
    const many = {
      ...put('a', 1),
      success: Array.from({ length: 129 }, (_, at) => ({ op: 'put' as const, key: `k${at}`, value: 1 })),
    }
    expect(cluster.call('1', many)).toMatchObject({ message: 'etcdserver: too many operations in txn request' })
    expect(cluster.call('1', { kind: 'range', key: '' })).toMatchObject({ message: 'etcdserver: key is not provided' })
    expect(cluster.call('1', { kind: 'range', key: 'a', revision: 99 })).toMatchObject({
      message: 'etcdserver: mvcc: required revision is a future revision',
    })
    expect(cluster.member('1').store.revision).toBe(1)
  })

  it('keeps its data when the process starts again', () => {
    const cluster = ready(1)
    cluster.put('1', 'a', 1)
    cluster.member('1').stop()
    expect(cluster.fabric.dial('c', '1', 2379)).toEqual({ kind: 'refused' })
    cluster.member('1').start()
    cluster.elect()
    expect(cluster.call('1', { kind: 'range', key: 'a' })).toMatchObject({ kvs: [{ value: 1, modRevision: 2 }] })
    expect(cluster.call('1', { kind: 'status' })).toMatchObject({
      status: { raftTerm: 3, errors: [], raftIndex: 4, raftAppliedIndex: 4 },
    })
  })
})

describe('members together', () => {
  it('answer a write that waited for the election', () => {
    const cluster = new TestCluster(3, 'member')
    const tag = cluster.send('1', put('a', 1))
    const read = cluster.send('2', { kind: 'range', key: 'a' })
    cluster.elect()
    cluster.run(600)
    expect(answerTo(cluster, tag)?.message).toBe('txn')
    expect(answerTo(cluster, read)?.message).toBe('range')
  })

  it('time out after 7 s without a quorum, serializable reads and status aside (H1, L)', () => {
    const cluster = ready(3)
    const leader = cluster.elect()
    cluster.put(leader.name, 'a', 1)
    for (const member of cluster.all()) if (member !== leader) member.stop()
    cluster.run(3000)
    const atMs = cluster.kernel.now
    const write = cluster.send(leader.name, put('a', 2))
    const read = cluster.send(leader.name, { kind: 'range', key: 'a' })
    const old = cluster.send(leader.name, { kind: 'range', key: 'a', serializable: true })
    const status = cluster.send(leader.name, { kind: 'status' })
    cluster.run(8000)
    const noLeaderAllTheTime = 'rpc error: code = Unknown desc = context deadline exceeded'
    expect(answerTo(cluster, write)).toEqual({ atMs: atMs + 7002, message: noLeaderAllTheTime })
    expect(answerTo(cluster, read)).toEqual({ atMs: atMs + 7002, message: 'etcdserver: request timed out' })
    expect(answerTo(cluster, old)).toEqual({ atMs: atMs + 2, message: 'range' })
    expect(cluster.client.answers.get(status)?.response.result).toMatchObject({
      status: { leader: '0', errors: ['etcdserver: no leader'] },
    })
  })

  it('do not answer a linearizable read from a leader that was deposed without knowing it', () => {
    const cluster = ready(5)
    const old = cluster.elect()
    cluster.put(old.name, 'a', 'old')
    for (const member of cluster.all()) if (member !== old) cluster.fabric.cut(old.name, member.name)
    let fresh = cluster.leader()
    while (fresh === undefined || fresh === old) {
      cluster.run(10)
      fresh = cluster.all().find((member) => member !== old && member.isLeader)
    }
    cluster.put(fresh.name, 'a', 'new')
    expect(old.isLeader).toBe(true)
    const tag = cluster.send(old.name, { kind: 'range', key: 'a' })
    cluster.run(8000)
    expect(answerTo(cluster, tag)?.message).toBe('etcdserver: request timed out')
  })

  it('fail reads in flight when another leader is found', () => {
    const cluster = ready(3)
    const old = cluster.elect()
    const other = cluster.all().find((member) => member !== old)?.name ?? ''
    old.stop()
    const tag = cluster.send(other, { kind: 'range', key: 'a' })
    cluster.run(4000)
    expect(answerTo(cluster, tag)?.message).toBe('etcdserver: leader changed')
  })

  it('list themselves', () => {
    const cluster = ready(3)
    const result = cluster.call('2', { kind: 'memberList' })
    expect(result.kind === 'memberList' && result.members.map(({ name }) => name).sort()).toEqual(['1', '2', '3'])
  })

  it('continue the same from a snapshot in mid-flight', () => {
    const drive = (cluster: TestCluster): string => {
      cluster.send('1', put('b', 1))
      cluster.member('2').stop()
      cluster.run(5000)
      cluster.send('3', put('c', 1))
      cluster.run(5000)
      return (
        cluster.kernel.journal.hash() +
        JSON.stringify(cluster.all().map((member) => [member.store.dump(), member.raft.view]))
      )
    }
    const cluster = ready(3)
    cluster.call('1', { kind: 'leaseGrant', ttlSeconds: 4, id: 5 })
    cluster.call('1', { kind: 'watch', watchId: 'w', key: 'a', rangeEnd: '\0', startRevision: 0 })
    cluster.send('1', put('a', 1, 5))
    cluster.send('2', { kind: 'range', key: 'a' })
    cluster.run(2)
    const snapshot = cluster.kernel.snapshot()
    const copy = new TestCluster(3, 'member')
    copy.kernel.restore(snapshot)
    expect(drive(copy)).toBe(drive(cluster))
    expect(copy.client.dump()).toEqual(cluster.client.dump())
  })
})
