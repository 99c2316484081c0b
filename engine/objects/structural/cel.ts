/**
 * Rules of x-kubernetes-validations. Models apiextensions-apiserver pkg/apiserver/schema/cel/{compilation,validation}.go.
 * Not modelled: estimated cost.
 */
import { Optional } from '@marcbachmann/cel-js'
import {
  BOOL,
  compileCel,
  DOUBLE,
  DURATION,
  DYN,
  escapeName,
  INT,
  listOf,
  mapType,
  objectType,
  STRING,
  TIMESTAMP,
} from '../cel/index.ts'
import type { CelProgram, CelType } from '../cel/index.ts'
import { BYTES, optionalOf } from '../cel/types.ts'
import { deepEqual } from '../equal.ts'
import { forbidden, invalid, notSupported, required } from '../validation/errors.ts'
import type { FieldError } from '../validation/errors.ts'
import { childPath, isMap, keysOf, valueSchema } from './schema.ts'
import type { Data, JsonSchema, ValidationRule } from './schema.ts'
import { formerItems, typeNameOf } from './validate.ts'

export type RuleCheck = (object: Data, old?: Data) => FieldError[]

/** The release from which a rule's error shows the value rather than its type. */
const SHOWS_VALUE_SINCE = 34
/** The release from which an update is not held to rules about what it did not touch. */
const RATCHETS_SINCE = 30

const FORMATS: Record<string, CelType> = {
  byte: BYTES,
  duration: DURATION,
  date: TIMESTAMP,
  'date-time': TIMESTAMP,
}

const METADATA = objectType('object', { name: STRING, generateName: STRING })

/** The type by which an expression sees values of a schema. */
function typeOfSchema(schema: JsonSchema, isResource: boolean): CelType {
  if (schema['x-kubernetes-int-or-string'] === true) return DYN
  const values = valueSchema(schema)
  switch (schema.type) {
    case 'boolean':
      return BOOL
    case 'integer':
      return INT
    case 'number':
      return DOUBLE
    case 'string':
      return FORMATS[schema.format ?? ''] ?? STRING
    case 'array':
      return listOf(schema.items === undefined ? DYN : typeOfSchema(schema.items, isEmbedded(schema.items)))
    case 'object':
      return values === undefined || schema.properties !== undefined
        ? objectType('object', fieldTypes(schema, isResource))
        : mapType(STRING, typeOfSchema(values, isEmbedded(values)))
    default:
      return DYN
  }
}

const isEmbedded = (schema: JsonSchema): boolean => schema['x-kubernetes-embedded-resource'] === true

function fieldTypes({ properties = {} }: JsonSchema, isResource: boolean): Record<string, CelType> {
  const fields: Record<string, CelType> = {}
  for (const [key, property] of Object.entries(properties))
    fields[escapeName(key)] = typeOfSchema(property, isEmbedded(property))
  return isResource ? { ...fields, apiVersion: STRING, kind: STRING, metadata: METADATA } : fields
}

interface Compiled {
  rule: ValidationRule
  program: CelProgram
  message?: CelProgram
  isTransition: boolean
}

/** A node of the schema that has rules, or leads to some. */
interface Node {
  schema: JsonSchema
  rules: Compiled[]
  properties: Map<string, Node>
  values?: Node
  items?: Node
}

const usesOld = (expression: string): boolean => /\boldSelf\b/.test(expression)

interface Outcome {
  compiled?: Compiled
  problem?: string
  messageProblem?: string
}

function compileRule(rule: ValidationRule, self: CelType): Outcome {
  const old = rule.optionalOldSelf === true ? optionalOf(self) : self
  const options = { variables: ['self', 'oldSelf'], types: { self, oldSelf: old } }
  const made = compileCel(rule.rule, options)
  if ('error' in made) return { problem: `compilation failed: ${made.error}` }
  if (!['bool', 'dyn'].includes(made.program.type)) return { problem: 'cel expression must evaluate to a bool' }
  const compiled: Compiled = { rule, program: made.program, isTransition: usesOld(rule.rule) }
  if (rule.messageExpression === undefined || rule.messageExpression.trim() === '') return { compiled }
  const message = compileCel(rule.messageExpression, options)
  if ('error' in message) return { compiled, messageProblem: `messageExpression compilation failed: ${message.error}` }
  if (!['string', 'dyn'].includes(message.program.type))
    return { compiled, messageProblem: 'messageExpression must evaluate to a string' }
  return { compiled: { ...compiled, message: message.program } }
}

