import { describe, expect, it } from 'vitest'

import type { EtcdCall } from '../../engine/etcd/messages.ts'
import { peerUrl, Servers } from './servers.ts'

const add = (n: number, learner = false): EtcdCall => ({ kind: 'memberAdd', peerUrls: [peerUrl(n)], learner })

function ready(size: number, version = '3.5.24'): { servers: Servers; leader: number } {
  const servers = Servers.launch(size, { version })
  const leader = servers.elect()
  servers.run(8000)
  return { servers, leader }
}

describe('changes of the members (H2)', () => {
  it('name members that there are, once', () => {
    const { servers } = ready(3)
    expect(servers.text(1, { kind: 'memberRemove', id: 'abc' })).toBe('etcdserver: member not found')
    expect(servers.text(1, { kind: 'memberUpdate', id: 'abc', peerUrls: [peerUrl(9)] })).toBe(
      'etcdserver: member not found',
    )
    expect(servers.text(1, { kind: 'memberPromote', id: 'abc' })).toBe('etcdserver: member not found')
    expect(servers.text(1, { kind: 'memberPromote', id: servers.id(2) })).toBe(
      'etcdserver: can only promote a learner member',
    )
    expect(servers.text(1, add(2))).toBe('etcdserver: Peer URLs already exists')
    expect(servers.text(1, { kind: 'memberUpdate', id: servers.id(1), peerUrls: [peerUrl(2)] })).toBe(
      'etcdserver: Peer URLs already exists',
    )
    expect(servers.text(1, { kind: 'memberAdd', peerUrls: [], learner: false })).toBe(
      'etcdserver: given member URLs are invalid',
    )
  })

  it('update a peer URL', () => {
    const { servers } = ready(3)
    const updated = servers.call(1, { kind: 'memberUpdate', id: servers.id(3), peerUrls: ['http://127.0.0.1:32381'] })
    expect(updated).toMatchObject({
      kind: 'memberChange',
      members: expect.arrayContaining([expect.objectContaining({ name: 'm3', peerUrls: ['http://127.0.0.1:32381'] })]),
    })
    servers.run(3000)
    expect(servers.member(3).raft.lead).toBeNull()
    servers.member(3).stop()
    servers.start(3, [1, 2, 3], { listenPeerUrls: ['http://127.0.0.1:32381'] })
    servers.run(3000)
    expect(servers.member(3).raft.lead).not.toBeNull()
  })

  it('count started members: a second that is not started keeps a third away', () => {
    const { servers } = ready(1)
    expect(servers.text(1, add(2))).toBe('memberAdd')
    expect(servers.text(1, add(3))).toBe('etcdserver: re-configuration failed due to not enough started members')
  })

  it('do not remove a running member while another is down', () => {
    const { servers, leader } = ready(3)
    const [up = 0, down = 0] = servers.others(leader)
    servers.member(down).stop()
    servers.run(1000)
    expect(servers.text(leader, { kind: 'memberRemove', id: servers.id(up) })).toBe('etcdserver: unhealthy cluster')
    expect(servers.text(leader, { kind: 'memberRemove', id: servers.id(down) })).toBe('memberChange')
  })

  it('end the process of who is removed, and it does not come back', () => {
    const { servers, leader } = ready(3)
    const [gone = 0] = servers.others(leader)
    servers.call(leader, { kind: 'memberRemove', id: servers.id(gone) })
    servers.run(1100)
    expect(servers.exits.get(`m${gone}`)).toBe(0)
    expect(servers.messages(gone)).toContain('server error: the member has been permanently removed from the cluster')
    expect(servers.messages(gone)).toContain('data-dir used by this member must be removed')
    servers.start(gone, [1, 2, 3])
    servers.run(4000)
    expect(servers.member(gone).running).toBe(false)
  })

  it('let a leader remove itself, and another leads', () => {
    const { servers, leader } = ready(3)
    expect(servers.text(leader, { kind: 'memberRemove', id: servers.id(leader) })).toBe('memberChange')
    servers.run(4000)
    expect(servers.member(leader).running).toBe(false)
    expect(servers.elect()).not.toBe(leader)
  })

  it('may be loose without the strict check', () => {
    const servers = Servers.launch(3, { config: { strictReconfigCheck: false } })
    expect(servers.text(1, add(4))).toBe('memberAdd')
    expect(servers.text(1, add(5))).toBe('memberAdd')
  })

  it('promote by way of a follower too', () => {
    const { servers, leader } = ready(1, '3.6.5')
    const added = servers.call(leader, add(2, true))
    const id = added.kind === 'memberAdd' ? added.member.id : ''
    servers.start(2, [1, 2], { initialClusterState: 'existing' })
    servers.run(2000)
    expect(servers.status(2).isLearner).toBe(true)
    expect(servers.text(2, { kind: 'memberPromote', id })).toBe('etcdserver: rpc not supported for learner')
    expect(servers.text(1, { kind: 'memberPromote', id })).toBe('memberChange')
    expect(servers.status(2).isLearner).toBe(false)
  })
})

describe('leadership (H1)', () => {
  it('goes only to voters, by the leader', () => {
    const { servers, leader } = ready(3)
    expect(servers.text(leader, { kind: 'moveLeader', target: 'abc' })).toBe('etcdserver: bad leader transferee')
    expect(servers.text(servers.others(leader)[0] as number, { kind: 'moveLeader', target: servers.id(leader) })).toBe(
      'etcdserver: not leader',
    )
  })

  it('is handed over by a process that is told to end, so that nobody waits', () => {
    const { servers, leader } = ready(3)
    servers.member(leader).terminate()
    servers.run(200)
    expect(servers.member(leader).running).toBe(false)
    expect(servers.exits.get(`m${leader}`)).toBe(0)
    const next = servers.elect()
    expect(servers.put(next, 'a', 'x').kind).toBe('txn')
    expect(servers.status(next).raftTerm).toBe(3)
  })
})

it('a member that cannot reach another says so, now and then', () => {
  const { servers, leader } = ready(3)
  const [down = 0] = servers.others(leader)
  servers.member(down).stop()
  servers.run(12_000)
  const said = servers.messages(leader).filter((text) => text.startsWith('prober'))
  expect(said.slice(-3)).toEqual(
    Array(3).fill(`prober detected unhealthy status: dial tcp 127.0.0.1:${down}2380: connect: connection refused`),
  )
})

describe('names and versions', () => {
  it('a fresh member stands at index 4 of term 2, as upstream', () => {
    const { servers } = ready(1)
    expect(servers.status(1)).toMatchObject({ raftIndex: 4, raftTerm: 2, dbSize: 20_480, version: '3.5.24' })
    expect(servers.status(1)).not.toHaveProperty('storageVersion')
  })

  it('3.6 tells its storage version and quota', () => {
    const { servers } = ready(1, '3.6.5')
    expect(servers.status(1)).toMatchObject({ storageVersion: '3.6.0', dbSizeQuota: 2_147_483_648 })
  })

  it('the cluster is as new as its oldest member', () => {
    const servers = Servers.launch(3)
    servers.run(1000)
    const version = (): string | undefined => servers.member(1).cluster().version
    expect(version()).toBe('3.5.0')
    for (const n of [1, 2, 3]) {
      servers.member(n).stop()
      servers.start(n, [1, 2, 3], { version: '3.6.5' })
      servers.elect()
      expect(version()).toBe(n === 3 ? '3.6.0' : '3.5.0')
    }
  })
})
