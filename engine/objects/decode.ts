import type { KindEntry } from './kinds.ts'
import { canonicalQuantity } from './quantity.ts'
import { goneFields, knowsField } from './releases.ts'
import { coreTypeForKind, typeOf } from './schema.ts'
import type { CompiledField, CompiledType, Shape } from './schema.ts'

export type PlainObject = Record<string, unknown>

export interface Decoded {
  /** The object with known fields only, without nulls, quantities and times in canonical form. */
  object: PlainObject
  /** `unknown field "spec.foo"`, in order of appearance. */
  unknown: string[]
  /** `duplicate field "spec.replicas"`; only text has them, see `duplicateFields`. */
  duplicates: string[]
  /** Go's text of the first value of a wrong type; the object is then not to be used. */
  error?: string
}

interface Context {
  path: (string | number)[]
  unknown: string[]
  error: string | undefined
  /** The minor release whose fields are known. */
  minor: number
}

/** Go's named string types, where an error text shows them. */
const namedStrings: Record<string, string> = {
  'PodSpec.restartPolicy': 'v1.RestartPolicy',
  'PodSpec.dnsPolicy': 'v1.DNSPolicy',
  'PodSpec.preemptionPolicy': 'v1.PreemptionPolicy',
  'Container.imagePullPolicy': 'v1.PullPolicy',
  'Container.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'ContainerPort.protocol': 'v1.Protocol',
  'ServicePort.protocol': 'v1.Protocol',
  'ServiceSpec.type': 'v1.ServiceType',
  'ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'DeploymentStrategy.type': 'v1.DeploymentStrategyType',
  'Toleration.operator': 'v1.TolerationOperator',
  'Toleration.effect': 'v1.TaintEffect',
  'Taint.effect': 'v1.TaintEffect',
  'Secret.type': 'v1.SecretType',
  'ObjectMeta.uid': 'types.UID',
  'OwnerReference.uid': 'types.UID',
  'PersistentVolumeClaimSpec.accessModes': '[]v1.PersistentVolumeAccessMode',
  'PersistentVolumeSpec.accessModes': '[]v1.PersistentVolumeAccessMode',
}

function fieldStep(part: string, first: boolean): string {
  const name = part.startsWith('[') ? part.slice(1) : part
  return first ? name : `.${name}`
}

const fieldPath = (path: (string | number)[]): string => {
  let text = ''
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : fieldStep(part, text === '')
  return text
}

/** Go's JSON decoder names the fields on the way, but neither list positions nor map keys. */
const goFieldPath = (path: (string | number)[]): string =>
  path.filter((part) => typeof part === 'string' && !part.startsWith('[')).join('.')

function goValueName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

/** `string`, or `number 1.5` where a number does not fit a number. */
function goValueText(value: unknown, shape: Shape): string {
  const isNumber = typeof value === 'number' && (shape.form === 'int32' || shape.form === 'int64')
  return isNumber ? `number ${value}` : goValueName(value)
}

function goTypeFor(shape: Shape, struct: string, field: CompiledField | undefined): string {
  if (shape.form === 'intOrString') return 'int32'
  const named = field !== undefined && field.shape === shape ? namedStrings[`${struct}.${field.name}`] : undefined
  return named ?? shape.goType
}

function mismatch(ctx: Context, value: unknown, shape: Shape, struct: string, field?: CompiledField): undefined {
  if (ctx.error !== undefined) return undefined
  const type = goTypeFor(shape, struct, field)
  const where = ctx.path.length === 0 ? `value` : `struct field ${struct}.${goFieldPath(ctx.path)}`
  ctx.error = `json: cannot unmarshal ${goValueText(value, shape)} into Go ${where} of type ${type}`
  return undefined
}

function fail(ctx: Context, error: string): undefined {
  ctx.error ??= error
  return undefined
}

/** The release of the schema: all its fields are known. */
const NEWEST = 99

const INT32_MAX = 2147483647

function isInteger(value: unknown, form: 'int32' | 'int64'): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false
  return form === 'int64' || (value <= INT32_MAX && value >= -INT32_MAX - 1)
}

const QUANTITY_ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const canonical = new Map<string, string>()
const CANONICAL_KEPT = 4096

/** The canonical text, remembered: the same few texts come again and again. Undefined: not a quantity. */
function canonicalText(text: string): string | undefined {
  const known = canonical.get(text)
  if (known !== undefined) return known
  const made = canonicalOrNot(text)
  if (made === undefined) return undefined
  if (canonical.size >= CANONICAL_KEPT) canonical.clear()
  canonical.set(text, made)
  return made
}

function canonicalOrNot(text: string): string | undefined {
  try {
    return canonicalQuantity(text)
  } catch {
    return undefined
  }
}

