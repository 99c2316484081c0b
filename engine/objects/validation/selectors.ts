import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { labelKeyErrors, labelValueErrors } from '../selectors.ts'
import { forbidden, invalid, invalidAll, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { labelErrors } from './metadata.ts'

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist']

function expressionErrors(expression: PlainObject, field: string): FieldError[] {
  const values = (expression.values as string[] | undefined) ?? []
  const errors: FieldError[] = []
  const operator = String(expression.operator ?? '')
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    errors.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
  }
  if (!OPERATORS.includes(operator))
    errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
  const key = String(expression.key ?? '')
  errors.push(...invalidAll(`${field}.key`, key, labelKeyErrors(key)))
  for (const [i, value] of values.entries()) {
    errors.push(...invalidAll(`${field}.values[${i}]`, value, labelValueErrors(value)))
  }
  return errors
}

/** Models ValidateLabelSelector. */
export function selectorErrors(selector: unknown, field: string): FieldError[] {
  const { matchLabels, matchExpressions } = asObject(selector)
  return [
    ...labelErrors(`${field}.matchLabels`, matchLabels),
    ...asList(matchExpressions).flatMap((one, i) => expressionErrors(one, `${field}.matchExpressions[${i}]`)),
  ]
}

/** Whether a selector object selects everything. */
export function isEmptySelector(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = asObject(selector)
  return Object.keys(asObject(matchLabels)).length === 0 && asList(matchExpressions).length === 0
}
