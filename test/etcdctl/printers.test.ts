/** What each form of output looks like, as recorded of etcdctl 3.5.30 and 3.4.23 (H3). */
import { describe, expect, it } from 'vitest'
import type { EtcdStatus } from '../../engine/etcd/messages.ts'
import { ctl, HEADER, kv } from './bench.ts'
import type { Member } from './bench.ts'

const HEAD = '"ClusterID" : 14332496830407895363\n"MemberID" : 15059061561040732302\n"Revision" : 4\n"RaftTerm" : 2\n'
const JSON_HEAD =
  '"header":{"cluster_id":14332496830407895363,"member_id":15059061561040732302,"revision":4,"raft_term":2}'

const one: Member = () => ({ kind: 'range', kvs: [kv('a', '2')], count: 1, more: false })

describe('get', () => {
  it.each([
    ['', 'a\n2\n'],
    ['--print-value-only', '2\n'],
    ['--hex', '\\x61\n\\x32\n'],
    [
      '-w json',
      `{${JSON_HEAD},"kvs":[{"key":"YQ==","create_revision":2,"mod_revision":4,"version":2,"value":"Mg=="}],"count":1}\n`,
    ],
    [
      '-w fields',
      `${HEAD}"Key" : "a"\n"CreateRevision" : 2\n"ModRevision" : 4\n"Version" : 2\n"Value" : "2"\n"Lease" : 0\n"More" : false\n"Count" : 1\n`,
    ],
  ])('get a %s', (flags, stdout) => {
    expect(ctl(`etcdctl get a ${flags}`, one)).toMatchObject({ code: 0, stdout, stderr: '' })
  })

  it('shows keys with an empty line for --keys-only, and nothing for nothing', () => {
    const keys: Member = () => ({ kind: 'range', kvs: [kv('a', undefined), kv('b', undefined)], count: 2, more: false })
    expect(ctl('etcdctl get --prefix a --keys-only', keys).stdout).toBe('a\n\nb\n\n')
    const none: Member = () => ({ kind: 'range', kvs: [], count: 0, more: false })
    expect(ctl('etcdctl get nokey', none).stdout).toBe('')
    expect(ctl('etcdctl get nokey -w json', none).stdout).toBe(`{${JSON_HEAD}}\n`)
  })

  it('asks for the range that the flags mean', () => {
    const range = (line: string | string[]) => {
      const [question] = ctl(line, one).questions
      const { key, rangeEnd, serializable } = { ...question?.request } as Record<string, unknown>
      return { key, rangeEnd, serializable }
    }
    expect(range('etcdctl get /registry/ --prefix')).toEqual({
      key: '/registry/',
      rangeEnd: '/registry0',
      serializable: false,
    })
    expect(range(['etcdctl', 'get', '', '--prefix'])).toEqual({ key: '\0', rangeEnd: '\0', serializable: false })
    expect(range('etcdctl get b --from-key')).toEqual({ key: 'b', rangeEnd: '\0', serializable: false })
    expect(range('etcdctl get a z --consistency=s')).toEqual({ key: 'a', rangeEnd: 'z', serializable: true })
  })

  it('sorts', () => {
    const some: Member = () => ({
      kind: 'range',
      kvs: [kv('a', '2', { modRevision: 4 }), kv('b', '1', { modRevision: 3 })],
      count: 2,
      more: false,
    })
    expect(ctl('etcdctl get a --prefix --order=DESCEND', some).stdout).toBe('b\n1\na\n2\n')
    expect(ctl('etcdctl get a --prefix --sort-by=MODIFY', some).stdout).toBe('b\n1\na\n2\n')
    expect(ctl('etcdctl get a --prefix --sort-by=VALUE --limit=1', some).stdout).toBe('b\n1\n')
  })

  it('shows an object of the API server as protobuf, its secret data in the open', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's1', namespace: 'default', uid: 'u' },
      data: { pass: btoa('hunter2') },
      type: 'Opaque',
    }
    const { stdout } = ctl('etcdctl get /registry/secrets/default/s1 --print-value-only', () => ({
      kind: 'range',
      kvs: [kv('/registry/secrets/default/s1', secret)],
      count: 1,
      more: false,
    }))
    expect(stdout.startsWith('k8s\0\n')).toBe(true)
    expect(stdout).toContain('hunter2')
    expect(stdout.endsWith('Opaque\x1a\0"\0\n')).toBe(true)
  })

  it('shows a custom resource as JSON', () => {
    const object = { kind: 'Widget', apiVersion: 'example.com/v1', metadata: { name: 'w' } }
    const { stdout } = ctl('etcdctl get w --print-value-only', () => ({
      kind: 'range',
      kvs: [kv('w', object)],
      count: 1,
      more: false,
    }))
    expect(stdout).toBe('{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"}}\n\n')
  })
})