function decodeQuantity(ctx: Context, value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return fail(ctx, QUANTITY_ERROR)
  const text = String(value).trim()
  return canonicalText(text) ?? fail(ctx, QUANTITY_ERROR)
}

const wholeSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const TIME_LAYOUT = '2006-01-02T15:04:05Z07:00'
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00'

function decodeTime(ctx: Context, value: unknown, micro: boolean): unknown {
  if (typeof value !== 'string')
    return fail(ctx, `json: cannot unmarshal ${goValueName(value)} into Go value of type string`)
  if (!micro && wholeSeconds.test(value)) return value
  if (!rfc3339.test(value) || Number.isNaN(Date.parse(value))) return fail(ctx, timeError(value, micro))
  return micro ? microText(value) : `${new Date(Date.parse(value)).toISOString().slice(0, 19)}Z`
}

function microText(value: string): string {
  const fraction = (/\.(\d+)/.exec(value)?.[1] ?? '').padEnd(6, '0').slice(0, 6)
  return `${new Date(Date.parse(value)).toISOString().slice(0, 19)}.${fraction}Z`
}

function timeError(value: string, micro: boolean): string {
  const layout = micro ? MICRO_LAYOUT : TIME_LAYOUT
  const at = ['2006', '-', '01', '-', '02', 'T', '15', ':', '04', ':', '05', 'Z07:00']
  const forms = [
    /^\d{4}/,
    /^-/,
    /^\d\d/,
    /^-/,
    /^\d\d/,
    /^T/,
    /^\d\d/,
    /^:/,
    /^\d\d/,
    /^:/,
    /^\d\d(\.\d+)?/,
    /^(Z|[+-]\d\d:\d\d)/,
  ]
  let rest = value
  for (const [i, form] of forms.entries()) {
    const match = form.exec(rest)
    if (match === null) return `parsing time "${value}" as "${layout}": cannot parse "${rest}" as "${at[i]}"`
    rest = rest.slice(match[0].length)
  }
  return rest === '' ? `parsing time "${value}": value out of range` : `parsing time "${value}": extra text: "${rest}"`
}

const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function decodeBase64(ctx: Context, value: string): unknown {
  const text = /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value
  return base64Text.test(text) ? text : fail(ctx, `illegal base64 data at input byte ${base64ErrorAt(text)}`)
}

function base64ErrorAt(text: string): number {
  const bad = text.search(/[^A-Za-z0-9+/]/)
  if (bad < 0) return text.length - (text.length % 4)
  return text[bad] === '=' && bad % 4 >= 2 ? Math.min(text.length, bad + (bad % 4 === 2 ? 2 : 1)) : bad
}

function decodeList(ctx: Context, value: unknown, shape: Shape, struct: string, field?: CompiledField): unknown {
  if (!Array.isArray(value)) return mismatch(ctx, value, shape, struct, field)
  const item = shape.item!
  const path = ctx.path
  const list: unknown[] = []
  for (let i = 0; i < value.length; i++) {
    path.push(i)
    list.push(value[i] === null ? zeroOf(item) : decodeValue(ctx, value[i], item, struct))
    path.pop()
  }
  return list
}

const zeroForms: Partial<Record<Shape['form'], unknown>> = {
  string: '',
  base64: '',
  int32: 0,
  int64: 0,
  double: 0,
  boolean: false,
  struct: {},
  quantity: '0',
  intOrString: 0,
}
const zeroOf = (shape: Shape): unknown => zeroForms[shape.form] ?? null

function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decodeMap(ctx: Context, value: unknown, shape: Shape, struct: string, field?: CompiledField): unknown {
  if (!isPlainObject(value)) return mismatch(ctx, value, shape, struct, field)
  const item = shape.item!
  const map: PlainObject = {}
  for (const key of Object.keys(value)) {
    const one = value[key]
    if (item.form === 'string' && typeof one === 'string') map[key] = one
    else map[key] = one === null ? zeroOf(item) : decodeMapItem(ctx, key, one, item, struct)
  }
  return map
}

/** Map keys are marked on the path: they show in a field's path but not in Go's text of a wrong type. */
function decodeMapItem(ctx: Context, key: string, value: unknown, item: Shape, struct: string): unknown {
  ctx.path.push(`[${key}`)
  const decoded = decodeValue(ctx, value, item, struct)
  ctx.path.pop()
  return decoded
}

function decodeStruct(ctx: Context, value: unknown, shape: Shape, struct: string, field?: CompiledField): unknown {
  if (!isPlainObject(value)) return mismatch(ctx, value, shape, struct, field)
  return decodeFields(ctx, value, typeOf(shape.type!))
}

/** A field that the release knows. */
function fieldIn(type: CompiledType, name: string, minor: number): CompiledField | undefined {
  const field = type.fields.get(name)
  return field !== undefined && knowsField(type.name, name, minor) ? field : undefined
}

