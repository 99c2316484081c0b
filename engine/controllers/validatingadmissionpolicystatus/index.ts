/**
 * Checks the expressions of policies against the types that they are for. Models pkg/controller/validatingadmissionpolicystatus
 * and apiserver policy/validating/typechecking.go. Not modelled: types of custom resources and of parameters, which are `dyn`.
 */
import { admissionTypes } from '../../objects/cel/admission-types.ts'
import { DYN, compileCel } from '../../objects/cel/index.ts'
import type { CelType } from '../../objects/cel/index.ts'
import { celTypeOfSchema } from '../../objects/cel/schema-types.ts'
import { KindRegistry } from '../../objects/kinds.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import type { NamedRuleWithOperations, ValidatingAdmissionPolicy } from '../../objects/types.gen.ts'
import type { Controller, Write } from '../controller.ts'

const POLICIES = 'admissionregistration.k8s.io/v1/validatingadmissionpolicies'
const MAX_TYPES = 10

interface Warning {
  readonly fieldRef: string
  readonly warning: string
}

/** The kinds that a rule names one by one; a star gives up. */
function kindsOf(registry: KindRegistry, rule: NamedRuleWithOperations): KindEntry[] {
  const { apiGroups = [], apiVersions = [], resources = [] } = rule
  if ([...apiGroups, ...apiVersions].some((one) => one.includes('*'))) return []
  const names = resources.filter((one) => !/[*/]/.test(one)).sort()
  return apiGroups.flatMap((group) =>
    apiVersions.flatMap((version) => names.flatMap((name) => registry.byResource(group, version, name) ?? [])),
  )
}

const key = ({ group, version, kind }: KindEntry): string => `${group}/${version}, Kind=${kind}`

function entriesOf(registry: KindRegistry, policy: ValidatingAdmissionPolicy): KindEntry[] {
  const rules = policy.spec?.matchConstraints?.resourceRules ?? []
  const found = new Map(rules.flatMap((rule) => kindsOf(registry, rule)).map((entry) => [key(entry), entry]))
  return [...found.values()]
    .filter(({ schema }) => schema !== '')
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
    .slice(0, MAX_TYPES)
}

/** The types of all names in reach, with the policy's variables. */
function typesFor(policy: ValidatingAdmissionPolicy, entry: KindEntry): Record<string, CelType> {
  const of = { params: policy.spec?.paramKind !== undefined, object: celTypeOfSchema(entry.schema) }
  const variables: Record<string, CelType> = {}
  for (const { name, expression } of policy.spec?.variables ?? []) {
    const compiled = compileCel(expression, {
      variables: [],
      types: admissionTypes({ ...of, variables: { ...variables } }),
    })
    variables[name] = 'program' in compiled ? compiled.program.resultType : DYN
  }
  return admissionTypes({ ...of, variables })
}

function warningsOf(registry: KindRegistry, policy: ValidatingAdmissionPolicy): Warning[] {
  const contexts = entriesOf(registry, policy).map((entry) => [key(entry), typesFor(policy, entry)] as const)
  const check = (fieldRef: string, expression: string): Warning[] => {
    const texts = contexts.flatMap(([kind, types]) => {
      const compiled = compileCel(expression, { variables: [], types })
      return 'error' in compiled ? [`${kind}: ${compiled.error}\n`] : []
    })
    return texts.length === 0 ? [] : [{ fieldRef, warning: texts.join('\n') }]
  }
  return (policy.spec?.validations ?? []).flatMap(({ expression, messageExpression = '' }, i) => [
    ...check(`spec.validations[${i}].expression`, expression),
    ...(messageExpression === '' ? [] : check(`spec.validations[${i}].messageExpression`, messageExpression)),
  ])
}

export function validatingAdmissionPolicyStatus(release: string): Controller {
  const registry = new KindRegistry(release)
  return {
    name: 'validatingadmissionpolicy-status',
    watches: [{ resource: POLICIES, keys: ({ object }) => [object.metadata.name] }],
    reconcile(context, name): Write[] {
      const policy = context.cache<ValidatingAdmissionPolicy & { metadata: { name: string } }>(POLICIES).get('', name)
      const { generation } = policy?.metadata ?? {}
      if (policy === undefined || generation === undefined || generation <= (policy.status?.observedGeneration ?? 0))
        return []
      const expressionWarnings = warningsOf(registry, policy)
      const typeChecking = expressionWarnings.length === 0 ? {} : { expressionWarnings }
      const status = { observedGeneration: generation, typeChecking }
      const body = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        status,
      }
      const query = { fieldManager: 'validatingadmissionpolicy-status', force: 'true' }
      return [{ verb: 'patch', patchType: 'apply', subresource: 'status', resource: POLICIES, name, body, query }]
    },
  }
}