function compileNode(schema: JsonSchema, isRoot: boolean): Node | undefined {
  const wanted = schema['x-kubernetes-validations'] ?? []
  const self = wanted.length === 0 ? DYN : typeOfSchema(schema, isRoot || isEmbedded(schema))
  const rules = wanted.flatMap((rule) => compileRule(rule, self).compiled ?? [])
  const properties = new Map<string, Node>()
  for (const key of keysOf(schema.properties ?? {})) {
    const node = compileNode(schema.properties?.[key] as JsonSchema, false)
    if (node !== undefined) properties.set(key, node)
  }
  const valuesOf = valueSchema(schema)
  const values = valuesOf && compileNode(valuesOf, false)
  const items = schema.items && compileNode(schema.items, false)
  if (rules.length === 0 && properties.size === 0 && values === undefined && items === undefined) return undefined
  return { schema, rules, properties, ...(values !== undefined && { values }), ...(items !== undefined && { items }) }
}

/** Whether a rule stands anywhere in a schema. */
const hasRules = (schema: JsonSchema): boolean => JSON.stringify(schema).includes('"x-kubernetes-validations"')

/** A function that holds objects to the rules of a schema; undefined when there are none. Compiled at its first use. */
export function compileRules(schema: JsonSchema, minor: number): RuleCheck | undefined {
  if (!hasRules(schema)) return undefined
  let root: Node | undefined
  return (object, old) => {
    root ??= compileNode(schema, true)
    return root === undefined ? [] : nodeErrors(root, rootValue(object), old && rootValue(old), '', minor)
  }
}

/** Rules see only the name of an object's metadata. */
function rootValue(object: Data): Data {
  const { name, generateName } = (object.metadata ?? {}) as Data
  return {
    ...object,
    metadata: { ...(name !== undefined && { name }), ...(generateName !== undefined && { generateName }) },
  }
}

function nodeErrors(node: Node, value: unknown, old: unknown, path: string, minor: number): FieldError[] {
  if (value === undefined || value === null) return []
  const errors = node.rules.flatMap((compiled) => ruleErrors(node, compiled, value, old, path, minor))
  if (Array.isArray(value)) return [...errors, ...itemErrors(node, value, old, path, minor)]
  if (!isMap(value)) return errors
  const before = isMap(old) && node.schema['x-kubernetes-map-type'] !== 'atomic' ? old : {}
  for (const key of keysOf(value)) {
    const child = node.properties.get(key)
    if (child !== undefined) errors.push(...nodeErrors(child, value[key], before[key], childPath(path, key), minor))
    else if (node.values !== undefined && node.schema.properties?.[key] === undefined)
      errors.push(...nodeErrors(node.values, value[key], before[key], `${path}[${key}]`, minor))
  }
  return errors
}

function itemErrors({ items, schema }: Node, list: unknown[], old: unknown, path: string, minor: number): FieldError[] {
  if (items === undefined) return []
  const former = formerItems(schema, old)
  return list.flatMap((one, i) => nodeErrors(items, one, former?.(one), `${path}[${i}]`, minor))
}

