/**
 * Policies in CEL that refuse, warn or note. Models apiserver admission/plugin/policy/validating.
 * Not modelled: audit annotations go nowhere (there is no audit log).
 */
import { BOOL, STRING } from '../../../objects/cel/index.ts'
import { admissionTypes } from '../../../objects/cel/admission-types.ts'
import type { KindEntry } from '../../../objects/kinds.ts'
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
} from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import { forbidden } from '../../status.ts'
import type { ApiStatus } from '../../status.ts'
import { nameOf, pass, warn } from './plugin.ts'
import type { Attributes, Plugin } from './plugin.ts'
import { compileConditions, compileExpression, compileVariables, conditionsHold, evaluate, paramKindProblem, paramsOf, registered, withVariables } from './policy-evaluation.ts' // prettier-ignore
import type { Bindings, Compiled, CompiledVariables } from './policy-evaluation.ts'
import { bindingsOf } from './policy-request.ts'
import { isExempt, resourcesMatch } from './rule-matching.ts'

interface Check {
  readonly validation: Validation
  readonly compiled: Compiled
  readonly message: Compiled | undefined
}

interface Program {
  readonly conditions: readonly Compiled[]
  readonly variables: CompiledVariables
  readonly checks: readonly Check[]
}

/** Derived from immutable objects, so kept by them. */
const programs = new WeakMap<object, Program>()

function programOf(policy: ValidatingAdmissionPolicy): Program {
  const known = programs.get(policy)
  if (known) return known
  const made = compilePolicy(policy)
  programs.set(policy, made)
  return made
}

function compilePolicy({ spec = {} }: ValidatingAdmissionPolicy): Program {
  const params = spec.paramKind !== undefined
  const variables = compileVariables(spec.variables ?? [], params)
  const types = admissionTypes({ params, variables: variables.types })
  const checks = (spec.validations ?? []).map((validation): Check => {
    const { expression, messageExpression = '' } = validation
    return {
      validation,
      compiled: typed(compileExpression(expression, types), BOOL),
      message: messageExpression === '' ? undefined : typed(compileExpression(messageExpression, types), STRING),
    }
  })
  return { conditions: compileConditions(spec.matchConditions ?? [], params), variables, checks }
}

/** Without its program when its result is of another type. */
function typed(compiled: Compiled, wanted: typeof BOOL): Compiled {
  const type = compiled.program?.type
  if (type === undefined || type === 'dyn' || (wanted.kind === 'simple' && type === wanted.name)) return compiled
  return { ...compiled, program: undefined, error: `must evaluate to ${wanted.kind === 'simple' ? wanted.name : ''}` }
}

interface Denial {
  readonly policy: ValidatingAdmissionPolicy
  readonly binding?: ValidatingAdmissionPolicyBinding
  readonly message: string
  readonly reason?: string
}

const CODES: Readonly<Record<string, number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
  Invalid: 422,
}

/** The refusal of the first denial. Models validating/dispatcher.go. */
function refusalOf(attrs: Attributes, { policy, binding, message, reason = 'Invalid' }: Denial): ApiStatus {
  const by = binding === undefined ? '' : ` with binding '${binding.metadata?.name}'`
  const text = `ValidatingAdmissionPolicy '${policy.metadata?.name}'${by} denied request: ${message}`
  const status = forbidden(attrs.entry, nameOf(attrs), text)
  return {
    ...status,
    reason,
    code: CODES[reason] ?? 422,
    details: { ...status.details, causes: [...(status.details?.causes ?? []), { message: text }] },
  }
}

/** What a failed validation says: its expression for a message, its message, or the expression itself. */
function messageOf({ validation, message }: Check, bindings: Bindings): string {
  const made = message && evaluate(message, bindings)
  if (made && 'value' in made && typeof made.value === 'string') {
    const text = made.value.trim()
    if (text !== '' && !text.includes('\n') && text.length <= 5 * 1024) return text
  }
  const text = validation.message?.trim() ?? ''
  return text === '' ? `failed expression: ${validation.expression.trim()}` : text
}