describe('writes', () => {
  const put: Member = () => ({ kind: 'txn', succeeded: true, responses: [{ op: 'put', prevKv: kv('k', 'v') }] })
  const del: Member = () => ({
    kind: 'txn',
    succeeded: true,
    responses: [{ op: 'delete', deleted: 1, prevKvs: [kv('b', '1')] }],
  })
  it.each([
    ['put a 2', put, 'OK\n'],
    ['put k v --prev-kv', put, 'OK\nk\nv\n'],
    ['put k v -w json', put, `{${JSON_HEAD}}\n`],
    [
      'put k v --prev-kv -w fields',
      put,
      `${HEAD}"PrevKey" : "k"\n"PrevCreateRevision" : 2\n"PrevModRevision" : 4\n"PrevVersion" : 2\n"PrevValue" : "v"\n"PrevLease" : 0\n`,
    ],
    ['del b', del, '1\n'],
    ['del b --prev-kv', del, '1\nb\n1\n'],
    [
      'del b -w json --prev-kv',
      del,
      `{${JSON_HEAD},"deleted":1,"prev_kvs":[{"key":"Yg==","create_revision":2,"mod_revision":4,"version":2,"value":"MQ=="}]}\n`,
    ],
    ['compaction 5', () => ({ kind: 'compact' }), 'compacted revision 5\n'],
  ] as [string, Member, string][])('%s', (line, member, stdout) => {
    expect(ctl(`etcdctl ${line}`, member)).toMatchObject({ code: 0, stdout, stderr: '' })
  })

  it('carries out a transaction from standard input', () => {
    const member: Member = ({ request }) =>
      request.kind === 'txn'
        ? {
            kind: 'txn',
            succeeded: true,
            responses: [{ op: 'put' }, { op: 'range', kvs: [kv('k1', 'v1')], count: 1, more: false }],
          }
        : undefined
    const stdin = 'mod("a") > "0"\nvalue("b") = "x y"\n\nput k1 v1\nget k1\n\nput k2 v2\n\n'
    const result = ctl('etcdctl txn -i', member, { stdin })
    expect(result.stdout).toBe(
      'compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\nSUCCESS\n\nOK\n\nk1\nv1\n',
    )
    expect(result.questions[0]?.request).toMatchObject({
      compare: [
        { key: 'a', target: 'mod', result: 'greater', operand: 0 },
        { key: 'b', target: 'value', result: 'equal', operand: 'x y' },
      ],
      success: [
        { op: 'put', key: 'k1', value: 'v1' },
        { op: 'range', key: 'k1' },
      ],
      failure: [{ op: 'put', key: 'k2', value: 'v2' }],
    })
  })
})