function ruleErrors(
  { schema }: Node,
  { rule, program, message, isTransition }: Compiled,
  value: unknown,
  old: unknown,
  path: string,
  minor: number,
): FieldError[] {
  const optional = rule.optionalOldSelf === true
  if (isTransition && !optional && (old === undefined || old === null)) return []
  if (!isTransition && minor >= RATCHETS_SINCE && old !== undefined && deepEqual(value, old)) return []
  const oldSelf = optional ? optionalValue(old) : (old ?? null)
  const bindings = isTransition ? { self: value, oldSelf } : { self: value }
  const result = program.evaluate(bindings)
  const told = (rule.message ?? '').trim()
  const at = path === '' ? '<nil>' : path
  const failed = (detail: string, field = at, reason = 'FieldValueInvalid'): FieldError[] => [
    errorFor(reason, field, schema, value, detail, minor),
  ]
  if ('error' in result) return failed(runtimeText(result.error, told === '' ? rule.rule : told))
  if (result.value === true) return []
  const detail = messageOf(message, bindings) ?? (told === '' ? `failed rule: ${rule.rule.trim()}` : told)
  const below = (rule.fieldPath ?? '').trim().replace(/^\./, '')
  const field = below === '' ? at : path === '' ? below : below.startsWith('[') ? path + below : `${path}.${below}`
  return failed(detail, field.replace(/\['([^']*)'\]/g, '[$1]'), rule.reason ?? 'FieldValueInvalid')
}

const optionalValue = (old: unknown): unknown =>
  old === undefined || old === null ? Optional.none() : Optional.of(old)

function runtimeText(error: string, rule: string): string {
  if (error.startsWith('no such overload'))
    return `'${error}': call arguments did not match a supported operator, function or macro signature for rule: ${rule}`
  return `${error} evaluating rule: ${rule}`
}

const MAX_MESSAGE = 5 * 1024

/** What the expression says; undefined when it fails, is empty or has line breaks. */
function messageOf(program: CelProgram | undefined, bindings: Data): string | undefined {
  const result = program?.evaluate(bindings)
  if (result === undefined || 'error' in result || typeof result.value !== 'string') return undefined
  const text = result.value.trim()
  return text === '' || text.length > MAX_MESSAGE || /[\r\n]/.test(text) ? undefined : text
}

function errorFor(
  reason: string,
  field: string,
  schema: JsonSchema,
  value: unknown,
  detail: string,
  minor: number,
): FieldError {
  if (reason === 'FieldValueForbidden') return forbidden(field, detail)
  if (reason === 'FieldValueRequired') return required(field, detail)
  const isCompound = typeof value === 'object'
  const shown = minor < SHOWS_VALUE_SINCE ? (schema.type ?? typeNameOf(value)) : isCompound ? undefined : value
  if (reason === 'FieldValueDuplicate') return { type: 'Duplicate', field, detail: '', badValue: shown ?? value }
  const error = invalid(field, shown ?? null, detail)
  return shown === undefined ? { ...error, omitsValue: true } : error
}

// What is wrong with the rules themselves.

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

const hasNewlines = (text: string): boolean => /[\r\n]/.test(text)

export function ruleProblems(schema: JsonSchema, path: string, isRoot: boolean, minor: number): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  const self = typeOfSchema(schema, isRoot || isEmbedded(schema))
  return rules.flatMap((rule, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`
    const errors = textProblems(rule, at)
    if ((rule.rule ?? '').trim() === '') return errors
    const { problem, messageProblem } = compileRule(rule, self)
    const shown = minor < SHOWS_VALUE_SINCE ? goRule(rule) : jsonRule(rule)
    if (problem !== undefined) errors.push({ ...invalid(`${at}.rule`, rule, problem), shown })
    if (messageProblem !== undefined)
      errors.push({ ...invalid(`${at}.messageExpression`, rule, messageProblem), shown })
    return errors
  })
}

function textProblems(
  { rule = '', message = '', messageExpression = '', reason }: ValidationRule,
  at: string,
): FieldError[] {
  const errors: FieldError[] = []
  const [trimmed, told] = [rule.trim(), message.trim()]
  if (trimmed === '') errors.push(required(`${at}.rule`, 'rule is not specified'))
  if (message !== '' && told === '')
    errors.push(invalid(`${at}.message`, message, 'message must be non-empty if specified'))
  else if (hasNewlines(told)) errors.push(invalid(`${at}.message`, message, 'message must not contain line breaks'))
  else if (hasNewlines(trimmed) && told === '')
    errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'))
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'))
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, REASONS))
  return errors
}

const goPointer = (type: string, value: unknown): string =>
  value === undefined ? `(${type})(nil)` : `(${type})(0xc000000000)`

/** A rule as Go prints the internal struct. */
function goRule({
  rule,
  message = '',
  messageExpression = '',
  reason,
  fieldPath = '',
  optionalOldSelf,
}: ValidationRule): string {
  const parts = [
    `Rule:${JSON.stringify(rule)}`,
    `Message:${JSON.stringify(message)}`,
    `MessageExpression:${JSON.stringify(messageExpression)}`,
    `Reason:${goPointer('*apiextensions.FieldValueErrorReason', reason)}`,
    `FieldPath:${JSON.stringify(fieldPath)}`,
    `OptionalOldSelf:${goPointer('*bool', optionalOldSelf)}`,
  ]
  return `apiextensions.ValidationRule{${parts.join(', ')}}`
}

const jsonRule = ({
  rule,
  message = '',
  messageExpression = '',
  reason,
  fieldPath = '',
  optionalOldSelf,
}: ValidationRule): string =>
  JSON.stringify({
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  })
