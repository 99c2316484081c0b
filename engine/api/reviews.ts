/** Requests that ask rather than store: who am I, may I, may they. Models pkg/registry/{authentication,authorization}. */
import type { Core, VerbHandler } from './core.ts'
import type { Flight, RequestInfo, UserInfo } from './flight.ts'
import { decide, rulesFor } from './pipeline/authorization.ts'
import { authenticate } from './pipeline/authentication.ts'
import { JSON_HEADERS } from './present.ts'
import { badRequest } from './status.ts'

interface ResourceAttributes {
  namespace?: string
  verb?: string
  group?: string
  version?: string
  resource?: string
  subresource?: string
  name?: string
}

interface AccessSpec {
  resourceAttributes?: ResourceAttributes
  nonResourceAttributes?: { path?: string; verb?: string }
  user?: string
  groups?: string[]
  uid?: string
}

type Review = { metadata?: object; spec?: AccessSpec & { namespace?: string; token?: string } }

function infoOf({ resourceAttributes, nonResourceAttributes }: AccessSpec): RequestInfo {
  const asked = resourceAttributes ?? {}
  return {
    isResource: resourceAttributes !== undefined,
    path: nonResourceAttributes?.path ?? '',
    verb: (nonResourceAttributes?.verb ?? asked.verb ?? '') as RequestInfo['verb'],
    group: asked.group ?? '',
    version: asked.version ?? '',
    resource: asked.resource ?? '',
    subresource: asked.subresource ?? '',
    namespace: asked.namespace ?? '',
    name: asked.name ?? '',
  }
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
    if (spec.resourceAttributes === undefined && spec.nonResourceAttributes === undefined) {
      return core.refuse(
        flight,
        badRequest(
          `${kind}.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`,
        ),
      )
    }
    const user = userOf(flight, spec)
    const { allowed, reason } = decide(core, infoOf(spec), user)
    answer(core, flight, kind, { allowed, ...(reason !== '' && { reason }) }, spec)
  }

const own = (flight: Flight): UserInfo => flight.user

const named = (_flight: Flight, spec: AccessSpec): UserInfo => ({ name: spec.user ?? '', groups: spec.groups ?? [] })

const rules: VerbHandler = (core, flight) => {
  const namespace = reviewOf(flight).spec?.namespace ?? ''
  const all = [...rulesFor(core, flight.user, namespace)].map(({ rule }) => rule)
  if (flight.user.groups.includes('system:masters'))
    all.push({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] })
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
  answer(core, flight, 'SelfSubjectRulesReview', { resourceRules, nonResourceRules, incomplete: false }, {})
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

const token: VerbHandler = (core, flight) => {
  const spec = reviewOf(flight).spec ?? {}
  const user = authenticate(core, {
    ...flight.request,
    certificate: undefined,
    headers: { authorization: `Bearer ${spec.token ?? ''}` },
  })
  const status =
    user === undefined
      ? { user: {}, error: 'invalid bearer token' }
      : { authenticated: true, user: { username: user.name, uid: user.uid, groups: user.groups } }
  answer(core, flight, 'TokenReview', status, spec)
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
