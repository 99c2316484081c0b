/**
 * Values held to a schema, with upstream's texts and order of errors. Models kube-openapi pkg/validation/validate and
 * apiextensions-apiserver pkg/apiserver/validation (ratcheting: what an update left alone is not checked again).
 * Not modelled: `$ref`, `patternProperties`, `dependencies` (no CustomResourceDefinition may have them); Go walks the
 * properties of an object in any order, here they come sorted.
 */
import { deepEqual } from '../equal.ts'
import { invalid, notSupported, required } from '../validation/errors.ts'
import type { FieldError } from '../validation/errors.ts'
import { formatCheck } from './formats.ts'
import { goPattern } from './go-pattern.ts'
import { isMap, keysOf, valueSchema } from './schema.ts'
import type { Data, JsonSchema } from './schema.ts'

/** What is wrong, and how many checks were applied: alternatives are told apart by it. */
interface Result {
  errors: FieldError[]
  matched: number
}

/** A value with the one that it takes the place of, where there is one. */
interface Subject {
  value: unknown
  /** Undefined: new, or not to be told which it was. */
  old: unknown
}

type Check = (subject: Subject, path: string) => Result

/** The value of an absent former one. */
const NEW = undefined

const OK: readonly FieldError[] = []

const trimmed = (path: string): string => (path.startsWith('.') ? path.slice(1) : path)

/** An error at a path; upstream's names start with a dot below the root. */
const at = (path: string): string => (trimmed(path) === '' ? '<nil>' : trimmed(path))

const inBody = (path: string, text: string): string => `${trimmed(path)} in body ${text}`.trimStart()

const wrong = (path: string, value: unknown, text: string): FieldError => invalid(at(path), value, inBody(path, text))

/** An error that upstream knows no place for. */
const placeless = (detail: string): FieldError => invalid('<nil>', '', detail)

export type TypeName = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object'

export function typeNameOf(value: unknown): TypeName {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as TypeName
}

const mistyped = (path: string, wanted: string, found: string): FieldError => ({
  type: 'TypeInvalid',
  field: at(path),
  badValue: found,
  detail: inBody(path, `must be of type ${wanted}: ${JSON.stringify(found)}`),
})

/** The types that a node takes. */
function typesOf(schema: JsonSchema): string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string']
  return schema.type === undefined || schema.type === '' ? [] : [schema.type]
}

function typeErrors(schema: JsonSchema, types: string[], value: unknown, path: string): readonly FieldError[] {
  const found = typeNameOf(value)
  if (found === 'null') {
    if (schema.nullable === true || types.length === 0) return OK
    return [mistyped(path, types.join(','), 'null')]
  }
  const fits = types.includes(found) || (found === 'integer' && types.includes('number'))
  const numeric = types.includes('number') || types.includes('integer')
  const { format = '' } = schema
  if (format !== '' && found !== 'string' && found !== 'array' && !fits) return [mistyped(path, format, '')]
  if (format !== '' && !numeric && (found === 'string' || found === 'array')) return OK
  return fits || types.length === 0 ? OK : [mistyped(path, types.join(','), found)]
}

/** The number of characters, as Go counts runes. */
const runes = (text: string): number => (/[\ud800-\udbff]/.test(text) ? [...text].length : text.length)

function tooLongText(path: string, max: number, minor: number): FieldError {
  const detail = minor >= 32 ? `may not be more than ${max} bytes` : `may not be longer than ${max}`
  return { type: 'TooLong', field: at(path), detail }
}

function tooMany(path: string, actual: number, max: number): FieldError {
  return { type: 'TooMany', field: at(path), badValue: actual, detail: `must have at most ${max} items` }
}

function stringErrors(schema: JsonSchema, text: string, path: string, minor: number): readonly FieldError[] {
  const { maxLength, minLength, pattern } = schema
  const errors: FieldError[] = []
  if (maxLength !== undefined && runes(text) > maxLength) return [tooLongText(path, maxLength, minor)]
  if (minLength !== undefined && runes(text) < minLength)
    return [wrong(path, text, `should be at least ${minLength} chars long`)]
  if (pattern !== undefined && pattern !== '' && goPattern(pattern)?.test(text) === false)
    errors.push(wrong(path, text, `should match '${pattern}'`))
  return errors
}

const INT_RANGES: Record<string, [number, number]> = {
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  uint64: [0, Infinity],
}

function isMultiple(value: number, of: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(of)) return value % of === 0
  const quotient = value / of
  return Math.abs(quotient - Math.round(quotient)) < 1e-9
}

function numberErrors(schema: JsonSchema, value: number, path: string): readonly FieldError[] {
  const { format = '', multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum, type } = schema
  const errors: FieldError[] = []
  const range = type === 'integer' ? INT_RANGES[format] : undefined
  if (range !== undefined && (value < range[0] || value > range[1]))
    errors.push(placeless(`Checked value must be of type integer with format ${format} in ${trimmed(path)}`))
  if (multipleOf !== undefined && !isMultiple(value, multipleOf))
    errors.push(wrong(path, value, `should be a multiple of ${multipleOf}`))
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum))
    errors.push(wrong(path, value, `should be less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`))
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum))
    errors.push(
      wrong(path, value, `should be greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`),
    )
  return errors
}