describe('leases', () => {
  const id = 0x1f8229117c12
  const granted: Member = () => ({ kind: 'lease', id, ttlSeconds: 99, grantedTtlSeconds: 100 })
  it.each([
    ['lease grant 100', granted, 'lease 00001f8229117c12 granted with TTL(99s)\n'],
    ['lease timetolive 1f8229117c12', granted, 'lease 00001f8229117c12 granted with TTL(100s), remaining(99s)\n'],
    ['lease keep-alive --once 1f8229117c12', granted, 'lease 00001f8229117c12 keepalived with TTL(99)\n'],
    ['lease revoke 1f8229117c12', () => ({ kind: 'leases', ids: [] }), 'lease 00001f8229117c12 revoked\n'],
    ['lease list', () => ({ kind: 'leases', ids: [id] }), 'found 1 leases\n00001f8229117c12\n'],
    [
      'lease timetolive 123',
      () => ({ kind: 'lease', id: 0x123, ttlSeconds: -1, grantedTtlSeconds: 0 }),
      'lease 0000000000000123 already expired\n',
    ],
  ] as [string, Member, string][])('%s', (line, member, stdout) => {
    expect(ctl(`etcdctl ${line}`, member)).toMatchObject({ code: 0, stdout, stderr: '' })
  })
})

const STATUS: EtcdStatus = {
  version: '3.5.30',
  dbSize: 20480,
  dbSizeInUse: 12288,
  leader: 'd0fc88b41492808e',
  raftIndex: 43,
  raftTerm: 2,
  raftAppliedIndex: 43,
  isLearner: false,
  errors: [],
}

describe('endpoint status', () => {
  const member: Member = () => ({ kind: 'status', status: STATUS })
  const at = 'endpoint status --endpoints=127.0.0.1:23579'

  it('simple', () => {
    expect(ctl(`etcdctl ${at}`, member).stdout).toBe(
      '127.0.0.1:23579, d0fc88b41492808e, 3.5.30, 20 kB, true, false, 2, 43, 43, \n',
    )
  })

  it('table of 3.5 and before', () => {
    expect(ctl(`etcdctl ${at} -w table`, member).stdout).toBe(
      `+-----------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+
|    ENDPOINT     |        ID        | VERSION | DB SIZE | IS LEADER | IS LEARNER | RAFT TERM | RAFT INDEX | RAFT APPLIED INDEX | ERRORS |
+-----------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+
| 127.0.0.1:23579 | d0fc88b41492808e |  3.5.30 |   20 kB |      true |      false |         2 |         43 |                 43 |        |
+-----------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+
`,
    )
  })

  it('table of 3.6 tells more', () => {
    const status = { ...STATUS, version: '3.6.5', storageVersion: '3.6.0', dbSizeQuota: 2_147_483_648 }
    const { stdout } = ctl(`etcdctl ${at} -w table`, () => ({ kind: 'status', status }), { version: '3.6.5' })
    const [, head, , row] = stdout.split('\n')
    expect(head).toContain('| STORAGE VERSION | DB SIZE | IN USE | PERCENTAGE NOT IN USE | QUOTA  | IS LEADER |')
    expect(head).toContain('| ERRORS | DOWNGRADE TARGET VERSION | DOWNGRADE ENABLED |')
    expect(row).toContain('|           3.6.0 |   20 kB |  12 kB |                   40% | 2.1 GB |      true |')
  })

  it('json and fields', () => {
    expect(ctl(`etcdctl ${at} -w json`, member).stdout).toBe(
      `[{"Endpoint":"127.0.0.1:23579","Status":{${JSON_HEAD},"version":"3.5.30","dbSize":20480,"leader":15059061561040732302,"raftIndex":43,"raftTerm":2,"raftAppliedIndex":43,"dbSizeInUse":12288}}]\n`,
    )
    expect(ctl(`etcdctl ${at} -w fields`, member).stdout).toBe(
      `${HEAD}"Version" : "3.5.30"\n"DBSize" : 20480\n"Leader" : 15059061561040732302\n"IsLearner" : false\n"RaftIndex" : 43\n"RaftTerm" : 2\n"RaftAppliedIndex" : 43\n"Errors" : []\n"Endpoint" : "127.0.0.1:23579"\n\n`,
    )
  })

  it('lists the others when one is dead', () => {
    const refused =
      'connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"'
    const some: Member = ({ url }) =>
      url.endsWith(':1') ? { failure: 'connection', message: refused } : { kind: 'status', status: STATUS }
    const result = ctl('etcdctl endpoint status --endpoints=127.0.0.1:1,127.0.0.1:23579', some)
    expect(result.code).toBe(1)
    expect(result.stdout).toBe('127.0.0.1:23579, d0fc88b41492808e, 3.5.30, 20 kB, true, false, 2, 43, 43, \n')
    expect(result.stderr).toMatch(
      /"attempt":0,"error":"rpc error: code = DeadlineExceeded desc = latest balancer error: connection error/,
    )
    expect(result.stderr).toMatch(
      /\nFailed to get the status of endpoint 127\.0\.0\.1:1 \(context deadline exceeded\)\n$/,
    )
  })
})

