import { describe, expect, it } from 'vitest'

import type { EtcdCall } from '../../engine/etcd/messages.ts'
import { put, TestCluster } from './cluster.ts'

type Watch = Extract<EtcdCall, { kind: 'watch' }>

function ready(): TestCluster {
  const cluster = new TestCluster(1, 'watch')
  cluster.elect()
  return cluster
}

function watch(cluster: TestCluster, watchId: string, rest: Partial<Watch> = {}): void {
  cluster.call('1', { kind: 'watch', watchId, key: '/a/', rangeEnd: '/a0', startRevision: 0, prevKv: true, ...rest })
}

/** `w1 PUT /a/x@3`, a message a line, its events after one another. */
function seen(cluster: TestCluster): string[] {
  return cluster.client.watches.map(({ data }) =>
    [
      data.watchId,
      ...data.events.map((event) => `${event.type} ${event.kv.key}@${event.kv.modRevision}`),
      data.canceled?.reason,
    ]
      .filter(Boolean)
      .join(' '),
  )
}

describe('watches', () => {
  it('see the changes of their range only, in order, each instant in one message', () => {
    const cluster = ready()
    watch(cluster, 'w1')
    watch(cluster, 'w2', { key: '/a/x', rangeEnd: undefined })
    for (const key of ['/a/x', '/b/x', '/a/y']) cluster.send('1', put(key, 1))
    cluster.run(5)
    expect(seen(cluster)).toEqual(['w1 PUT /a/x@2 PUT /a/y@4', 'w2 PUT /a/x@2'])
  })

  it('get the events of one transaction together', () => {
    const cluster = ready()
    cluster.put('1', '/a/old', 1)
    watch(cluster, 'w1')
    cluster.call('1', {
      kind: 'txn',
      compare: [],
      success: [
        { op: 'put', key: '/a/new', value: 1 },
        { op: 'delete', key: '/a/old' },
      ],
      failure: [],
    })
    cluster.run(5)
    expect(seen(cluster)).toEqual(['w1 PUT /a/new@3 DELETE /a/old@3'])
    expect(cluster.client.watches[0]?.data.events[1]?.prevKv?.value).toBe(1)
  })

  it('begin in the past, and are canceled where it is compacted', () => {
    const cluster = ready()
    for (const key of ['/a/1', '/a/2', '/a/3']) cluster.put('1', key, 1)
    watch(cluster, 'w1', { startRevision: 3 })
    cluster.run(5)
    expect(seen(cluster)).toEqual(['w1 PUT /a/2@3 PUT /a/3@4'])
    cluster.call('1', { kind: 'compact', revision: 4 })
    watch(cluster, 'w2', { startRevision: 3 })
    cluster.run(5)
    expect(cluster.client.watches[1]?.data.canceled).toEqual({
      reason: 'etcdserver: mvcc: required revision has been compacted',
      compactRevision: 4,
    })
    watch(cluster, 'w3', { startRevision: 4 })
    cluster.run(5)
    expect(seen(cluster)[2]).toBe('w3 PUT /a/3@4')
  })

  it('begin in the future when asked to', () => {
    const cluster = ready()
    watch(cluster, 'w1', { startRevision: 4 })
    for (const key of ['/a/1', '/a/2', '/a/3']) cluster.put('1', key, 1)
    cluster.run(5)
    expect(seen(cluster)).toEqual(['w1 PUT /a/3@4'])
  })

  it('end when they are canceled by the client', () => {
    const cluster = ready()
    watch(cluster, 'w1')
    cluster.send('1', { kind: 'watchCancel', watchId: 'w1' })
    cluster.run(5)
    cluster.put('1', '/a/1', 1)
    cluster.run(5)
    expect(seen(cluster)).toEqual([])
  })

  it('tell how far they are, on request after what came before, and from time to time when quiet', () => {
    const cluster = new TestCluster(1, 'watch', { watchProgressNotifyIntervalMs: 5000 })
    cluster.elect()
    watch(cluster, 'w1', { progressNotify: true })
    cluster.send('1', put('/a/1', 1))
    cluster.send('1', { kind: 'watchProgress', watchId: 'w1' })
    cluster.run(5)
    expect(seen(cluster)).toEqual(['w1 PUT /a/1@2', 'w1'])
    expect(cluster.client.watches[1]?.data.header.revision).toBe(2)
    cluster.run(5000)
    expect(cluster.client.watches).toHaveLength(2)
    cluster.run(5000)
    expect(cluster.client.watches).toHaveLength(3)
  })

  it('are canceled after three election timeouts without a leader (L)', () => {
    const cluster = new TestCluster(3, 'watch')
    const leader = cluster.elect()
    cluster.call(leader.name, { kind: 'watch', watchId: 'w1', key: '/a/', startRevision: 0 })
    for (const member of cluster.all()) if (member !== leader) member.stop()
    cluster.run(4000)
    expect(seen(cluster)).toEqual([])
    cluster.run(2000)
    expect(seen(cluster)).toEqual(['w1 etcdserver: no leader'])
    cluster.send(leader.name, { kind: 'watch', watchId: 'w2', key: '/a/', startRevision: 0 })
    cluster.run(5)
    expect(seen(cluster)[1]).toBe('w2 etcdserver: no leader')
  })

  it('end at once when the process ends', () => {
    const cluster = ready()
    watch(cluster, 'w1')
    cluster.member('1').stop()
    cluster.run(5)
    expect(seen(cluster)).toEqual(['w1 etcdserver: server stopped'])
  })

  it("are forgotten when the client's host is gone", () => {
    const cluster = ready()
    watch(cluster, 'w1')
    cluster.fabric.setUp('c', false)
    cluster.member('1').start()
    cluster.fabric.send({
      from: '1',
      to: '1',
      event: {
        to: 'etcd/1',
        type: 'etcd.request',
        data: { from: '1', call: put('/a/1', 1), replyTo: { host: '1', address: 'nobody', tag: '' } },
      },
    })
    cluster.run(5)
    expect(cluster.member('1').dump().watches.watchers).toEqual([])
  })
})
