/** Fills the rules of ClusterRoles that gather those of others. Models pkg/controller/clusterroleaggregation. */
import { deepEqual } from '../../objects/equal.ts'
import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { ClusterRole, PolicyRule } from '../../objects/types.gen.ts'
import type { Context, Controller, Write } from '../controller.ts'

const ROLES = 'rbac.authorization.k8s.io/v1/clusterroles'
const MANAGER = 'clusterrole-aggregation-controller'

const byName = (a: ClusterRole, b: ClusterRole): number => (a.metadata.name < b.metadata.name ? -1 : 1)

export const clusterRoleAggregation: Controller = {
  name: 'clusterrole-aggregation',
  watches: [{ resource: ROLES, keys: (_change, context) => gathering(context).map(({ metadata }) => metadata.name) }],
  reconcile(context, name): Write[] {
    const role = context.cache<ClusterRole>(ROLES).get('', name)
    if (role?.aggregationRule === undefined) return []
    const rules = gathered(context, role)
    if (deepEqual(rules, role.rules ?? [])) return []
    const body = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules }
    const query = { fieldManager: MANAGER, force: 'true' }
    return [{ verb: 'patch', patchType: 'apply', resource: ROLES, name, body, query }]
  },
}

/** Any change of a role may concern each of them. */
const gathering = (context: Context): ClusterRole[] =>
  context
    .cache<ClusterRole>(ROLES)
    .list()
    .filter(({ aggregationRule }) => aggregationRule !== undefined)

/** The rules of all roles that a selector means, by name, each rule once. */
function gathered(context: Context, role: ClusterRole): PolicyRule[] {
  const all = context.cache<ClusterRole>(ROLES).list().sort(byName)
  const rules: PolicyRule[] = []
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? [])
    for (const other of all) {
      if (other.metadata.name === role.metadata.name) continue
      if (!matchesLabels(selectorFromObject(selector), other.metadata.labels)) continue
      for (const rule of other.rules ?? []) if (!rules.some((one) => deepEqual(one, rule))) rules.push(rule)
    }
  return rules
}