describe('members and alarms', () => {
  const m1 = {
    id: 'd0fc88b41492808e',
    name: 'n1',
    peerUrls: ['http://127.0.0.1:23580'],
    clientUrls: ['http://127.0.0.1:23579'],
    isLearner: false,
  }
  const m4 = {
    id: '715de447bacfd729',
    name: '',
    peerUrls: ['http://127.0.0.1:15041'],
    clientUrls: [],
    isLearner: false,
  }
  const list: Member = () => ({ kind: 'memberList', members: [m1] })

  it.each([
    ['', 'd0fc88b41492808e, started, n1, http://127.0.0.1:23580, http://127.0.0.1:23579, false\n'],
    [
      '-w table',
      `+------------------+---------+------+------------------------+------------------------+------------+
|        ID        | STATUS  | NAME |       PEER ADDRS       |      CLIENT ADDRS      | IS LEARNER |
+------------------+---------+------+------------------------+------------------------+------------+
| d0fc88b41492808e | started |   n1 | http://127.0.0.1:23580 | http://127.0.0.1:23579 |      false |
+------------------+---------+------+------------------------+------------------------+------------+
`,
    ],
    [
      '-w json',
      '{"header":{"cluster_id":14332496830407895363,"member_id":15059061561040732302,"raft_term":2},"members":[{"ID":15059061561040732302,"name":"n1","peerURLs":["http://127.0.0.1:23580"],"clientURLs":["http://127.0.0.1:23579"]}]}\n',
    ],
    [
      '--hex -w json',
      '{"header":{"cluster_id":"c6e741ee30dfe943","member_id":"d0fc88b41492808e","raft_term":2},"members":[{"ID":"d0fc88b41492808e","name":"n1","peerURLs":["http://127.0.0.1:23580"],"clientURLS":["http://127.0.0.1:23579"]}]}\n',
    ],
  ])('member list %s', (flags, stdout) => {
    expect(ctl(`etcdctl member list ${flags}`, list)).toMatchObject({ code: 0, stdout, stderr: '' })
  })

  it('member add says how to start the new one', () => {
    const added: Member = () => ({ kind: 'memberAdd', member: m4, members: [m1, m4] })
    expect(ctl('etcdctl member add m4 --peer-urls=http://127.0.0.1:15041', added).stdout).toBe(
      'Member 715de447bacfd729 added to cluster c6e741ee30dfe943\n\nETCD_NAME="m4"\nETCD_INITIAL_CLUSTER="n1=http://127.0.0.1:23580,m4=http://127.0.0.1:15041"\nETCD_INITIAL_ADVERTISE_PEER_URLS="http://127.0.0.1:15041"\nETCD_INITIAL_CLUSTER_STATE="existing"\n',
    )
    const learner: Member = () => ({ kind: 'memberAdd', member: { ...m4, isLearner: true }, members: [m1, m4] })
    expect(ctl('etcdctl member add m4 --learner --peer-urls=http://127.0.0.1:15041', learner).stdout).toMatch(
      /^Member 715de447bacfd729 added as learner to cluster c6e741ee30dfe943\n/,
    )
  })

  it.each([
    ['member remove 715de447bacfd729', 'Member 715de447bacfd729 removed from cluster c6e741ee30dfe943\n'],
    ['member promote 715de447bacfd729', 'Member 715de447bacfd729 promoted in cluster c6e741ee30dfe943\n'],
    [
      'member update 715de447bacfd729 --peer-urls=http://1.2.3.4:2380',
      'Member 715de447bacfd729 updated in cluster c6e741ee30dfe943\n',
    ],
  ])('%s', (line, stdout) => {
    expect(ctl(`etcdctl ${line}`, () => ({ kind: 'memberChange', members: [m1] }))).toMatchObject({ code: 0, stdout })
  })

  it('alarms have the id in decimal and a blank at the end', () => {
    const alarms: Member = () => ({ kind: 'alarms', alarms: [{ memberId: '8e9e05c52164694d', alarm: 'NOSPACE' }] })
    expect(ctl('etcdctl alarm list', alarms).stdout).toBe('memberID:10276657743932975437 alarm:NOSPACE \n')
    expect(ctl('etcdctl alarm disarm', alarms).stdout).toBe('memberID:10276657743932975437 alarm:NOSPACE \n')
    const none: Member = () => ({ kind: 'alarms', alarms: [] })
    expect(ctl('etcdctl alarm list -w json', none).stdout).toBe(`{${JSON_HEAD}}\n`)
    expect(ctl('etcdctl alarm list -w json', none, { version: '3.4.23' }).stdout).toBe('{}\n')
  })

  it('leadership is moved by the leader', () => {
    const member: Member = ({ request }) =>
      request.kind === 'status' ? { kind: 'status', status: STATUS } : { kind: 'moveLeader' }
    expect(ctl('etcdctl move-leader c89feb932daef420', member).stdout).toBe(
      'Leadership transferred from d0fc88b41492808e to c89feb932daef420\n',
    )
    const follower: Member = () => ({ kind: 'status', status: { ...STATUS, leader: 'c89feb932daef420' } })
    expect(ctl('etcdctl move-leader c89feb932daef420 --endpoints=127.0.0.1:14010', follower)).toMatchObject({
      code: 128,
      stderr: 'Error: no leader endpoint given at [127.0.0.1:14010]\n',
    })
  })
})

