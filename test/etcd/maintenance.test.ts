import { describe, expect, it } from 'vitest'

import { put } from './cluster.ts'
import { Servers } from './servers.ts'

const request = (path: string, query: Record<string, string> = {}) =>
  ({ method: 'GET', path, query, headers: {} }) as const

function answer(
  servers: Servers,
  n: number,
  path: string,
  query: Record<string, string> = {},
): { code: number; body: unknown } | undefined {
  const response = servers.member(n).respond(n * 10_000 + 2379, request(path, query))
  return response && { code: response.code, body: response.body }
}

describe('alarms (H2, H4)', () => {
  it('NOSPACE of one member keeps all from putting', () => {
    const servers = Servers.launch(3)
    const alarm = { kind: 'alarm', memberId: servers.id(2), alarm: 'NOSPACE' } as const
    expect(servers.call(1, { ...alarm, action: 'activate' })).toEqual({
      kind: 'alarms',
      alarms: [{ memberId: servers.id(2), alarm: 'NOSPACE' }],
    })
    expect(servers.text(3, put('a', '1'))).toBe('etcdserver: mvcc: database space exceeded')
    expect(servers.text(3, { kind: 'leaseGrant', ttlSeconds: 10 })).toBe('etcdserver: mvcc: database space exceeded')
    expect(answer(servers, 3, '/health')).toEqual({ code: 503, body: '{"health":"false","reason":"ALARM NOSPACE"}' })
    expect(answer(servers, 3, '/health', { exclude: 'NOSPACE' })).toEqual({
      code: 200,
      body: '{"health":"true","reason":""}',
    })
    expect(servers.messages(3)).toContain('alarm raised')
    servers.call(1, { ...alarm, action: 'deactivate' })
    expect(servers.text(3, put('a', '1'))).toBe('txn')
  })

  it('CORRUPT ends writes; reads go past it (applyV3Base)', () => {
    const servers = Servers.launch(1)
    servers.call(1, { kind: 'alarm', action: 'activate', memberId: servers.id(1), alarm: 'CORRUPT' })
    expect(servers.text(1, { kind: 'range', key: 'a' })).toBe('range')
    expect(servers.text(1, put('a', '1'))).toBe('etcdserver: corrupt cluster')
    expect(answer(servers, 1, '/readyz')).toEqual({
      code: 503,
      body: '[-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n[+]linearizable_read ok\nreadyz check failed\n',
    })
    expect(answer(servers, 1, '/readyz', { exclude: 'data_corruption' })).toEqual({ code: 200, body: 'ok\n' })
  })
})

describe('a disk that was spoilt', () => {
  it('shows in the hashes, and keeps a member that checks them from starting', () => {
    const servers = Servers.launch(3, { config: { initialCorruptCheck: true } })
    servers.put(1, 'a', '1')
    servers.run(100)
    const hash = (n: number): unknown => servers.call(n, { kind: 'hashKv', revision: 0 })
    expect(hash(1)).toEqual(hash(2))
    servers.member(2).spoil('a')
    expect(hash(1)).not.toEqual(hash(2))
    servers.member(2).stop()
    servers.start(2, [1, 2, 3], { initialCorruptCheck: true })
    servers.run(1000)
    const problem = `${servers.id(2)} found data inconsistency with peers`
    expect(servers.messages(2)).toContain('found different hash values from remote peer')
    expect(servers.messages(2)).toContain(`checkInitialHashKV failed: ${problem}`)
    expect(servers.messages(2).at(-1)).toBe(`discovery failed: ${problem}`)
    expect(servers.member(2).running).toBe(false)
  })
})

describe('limits (H1, H4)', () => {
  it('a request has at most 1.5 MiB', () => {
    const servers = Servers.launch(1)
    expect(servers.text(1, put('a', 'x'.repeat(1_600_000)))).toBe('etcdserver: request is too large')
    expect(servers.text(1, put('a', 'x'.repeat(1_500_000)))).toBe('txn')
  })
})

