import type {
  EndpointSlice,
  Endpoints,
  Ingress,
  IngressClass,
  IPAddress,
  NetworkPolicy,
  Service,
  ServiceCIDR,
} from '../types.gen.ts'
import { ageColumn, formatLabels, formatSelector, nameColumn, orNone, text, wide } from './column.ts'
import type { Column } from './column.ts'

const MAX_SHOWN = 3

/** The first few, then how many more: `a,b,c + 2 more...`. */
function shorten(list: string[], none: string): string {
  if (list.length === 0) return none
  const more = list.length - MAX_SHOWN
  return more > 0 ? `${list.slice(0, MAX_SHOWN).join(',')} + ${more} more...` : list.join(',')
}

function externalIP(service: Service): string {
  const { type, externalIPs = [], externalName } = service.spec ?? {}
  if (type === 'ExternalName') return externalName ?? ''
  const ingress = (service.status?.loadBalancer?.ingress ?? []).map((one) => one.ip || one.hostname || '')
  if (type !== 'LoadBalancer') return orNone(externalIPs.join(','))
  const all = [...new Set(ingress.filter((one) => one !== '')), ...externalIPs]
  return all.length > 0 ? all.join(',') : '<pending>'
}

function servicePorts(service: Service): string {
  const ports = service.spec?.ports ?? []
  const texts = ports.map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`)
  return orNone(texts.join(','))
}

export const serviceColumns: Column<Service>[] = [
  nameColumn,
  text('Type', (service) => service.spec?.type ?? ''),
  text('Cluster-IP', (service) => orNone(service.spec?.clusterIP)),
  text('External-IP', externalIP),
  text('Port(s)', servicePorts),
  ageColumn,
  wide(text('Selector', (service) => formatLabels(service.spec?.selector))),
]

const hostPort = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)

/** Models formatEndpoints: port by port, address by address. */
function endpointList(endpoints: Endpoints): string[] {
  return (endpoints.subsets ?? []).flatMap((subset) => {
    const addresses = (subset.addresses ?? []).map((address) => address.ip)
    const ports = subset.ports ?? []
    return ports.length === 0 ? addresses : ports.flatMap((port) => addresses.map((ip) => hostPort(ip, port.port)))
  })
}

export const endpointsColumns: Column<Endpoints>[] = [
  nameColumn,
  text('Endpoints', (endpoints) => shorten(endpointList(endpoints), '<none>')),
  ageColumn,
]

export const endpointSliceColumns: Column<EndpointSlice>[] = [
  nameColumn,
  text('AddressType', (slice) => slice.addressType ?? ''),
  text('Ports', (slice) =>
    shorten(
      (slice.ports ?? []).map((port) => (port.port === undefined ? '*' : String(port.port))),
      '<unset>',
    ),
  ),
  text('Endpoints', (slice) =>
    shorten(
      (slice.endpoints ?? []).flatMap((one) => one.addresses ?? []),
      '<unset>',
    ),
  ),
  ageColumn,
]

function ingressHosts(ingress: Ingress): string {
  const hosts = (ingress.spec?.rules ?? []).flatMap((rule) => rule.host || [])
  return shorten(hosts, '*')
}

function ingressAddress(ingress: Ingress): string {
  const list = ingress.status?.loadBalancer?.ingress ?? []
  return list.map((one) => one.ip || one.hostname || '').join(',')
}

export const ingressColumns: Column<Ingress>[] = [
  nameColumn,
  text('Class', (ingress) =>
    orNone(ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.['kubernetes.io/ingress.class']),
  ),
  text('Hosts', ingressHosts),
  text('Address', ingressAddress),
  text('Ports', (ingress) => ((ingress.spec?.tls ?? []).length > 0 ? '80, 443' : '80')),
  ageColumn,
]

function classParameters(ingressClass: IngressClass): string {
  const parameters = ingressClass.spec?.parameters
  if (parameters === undefined) return '<none>'
  const group = parameters.apiGroup ? `.${parameters.apiGroup}` : ''
  return `${parameters.kind}${group}/${parameters.name}`
}

export const ingressClassColumns: Column<IngressClass>[] = [
  nameColumn,
  text('Controller', (ingressClass) => ingressClass.spec?.controller ?? ''),
  text('Parameters', classParameters),
  ageColumn,
]

export const networkPolicyColumns: Column<NetworkPolicy>[] = [
  nameColumn,
  text('Pod-Selector', (policy) => formatSelector(policy.spec?.podSelector)),
  ageColumn,
]

function parentRef(address: IPAddress): string {
  const { group, resource, namespace, name } = address.spec?.parentRef ?? {}
  return [group ? `${resource}.${group}` : resource, namespace, name].filter((part) => part).join('/')
}

export const ipAddressColumns: Column<IPAddress>[] = [nameColumn, text('ParentRef', parentRef)]

export const serviceCidrColumns: Column<ServiceCIDR>[] = [
  nameColumn,
  text('CIDRs', (cidr) => (cidr.spec?.cidrs ?? []).join(',')),
  ageColumn,
]
