/** Models etcdctl/ctlv3/command/lease_command.go. */
import type { Run } from '../../../host/process.ts'
import { badArgs, EXIT, Failed } from '../exit.ts'
import { LEASE_ARG, leaseIdOf } from '../lease-id.ts'
import { leaseHex } from '../printers/responses.ts'
import type { Session, Verb } from '../session.ts'

function oneId({ args }: Session, what: string): number {
  const needed = what === 'revoke' ? '1 argument' : 'lease ID as argument'
  if (args.length !== 1) throw badArgs(`lease ${what} command needs ${needed}`)
  return leaseIdOf(args[0] as string, LEASE_ARG)
}

const grant: Verb = function* (session) {
  const { args } = session
  if (args.length !== 1) throw badArgs('lease grant command needs TTL argument')
  const [text = ''] = args
  if (!/^[+-]?\d+$/.test(text))
    throw badArgs(`bad TTL (strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax)`)
  const client = yield* session.client()
  const answer = yield* client.call({ kind: 'leaseGrant', ttlSeconds: Number(text) })
  if ('error' in answer) throw new Failed(EXIT.error, `failed to grant lease (${answer.error})`)
  const { header, result } = answer
  if (result.kind === 'lease') yield* session.show({ kind: 'grant', header, id: result.id, ttl: result.ttlSeconds })
}

const revoke: Verb = function* (session) {
  const id = oneId(session, 'revoke')
  const client = yield* session.client()
  const answer = yield* client.call({ kind: 'leaseRevoke', id })
  if ('error' in answer) throw new Failed(EXIT.error, `failed to revoke lease (${answer.error})`)
  yield* session.show({ kind: 'revoke', header: answer.header, id })
}

const timetolive: Verb = function* (session) {
  const id = oneId(session, 'timetolive')
  const client = yield* session.client()
  const asked = session.isSet('keys')
  const call = { kind: 'leaseTimeToLive', id, ...(asked && { keys: true }) } as const
  const { header, result } = yield* client.must(call, { timeoutMs: Infinity })
  if (result.kind !== 'lease') return
  const known = (result.grantedTtlSeconds ?? 0) > 0
  yield* session.show({
    kind: 'timeToLive',
    header,
    id,
    ttl: known ? Math.floor(result.ttlSeconds) : -1,
    grantedTtl: result.grantedTtlSeconds ?? 0,
    ...(asked && { keys: result.keys ?? [] }),
  })
}

const list: Verb = function* (session) {
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'leases' }, { timeoutMs: Infinity })
  if (result.kind === 'leases') yield* session.show({ kind: 'leases', header, ids: result.ids })
}

const keepAlive: Verb = function* (session) {
  const id = oneId(session, 'keep-alive')
  const client = yield* session.client()
  for (;;) {
    const answer = yield* client.call({ kind: 'leaseKeepAlive', id })
    const ttl = 'result' in answer && answer.result.kind === 'lease' ? answer.result.ttlSeconds : 0
    if (ttl <= 0) return yield* expired(session, id)
    if ('header' in answer) yield* session.show({ kind: 'keepAlive', header: answer.header, id, ttl })
    if (session.isSet('once')) return
    yield* session.p.sleep(Math.max(500, Math.round((ttl * 1000) / 3)))
  }
}

function* expired(session: Session, id: number): Run<void> {
  if (session.isSet('once')) throw new Failed(EXIT.badConnection, 'etcdserver: requested lease not found')
  yield* session.p.out(`lease ${leaseHex(id)} expired or revoked.\n`)
}

export const leaseVerbs: Record<string, Verb> = {
  'lease grant': grant,
  'lease revoke': revoke,
  'lease timetolive': timetolive,
  'lease list': list,
  'lease keep-alive': keepAlive,
}
