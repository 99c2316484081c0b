import { describe, expect, it } from 'vitest'

import { TestCluster } from './cluster.ts'

function ready(size = 1): TestCluster {
  const cluster = new TestCluster(size, 'lease')
  cluster.elect()
  return cluster
}

function keyCount(cluster: TestCluster, name = '1'): number {
  return cluster.member(name).store.range('k', '\0').count
}

describe('leases', () => {
  it('take their keys with them when nobody keeps them alive', () => {
    const cluster = ready()
    cluster.call('1', { kind: 'leaseGrant', ttlSeconds: 10, id: 7 })
    cluster.put('1', 'k1', 1, 7)
    cluster.put('1', 'k2', 1)
    cluster.run(9900)
    expect(keyCount(cluster)).toBe(2)
    cluster.run(200)
    expect(keyCount(cluster)).toBe(1)
    expect(cluster.call('1', { kind: 'leaseTimeToLive', id: 7 })).toMatchObject({ ttlSeconds: -1 })
  })

  it('live on when they are kept alive', () => {
    const cluster = ready()
    cluster.call('1', { kind: 'leaseGrant', ttlSeconds: 10, id: 7 })
    cluster.put('1', 'k1', 1, 7)
    for (let time = 0; time < 5; time++) {
      cluster.run(5000)
      expect(cluster.call('1', { kind: 'leaseKeepAlive', id: 7 })).toMatchObject({ kind: 'lease', ttlSeconds: 10 })
    }
    expect(keyCount(cluster)).toBe(1)
    expect(cluster.call('1', { kind: 'leaseKeepAlive', id: 8 })).toMatchObject({ ttlSeconds: 0 })
  })

  it("refuse with etcd's texts (H4)", () => {
    const cluster = ready()
    expect(cluster.call('1', { kind: 'leaseGrant', ttlSeconds: 1, id: 7 })).toMatchObject({ id: 7, ttlSeconds: 2 })
    expect(cluster.call('1', { kind: 'leaseGrant', ttlSeconds: 5, id: 7 })).toMatchObject({
      message: 'etcdserver: lease already exists',
    })
    expect(cluster.call('1', { kind: 'leaseRevoke', id: 9 })).toMatchObject({
      message: 'etcdserver: requested lease not found',
    })
    expect(cluster.put('1', 'k1', 1, 9)).toMatchObject({ message: 'etcdserver: requested lease not found' })
  })

  it('give a key back when it is put without them, and revoke what is left', () => {
    const cluster = ready()
    cluster.call('1', { kind: 'leaseGrant', ttlSeconds: 60, id: 7 })
    for (const key of ['k1', 'k2']) cluster.put('1', key, 1, 7)
    cluster.put('1', 'k1', 2)
    cluster.call('1', { kind: 'leaseRevoke', id: 7 })
    expect(
      cluster
        .member('1')
        .store.range('k', '\0')
        .kvs.map((kv) => kv.key),
    ).toEqual(['k1'])
  })

  it('are extended when the leader changes, and answered by way of any member', () => {
    const cluster = ready(3)
    const first = cluster.elect()
    cluster.call(first.name, { kind: 'leaseGrant', ttlSeconds: 10, id: 7 })
    cluster.put(first.name, 'k1', 1, 7)
    cluster.run(8000)
    first.stop()
    cluster.run(3000)
    const second = cluster.elect()
    const other = cluster.all().find((member) => member !== first && member !== second)?.name ?? ''
    expect(keyCount(cluster, second.name)).toBe(1)
    cluster.run(5000)
    expect(cluster.call(other, { kind: 'leaseKeepAlive', id: 7 })).toMatchObject({ ttlSeconds: 10 })
    expect(cluster.call(other, { kind: 'leaseTimeToLive', id: 7 })).toMatchObject({
      ttlSeconds: 9,
      grantedTtlSeconds: 10,
    })
    cluster.run(11_000)
    expect(keyCount(cluster, other)).toBe(0)
  })
})
