/**
 * Policies in CEL that change objects. Models apiserver admission/plugin/policy/mutating. A policy with reinvocationPolicy
 * IfNeeded is asked once more when a later one changed the object. Not modelled: asking again after in-tree plugins.
 */
import { admissionTypes } from '../../../objects/cel/admission-types.ts'
import { applyJsonPatch } from '../../../objects/patch/json.ts'
import type { Json } from '../../../objects/patch/json-value.ts'
import { mergeApplied } from '../../../objects/apply/merge.ts'
import { ownershipOfType } from '../../../objects/apply/ownership-schema.ts'
import type { Ownership } from '../../../objects/apply/ownership-schema.ts'
import type { KindEntry } from '../../../objects/kinds.ts'
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Mutation } from '../../../objects/types.gen.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import { forbidden } from '../../status.ts'
import type { ApiStatus } from '../../status.ts'
import { nameOf, pass } from './plugin.ts'
import type { Attributes, Plugin } from './plugin.ts'
import { compileConditions, compileExpression, compileVariables, conditionsHold, evaluate, paramKindProblem, paramsOf, registered, withVariables } from './policy-evaluation.ts' // prettier-ignore
import type { Compiled, CompiledVariables } from './policy-evaluation.ts'
import { bindingsOf, objectBack, objectIn } from './policy-request.ts'
import { isExempt, resourcesMatch } from './rule-matching.ts'

interface Program {
  readonly conditions: readonly Compiled[]
  readonly variables: CompiledVariables
  readonly mutations: readonly (readonly [Mutation, Compiled])[]
}

const programs = new WeakMap<object, Program>()

function programOf(policy: MutatingAdmissionPolicy): Program {
  const known = programs.get(policy)
  if (known) return known
  const { spec = {} } = policy
  const params = spec.paramKind !== undefined
  const variables = compileVariables(spec.variables ?? [], params, true)
  const types = admissionTypes({ params, variables: variables.types, patch: true })
  const made = {
    conditions: compileConditions(spec.matchConditions ?? [], params),
    variables,
    mutations: (spec.mutations ?? []).map((mutation) => {
      const { expression = '' } = mutation.applyConfiguration ?? mutation.jsonPatch ?? {}
      return [mutation, compileExpression(expression, types)] as const
    }),
  }
  programs.set(policy, made)
  return made
}

/** One policy by one binding with one parameter object. */
interface Invocation {
  readonly policy: MutatingAdmissionPolicy
  readonly binding: MutatingAdmissionPolicyBinding | undefined
  readonly entry: KindEntry
  readonly params: KubeObject | null
}

interface Problem {
  readonly policy: MutatingAdmissionPolicy
  readonly binding?: MutatingAdmissionPolicyBinding | undefined
  readonly message: string
  readonly reason?: string
}

/** The refusal of all problems; the first gives the message. Models policy/generic/policy_dispatcher.go. */
function refusalOf(attrs: Attributes, problems: readonly Problem[]): ApiStatus {
  const texts = problems.map(({ policy, binding, message }) => {
    const by = binding === undefined ? '' : ` with binding '${binding.metadata?.name}'`
    return `policy '${policy.metadata?.name}'${by} denied request: ${message}`
  })
  const status = forbidden(attrs.entry, nameOf(attrs), '')
  const reason = problems[0]?.reason ?? 'Forbidden'
  return {
    ...status,
    reason,
    message: texts[0] ?? '',
    details: { ...status.details, causes: texts.map((message) => ({ message })) },
  }
}

function invocationsOf(core: Core, attrs: Attributes): { invocations: Invocation[]; problems: Problem[] } {
  const problems: Problem[] = []
  const bindings = registered<MutatingAdmissionPolicyBinding>(core, 'mutatingadmissionpolicybindings')
  const invocations = registered<MutatingAdmissionPolicy>(core, 'mutatingadmissionpolicies').flatMap((policy) => {
    const own = bindings.filter(({ spec }) => spec?.policyName === policy.metadata?.name)
    const entry = own.length === 0 ? undefined : resourcesMatch(core, attrs, policy.spec?.matchConstraints ?? {})
    if (entry === undefined) return []
    const problem = paramKindProblem(core, policy.spec?.paramKind)
    if (problem !== undefined) problems.push({ policy, message: problem })
    return problem !== undefined ? [] : own.flatMap((binding) => bound(core, attrs, policy, binding, entry, problems))
  })
  return { invocations, problems }
}

function bound(
  core: Core,
  attrs: Attributes,
  policy: MutatingAdmissionPolicy,
  binding: MutatingAdmissionPolicyBinding,
  entry: KindEntry,
  problems: Problem[],
): Invocation[] {
  if (resourcesMatch(core, attrs, binding.spec?.matchResources ?? {}) === undefined) return []
  const found = paramsOf(core, attrs, policy.spec?.paramKind, binding.spec?.paramRef)
  if ('params' in found) return found.params.map((params) => ({ policy, binding, entry, params }))
  problems.push({ policy, binding, message: `failed to configure binding: ${found.error}` })
  return []
}

