/** `kubectl create priorityclass`. */
import { generatorCommand } from './generator.ts'

export const createPriorityClass = generatorCommand({
  path: 'create priorityclass',
  failure: 'failed to create priorityclass: ',
  make: ({ flags }, name, meta) => ({
    kind: 'PriorityClass',
    apiVersion: 'scheduling.k8s.io/v1',
    metadata: meta({ name }),
    value: flags.int('value'),
    ...(flags.bool('global-default') ? { globalDefault: true } : {}),
    ...(flags.text('description') ? { description: flags.text('description') } : {}),
    preemptionPolicy: flags.text('preemption-policy'),
  }),
})
