/** `replicas`. Models ReplicaCountTransformer. */
import { KustomizeError } from '../errors.ts'
import { setField } from '../fieldspec.ts'
import type { FieldSpec } from '../fieldspec.ts'
import { gvkText, isSelected } from '../ids.ts'
import type { Replica } from '../kustomization.ts'
import type { ResMap } from '../resmap.ts'
import type { Transformer } from './transformer.ts'

export function replicaTransformer({ name = '', count = 0 }: Replica, specs: FieldSpec[]): Transformer {
  return {
    kind: 'ReplicaCountTransformer',
    transform({ resources }: ResMap) {
      let found = false
      for (const spec of specs)
        for (const resource of resources) {
          if (![resource.originalId.name, resource.name].includes(name) || !isSelected(resource.gvk, spec)) continue
          setField(resource, spec, () => count)
          found = true
        }
      if (!found)
        throw new KustomizeError(
          `resource with name ${name} does not match a config with the following GVK [${specs
            .map(({ group = '', version = '', kind = '' }) => gvkText({ group, version, kind }))
            .join(' ')}]`,
        )
    },
  }
}
