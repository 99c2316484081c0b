/** Models etcdctl/ctlv3/command/printer_simple.go (H3). */
import type { Permission } from '../../../etcd/auth-messages.ts'
import type { KeyValue, ResponseOp } from '../../../etcd/messages.ts'
import { hexText, prefixEnd, valueText } from '../values.ts'
import { hashRows, healthRows, memberRows, snapshotRows, statusRows } from './rows.ts'
import type { Rows } from './rows.ts'
import { decimal, hexId, leaseHex } from './responses.ts'
import type { PrintOptions, Printer, Printed } from './responses.ts'

function keyValue({ key, value }: KeyValue, { isHex, valueOnly }: PrintOptions): string {
  const [k, v] = isHex ? [hexText(key), hexText(valueText(value))] : [key, valueText(value)]
  return valueOnly ? `${v}\n` : `${k}\n${v}\n`
}

const keyValues = (kvs: KeyValue[], options: PrintOptions): string => kvs.map((kv) => keyValue(kv, options)).join('')
const commas = ({ rows }: Rows): string => rows.map((row) => `${row.join(', ')}\n`).join('')

function operation(response: ResponseOp, options: PrintOptions): string {
  if (response.op === 'put') return `OK\n${response.prevKv === undefined ? '' : keyValue(response.prevKv, options)}`
  if (response.op === 'delete') return `${response.deleted}\n${keyValues(response.prevKvs, options)}`
  return keyValues(response.kvs, options)
}

export const simple: Printer = {
  put: ({ prevKv }, options) => `OK\n${prevKv === undefined ? '' : keyValue(prevKv, options)}`,
  get: ({ kvs }, options) => keyValues(kvs, options),
  del: ({ deleted, prevKvs }, options) => `${deleted}\n${keyValues(prevKvs, options)}`,
  txn: ({ succeeded, responses }, options) =>
    `${succeeded ? 'SUCCESS' : 'FAILURE'}\n${responses.map((one) => `\n${operation(one, options)}`).join('')}`,
  watch: ({ events }, options) =>
    events
      .map(({ type, kv, prevKv }) => {
        const before = prevKv === undefined ? '' : keyValue(prevKv, options)
        return `${type}\n${before}${keyValue(kv, options)}`
      })
      .join(''),
  grant: ({ id, ttl }) => `lease ${leaseHex(id)} granted with TTL(${ttl}s)\n`,
  revoke: ({ id }) => `lease ${leaseHex(id)} revoked\n`,
  keepAlive: ({ id, ttl }) => `lease ${leaseHex(id)} keepalived with TTL(${ttl})\n`,
  timeToLive: ({ id, ttl, grantedTtl, keys }) => {
    if (grantedTtl === 0 && ttl === -1) return `lease ${leaseHex(id)} already expired\n`
    const attached = keys === undefined ? '' : `, attached keys([${keys.join(' ')}])`
    return `lease ${leaseHex(id)} granted with TTL(${grantedTtl}s), remaining(${ttl}s)${attached}\n`
  },
  leases: ({ ids }) => `found ${ids.length} leases\n${ids.map((id) => `${leaseHex(id)}\n`).join('')}`,
  alarms: ({ alarms }) =>
    alarms.map(({ memberId, alarm }) => `memberID:${decimal(memberId)} alarm:${alarm} \n`).join(''),
  members: (response) => commas(memberRows(response)),
  memberAdd: ({ header, member }) =>
    `Member ${hexId(member.id).padStart(16)} added${member.isLearner ? ' as learner' : ''} to cluster ${hexId(header.clusterId).padStart(16)}\n`,
  memberChange: ({ header, id, verb }) =>
    `Member ${hexId(id).padStart(16)} ${verb} cluster ${hexId(header.clusterId).padStart(16)}\n`,
  moveLeader: ({ from, to }) => `Leadership transferred from ${hexId(from)} to ${hexId(to)}\n`,
  status: ({ list }, { minor }) => commas(statusRows(list, minor)),
  health: ({ list }, { minor }) => healthLines(healthRows(list).rows, minor),
  hashKv: ({ list }, { minor }) => commas(hashRows(list, minor)),
  snapshot: ({ status }, { minor }) => commas(snapshotRows(status, minor)),
  authStatus: ({ enabled, revision }) => `Authentication Status: ${enabled}\nAuthRevision: ${revision}\n`,
  authChange: ({ said }) => `${said}\n`,
  user: ({ name, roles }) => `User: ${name}\nRoles:${roles.map((role) => ` ${role}`).join('')}\n`,
  users: ({ users }) => users.map((user) => `${user}\n`).join(''),
  role: ({ role, permissions }) =>
    `Role ${role}\nKV Read:\n${allowed(permissions, 'READ')}KV Write:\n${allowed(permissions, 'WRITE')}`,
  roles: ({ roles }) => roles.map((role) => `${role}\n`).join(''),
}

function allowed(permissions: readonly Permission[], access: Permission['type']): string {
  const meant = permissions.filter(({ type }) => type === access || type === 'READWRITE')
  return meant.map((one) => `\t${permissionText(one)}\n`).join('')
}

function permissionText({ key, rangeEnd }: Permission): string {
  if (rangeEnd === undefined) return key
  const range = `[${key}, ${rangeEnd === '\0' ? '<open ended>' : `${rangeEnd})`}`
  return key !== '' && prefixEnd(key) === rangeEnd ? `${range} (prefix ${key})` : range
}

/** 3.4 says all on standard error. */
function healthLines(rows: string[][], minor: number): Printed {
  const lines = rows.map(([endpoint, , took, error]) => {
    const isWell = error === ''
    const said = isWell
      ? `${endpoint} is healthy: successfully committed proposal: took = ${took}\n`
      : `${endpoint} is unhealthy: failed to commit proposal: ${error}\n`
    return isWell && minor > 4 ? { out: said } : { err: said }
  })
  return { out: lines.map(({ out = '' }) => out).join(''), err: lines.map(({ err = '' }) => err).join('') }
}
