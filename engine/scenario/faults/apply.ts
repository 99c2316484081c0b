import type { ViewedObject } from '../../view.ts'
import type { Schema } from '../format/schema.ts'
import { isMapping } from '../match.ts'
import { defineFault, StepError } from './fault.ts'

const manifest = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata'],
  properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } },
}
const manifests: Schema<unknown> = {
  json: {
    description: 'A manifest, or a list of them, applied in order.',
    anyOf: [manifest, { type: 'array', items: manifest, minItems: 1 }],
  },
}

/** Applies manifests with full rights. */
export const apply = defineFault({
  schema: manifests,
  carryOut: async (of, { hands }) => {
    for (const one of Array.isArray(of) ? (of as unknown[]) : [of]) {
      if (!isManifest(one)) throw new StepError('apply: not a manifest')
      await hands.apply(one)
    }
  },
})

function isManifest(value: unknown): value is ViewedObject {
  return isMapping(value) && isMapping(value['metadata'])
}
