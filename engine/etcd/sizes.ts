/**
 * How many bytes a value takes. Values are objects that nobody turned into text, so this is what
 * protobuf would need, roughly: contents with two bytes around each, names of fields for nothing.
 */
import type { KeyValue, RequestOp } from './messages.ts'

/** Values of keys that were measured: members share them. */
const measured = new WeakMap<object, number>()
/** Names of fields that were looked at. */
const names = new Map<string, number>()
const REMEMBERED_NAMES = 20_000

/** Bytes of a value: exact for text (UTF-8), close for objects. */
export function valueBytes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return partBytes(value)
  let size = measured.get(value)
  if (size === undefined) measured.set(value, (size = partBytes(value)))
  return size
}

function partBytes(value: unknown): number {
  if (typeof value === 'string') return textBytes(value)
  if (typeof value !== 'object' || value === null) return value === undefined || value === null ? 0 : 4
  let size = 0
  if (Array.isArray(value)) for (const item of value) size += 2 + partBytes(item)
  else for (const key in value) size += nameBytes(key) + partBytes((value as Record<string, unknown>)[key])
  return size
}

/** Labels, annotations and managed fields carry their names; other fields have numbers. */
function nameBytes(name: string): number {
  let size = names.get(name)
  if (size !== undefined) return size
  size = /[:./-]/.test(name) ? name.length + 4 : 2
  if (names.size >= REMEMBERED_NAMES) names.clear()
  names.set(name, size)
  return size
}

export function textBytes(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1
  }
  return bytes
}

/** A version of a key in the file: the revision as its key, bbolt's element header, the message around it. */
export function recordBytes({ key, value }: Pick<KeyValue, 'key' | 'value'>): number {
  return 16 + 17 + 14 + textBytes(key) + valueBytes(value)
}

const KV_OVERHEAD = 256

/** What a put counts towards the quota and the size of a request (costPut). */
export function opBytes(op: RequestOp): number {
  return op.op === 'put' ? textBytes(op.key) + valueBytes(op.value) : textBytes(op.key)
}

/** The cost of the dearer branch of a transaction (costTxn). */
export function txnCost(success: readonly RequestOp[], failure: readonly RequestOp[]): number {
  const costOf = (ops: readonly RequestOp[]): number =>
    ops.reduce((sum, op) => sum + (op.op === 'put' ? KV_OVERHEAD + opBytes(op) : 0), 0)
  return Math.max(costOf(success), costOf(failure))
}
