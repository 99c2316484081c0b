/** Models etcdctl/ctlv3/command/ep_command.go (H3). */
import { AUTH_ERRORS } from '../../../etcd/errors.ts'
import type { Run } from '../../../host/process.ts'
import type { EtcdClient } from '../client.ts'
import { EXIT, Ended, Failed } from '../exit.ts'
import { tookText } from '../go-duration.ts'
import type { EndpointHash, EndpointHealth, EndpointStatus } from '../printers/responses.ts'
import type { Session, Verb } from '../session.ts'

/** --endpoints, or with --cluster those that the members tell. */
export function* endpointsOf(session: Session, client: EtcdClient): Run<string[]> {
  if (!session.isSet('cluster')) return client.config.endpoints
  const answer = yield* client.call({ kind: 'memberList' })
  if ('error' in answer)
    throw new Failed(EXIT.error, `failed to fetch endpoints from etcd cluster member list: ${answer.error}`)
  const members = answer.result.kind === 'memberList' ? answer.result.members : []
  return members.flatMap(({ clientUrls }) => clientUrls)
}

/** `get health` at every endpoint at once: those that do not answer are told last. */
const health: Verb = function* (session) {
  const client = yield* session.client()
  const endpoints = yield* endpointsOf(session, client)
  const { well, ill } = yield* examineAll(session, client, endpoints)
  yield* session.show({ kind: 'health', list: [...well, ...ill] })
  if (ill.length > 0) throw new Failed(EXIT.error, 'unhealthy cluster')
}

/** Upstream asks all at the same time: whoever fails has the time of one. */
function* examineAll(
  session: Session,
  client: EtcdClient,
  endpoints: string[],
): Run<{ well: EndpointHealth[]; ill: EndpointHealth[] }> {
  const until = (yield* session.p.now()) + client.config.commandTimeoutMs
  const well: EndpointHealth[] = []
  const slow: string[] = []
  for (const endpoint of endpoints) {
    const quick = yield* examine(session, client, endpoint, QUICK_MS, true)
    if (quick === undefined) slow.push(endpoint)
    else well.push(quick)
  }
  const ill: EndpointHealth[] = well.filter((one) => !one.healthy)
  for (const endpoint of slow) {
    const leftMs = until - (yield* session.p.now())
    const found = yield* examine(session, client, endpoint, Math.max(0, leftMs), false)
    if (found !== undefined) (found.healthy ? well : ill).push(found)
  }
  return { well: well.filter((one) => one.healthy), ill }
}

/** How long an endpoint gets before the others are asked too. */
const QUICK_MS = 300

function* examine(
  session: Session,
  client: EtcdClient,
  endpoint: string,
  timeoutMs: number,
  isFirstLook: boolean,
): Run<EndpointHealth | undefined> {
  yield* client.connect()
  const startedMs = yield* session.p.now()
  if (isFirstLook) {
    const seen = yield* client.glance({ kind: 'range', key: 'health' }, endpoint, timeoutMs)
    if (seen === undefined) return undefined
    return {
      endpoint,
      took: yield* tookText(session.p, startedMs),
      ...(yield* verdict(session, client, endpoint, seen.error)),
    }
  }
  const answer = yield* client.call(
    { kind: 'range', key: 'health' },
    { endpoints: [endpoint], timeoutMs, logger: 'client' },
  )
  const took = yield* tookText(session.p, startedMs)
  return {
    endpoint,
    took,
    ...(yield* verdict(session, client, endpoint, 'error' in answer ? answer.error : undefined)),
  }
}

/** Who may not read was answered all the same. A member that answers is ill all the same when an alarm is raised (since 3.5). */
function* verdict(
  session: Session,
  client: EtcdClient,
  endpoint: string,
  error: string | undefined,
): Run<{ healthy: boolean; error: string }> {
  if (error !== undefined && error !== AUTH_ERRORS.denied) return { healthy: false, error }
  if (session.minor <= 4) return { healthy: true, error: '' }
  const answer = yield* client.glance({ kind: 'alarm', action: 'get' }, endpoint, client.config.commandTimeoutMs)
  const alarms = answer?.result?.kind === 'alarms' ? answer.result.alarms : []
  if (alarms.length === 0) return { healthy: true, error: '' }
  return { healthy: false, error: `Active Alarm(s): ${alarms.map(({ alarm }) => `${alarm} `).join('')}` }
}

/** A question to every endpoint in turn; the failed ones are told at once. */
function* eachEndpoint<T>(
  session: Session,
  what: string,
  ask: (client: EtcdClient, endpoint: string) => Run<T | string>,
): Run<{ found: T[]; failed: string | undefined }> {
  const client = yield* session.client()
  const found: T[] = []
  let failed: string | undefined
  for (const endpoint of yield* endpointsOf(session, client)) {
    const answer = yield* ask(client, endpoint)
    if (typeof answer === 'string') {
      failed = answer
      yield* session.p.err(`Failed to get the ${what} of endpoint ${endpoint} (${answer})\n`)
    } else found.push(answer)
  }
  return { found, failed }
}

const status: Verb = function* (session) {
  const { found, failed } = yield* eachEndpoint<EndpointStatus>(session, 'status', function* (client, endpoint) {
    const answer = yield* client.call({ kind: 'status' }, { endpoints: [endpoint] })
    if ('error' in answer) return answer.error
    const { header, result } = answer
    return result.kind === 'status' ? { endpoint, header, status: result.status } : 'no status'
  })
  yield* session.show({ kind: 'status', list: found })
  if (failed !== undefined) throw new Ended(EXIT.error)
}

const hashkv: Verb = function* (session) {
  const { found, failed } = yield* eachEndpoint<EndpointHash>(session, 'hash', function* (client, endpoint) {
    const answer = yield* client.call({ kind: 'hashKv', revision: session.number('rev') }, { endpoints: [endpoint] })
    if ('error' in answer) return answer.error
    const { header, result } = answer
    return result.kind === 'hashKv' ? { endpoint, header, ...result } : 'no hash'
  })
  yield* session.show({ kind: 'hashKv', list: found })
  if (failed !== undefined) throw new Failed(EXIT.error, failed)
}

export const endpointVerbs: Record<string, Verb> = {
  'endpoint health': health,
  'endpoint status': status,
  'endpoint hashkv': hashkv,
}