function enumErrors(allowed: unknown[], value: unknown, path: string): readonly FieldError[] {
  if (allowed.some((one) => deepEqual(one, value))) return OK
  const texts = allowed.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  return [notSupported(at(path), value ?? '', texts)]
}

const add = (to: Result, { errors, matched }: Result): void => {
  to.errors.push(...errors)
  to.matched += matched
}

/** Checks of a node's own alternatives: anyOf, oneOf, allOf, not. */
function alternatives(schema: JsonSchema, minor: number): Check {
  const [anyOf, oneOf, allOf] = [schema.anyOf, schema.oneOf, schema.allOf].map((list) =>
    (list ?? []).map((one) => compileNode(one, minor)),
  ) as [Check[], Check[], Check[]]
  const not = schema.not && compileNode(schema.not, minor)
  return (subject, path) => {
    const result: Result = { errors: [], matched: 0 }
    if (anyOf.length > 0) add(result, anyOfResult(anyOf, subject, path))
    if (oneOf.length > 0) add(result, oneOfResult(oneOf, subject, path))
    if (allOf.length > 0) add(result, allOfResult(allOf, subject, path))
    if (not !== undefined && not(subject, path).errors.length === 0)
      result.errors.push(placeless(`${JSON.stringify(trimmed(path))} must not validate the schema (not)`))
    return result
  }
}

/** The failure with the most checks that were applied; the first of equals. */
const best = (failures: Result[]): Result | undefined =>
  failures.reduce<Result | undefined>(
    (found, one) => (found === undefined || one.matched > found.matched ? one : found),
    undefined,
  )

function anyOfResult(checks: Check[], subject: Subject, path: string): Result {
  const failures: Result[] = []
  for (const check of checks) {
    const result = check(subject, path)
    if (result.errors.length === 0) return result
    failures.push(result)
  }
  const { errors, matched } = best(failures) as Result
  return { errors: [placeless(`"${trimmed(path)}" must validate at least one schema (anyOf)`), ...errors], matched }
}

