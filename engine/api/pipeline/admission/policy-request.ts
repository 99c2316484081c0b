/** What a request is to expressions and webhooks: the AdmissionRequest. Models admission/plugin/webhook/request. */
import { applyDefaults } from '../../../objects/defaults/index.ts'
import { decodeStrict } from '../../../objects/decode.ts'
import type { KindEntry } from '../../../objects/kinds.ts'
import { CelAuthorizer } from '../../../objects/cel/index.ts'
import type { AuthorizationAnswer, AuthorizationQuestion } from '../../../objects/cel/index.ts'
import { namespaceObject } from '../../../objects/cel/admission-types.ts'
import { convertTo } from '../../convert.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import type { Flight, RequestInfo, UserInfo } from '../../flight.ts'
import { decide } from '../authorization.ts'
import type { Attributes } from './plugin.ts'
import { namespaceOf } from './rule-matching.ts'

const kindOf = ({ group, version, kind }: KindEntry): Record<string, string> => ({ group, version, kind })
const resourceOf = ({ group, version, resource }: KindEntry): Record<string, string> => ({ group, version, resource })

/** The kind of a subresource's body: Scale, Eviction, Binding. */
function kindOfRequest(attrs: Attributes, entry: KindEntry): Record<string, string> {
  const sub = entry.subresources.find((one) => one.name === attrs.subresource)
  if (sub === undefined || sub.kind === entry.kind) return kindOf(entry)
  return { group: sub.group ?? entry.group, version: sub.version ?? entry.version, kind: sub.kind }
}

const OPTIONS: Readonly<Record<string, string>> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
}

function optionsOf(flight: Flight, { operation, options }: Attributes): unknown {
  const { dryRun, fieldManager, fieldValidation } = flight.request.query
  const patched = operation === 'UPDATE' && flight.info.verb === 'patch'
  const kind = operation === 'CONNECT' ? undefined : patched ? 'PatchOptions' : OPTIONS[operation]
  if (kind === undefined) return null
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(options as object | undefined),
    ...(dryRun !== undefined && { dryRun: [dryRun] }),
    ...(fieldManager !== undefined && operation !== 'DELETE' && { fieldManager }),
    ...(fieldValidation !== undefined && operation !== 'DELETE' && { fieldValidation }),
  }
}

export const userOf = ({ name, uid, groups, extra }: UserInfo): Record<string, unknown> => ({
  username: name,
  ...(uid !== undefined && { uid }),
  groups,
  ...(extra !== undefined && { extra }),
})

/** An object as a rule's version has it. */
export function objectIn(entry: KindEntry, object: KubeObject | undefined): KubeObject | null {
  if (object === undefined) return null
  return object.kind === entry.kind ? convertTo(entry, object) : object
}

/**
 * What a webhook or a policy made of an object: decoded as one of `entry`, with defaults, and in the version in which the
 * request is worked on. What cannot be decoded is told in Go's words.
 */
export function objectBack(
  core: Core,
  attrs: Attributes,
  entry: KindEntry,
  changed: KubeObject,
): { object: KubeObject } | { error: string } {
  if (changed.kind !== entry.kind) return { object: changed }
  const decoded = decodeStrict(entry, changed, core.minor)
  if (decoded.error !== undefined) return { error: decoded.error }
  const whole = applyDefaults(entry, decoded.object as unknown as KubeObject)
  if (attrs.object?.apiVersion === whole.apiVersion) return { object: whole }
  return {
    object: convertTo(entry.custom === undefined ? core.storageEntry(entry.group, entry.resource) : attrs.entry, whole),
  }
}

/** The request without uid and objects; `entry` is the version in which the rule wants it. */
export function admissionRequest(flight: Flight, attrs: Attributes, entry: KindEntry): Record<string, unknown> {
  const { subresource, namespace, name, operation, dryRun } = attrs
  return {
    kind: kindOfRequest(attrs, entry),
    resource: resourceOf(entry),
    ...(subresource !== '' && { subResource: subresource }),
    requestKind: kindOfRequest(attrs, attrs.entry),
    requestResource: resourceOf(attrs.entry),
    ...(subresource !== '' && { requestSubResource: subresource }),
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: userOf(flight.user),
    dryRun,
    options: optionsOf(flight, attrs),
  }
}

/** The request for expressions, which find every field there. */
function celRequest(flight: Flight, attrs: Attributes, entry: KindEntry): Record<string, unknown> {
  const { subresource, namespace, name } = attrs
  const request = admissionRequest(flight, attrs, entry)
  return { ...request, name, namespace, subResource: subresource, requestSubResource: subresource }
}

const VERBS: Readonly<Record<string, string>> = { '': 'get' }

function infoOf(question: AuthorizationQuestion): RequestInfo {
  const { path = '', verb, group = '', resource = '', subresource = '', namespace = '', name = '' } = question
  const isResource = question.path === undefined
  return {
    isResource,
    path,
    verb: (VERBS[verb] ?? verb) as RequestInfo['verb'],
    group,
    version: '*',
    resource,
    subresource,
    namespace,
    name,
  }
}

function accountOf({ namespace, name }: { namespace: string; name: string }): UserInfo {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
  return { name: `system:serviceaccount:${namespace}:${name}`, groups }
}

function authorizerOf(core: Core, flight: Flight, attrs: Attributes): CelAuthorizer {
  const ask = (question: AuthorizationQuestion): AuthorizationAnswer =>
    decide(core, infoOf(question), question.serviceAccount ? accountOf(question.serviceAccount) : flight.user)
  const { entry, subresource, namespace, name } = attrs
  return new CelAuthorizer(ask, {
    request: { group: entry.group, resource: entry.resource, subresource, namespace, name },
  })
}

/** The names in reach of an expression, but for `params` and `variables`. */
export function bindingsOf(core: Core, flight: Flight, attrs: Attributes, entry: KindEntry): Record<string, unknown> {
  return {
    object: objectIn(entry, attrs.object),
    oldObject: objectIn(entry, attrs.oldObject),
    request: celRequest(flight, attrs, entry),
    namespaceObject: namespaceObject(namespaceOf(core, attrs.namespace)),
    authorizer: authorizerOf(core, flight, attrs),
  }
}
