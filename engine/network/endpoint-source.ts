/** Where the endpoints of a Service are read: EndpointSlices, or Endpoints on releases before 1.16. */
import type { ApiClient } from '../api/client.ts'
import type { EndpointAddress, EndpointSlice, EndpointSubset, Endpoints } from '../objects/types.gen.ts'

const FIRST_MINOR_WITH_SLICES = 16
const BY_SERVICE = 'service'

function byService({ metadata: { namespace, labels } }: EndpointSlice): string[] {
  const name = labels?.['kubernetes.io/service-name']
  return name === undefined ? [] : [`${namespace}/${name}`]
}

/** The slices of `namespace/service`. */
export type SlicesOf = (key: string) => EndpointSlice[]

/** Opens the informer that a release needs. */
export function openEndpoints(client: ApiClient, minor: number): SlicesOf {
  if (minor >= FIRST_MINOR_WITH_SLICES) {
    const slices = client.informer<EndpointSlice>('discovery.k8s.io/v1/endpointslices', {
      indexes: { [BY_SERVICE]: byService },
    })
    return (key) => slices.by(BY_SERVICE, key)
  }
  const endpoints = client.informer<Endpoints>('v1/endpoints')
  return (key) => {
    const slash = key.indexOf('/')
    const found = endpoints.get(key.slice(0, slash), key.slice(slash + 1))
    return (found?.subsets ?? []).map((subset) => asSlice(subset, key))
  }
}

function asSlice({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, name: string): EndpointSlice {
  const endpoint = (ready: boolean) => (address: EndpointAddress) => ({
    addresses: [address.ip],
    conditions: { ready, serving: ready, terminating: false },
    ...(address.nodeName !== undefined && { nodeName: address.nodeName }),
    ...(address.hostname !== undefined && { hostname: address.hostname }),
  })
  return {
    metadata: { name },
    addressType: 'IPv4',
    ports,
    endpoints: [...addresses.map(endpoint(true)), ...notReadyAddresses.map(endpoint(false))],
  }
}
