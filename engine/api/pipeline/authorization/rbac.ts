/**
 * The stored roles and bindings. Models plugin/pkg/auth/authorizer/rbac. What a user has is gathered
 * once, and again after any role or binding has changed: a check then looks at a few rules only.
 */
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import type { UserInfo } from '../../flight.ts'
import { directoryOf } from '../../storage/keys.ts'
import type { Attributes, Opinion } from './attributes.ts'
import { allows } from './rules.ts'

const RBAC = 'rbac.authorization.k8s.io'
const DIRECTORIES = {
  clusterRoles: directoryOf(RBAC, 'clusterroles'),
  roles: directoryOf(RBAC, 'roles'),
  clusterRoleBindings: directoryOf(RBAC, 'clusterrolebindings'),
  roleBindings: directoryOf(RBAC, 'rolebindings'),
}

/** A rule that a user has, and what gives it to them. */
export interface Granted {
  rule: PolicyRule
  /** `RoleBinding "bot-edit/default" of ClusterRole "edit" to ServiceAccount "bot/default"` */
  by: string
}

interface Rights {
  rules: Granted[]
  /** Bindings that name a role which is not there. */
  errors: string[]
}

interface Memo {
  stamp: string
  /** By user and namespace. */
  rights: Map<string, Rights>
}

/** Derived from the cache; found by it. */
const memos = new WeakMap<object, Memo>()

function memoOf({ cache }: Core): Memo {
  const stamp = `${cache.changed(DIRECTORIES.clusterRoles)},${cache.changed(DIRECTORIES.roles)},${cache.changed(DIRECTORIES.clusterRoleBindings)},${cache.changed(DIRECTORIES.roleBindings)}`
  let memo = memos.get(cache)
  if (memo?.stamp !== stamp) memos.set(cache, (memo = { stamp, rights: new Map<string, Rights>() }))
  return memo
}

/** All that a user has in a namespace ('' for the cluster scope). */
function rightsOf(core: Core, user: UserInfo, namespace: string): Rights {
  const { rights } = memoOf(core)
  const key = `${namespace}\n${user.name}\n${user.groups.join()}`
  let found = rights.get(key)
  if (found === undefined) rights.set(key, (found = gather(core, user, namespace)))
  return found
}

function gather(core: Core, user: UserInfo, namespace: string): Rights {
  const rights: Rights = { rules: [], errors: [] }
  const { clusterRoleBindings, roleBindings } = DIRECTORIES
  for (const binding of core.cache.values(clusterRoleBindings) as Iterable<ClusterRoleBinding>)
    grant(core, rights, binding, 'ClusterRoleBinding', user, '')
  if (namespace === '') return rights
  for (const binding of core.cache.values(roleBindings) as Iterable<RoleBinding>)
    if (binding.metadata.namespace === namespace) grant(core, rights, binding, 'RoleBinding', user, namespace)
  return rights
}

function grant(
  core: Core,
  rights: Rights,
  { metadata, roleRef, subjects }: RoleBinding | ClusterRoleBinding,
  kind: string,
  user: UserInfo,
  namespace: string,
): void {
  const subject = subjects?.find((one) => isUser(one, user, namespace))
  if (subject === undefined) return
  const name = namespace === '' ? metadata.name : `${metadata.name}/${namespace}`
  const whom = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name
  const by = `${kind} "${name}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${whom}"`
  const role = roleOf(core, roleRef, namespace)
  if (role === undefined) rights.errors.push(missingRole(roleRef))
  for (const rule of role?.rules ?? []) rights.rules.push({ rule, by })
}

const missingRole = ({ kind, name }: RoleRef): string => `${kind.toLowerCase()}.${RBAC} "${name}" not found`

function roleOf(core: Core, { kind, name }: RoleRef, namespace: string): ClusterRole | Role | undefined {
  const key = kind === 'ClusterRole' ? `${DIRECTORIES.clusterRoles}${name}` : `${DIRECTORIES.roles}${namespace}/${name}`
  return core.cache.get(key) as ClusterRole | Role | undefined
}

/** The rules of the role that a binding names; none when there is no such role. */
export const rulesOfRole = (core: Core, roleRef: RoleRef, namespace: string): PolicyRule[] =>
  roleOf(core, roleRef, namespace)?.rules ?? []

/** Whether the role that a binding names is there. */
export const hasRole = (core: Core, roleRef: RoleRef, namespace: string): boolean =>
  roleOf(core, roleRef, namespace) !== undefined

/** All rules that a user has in a namespace ('' for the cluster scope). */
export const rulesFor = (core: Core, user: UserInfo, namespace: string): readonly Granted[] =>
  rightsOf(core, user, namespace).rules

function isUser(subject: Subject, { name, groups }: UserInfo, namespace: string): boolean {
  if (subject.kind === 'User') return subject.name === name
  if (subject.kind === 'Group') return groups.includes(subject.name)
  return name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`
}

export function rbac(core: Core, info: Attributes, user: UserInfo): Opinion {
  const { rules, errors } = rightsOf(core, user, info.namespace)
  const granted = rules.find(({ rule }) => allows(rule, info))
  if (granted !== undefined) return { allowed: true, reason: `RBAC: allowed by ${granted.by}` }
  if (errors.length === 0) return { reason: '' }
  const once = [...new Set(errors)]
  return { reason: `RBAC: ${once.length === 1 ? (once[0] as string) : `[${once.join(', ')}]`}` }
}
