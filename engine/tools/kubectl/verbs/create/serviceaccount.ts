/** `kubectl create serviceaccount`. */
import { explicitNamespace, generatorCommand } from './generator.ts'

export const createServiceAccount = generatorCommand({
  path: 'create serviceaccount',
  failure: 'failed to create serviceaccount: ',
  *make(ctx, name, meta) {
    return { kind: 'ServiceAccount', apiVersion: 'v1', metadata: meta({ name, ...(yield* explicitNamespace(ctx)) }) }
  },
})