describe('endpoint health', () => {
  const well: Member = ({ request }) =>
    request.kind === 'alarm' ? { kind: 'alarms', alarms: [] } : { kind: 'range', kvs: [], count: 0, more: false }

  it('is told on standard output', () => {
    const { code, stdout, stderr } = ctl('etcdctl endpoint health', well)
    expect(stdout).toMatch(/^127\.0\.0\.1:2379 is healthy: successfully committed proposal: took = \d+\.\d+ms\n$/)
    expect([code, stderr]).toEqual([0, ''])
  })

  it('an alarm makes a member ill, since 3.5', () => {
    const full: Member = ({ request }) =>
      request.kind === 'alarm'
        ? { kind: 'alarms', alarms: [{ memberId: HEADER.memberId, alarm: 'NOSPACE' }] }
        : { kind: 'range', kvs: [], count: 0, more: false }
    expect(ctl('etcdctl endpoint health', full)).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        '127.0.0.1:2379 is unhealthy: failed to commit proposal: Active Alarm(s): NOSPACE \nError: unhealthy cluster\n',
    })
    expect(ctl('etcdctl endpoint health', full, { version: '3.4.23' }).code).toBe(0)
  })

  it('has a table and fields', () => {
    expect(ctl('etcdctl endpoint health -w table', well).stdout).toMatch(
      /^\+-+\+-+\+-+\+-+\+\n\|    ENDPOINT    \| HEALTH \| +TOOK +\| ERROR \|\n.*\n\| 127\.0\.0\.1:2379 \|   true \| \d\.\d+ms \|       \|\n/,
    )
    expect(ctl('etcdctl endpoint health -w fields', well).stdout).toMatch(
      /^"Endpoint" : "127\.0\.0\.1:2379"\n"Health" : true\n"Took" : \d\.\d+ms\n"Error" : \n\n$/,
    )
  })
})
