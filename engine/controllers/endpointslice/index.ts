/**
 * Models pkg/controller/endpointslice and staging endpointslice/reconciler.go (G2). Not modelled: IPv6
 * slices, topology hints.
 */
import { semanticEqual } from '../../objects/equal.ts'
import type { Endpoint, EndpointSlice, Node, Service } from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, Write } from '../controller.ts'
import { controllerReference } from '../shared/owners.ts'
import {
  BY_LABEL,
  PODS,
  SERVICES,
  backendsOf,
  byLabel,
  inHashOrder,
  isHeadless,
  portsOf,
  selectsPods,
  servicesOfPod,
  triggerTime,
} from '../shared/service-pods.ts'
import type { Backend } from '../shared/service-pods.ts'

const SLICES = 'discovery.k8s.io/v1/endpointslices'
const NODES = 'v1/nodes'
const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const CONTROLLER = 'endpointslice-controller.k8s.io'
const HEADLESS = 'service.kubernetes.io/headless'
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'
const ZONE = 'topology.kubernetes.io/zone'
/** --max-endpoints-per-slice */
const MAX_ENDPOINTS = 100
/** Index of slices by the Service they belong to. */
const BY_SERVICE = 'service'

type Ports = NonNullable<EndpointSlice['ports']>

export const endpointSliceController = ({ minor }: { minor: number }): Controller => ({
  name: 'endpointslice-controller',
  watches: [
    { resource: SERVICES, keys: (change) => [keyOf(change.object)] },
    { resource: PODS, keys: servicesOfPod },
    { resource: SLICES, keys: ({ type, object }) => (type === 'deleted' && isOurs(object) ? serviceKey(object) : []) },
    { resource: NODES, keys: () => [] },
  ],
  indexes: { [PODS]: { [BY_LABEL]: byLabel }, [SLICES]: { [BY_SERVICE]: serviceKey } },
  reconcile: (context, key) => reconcile(context, key, minor),
})

function isOurs({ metadata: { labels } }: Pick<EndpointSlice, 'metadata'>): boolean {
  return labels?.[MANAGED_BY] === CONTROLLER
}

function serviceKey({ metadata: { namespace, labels } }: Pick<EndpointSlice, 'metadata'>): string[] {
  const name = labels?.[SERVICE_NAME]
  return name === undefined ? [] : [`${namespace}/${name}`]
}

function reconcile(context: Context, key: string, minor: number): Write[] {
  const { namespace, name } = splitKey(key)
  const service = context.cache<Service>(SERVICES).get(namespace, name)
  const present = context
    .cache<EndpointSlice>(SLICES)
    .by(BY_SERVICE, key)
    .filter((slice) => isOurs(slice) && slice.metadata.deletionTimestamp === undefined)
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return []
  if (!selectsPods(service)) return []
  return plan(context, service, present, minor)
}

interface Group {
  ports: Ports
  endpoints: Endpoint[]
}

function plan(context: Context, service: Service, present: EndpointSlice[], minor: number): Write[] {
  const backends = backendsOf(context, service)
  const groups = groupByPorts(context, service, backends, minor)
  const labels = labelsOf(service)
  const annotations = { [TRIGGER_TIME]: triggerTime(service, backends) }
  const writes: ApiWrite[] = []
  const used = new Set<EndpointSlice>()
  for (const group of groups) {
    const slices = present.filter((slice) => semanticEqual(slice.ports, group.ports))
    slices.forEach((slice) => used.add(slice))
    writes.push(...fill(service, group, slices, labels, annotations))
  }
  const stale = present.filter((slice) => !used.has(slice))
  const keepOne = groups.length === 0 ? stale[0] : undefined
  // Without endpoints one slice stays as a placeholder that has no ports either.
  if (keepOne !== undefined) writes.push(...update(withoutPorts(keepOne), [], labels, annotations, keepOne))
  if (groups.length === 0 && present.length === 0) writes.push(create(service, [], [], labels, annotations))
  return reuse([...writes, ...stale.filter((slice) => slice !== keepOne).map(remove)], present)
}

/** A slice that would be deleted while another is created becomes that other one: names last. Models finalize. */
function reuse(writes: ApiWrite[], present: EndpointSlice[]): ApiWrite[] {
  const creates = writes.filter(({ verb }) => verb === 'create')
  const deletes = writes.filter(({ verb }) => verb === 'delete')
  const pairs = deletes.slice(0, creates.length).map((gone, i): [ApiWrite, ApiWrite] => [gone, creates.at(-1 - i)!])
  const reused = new Set(pairs.flat())
  const updates = pairs.map(([gone, made]) =>
    become(
      present.find(({ metadata }) => metadata.name === gone.name)!,
      made,
    ),
  )
  return [...writes.filter((write) => !reused.has(write)), ...updates]
}