function oneOfResult(checks: Check[], subject: Subject, path: string): Result {
  const results = checks.map((check) => check(subject, path))
  const valid = results.filter(({ errors }) => errors.length === 0)
  if (valid.length === 1) return valid[0] as Result
  const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`
  const error = placeless(`"${trimmed(path)}" must validate one and only one schema (oneOf). ${found}`)
  const failure = valid.length === 0 ? best(results) : undefined
  return { errors: [error, ...(failure?.errors ?? [])], matched: failure?.matched ?? 0 }
}

function allOfResult(checks: Check[], subject: Subject, path: string): Result {
  const results = checks.map((check) => check(subject, path))
  const valid = results.filter(({ errors }) => errors.length === 0).length
  const merged = { errors: results.flatMap(({ errors }) => errors), matched: sum(results) }
  if (valid === checks.length) return merged
  const none = valid === 0 ? '. None validated' : ''
  merged.errors.push(placeless(`"${trimmed(path)}" must validate all the schemas (allOf)${none}`))
  return merged
}

const sum = (results: Result[]): number => results.reduce((total, { matched }) => total + matched, 0)

function listCheck(schema: JsonSchema, minor: number): Check {
  const items = schema.items && compileNode(schema.items, minor)
  const { minItems, maxItems, uniqueItems } = schema
  return ({ value, old }, path) => {
    const list = value as unknown[]
    const result: Result = { errors: [], matched: 0 }
    const former = formerItems(schema, old)
    if (items !== undefined)
      for (let i = 0; i < list.length; i++)
        add(result, items({ value: list[i], old: former?.(list[i]) ?? NEW }, `${path}[${i}]`))
    if (minItems !== undefined && list.length < minItems)
      result.errors.push(wrong(path, list.length, `should have at least ${minItems} items`))
    if (maxItems !== undefined && list.length > maxItems) result.errors.push(tooMany(path, list.length, maxItems))
    if (uniqueItems === true && list.some((one, i) => list.findIndex((other) => deepEqual(other, one)) < i))
      result.errors.push(wrong(path, '', "shouldn't contain duplicates"))
    return result
  }
}

/** Items of a list map are known again by their keys; those of other lists are not. */
export function formerItems(schema: JsonSchema, old: unknown): ((item: unknown) => unknown) | undefined {
  const keys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || !Array.isArray(old)) return undefined
  return (item) =>
    isMap(item) ? old.find((one) => isMap(one) && keys.every((key) => deepEqual(one[key], item[key]))) : NEW
}

function mapCheck(schema: JsonSchema, minor: number): Check {
  const { minProperties, maxProperties } = schema
  const properties = Object.fromEntries(
    keysOf(schema.properties ?? {}).map((key) => [
      key,
      compileNode((schema.properties as Record<string, JsonSchema>)[key] as JsonSchema, minor),
    ]),
  )
  const names = Object.keys(properties)
  const valuesOf = valueSchema(schema)
  const values = valuesOf && compileNode(valuesOf, minor)
  const wanted = schema.required ?? []
  return ({ value, old }, path) => {
    const map = value as Data
    const before = isMap(old) ? old : {}
    const count = Object.keys(map).length
    if (minProperties !== undefined && count < minProperties)
      return { errors: [wrong(path, count, `should have at least ${minProperties} properties`)], matched: 0 }
    if (maxProperties !== undefined && count > maxProperties)
      return { errors: [tooMany(path, count, maxProperties)], matched: 0 }
    const result: Result = { errors: [], matched: 0 }
    if (values !== undefined)
      for (const key of keysOf(map))
        if (!(key in properties)) add(result, values({ value: map[key], old: before[key] }, `${path}.${key}`))
    for (const key of names)
      if (Object.hasOwn(map, key))
        add(result, (properties[key] as Check)({ value: map[key], old: before[key] }, `${path}.${key}`))
    for (const key of wanted)
      if (!Object.hasOwn(map, key) && schema.properties?.[key]?.default === undefined)
        result.errors.push(required(at(`${path}.${key}`)))
    return result
  }
}

type Applied = { applies: (value: unknown) => boolean; check: Check }

const plain =
  (errorsOf: (value: never, path: string) => readonly FieldError[]): Check =>
  ({ value }, path) => ({ errors: [...errorsOf(value as never, path)], matched: 0 })

const isString = (value: unknown): boolean => typeof value === 'string'
const always = (): boolean => true

/** A node's checks in the order in which upstream applies them. */
function checksOf(schema: JsonSchema, minor: number): Applied[] {
  const types = typesOf(schema)
  const checks: Applied[] = []
  if (types.length > 0 || (schema.format ?? '') !== '')
    checks.push({ applies: always, check: plain((value, path) => typeErrors(schema, types, value, path)) })
  checks.push({ applies: always, check: hasAlternatives(schema) ? alternatives(schema, minor) : () => NOTHING })
  checks.push({ applies: isString, check: plain((value, path) => stringErrors(schema, value, path, minor)) })
  const format = schema.format === undefined ? undefined : formatCheck(schema.format, minor)
  if (format !== undefined)
    checks.push({
      applies: isString,
      check: plain((value: string, path) => (format(value) ? OK : [mistypedFormat(path, schema, value)])),
    })
  checks.push({
    applies: (value) => typeof value === 'number',
    check: plain((value, path) => numberErrors(schema, value, path)),
  })
  checks.push({ applies: Array.isArray, check: listCheck(schema, minor) })
  const { enum: allowed } = schema
  checks.push({
    applies: always,
    check: allowed === undefined ? () => NOTHING : plain((value, path) => enumErrors(allowed, value, path)),
  })
  checks.push({ applies: isMap, check: mapCheck(schema, minor) })
  return checks
}

const NOTHING: Result = { errors: [], matched: 0 }

const mistypedFormat = (path: string, { format }: JsonSchema, value: string): FieldError =>
  mistyped(path, format as string, value)

const hasAlternatives = ({ anyOf, oneOf, allOf, not }: JsonSchema): boolean =>
  (anyOf ?? oneOf ?? allOf ?? not) !== undefined

/** A node's check, made when it is first asked for. Texts change with 1.32 and 1.34 only. */
function compileNode(schema: JsonSchema, minor: number): Check {
  let checks: Applied[] | undefined
  return (subject, path) => {
    checks ??= checksOf(schema, minor)
    return applyChecks(schema, checks, subject, path)
  }
}

function applyChecks(schema: JsonSchema, checks: Applied[], subject: Subject, path: string): Result {
  const { value, old } = subject
  if (old !== NEW && deepEqual(value, old)) return NOTHING
  const result: Result = { errors: [], matched: 0 }
  if (value === null) return nullResult(schema, path)
  for (const { applies, check } of checks) {
    if (!applies(value)) continue
    add(result, check(subject, path))
    result.matched++
  }
  return result
}

/** Of a null only the type and the enum are asked. */
function nullResult(schema: JsonSchema, path: string): Result {
  const errors = [...typeErrors(schema, typesOf(schema), null, path)]
  if (schema.enum !== undefined) errors.push(...enumErrors(schema.enum, null, path))
  return { errors, matched: 0 }
}

export type SchemaValidator = (value: unknown, old?: unknown) => FieldError[]

/** The first release in which an update is not held to what it did not touch. */
const RATCHETS_SINCE = 30

/** A function that tells what is wrong with an object; `old` is the object that it takes the place of. */
export function compileValidator(schema: JsonSchema, minor: number): SchemaValidator {
  const key = minor >= RATCHETS_SINCE
  const check = compileNode(schema, minor)
  return (value, old) => check({ value, old: key ? old : NEW }, '').errors
}
