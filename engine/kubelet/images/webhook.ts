/**
 * Webhook servers: `agnhost webhook` as the conformance tests of Kubernetes have it, and a server that follows the rules
 * in its flags or environment. Models test/images/agnhost/webhook. Not modelled: delays, the sidecar endpoints.
 */
import type { HttpRequest } from '../../fabric/http.ts'
import { makeConfig, textResponse } from './image.ts'
import type { Behaviour, ImageEntry, LaunchFacts, Responder, ResponderFacts } from './image.ts'
import type { Plan } from './plan.ts'

type Labels = Readonly<Record<string, string>>

interface Subject {
  metadata?: { name?: string; labels?: Labels }
  data?: Labels
  spec?: { containers?: { name: string }[]; initContainers?: unknown[] }
}

interface Request {
  uid: string
  operation?: string
  name?: string
  object?: Subject | null
  oldObject?: Subject | null
}

interface Verdict {
  readonly allowed: boolean
  readonly message?: string
  readonly code?: number
  readonly reason?: string
  readonly patch?: readonly unknown[]
  readonly warnings?: readonly string[]
}

type Judge = (request: Request) => Verdict

const ALLOWED: Verdict = { allowed: true }
const refuse = (message: string): Verdict => ({ allowed: false, message })

/** A label to add: with its map when there is none yet. */
function labelPatch(labels: Labels | undefined, name: string, value: string): unknown[] {
  if (labels === undefined) return [{ op: 'add', path: '/metadata/labels', value: { [name]: value } }]
  if (labels[name] === value) return []
  const path = `/metadata/labels/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return [{ op: name in labels ? 'replace' : 'add', path, value }]
}

const MARK = 'webhook-e2e-test'
const UNWANTED = 'webhook-disallow'

function admitPods({ object }: Request): Verdict {
  const label = object?.metadata?.labels?.[MARK] === UNWANTED ? 'the pod contains unwanted label; ' : ''
  const named = (object?.spec?.containers ?? []).some(({ name }) => name.includes(UNWANTED))
  const message = `${label}${named ? 'the pod contains unwanted container name; ' : ''}`
  return message === '' ? ALLOWED : refuse(message)
}

const admitData =
  (message: string): Judge =>
  ({ object, oldObject }) => {
    const unwanted = [object, oldObject].some((one) => one?.data?.[MARK] === UNWANTED)
    return unwanted ? refuse(message) : ALLOWED
  }

function mutateData({ object }: Request): Verdict {
  const patch: unknown[] = []
  if (object?.data?.['mutation-start'] === 'yes')
    patch.push({ op: 'add', path: '/data/mutation-stage-1', value: 'yes' })
  if (object?.data?.['mutation-stage-1'] === 'yes')
    patch.push({ op: 'add', path: '/data/mutation-stage-2', value: 'yes' })
  return { allowed: true, patch }
}

function addInitContainer({ object }: Request): Verdict {
  const container = { image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }
  const has = (object?.spec?.initContainers ?? []).length > 0
  return { allowed: true, patch: has ? [] : [{ op: 'add', path: '/spec/initContainers', value: [container] }] }
}

/** The endpoints of agnhost's webhook. */
const AGNHOST: Readonly<Record<string, Judge>> = {
  '/always-deny': () => refuse('this webhook denies all requests'),
  '/always-allow-delay-5s': () => ALLOWED,
  '/add-label': ({ object }) => ({ allowed: true, patch: labelPatch(object?.metadata?.labels, 'added-label', 'yes') }),
  '/pods': admitPods,
  '/pods/attach': ({ name }) => (name === 'to-be-attached-pod' ? refuse("attaching to pod 'to-be-attached-pod' is not allowed") : ALLOWED), // prettier-ignore
  '/mutating-pods': addInitContainer,
  '/configmaps': admitData('the configmap contains unwanted key and value'),
  '/mutating-configmaps': mutateData,
  '/custom-resource': admitData('the custom resource contains unwanted data'),
  '/mutating-custom-resource': mutateData,
  '/crd': ({ object }) =>
    object?.metadata?.labels?.[MARK] === UNWANTED ? refuse('the crd contains unwanted label') : ALLOWED,
}

function review(request: HttpRequest, judge: Judge): ReturnType<typeof textResponse> {
  const body = (typeof request.body === 'string' ? JSON.parse(request.body) : request.body) as { apiVersion: string; request: Request } // prettier-ignore
  const { uid } = body.request
  const verdict = judge(body.request)
  const { message, code, reason, patch = [], warnings } = verdict
  const response = {
    uid,
    allowed: verdict.allowed,
    ...(message !== undefined && {
      status: { metadata: {}, message, ...(reason !== undefined && { reason }), ...(code !== undefined && { code }) },
    }),
    ...(patch.length > 0 && { patch: btoa(encodeText(JSON.stringify(patch))), patchType: 'JSONPatch' }),
    ...(warnings !== undefined && { warnings }),
  }
  const answer = { kind: 'AdmissionReview', apiVersion: body.apiVersion, response }
  return textResponse(200, JSON.stringify(answer), 'application/json')
}

/** UTF-8 bytes as letters, for base64. */
const encodeText = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text))

interface Convertible {
  apiVersion: string
  hostPort?: string
  host?: string
  port?: string
  [field: string]: unknown
}

/** agnhost's example: `hostPort` of v1 is `host` and `port` of v2. Models webhook/converter/example_converter.go. */
function convertOne(object: Convertible, desired: string): Convertible {
  const { hostPort, host, port, ...rest } = object
  if (desired.endsWith('/v2') && hostPort !== undefined) {
    const [left = '', right = ''] = hostPort.split(':')
    return { ...rest, apiVersion: desired, host: left, port: right }
  }
  if (desired.endsWith('/v1') && (host !== undefined || port !== undefined))
    return { ...rest, apiVersion: desired, hostPort: `${host ?? ''}:${port ?? ''}` }
  return { ...object, apiVersion: desired }
}

function convert(request: HttpRequest): ReturnType<typeof textResponse> {
  const body = (typeof request.body === 'string' ? JSON.parse(request.body) : request.body) as {
    apiVersion: string
    request: { uid: string; desiredAPIVersion: string; objects: Convertible[] }
  }
  const { uid, desiredAPIVersion, objects } = body.request
  const response = {
    uid,
    convertedObjects: objects.map((object) => convertOne(object, desiredAPIVersion)),
    result: { metadata: {}, status: 'Success' },
  }
  return textResponse(
    200,
    JSON.stringify({ kind: 'ConversionReview', apiVersion: body.apiVersion, response }),
    'application/json',
  )
}

const agnhostWebhook: Responder = (request) => {
  if (request.path === '/readyz') return { response: textResponse(200, 'ok') }
  if (request.path === '/crdconvert') return { response: convert(request), log: 'handling request: ConversionReview' }
  const judge = AGNHOST[request.path]
  if (judge === undefined) return { response: textResponse(404, '404 page not found\n') }
  return { response: review(request, judge), log: `handling request: ${request.path}` }
}

// The server that follows rules.

/** A rule by its flag, or by the variable of the same name: `--deny-label=env=prod`, `DENY_LABEL=env=prod`. */
function ruleOf({ argv, env }: Pick<ResponderFacts, 'argv' | 'env'>, name: string): string | undefined {
  const flag = argv.find((word) => word.startsWith(`--${name}=`))
  return flag?.slice(name.length + 3) ?? env[name.toUpperCase().replaceAll('-', '_')]
}

const pair = (text: string): [string, string | undefined] => {
  const at = text.indexOf('=')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function judgeByRules(facts: ResponderFacts): Judge {
  const rule = (name: string): string | undefined => ruleOf(facts, name)
  return ({ object, oldObject }) => {
    const labels = (object ?? oldObject)?.metadata?.labels
    const denied = rule('deny-label')
    const required = rule('require-label')
    const message = rule('message')
    const carries = (text: string): boolean => {
      const [name, value] = pair(text)
      return labels?.[name] !== undefined && (value === undefined || labels[name] === value)
    }
    if (rule('deny') !== undefined) return refuse(message ?? rule('deny') ?? '')
    if (denied !== undefined && carries(denied)) return refuse(message ?? `label ${denied} is not allowed`)
    if (required !== undefined && !carries(required)) return refuse(message ?? `label ${required} is required`)
    const [name, value = ''] = pair(rule('add-label') ?? '')
    const warning = rule('warn')
    return {
      allowed: true,
      ...(name !== '' && object && { patch: labelPatch(object.metadata?.labels, name, value) }),
      ...(warning !== undefined && { warnings: [warning] }),
    }
  }
}

const rules: Responder = (request, facts) => {
  if (request.path === '/healthz' || request.path === '/readyz') return { response: textResponse(200, 'ok') }
  if (request.path === '/convert') return { response: convert(request), log: 'converted' }
  const status = ruleOf(facts, 'status')
  if (status !== undefined)
    return { response: textResponse(Number(status), ruleOf(facts, 'body') ?? 'broken on purpose') }
  const body = ruleOf(facts, 'body')
  if (body !== undefined) return { response: textResponse(200, body, 'application/json') }
  return { response: review(request, judgeByRules(facts)), log: `${request.method} ${request.path}` }
}

export const webhookResponders: Record<string, Responder> = {
  'agnhost-webhook': agnhostWebhook,
  'webhook-rules': rules,
}

const flagOf = (argv: string[], name: string, otherwise: string): string =>
  argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise

/** A server with the certificate that it reads at its start; without one it ends. */
function tlsPlan(facts: LaunchFacts, of: { behaviour: string; port: number; certificate: string; line: string }): Plan {
  const certificate = facts.readFile(of.certificate)
  const base: Plan = { behaviour: of.behaviour, logs: [], listens: [], term: { code: 0, afterMs: 20 } }
  if (certificate === undefined) {
    const text = `panic: open ${of.certificate}: no such file or directory`
    return { ...base, logs: [{ atMs: 20, text, stream: 'stderr' }], exit: { atMs: 30, code: 2 } }
  }
  return {
    ...base,
    logs: [{ atMs: 40, text: of.line }],
    listens: [{ port: of.port, responder: of.behaviour, http: true, fromMs: 50, certificate }],
    memoryBytes: 14_000_000,
  }
}

/** `agnhost webhook --tls-cert-file=… --tls-private-key-file=… --port=8444`. */
export const agnhostWebhookBehaviour: Behaviour = {
  name: 'agnhost-webhook',
  match: (argv) => argv.includes('webhook'),
  plan: (facts) => {
    const port = Number(flagOf(facts.argv, 'port', '443'))
    const certificate = flagOf(facts.argv, 'tls-cert-file', '/tls.crt')
    return tlsPlan(facts, {
      behaviour: 'agnhost-webhook',
      port,
      certificate,
      line: `Starting TLS server on port ${port}`,
    })
  },
}

const rulesBehaviour: Behaviour = {
  name: 'webhook-rules',
  match: () => true,
  plan: (facts) => {
    const port = Number(flagOf(facts.argv, 'port', facts.env['PORT'] ?? '8443'))
    const certificate = flagOf(facts.argv, 'tls-cert-file', facts.env['TLS_CERT_FILE'] ?? '/certs/tls.crt')
    return tlsPlan(facts, { behaviour: 'webhook-rules', port, certificate, line: `webhook: serving on :${port}` })
  },
}

/** `kubeflight/webhook`: rules by flags or environment (deny, deny-label, require-label, add-label, warn, message, status, body). */
export const webhookImage: ImageEntry = {
  repository: 'docker.io/kubeflight/webhook',
  tags: { '1.0': 9_000_000, latest: 9_000_000 },
  base: 'scratch',
  config: makeConfig({ entrypoint: ['/webhook'], ports: [8443] }),
  files: {},
  programs: [],
  behaviours: [rulesBehaviour],
}
