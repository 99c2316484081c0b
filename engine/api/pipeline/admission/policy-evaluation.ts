/**
 * What validating and mutating policies share: compiled expressions, match conditions, variables and parameters.
 * Models apiserver admission/plugin/cel/{condition,composition}.go, webhook/matchconditions and policy/generic.
 */
import { CelLazy, compileCel } from '../../../objects/cel/index.ts'
import type { CelProgram, CelResult, CelType } from '../../../objects/cel/index.ts'
import { DYN } from '../../../objects/cel/index.ts'
import { admissionTypes } from '../../../objects/cel/admission-types.ts'
import type { KindEntry } from '../../../objects/kinds.ts'
import { matchesLabels, selectorFromObject } from '../../../objects/selectors.ts'
import type { MatchCondition, ParamKind, ParamRef, Variable } from '../../../objects/types.gen.ts'
import { convertTo } from '../../convert.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import { directoryOf, keyFor } from '../../storage/keys.ts'
import type { Attributes } from './plugin.ts'

/** An expression with its program, or why there is none. */
export interface Compiled {
  readonly expression: string
  readonly program: CelProgram | undefined
  readonly error: string
}

export type Bindings = Readonly<Record<string, unknown>>

/** Compiles with the names that admission knows. */
export function compileExpression(expression: string, types: Record<string, CelType>): Compiled {
  const compiled = compileCel(expression, { variables: [], types })
  return 'error' in compiled
    ? { expression, program: undefined, error: `compilation failed: ${compiled.error}` }
    : { expression, program: compiled.program, error: '' }
}

/** A value, or the error in upstream's words. */
export function evaluate({ expression, program, error }: Compiled, bindings: Bindings): CelResult {
  if (!program) return { error: `compilation error: ${error}` }
  const result = program.evaluate(bindings)
  return 'error' in result ? { error: `expression '${expression.trim()}' resulted in error: ${result.error}` } : result
}

export interface CompiledVariables {
  readonly types: Record<string, CelType>
  readonly programs: readonly (readonly [string, Compiled])[]
}

/** The variables of a policy: each may use those before it. */
export function compileVariables(variables: readonly Variable[], params: boolean, patch = false): CompiledVariables {
  const types: Record<string, CelType> = {}
  const programs = variables.map(({ name, expression }) => {
    const compiled = compileExpression(expression, admissionTypes({ params, variables: { ...types }, patch }))
    types[name] = compiled.program?.resultType ?? DYN
    return [name, compiled] as const
  })
  return { types, programs }
}

/** Bindings with `variables`, each of which is evaluated when it is first read. */
export function withVariables({ programs }: CompiledVariables, bindings: Bindings): Bindings {
  const known = new Map<string, unknown>()
  const all: Record<string, unknown> = { ...bindings }
  const look = (name: string): unknown => {
    if (known.has(name)) return known.get(name)
    const program = programs.find(([one]) => one === name)?.[1]
    const result = program?.program?.evaluateRaw(all) ?? { error: `compilation error: ${program?.error ?? ''}` }
    if ('error' in result) throw new Error(`composited variable "${name}" fails to evaluate: ${result.error}`)
    known.set(name, result.value)
    return result.value
  }
  all['variables'] = new CelLazy(
    programs.map(([name]) => name),
    look,
  )
  return all
}

export const compileConditions = (conditions: readonly MatchCondition[], params: boolean): Compiled[] =>
  conditions.map(({ expression }) => compileExpression(expression, admissionTypes({ params })))

/** Whether all conditions hold. One false condition decides, also when others fail. */
export function conditionsHold(conditions: readonly Compiled[], bindings: Bindings): boolean | { error: string } {
  const errors: string[] = []
  for (const condition of conditions) {
    const result = evaluate(condition, bindings)
    if ('error' in result) errors.push(result.error)
    else if (result.value !== true) return false
  }
  if (errors.length === 0) return true
  return { error: errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]` }
}

const groupVersion = ({ apiVersion = '' }: ParamKind): [string, string] => {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)]
}

function paramEntry(core: Core, kind: ParamKind): KindEntry | undefined {
  const [group, version] = groupVersion(kind)
  return core.registry.all().find((one) => one.group === group && one.version === version && one.kind === kind.kind)
}

/** Why a policy with such parameters cannot work. */
export function paramKindProblem(core: Core, kind: ParamKind | undefined): string | undefined {
  if (kind === undefined || paramEntry(core, kind) !== undefined) return undefined
  const [group, version] = groupVersion(kind)
  return `failed to configure policy: failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind.kind}'`
}

type Params = { params: readonly (KubeObject | null)[] } | { error: string }

const WITHOUT = 'no params found for policy binding with `Deny` parameterNotFoundAction'

/** The parameters that a binding chooses. Models policy/generic/policy_dispatcher.go CollectParams. */
export function paramsOf(
  core: Core,
  attrs: Attributes,
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
): Params {
  if (kind === undefined || ref === undefined) return { params: [null] }
  const entry = paramEntry(core, kind)
  if (entry === undefined) return { params: [] }
  if (!entry.namespaced && ref.namespace)
    return { error: 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`' }
  const namespace = entry.namespaced ? (ref.namespace ?? attrs.namespace) : ''
  if (entry.namespaced && namespace === '')
    return { error: 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources' }
  const directory = directoryOf(entry.group, entry.resource)
  const found = (
    ref.name ? [core.cache.get(keyFor(directory, namespace, ref.name))] : listed(core, directory, namespace, ref)
  )
    .filter((one) => one !== undefined)
    .map((one) => convertTo(entry, one))
  if (found.length > 0) return { params: found }
  return ref.parameterNotFoundAction === 'Deny' ? { error: WITHOUT } : { params: [] }
}

function listed(core: Core, directory: string, namespace: string, { selector }: ParamRef): KubeObject[] {
  const parsed = selectorFromObject(selector)
  const prefix = namespace === '' ? directory : `${directory}${namespace}/`
  return core.cache.list(directory, prefix).filter(({ metadata }) => matchesLabels(parsed, metadata.labels ?? {}))
}

/** Stored objects of a kind of admissionregistration.k8s.io, by name. */
export function registered<T>(core: Core, resource: string): T[] {
  const directory = directoryOf('admissionregistration.k8s.io', resource)
  return core.cache.list(directory, directory) as unknown as T[]
}
