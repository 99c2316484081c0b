/**
 * Requests that another API server answers. Models kube-aggregator pkg/apiserver/handler_proxy.go. Not modelled: upgrades
 * and watches through the proxy; endpoints in place of the cluster IP (--enable-aggregator-routing).
 */
import type { APIService } from '../../objects/types.gen.ts'
import type { HttpResponse } from '../../fabric/http.ts'
import type { Core } from '../core.ts'
import type { Flight } from '../flight.ts'
import { answerOf } from '../outside/answer.ts'
import { notSimulated } from '../status.ts'
import { callTo, isAvailable, remoteOf } from './remote.ts'

const KEY = 'aggregated'
/** What the client's own patience allows: the request's timeout. */
const TIMEOUT_MS = 60_000

const unavailable = (text: string): HttpResponse => ({
  code: 503,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: `${text}\n`,
})

/** Passes a request on when its group and version belong to another server. Whether it did. */
export function proxied(core: Core, flight: Flight, group: string, version: string): boolean {
  const service = remoteOf(core, group, version)
  if (service === undefined) return false
  if (flight.info.verb === 'watch') core.refuse(flight, notSimulated('a watch through the aggregator'))
  else if (!isAvailable(service)) core.respond(flight, unavailable('service unavailable'))
  else passOn(core, flight, service)
  return true
}

function passOn(core: Core, flight: Flight, service: APIService): void {
  const answer = answerOf(flight, KEY)
  if (answer === undefined) {
    const { base, ...way } = callTo(service)
    const { certificate: _own, ...request } = flight.request
    const headers = { ...request.headers, ...identityHeaders(flight) }
    return core.callOut(flight, {
      key: KEY,
      url: `${base}${request.path}`,
      request: { ...request, headers },
      timeoutMs: TIMEOUT_MS,
      ...way,
    })
  }
  if ('error' in answer) return core.respond(flight, unavailable(`error trying to reach service: ${answer.error}`))
  core.respond(flight, answer.response)
}

/** --requestheader-username-headers and its kin: who asks, as the front proxy tells it. */
function identityHeaders({ user }: Flight): Record<string, string> {
  return { 'x-remote-user': user.name, 'x-remote-group': user.groups.join(', ') }
}