function become(before: EndpointSlice, made: ApiWrite): ApiWrite {
  const { metadata, endpoints, ports } = made.body as EndpointSlice
  const { labels, annotations } = metadata
  const { namespace, name } = before.metadata
  const body = { ...before, metadata: { ...before.metadata, labels, annotations }, endpoints, ports }
  return { verb: 'update', resource: SLICES, namespace, name, body }
}

function groupByPorts(context: Context, service: Service, backends: Backend[], minor: number): Group[] {
  const groups = new Map<string, Group>()
  for (const backend of backends) {
    const ports: Ports = inHashOrder(portsOf(service, backend.pod), 'EndpointSlice', minor)
    const key = JSON.stringify(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    groups.set(key, group)
    group.endpoints.push(makeEndpoint(context, service, backend))
  }
  return [...groups.values()]
}

function makeEndpoint(context: Context, service: Service, { pod, ip, serving, terminating, ready }: Backend): Endpoint {
  const { name, namespace, uid } = pod.metadata
  const zone = context.cache<Node>(NODES).get('', pod.spec?.nodeName ?? '')?.metadata.labels?.[ZONE]
  const named = pod.spec?.hostname !== undefined && pod.spec.subdomain === service.metadata.name
  return {
    addresses: [ip],
    conditions: { ready, serving, terminating },
    ...(named && { hostname: pod.spec?.hostname }),
    nodeName: pod.spec?.nodeName,
    targetRef: { kind: 'Pod', name, namespace, uid },
    ...(zone !== undefined && { zone }),
  }
}

function uidOf(endpoint: Endpoint): string {
  return endpoint.targetRef?.uid ?? endpoint.addresses[0] ?? ''
}

/** Endpoints stay in the slice they are in; new ones fill the fullest slice that has room. */
function fill(
  service: Service,
  group: Group,
  slices: EndpointSlice[],
  labels: Record<string, string>,
  annotations: Record<string, string>,
): ApiWrite[] {
  const wanted = new Map(group.endpoints.map((endpoint) => [uidOf(endpoint), endpoint]))
  const kept = new Map<EndpointSlice, Endpoint[]>()
  for (const slice of slices) {
    const here = (slice.endpoints ?? []).map(uidOf).filter((uid) => wanted.has(uid))
    kept.set(
      slice,
      here.map((uid) => wanted.get(uid) as Endpoint),
    )
    here.forEach((uid) => wanted.delete(uid))
  }
  const added = [...wanted.values()]
  for (const [slice, endpoints] of [...kept].sort(([, a], [, b]) => b.length - a.length)) {
    kept.set(slice, [...endpoints, ...added.splice(0, MAX_ENDPOINTS - endpoints.length)])
  }
  const writes = [...kept].flatMap(([slice, endpoints]) =>
    endpoints.length === 0 && group.endpoints.length > 0
      ? [remove(slice)]
      : update(slice, endpoints, labels, annotations),
  )
  while (added.length > 0)
    writes.push(create(service, added.splice(0, MAX_ENDPOINTS), group.ports, labels, annotations))
  return writes
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    [MANAGED_BY]: CONTROLLER,
    [SERVICE_NAME]: service.metadata.name,
    ...(isHeadless(service) && { [HEADLESS]: '' }),
  }
}

function create(
  service: Service,
  endpoints: Endpoint[],
  ports: Ports,
  labels: Record<string, string>,
  annotations: Record<string, string>,
): ApiWrite {
  const { namespace, name } = service.metadata
  const metadata = {
    name: '',
    generateName: `${name}-`,
    namespace,
    labels,
    annotations,
    ownerReferences: [controllerReference(service, 'v1', 'Service')],
  }
  const body = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    endpoints: orNull(endpoints),
    ports: orNull(ports),
  }
  return { verb: 'create', resource: SLICES, namespace, body }
}

/** An empty list is stored in protobuf as none, and comes back as null. */
const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null)

const withoutPorts = (slice: EndpointSlice): EndpointSlice => ({ ...slice, ports: [] })

function update(
  slice: EndpointSlice,
  endpoints: Endpoint[],
  labels: Record<string, string>,
  annotations: Record<string, string>,
  before: EndpointSlice = slice,
): ApiWrite[] {
  if (
    semanticEqual(before.endpoints, endpoints) &&
    semanticEqual(before.ports, slice.ports) &&
    semanticEqual(before.metadata.labels, labels)
  )
    return []
  const { namespace, name } = slice.metadata
  const body = {
    ...slice,
    endpoints: orNull(endpoints),
    ports: orNull(slice.ports ?? []),
    metadata: { ...slice.metadata, labels, annotations: { ...slice.metadata.annotations, ...annotations } },
  }
  return [{ verb: 'update', resource: SLICES, namespace, name, body }]
}

function remove({ metadata: { namespace, name } }: EndpointSlice): ApiWrite {
  return { verb: 'delete', resource: SLICES, namespace, name }
}