describe('the database file', () => {
  it('uses pages again that a compaction freed, and shrinks only by defragmentation', () => {
    const servers = Servers.launch(1)
    for (let n = 0; n < 100; n++) {
      servers.put(1, `k${n % 10}`, 'x'.repeat(20_000))
      servers.run(100)
    }
    const { dbSize } = servers.status(1)
    expect(dbSize).toBeGreaterThan(2_000_000)
    servers.call(1, { kind: 'compact', revision: 101 })
    servers.run(200)
    const compacted = servers.status(1)
    expect(compacted.dbSize).toBe(dbSize)
    expect(compacted.dbSizeInUse).toBeLessThan(400_000)
    for (let n = 0; n < 20; n++) {
      servers.put(1, 'more', 'x'.repeat(20_000))
      servers.run(100)
    }
    expect(servers.status(1).dbSize).toBe(dbSize)
    const defragmented = servers.ask(1, { kind: 'defragment' })
    expect(defragmented?.tookMs).toBeGreaterThanOrEqual(10)
    expect(servers.status(1).dbSize).toBeLessThan(900_000)
  })

  it('answers nobody while it is defragmented', () => {
    const servers = Servers.launch(1)
    servers.put(1, 'a', '1')
    const defragment = servers.send(1, { kind: 'defragment' })
    const read = servers.send(1, { kind: 'range', key: 'a' })
    servers.run(5)
    expect(servers.client.answers.has(defragment) || servers.client.answers.has(read)).toBe(false)
    servers.run(10)
    expect(servers.client.answers.get(read)?.atMs).toBe(servers.client.answers.get(defragment)?.atMs)
  })

  it('is compacted by itself if that is wished', () => {
    const servers = Servers.launch(1, { config: { autoCompactionMode: 'revision', autoCompactionRetention: 5 } })
    for (let n = 0; n < 20; n++) servers.put(1, 'a', String(n))
    servers.run(5 * 60_000)
    expect(servers.text(1, { kind: 'range', key: 'a', revision: 15 })).toBe(
      'etcdserver: mvcc: required revision has been compacted',
    )
  })
})

describe('what etcd serves over HTTP (H3)', () => {
  const servers = Servers.launch(3, { config: { listenMetricsUrls: ['http://127.0.0.1:2381'] } })
  const leader = servers.elect()

  it('health, liveness, readiness', () => {
    expect(answer(servers, 1, '/health')).toEqual({ code: 200, body: '{"health":"true","reason":""}' })
    expect(answer(servers, 1, '/livez')).toEqual({ code: 200, body: 'ok\n' })
    expect(answer(servers, 1, '/readyz', { verbose: '' })).toEqual({
      code: 200,
      body: '[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\nok\n',
    })
    expect(answer(servers, 1, '/nothing')?.code).toBe(404)
    expect(servers.member(1).respond(4, request('/health'))).toBeUndefined()
    expect(servers.member(1).respond(12_380, request('/health'))).toBeUndefined()
    expect(servers.member(1).respond(2381, request('/livez'))?.code).toBe(200)
  })

  it('versions', () => {
    expect(answer(servers, 1, '/version')?.body).toBe('{"etcdserver":"3.5.24","etcdcluster":"3.5.0"}')
  })

  it('metrics', () => {
    const body = String(answer(servers, leader, '/metrics')?.body)
    expect(body).toContain('# TYPE etcd_server_has_leader gauge\netcd_server_has_leader 1\n')
    expect(body).toContain('etcd_server_is_leader 1\n')
    expect(body).toContain('etcd_server_leader_changes_seen_total 1\n')
    expect(body).toContain('etcd_mvcc_db_total_size_in_bytes 20480\n')
    expect(body).toContain('etcd_server_quota_backend_bytes 2.147483648e+09\n')
    expect(body).toContain('etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"}')
    expect(String(answer(servers, servers.others(leader)[0] as number, '/metrics')?.body)).toContain(
      'etcd_server_is_leader 0\n',
    )
  })

  it('the lack of a leader', () => {
    for (const n of servers.others(leader)) servers.member(n).stop()
    servers.run(3000)
    expect(answer(servers, leader, '/health')).toEqual({
      code: 503,
      body: '{"health":"false","reason":"RAFT NO LEADER"}',
    })
    expect(answer(servers, leader, '/health', { serializable: 'true' })?.code).toBe(200)
    expect(answer(servers, leader, '/livez')?.code).toBe(200)
    expect(answer(servers, leader, '/readyz')?.code).toBe(503)
    servers.member(leader).stop()
    expect(servers.member(leader).respond(leader * 10_000 + 2379, request('/health'))).toBeUndefined()
  })
})
