/**
 * Kubernetes protobuf bodies: `k8s\0`, then runtime.Unknown around the message. Read by schema/protobuf.json
 * into the JSON that Go would have made of it, and written back.
 * Not modelled: groups, unknown fields (skipped).
 */
import protobufJson from './schema/protobuf.json' with { type: 'json' }
import { coreProtobufName } from './protobuf-names.ts'
import { bytesToBase64, base64ToBytes, Reader, Writer } from './protobuf-wire.ts'

type FieldRow = readonly [number, string, string?]
const messages = protobufJson as unknown as Record<string, Record<string, FieldRow>>

interface ProtoField {
  name: string
  number: number
  type: string
  repeated: boolean
  map: boolean
  inline: boolean
  /** `apimachinery.pkg.apis.meta.v1.Time`; undefined for scalars. */
  message?: string
  scalar?: string
}

/** Fields that Go embeds: in JSON their fields stand beside the others. */
const INLINE = new Set([
  'Probe.handler',
  'Volume.volumeSource',
  'PersistentVolumeSpec.persistentVolumeSource',
  'EphemeralContainer.ephemeralContainerCommon',
  'ConfigMapKeySelector.localObjectReference',
  'SecretKeySelector.localObjectReference',
  'ConfigMapEnvSource.localObjectReference',
  'SecretEnvSource.localObjectReference',
  'ConfigMapProjection.localObjectReference',
  'SecretProjection.localObjectReference',
  'ConfigMapVolumeSource.localObjectReference',
  'IngressRule.ingressRuleValue',
  'RuleWithOperations.rule',
  'NamedRuleWithOperations.ruleWithOperations',
  'DeviceClaimConfiguration.deviceConfiguration',
  'DeviceClassConfiguration.deviceConfiguration',
  'DeviceAllocationConfiguration.deviceConfiguration',
])

interface ProtoMessage {
  byNumber: Map<number, ProtoField>
  byName: Map<string, ProtoField>
}

const MAGIC = [0x6b, 0x38, 0x73, 0x00]
const SCALARS = new Set(['string', 'bytes', 'bool', 'int32', 'int64', 'uint32', 'uint64', 'double', 'float'])
const META = 'apimachinery.pkg.apis.meta.v1.'

/** A body that is not a Kubernetes protobuf message. */
export class ProtobufError extends Error {
  override name = 'ProtobufError'
}

/** A type's full name: `.k8s.io.api.core.v1.Pod`, `k8s.io.apimachinery…`, or a neighbour of the message. */
function fullName(type: string, within: string): string {
  const plain = type.replace(/^\./, '').replace(/^k8s\.io\./, '')
  if (plain in messages) return plain
  return `${within.slice(0, within.lastIndexOf('.'))}.${plain}`
}

/** Message fields whose JSON name protobuf spells otherwise, in any message. */
const RENAMED: Record<string, string> = {
  Webhooks: 'webhooks',
  Expression: 'expression',
  Name: 'name',
  uID: 'uid',
  aPIGroup: 'apiGroup',
}

/** The JSON names of JSONSchemaProps. */
function jsonSchemaName(name: string): string {
  if (name.startsWith('xKubernetes'))
    return `x-kubernetes${name.slice(11).replace(/[A-Z]/g, (char) => `-${char.toLowerCase()}`)}`
  return name === 'ref' || name === 'schema' ? `$${name}` : name
}

function compileField(name: string, [number, type, label]: FieldRow, within: string): ProtoField {
  const map = /^map<string, (.+)>$/.exec(type)
  const inner = map === null ? type : map[1]!
  const kind = SCALARS.has(inner) ? { scalar: inner } : { message: fullName(inner, within) }
  const inline = INLINE.has(`${within.slice(within.lastIndexOf('.') + 1)}.${name}`)
  const json = within.endsWith('.JSONSchemaProps') ? jsonSchemaName(name) : (RENAMED[name] ?? name)
  return { name: json, number, type, repeated: label === 'repeated', map: map !== null, inline, ...kind }
}

const compiled = new Map<string, ProtoMessage>()

function messageOf(name: string): ProtoMessage {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const rows = messages[name]
  if (rows === undefined) throw new ProtobufError(`no protobuf message ${name}`)
  const fields = Object.entries(rows).map(([field, row]) => compileField(field, row, name))
  const message = {
    byNumber: new Map(fields.map((field) => [field.number, field])),
    byName: new Map(fields.map((field) => [field.name, field])),
  }
  compiled.set(name, message)
  return message
}

