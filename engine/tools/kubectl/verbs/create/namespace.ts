/** `kubectl create namespace`. */
import { generatorCommand } from './generator.ts'

export const createNamespace = generatorCommand({
  path: 'create namespace',
  make: (_, name, meta) => ({ kind: 'Namespace', apiVersion: 'v1', metadata: meta({ name }), spec: {}, status: {} }),
})
