import { describe, expect, it } from 'vitest'

import type { Disk } from '../../engine/etcd/disks.ts'
import { readSnapshot, restoreSnapshot, snapshotStatus } from '../../engine/etcd/snapshot.ts'
import type { RestoreOptions } from '../../engine/etcd/snapshot.ts'
import { peerUrl, Servers } from './servers.ts'

function saved(): { servers: Servers; text: string; sizeBytes: number } {
  const servers = Servers.launch(1)
  for (const value of ['1', '2', '3']) servers.put(1, 'a', value)
  servers.put(1, 'b', { spec: { nested: [1, 'two'] } })
  servers.run(200)
  const result = servers.call(1, { kind: 'snapshot' })
  if (result.kind !== 'snapshot') throw new Error('no snapshot')
  return { servers, ...result }
}

const options: RestoreOptions = {
  version: '3.5.24',
  name: 'm2',
  initialCluster: [{ name: 'm2', url: peerUrl(2) }],
  token: 'etcd-cluster',
  advertisePeerUrls: [peerUrl(2)],
  dataDir: '/d/m2',
  dataDirState: 'absent',
}

function restored(
  text: string,
  more: Partial<RestoreOptions> = {},
): Exclude<ReturnType<typeof restoreSnapshot>, { error: string }> {
  const result = restoreSnapshot(text, { ...options, ...more })
  if ('error' in result) throw new Error(result.error)
  return result
}

describe('a snapshot file (H3)', () => {
  const { servers, text, sizeBytes } = saved()

  it('says what it holds', () => {
    expect(snapshotStatus(text)).toMatchObject({ revision: 5, sizeBytes, version: '3.5.24' })
    expect(snapshotStatus(text)).toHaveProperty('hash', expect.stringMatching(/^[0-9a-f]{1,8}$/))
  })

  it('of the same data has the same hash, of other data another', () => {
    const again = servers.call(1, { kind: 'snapshot' })
    expect(again.kind === 'snapshot' && snapshotStatus(again.text)).toEqual(snapshotStatus(text))
    servers.put(1, 'c', 'x')
    const later = servers.call(1, { kind: 'snapshot' })
    expect(later.kind === 'snapshot' && readSnapshot(later.text)?.header.hash).not.toBe(readSnapshot(text)?.header.hash)
  })

  it('restored is where the log begins: who joins later gets the database, not a log from nothing', () => {
    const [database] = restored(text).files
    const { raft, db } = JSON.parse(database?.text.split('\n')[1] ?? '') as Disk
    expect(raft).toMatchObject({
      commit: 1,
      applied: 1,
      log: { offset: 1, entries: [] },
      snapshot: { index: 1, term: 1 },
    })
    expect(db.membership.members.map(({ name }) => name)).toEqual(['m2'])
  })

  it('that was cut off or changed is not restored', () => {
    expect(restoreSnapshot(text.slice(0, -70), options)).toEqual({
      error: 'snapshot missing hash but --skip-hash-check=false',
    })
    const spoilt = restoreSnapshot(text.replace('"nested"', '"Nested"'), options)
    expect('error' in spoilt && spoilt.error).toMatch(/^expected sha256 \[[\d ]+\], got \[[\d ]+\]$/)
    expect(restoreSnapshot(text.replace('"nested"', '"Nested"'), { ...options, skipHashCheck: true })).toHaveProperty(
      'files',
    )
    expect(snapshotStatus('garbage')).toEqual({ error: 'invalid database' })
  })

  it('is restored only where nothing is, to a cluster that fits', () => {
    expect(restoreSnapshot(text, { ...options, dataDirState: 'used' })).toEqual({
      error: 'data-dir "/d/m2" not empty or could not be read',
    })
    expect(restoreSnapshot(text, { ...options, dataDirState: 'empty' })).toHaveProperty('files')
    expect(restoreSnapshot(text, { ...options, name: 'other' })).toEqual({
      error: `couldn't find local name "other" in the initial cluster configuration`,
    })
    expect(restoreSnapshot(text, { ...options, advertisePeerUrls: ['http://127.0.0.1:9'] })).toEqual({
      error:
        '--initial-cluster has m2=http://127.0.0.1:22380 but missing from --initial-advertise-peer-urls=http://127.0.0.1:9 ' +
        '(resolved urls: "http://127.0.0.1:9" != "http://127.0.0.1:22380")',
    })
  })
})

