import { describe, expect, it } from 'vitest'

import { put } from './cluster.ts'
import { peerUrl, Servers } from './servers.ts'

const get = { kind: 'range', key: 'a' } as const

/** Copies a directory, as `cp -r` does. */
function copy(servers: Servers, from: string, to: string): void {
  for (const { path, node } of [...servers.files.walk(from)])
    if (node.kind === 'file') servers.files.put(path.replace(from, to), node.text ?? '')
}

function alone(): Servers {
  const servers = Servers.launch(1)
  servers.put(1, 'a', 'first')
  return servers
}

describe('a data directory (H2, H3)', () => {
  it('keeps what a process knew: ids, keys, members', () => {
    const servers = alone()
    const id = servers.id(1)
    servers.member(1).stop()
    expect(servers.fabric.dial('h', 'h', 12379).kind).toBe('refused')
    servers.start(1, [1])
    servers.elect()
    expect(servers.id(1)).toBe(id)
    expect(servers.call(1, get)).toMatchObject({ kvs: [{ value: 'first', modRevision: 2 }] })
    expect(servers.status(1).raftTerm).toBe(3)
  })

  it('is a new member when it is empty: an empty database', () => {
    const servers = alone()
    servers.member(1).stop()
    servers.files.remove('/d/m1', undefined, { recursive: true })
    servers.start(1, [1])
    servers.elect()
    expect(servers.call(1, get)).toMatchObject({ kvs: [], count: 0 })
    expect(servers.status(1).raftTerm).toBe(2)
  })

  it('can be deleted under a running process, which notices at its next start', () => {
    const servers = alone()
    servers.files.remove('/d/m1', undefined, { recursive: true })
    servers.put(1, 'a', 'second')
    expect(servers.call(1, get)).toMatchObject({ kvs: [{ value: 'second' }] })
    servers.member(1).stop()
    servers.start(1, [1])
    servers.elect()
    expect(servers.call(1, get)).toMatchObject({ count: 0 })
  })

  it('can be moved', () => {
    const servers = alone()
    servers.member(1).stop()
    servers.files.rename('/d/m1', '/d/moved')
    servers.start(1, [1], { dataDir: '/d/moved' })
    servers.elect()
    expect(servers.call(1, get)).toMatchObject({ kvs: [{ value: 'first' }] })
  })

  it('keeps in a copy what it had when it was copied', () => {
    const servers = alone()
    servers.member(1).stop()
    copy(servers, '/d/m1', '/d/backup')
    servers.start(1, [1])
    servers.elect()
    servers.put(1, 'a', 'second')
    servers.member(1).stop()
    servers.start(1, [1], { dataDir: '/d/backup' })
    servers.elect()
    expect(servers.call(1, get)).toMatchObject({ kvs: [{ value: 'first' }] })
    servers.member(1).stop()
    servers.start(1, [1])
    servers.elect()
    expect(servers.call(1, get)).toMatchObject({ kvs: [{ value: 'second' }] })
  })

  it('is cloned when a copy of a running one is opened elsewhere', () => {
    const servers = alone()
    copy(servers, '/d/m1', '/d/m2')
    servers.start(2, [2])
    servers.run(2000)
    servers.put(2, 'a', 'of 2')
    expect(servers.call(1, get)).toMatchObject({ kvs: [{ value: 'first' }] })
    expect(servers.call(2, get)).toMatchObject({ kvs: [{ value: 'of 2' }] })
  })

  it('that is spoilt keeps etcd from starting', () => {
    const servers = alone()
    servers.member(1).stop()
    servers.files.write('/d/m1/member/snap/db', 'nonsense')
    servers.start(1, [1])
    servers.run(1000)
    expect(servers.exits.get('m1')).toBe(1)
    expect(servers.messages(1).at(-1)).toBe('failed to open database: invalid database')
    expect(servers.member(1).running).toBe(false)
  })

  it('that is a file keeps etcd from starting (O8b)', () => {
    const servers = new Servers()
    servers.files.put('/run/afile', '')
    servers.start(1, [1], { dataDir: '/run/afile' })
    servers.run(1000)
    expect(servers.messages(1)).toEqual(['failed to list data directory: readdirent /run/afile: not a directory'])
  })

  it('says how large the database is', () => {
    const servers = alone()
    expect(servers.files.stat('/d/m1/member/snap/db')).toMatchObject({ size: 20_480 })
    servers.put(1, 'big', 'x'.repeat(1_000_000))
    servers.run(200)
    servers.put(1, 'a', 'more')
    expect(servers.files.stat('/d/m1/member/snap/db')).toMatchObject({ size: servers.status(1).dbSize })
  })
})

