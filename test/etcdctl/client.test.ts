/** Which endpoint is asked, for how long, how often, and what is logged of it (L, O8b; recorded of 3.4.23 and 3.5.30). */
import { describe, expect, it } from 'vitest'
import { ctl } from './bench.ts'
import type { Member, Reply } from './bench.ts'

const START_MS = Date.UTC(2026, 10, 21, 1, 30, 0)
const refused: Member = ({ url }) => ({
  failure: 'connection',
  message: `connection error: desc = "transport: Error while dialing: dial tcp ${url.replace(/^\w+:\/\//, '')}: connect: connection refused"`,
})
const empty: Reply = { kind: 'range', kvs: [], count: 0, more: false }

describe('no connection', () => {
  it('is waited for as long as the command may take', () => {
    const { code, stderr, nowMs } = ctl('etcdctl get a --endpoints=127.0.0.1:1', refused)
    expect([code, nowMs - START_MS]).toEqual([1, 5016])
    expect(stderr).toMatch(
      /^\{"level":"warn","ts":"2026-11-21T01:30:05\.016000Z","logger":"etcd-client","caller":"v3@v3\.5\.30\/retry_interceptor\.go:\d+","msg":"retrying of unary invoker failed","target":"etcd-endpoints:\/\/0xc0[0-9a-f]{8}\/127\.0\.0\.1:1","attempt":0,"error":"rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = \\"transport: Error while dialing: dial tcp 127\.0\.0\.1:1: connect: connection refused\\""\}\nError: context deadline exceeded\n$/,
    )
  })

  it('3.4 says less, and in other words', () => {
    const { stderr } = ctl('etcdctl get a --endpoints=127.0.0.1:1', refused, { version: '3.4.23' })
    expect(stderr).toMatch(
      /^\{"level":"warn","ts":"2026-11-21T01:30:05\.016Z","caller":"clientv3\/retry_interceptor\.go:62","msg":"retrying of unary invoker failed","target":"endpoint:\/\/client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\/127\.0\.0\.1:1","attempt":0,"error":"rpc error: code = DeadlineExceeded desc = latest balancer error: all SubConns are in TransientFailure"\}\n/,
    )
  })

  it('--command-timeout says how long; --dial-timeout does not', () => {
    expect(ctl('etcdctl get a --command-timeout=1s', refused).nowMs - START_MS).toBe(1016)
    expect(ctl('etcdctl get a --dial-timeout=9s', refused).nowMs - START_MS).toBe(5016)
  })

  it('goes on when a member comes back in time', () => {
    let asked = 0
    const member: Member = (question) => (++asked < 3 ? refused(question) : empty)
    const { code, nowMs, stderr } = ctl('etcdctl get a', member)
    expect([code, stderr, nowMs - START_MS]).toEqual([0, '', 2616])
  })

  it('the next endpoint is taken at once', () => {
    const member: Member = (question) => (question.url.endsWith(':1') ? refused(question) : empty)
    const { code, nowMs } = ctl('etcdctl get a --endpoints=127.0.0.1:1,127.0.0.1:2379', member)
    expect([code, nowMs - START_MS]).toEqual([0, 16])
  })

  it('an endpoint without a port, and a watch without a member', () => {
    const { stderr } = ctl('etcdctl get a --endpoints=127.0.0.1 --command-timeout=1s')
    expect(stderr).toContain('dial tcp: address 127.0.0.1: missing port in address')
  })
})

describe('TLS', () => {
  const member: Member = () => empty
  const url = (line: string): string | undefined => ctl(line, member, { files: { '/ca': 'x' } }).questions[0]?.url

  it('is spoken when the scheme or a flag says so', () => {
    expect(url('etcdctl get a')).toBe('http://127.0.0.1:2379')
    expect(url('etcdctl get a --cacert /ca')).toBe('https://127.0.0.1:2379')
    expect(url('etcdctl get a --insecure-skip-tls-verify')).toBe('https://127.0.0.1:2379')
    expect(url('etcdctl get a --insecure-transport=false')).toBe('https://127.0.0.1:2379')
    expect(url('etcdctl get a --cacert /ca --endpoints=http://1.2.3.4:2379')).toBe('http://1.2.3.4:2379')
    expect(url('etcdctl get a --endpoints=https://1.2.3.4:2379')).toBe('https://1.2.3.4:2379')
  })
})

describe('errors of a member', () => {
  const fails =
    (message: string): Member =>
    () => ({ kind: 'error', message })

  it('a read of a revision that is gone', () => {
    const { code, stderr } = ctl(
      'etcdctl get a --rev=2',
      fails('etcdserver: mvcc: required revision has been compacted'),
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /"attempt":0,"error":"rpc error: code = OutOfRange desc = etcdserver: mvcc: required revision has been compacted"\}\nError: etcdserver: mvcc: required revision has been compacted\n$/,
    )
  })

  it('leases have a word of their own', () => {
    expect(ctl('etcdctl lease grant 10', fails('context deadline exceeded'), { version: '3.4.23' }).stderr).toMatch(
      /Error: failed to grant lease \(rpc error: code = Unknown desc = context deadline exceeded\)\n$/,
    )
    expect(ctl('etcdctl lease revoke 1', fails('etcdserver: requested lease not found')).stderr).toMatch(
      /Error: failed to revoke lease \(etcdserver: requested lease not found\)\n$/,
    )
  })

  it('reads are repeated while a member is unavailable, writes are not (L: 2.7 s on a learner)', () => {
    const learner = fails('etcdserver: rpc not supported for learner')
    const read = ctl('etcdctl get a', learner)
    expect(read.questions).toHaveLength(100)
    expect(read.nowMs - START_MS).toBe(2689)
    expect(read.stderr).toMatch(/"attempt":99,[^\n]*\nError: etcdserver: rpc not supported for learner\n$/)
    expect(ctl('etcdctl put a 1', fails('etcdserver: request timed out')).questions).toHaveLength(1)
  })

  it('a put without quorum: 3.4 gives up when the server does, 3.5 tries again', () => {
    const slow = fails('context deadline exceeded')
    expect(ctl('etcdctl put a 6', slow, { version: '3.4.23' }).stderr).toMatch(
      /Error: rpc error: code = Unknown desc = context deadline exceeded\n$/,
    )
    const own = ctl('etcdctl put a 6', slow)
    expect(own.questions.length).toBeGreaterThan(1)
    expect(own.stderr).toMatch(/Error: context deadline exceeded\n$/)
  })

  it('no answer at all', () => {
    const { code, stderr } = ctl('etcdctl put a 5')
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /"error":"rpc error: code = DeadlineExceeded desc = context deadline exceeded"\}\nError: context deadline exceeded\n$/,
    )
  })
})
