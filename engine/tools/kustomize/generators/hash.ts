/** The suffix of generated names. Models api/hasher: the name itself never counts. */
import { nameHash } from '../../kubectl/name-hash.ts'
import type { Resource } from '../resource.ts'
import { byText, isFields } from '../tree.ts'
import type { Tree } from '../tree.ts'

/** A map in order of its keys; without one, the empty text. */
function ordered(value: Tree | undefined): Tree {
  if (!isFields(value)) return ''
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => byText(a, b)))
}

/** The ten letters for a ConfigMap or Secret. */
export function hashOf({ body, gvk: { kind } }: Resource): string {
  const facts: Record<string, unknown> = { kind, name: '', data: ordered(body.data) }
  if (isFields(body.binaryData)) facts.binaryData = ordered(body.binaryData)
  if (kind === 'Secret') facts.type = body.type ?? ''
  if (kind === 'Secret' && isFields(body.stringData)) facts.stringData = ordered(body.stringData)
  return nameHash(facts)
}
