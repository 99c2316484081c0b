/** Models etcdctl/ctlv3/command/put_command.go. Not modelled: --ignore-value and --ignore-lease on the server's side alone. */
import type { EtcdCall, KeyValue, RequestOp } from '../../../etcd/messages.ts'
import type { Run } from '../../../host/process.ts'
import type { EtcdClient } from '../client.ts'
import { badArgs, EXIT, Failed } from '../exit.ts'
import { leaseIdOf } from '../lease-id.ts'
import type { Session } from '../session.ts'

export function* put(session: Session): Run<void> {
  const [key] = session.args
  if (key === undefined) throw badArgs('put command needs 1 argument and input from stdin or 2 arguments')
  const operation = yield* operationOf(session, key)
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'txn', compare: [], success: [operation], failure: [] })
  const [response] = result.kind === 'txn' ? result.responses : []
  const prevKv = response?.op === 'put' ? response.prevKv : undefined
  yield* session.show({ kind: 'put', header, ...(prevKv !== undefined && session.isSet('prev-kv') && { prevKv }) })
}

/** What is put: with --ignore-value or --ignore-lease, the rest is what stands there. */
function* operationOf(session: Session, key: string): Run<RequestOp> {
  const [keepsValue, keepsLease] = [session.isSet('ignore-value'), session.isSet('ignore-lease')]
  if (keepsValue && session.args.length > 1)
    throw badArgs("put command needs only 1 argument when 'ignore-value' is set")
  const value = keepsValue ? '' : yield* valueOf(session)
  const lease = leaseIdOf(session.flag('lease'), 'bad lease ID (strconv.ParseInt: parsing ')
  const prevKv = session.isSet('prev-kv')
  if (!keepsValue && !keepsLease) return { op: 'put', key, value, ...(lease !== 0 && { lease }), prevKv }
  const old = yield* standing(yield* session.client(), key, session)
  return { op: 'put', key, value: keepsValue ? old.value : value, lease: keepsLease ? old.lease : lease, prevKv }
}

function* valueOf({ args, p }: Session): Run<string> {
  if (args.length > 1) return args[1] as string
  const text = yield* p.readAll()
  if (text === '') throw badArgs('put command needs 1 argument and input from stdin or 2 arguments')
  return text
}

/** What the key holds now, for a put that keeps its value or lease. */
function* standing(client: EtcdClient, key: string, session: Session): Run<KeyValue> {
  if (session.isSet('ignore-lease') && session.invocation.changed.has('lease'))
    throw new Failed(EXIT.error, 'etcdserver: lease is provided')
  const call: EtcdCall = { kind: 'range', key }
  const { result } = yield* client.must(call)
  const [kv] = result.kind === 'range' ? result.kvs : []
  if (kv === undefined) throw new Failed(EXIT.error, 'etcdserver: key not found')
  return kv
}
