/**
 * The default roles and bindings that an API server makes when it starts (`rbac/bootstrap-roles`).
 * Models plugin/pkg/auth/authorizer/rbac/bootstrappolicy and the post-start hook of pkg/registry/rbac/rest.
 * The rules are those of one release; entries with `since` are left out before it.
 */
import type { PolicyRule, Subject } from '../objects/types.gen.ts'
import facts from './bootstrap-rbac.json' with { type: 'json' }

interface Fact {
  namespace?: string
  name: string
  /** The minor release that brought it. */
  since?: number
  labels?: Record<string, string>
}

interface RoleFact extends Fact {
  aggregates?: Record<string, string>[]
  rules: PolicyRule[]
}

interface BindingFact extends Fact {
  role: string
  subjects: Subject[]
}

/** An object to make: its key in etcd, where to post it, and what. */
export interface DefaultObject {
  key: string
  path: string
  body: object
}

const GROUP = 'rbac.authorization.k8s.io'
const ANNOTATIONS = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }

function make(resource: string, kind: string, { namespace, name, labels }: Fact, rest: object): DefaultObject {
  const metadata = {
    name,
    ...(namespace && { namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: ANNOTATIONS,
  }
  const scope = namespace === undefined ? '' : `namespaces/${namespace}/`
  return {
    key: `/registry/${resource}/${namespace === undefined ? '' : `${namespace}/`}${name}`,
    path: `/apis/${GROUP}/v1/${scope}${resource}`,
    body: { apiVersion: `${GROUP}/v1`, kind, metadata, ...rest },
  }
}

const role =
  (resource: string, kind: string) =>
  (fact: RoleFact): DefaultObject =>
    make(resource, kind, fact, {
      ...(fact.aggregates && {
        aggregationRule: { clusterRoleSelectors: fact.aggregates.map((matchLabels) => ({ matchLabels })) },
      }),
      rules: fact.rules,
    })

const subjectOf = (subject: Subject): Subject =>
  subject.kind === 'ServiceAccount' ? subject : { apiGroup: GROUP, ...subject }

const binding =
  (resource: string, kind: string, roleKind: string) =>
  (fact: BindingFact): DefaultObject =>
    make(resource, kind, fact, {
      roleRef: { apiGroup: GROUP, kind: roleKind, name: fact.role },
      subjects: fact.subjects.map(subjectOf),
    })

/** Everything that a server of this minor release makes, in order. */
export function defaultRbac(minor: number): DefaultObject[] {
  const present = <T extends Fact>(list: T[]): T[] => list.filter(({ since }) => since === undefined || since <= minor)
  return [
    ...present(facts.clusterRoles as RoleFact[]).map(role('clusterroles', 'ClusterRole')),
    ...present(facts.clusterRoleBindings as BindingFact[]).map(
      binding('clusterrolebindings', 'ClusterRoleBinding', 'ClusterRole'),
    ),
    ...present(facts.roles as RoleFact[]).map(role('roles', 'Role')),
    ...present(facts.roleBindings as BindingFact[]).map(binding('rolebindings', 'RoleBinding', 'Role')),
  ]
}
