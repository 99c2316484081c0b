import type { PlainObject } from '../decode.ts'
import { asObject } from './table.ts'
import type { DefaultsTable } from './table.ts'

const RBAC = 'rbac.authorization.k8s.io'
const roleRef = { fill: (binding: PlainObject) => ({ roleRef: { apiGroup: RBAC, ...asObject(binding.roleRef) } }) }

function fillSubject(subject: PlainObject): PlainObject | undefined {
  const named = subject.kind === 'User' || subject.kind === 'Group'
  return named && !subject.apiGroup ? { apiGroup: RBAC } : undefined
}

const webhook = {
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
}
const anyScope = { values: { scope: '*' } }

function fillNames(names: PlainObject): PlainObject {
  const kind = String(names.kind ?? '')
  return { singular: names.singular || kind.toLowerCase(), listKind: names.listKind || `${kind}List` }
}

/** Models the defaults of rbac, admissionregistration, apiextensions, apiregistration and flowcontrol. */
export const accessDefaults: DefaultsTable = {
  'rbac.v1.RoleBinding': roleRef,
  'rbac.v1.ClusterRoleBinding': roleRef,
  'rbac.v1.Subject': { fill: fillSubject },
  'admissionregistration.v1.ValidatingWebhook': { values: webhook },
  'admissionregistration.v1.MutatingWebhook': { values: { ...webhook, reinvocationPolicy: 'Never' } },
  'admissionregistration.v1.ServiceReference': { values: { port: 443 } },
  'admissionregistration.v1.RuleWithOperations': anyScope,
  'admissionregistration.v1.NamedRuleWithOperations': anyScope,
  'admissionregistration.v1.MatchResources': {
    values: { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} },
  },
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': { values: { failurePolicy: 'Fail' } },
  'apiextensions.v1.CustomResourceDefinitionSpec': { values: { conversion: { strategy: 'None' } } },
  'apiextensions.v1.CustomResourceDefinitionNames': { fill: fillNames },
  'apiextensions.v1.ServiceReference': { values: { port: 443 } },
  'apiregistration.v1.ServiceReference': { values: { port: 443 } },
  'flowcontrol.v1.FlowSchemaSpec': { values: { matchingPrecedence: 1000 } },
  'flowcontrol.v1.LimitedPriorityLevelConfiguration': { values: { lendablePercent: 0, nominalConcurrencyShares: 30 } },
}