const isGone = (type: string, name: string, minor: number): boolean =>
  goneFields(type, minor).some(([field]) => field === name)

function decodeFields(ctx: Context, value: PlainObject, type: CompiledType): PlainObject {
  const object: PlainObject = {}
  const path = ctx.path
  for (const key of Object.keys(value)) {
    const raw = value[key]
    path.push(key)
    const field = fieldIn(type, key, ctx.minor)
    if (field === undefined) {
      if (isGone(type.name, key, ctx.minor)) object[key] = raw
      else ctx.unknown.push(`unknown field "${fieldPath(path)}"`)
    } else if (raw !== null && raw !== undefined) object[key] = decodeValue(ctx, raw, field.shape, type.goName, field)
    path.pop()
  }
  return object
}

function decodeValue(ctx: Context, value: unknown, shape: Shape, struct: string, field?: CompiledField): unknown {
  switch (shape.form) {
    case 'string':
      return typeof value === 'string' ? value : mismatch(ctx, value, shape, struct, field)
    case 'struct':
      return decodeStruct(ctx, value, shape, struct, field)
    case 'list':
      return decodeList(ctx, value, shape, struct, field)
    case 'map':
      return decodeMap(ctx, value, shape, struct, field)
    case 'int32':
    case 'int64':
      return isInteger(value, shape.form) ? value : mismatch(ctx, value, shape, struct, field)
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(ctx, value, shape, struct, field)
    case 'double':
      return typeof value === 'number' ? value : mismatch(ctx, value, shape, struct, field)
    case 'quantity':
      return decodeQuantity(ctx, value)
    case 'intOrString':
      return typeof value === 'string' || isInteger(value, 'int32') ? value : mismatch(ctx, value, shape, struct, field)
    case 'time':
      return decodeTime(ctx, value, false)
    case 'microTime':
      return decodeTime(ctx, value, true)
    case 'base64':
      return typeof value === 'string' ? decodeBase64(ctx, value) : mismatch(ctx, value, shape, struct, field)
    case 'object':
      return isPlainObject(value) ? value : mismatch(ctx, value, shape, struct, field)
    case 'any':
      return value
  }
}

/**
 * Decodes a value as an object of a schema type (`core.v1.PodSpec`), as `decodeStrict` does.
 * Models sigs.k8s.io/json strict decoding.
 */
export function decodeAs(type: CompiledType, raw: unknown, minor = NEWEST): Decoded {
  const ctx: Context = { path: [], unknown: [], error: undefined, minor }
  if (!isPlainObject(raw)) {
    mismatch(ctx, raw, { form: 'struct', type: type.name, goType: `v1.${type.goName}` }, type.goName)
    return { object: {}, unknown: [], duplicates: [], error: ctx.error }
  }
  const object = decodeFields(ctx, raw, type)
  return { object, unknown: ctx.unknown, duplicates: [], error: ctx.error }
}

/**
 * Decodes a parsed JSON value as an object of the entry's kind: unknown fields pruned and reported, nulls
 * dropped, quantities (`0.5` → `500m`) and times in canonical form; custom resources by their own schema.
 * A release before the schema's own knows fewer fields. Not modelled: apiVersion and kind are not compared with the entry.
 */
export function decodeStrict(entry: KindEntry, raw: unknown, minor = NEWEST): Decoded {
  const type = coreTypeForKind({ schema: entry.wire ?? entry.schema })
  if (type !== undefined) return decodeAs(type, raw, minor)
  return decodeCustom(raw, entry)
}

/** The metadata of a custom resource has a known type; the rest is as its CustomResourceDefinition says. */
function decodeCustom(raw: unknown, { custom }: KindEntry): Decoded {
  const decoded = decodeMetadata(raw)
  if (custom === undefined || decoded.error !== undefined) return decoded
  const { object, unknown, error } = custom.sieve(decoded.object)
  return { ...decoded, object, unknown: [...decoded.unknown, ...unknown], ...(error !== undefined && { error }) }
}

function decodeMetadata(raw: unknown): Decoded {
  const object = isPlainObject(raw) ? raw : {}
  if (!isPlainObject(object.metadata)) return { object, unknown: [], duplicates: [] }
  const ctx: Context = { path: ['metadata'], unknown: [], error: undefined, minor: NEWEST }
  const metadata = decodeFields(ctx, object.metadata, typeOf('meta.v1.ObjectMeta'))
  return { object: { ...object, metadata }, unknown: ctx.unknown, duplicates: [], error: ctx.error }
}

/** The text behind `strict decoding error: `, or undefined when all fields are known and single. */
export function strictDecodingError(decoded: Decoded): string | undefined {
  const problems = [...decoded.duplicates, ...decoded.unknown]
  return problems.length === 0 ? undefined : `strict decoding error: ${problems.join(', ')}`
}
