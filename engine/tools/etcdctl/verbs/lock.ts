/**
 * `lock` and `elect`: a key under a lease, held by whoever came first. Models client/v3/concurrency (session, mutex,
 * election) and etcdctl/ctlv3/command/{lock,elect}_command.go.
 */
import type { KeyValue } from '../../../etcd/messages.ts'
import type { Run } from '../../../host/process.ts'
import type { EtcdClient } from '../client.ts'
import { badArgs, Ended, EXIT, Failed } from '../exit.ts'
import { leaseHex } from '../printers/responses.ts'
import type { Session } from '../session.ts'
import { prefixEnd, valueText } from '../values.ts'

/** How often it is looked whether those before us are gone, and whether somebody wants us to stop. */
const POLL_MS = 100
const ELECT_TTL_SECONDS = 60

interface Held {
  lease: number
  key: string
  value: string
  createRevision: number
  ttlSeconds: number
}

export function* lock(session: Session): Run<void> {
  const { args, p } = session
  if (args.length === 0) throw badArgs('lock takes a lock name argument and an optional command to execute')
  const [name = '', ...command] = args
  const client = yield* session.client()
  yield* p.catchSignals(['INT', 'TERM'])
  const held = yield* campaign(session, client, `${name}/`, '', session.number('ttl') || 10)
  if (command.length === 0) {
    yield* p.out(`${held.key}\n${held.value}\n`)
    return yield* keep(session, client, held)
  }
  const code = yield* run(session, held, command)
  yield* client.call({ kind: 'leaseRevoke', id: held.lease })
  if (code !== 0) throw new Ended(code)
}

function* run({ p }: Session, held: Held, argv: string[]): Run<number> {
  const env = { ...p.env, ETCD_LOCK_KEY: held.key, ETCD_LOCK_REV: String(held.createRevision) }
  const started = yield* p.spawn({ argv, env })
  if ('error' in started)
    throw new Failed(EXIT.error, `exec: ${JSON.stringify(argv[0])}: executable file not found in $PATH`)
  return yield* p.wait(started.pid)
}

export function* elect(session: Session): Run<void> {
  const { args, p } = session
  if (args.length !== 1 && args.length !== 2)
    throw badArgs('elect takes one election name argument and an optional proposal argument')
  const [name = '', proposal] = args
  if (proposal !== undefined && session.isSet('listen')) throw badArgs('proposal given but -l is set')
  const client = yield* session.client()
  if (proposal === undefined) {
    if (!session.isSet('listen')) throw badArgs('no proposal argument but -l not set')
    return yield* observe(session, client, `${name}/`)
  }
  yield* p.catchSignals(['INT', 'TERM'])
  const held = yield* campaign(session, client, `${name}/`, proposal, ELECT_TTL_SECONDS)
  yield* p.out(`${held.key}\n${held.value}\n`)
  yield* keep(session, client, held)
}

/** Puts the own key and waits until all that came before are gone. */
function* campaign(session: Session, client: EtcdClient, prefix: string, value: string, ttlSeconds: number): Run<Held> {
  const granted = yield* client.must({ kind: 'leaseGrant', ttlSeconds })
  if (granted.result.kind !== 'lease') throw new Failed(EXIT.error, 'no lease')
  const lease = granted.result.id
  const key = `${prefix}${leaseHex(lease).replace(/^0+/, '')}`
  const put = yield* client.must({ kind: 'txn', compare: [], success: [{ op: 'put', key, value, lease }], failure: [] })
  const held: Held = { lease, key, value, createRevision: put.header.revision, ttlSeconds }
  let renewAt = (yield* session.p.now()) + (ttlSeconds * 1000) / 3
  while ((yield* earlier(client, prefix, held.createRevision)).length > 0) {
    yield* session.p.sleep(POLL_MS)
    yield* stopWhenAsked(session, client, held)
    if ((yield* session.p.now()) >= renewAt) renewAt = yield* renew(session, client, held)
  }
  return held
}

function* earlier(client: EtcdClient, prefix: string, before: number): Run<KeyValue[]> {
  const { result } = yield* client.must({ kind: 'range', key: prefix, rangeEnd: prefixEnd(prefix) })
  return result.kind === 'range' ? result.kvs.filter(({ createRevision }) => createRevision < before) : []
}

/** Holds the key until a signal comes. */
function* keep(session: Session, client: EtcdClient, held: Held): Run<never> {
  let renewAt = (yield* session.p.now()) + (held.ttlSeconds * 1000) / 3
  for (;;) {
    yield* session.p.sleep(Math.max(1, renewAt - (yield* session.p.now())))
    yield* stopWhenAsked(session, client, held)
    if ((yield* session.p.now()) >= renewAt) renewAt = yield* renew(session, client, held)
  }
}

function* renew(session: Session, client: EtcdClient, held: Held): Run<number> {
  yield* client.call({ kind: 'leaseKeepAlive', id: held.lease })
  return (yield* session.p.now()) + (held.ttlSeconds * 1000) / 3
}

function* stopWhenAsked(session: Session, client: EtcdClient, held: Held): Run<void> {
  if ((yield* session.p.takeSignal()) === null) return
  yield* client.call({ kind: 'leaseRevoke', id: held.lease })
  throw new Ended(0)
}

/** Tells every new leader. */
function* observe(session: Session, client: EtcdClient, prefix: string): Run<never> {
  let last = ''
  for (;;) {
    const { result } = yield* client.must({ kind: 'range', key: prefix, rangeEnd: prefixEnd(prefix) })
    const kvs = result.kind === 'range' ? [...result.kvs].sort((a, b) => a.createRevision - b.createRevision) : []
    const [first] = kvs
    if (first !== undefined && `${first.key} ${first.modRevision}` !== last) {
      last = `${first.key} ${first.modRevision}`
      yield* session.p.out(`${first.key}\n${valueText(first.value)}\n`)
    }
    yield* session.p.sleep(POLL_MS)
  }
}
