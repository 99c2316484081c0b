/**
 * Who may do what. Models plugin/pkg/auth/authorizer/rbac over the stored roles and bindings.
 * Not modelled: the Node authorizer (nodes and the control plane's own components, `system:*` users
 * other than service accounts and anonymous, may do everything), webhooks, ABAC.
 */
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import type { RequestInfo, UserInfo } from '../flight.ts'
import { directoryOf } from '../storage/keys.ts'

const RBAC = 'rbac.authorization.k8s.io'
const OPEN_PATHS = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/'])
const DISCOVERY = /^\/(api|apis|openapi|healthz|livez|readyz|version)(\/|$)/

const NODE_GROUP = 'system:nodes'

/** Users that the simulation trusts without asking RBAC. */
function isTrusted({ name, groups }: UserInfo): boolean {
  if (groups.includes('system:masters') || groups.includes(NODE_GROUP)) return true
  return name.startsWith('system:') && !name.startsWith('system:serviceaccount:') && name !== 'system:anonymous'
}

export interface Attributes extends RequestInfo {
  user: UserInfo
}

/** Whether the user may. */
export function authorize(core: Core, info: RequestInfo, user: UserInfo): boolean {
  if (core.flags.alwaysAllow || isTrusted(user)) return true
  if (isSystemServiceAccount(user)) return true
  if (!info.isResource && isOpen(info, user)) return true
  for (const rule of rulesFor(core, user, info.namespace)) if (allows(rule, info)) return true
  return isSelfReview(info, user)
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

/** All rules that a user has in a namespace ('' for the cluster scope). */
export function* rulesFor(core: Core, user: UserInfo, namespace: string): Generator<PolicyRule> {
  const bindings = core.cache.values(directoryOf(RBAC, 'clusterrolebindings')) as Iterable<ClusterRoleBinding>
  for (const binding of bindings) if (binds(binding.subjects, user, '')) yield* clusterRoleRules(core, binding.roleRef.name)
  if (namespace === '') return
  const directory = directoryOf(RBAC, 'rolebindings')
  for (const binding of core.cache.list(directory, `${directory}${namespace}/`) as RoleBinding[]) {
    if (!binds(binding.subjects, user, namespace)) continue
    if (binding.roleRef.kind === 'ClusterRole') yield* clusterRoleRules(core, binding.roleRef.name)
    else yield* (core.cache.get(`${directoryOf(RBAC, 'roles')}${namespace}/${binding.roleRef.name}`) as Role | undefined)?.rules ?? []
  }
}

function clusterRoleRules(core: Core, name: string): PolicyRule[] {
  return (core.cache.get(`${directoryOf(RBAC, 'clusterroles')}${name}`) as ClusterRole | undefined)?.rules ?? []
}

function binds(subjects: Subject[] | undefined, { name, groups }: UserInfo, namespace: string): boolean {
  return (subjects ?? []).some((subject) => {
    if (subject.kind === 'User') return subject.name === name
    if (subject.kind === 'Group') return groups.includes(subject.name)
    return name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`
  })
}

const covers = (list: string[] | undefined, wanted: string): boolean => list !== undefined && (list.includes('*') || list.includes(wanted))

function coversPath(paths: string[] | undefined, path: string): boolean {
  return (paths ?? []).some((one) => one === '*' || one === path || (one.endsWith('*') && path.startsWith(one.slice(0, -1))))
}

function allows(rule: PolicyRule, info: RequestInfo): boolean {
  if (!covers(rule.verbs, info.verb)) return false
  if (!info.isResource) return coversPath(rule.nonResourceURLs, info.path)
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  const named = (rule.resourceNames ?? []).length === 0 || (info.name !== '' && (rule.resourceNames ?? []).includes(info.name))
  const anyOf = info.subresource !== '' && (rule.resources ?? []).includes(`*/${info.subresource}`)
  return covers(rule.apiGroups, info.group) && (covers(rule.resources, resource) || anyOf) && named
}