type Fields = Record<string, unknown>

/** `2026-01-01T00:00:00Z`, or with six digits of a second for MicroTime. */
function makeTime({ seconds = 0, nanos = 0 }: { seconds?: number; nanos?: number }, micro: boolean): string {
  const date = new Date(seconds * 1000).toISOString().slice(0, 19)
  return micro ? `${date}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${date}Z`
}

function readTime(text: string): Fields {
  const ms = Date.parse(text)
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  return { seconds: Math.floor(ms / 1000), nanos: Number(fraction.padEnd(9, '0').slice(0, 9)) }
}

const utf8 = new TextDecoder()
const toUtf8 = new TextEncoder()

/** Types whose JSON is not an object of their fields. */
interface Special {
  toJson(fields: Fields): unknown
  toFields(json: unknown): Fields
}

const asBytes = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array())
const rawJson: Special = {
  toJson: ({ raw }) => JSON.parse(utf8.decode(asBytes(raw)) || 'null') as unknown,
  toFields: (json) => ({ raw: toUtf8.encode(JSON.stringify(json)) }),
}
const listed: Special = { toJson: ({ items }) => items ?? [], toFields: (items) => ({ items }) }
const quantity: Special = { toJson: ({ string }) => string ?? '0', toFields: (text) => ({ string: String(text) }) }

const SPECIALS: Record<string, Special> = {
  [`${META}Time`]: { toJson: (fields) => makeTime(fields, false), toFields: (json) => readTime(String(json)) },
  [`${META}MicroTime`]: { toJson: (fields) => makeTime(fields, true), toFields: (json) => readTime(String(json)) },
  [`${META}Duration`]: {
    toJson: ({ duration }) => `${Number(duration ?? 0) / 1e9}s`,
    toFields: (json) => ({ duration: Math.round(Number.parseFloat(String(json)) * 1e9) }),
  },
  [`${META}FieldsV1`]: {
    toJson: ({ Raw }) => JSON.parse(utf8.decode(asBytes(Raw)) || '{}') as unknown,
    toFields: (json) => ({ Raw: toUtf8.encode(JSON.stringify(json)) }),
  },
  [`${META}Verbs`]: listed,
  'apimachinery.pkg.api.resource.Quantity': quantity,
  'apimachinery.pkg.api.resource.QuantityValue': quantity,
  'apimachinery.pkg.util.intstr.IntOrString': {
    toJson: ({ type, intVal, strVal }) => (Number(type ?? 0) === 1 ? (strVal ?? '') : (intVal ?? 0)),
    toFields: (json) => (typeof json === 'string' ? { type: 1, strVal: json } : { type: 0, intVal: json }),
  },
  'apimachinery.pkg.runtime.RawExtension': rawJson,
}

const choices: Record<string, Special> = {
  JSON: rawJson,
  JSONSchemaPropsOrArray: {
    toJson: ({ schema, jSONSchemas }) => jSONSchemas ?? schema ?? null,
    toFields: (json) => (Array.isArray(json) ? { jSONSchemas: json } : { schema: json }),
  },
  JSONSchemaPropsOrBool: {
    toJson: ({ allows, schema }) => schema ?? allows ?? false,
    toFields: (json) => (typeof json === 'boolean' ? { allows: json } : { allows: true, schema: json }),
  },
  JSONSchemaPropsOrStringArray: {
    toJson: ({ schema, property }) => schema ?? property ?? [],
    toFields: (json) => (Array.isArray(json) ? { property: json } : { schema: json }),
  },
}

function specialOf(message: string): Special | undefined {
  const special = SPECIALS[message]
  if (special !== undefined) return special
  const name = message.slice(message.lastIndexOf('.') + 1)
  if (name === 'ExtraValue') return listed
  return message.startsWith('apiextensions_apiserver.') ? choices[name] : undefined
}

const readsBytes = (message: string): boolean => specialOf(message) !== undefined

function decodeScalar(reader: Reader, scalar: string, raw: boolean): unknown {
  switch (scalar) {
    case 'string':
      return reader.text()
    case 'bytes':
      return raw ? reader.bytes() : bytesToBase64(reader.bytes())
    case 'bool':
      return reader.varint() !== 0n
    case 'double':
      return reader.double()
    case 'float':
      return reader.float()
    case 'int32':
      return Number(BigInt.asIntN(32, reader.varint()))
    case 'int64':
      return Number(BigInt.asIntN(64, reader.varint()))
    default:
      return Number(reader.varint())
  }
}

