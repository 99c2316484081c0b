/** The rules that kube-proxy writes into a node, as data: Models pkg/proxy/iptables (G3). Not modelled: IPv6, source ranges, hints. */
import type { EndpointSlice, Service } from '../objects/types.gen.ts'

export interface RuleEndpoint {
  ip: string
  port: number
  /** The node of the endpoint. */
  node: string
  ready: boolean
  /** Serving while it terminates: a fallback when no endpoint is ready. */
  fallback: boolean
}

/** One port of one Service. */
export interface ServiceRule {
  /** `namespace/name:port`. */
  name: string
  protocol: string
  clusterIp: string
  port: number
  nodePort: number
  externalIps: string[]
  /** Those of the external addresses that a load balancer has. */
  balancerIps?: string[]
  /** Of a load balancer that prefers local endpoints. */
  healthCheckNodePort?: number
  internalLocal: boolean
  externalLocal: boolean
  affinitySeconds: number | undefined
  endpoints: RuleEndpoint[]
}

/** What happens to a connection to a Service. */
export type RuleVerdict = { kind: 'endpoints'; endpoints: RuleEndpoint[] } | { kind: 'reject' } | { kind: 'drop' }

export function makeRules(services: Service[], slicesOf: (service: Service) => EndpointSlice[]): ServiceRule[] {
  return services.filter(isProxied).flatMap((service) => rulesOf(service, slicesOf(service)))
}

function isProxied({ spec }: Service): boolean {
  return (
    spec?.type !== 'ExternalName' && spec?.clusterIP !== undefined && spec.clusterIP !== 'None' && spec.clusterIP !== ''
  )
}

function rulesOf(service: Service, slices: EndpointSlice[]): ServiceRule[] {
  const { namespace, name } = service.metadata
  const spec = service.spec ?? {}
  return (spec.ports ?? []).map((port) => ({
    name: `${namespace}/${name}${port.name === undefined || port.name === '' ? '' : `:${port.name}`}`,
    protocol: (port.protocol ?? 'TCP').toLowerCase(),
    clusterIp: spec.clusterIP ?? '',
    port: port.port,
    nodePort: port.nodePort ?? 0,
    externalIps: [
      ...(spec.externalIPs ?? []),
      ...(service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
    ],
    ...(spec.type === 'LoadBalancer' && {
      balancerIps: (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
      ...(spec.healthCheckNodePort && { healthCheckNodePort: spec.healthCheckNodePort }),
    }),
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: spec.externalTrafficPolicy === 'Local',
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : undefined,
    endpoints: slices.flatMap((slice) => endpointsOf(slice, port.name ?? '')),
  }))
}

function endpointsOf(slice: EndpointSlice, portName: string): RuleEndpoint[] {
  const port = (slice.ports ?? []).find(({ name }) => (name ?? '') === portName)?.port
  if (port === undefined) return []
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions, nodeName }) =>
    addresses.map((ip) => ({
      ip,
      port,
      node: nodeName ?? '',
      ready: conditions?.ready !== false,
      fallback: conditions?.serving === true && conditions.terminating === true,
    })),
  )
}

/** Ready endpoints, or those that still serve while they terminate. */
function usable(endpoints: RuleEndpoint[]): RuleEndpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready)
  return ready.length > 0 ? ready : endpoints.filter(({ fallback }) => fallback)
}

/** The endpoints that a rule leads to: of all nodes, or of one. */
export function endpointsAt(rule: ServiceRule, node: string, local: boolean): RuleEndpoint[] {
  return usable(local ? rule.endpoints.filter((endpoint) => endpoint.node === node) : rule.endpoints)
}

/** The decision table of G3. `local`: the policy that applies says Local; `node`: where the rules stand. */
export function decide(rule: ServiceRule, node: string, local: boolean): RuleVerdict {
  if (usable(rule.endpoints).length === 0) return { kind: 'reject' }
  const endpoints = endpointsAt(rule, node, local)
  return endpoints.length === 0 ? { kind: 'drop' } : { kind: 'endpoints', endpoints }
}
