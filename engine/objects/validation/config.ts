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
  const both = Object.keys(data)
    .filter((key) => key in binary)
    .map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
  const errors = [...keyErrors(data, 'data'), ...both, ...keyErrors(binary, 'binaryData')]
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

/** The keys a Secret of a type must have. */
const requiredKeys: Record<string, string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

const SERVICE_ACCOUNT = 'kubernetes.io/service-account.name'

function typeErrors(object: PlainObject): FieldError[] {
  const type = String(object.type)
  const data = asObject(object.data)
  if (
    type === 'kubernetes.io/service-account-token' &&
    !asObject(asObject(object.metadata).annotations)[SERVICE_ACCOUNT]
  ) {
    return [required(`metadata.annotations[${SERVICE_ACCOUNT}]`)]
  }
  if (type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) {
    return [required('data[username]'), required('data[password]')]
  }
  return (requiredKeys[type] ?? []).filter((key) => !(key in data)).map((key) => required(`data[${key}]`))
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
