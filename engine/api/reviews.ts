/** Requests that ask rather than store: who am I, may I, may they. Models pkg/registry/{authentication,authorization}. */
import type { Core, VerbHandler } from './core.ts'
import type { FieldError } from '../objects/validation/errors.ts'
import type { Flight, UserInfo } from './flight.ts'
import { decide, rulesFor } from './pipeline/authorization.ts'
import type { Attributes } from './pipeline/authorization.ts'
import { nodeOf } from './pipeline/authorization/node.ts'
import { authenticateToken } from './pipeline/authentication.ts'
import { ISSUER } from './pipeline/service-account-tokens.ts'
import { JSON_HEADERS } from './present.ts'
import { badRequest, invalid } from './status.ts'

interface ResourceAttributes {
  namespace?: string
  verb?: string
  group?: string
  version?: string
  resource?: string
  subresource?: string
  name?: string
  fieldSelector?: Selector
  labelSelector?: Selector
}

/** A selector as text, or already in its parts. */
interface Selector {
  rawSelector?: string
  requirements?: { key: string; operator: string; values?: string[] }[]
}

function selectorText({ rawSelector, requirements = [] }: Selector): string {
  if (rawSelector !== undefined && rawSelector !== '') return rawSelector
  return requirements
    .filter(({ operator, values = [] }) => (operator === 'In' || operator === 'NotIn') && values.length === 1)
    .map(({ key, operator, values = [] }) => `${key}${operator === 'In' ? '=' : '!='}${values[0]}`)
    .join(',')
}

interface AccessSpec {
  resourceAttributes?: ResourceAttributes
  nonResourceAttributes?: { path?: string; verb?: string }
  user?: string
  groups?: string[]
  uid?: string
}

type Review = { metadata?: object; spec?: AccessSpec & { namespace?: string; token?: string; audiences?: string[] } }

function infoOf({ resourceAttributes, nonResourceAttributes }: AccessSpec): Attributes {
  const asked = resourceAttributes ?? {}
  return {
    isResource: resourceAttributes !== undefined,
    path: nonResourceAttributes?.path ?? '',
    verb: (nonResourceAttributes?.verb ?? asked.verb ?? '') as Attributes['verb'],
    group: asked.group ?? '',
    version: asked.version ?? '',
    resource: asked.resource ?? '',
    subresource: asked.subresource ?? '',
    namespace: asked.namespace ?? '',
    name: asked.name ?? '',
    ...(asked.fieldSelector && { fieldSelector: selectorText(asked.fieldSelector) }),
    ...(asked.labelSelector && { labelSelector: selectorText(asked.labelSelector) }),
  }
}

/** Models pkg/apis/authorization/validation. */
function specProblems(
  { resourceAttributes, nonResourceAttributes, user, groups = [] }: AccessSpec,
  isOwn: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  const add = (field: string, badValue: unknown, detail: string): void =>
    void errors.push({ type: 'Invalid', field: `spec.${field}`, badValue, detail })
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined)
    add('nonResourceAttributes', nonResourceAttributes, 'cannot be specified in combination with resourceAttributes')
  if (resourceAttributes === undefined && nonResourceAttributes === undefined)
    add('resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')
  if (!isOwn && (user ?? '') === '' && groups.length === 0)
    add('user', '', 'at least one of user or group must be specified')
  return errors
}

function answer(core: Core, flight: Flight, kind: string, status: object, spec: unknown): void {
  const { group, version } = flight.info
  const body = {
    kind,
    apiVersion: `${group}/${version}`,
    metadata: core.minor >= 34 ? {} : { creationTimestamp: null },
    ...(spec !== undefined && { spec }),
    status,
  }
  core.respond(flight, { code: 201, headers: JSON_HEADERS, body })
}

const reviewOf = (flight: Flight): Review =>
  typeof flight.request.body === 'object' && flight.request.body !== null ? (flight.request.body as Review) : {}

