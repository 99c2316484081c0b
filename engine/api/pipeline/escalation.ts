/**
 * Nobody may grant what they do not have. Models pkg/registry/rbac/{role,clusterrole,rolebinding,
 * clusterrolebinding}/policybased and component-helpers auth/rbac/validation: rules are broken into
 * single ones and each must be covered.
 */
import { deepEqual } from '../../objects/equal.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import type { PolicyRule, RoleRef } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { Flight, RequestInfo, UserInfo } from '../flight.ts'
import { forbidden, notFound } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { isCovered, singlesOf } from '../../objects/policy-rules.ts'
import type { Single } from '../../objects/policy-rules.ts'
import { MASTERS, authorize, hasRole, rulesFor, rulesOfRole } from './authorization.ts'

const RBAC = 'rbac.authorization.k8s.io'

const FULL: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

const quotedList = (items: string[]): string => `[${items.map((item) => JSON.stringify(item)).join(', ')}]`

/** Missing rules as upstream prints them: those that differ in their verbs only as one, in order. */
function missingText(missing: Single[]): string {
  const verbsOf = new Map<string, string[]>()
  for (const { verb, group, resource, name, path } of missing) {
    const head =
      path !== undefined
        ? `NonResourceURLs:${quotedList([path])}`
        : `APIGroups:${quotedList([group ?? ''])}, Resources:${quotedList([resource ?? ''])}`
    const key = name === undefined ? head : `${head}, ResourceNames:${quotedList([name])}`
    const verbs = verbsOf.get(key) ?? []
    if (!verbs.includes(verb)) verbs.push(verb)
    verbsOf.set(key, verbs)
  }
  const lines = [...verbsOf].map(([key, verbs]) => `{${key}, Verbs:${quotedList(verbs)}}`)
  return lines.sort().join('\n')
}

function uncovered(core: Core, user: UserInfo, namespace: string, rules: PolicyRule[]): string | undefined {
  const own = rulesFor(core, user, namespace)
  const missing = rules.flatMap(singlesOf).filter((single) => !own.some(({ rule }) => isCovered(single, rule)))
  if (missing.length === 0) return undefined
  const groups = `[${user.groups.map((group) => JSON.stringify(group)).join(' ')}]`
  return `user ${JSON.stringify(user.name)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${missingText(missing)}`
}

function may(
  core: Core,
  flight: Flight,
  verb: 'escalate' | 'bind',
  resource: string,
  name: string,
  namespace: string,
): boolean {
  const info = {
    ...flight.info,
    isResource: true,
    verb,
    group: RBAC,
    resource,
    subresource: '',
    name,
    namespace,
  } as unknown as RequestInfo
  return authorize(core, info, flight.user)
}

interface Roleish extends KubeObject {
  rules?: PolicyRule[]
  aggregationRule?: unknown
  roleRef?: RoleRef
  subjects?: unknown
}

function roleProblem(
  core: Core,
  flight: Flight,
  entry: KindEntry,
  object: Roleish,
  old: Roleish | undefined,
  namespace: string,
): string | undefined {
  if (may(core, flight, 'escalate', entry.resource, object.metadata.name ?? '', namespace)) return undefined
  const missing = uncovered(core, flight.user, namespace, object.rules ?? [])
  if (missing !== undefined || object.aggregationRule === undefined) return missing
  if (deepEqual(object.aggregationRule, old?.aggregationRule)) return undefined
  return uncovered(core, flight.user, '', FULL) === undefined
    ? undefined
    : 'must have cluster-admin privileges to use the aggregationRule'
}

/** An update that only cuts dangling owners or finalizers off gives nobody anything. */
const isSameGrant = (object: Roleish, old: Roleish): boolean =>
  deepEqual(object.rules, old.rules) &&
  deepEqual(object.aggregationRule, old.aggregationRule) &&
  deepEqual(object.roleRef, old.roleRef) &&
  deepEqual(object.subjects, old.subjects) &&
  deepEqual(object.metadata.labels, old.metadata.labels) &&
  deepEqual(object.metadata.annotations, old.metadata.annotations)

/** The refusal of a role or binding that gives more than its maker has. */
export function escalationProblem(
  core: Core,
  flight: Flight,
  entry: KindEntry,
  object: KubeObject,
  old?: KubeObject,
): ApiStatus | undefined {
  if (entry.group !== RBAC || flight.user.groups.includes(MASTERS)) return undefined
  if (core.flags.authorizationModes.includes('AlwaysAllow')) return undefined
  if (old !== undefined && isSameGrant(object, old)) return undefined
  const namespace = entry.namespaced ? flight.info.namespace : ''
  const refused = (why: string | undefined): ApiStatus | undefined =>
    why === undefined ? undefined : forbidden(entry, object.metadata.name ?? '', why)
  if (entry.kind === 'Role' || entry.kind === 'ClusterRole')
    return refused(roleProblem(core, flight, entry, object, old, namespace))
  const { roleRef } = object as Roleish
  if (roleRef === undefined) return undefined
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (may(core, flight, 'bind', resource, roleRef.name, namespace)) return undefined
  if (!hasRole(core, roleRef, namespace))
    return notFound({ group: RBAC, resource: roleRef.kind.toLowerCase() }, roleRef.name)
  return refused(uncovered(core, flight.user, namespace, rulesOfRole(core, roleRef, namespace)))
}
