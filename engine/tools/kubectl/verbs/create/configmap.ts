/** `kubectl create configmap`: bytes that are no UTF-8 go into `binaryData`. */
import { isBinary } from '../../../../host/bytes.ts'
import { encodeBase64 } from '../../config/connection.ts'
import { collectData, sortedData } from '../../key-values.ts'
import { nameHash } from '../../name-hash.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'

export const createConfigMap = generatorCommand({
  path: 'create configmap',
  failure: 'failed to create configmap: ',
  *make(ctx, name, meta) {
    const pairs = sortedData(yield* collectData(ctx.p, ctx.flags, 'ConfigMap', name))
    const data = Object.fromEntries(pairs.filter(([, value]) => !isBinary(value)))
    const binary = pairs.filter(([, value]) => isBinary(value)).map(([key, value]) => [key, encodeBase64(value)])
    const binaryData = Object.fromEntries(binary)
    const bytes = binary.length > 0 ? { binaryData } : {}
    const suffix = ctx.flags.bool('append-hash') ? `-${nameHash({ kind: 'ConfigMap', name, data, ...bytes })}` : ''
    return {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: meta({ name: name + suffix, ...(yield* explicitNamespace(ctx)) }),
      ...(Object.keys(data).length > 0 ? { data } : {}),
      ...bytes,
    }
  },
})
