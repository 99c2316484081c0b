/**
 * Models etcdctl/ctlv3/command/printer_json.go: the messages of etcd's API as encoding/json writes them. Keys and
 * values are base64, ids are decimal (hex with --hex for members), what is zero is left out.
 */
import type { Permission } from '../../../etcd/auth-messages.ts'
import type { EtcdMemberInfo, KeyValue, ResponseOp } from '../../../etcd/messages.ts'
import { base64, valueText } from '../values.ts'
import { decimal, hexId } from './responses.ts'
import type { EndpointStatus, Header, PrintOptions, Printer } from './responses.ts'

/** A number or bare text that JSON.stringify would spoil. */
class Raw {
  constructor(readonly text: string) {}
}

const id = (hex: string, isHex = false): Raw => new Raw(isHex ? JSON.stringify(hexId(hex)) : decimal(hex))

function write(value: unknown): string {
  if (value instanceof Raw) return value.text
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if (typeof value === 'string') return goString(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${write(one)}`).join(',')}}`
}

const goString = (text: string): string =>
  JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const line = (value: unknown): string => `${write(value)}\n`
const some = <T>(value: T): T | undefined => (value ? value : undefined)
const list = <T>(values: T[]): T[] | undefined => (values.length === 0 ? undefined : values)

function head({ clusterId, memberId, revision, raftTerm }: Header, isHex = false): Record<string, unknown> {
  return {
    cluster_id: id(clusterId, isHex),
    member_id: id(memberId, isHex),
    revision: some(revision),
    raft_term: some(raftTerm),
  }
}

function keyValue({ key, value, createRevision, modRevision, version, lease }: KeyValue): Record<string, unknown> {
  const text = valueText(value)
  return {
    key: base64(key),
    create_revision: some(createRevision),
    mod_revision: some(modRevision),
    version: some(version),
    value: text === '' ? undefined : base64(text),
    lease: some(lease),
  }
}

function operation(response: ResponseOp, revision: number | undefined): Record<string, unknown> {
  const header = { revision: some(revision) }
  if (response.op === 'put') return { response_put: { header, prev_kv: response.prevKv && keyValue(response.prevKv) } }
  if (response.op === 'delete')
    return {
      response_delete_range: {
        header,
        deleted: some(response.deleted),
        prev_kvs: list(response.prevKvs.map(keyValue)),
      },
    }
  const { kvs, more, count } = response
  return { response_range: { header, kvs: list(kvs.map(keyValue)), more: some(more), count: some(count) } }
}

function member({ id: own, name, peerUrls, clientUrls, isLearner }: EtcdMemberInfo, isHex: boolean): unknown {
  return {
    ID: id(own, isHex),
    name: some(name),
    peerURLs: list(peerUrls),
    [isHex ? 'clientURLS' : 'clientURLs']: list(clientUrls),
    isLearner: some(isLearner),
  }
}

const PERMISSION_TYPES = { READ: undefined, WRITE: 1, READWRITE: 2 } as const

function permission({ type, key, rangeEnd = '' }: Permission): unknown {
  return {
    permType: PERMISSION_TYPES[type],
    key: key === '' ? undefined : base64(key),
    range_end: rangeEnd === '' ? undefined : base64(rangeEnd),
  }
}

const members = (all: EtcdMemberInfo[], { isHex }: PrintOptions): unknown[] => all.map((one) => member(one, isHex))

function endpointStatus({ endpoint, header, status }: EndpointStatus, { minor }: PrintOptions): unknown {
  const { version, dbSize, leader, raftIndex, raftTerm, raftAppliedIndex, errors, dbSizeInUse, isLearner } = status
  return {
    Endpoint: endpoint,
    Status: {
      header: head(header),
      version,
      dbSize,
      leader: decimal(leader) === '0' ? undefined : id(leader),
      raftIndex,
      raftTerm,
      raftAppliedIndex,
      errors: list(errors),
      dbSizeInUse,
      isLearner: some(isLearner),
      ...(minor >= 6 && { storageVersion: status.storageVersion, dbSizeQuota: status.dbSizeQuota, downgradeInfo: {} }),
    },
  }
}

export const json: Printer = {
  put: ({ header, prevKv }) => line({ header: head(header), prev_kv: prevKv && keyValue(prevKv) }),
  get: ({ header, kvs, more, count }) =>
    line({ header: head(header), kvs: list(kvs.map(keyValue)), more: some(more), count: some(count) }),
  del: ({ header, deleted, prevKvs }) =>
    line({ header: head(header), deleted: some(deleted), prev_kvs: list(prevKvs.map(keyValue)) }),
  txn: ({ header, succeeded, responses }) =>
    line({
      header: head(header),
      succeeded: some(succeeded),
      responses: list(responses.map((one) => ({ Response: operation(one, header.revision) }))),
    }),
  watch: ({ header, events }) =>
    line({
      Header: head(header),
      Events: events.map(({ type, kv, prevKv }) => ({
        type: type === 'DELETE' ? 1 : undefined,
        kv: keyValue(kv),
        prev_kv: prevKv && keyValue(prevKv),
      })),
      CompactRevision: 0,
      Canceled: false,
      Created: false,
    }),
  grant: ({ header, id: lease, ttl }) => line({ ...head(header), ID: lease, TTL: ttl, Error: '' }),
  revoke: ({ header }) => line({ header: head(header) }),
  keepAlive: ({ header, id: lease, ttl }) => line({ ...head(header), ID: lease, TTL: ttl }),
  timeToLive: ({ header, id: lease, ttl, grantedTtl, keys }) =>
    line({ ...head(header), id: lease, ttl, 'granted-ttl': grantedTtl, keys: keys?.map(base64) ?? null }),
  leases: ({ header, ids }) => line({ ...head(header), leases: ids.map((lease) => ({ id: lease })) }),
  alarms: ({ header, alarms }, { minor }) =>
    line({
      header: minor <= 4 ? undefined : head(header),
      alarms: list(
        alarms.map(({ memberId, alarm }) => ({ memberID: id(memberId), alarm: alarm === 'NOSPACE' ? 1 : 2 })),
      ),
    }),
  members: ({ header, members: all }, options) =>
    line({ header: head(header, options.isHex), members: members(all, options) }),
  memberAdd: ({ header, member: own, members: all }, options) =>
    line({
      header: head(header, options.isHex),
      member: member(own, options.isHex),
      members: members(all, options),
    }),
  memberChange: ({ header, members: all }, options) =>
    line({ header: head(header, options.isHex), members: members(all, options) }),
  moveLeader: ({ header }) => line({ header: head(header) }),
  status: ({ list: all }, options) => line(all.map((one) => endpointStatus(one, options))),
  health: ({ list: all }) =>
    line(all.map(({ endpoint, healthy, took, error }) => ({ endpoint, health: healthy, took, error: some(error) }))),
  hashKv: ({ list: all }, { minor }) =>
    line(
      all.map(({ endpoint, header, hash, compactRevision, hashRevision }) => ({
        Endpoint: endpoint,
        HashKV: {
          header: head(header),
          hash: some(hash),
          compact_revision: some(compactRevision),
          hash_revision: minor >= 6 ? some(hashRevision) : undefined,
        },
      })),
    ),
  snapshot: ({ status: { hash, revision, totalKey, totalSize, version } }, { minor }) =>
    line({ hash, revision, totalKey, totalSize, version: minor >= 6 ? (version ?? '') : undefined }),
  authStatus: ({ header, enabled, revision }) =>
    line({ header: head(header), enabled: some(enabled), authRevision: some(revision) }),
  authChange: ({ header }) => line({ header: head(header) }),
  user: ({ header, roles }) => line({ header: head(header), roles: list(roles) }),
  users: ({ header, users }) => line({ header: head(header), users: list(users) }),
  role: ({ header, permissions }) => line({ header: head(header), perm: list(permissions.map(permission)) }),
  roles: ({ header, roles }) => line({ header: head(header), roles: list(roles) }),
}