describe('a restored data directory (H3)', () => {
  function begin(more: Partial<RestoreOptions> = {}): Servers {
    const { servers, text } = saved()
    servers.member(1).stop()
    for (const { path, text: content, mode } of restored(text, more).files) servers.files.put(path, content, { mode })
    servers.start(2, [2])
    servers.elect()
    return servers
  }

  it('holds the keys at their revisions', () => {
    const servers = begin()
    expect(servers.call(2, { kind: 'range', key: 'a', revision: 2 })).toMatchObject({ kvs: [{ value: '1' }] })
    expect(servers.call(2, { kind: 'range', key: 'b' })).toMatchObject({
      kvs: [{ value: { spec: { nested: [1, 'two'] } } }],
    })
    expect(servers.status(2)).toMatchObject({ raftTerm: 2, raftIndex: 4 })
    expect(servers.call(2, { kind: 'memberList' })).toMatchObject({ members: [{ name: 'm2', peerUrls: [peerUrl(2)] }] })
  })

  it('goes on at a higher revision, and has forgotten what was before, if that is wished', () => {
    const servers = begin({ bumpRevision: 1_000_000_000, markCompacted: true })
    expect(servers.put(2, 'a', '4').kind).toBe('txn')
    expect(servers.call(2, { kind: 'range', key: 'a' })).toMatchObject({ kvs: [{ modRevision: 1_000_000_006 }] })
    expect(servers.text(2, { kind: 'range', key: 'a', revision: 5 })).toBe(
      'etcdserver: mvcc: required revision has been compacted',
    )
    servers.send(2, { kind: 'watch', watchId: 'w', key: 'a', startRevision: 5 })
    servers.run(50)
    expect(servers.client.watches.at(-1)?.data.canceled).toMatchObject({ compactRevision: 1_000_000_005 })
  })

  it('of three members makes a cluster of three', () => {
    const { servers, text } = saved()
    servers.member(1).stop()
    const initialCluster = [2, 3, 4].map((n) => ({ name: `m${n}`, url: peerUrl(n) }))
    for (const n of [2, 3, 4]) {
      const each = { name: `m${n}`, initialCluster, advertisePeerUrls: [peerUrl(n)], dataDir: `/d/m${n}` }
      for (const { path, text: content } of restored(text, each).files) servers.files.put(path, content)
      servers.start(n, [2, 3, 4])
    }
    servers.elect()
    expect(servers.call(4, { kind: 'range', key: 'a' })).toMatchObject({ kvs: [{ value: '3' }] })
  })
})

describe('a lagging member', () => {
  it('gets a snapshot when the log no longer has what it lacks', () => {
    const servers = Servers.launch(3, { config: { snapshotCount: 50, snapshotCatchupEntries: 10 } })
    const leader = servers.elect()
    const [slow = 0] = servers.others(leader)
    servers.member(slow).stop()
    for (let n = 0; n < 120; n++) servers.put(leader, 'a', String(n))
    servers.start(slow, [1, 2, 3])
    servers.run(3000)
    expect(servers.call(slow, { kind: 'range', key: 'a', serializable: true })).toMatchObject({
      kvs: [{ value: '119' }],
    })
    expect(servers.messages(slow)).toContain('applied snapshot')
    const hashes = [leader, slow].map((n) => servers.call(n, { kind: 'hashKv', revision: 0 }))
    expect(hashes[0]).toEqual(hashes[1])
  })
})
