/** The patch that apply sends: what changed since the last time, and what the manifest wants. Models kubectl/pkg/cmd/apply/patcher.go. */
import { PatchError, type JsonObject } from '../../../../objects/patch/json-value.ts'
import { createThreeWayStrategic } from '../../../../objects/patch/strategic.ts'
import { createThreeWayJsonMerge } from '../../../../objects/patch/three-way-merge.ts'
import type { Info } from '../../builder.ts'
import type { ApiObject } from '../../client.ts'
import { CommandError } from '../../errors.ts'
import { lastAppliedText } from '../../last-applied.ts'
import { resourceText } from '../../mapper.ts'
import { schemaTypeOf, type Patch } from '../../patching.ts'

/** The three-way patch; strategic where the type has a schema. */
export function applyPatchOf(info: Info, modified: ApiObject, current: ApiObject, overwrite: boolean): Patch {
  const text = lastAppliedText(current)
  const original = text === undefined ? undefined : (JSON.parse(text) as JsonObject)
  const name = schemaTypeOf(info.type)
  const [to, from] = [modified as JsonObject, current as JsonObject]
  if (name === undefined) return { type: 'merge', body: createThreeWayJsonMerge(original, to, from) }
  try {
    return { type: 'strategic', body: createThreeWayStrategic(name, original, to, from, { overwrite }) }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error
    throw new CommandError(
      `creating patch with:\noriginal:\n${text ?? ''}\nmodified:\n${JSON.stringify(modified)}\ncurrent:\n${JSON.stringify(current)}\nfor: "${info.source}": ${error.message}`,
    )
  }
}

/** An object as apply's errors describe it. */
export const infoText = ({ type, namespace, name }: Info): string =>
  `Resource: "${resourceText(type)}", GroupVersionKind: "${type.group}/${type.version}, Kind=${type.kind}"\nName: "${name}", Namespace: "${namespace}"`
