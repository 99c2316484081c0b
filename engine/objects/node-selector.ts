/** Node selectors and node affinity: Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity. */
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec } from './types.gen.ts'

type Test = (actual: string | undefined, values: string[]) => boolean

const OPERATORS: Record<string, Test> = {
  In: (actual, values) => actual !== undefined && values.includes(actual),
  NotIn: (actual, values) => actual === undefined || !values.includes(actual),
  Exists: (actual) => actual !== undefined,
  DoesNotExist: (actual) => actual === undefined,
  Gt: (actual, [bound]) => compareIntegers(actual, bound, (a, b) => a > b),
  Lt: (actual, [bound]) => compareIntegers(actual, bound, (a, b) => a < b),
}

function compareIntegers(
  actual: string | undefined,
  bound: string | undefined,
  test: (a: number, b: number) => boolean,
): boolean {
  if (actual === undefined || bound === undefined || !/^-?\d+$/.test(actual) || !/^-?\d+$/.test(bound)) return false
  return test(Number(actual), Number(bound))
}

function meets(requirement: NodeSelectorRequirement, actual: string | undefined): boolean {
  return OPERATORS[requirement.operator]?.(actual, requirement.values ?? []) ?? false
}

/** A term with neither expressions nor fields matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term
  if (matchExpressions.length + matchFields.length === 0) return false
  const labels = node.metadata.labels ?? {}
  const field = (key: string): string | undefined => (key === 'metadata.name' ? node.metadata.name : undefined)
  return (
    matchExpressions.every((one) => meets(one, labels[one.key])) &&
    matchFields.every((one) => meets(one, field(one.key)))
  )
}

/** Terms are alternatives. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node))
}

/** Whether a pod's nodeSelector and required node affinity allow the node. */
export function podFitsNode(spec: PodSpec | undefined, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || matchesNodeSelector(required, node)
}

/** The node that a daemon pod is made for: the one its affinity names by field, or where it runs. */
export function targetNodeOf(pod: Pod): string | undefined {
  if ((pod.spec?.nodeName ?? '') !== '') return pod.spec?.nodeName
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const named = terms
    .flatMap(({ matchFields }) => matchFields ?? [])
    .find(({ key, operator }) => key === 'metadata.name' && operator === 'In')
  return named?.values?.[0]
}
