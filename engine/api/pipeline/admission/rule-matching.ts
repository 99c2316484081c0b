/**
 * Whether a request is one that a webhook or a policy wants to see. Models apiserver
 * admission/plugin/webhook/predicates and admission/plugin/policy/matching.
 */
import type { KindEntry } from '../../../objects/kinds.ts'
import { matchesLabels, selectorFromObject } from '../../../objects/selectors.ts'
import type {
  LabelSelector,
  MatchResources,
  NamedRuleWithOperations,
  Namespace,
  RuleWithOperations,
} from '../../../objects/types.gen.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import { directoryOf } from '../../storage/keys.ts'
import type { Attributes } from './plugin.ts'

const REGISTRATION = 'admissionregistration.k8s.io'
const EXEMPT = [
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]

/** The objects that configure admission are never seen by it, so that a mistake can be taken back. */
export const isExempt = ({ entry }: Attributes): boolean =>
  entry.group === REGISTRATION && EXEMPT.includes(entry.resource)

type Rule = RuleWithOperations | NamedRuleWithOperations

const has = (list: readonly string[] | undefined, value: string): boolean =>
  (list ?? []).some((one) => one === '*' || one === value)

function resourceMatches(rule: Rule, resource: string, subresource: string): boolean {
  return (rule.resources ?? []).some((wanted) => {
    const [name = '', sub = ''] = wanted.split('/', 2)
    const rightName = name === '*' || name === resource
    const rightSub = wanted === '*' ? subresource === '' : sub === '*' || sub === subresource
    return rightName && rightSub
  })
}

function scopeMatches(rule: Rule, { entry, subresource }: Attributes): boolean {
  const scope = rule.scope ?? '*'
  if (scope === '*') return true
  const isNamespace = entry.group === '' && entry.resource === 'namespaces' && subresource === ''
  return scope === (entry.namespaced && !isNamespace ? 'Namespaced' : 'Cluster')
}

/** One rule against the request, seen as a resource of this entry. */
function ruleMatches(rule: Rule, attrs: Attributes, entry: KindEntry): boolean {
  return (
    has(rule.operations, attrs.operation) &&
    has(rule.apiGroups, entry.group) &&
    has(rule.apiVersions, entry.version) &&
    resourceMatches(rule, entry.resource, attrs.subresource) &&
    scopeMatches(rule, attrs)
  )
}

/** The same resource in its other groups and versions. */
function equivalents(core: Core, { entry }: Attributes): KindEntry[] {
  return core.registry
    .all()
    .filter((one) => one !== entry && one.resource === entry.resource && one.kind === entry.kind && related(one, entry))
}

const SHARED = [['', 'events.k8s.io']]

const related = (a: KindEntry, b: KindEntry): boolean =>
  a.group === b.group || SHARED.some((groups) => groups.includes(a.group) && groups.includes(b.group))

/** As which entry the request is seen; undefined when no rule wants it. */
export function matchedEntry(
  core: Core,
  attrs: Attributes,
  rules: readonly Rule[],
  matchPolicy: string | undefined,
): KindEntry | undefined {
  const fits = (entry: KindEntry): boolean =>
    rules.some((rule) => named(rule, attrs) && ruleMatches(rule, attrs, entry))
  if (fits(attrs.entry)) return attrs.entry
  return matchPolicy === 'Exact' ? undefined : equivalents(core, attrs).find(fits)
}

/** Rules of policies may name objects. */
function named(rule: Rule, { name }: Attributes): boolean {
  const names = 'resourceNames' in rule ? (rule.resourceNames ?? []) : []
  return names.length === 0 || names.includes(name)
}

type Labels = Readonly<Record<string, string>>

/** The stored Namespace of a request. */
export function namespaceOf(core: Core, namespace: string): Namespace | undefined {
  return namespace === ''
    ? undefined
    : (core.cache.get(`${directoryOf('', 'namespaces')}${namespace}`) as Namespace | undefined)
}

/** Cluster-scoped objects are in no namespace, and match; a Namespace is asked for its own labels. */
export function namespaceMatches(core: Core, attrs: Attributes, selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return true
  const parsed = selectorFromObject(selector)
  const { entry, object, oldObject, namespace, operation } = attrs
  if (entry.group === '' && entry.resource === 'namespaces' && attrs.subresource === '') {
    const own = operation === 'CREATE' ? object : (object ?? oldObject)
    return matchesLabels(parsed, (own?.metadata.labels ?? {}) as Labels)
  }
  if (namespace === '') return true
  return matchesLabels(parsed, namespaceOf(core, namespace)?.metadata?.labels ?? {})
}

/** The new or the old object is selected. */
export function objectMatches({ object, oldObject }: Attributes, selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return true
  const parsed = selectorFromObject(selector)
  const selected = (one: KubeObject | undefined): boolean =>
    one !== undefined && matchesLabels(parsed, (one.metadata?.labels ?? {}) as Labels)
  return selected(object) || selected(oldObject)
}

/** The constraints of a policy or a binding. Models policy/matching/matching.go Matches. */
export function resourcesMatch(core: Core, attrs: Attributes, of: MatchResources): KindEntry | undefined {
  if (!namespaceMatches(core, attrs, of.namespaceSelector) || !objectMatches(attrs, of.objectSelector)) return undefined
  const excluded = matchedEntry(core, attrs, of.excludeResourceRules ?? [], of.matchPolicy)
  if (excluded !== undefined) return undefined
  if ((of.resourceRules ?? []).length === 0) return attrs.entry
  return matchedEntry(core, attrs, of.resourceRules ?? [], of.matchPolicy)
}
