/** gRPC codes of etcd's errors, and the method names of its calls (api/v3rpc/rpctypes/error.go, H4). */
import { AUTH_ERRORS } from '../../etcd/errors.ts'
import type { EtcdCall } from '../../etcd/messages.ts'

const CODES: [RegExp, string][] = [
  [/^auth: /, 'Unknown'],
  [/^etcdserver: permission denied/, 'PermissionDenied'],
  [/^etcdserver: invalid auth token/, 'Unauthenticated'],
  [
    /^etcdserver: (user name is empty|role name is empty|authentication failed|invalid auth management|revision of auth)/,
    'InvalidArgument',
  ],
  [/^etcdserver: permission is not granted/, 'FailedPrecondition'],
  [/requested lease not found|member not found/, 'NotFound'],
  [/required revision|too large lease TTL/, 'OutOfRange'],
  [/database space exceeded|too many requests/, 'ResourceExhausted'],
  [
    /key is not provided|key not found|value is provided|lease is provided|too many operations|duplicate key/,
    'InvalidArgument',
  ],
  [/request is too large|invalid sort option/, 'InvalidArgument'],
  [
    /lease already exists|bad leader transferee|can only promote|member ID already exist|Peer URLs already exists/,
    'FailedPrecondition',
  ],
  [
    /not enough started members|too many learner members|not leader|authentication is not enabled|user |role /,
    'FailedPrecondition',
  ],
  [/^etcdserver: corrupt cluster/, 'DataLoss'],
  [/^etcdserver: /, 'Unavailable'],
]

/** `NotFound`; `Unknown` for what is no error of etcd's. */
export function codeOf(message: string): string {
  return CODES.find(([pattern]) => pattern.test(message))?.[1] ?? 'Unknown'
}

/** Whether users or roles are in the way. */
export function isOfUsers(message: string): boolean {
  return Object.values<string>(AUTH_ERRORS).includes(message) || /^(rpc error: .* desc = )?auth: /.test(message)
}

/** An error as grpc says it by itself, which clientv3 leaves to streams. */
export function grpcText(message: string): string {
  return message.startsWith('rpc error: ') ? message : `rpc error: code = ${codeOf(message)} desc = ${message}`
}

const METHODS: Partial<Record<EtcdCall['kind'], string>> = {
  range: 'KV/Range',
  txn: 'KV/Txn',
  compact: 'KV/Compact',
  leaseGrant: 'Lease/LeaseGrant',
  leaseRevoke: 'Lease/LeaseRevoke',
  leaseTimeToLive: 'Lease/LeaseTimeToLive',
  leases: 'Lease/LeaseLeases',
  status: 'Maintenance/Status',
  memberList: 'Cluster/MemberList',
  memberAdd: 'Cluster/MemberAdd',
  memberRemove: 'Cluster/MemberRemove',
  memberUpdate: 'Cluster/MemberUpdate',
  memberPromote: 'Cluster/MemberPromote',
  moveLeader: 'Maintenance/MoveLeader',
  alarm: 'Maintenance/Alarm',
  defragment: 'Maintenance/Defragment',
  hashKv: 'Maintenance/HashKV',
  authEnable: 'Auth/AuthEnable',
  authDisable: 'Auth/AuthDisable',
  authStatus: 'Auth/AuthStatus',
  authenticate: 'Auth/Authenticate',
  userAdd: 'Auth/UserAdd',
  userDelete: 'Auth/UserDelete',
  userGet: 'Auth/UserGet',
  userList: 'Auth/UserList',
  userChangePassword: 'Auth/UserChangePassword',
  userGrantRole: 'Auth/UserGrantRole',
  userRevokeRole: 'Auth/UserRevokeRole',
  roleAdd: 'Auth/RoleAdd',
  roleDelete: 'Auth/RoleDelete',
  roleGet: 'Auth/RoleGet',
  roleList: 'Auth/RoleList',
  roleGrantPermission: 'Auth/RoleGrantPermission',
  roleRevokePermission: 'Auth/RoleRevokePermission',
}

/** `/etcdserverpb.KV/Range`. A put or delete is a transaction of one operation here. */
export function methodOf(call: EtcdCall): string {
  const only =
    call.kind === 'txn' && call.compare.length === 0 && call.success.length === 1 ? call.success[0] : undefined
  const own = only?.op === 'put' ? 'KV/Put' : only?.op === 'delete' ? 'KV/DeleteRange' : METHODS[call.kind]
  return `/etcdserverpb.${own ?? 'KV/Range'}`
}

/** Calls that clientv3 repeats when a member is unavailable. */
const REPEATABLE = new Set<EtcdCall['kind']>([
  'range',
  'memberList',
  'leases',
  'leaseTimeToLive',
  'status',
  'hashKv',
  'alarm',
  'userGet',
  'userList',
  'roleGet',
  'roleList',
])

export function isRepeatable(call: EtcdCall): boolean {
  if (call.kind === 'alarm') return call.action === 'get'
  return REPEATABLE.has(call.kind)
}
