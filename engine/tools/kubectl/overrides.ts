/** `--overrides` of run and expose. Models kubectl/pkg/cmd/util.Merge, StrategicMerge and JSONPatch. */
import { applyJsonPatch } from '../../objects/patch/json.ts'
import type { JsonObject } from '../../objects/patch/json-value.ts'
import { applyMerge } from '../../objects/patch/merge.ts'
import { applyStrategic } from '../../objects/patch/strategic.ts'
import { typeNameOf } from '../../objects/schema.ts'
import type { ApiObject } from './client.ts'
import { CommandError } from './errors.ts'
import type { FlagValues } from './flags.ts'

/** The object with `--overrides` applied as `--override-type` says. */
export function overridden(object: ApiObject, flags: FlagValues): ApiObject {
  const text = flags.text('overrides')
  if (text === '') return object
  const type = flags.text('override-type')
  if (!['json', 'merge', 'strategic'].includes(type)) throw new CommandError(`invalid override type: ${type}`)
  const patch = parsed(text)
  const original = object as JsonObject
  if (type === 'json') return applyJsonPatch(original, patch as unknown[]) as ApiObject
  if (type === 'merge') return applyMerge(original, patch as JsonObject) as ApiObject
  const [group, version] = (object.apiVersion ?? '').includes('/')
    ? object.apiVersion!.split('/')
    : ['', object.apiVersion]
  return applyStrategic(
    typeNameOf(group ?? '', version ?? '', object.kind ?? ''),
    original,
    patch as JsonObject,
  ) as ApiObject
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new CommandError('Invalid JSON Patch')
  }
}
