/**
 * Audit events as lines of a log. Models apiserver audit (request.go, policy/checker.go) and endpoints/filters/audit.go.
 * Not modelled: ResponseComplete of watches and streams, Panic, truncation, batches, webhooks as backends.
 */
import type { HttpResponse } from '../fabric/http.ts'
import { microTimestamp } from '../objects/meta.ts'
import type { Flight, UserInfo } from './flight.ts'

/** A rule of audit.k8s.io/v1 Policy. */
export interface AuditRule {
  level: string
  users?: string[]
  userGroups?: string[]
  verbs?: string[]
  resources?: { group?: string; resources?: string[]; resourceNames?: string[] }[]
  namespaces?: string[]
  nonResourceURLs?: string[]
  omitStages?: string[]
  omitManagedFields?: boolean
}

export interface AuditPolicy {
  rules: AuditRule[]
  omitStages?: string[]
  omitManagedFields?: boolean
}

export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete'

/** What the server has found out about a request beside the request itself. */
export interface AuditFacts {
  id: string
  user: UserInfo
  /** Whom the user acts as. */
  impersonated?: UserInfo
  sourceIp: string
  decision?: { allowed: boolean; reason: string }
  receivedMs: number
}

const has = (list: readonly string[] | undefined, value: string): boolean => list?.includes(value) === true
const isEmpty = (list: readonly unknown[] | undefined): boolean => (list ?? []).length === 0

/** Models ruleMatches of policy/checker.go: the first rule that fits decides. */
function ruleFor(policy: AuditPolicy, { info }: Flight, user: UserInfo): AuditRule | undefined {
  return policy.rules.find(
    (rule) =>
      (isEmpty(rule.users) || has(rule.users, user.name)) &&
      (isEmpty(rule.userGroups) || user.groups.some((group) => has(rule.userGroups, group))) &&
      (isEmpty(rule.verbs) || has(rule.verbs, info.verb)) &&
      fitsTarget(rule, info),
  )
}

function fitsTarget(rule: AuditRule, info: Flight['info']): boolean {
  if (!isEmpty(rule.namespaces) || !isEmpty(rule.resources)) return info.isResource && fitsResource(rule, info)
  if (isEmpty(rule.nonResourceURLs)) return true
  return !info.isResource && (rule.nonResourceURLs ?? []).some((spec) => fitsPath(spec, info.path))
}

const fitsPath = (spec: string, path: string): boolean =>
  spec === '*' || spec === path || (spec.endsWith('*') && path.startsWith(spec.slice(0, -1)))

function fitsResource(rule: AuditRule, info: Flight['info']): boolean {
  if (!isEmpty(rule.namespaces) && !has(rule.namespaces, info.namespace)) return false
  if (isEmpty(rule.resources)) return true
  const whole = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  const names = [whole, `${info.resource}/*`, '*', ...(info.subresource === '' ? [] : [`*/${info.subresource}`])]
  return (rule.resources ?? []).some(
    ({ group = '', resources, resourceNames }) =>
      group === info.group &&
      (isEmpty(resourceNames) || has(resourceNames, info.name)) &&
      (isEmpty(resources) || (resources ?? []).some((one) => names.includes(one))),
  )
}

/** The line of one stage of a request; undefined: the policy does not want it. */
export function auditLine(
  policy: AuditPolicy,
  stage: AuditStage,
  flight: Flight,
  facts: AuditFacts,
  nowMs: number,
  response?: HttpResponse,
): string | undefined {
  const rule = ruleFor(policy, flight, facts.user)
  if (rule === undefined || rule.level === 'None') return undefined
  if (has(policy.omitStages, stage) || has(rule.omitStages, stage)) return undefined
  return `${JSON.stringify(eventOf({ rule, policy, stage, flight, facts, nowMs, response }))}\n`
}

interface Scene {
  rule: AuditRule
  policy: AuditPolicy
  stage: AuditStage
  flight: Flight
  facts: AuditFacts
  nowMs: number
  response: HttpResponse | undefined
}

function eventOf({ rule, policy, stage, flight, facts, nowMs, response }: Scene): Record<string, unknown> {
  const { request } = flight
  const withoutManaged = rule.omitManagedFields ?? policy.omitManagedFields ?? false
  const wantsRequest = rule.level === 'Request' || rule.level === 'RequestResponse'
  const sent = wantsRequest ? objectIn(request.body, withoutManaged) : undefined
  const answered = rule.level === 'RequestResponse' ? objectIn(response?.body, withoutManaged) : undefined
  const query = new URLSearchParams(request.query).toString()
  const agent = request.headers['user-agent']
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: rule.level,
    auditID: facts.id,
    stage,
    requestURI: request.path + (query === '' ? '' : `?${query}`),
    verb: flight.info.verb,
    user: shownUser(facts.user),
    ...(facts.impersonated && { impersonatedUser: shownUser(facts.impersonated) }),
    sourceIPs: [facts.sourceIp],
    ...(agent !== undefined && { userAgent: agent }),
    ...(flight.info.isResource && { objectRef: reference(flight) }),
    ...(response !== undefined && { responseStatus: statusOf(response) }),
    ...(sent !== undefined && stage !== 'RequestReceived' && { requestObject: sent }),
    ...(answered !== undefined && { responseObject: answered }),
    requestReceivedTimestamp: microTimestamp(facts.receivedMs),
    stageTimestamp: microTimestamp(nowMs),
    ...(facts.decision && {
      annotations: {
        'authorization.k8s.io/decision': facts.decision.allowed ? 'allow' : 'forbid',
        'authorization.k8s.io/reason': facts.decision.reason,
      },
    }),
  }
}

function shownUser({ name, uid, groups, extra }: UserInfo): Record<string, unknown> {
  return { username: name, ...(uid && { uid }), ...(groups.length > 0 && { groups }), ...(extra && { extra }) }
}

/** What is created names itself only in its body. */
function nameOf({ info, body, request }: Flight): string {
  if (info.name !== '' || info.verb !== 'create') return info.name
  const sent = (body ?? objectIn(request.body, false)) as { metadata?: { name?: string } } | undefined
  return sent?.metadata?.name ?? ''
}

function reference(flight: Flight): Record<string, unknown> {
  const { resource, namespace, group, version, subresource } = flight.info
  const name = nameOf(flight)
  return {
    resource,
    ...(namespace !== '' && { namespace }),
    ...(name !== '' && { name }),
    ...(group !== '' && { apiGroup: group }),
    apiVersion: version,
    ...(subresource !== '' && { subresource }),
  }
}

interface StatusBody {
  kind?: string
  status?: string
  message?: string
  reason?: string
  details?: unknown
}

function statusOf({ code, body }: HttpResponse): Record<string, unknown> {
  const found = body as StatusBody | undefined
  if (typeof body !== 'object' || found?.kind !== 'Status') return { metadata: {}, code }
  const { status, message, reason, details } = found
  return {
    metadata: {},
    status,
    ...(message && { message }),
    ...(reason && { reason }),
    ...(details !== undefined && { details }),
    code,
  }
}

/** A body that is an object of the API; tables are how kubectl sees it, and are left out. */
function objectIn(body: unknown, withoutManaged: boolean): unknown {
  const object = typeof body === 'string' ? parsed(body) : body
  if (typeof object !== 'object' || object === null || (object as { kind?: string }).kind === 'Table') return undefined
  const { metadata } = object as { metadata?: Record<string, unknown> }
  if (!withoutManaged || metadata?.['managedFields'] === undefined) return object
  const { managedFields: _, ...rest } = metadata
  return { ...object, metadata: rest }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
