/** podFailurePolicy, successPolicy and podReplacementPolicy: Models pkg/apis/batch/validation/validation.go (R2.5). */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { minorOf } from '../kinds.ts'
import { labelKeyErrors } from '../selectors.ts'
import { duplicate, invalid, invalidAll, nonNegative, notSupported, required, tooLong } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'

const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const MAX_CONDITIONS = 20
const MAX_INDEXES_BYTES = 64 * 1024
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS = ['In', 'NotIn']
const STATUSES = ['False', 'True', 'Unknown']
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed']
/** Lists of numbers are JSON from this minor on. */
const JSON_SINCE = 34

/** Go's `%q` of a list. */
const validValues = (values: readonly string[]): string =>
  `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`

const tooMany = (field: string, count: number, most: number): FieldError[] =>
  count > most ? [{ type: 'TooMany', field, badValue: count, detail: `must have at most ${most} items` }] : []

/** A value of a set; when it is missing, the set is told. */
function oneOfSet(field: string, value: unknown, supported: readonly string[]): FieldError[] {
  if (value === undefined || value === '') return [required(field, validValues(supported))]
  return supported.includes(value as string) ? [] : [notSupported(field, value, supported)]
}

export function jobPolicyErrors(spec: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  return [
    ...(spec.podFailurePolicy === undefined ? [] : failurePolicyErrors(spec, `${field}.podFailurePolicy`, ctx)),
    ...(spec.successPolicy === undefined ? [] : successPolicyErrors(spec, `${field}.successPolicy`)),
    ...replacementErrors(spec, `${field}.podReplacementPolicy`),
  ]
}

function replacementErrors(
  { podReplacementPolicy: policy, podFailurePolicy }: PlainObject,
  field: string,
): FieldError[] {
  if (policy === undefined) return []
  const supported = podFailurePolicy === undefined ? REPLACEMENTS : ['Failed']
  return supported.includes(policy as string) ? [] : [notSupported(field, policy, supported)]
}

function failurePolicyErrors(spec: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  const rules = asList(asObject(spec.podFailurePolicy).rules)
  const pod = asObject(asObject(spec.template).spec)
  const names = new Set([...asList(pod.containers), ...asList(pod.initContainers)].map(({ name }) => name))
  return [
    ...tooMany(`${field}.rules`, rules.length, MAX_RULES),
    ...rules.flatMap((rule, i) => failureRuleErrors(spec, rule, `${field}.rules[${i}]`, names, ctx)),
  ]
}

function failureRuleErrors(
  spec: PlainObject,
  rule: PlainObject,
  field: string,
  names: ReadonlySet<unknown>,
  ctx: ValidationContext,
): FieldError[] {
  const conditions = asList(rule.onPodConditions)
  const byCode = rule.onExitCodes !== undefined
  const whole = (detail: string): FieldError => ({ ...invalid(field, '', detail), omitsValue: true })
  return [
    ...actionErrors(spec, rule.action, `${field}.action`),
    ...(byCode ? exitCodeErrors(asObject(rule.onExitCodes), `${field}.onExitCodes`, names, ctx) : []),
    ...conditionErrors(conditions, `${field}.onPodConditions`),
    ...(byCode && conditions.length > 0
      ? [whole('specifying both OnExitCodes and OnPodConditions is not supported')]
      : []),
    ...(!byCode && conditions.length === 0
      ? [whole('specifying one of OnExitCodes and OnPodConditions is required')]
      : []),
  ]
}

function actionErrors(spec: PlainObject, action: unknown, field: string): FieldError[] {
  if (action === 'FailIndex')
    return spec.backoffLimitPerIndex === undefined
      ? [invalid(field, action, 'requires the backoffLimitPerIndex to be set')]
      : []
  return oneOfSet(field, action, ACTIONS)
}

function conditionErrors(patterns: PlainObject[], field: string): FieldError[] {
  return [
    ...tooMany(field, patterns.length, MAX_CONDITIONS),
    ...patterns.flatMap(({ type, status }, i) => [
      ...invalidAll(`${field}[${i}].type`, type ?? '', labelKeyErrors(String(type ?? ''))),
      ...oneOfSet(`${field}[${i}].status`, status, STATUSES),
    ]),
  ]
}

function exitCodeErrors(
  { operator, containerName, values }: PlainObject,
  field: string,
  names: ReadonlySet<unknown>,
  ctx: ValidationContext,
): FieldError[] {
  const codes = (values as number[] | undefined) ?? []
  const unknown = containerName !== undefined && !names.has(containerName)
  const text = 'must be one of the container or initContainer names in the pod template'
  return [
    ...oneOfSet(`${field}.operator`, operator, OPERATORS),
    ...(unknown ? [invalid(`${field}.containerName`, containerName, text)] : []),
    ...listErrors(codes, `${field}.values`, ctx),
    ...codes.flatMap((code, i) => codeErrors(codes, i, code, operator, `${field}.values[${i}]`)),
    ...orderErrors(codes, `${field}.values`, ctx),
  ]
}

