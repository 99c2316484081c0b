/** EndpointSlices of v1beta1: a map of topology for what v1 has fields for. Models pkg/apis/discovery/v1beta1/conversion.go. */
import { asPlain, changedItems, defined } from './conversion.ts'
import type { Conversion, Plain } from './conversion.ts'

const HOSTNAME = 'kubernetes.io/hostname'
const ZONE = 'topology.kubernetes.io/zone'

function toHub({ topology, nodeName, ...rest }: Plain): Plain {
  const { [HOSTNAME]: host, [ZONE]: zone, ...others } = asPlain(topology)
  const deprecatedTopology = Object.keys(others).length === 0 ? undefined : others
  return defined({ ...rest, nodeName: nodeName ?? host, zone, deprecatedTopology })
}

function fromHub({ deprecatedTopology, zone, ...rest }: Plain): Plain {
  const topology = defined({ ...asPlain(deprecatedTopology), [HOSTNAME]: rest.nodeName, [ZONE]: zone })
  return { ...rest, ...(Object.keys(topology).length > 0 && { topology }) }
}

export const endpointSlice: Conversion = {
  toHub: (object) => changedItems(object, 'endpoints', toHub),
  fromHub: (object) => changedItems(object, 'endpoints', fromHub),
}
