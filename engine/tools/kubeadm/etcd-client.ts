/** etcd as kubeadm talks to it, with the health check's certificate. Models cmd/kubeadm/app/util/etcd/etcd.go (P2, P3). */
import type { EtcdCall, EtcdMemberInfo, EtcdResult } from '../../etcd/messages.ts'
import type { Proc, Run } from '../../host/process.ts'
import type { Client, ListObject } from '../kubectl/client.ts'
import { pathOf, TIMEOUT } from './apply.ts'
import { KubeadmError, wrapped } from './errors.ts'
import { readText } from './session.ts'
import { POLL_MS, retried } from './wait.ts'

const CALL_MS = 2_000
const ANNOTATION = 'kubeadm.kubernetes.io/etcd.advertise-client-urls'
/** Exponential: 50 ms, doubled, eleven steps. */
const BACK_OFF_MS = Array.from({ length: 11 }, (_, step) => 50 * 2 ** step)

export interface EtcdAccess {
  endpoints: string[]
  tls: { ca?: string; cert?: string; key?: string }
}

type Answer = { result: EtcdResult } | { failure: string; message: string }

/** How long mirrors of static pods may take to appear. */
const MIRRORED_MS = 30_000

/** The members that the API server knows of by their pods. Throws when there are none. */
function* etcdEndpoints(p: Proc, client: Client): Run<string[]> {
  return yield* retried(p, MIRRORED_MS, POLL_MS, function* () {
    const endpoints = yield* endpointsOnce(client)
    if (endpoints.length === 0)
      throw new KubeadmError('could not retrieve the list of etcd endpoints: timed out waiting for the condition')
    return endpoints
  })
}

function* endpointsOnce(client: Client): Run<string[]> {
  const list = yield* client.get<ListObject>(pathOf('v1/pods', 'kube-system'), {
    labelSelector: 'component=etcd,tier=control-plane',
    ...TIMEOUT,
  })
  return list.items.flatMap(({ metadata }) => metadata?.annotations?.[ANNOTATION] ?? [])
}

/** A client of the members there are: the pods lead to one of them, and that one knows the others. */
export function* etcdAccess(p: Proc, client: Client, certificatesDir: string): Run<EtcdAccess> {
  const first = yield* accessOf(p, yield* etcdEndpoints(p, client), certificatesDir)
  try {
    const endpoints = (yield* memberList(p, first)).flatMap(({ clientUrls }) => clientUrls)
    return { ...first, endpoints }
  } catch (error) {
    throw wrapped('error syncing endpoints with etcd', error)
  }
}

function* accessOf(p: Proc, endpoints: string[], certificatesDir: string): Run<EtcdAccess> {
  const read = (name: string): Run<string | undefined> => readText(p, `${certificatesDir}/etcd/${name}`)
  const [ca, cert, key] = [yield* read('ca.crt'), yield* read('healthcheck-client.crt'), yield* read('healthcheck-client.key')] // prettier-ignore
  return {
    endpoints,
    tls: { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) },
  }
}

/** Asks one endpoint after the other, with back-off. Throws with the last reason. */
export function* askEtcd(p: Proc, { endpoints, tls }: EtcdAccess, call: EtcdCall): Run<EtcdResult> {
  let reason = 'no endpoints available'
  for (const waitMs of BACK_OFF_MS) {
    for (const url of endpoints) {
      const answer = (yield* p.ask('etcd.call', { url, tls, request: call, timeoutMs: CALL_MS })) as Answer
      if ('failure' in answer) reason = answer.failure === 'timeout' ? 'context deadline exceeded' : answer.message
      else if (answer.result.kind === 'error') reason = answer.result.message
      else return answer.result
    }
    yield* p.sleep(waitMs)
  }
  throw new KubeadmError(reason)
}

export function* memberList(p: Proc, access: EtcdAccess): Run<EtcdMemberInfo[]> {
  const result = yield* askEtcd(p, access, { kind: 'memberList' })
  return result.kind === 'memberList' ? result.members : []
}

/** Whether each endpoint answers. */
export function* checkHealth(p: Proc, access: EtcdAccess): Run<void> {
  for (const endpoint of access.endpoints) yield* askEtcd(p, { ...access, endpoints: [endpoint] }, { kind: 'status' })
}

/** The member of a peer URL. */
export const memberOf = (members: readonly EtcdMemberInfo[], peerUrl: string): EtcdMemberInfo | undefined =>
  members.find(({ peerUrls }) => peerUrls[0] === peerUrl)
