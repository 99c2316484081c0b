/**
 * Slices of hand-made Endpoints, for Services that select no pods. Models pkg/controller/endpointslicemirroring (G2).
 * Not modelled: IPv6, more than 1000 addresses of a subset (`TooManyAddressesToMirror`).
 */
import { semanticEqual } from '../../objects/equal.ts'
import type {
  Endpoint,
  EndpointAddress,
  EndpointSlice,
  EndpointSubset,
  Endpoints,
  Service,
} from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, Write } from '../controller.ts'
import { controllerReference } from '../shared/owners.ts'

const ENDPOINTS = 'v1/endpoints'
const SERVICES = 'v1/services'
const SLICES = 'discovery.k8s.io/v1/endpointslices'
const CONTROLLER = 'endpointslicemirroring-controller.k8s.io'
const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'
const LEADER = 'control-plane.alpha.kubernetes.io/leader'
/** Annotations of the Endpoints that their slices do not get. */
const OWN_ANNOTATIONS = [
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
]
/** Index of slices by the Endpoints they mirror. */
const BY_ENDPOINTS = 'endpoints'

export const endpointSliceMirroringController: Controller = {
  name: 'endpointslicemirroring-controller',
  watches: [
    { resource: ENDPOINTS, keys: ({ object }) => [keyOf(object)] },
    { resource: SERVICES, keys: ({ object }) => [keyOf(object)] },
    { resource: SLICES, keys: ({ object }) => mirroredKey(object) },
  ],
  indexes: { [SLICES]: { [BY_ENDPOINTS]: mirroredKey } },
  reconcile,
}

function mirroredKey({ metadata: { namespace, labels } }: Pick<EndpointSlice, 'metadata'>): string[] {
  return labels?.[MANAGED_BY] === CONTROLLER ? [`${namespace}/${labels[SERVICE_NAME]}`] : []
}

function reconcile(context: Context, key: string): Write[] {
  const { namespace, name } = splitKey(key)
  const endpoints = context.cache<Endpoints>(ENDPOINTS).get(namespace, name)
  const service = context.cache<Service>(SERVICES).get(namespace, name)
  const present = context
    .cache<EndpointSlice>(SLICES)
    .by(BY_ENDPOINTS, key)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const isMirrored = endpoints !== undefined && wantsMirror(endpoints) && service?.spec?.selector === undefined
  return isMirrored && service !== undefined ? plan(endpoints, present) : present.map(remove)
}

const wantsMirror = ({ metadata: { labels, annotations } }: Endpoints): boolean =>
  labels?.[SKIP_MIRROR] !== 'true' && annotations?.[LEADER] === undefined

/** A slice for each set of ports; one that is not wanted any more becomes one that is new. */
function plan(endpoints: Endpoints, present: EndpointSlice[]): ApiWrite[] {
  const wanted = slicesOf(endpoints)
  const kept = new Map<EndpointSlice, EndpointSlice>()
  for (const slice of wanted) {
    const same = present.find((one) => semanticEqual(one.ports, slice.ports) && ![...kept.values()].includes(one))
    if (same !== undefined) kept.set(slice, same)
  }
  const spare = present.filter((one) => ![...kept.values()].includes(one))
  const writes = wanted.flatMap((slice): ApiWrite[] => {
    const before = kept.get(slice) ?? spare.shift()
    return before === undefined ? [create(slice)] : update(before, slice)
  })
  return [...writes, ...spare.map(remove)]
}

function slicesOf(endpoints: Endpoints): EndpointSlice[] {
  const groups = new Map<string, EndpointSlice>()
  for (const subset of endpoints.subsets ?? []) {
    const ports = portsOf(subset)
    const key = JSON.stringify(ports)
    const before = groups.get(key) ?? { ...emptySlice(endpoints), ports }
    groups.set(key, { ...before, endpoints: [...(before.endpoints ?? []), ...endpointsOf(subset)] })
  }
  return [...groups.values()].filter((slice) => slice.endpoints?.length)
}

const portsOf = ({ ports }: EndpointSubset): NonNullable<EndpointSlice['ports']> =>
  (ports ?? []).map(({ name = '', protocol = 'TCP', port, appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol !== undefined && { appProtocol }),
  }))

const endpointsOf = ({ addresses, notReadyAddresses }: EndpointSubset): Endpoint[] => [
  ...(addresses ?? []).map((address) => makeEndpoint(address, true)),
  ...(notReadyAddresses ?? []).map((address) => makeEndpoint(address, false)),
]

const makeEndpoint = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname && { hostname }),
  ...(nodeName !== undefined && { nodeName }),
  ...(targetRef !== undefined && { targetRef }),
})

function emptySlice(endpoints: Endpoints): EndpointSlice {
  const { namespace, name, labels, annotations } = endpoints.metadata
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.includes(key))
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [MANAGED_BY]: CONTROLLER, [SERVICE_NAME]: name },
      ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }),
      ownerReferences: [controllerReference(endpoints, 'v1', 'Endpoints')],
    },
    addressType: 'IPv4',
    endpoints: [],
  }
}

const create = (body: EndpointSlice): ApiWrite => ({
  verb: 'create',
  resource: SLICES,
  namespace: body.metadata.namespace,
  body,
})

function update(before: EndpointSlice, { metadata, endpoints, ports }: EndpointSlice): ApiWrite[] {
  const { labels, annotations } = metadata
  const isSame =
    semanticEqual(before.endpoints, endpoints) &&
    semanticEqual(before.ports, ports) &&
    semanticEqual(before.metadata.labels, labels) &&
    semanticEqual(before.metadata.annotations ?? {}, annotations ?? {})
  if (isSame) return []
  const { namespace, name } = before.metadata
  const body = { ...before, metadata: { ...before.metadata, labels, annotations }, endpoints, ports }
  return [{ verb: 'update', resource: SLICES, namespace, name, body }]
}

function remove({ metadata: { namespace, name } }: EndpointSlice): ApiWrite {
  return { verb: 'delete', resource: SLICES, namespace, name }
}
