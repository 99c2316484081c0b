import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { deepEqual, semanticEqual } from '../equal.ts'
import { forbidden, invalid, invalidAll, required, tooLong } from './errors.ts'
import type { FieldError } from './errors.ts'
import { configKey } from './names.ts'

const MAX_BYTES = 1024 * 1024

function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

const base64Length = (text: string): number =>
  (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)

const total = (map: PlainObject, length: (text: string) => number): number =>
  Object.values(map).reduce<number>((sum, value) => sum + length(String(value)), 0)

const keyErrors = (map: PlainObject, field: string): FieldError[] =>
  Object.keys(map)
    .sort()
    .flatMap((key) => invalidAll(`${field}[${key}]`, key, configKey(key)))

/** Models ValidateConfigMap. */
export function validateConfigMap(object: PlainObject): FieldError[] {
  const [data, binary] = [asObject(object.data), asObject(object.binaryData)]
  const both = (key: string): FieldError[] =>
    key in binary ? [invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')] : []
  const texts = Object.keys(data)
    .sort()
    .flatMap((key) => [...invalidAll(`data[${key}]`, key, configKey(key)), ...both(key)])
  const errors = [...texts, ...keyErrors(binary, 'binaryData')]
  if (total(data, utf8Length) + total(binary, base64Length) > MAX_BYTES) errors.push(tooLong('[]', MAX_BYTES))
  return errors
}

const FROZEN = 'field is immutable when `immutable` is set'

function frozenErrors(object: PlainObject, old: PlainObject, fields: string[]): FieldError[] {
  if (old.immutable !== true) return []
  const errors = object.immutable === true ? [] : [forbidden('immutable', FROZEN)]
  const changed = fields.filter((field) => !semanticEqual(object[field], old[field]))
  return [...errors, ...changed.map((field) => forbidden(field, FROZEN))]
}

/** Models ValidateConfigMapUpdate. */
export const validateConfigMapUpdate = (object: PlainObject, old: PlainObject): FieldError[] =>
  frozenErrors(object, old, ['data', 'binaryData'])

const SERVICE_ACCOUNT = 'kubernetes.io/service-account.name'
const REDACTED = '<secret contents redacted>'
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function decoded(text: string): string {
  const bits = [...text.replace(/=+$/, '')].map((char) => BASE64.indexOf(char).toString(2).padStart(6, '0')).join('')
  return (bits.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(parseInt(byte, 2))).join('')
}

const keys =
  (...names: string[]) =>
  (data: PlainObject): FieldError[] =>
    names.filter((key) => !(key in data)).map((key) => required(`data[${key}]`))

/** The key must be there and hold a JSON object. */
const jsonKey =
  (key: string) =>
  (data: PlainObject): FieldError[] => {
    if (!(key in data)) return [required(`data[${key}]`)]
    const problem = jsonObjectProblem(decoded(String(data[key])))
    return problem === undefined ? [] : [invalid(`data[${key}]`, REDACTED, problem)]
  }

const GO_TYPES: Record<string, string> = { string: 'string', number: 'number', boolean: 'bool' }

/** What Go's decoder says of a text that is not an object, as far as its first character tells. */
function jsonObjectProblem(text: string): string | undefined {
  const problem = jsonProblem(text)
  if (problem !== undefined) return problem
  const value: unknown = JSON.parse(text)
  if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined
  const type = Array.isArray(value) ? 'array' : GO_TYPES[typeof value]!
  return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    const start = text.trimStart()
    if (start === '' || /^[[{"]/.test(start)) return 'unexpected end of JSON input'
    return `invalid character '${start[0]!}' looking for beginning of value`
  }
}

/** What a Secret of a type must hold. */
const typeRules: Record<string, (data: PlainObject) => FieldError[]> = {
  'kubernetes.io/dockercfg': jsonKey('.dockercfg'),
  'kubernetes.io/dockerconfigjson': jsonKey('.dockerconfigjson'),
  'kubernetes.io/ssh-auth': (data) => (data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')]),
  'kubernetes.io/tls': keys('tls.crt', 'tls.key'),
  'kubernetes.io/basic-auth': (data) =>
    'username' in data || 'password' in data ? [] : keys('username', 'password')(data),
}

function typeErrors(object: PlainObject): FieldError[] {
  const type = String(object.type)
  if (type !== 'kubernetes.io/service-account-token') return typeRules[type]?.(asObject(object.data)) ?? []
  const account = asObject(asObject(object.metadata).annotations)[SERVICE_ACCOUNT]
  return account ? [] : [required(`metadata.annotations[${SERVICE_ACCOUNT}]`)]
}

/** Models ValidateSecret; `stringData` is folded in before. */
export function validateSecret(object: PlainObject): FieldError[] {
  const data = asObject(object.data)
  const errors = keyErrors(data, 'data')
  if (total(data, base64Length) > MAX_BYTES) errors.push(tooLong('data', MAX_BYTES))
  return [...errors, ...typeErrors(object)]
}

/** Models ValidateSecretUpdate. */
export function validateSecretUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const type = deepEqual(object.type, old.type) ? [] : [invalid('type', object.type ?? '', 'field is immutable')]
  return [...type, ...frozenErrors(object, old, ['data'])]
}
