/**
 * Default roles and bindings that somebody changed get back what they lack, unless they ask not to.
 * Models component-helpers auth/rbac/reconciliation. What was added to them stays. Not modelled: a default
 * binding whose roleRef was changed (it cannot be, short of deleting it).
 */
import { deepEqual } from '../objects/equal.ts'
import { missingRules } from '../objects/policy-rules.ts'
import type { PolicyRule, RoleRef, Subject } from '../objects/types.gen.ts'
import type { KubeObject } from './client.ts'

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate'

export interface RbacObject extends KubeObject {
  rules?: PolicyRule[]
  aggregationRule?: { clusterRoleSelectors?: object[] }
  roleRef?: RoleRef
  subjects?: Subject[]
}

/** The object as it should be; undefined when nothing is missing. */
export function reconciled(existing: RbacObject, expected: RbacObject): RbacObject | undefined {
  const { annotations = {}, labels = {} } = existing.metadata
  if (annotations[AUTOUPDATE] === 'false') return undefined
  const next: RbacObject = {
    ...existing,
    metadata: {
      ...existing.metadata,
      labels: { ...labels, ...expected.metadata.labels },
      annotations: { ...expected.metadata.annotations, ...annotations },
    },
    ...(expected.subjects !== undefined && { subjects: withSubjects(existing.subjects ?? [], expected.subjects) }),
    ...rulesOf(existing, expected),
  }
  return deepEqual(next, existing) ? undefined : next
}

/** Aggregated roles are told what to gather; their rules are another's business. */
function rulesOf(existing: RbacObject, expected: RbacObject): Partial<RbacObject> {
  if (expected.roleRef !== undefined) return {}
  if (expected.aggregationRule !== undefined) {
    const have = existing.aggregationRule?.clusterRoleSelectors ?? []
    const missing = (expected.aggregationRule.clusterRoleSelectors ?? []).filter(
      (selector) => !have.some((one) => deepEqual(one, selector)),
    )
    return { aggregationRule: { clusterRoleSelectors: [...have, ...missing] } }
  }
  const rules = existing.rules ?? []
  return { rules: [...rules, ...missingRules(rules, expected.rules ?? [])] }
}

function withSubjects(existing: Subject[], expected: Subject[]): Subject[] {
  const isSame = (a: Subject, b: Subject): boolean =>
    a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '')
  return [...existing, ...expected.filter((one) => !existing.some((other) => isSame(one, other)))]
}