const access =
  (kind: string, userOf: (flight: Flight, spec: AccessSpec) => UserInfo): VerbHandler =>
  (core, flight) => {
    const spec = reviewOf(flight).spec ?? {}
    const errors = specProblems(spec, kind.startsWith('Self'))
    if (errors.length > 0) return core.refuse(flight, invalid({ group: 'authorization.k8s.io', kind }, '', errors))
    const { namespace } = flight.info
    if (kind.startsWith('Local') && (spec.resourceAttributes?.namespace ?? '') !== namespace)
      return core.refuse(flight, badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`))
    const user = userOf(flight, spec)
    const { allowed, reason } = decide(core, infoOf(spec), user)
    answer(core, flight, kind, { allowed, ...(reason !== '' && { reason }) }, spec)
  }

const own = (flight: Flight): UserInfo => flight.user

const named = (_flight: Flight, spec: AccessSpec): UserInfo => ({ name: spec.user ?? '', groups: spec.groups ?? [] })

const rules: VerbHandler = (core, flight) => {
  const namespace = reviewOf(flight).spec?.namespace ?? ''
  if (namespace === '') return core.refuse(flight, badRequest('no namespace on request'))
  const modes = core.flags.authorizationModes
  const all = modes.includes('RBAC') ? rulesFor(core, flight.user, namespace).map(({ rule }) => rule) : []
  if (modes.includes('AlwaysAllow'))
    all.push({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] })
  const isNode = modes.includes('Node') && nodeOf(flight.user) !== undefined
  const resourceRules = all
    .filter(({ resources }) => resources !== undefined)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames && { resourceNames }),
    }))
  const nonResourceRules = all
    .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }))
  const evaluationError = 'node authorizer does not support user rule resolution'
  const status = { resourceRules, nonResourceRules, incomplete: isNode, ...(isNode && { evaluationError }) }
  answer(core, flight, 'SelfSubjectRulesReview', status, {})
}

const whoAmI: VerbHandler = (core, flight) => {
  const { name, groups, uid, extra } = flight.user
  const userInfo = { username: name, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) }
  const body = {
    kind: 'SelfSubjectReview',
    apiVersion: `${flight.info.group}/${flight.info.version}`,
    metadata: { creationTimestamp: core.timestamp() },
    status: { userInfo },
  }
  core.respond(flight, { code: 201, headers: JSON_HEADERS, body })
}

/** Models pkg/registry/authentication/tokenreview/storage.go. */
const token: VerbHandler = (core, flight) => {
  const spec = reviewOf(flight).spec ?? {}
  if (spec.token === undefined || spec.token === '')
    return core.refuse(flight, badRequest('token is required for TokenReview in authentication'))
  const asked = spec.audiences ?? []
  const verdict = authenticateToken(core, spec.token, asked.length > 0 ? asked : [ISSUER])
  answer(core, flight, 'TokenReview', tokenStatus(verdict), spec)
}

function tokenStatus(verdict: ReturnType<typeof authenticateToken>): object {
  if ('error' in verdict) return { error: verdict.error, user: {} }
  const { name, uid, groups, extra } = verdict.user
  return {
    audiences: verdict.audiences,
    authenticated: true,
    user: { ...(extra && { extra }), groups, ...(uid !== undefined && { uid }), username: name },
  }
}

/** By group and resource. */
export const REVIEWS: Record<string, VerbHandler> = {
  'authorization.k8s.io/selfsubjectaccessreviews': access('SelfSubjectAccessReview', own),
  'authorization.k8s.io/subjectaccessreviews': access('SubjectAccessReview', named),
  'authorization.k8s.io/localsubjectaccessreviews': access('LocalSubjectAccessReview', named),
  'authorization.k8s.io/selfsubjectrulesreviews': rules,
  'authentication.k8s.io/selfsubjectreviews': whoAmI,
  'authentication.k8s.io/tokenreviews': token,
}