/** The schema by which an applied configuration is merged. */
const ownershipOf = (entry: KindEntry): Ownership =>
  ownershipOfType(entry.custom?.ownership ?? (entry.schema === '' ? undefined : entry.schema))

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Places of an applied configuration that could only be replaced as a whole. Models patch/smd.go validatePatch. */
function atomicPaths(value: unknown, type: Ownership, path: string): string[] {
  if (type.form === 'leaf') return typeof value === 'object' && value !== null ? [path] : []
  if (isFields(value))
    return Object.entries(value).flatMap(([key, one]) =>
      atomicPaths(one, type.fields?.get(key)?.type ?? type.item ?? type, `${path}.${key}`),
    )
  if (!Array.isArray(value) || type.item === undefined) return []
  const { item } = type
  return value.flatMap((one: unknown) => atomicPaths(one, item, path))
}

function applied(entry: KindEntry, object: KubeObject, value: unknown): KubeObject | { error: string } {
  const type = ownershipOf(entry)
  const wrong = atomicPaths(value, type, '')
  if (wrong.length > 0)
    return { error: `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${wrong.join(', ')}` } // prettier-ignore
  const { apiVersion, kind } = object
  return { ...(mergeApplied(object, value, type) as KubeObject), apiVersion, kind }
}

function jsonPatched(object: KubeObject, value: unknown): KubeObject | { error: string } {
  try {
    return applyJsonPatch(object as unknown as Json, value as unknown[]) as unknown as KubeObject
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return /test/i.test(text) ? object : { error: `JSONPath: ${text}` }
  }
}

/** One invocation's effect on the object. */
function invoke(
  core: Core,
  flight: Flight,
  attrs: Attributes,
  { policy, entry, params }: Invocation,
): { object: KubeObject } | { problem: string } | 'skipped' {
  const program = programOf(policy)
  const withParams = policy.spec?.paramKind === undefined ? {} : { params }
  const holds = conditionsHold(program.conditions, { ...bindingsOf(core, flight, attrs, entry), ...withParams })
  if (typeof holds === 'object') return { problem: holds.error }
  if (!holds) return 'skipped'
  let now = attrs
  for (const [mutation, compiled] of program.mutations) {
    const seen = objectIn(entry, now.object)
    if (seen === null) return 'skipped'
    const names = withVariables(program.variables, { ...bindingsOf(core, flight, now, entry), ...withParams })
    const result = evaluate(compiled, names)
    if ('error' in result) return { problem: result.error }
    const changed =
      mutation.patchType === 'JSONPatch' ? jsonPatched(seen, result.value) : applied(entry, seen, result.value)
    if ('error' in changed) return { problem: changed.error }
    const back = objectBack(core, now, entry, changed as KubeObject)
    if ('error' in back) return { problem: back.error }
    now = { ...now, object: back.object }
  }
  return now.object === undefined ? 'skipped' : { object: now.object }
}

const isEqual = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

/** One round; `stale` are those that want to see what later ones changed. */
function round(
  core: Core,
  flight: Flight,
  attrs: Attributes,
  invocations: readonly Invocation[],
  problems: Problem[],
): { attrs: Attributes; stale: Invocation[] } {
  let now = attrs
  let stale: Invocation[] = []
  const done: Invocation[] = []
  for (const invocation of invocations) {
    const { policy, binding } = invocation
    const result = invoke(core, flight, now, invocation)
    if (result === 'skipped') continue
    if ('problem' in result) problems.push({ policy, binding, message: result.problem, reason: 'Invalid' })
    else if (!isEqual(result.object, now.object)) {
      stale = [...done]
      now = { ...now, object: result.object }
    }
    if (policy.spec?.reinvocationPolicy === 'IfNeeded') done.push(invocation)
  }
  return { attrs: now, stale }
}

export const mutatingPolicy: Plugin = {
  name: 'MutatingAdmissionPolicy',
  operations: ['CREATE', 'UPDATE', 'CONNECT'],
  admit(core, flight, attrs) {
    if (isExempt(attrs)) return pass(attrs)
    const { invocations, problems } = invocationsOf(core, attrs)
    if (invocations.length === 0 && problems.length === 0) return pass(attrs)
    const first = round(core, flight, attrs, invocations, problems)
    const second = first.stale.length === 0 ? first : round(core, flight, first.attrs, first.stale, problems)
    const counted = problems.filter(({ policy }) => policy.spec?.failurePolicy !== 'Ignore')
    return counted.length > 0 ? { refuse: refusalOf(attrs, counted) } : pass(second.attrs)
  },
}
