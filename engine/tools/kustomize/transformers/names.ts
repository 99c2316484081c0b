/** namePrefix, nameSuffix and the hash of generated names. Models PrefixTransformer, SuffixTransformer, HashTransformer. */
import { setField } from '../fieldspec.ts'
import type { FieldSpec } from '../fieldspec.ts'
import { hashOf } from '../generators/hash.ts'
import type { ResMap } from '../resmap.ts'
import type { Resource } from '../resource.ts'
import { scalarText } from '../tree.ts'
import type { Transformer } from './transformer.ts'

/** Kinds whose names mean something by themselves. */
const KEPT: [kind: string, group: string][] = [
  ['CustomResourceDefinition', ''],
  ['APIService', 'apiregistration.k8s.io'],
  ['Namespace', ''],
]

const isKept = ({ gvk }: Resource): boolean =>
  KEPT.some(([kind, group]) => gvk.kind === kind && (group === '' || gvk.group === group))

const isNamePath = (spec: FieldSpec): boolean => spec.path === 'metadata/name'

function affix(
  kind: string,
  specs: FieldSpec[],
  make: (name: string) => string,
  note: (resource: Resource) => void,
): Transformer {
  return {
    kind,
    transform({ resources }: ResMap) {
      for (const resource of resources.filter((one) => !isKept(one)))
        for (const spec of specs) {
          if (isNamePath(spec)) {
            note(resource)
            resource.storePreviousId()
          }
          setField(resource, spec, (value) => make(scalarText(value)))
        }
    },
  }
}

export const prefixTransformer = (prefix: string, specs: FieldSpec[]): Transformer =>
  affix(
    'PrefixTransformer',
    specs,
    (name) => prefix + name,
    (resource) => resource.prefixes.push(prefix),
  )

export const suffixTransformer = (suffix: string, specs: FieldSpec[]): Transformer =>
  affix(
    'SuffixTransformer',
    specs,
    (name) => name + suffix,
    (resource) => resource.suffixes.push(suffix),
  )

/** Done once, when all else has been done. */
export function addHashes({ resources }: ResMap): void {
  for (const resource of resources.filter((one) => one.needsHash)) {
    resource.storePreviousId()
    resource.name = `${resource.name}-${hashOf(resource)}`
  }
}