function decodeValue(reader: Reader, field: ProtoField, raw: boolean): unknown {
  if (field.scalar !== undefined) return decodeScalar(reader, field.scalar, raw)
  return decodeMessage(reader.bytes(), field.message!)
}

function decodeEntry(bytes: Uint8Array, field: ProtoField): [string, unknown] {
  const reader = new Reader(bytes)
  let key = ''
  let value: unknown = field.message === undefined ? '' : decodeMessage(new Uint8Array(), field.message)
  while (!reader.done()) {
    const { number, wire } = reader.tag()
    if (number === 1) key = reader.text()
    else if (number === 2) value = decodeValue(reader, field, false)
    else reader.skip(wire)
  }
  return [key, value]
}

const PACKED = 2

function decodeRepeated(reader: Reader, field: ProtoField, wire: number, raw: boolean): unknown[] {
  const lengthDelimited = field.scalar === undefined || field.scalar === 'string' || field.scalar === 'bytes'
  if (lengthDelimited || wire !== PACKED) return [decodeValue(reader, field, raw)]
  const packed = new Reader(reader.bytes())
  const values: unknown[] = []
  while (!packed.done()) values.push(decodeValue(packed, field, raw))
  return values
}

function decodeField(result: Fields, reader: Reader, field: ProtoField, wire: number, raw: boolean): void {
  if (field.map) {
    const [key, value] = decodeEntry(reader.bytes(), field)
    result[field.name] = { ...(result[field.name] as Fields | undefined), [key]: value }
  } else if (field.repeated) {
    const list = (result[field.name] ??= []) as unknown[]
    list.push(...decodeRepeated(reader, field, wire, raw))
  } else if (field.inline) Object.assign(result, decodeValue(reader, field, raw))
  else result[field.name] = decodeValue(reader, field, raw)
}

function decodeFields(bytes: Uint8Array, name: string, raw: boolean): Fields {
  const message = messageOf(name)
  const reader = new Reader(bytes)
  const result: Fields = {}
  while (!reader.done()) {
    const { number, wire } = reader.tag()
    const field = message.byNumber.get(number)
    if (field === undefined) reader.skip(wire)
    else decodeField(result, reader, field, wire, raw)
  }
  return result
}

/** Go writes required scalars even when they are zero; JSON's omitempty leaves them out. */
const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false

/** Zero values that mean something where a pointer holds them; gogo writes a pointer's zero, JSON keeps it. */
const KEEP_ZERO = new Set(
  (
    'replicas,minAvailable,maxUnavailable,value,automountServiceAccountToken,enableServiceLinks,controller,' +
    'blockOwnerDeletion,suspend,immutable,optional,runAsNonRoot,runAsUser,runAsGroup,fsGroup,privileged,' +
    'allowPrivilegeEscalation,readOnlyRootFilesystem,terminationGracePeriodSeconds,revisionHistoryLimit,' +
    'deletionGracePeriodSeconds,gracePeriodSeconds,orphanDependents,tolerationSeconds,backoffLimit,parallelism,completions,' +
    'ttlSecondsAfterFinished,successfulJobsHistoryLimit,failedJobsHistoryLimit,priority,partition,' +
    'allocateLoadBalancerNodePorts,ready,serving,terminating,restartCount,exitCode,allowed,started,' +
    'desiredNumberScheduled,currentNumberScheduled,numberMisscheduled,numberReady,served,storage,' +
    'currentHealthy,desiredHealthy,expectedPods,disruptionsAllowed,restricted,incomplete,nonResourceRules'
  ).split(','),
)

/** An empty text that is there: a claim that asks for no storage class. */
const KEEP_EMPTY = new Set(['api.core.v1.PersistentVolumeClaimSpec.storageClassName'])

const keepsZero = (name: string, key: string, value: unknown): boolean =>
  value === '' ? KEEP_EMPTY.has(`${name}.${key}`) : KEEP_ZERO.has(key)

function isUnsetTime(field: ProtoField | undefined, value: unknown): boolean {
  const isTime = field?.message === `${META}Time` || field?.message === `${META}MicroTime`
  return isTime && String(value).startsWith('1970-01-01T00:00:00')
}

