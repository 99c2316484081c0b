import type { PlainObject } from '../decode.ts'
import { asList, asObject } from './table.ts'
import type { DefaultsTable } from './table.ts'

const CLIENT_IP_TIMEOUT_SECONDS = 10800

function isExternal(spec: PlainObject): boolean {
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') return true
  return spec.type === 'ClusterIP' && asList(spec.externalIPs).length > 0
}

function sessionAffinityConfig(spec: PlainObject): PlainObject {
  if (spec.sessionAffinity !== 'ClientIP') return {}
  const clientIP = asObject(asObject(spec.sessionAffinityConfig).clientIP)
  return { sessionAffinityConfig: { clientIP: { timeoutSeconds: CLIENT_IP_TIMEOUT_SECONDS, ...clientIP } } }
}

function fillServiceSpec(spec: PlainObject): PlainObject {
  const filled: PlainObject = sessionAffinityConfig(spec)
  if (isExternal(spec) && !spec.externalTrafficPolicy) filled.externalTrafficPolicy = 'Cluster'
  if (spec.type !== 'ExternalName' && !spec.internalTrafficPolicy) filled.internalTrafficPolicy = 'Cluster'
  if (spec.type === 'LoadBalancer') filled.allocateLoadBalancerNodePorts = spec.allocateLoadBalancerNodePorts ?? true
  return filled
}

function fillServicePort(port: PlainObject): PlainObject | undefined {
  const none = port.targetPort === undefined || port.targetPort === 0 || port.targetPort === ''
  return none ? { targetPort: port.port } : undefined
}

function fillNetworkPolicySpec(spec: PlainObject): PlainObject | undefined {
  if (asList(spec.policyTypes).length > 0) return undefined
  return { policyTypes: asList(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] }
}

/** Models pkg/apis/{core,discovery,networking}/v1/defaults.go. Cluster IPs, families and node ports are the API server's. */
export const serviceDefaults: DefaultsTable = {
  'core.v1.ServiceSpec': { values: { sessionAffinity: 'None', type: 'ClusterIP' }, fill: fillServiceSpec },
  'core.v1.ServicePort': { fill: fillServicePort },
  'core.v1.EndpointPort': { values: { protocol: 'TCP' } },
  'discovery.v1.EndpointPort': { values: { name: '', protocol: 'TCP' } },
  'networking.v1.NetworkPolicySpec': { values: { podSelector: {} }, fill: fillNetworkPolicySpec },
  'networking.v1.NetworkPolicyPort': { values: { protocol: 'TCP' } },
  'networking.v1.IngressClassParametersReference': { values: { scope: 'Cluster' } },
}
