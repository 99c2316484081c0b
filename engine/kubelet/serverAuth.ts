/**
 * Who may ask at the kubelet's ports. Models pkg/kubelet/server/auth.go and the delegated authorizer.
 * What components ask is trusted: the API server has judged it. Tokens are reviewed by the API server. Not modelled:
 * SubjectAccessReviews for certificates (administrators and the API server's own client may do everything, others nothing).
 */
import type { HttpRequest, HttpRequestData } from '../fabric/http.ts'
import type { Core } from './core.ts'
import { fieldAt } from './settings/decode.ts'

interface Refused {
  code: number
  text: string
}

const ADMINS = ['system:masters', 'kubeadm:cluster-admins']
const API_SERVER = 'kube-apiserver-kubelet-client'

/** Undefined: the caller may. */
export function callerProblem(core: Core, { at, request }: HttpRequestData): Refused | undefined {
  const config = core.settings?.config
  if (at === undefined || config === undefined || at.port !== core.port) return undefined
  const { certificate } = request
  const known = certificate !== undefined && certificate.problem === undefined
  const authorization = header(request.headers, 'authorization')
  if (!known && authorization !== undefined) return tokenProblem(core, request, authorization)
  if (!known && fieldAt(config, 'authentication.anonymous.enabled') !== true) return { code: 401, text: 'Unauthorized' }
  if (fieldAt(config, 'authorization.mode') === 'AlwaysAllow') return undefined
  const user = known ? certificate.commonName : 'system:anonymous'
  if (known && (user === API_SERVER || certificate.organizations.some((group) => ADMINS.includes(group))))
    return undefined
  const verb = request.method === 'GET' ? 'get' : 'create'
  const what = subresourcesOf(request.path, core.minor)
  return { code: 403, text: `Forbidden (user=${user}, verb=${verb}, resource=nodes, subresource(s)=[${what}])\n` }
}

/** authentication.webhook and authorization.mode: Webhook. */
function tokenProblem(core: Core, { method, path }: HttpRequest, authorization: string): Refused | undefined {
  const verb = method === 'GET' ? 'get' : 'create'
  const what = subresourcesOf(path, core.minor)
  const isWebhook = fieldAt(core.settings?.config ?? {}, 'authentication.webhook.enabled') !== false
  const found = isWebhook
    ? core.ports.review?.(authorization, { verb, subresource: what.split(' ')[0] ?? '', node: core.nodeName })
    : undefined
  if (found?.user === undefined) return { code: 401, text: 'Unauthorized' }
  if (found.allowed) return undefined
  return { code: 403, text: `Forbidden (user=${found.user}, verb=${verb}, resource=nodes, subresource(s)=[${what}])\n` }
}

const header = (headers: Record<string, string>, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]

/** Which subresources of nodes stand for a path; 1.33 asks for finer ones first. */
function subresourcesOf(path: string, minor: number): string {
  const [first = ''] = path.split('/').filter((part) => part !== '')
  const own = { stats: 'stats', metrics: 'metrics', logs: 'log', spec: 'spec' }[first]
  if (own !== undefined) return own
  const fine = { healthz: 'healthz', pods: 'pods', configz: 'configz' }[first]
  return fine !== undefined && minor >= 33 ? `${fine} proxy` : 'proxy'
}
