/** One thing wrong with one field, as upstream's field.Error (apimachinery pkg/util/validation/field). */
export interface FieldError {
  type:
    | 'Required'
    | 'Invalid'
    | 'Duplicate'
    | 'NotSupported'
    | 'Forbidden'
    | 'TooLong'
    | 'TooMany'
    | 'NotFound'
    | 'TypeInvalid'
  field: string
  detail: string
  badValue?: unknown
  /** The value as shown, where upstream does not show the JSON of `badValue` (named string types: no quotes). */
  shown?: string
  /** Upstream's OmitValueType: the text tells no value at all. */
  omitsValue?: true
}

/** What validation may depend on. */
export interface ValidationContext {
  /** `1.35`. */
  release?: string
  /** `status`, `ephemeralcontainers`, `resize`…: what the request writes; empty for the object itself. */
  subresource?: string
  /** The version in which the object was sent, where the old one's rules are others. */
  version?: string
  /** The object takes the place of another. */
  isUpdate?: true
}

/** The `reason` of a cause in a Status, per type. */
export const causeReasons: Record<FieldError['type'], string> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  Duplicate: 'FieldValueDuplicate',
  NotSupported: 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  NotFound: 'FieldValueNotFound',
  TypeInvalid: 'FieldValueTypeInvalid',
}

const words: Record<FieldError['type'], string> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  Duplicate: 'Duplicate value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
  NotFound: 'Not found',
  TypeInvalid: 'Invalid value',
}

const withoutValue = new Set<FieldError['type']>(['Required', 'Forbidden', 'TooLong'])

/** A pointer that is nil is the text "null". */
const showValue = (error: FieldError): string => error.shown ?? JSON.stringify(error.badValue ?? 'null')

/** The text behind the field's path: `Invalid value: -1: must be greater than or equal to 0`. */
export function makeFieldErrorBody(error: FieldError): string {
  const head =
    withoutValue.has(error.type) || error.omitsValue ? words[error.type] : `${words[error.type]}: ${showValue(error)}`
  return error.detail === '' ? head : `${head}: ${error.detail}`
}

/** Upstream's text: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export function makeFieldError(error: FieldError): string {
  return `${error.field}: ${makeFieldErrorBody(error)}`
}

export const required = (field: string, detail = ''): FieldError => ({ type: 'Required', field, detail })
export const forbidden = (field: string, detail: string): FieldError => ({ type: 'Forbidden', field, detail })
export const duplicate = (field: string, badValue: unknown): FieldError => ({
  type: 'Duplicate',
  field,
  detail: '',
  badValue,
})
export const notFound = (field: string, badValue: unknown): FieldError => ({
  type: 'NotFound',
  field,
  detail: '',
  badValue,
})
export const invalid = (field: string, badValue: unknown, detail: string): FieldError => ({
  type: 'Invalid',
  field,
  detail,
  badValue,
})

export function tooLong(field: string, maxBytes: number): FieldError {
  return { type: 'TooLong', field, detail: `may not be more than ${maxBytes} bytes` }
}

/** `supported` in upstream's order. */
export function notSupported(field: string, badValue: unknown, supported: readonly string[]): FieldError {
  const values = supported.map((value) => JSON.stringify(value)).join(', ')
  return { type: 'NotSupported', field, detail: `supported values: ${values}`, badValue }
}

/** One error a message about the same value. */
export const invalidAll = (field: string, badValue: unknown, messages: readonly string[]): FieldError[] =>
  messages.map((detail) => invalid(field, badValue, detail))

export const nonNegative = (field: string, value: unknown): FieldError[] =>
  typeof value === 'number' && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : []

export const positive = (field: string, value: unknown): FieldError[] =>
  typeof value === 'number' && value <= 0 ? [invalid(field, value, 'must be greater than 0')] : []

/** The value must be one of a set; an absent one is `Required`. */
export function oneOf(field: string, value: unknown, supported: readonly string[]): FieldError[] {
  if (value === undefined || value === '') return [required(field)]
  return supported.includes(value as string) ? [] : [notSupported(field, value, supported)]
}

/** `oneOf` for a field that may be absent. */
export const oneOfIfSet = (field: string, value: unknown, supported: readonly string[]): FieldError[] =>
  value === undefined ? [] : oneOf(field, value, supported)