interface Decision {
  readonly message: string
  readonly reason?: string
  /** The policy could not be asked. */
  readonly failed?: true
}

/** What one policy says with one parameter object. Models validating/validator.go. */
function decide(program: Program, fails: boolean, bindings: Bindings): Decision[] {
  const matches = conditionsHold(program.conditions, bindings)
  if (typeof matches === 'object') return fails ? [{ message: matches.error, failed: true }] : []
  if (!matches) return []
  const all = withVariables(program.variables, bindings)
  return program.checks.flatMap((check): Decision[] => {
    const result = evaluate(check.compiled, all)
    if ('error' in result) return fails ? [{ message: result.error, failed: true }] : []
    if (result.value === true) return []
    const { reason } = check.validation
    return [{ message: messageOf(check, all), ...(reason !== undefined && { reason }) }]
  })
}

export const validatingPolicy: Plugin = {
  name: 'ValidatingAdmissionPolicy',
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  validate(core, flight, attrs) {
    if (isExempt(attrs)) return pass(attrs)
    const policies = registered<ValidatingAdmissionPolicy>(core, 'validatingadmissionpolicies')
    if (policies.length === 0) return pass(attrs)
    const bindings = registered<ValidatingAdmissionPolicyBinding>(core, 'validatingadmissionpolicybindings')
    const denials = policies.flatMap((policy) => {
      const own = bindings.filter(({ spec }) => spec?.policyName === policy.metadata?.name)
      return own.length === 0 ? [] : applyPolicy(core, flight, attrs, policy, own)
    })
    const [first] = denials
    return first === undefined ? pass(attrs) : { refuse: refusalOf(attrs, first) }
  },
}

function applyPolicy(
  core: Core,
  flight: Flight,
  attrs: Attributes,
  policy: ValidatingAdmissionPolicy,
  bindings: readonly ValidatingAdmissionPolicyBinding[],
): Denial[] {
  const { matchConstraints = {}, paramKind, failurePolicy } = policy.spec ?? {}
  const entry = resourcesMatch(core, attrs, matchConstraints)
  if (entry === undefined) return []
  const fails = failurePolicy !== 'Ignore'
  const problem = paramKindProblem(core, paramKind)
  if (problem !== undefined) return fails ? [{ policy, message: problem }] : []
  return bindings.flatMap((binding) => applyBinding(core, flight, attrs, { policy, binding, entry, fails }))
}

interface Bound {
  readonly policy: ValidatingAdmissionPolicy
  readonly binding: ValidatingAdmissionPolicyBinding
  readonly entry: KindEntry
  readonly fails: boolean
}

function applyBinding(
  core: Core,
  flight: Flight,
  attrs: Attributes,
  { policy, binding, entry, fails }: Bound,
): Denial[] {
  if (resourcesMatch(core, attrs, binding.spec?.matchResources ?? {}) === undefined) return []
  const paramKind = policy.spec?.paramKind
  const found = paramsOf(core, attrs, paramKind, binding.spec?.paramRef)
  if ('error' in found)
    return fails ? [{ policy, binding, message: `failed to configure binding: ${found.error}` }] : []
  const base = bindingsOf(core, flight, attrs, entry)
  return found.params.flatMap((params) =>
    decide(programOf(policy), fails, paramKind === undefined ? base : { ...base, params }).flatMap((decision) =>
      enforce(flight, policy, binding, decision),
    ),
  )
}

/** What the binding wants done about it. A policy that could not be asked is treated in the same way. */
function enforce(
  flight: Flight,
  policy: ValidatingAdmissionPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  { message, reason }: Decision,
): Denial[] {
  const actions = binding.spec?.validationActions ?? []
  if (actions.includes('Warn')) {
    const by = `ValidatingAdmissionPolicy '${policy.metadata?.name}' with binding '${binding.metadata?.name}'`
    warn(flight, `Validation failed for ${by}: ${message}`)
  }
  return actions.includes('Deny') ? [{ policy, binding, message, ...(reason !== undefined && { reason }) }] : []
}
