/**
 * Nobody may grant what they do not have. Models pkg/registry/rbac/{role,rolebinding}/policybased and
 * component-helpers auth/rbac/validation: rules are broken into single ones and each must be covered.
 */
import type { KindEntry } from '../../objects/kinds.ts'
import type { PolicyRule, RoleRef } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { Flight, RequestInfo, UserInfo } from '../flight.ts'
import { forbidden } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { authorize, covers, coversPath, isTrusted, rulesFor, rulesOfRole } from './authorization.ts'

const RBAC = 'rbac.authorization.k8s.io'

/** One verb on one resource of one group (and perhaps one name), or on one path. */
interface Single {
  verb: string
  group?: string
  resource?: string
  name?: string
  path?: string
}

function singlesOf(rule: PolicyRule): Single[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const names = resourceNames.length === 0 ? [undefined] : resourceNames
  const onResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) => names.map((name) => ({ verb, group, resource, ...(name !== undefined && { name }) }))),
    ),
  )
  return [...onResources, ...nonResourceURLs.flatMap((path) => verbs.map((verb) => ({ verb, path })))]
}

function isCovered(wanted: Single, rule: PolicyRule): boolean {
  if (!covers(rule.verbs, wanted.verb)) return false
  if (wanted.path !== undefined) return coversPath(rule.nonResourceURLs, wanted.path)
  const names = rule.resourceNames ?? []
  const resource = wanted.resource ?? ''
  const anyOf = resource.includes('/') && (rule.resources ?? []).includes(`*/${resource.split('/')[1]}`)
  return (
    covers(rule.apiGroups, wanted.group ?? '') &&
    (covers(rule.resources, resource) || anyOf) &&
    (names.length === 0 || (wanted.name !== undefined && names.includes(wanted.name)))
  )
}

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

function uncovered(core: Core, user: UserInfo, namespace: string, rules: PolicyRule[]): ApiStatus['message'] {
  const own = [...rulesFor(core, user, namespace)].map(({ rule }) => rule)
  const missing = rules.flatMap(singlesOf).filter((single) => !own.some((rule) => isCovered(single, rule)))
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

function problemOf(core: Core, flight: Flight, entry: KindEntry, object: KubeObject): string | undefined {
  const namespace = entry.namespaced ? flight.info.namespace : ''
  if (entry.kind === 'Role' || entry.kind === 'ClusterRole') {
    if (may(core, flight, 'escalate', entry.resource, object.metadata.name ?? '', namespace)) return undefined
    return uncovered(core, flight.user, namespace, (object as { rules?: PolicyRule[] }).rules ?? [])
  }
  const { roleRef } = object as KubeObject & { roleRef?: RoleRef }
  if (roleRef === undefined) return undefined
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (may(core, flight, 'bind', resource, roleRef.name, namespace)) return undefined
  return uncovered(core, flight.user, namespace, rulesOfRole(core, roleRef, namespace))
}

/** The refusal of a role or binding that gives more than its maker has. */
export function escalationProblem(
  core: Core,
  flight: Flight,
  entry: KindEntry,
  object: KubeObject,
): ApiStatus | undefined {
  if (entry.group !== RBAC || core.flags.alwaysAllow || isTrusted(flight.user)) return undefined
  const why = problemOf(core, flight, entry, object)
  return why === undefined ? undefined : forbidden(entry, object.metadata.name ?? '', why)
}