function shownCodes(codes: number[], { release }: ValidationContext): string {
  const json = release === undefined || minorOf(release) >= JSON_SINCE
  return json ? JSON.stringify(codes) : `[]int32{${codes.join(', ')}}`
}

function listErrors(codes: number[], field: string, ctx: ValidationContext): FieldError[] {
  if (codes.length > 0) return tooMany(field, codes.length, MAX_EXIT_CODES)
  return [{ ...invalid(field, codes, 'at least one value is required'), shown: shownCodes(codes, ctx) }]
}

function codeErrors(codes: number[], i: number, code: number, operator: unknown, field: string): FieldError[] {
  return [
    ...(operator === 'In' && code === 0 ? [invalid(field, code, 'must not be 0 for the In operator')] : []),
    ...(codes.indexOf(code) < i ? [duplicate(field, code)] : []),
  ]
}

function orderErrors(codes: number[], field: string, ctx: ValidationContext): FieldError[] {
  const ordered = codes.every((code, i) => i === 0 || (codes[i - 1] as number) <= code)
  return ordered ? [] : [{ ...invalid(field, codes, 'must be ordered'), shown: shownCodes(codes, ctx) }]
}

function successPolicyErrors(spec: PlainObject, field: string): FieldError[] {
  if (spec.completionMode !== 'Indexed') return [invalid(field, spec.successPolicy, 'requires indexed completion mode')]
  const rules = asList(asObject(spec.successPolicy).rules)
  const none = 'at least one rules must be specified when the successPolicy is specified'
  return [
    ...(rules.length === 0 ? [required(`${field}.rules`, none)] : []),
    ...tooMany(`${field}.rules`, rules.length, MAX_RULES),
    ...rules.flatMap((rule, i) => successRuleErrors(Number(spec.completions ?? 0), rule, `${field}.rules[${i}]`)),
  ]
}

function successRuleErrors(completions: number, rule: PlainObject, field: string): FieldError[] {
  const { succeededCount: count, succeededIndexes: indexes } = rule
  if (count === undefined && indexes === undefined)
    return [required(field, 'at least one of succeededCount or succeededIndexes must be specified')]
  const parsed = indexes === undefined ? { total: 0 } : parseIndexes(String(indexes), completions)
  const errors = indexes === undefined ? [] : indexesErrors(String(indexes), parsed, `${field}.succeededIndexes`)
  if (typeof count !== 'number') return errors
  const at = `${field}.succeededCount`
  errors.push(...nonNegative(at, count))
  const most = (limit: number, of: string): void => {
    if (count > limit) errors.push(invalid(at, count, `must be less than or equal to ${limit} (the number of ${of})`))
  }
  most(completions, 'specified completions')
  if (indexes !== undefined) most(parsed.total, 'indexes in the specified succeededIndexes field')
  return errors
}

interface ParsedIndexes {
  total: number
  problem?: string
}

function indexesErrors(text: string, { problem }: ParsedIndexes, field: string): FieldError[] {
  return [
    ...(text.length > MAX_INDEXES_BYTES ? [tooLong(field, MAX_INDEXES_BYTES)] : []),
    ...(problem === undefined ? [] : [invalid(field, text, `error parsing succeededIndexes: ${problem}`)]),
  ]
}

/** How many indexes a text such as `0,2-5` names. Models validateIndexesFormat. */
function parseIndexes(text: string, completions: number): ParsedIndexes {
  let [total, last] = [0, -1]
  for (const part of text === '' ? [] : text.split(',')) {
    const interval = parseInterval(part, completions)
    if (typeof interval === 'string') return { total: 0, problem: interval }
    const [first, end] = interval
    if (last >= first) return { total: 0, problem: `non-increasing order, previous: ${last}, current: ${first}` }
    total += end - first + 1
    last = end
  }
  return { total }
}

/** First and last index, or what is wrong. */
function parseInterval(text: string, completions: number): [number, number] | string {
  const parts = text.split('-')
  const quoted = JSON.stringify(text)
  if (parts.length > 2)
    return `the fragment ${quoted} violates the requirement that an index interval can have at most two parts separated by '-'`
  const numbers: number[] = []
  for (const part of parts) {
    if (!/^[+-]?[0-9]+$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`
    if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`
    numbers.push(Number(part))
  }
  const [first = 0, last] = numbers
  if (last === undefined) return [first, first]
  return first >= last ? `non-increasing order, previous: ${first}, current: ${last}` : [first, last]
}
