/**
 * JSON patch (RFC 6902). The rfc6902 package does the work; the texts are evanphx/json-patch's, which
 * kube-apiserver puts into the cause of its 422.
 */
import { applyPatch } from 'rfc6902'
import type { Operation } from 'rfc6902'
import { PatchError } from './json-value.ts'
import type { Json } from './json-value.ts'

const OPS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test'])

const lastToken = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/~1/g, '/')
    .replace(/~0/g, '~')

/** The value at the parent of a path, or undefined. */
function parentAt(document: unknown, path: string): unknown {
  let value = document
  for (const token of path.split('/').slice(1, -1)) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[token.replace(/~1/g, '/').replace(/~0/g, '~')]
  }
  return typeof value === 'object' && value !== null ? value : undefined
}

const badIndex = (op: string, path: string): string =>
  `error in ${op} for path: '${path}': Unable to access invalid index: ${lastToken(path)}: invalid index referenced`

function missingText(op: string, path: string, parent: unknown): string {
  if (parent === undefined) {
    const quoted = op === 'add' || op === 'remove' ? `"${path}"` : path
    return `${op} operation does not apply: doc is missing path: ${quoted}: missing value`
  }
  if (op === 'replace') return `replace operation does not apply: doc is missing key: ${path}: missing value`
  if (Array.isArray(parent)) return badIndex(op, path)
  return `error in remove for path: '${path}': Unable to remove nonexistent key: ${lastToken(path)}: missing value`
}

function failureText(document: unknown, operation: Operation): string {
  const { op, path } = operation
  if (op === 'test') return `testing value ${path} failed: test failed`
  if (op !== 'move' && op !== 'copy') return missingText(op, path, parentAt(document, path))
  const { from } = operation
  const parent = parentAt(document, from)
  if (parent === undefined) return `${op} operation does not apply: doc is missing from path: ${from}: missing value`
  return `error in ${op} for path: '${from}': missing value`
}

function readOperation(raw: unknown): Operation {
  const operation = raw as Operation
  if (!OPS.has(operation?.op)) throw new PatchError(`Unexpected kind: ${String(operation?.op ?? 'unknown')}`)
  return structuredCloneJson(operation)
}

function structuredCloneJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** The index of an add must lie in the list; rfc6902 would leave a hole. */
function addsBeyondEnd(document: unknown, operation: Operation): boolean {
  if (operation.op !== 'add') return false
  const parent = parentAt(document, operation.path)
  const token = lastToken(operation.path)
  return Array.isArray(parent) && token !== '-' && !(/^\d+$/.test(token) && Number(token) <= parent.length)
}

/** The document after all operations. The argument stays as it is. Throws PatchError at the first that fails. */
export function applyJsonPatch(document: Json, patch: readonly unknown[]): Json {
  const box = { root: structuredCloneJson(document) }
  for (const raw of patch) {
    const operation = readOperation(raw)
    if (addsBeyondEnd(box.root, operation)) throw new PatchError(badIndex('add', operation.path))
    if (operation.path === '' && (operation.op === 'add' || operation.op === 'replace')) {
      box.root = operation.value as Json
      continue
    }
    const [failure] = applyPatch(box.root, [operation])
    if (failure) throw new PatchError(failureText(box.root, operation))
  }
  return box.root
}
