/** Models etcdctl/ctlv3/command/printer_fields.go: one field a line. */
import type { EtcdMemberInfo, KeyValue, ResponseOp } from '../../../etcd/messages.ts'
import { quoted, valueText } from '../values.ts'
import { decimal } from './responses.ts'
import type { EndpointStatus, Header, PrintOptions, Printer } from './responses.ts'

type Field = [string, string | number | boolean]

const text = (fields: Field[]): string => fields.map(([name, value]) => `"${name}" : ${value}\n`).join('')

function head({ clusterId, memberId, revision = 0, raftTerm }: Header): string {
  return text([
    ['ClusterID', decimal(clusterId)],
    ['MemberID', decimal(memberId)],
    ['Revision', revision],
    ['RaftTerm', raftTerm],
  ])
}

function keyValue(kv: KeyValue, prefix = ''): string {
  return text([
    [`${prefix}Key`, quoted(kv.key)],
    [`${prefix}CreateRevision`, kv.createRevision],
    [`${prefix}ModRevision`, kv.modRevision],
    [`${prefix}Version`, kv.version],
    [`${prefix}Value`, quoted(valueText(kv.value))],
    [`${prefix}Lease`, kv.lease],
  ])
}

const before = (kvs: KeyValue[]): string => kvs.map((kv) => keyValue(kv, 'Prev')).join('')

const range = (kvs: KeyValue[], more: boolean, count: number): string =>
  `${kvs.map((kv) => keyValue(kv)).join('')}${text([
    ['More', more],
    ['Count', count],
  ])}`

/** The header of an operation inside a transaction holds its revision only. */
function operation(response: ResponseOp, revision: number | undefined): string {
  const own = head({ clusterId: '0', memberId: '0', revision: revision ?? 0, raftTerm: 0 })
  if (response.op === 'put') return own + before(response.prevKv === undefined ? [] : [response.prevKv])
  if (response.op === 'delete') return own + text([['Deleted', response.deleted]]) + before(response.prevKvs)
  return own + range(response.kvs, response.more, response.count)
}

function member({ id, name, peerUrls, clientUrls, isLearner }: EtcdMemberInfo): string {
  return `${text([
    ['ID', decimal(id)],
    ['Name', quoted(name)],
    ...peerUrls.map((url): Field => ['PeerURL', quoted(url)]),
    ...clientUrls.map((url): Field => ['ClientURL', quoted(url)]),
    ['IsLearner', isLearner],
  ])}\n`
}

function endpointStatus({ endpoint, header, status }: EndpointStatus, { minor }: PrintOptions): string {
  const isNew = minor >= 6
  const fields: Field[] = [
    ['Version', quoted(status.version)],
    ...(isNew ? ([['StorageVersion', quoted(status.storageVersion ?? '')]] as Field[]) : []),
    ['DBSize', status.dbSize],
    ...(isNew
      ? ([
          ['DBSizeInUse', status.dbSizeInUse],
          ['DBSizeQuota', status.dbSizeQuota ?? 0],
        ] as Field[])
      : []),
    ['Leader', decimal(status.leader)],
    ['IsLearner', status.isLearner],
    ['RaftIndex', status.raftIndex],
    ['RaftTerm', status.raftTerm],
    ['RaftAppliedIndex', status.raftAppliedIndex],
    ['Errors', `[${status.errors.join(' ')}]`],
    ['Endpoint', quoted(endpoint)],
    ...(isNew
      ? ([
          ['DowngradeTargetVersion', quoted('')],
          ['DowngradeEnabled', false],
        ] as Field[])
      : []),
  ]
  return `${head(header)}${text(fields)}\n`
}

const lease = (header: Header, id: number, ttl: number): string =>
  head(header) +
  text([
    ['ID', id],
    ['TTL', ttl],
  ])

export const fields: Printer = {
  put: ({ header, prevKv }) => head(header) + before(prevKv === undefined ? [] : [prevKv]),
  get: ({ header, kvs, more, count }) => head(header) + range(kvs, more, count),
  del: ({ header, deleted, prevKvs }) => head(header) + text([['Deleted', deleted]]) + before(prevKvs),
  txn: ({ header, succeeded, responses }) =>
    head(header) + text([['Succeeded', succeeded]]) + responses.map((one) => operation(one, header.revision)).join(''),
  watch: ({ header, events }) =>
    head(header) +
    events
      .map(
        ({ type, kv, prevKv }) => text([['Type', type]]) + before(prevKv === undefined ? [] : [prevKv]) + keyValue(kv),
      )
      .join(''),
  grant: ({ header, id, ttl }) => lease(header, id, ttl),
  revoke: ({ header }) => head(header),
  keepAlive: ({ header, id, ttl }) => lease(header, id, ttl),
  timeToLive: ({ header, id, ttl, grantedTtl, keys = [] }) =>
    lease(header, id, ttl) + text([['GrantedTTL', grantedTtl], ...keys.map((key): Field => ['Key', quoted(key)])]),
  leases: ({ header, ids }) => head(header) + text(ids.map((id): Field => ['ID', id])),
  alarms: ({ header, alarms }) =>
    head(header) +
    alarms
      .map(
        ({ memberId, alarm }) =>
          `${text([
            ['MemberID', decimal(memberId)],
            ['AlarmType', alarm],
          ])}\n`,
      )
      .join(''),
  members: ({ header, members }) => head(header) + members.map(member).join(''),
  status: ({ list }, options) => list.map((one) => endpointStatus(one, options)).join(''),
  health: ({ list }) =>
    list
      .map(
        ({ endpoint, healthy, took, error }) =>
          `${text([
            ['Endpoint', quoted(endpoint)],
            ['Health', healthy],
            ['Took', took],
            ['Error', error],
          ])}\n`,
      )
      .join(''),
  hashKv: ({ list }, { minor }) =>
    list
      .map(
        ({ endpoint, header, hash, hashRevision }) =>
          `${head(header)}${text([
            ['Endpoint', quoted(endpoint)],
            ['Hash', hash],
            ...(minor >= 6 ? ([['HashRevision', hashRevision]] as Field[]) : []),
          ])}\n`,
      )
      .join(''),
  authChange: ({ header }) => head(header),
  role: ({ header, permissions }) =>
    head(header) +
    permissions
      .map(({ type, key, rangeEnd = '' }) =>
        text([
          ['PermType', ` ${type}`],
          ['Key', quoted(key)],
          ['RangeEnd', quoted(rangeEnd)],
        ]),
      )
      .join(''),
  roles: ({ header, roles }) => `${head(header)}"Roles" :${roles.map((role) => ` ${quoted(role)}`).join('')}\n`,
  snapshot: ({ status: { hash, revision, totalKey, totalSize, version } }, { minor }) =>
    text([
      ['Hash', hash],
      ['Revision', revision],
      ['Keys', totalKey],
      ['Size', totalSize],
      ...(minor >= 6 ? ([['Version', version ?? '']] as Field[]) : []),
    ]),
}