describe('a member of three that lost its data (H2)', () => {
  const servers = Servers.launch(3)
  const leader = servers.elect()
  const [lost = 0] = servers.others(leader)
  servers.put(leader, 'a', 'first')
  servers.run(8000)

  it('may not begin anew', () => {
    servers.member(lost).stop()
    servers.files.remove(`/d/m${lost}`, undefined, { recursive: true })
    servers.start(lost, [1, 2, 3])
    servers.run(1000)
    const id = servers.id(lost)
    expect(servers.messages(lost).slice(-2)).toEqual([
      `failed to start etcd: member ${id} has already been bootstrapped`,
      `discovery failed: member ${id} has already been bootstrapped`,
    ])
    expect(servers.exits.get(`m${lost}`)).toBe(1)
  })

  it('is removed, added again, and learns all', () => {
    expect(servers.text(leader, { kind: 'memberRemove', id: servers.id(lost) })).toBe('memberChange')
    servers.run(1000)
    const added = servers.call(leader, { kind: 'memberAdd', peerUrls: [peerUrl(lost)], learner: false })
    expect(added.kind).toBe('memberAdd')
    servers.start(lost, [1, 2, 3], { initialClusterState: 'existing' })
    servers.run(2000)
    expect(servers.call(lost, get)).toMatchObject({ kvs: [{ value: 'first' }] })
    const list = servers.call(leader, { kind: 'memberList' })
    expect(list.kind === 'memberList' && list.members.map(({ name }) => name).sort()).toEqual(['m1', 'm2', 'm3'])
  })
})

describe('who joins a running cluster (H2)', () => {
  const existing = { initialClusterState: 'existing' } as const

  it('must name exactly its members', () => {
    const servers = Servers.launch(1)
    servers.run(6000)
    servers.start(2, [1, 2], existing)
    servers.run(1000)
    expect(servers.messages(2).at(-1)).toMatch(
      /^discovery failed: error validating peerURLs \{ClusterID:\w+ Members:\[&\{ID:.*\}\] RemovedMemberIDs:\[\]\}: member count is unequal$/,
    )
  })

  it('must find it', () => {
    const servers = new Servers()
    servers.start(2, [1, 2], existing)
    servers.run(1000)
    expect(servers.messages(2).at(-1)).toBe(
      'discovery failed: cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs',
    )
  })

  it('makes a cluster of two out of one, where a quorum is both', () => {
    const servers = Servers.launch(1)
    servers.put(1, 'a', 'first')
    servers.run(6000)
    servers.call(1, { kind: 'memberAdd', peerUrls: [peerUrl(2)], learner: false })
    servers.start(2, [1, 2], existing)
    servers.run(3000)
    expect(servers.call(2, get)).toMatchObject({ kvs: [{ value: 'first' }] })
    servers.member(2).stop()
    servers.run(3000)
    expect(servers.status(1).errors).toEqual(['etcdserver: no leader'])
    servers.start(2, [1, 2], existing)
    servers.run(3000)
    expect(servers.put(1, 'a', 'second').kind).toBe('txn')
  })
})

describe('--force-new-cluster (H2)', () => {
  it('makes one member of three a cluster of its own, with the same ids', () => {
    const servers = Servers.launch(3)
    servers.put(1, 'a', 'first')
    servers.run(1000)
    const { clusterId, memberId } = servers.member(1)
    for (const n of [1, 2, 3]) servers.member(n).stop()
    servers.start(1, [1, 2, 3], { forceNewCluster: true })
    servers.elect()
    expect(servers.call(1, get)).toMatchObject({ kvs: [{ value: 'first' }] })
    expect(servers.call(1, { kind: 'memberList' })).toMatchObject({ members: [{ id: memberId }] })
    expect(servers.member(1).clusterId).toBe(clusterId)
    servers.start(2, [1, 2, 3])
    servers.run(3000)
    expect(servers.exits.get('m2')).toBe(0)
    expect(servers.messages(2).at(-2)).toBe('server error: the member has been permanently removed from the cluster')
  })
})

describe('a snapshot of the whole (laws)', () => {
  it('of the kernel goes on as the original would', () => {
    const servers = Servers.launch(3, { seed: 'law' })
    servers.send(1, put('a', 'x'))
    const snapshot = servers.kernel.snapshot()
    const run = (): string => {
      servers.run(500)
      servers.put(2, 'b', 'y')
      servers.member(3).stop()
      servers.start(3, [1, 2, 3])
      servers.run(3000)
      return JSON.stringify([servers.call(3, get), servers.status(1), servers.kernel.now])
    }
    const first = run()
    const other = new Servers({ seed: 'law' })
    for (const n of [1, 2, 3]) other.member(n)
    other.kernel.restore(snapshot)
    other.files.load(servers.files.dump())
    const again = (): string => {
      other.run(500)
      other.put(2, 'b', 'y')
      other.member(3).stop()
      other.start(3, [1, 2, 3])
      other.run(3000)
      return JSON.stringify([other.call(3, get), other.status(1), other.kernel.now])
    }
    expect(again()).toBe(first)
  })
})
