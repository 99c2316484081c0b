/** Models pkg/controller/endpoint (G2). Not modelled: truncation at 1000 addresses. */
import { semanticEqual } from '../../objects/equal.ts'
import type { EndpointAddress, EndpointSubset, Endpoints, Service } from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { Context, Controller, Write } from '../controller.ts'
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
import type { Backend, ResolvedPort } from '../shared/service-pods.ts'

const ENDPOINTS = 'v1/endpoints'
const HEADLESS = 'service.kubernetes.io/headless'
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'

/** `minor`: the release; from 1.33 on the objects say who manages them. */
export function endpointsController(options: { minor: number }): Controller {
  return {
    name: 'endpoints-controller',
    watches: [
      { resource: SERVICES, keys: (change) => [keyOf(change.object)] },
      { resource: PODS, keys: servicesOfPod },
      { resource: ENDPOINTS, keys: () => [] },
    ],
    indexes: { [PODS]: { [BY_LABEL]: byLabel } },
    reconcile: (context, key) => reconcile(context, key, options.minor),
  }
}

function reconcile(context: Context, key: string, minor: number): Write[] {
  const { namespace, name } = splitKey(key)
  const service = context.cache<Service>(SERVICES).get(namespace, name)
  const present = context.cache<Endpoints>(ENDPOINTS).get(namespace, name)
  if (service === undefined)
    return present === undefined ? [] : [{ verb: 'delete', resource: ENDPOINTS, namespace, name }]
  if (!selectsPods(service)) return []
  const backends = backendsOf(context, service)
  const wanted = makeEndpoints(service, backends, minor)
  if (present === undefined) return [{ verb: 'create', resource: ENDPOINTS, namespace, body: wanted }]
  if (semanticEqual(present.subsets, wanted.subsets) && semanticEqual(present.metadata.labels, wanted.metadata.labels))
    return []
  const annotations = { ...present.metadata.annotations, ...wanted.metadata.annotations }
  const body = {
    ...present,
    metadata: { ...present.metadata, labels: wanted.metadata.labels, annotations },
    subsets: wanted.subsets,
  }
  return [{ verb: 'update', resource: ENDPOINTS, namespace, name, body }]
}

function makeEndpoints(service: Service, backends: Backend[], minor: number): Endpoints {
  const { namespace, name, labels } = service.metadata
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      namespace,
      labels: {
        ...labels,
        ...(minor >= 33 && { [MANAGED_BY]: 'endpoint-controller' }),
        ...(isHeadless(service) && { [HEADLESS]: '' }),
      },
      annotations: { [TRIGGER_TIME]: triggerTime(service, backends) },
    },
    subsets: subsetsOf(service, backends, minor),
  }
}

/** Addresses with the same ports share a subset; addresses are ordered by IP, ports by hash or name. */
function subsetsOf(service: Service, backends: Backend[], minor: number): EndpointSubset[] {
  const subsets = new Map<string, { ports: ResolvedPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>()
  for (const backend of backends) {
    const byName = portsOf(service, backend.pod).sort((a, b) => (a.name < b.name ? -1 : 1))
    const ports = inHashOrder(byName, 'Endpoints', minor)
    if (ports.length === 0 && !isHeadless(service)) continue
    const subset = subsets.get(JSON.stringify(ports)) ?? { ports, ready: [], notReady: [] }
    subsets.set(JSON.stringify(ports), subset)
    const list = backend.ready ? subset.ready : subset.notReady
    if (backend.ready || !backend.terminating) list.push(addressOf(service, backend))
  }
  const filled = [...subsets.values()].filter(({ ready, notReady }) => ready.length + notReady.length > 0)
  return filled.map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 && { addresses: ready.sort(byIp) }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byIp) }),
    ...(ports.length > 0 && { ports: ports.map(({ name, ...port }) => ({ ...(name !== '' && { name }), ...port })) }),
  }))
}

function byIp(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0
}

function addressOf(service: Service, { pod, ip }: Backend): EndpointAddress {
  const { name, namespace, uid } = pod.metadata
  const named = pod.spec?.hostname !== undefined && pod.spec.subdomain === service.metadata.name
  return {
    ...(named && { hostname: pod.spec?.hostname }),
    ip,
    nodeName: pod.spec?.nodeName,
    targetRef: { kind: 'Pod', name, namespace, uid },
  }
}
