/**
 * Who may do what. Models plugin/pkg/auth/authorizer/rbac over the stored roles and bindings.
 * Not modelled: the Node authorizer (nodes and the control plane's own components, `system:*` users
 * other than service accounts and anonymous, may do everything), webhooks, ABAC.
 */
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import type { RequestInfo, UserInfo } from '../flight.ts'
import { directoryOf } from '../storage/keys.ts'

const RBAC = 'rbac.authorization.k8s.io'
const OPEN_PATHS = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/'])
const DISCOVERY = /^\/(api|apis|openapi|healthz|livez|readyz|version)(\/|$)/

const NODE_GROUP = 'system:nodes'

/** Users that the simulation trusts without asking RBAC. */
export function isTrusted({ name, groups }: UserInfo): boolean {
  if (groups.includes('system:masters') || groups.includes(NODE_GROUP)) return true
  return name.startsWith('system:') && !name.startsWith('system:serviceaccount:') && name !== 'system:anonymous'
}

export interface Attributes extends RequestInfo {
  user: UserInfo
}

/** Whether the user may. */
export function authorize(core: Core, info: RequestInfo, user: UserInfo): boolean {
  return decide(core, info, user).allowed
}

/** Whether the user may, and by which binding. */
export function decide(core: Core, info: RequestInfo, user: UserInfo): { allowed: boolean; reason: string } {
  if (core.flags.alwaysAllow || isTrusted(user) || isSystemServiceAccount(user)) return { allowed: true, reason: '' }
  for (const { rule, by } of rulesFor(core, user, info.namespace))
    if (allows(rule, info)) return { allowed: true, reason: `RBAC: allowed by ${by}` }
  return { allowed: (!info.isResource && isOpen(info, user)) || isSelfReview(info, user), reason: '' }
}

/** The cluster's own workloads are granted what their manifests would grant them. */
const isSystemServiceAccount = ({ groups }: UserInfo): boolean => groups.includes('system:serviceaccounts:kube-system')

/** system:public-info-viewer, and system:discovery for those who have logged in. */
function isOpen(info: RequestInfo, user: UserInfo): boolean {
  if (info.verb !== 'get') return false
  if (OPEN_PATHS.has(info.path)) return true
  return user.groups.includes('system:authenticated') && DISCOVERY.test(info.path)
}

const SELF_REVIEWS = new Set(['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'])

/** system:basic-user. */
const isSelfReview = (info: RequestInfo, user: UserInfo): boolean =>
  info.verb === 'create' && SELF_REVIEWS.has(info.resource) && user.groups.includes('system:authenticated')

/** A rule that a user has, and what gives it to them. */
export interface Granted {
  rule: PolicyRule
  /** `RoleBinding "bot-edit/default" of ClusterRole "edit" to ServiceAccount "bot/default"` */
  by: string
}

/** All rules that a user has in a namespace ('' for the cluster scope). */
export function* rulesFor(core: Core, user: UserInfo, namespace: string): Generator<Granted> {
  const bindings = core.cache.values(directoryOf(RBAC, 'clusterrolebindings')) as Iterable<ClusterRoleBinding>
  for (const binding of bindings) yield* granted(core, binding, 'ClusterRoleBinding', user, '')
  if (namespace === '') return
  const directory = directoryOf(RBAC, 'rolebindings')
  for (const binding of core.cache.list(directory, `${directory}${namespace}/`) as RoleBinding[])
    yield* granted(core, binding, 'RoleBinding', user, namespace)
}

function* granted(
  core: Core,
  { metadata, roleRef, subjects }: RoleBinding | ClusterRoleBinding,
  kind: string,
  user: UserInfo,
  namespace: string,
): Generator<Granted> {
  const subject = subjects?.find((one) => isUser(one, user, namespace))
  if (subject === undefined) return
  const name = namespace === '' ? metadata.name : `${metadata.name}/${namespace}`
  const whom = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name
  const by = `${kind} "${name}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${whom}"`
  for (const rule of rulesOfRole(core, roleRef, namespace)) yield { rule, by }
}

/** The rules of the role that a binding names; none when there is no such role. */
export function rulesOfRole(core: Core, { kind, name }: RoleRef, namespace: string): PolicyRule[] {
  const key =
    kind === 'ClusterRole'
      ? `${directoryOf(RBAC, 'clusterroles')}${name}`
      : `${directoryOf(RBAC, 'roles')}${namespace}/${name}`
  return (core.cache.get(key) as ClusterRole | Role | undefined)?.rules ?? []
}

function isUser(subject: Subject, { name, groups }: UserInfo, namespace: string): boolean {
  if (subject.kind === 'User') return subject.name === name
  if (subject.kind === 'Group') return groups.includes(subject.name)
  return name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`
}

export const covers = (list: string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted))

export function coversPath(paths: string[] | undefined, path: string): boolean {
  return (paths ?? []).some(
    (one) => one === '*' || one === path || (one.endsWith('*') && path.startsWith(one.slice(0, -1))),
  )
}

function allows(rule: PolicyRule, info: RequestInfo): boolean {
  if (!covers(rule.verbs, info.verb)) return false
  if (!info.isResource) return coversPath(rule.nonResourceURLs, info.path)
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  const named =
    (rule.resourceNames ?? []).length === 0 || (info.name !== '' && (rule.resourceNames ?? []).includes(info.name))
  const anyOf = info.subresource !== '' && (rule.resources ?? []).includes(`*/${info.subresource}`)
  return covers(rule.apiGroups, info.group) && (covers(rule.resources, resource) || anyOf) && named
}
