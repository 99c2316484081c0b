import type { EndpointSlice } from '../objects/types.gen.ts'

/** Index of slices by `namespace/service`. */
export const BY_SERVICE_KEY = 'service'

export function byServiceKey({ metadata: { namespace, labels } }: EndpointSlice): string[] {
  const name = labels?.['kubernetes.io/service-name']
  return name === undefined ? [] : [`${namespace}/${name}`]
}
