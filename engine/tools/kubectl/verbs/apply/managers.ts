/** Fields of client-side apply move to the manager of server-side apply. Models client-go/util/csaupgrade. */
import type { Run } from '../../../../host/process.ts'
import type { ApiObject } from '../../client.ts'
import type { Context } from '../../command.ts'
import { isConflict, isNotFound } from '../../errors.ts'
import type { Info } from '../../builder.ts'
import { LAST_APPLIED, lastAppliedText } from '../../last-applied.ts'
import { pathOf } from '../../mapper.ts'

interface Entry {
  manager?: string
  operation?: string
  apiVersion?: string
  subresource?: string
  fieldsV1?: Fields
  [field: string]: unknown
}

interface Fields {
  [name: string]: Fields
}

/** Both sets of fields. */
function union(a: Fields, b: Fields): Fields {
  const merged: Fields = { ...a }
  for (const [name, fields] of Object.entries(b)) merged[name] = name in merged ? union(merged[name]!, fields) : fields
  return merged
}

const entriesOf = (object: ApiObject): Entry[] => (object.metadata?.managedFields ?? []) as Entry[]

/** Who owns the annotation of client-side apply by such an operation. */
const ownersOf = (object: ApiObject, operation: 'Update' | 'Apply'): Entry[] =>
  entriesOf(object).filter(
    (entry) =>
      entry.operation === operation &&
      !entry.subresource &&
      entry.fieldsV1?.['f:metadata']?.['f:annotations']?.[`f:${LAST_APPLIED}`] !== undefined,
  )

/** The entries once the old managers' fields are the new manager's; undefined when there is nothing to move. */
export function upgraded(object: ApiObject, manager: string): Entry[] | undefined {
  const entries = entriesOf(object)
  const names = new Set(ownersOf(object, 'Update').map((entry) => entry.manager))
  const isOld = (entry: Entry): boolean =>
    entry.operation === 'Update' && !entry.subresource && names.has(entry.manager)
  const old = entries.filter(isOld)
  if (old.length === 0) return undefined
  const own = entries.find((entry) => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource)
  const base: Entry = own ?? { ...old[0]!, manager, operation: 'Apply' }
  const fieldsV1 = old.reduce((fields, entry) => union(fields, entry.fieldsV1 ?? {}), own?.fieldsV1 ?? {})
  const next: Entry = { ...base, fieldsV1 }
  const rest = entries.filter((entry) => !isOld(entry) && entry !== own)
  return [next, ...rest]
}

/** The annotation gets an owner of its own, so that server-side apply does not take it away. */
export function* keepLastApplied(ctx: Context, info: Info, applied: ApiObject): Run<ApiObject> {
  const text = lastAppliedText(applied)
  if (text === undefined || ownersOf(applied, 'Apply').length > 0) return applied
  const client = yield* ctx.session.client()
  const { name, namespace } = applied.metadata ?? {}
  const annotation = {
    apiVersion: applied.apiVersion,
    kind: applied.kind,
    metadata: { name, ...(namespace ? { namespace } : {}), annotations: { [LAST_APPLIED]: text } },
  }
  const query = { fieldManager: 'kubectl-last-applied', force: 'false' }
  return yield* client.patch(pathOf(info.type, info.namespace, info.name), 'apply', annotation, query)
}

/** How often a changed object is read anew. */
const TRIES = 5

/** Moves the fields on the server, so that what is left out of the next manifest is taken away. */
export function* migrateManagers(ctx: Context, info: Info, applied: ApiObject, manager: string): Run<ApiObject> {
  const client = yield* ctx.session.client()
  const path = pathOf(info.type, info.namespace, info.name)
  let object = applied
  for (let tries = 0; tries < TRIES; tries++) {
    const managedFields = upgraded(object, manager)
    if (managedFields === undefined) return object
    const patch = [
      { op: 'replace', path: '/metadata/managedFields', value: managedFields },
      { op: 'replace', path: '/metadata/resourceVersion', value: object.metadata?.resourceVersion },
    ]
    try {
      return yield* client.patch(path, 'json', patch)
    } catch (error) {
      if (isNotFound(error)) return object
      if (!isConflict(error)) throw error
      object = yield* client.get(path)
    }
  }
  return object
}