/** Leaves out what Go's omitempty would; a zero metav1.Time is an empty message. */
function trimZeros(fields: Fields, name: string): Fields {
  const { byName } = messageOf(name)
  const result: Fields = {}
  for (const [key, value] of Object.entries(fields)) {
    if (isZero(value) && !keepsZero(name, key, value)) continue
    if (!isUnsetTime(byName.get(key), value)) result[key] = value
  }
  return result
}

function decodeMessage(bytes: Uint8Array, name: string): unknown {
  const special = specialOf(name)
  const fields = decodeFields(bytes, name, readsBytes(name))
  if (special !== undefined) return special.toJson(fields)
  return trimZeros(fields, name)
}

export interface DecodedBody {
  apiVersion: string
  kind: string
  object: Record<string, unknown>
}

interface Envelope {
  apiVersion: string
  kind: string
  raw: Uint8Array
}

function readEnvelope(bytes: Uint8Array): Envelope {
  if (MAGIC.some((byte, i) => bytes[i] !== byte))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  const unknown = decodeFields(bytes.subarray(4), 'apimachinery.pkg.runtime.Unknown', true)
  const { apiVersion = '', kind = '' } = (unknown['typeMeta'] ?? {}) as { apiVersion?: string; kind?: string }
  return { apiVersion, kind, raw: asBytes(unknown['raw']) }
}

/** The protobuf message of a kind: neighbours in the group's package, or meta.v1's own (DeleteOptions, Status …). */
function messageName(apiVersion: string, kind: string): string {
  const own = coreProtobufName(apiVersion, kind)
  if (own in messages) return own
  if (META + kind in messages) return META + kind
  throw new ProtobufError(`no protobuf message for ${apiVersion}, Kind=${kind}`)
}

/** Reads a body of content type application/vnd.kubernetes.protobuf. Throws ProtobufError. */
export function decodeProtobuf(bytes: Uint8Array): DecodedBody {
  const { apiVersion, kind, raw } = readEnvelope(bytes)
  const fields = decodeMessage(raw, messageName(apiVersion, kind)) as Fields
  return { apiVersion, kind, object: { apiVersion, kind, ...fields } }
}

function encodeScalar(writer: Writer, field: ProtoField, value: unknown): void {
  switch (field.scalar) {
    case 'string':
      return writer.bytes(field.number, toUtf8.encode(String(value)))
    case 'bytes':
      return writer.bytes(field.number, value instanceof Uint8Array ? value : base64ToBytes(String(value)))
    case 'double':
      return writer.double(field.number, Number(value))
    case 'bool':
      return writer.varint(field.number, value === true ? 1n : 0n)
    default:
      return writer.varint(field.number, BigInt.asUintN(64, BigInt(Number(value))))
  }
}

function encodeValue(writer: Writer, field: ProtoField, value: unknown): void {
  if (field.message === undefined) encodeScalar(writer, field, value)
  else writer.bytes(field.number, encodeMessage(field.message, value))
}

function encodeMap(writer: Writer, field: ProtoField, value: Fields): void {
  const inner = { ...field, number: 2, map: false }
  for (const key of Object.keys(value).sort()) {
    const entry = new Writer()
    entry.bytes(1, toUtf8.encode(key))
    encodeValue(entry, inner, value[key])
    writer.bytes(field.number, entry.result())
  }
}

function encodeMessage(name: string, json: unknown): Uint8Array {
  const fields = specialOf(name)?.toFields(json) ?? (json as Fields)
  const writer = new Writer()
  for (const field of messageOf(name).byName.values()) {
    const value = field.inline ? fields : fields[field.name]
    if (value === undefined || value === null) continue
    if (field.map) encodeMap(writer, field, value as Fields)
    else if (field.repeated) for (const item of value as unknown[]) encodeValue(writer, field, item)
    else encodeValue(writer, field, value)
  }
  return writer.result()
}

/** The body of an object, as client-go would send it. */
export function encodeProtobuf(object: Readonly<Record<string, unknown>>): Uint8Array {
  const { apiVersion, kind } = object as { apiVersion: string; kind: string }
  const raw = encodeMessage(messageName(apiVersion, kind), object)
  const envelope = new Writer()
  const typeMeta = new Writer()
  typeMeta.bytes(1, toUtf8.encode(apiVersion))
  typeMeta.bytes(2, toUtf8.encode(kind))
  envelope.bytes(1, typeMeta.result())
  envelope.bytes(2, raw)
  return Uint8Array.from([...MAGIC, ...envelope.result()])
}
