/** `kubectl create configmap`. Not modelled: bytes that are no text (`binaryData`): files here hold text. */
import { collectData, sortedData } from '../../key-values.ts'
import { nameHash } from '../../name-hash.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'

export const createConfigMap = generatorCommand({
  path: 'create configmap',
  failure: 'failed to create configmap: ',
  *make(ctx, name, meta) {
    const data = Object.fromEntries(sortedData(yield* collectData(ctx.p, ctx.flags, 'ConfigMap', name)))
    const suffix = ctx.flags.bool('append-hash') ? `-${nameHash({ kind: 'ConfigMap', name, data })}` : ''
    return {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: meta({ name: name + suffix, ...(yield* explicitNamespace(ctx)) }),
      ...(Object.keys(data).length > 0 ? { data } : {}),
    }
  },
})
