/**
 * Questions of other types than A, as the kubernetes plugin of CoreDNS answers them (G5): SRV, PTR, SOA, NS, TXT, CNAME.
 * Models plugin/kubernetes and plugin/backend_lookup.go. Not modelled: the A records of the additional section.
 */
import type { DnsRecord, DnsReply } from '../host/network-port.ts'
import type { Endpoint, Service } from '../objects/types.gen.ts'
import { answerInZone } from './dns-records.ts'
import type { PodMode, Records } from './dns-records.ts'

export interface Zone {
  /** `cluster.local` or `in-addr.arpa`. */
  name: string
  /** The cluster's domain, for targets. */
  domain: string
  ttl: number
  pods: PodMode
  clockMs: number
}

/** The record that says until when nothing is there. */
export function soaOf({ name, ttl, clockMs }: Zone): DnsRecord {
  const serial = Math.floor(clockMs / 1000)
  return { name: `${name}.`, ttl, type: 'SOA', data: `ns.dns.${name}. hostmaster.${name}. ${serial} 7200 1800 86400 ${ttl}` } // prettier-ignore
}

/** Answers for a name of the zone; `labels` are what stands before the zone. */
export function answerTyped(type: string, name: string, labels: string[], records: Records, zone: Zone): DnsReply {
  const made = (data: string, kind = type): DnsRecord => ({ name: `${name}.`, ttl: zone.ttl, type: kind, data })
  if (zone.name.endsWith('in-addr.arpa')) return asked(reverse(type, labels, records, zone).map((data) => made(data)), zone, 'NXDOMAIN') // prettier-ignore
  const rcode = answerInZone(withoutPort(labels), records, zone.pods).rcode
  const exists = rcode === 'NOERROR' ? 'NOERROR' : 'NXDOMAIN'
  if (labels.length === 0 && type === 'SOA') return { rcode: 'NOERROR', answer: [soaOf(zone)], authority: [] }
  if (labels.length === 0 && type === 'NS')
    return asked([made(`kube-dns.kube-system.svc.${zone.domain}.`)], zone, 'NOERROR')
  if (type === 'TXT' && labels.join('.') === 'dns-version') return asked([made('"1.1.0"')], zone, 'NOERROR')
  const alias = type === 'CNAME' ? answerInZone(labels, records, zone.pods).alias : undefined
  if (alias !== undefined) return asked([made(`${alias.replace(/\.$/, '')}.`)], zone, 'NOERROR')
  if (type === 'SRV')
    return asked(
      services(labels, records, zone).map((data) => made(data)),
      zone,
      exists,
    )
  return asked([], zone, exists)
}

function asked(answer: DnsRecord[], zone: Zone, without: 'NOERROR' | 'NXDOMAIN'): DnsReply {
  return answer.length > 0 ? { rcode: 'NOERROR', answer, authority: [] } : { rcode: without, answer, authority: [soaOf(zone)] } // prettier-ignore
}

const withoutPort = (labels: string[]): string[] => (labels[0]?.startsWith('_') === true ? labels.slice(2) : labels)

const hostnameOf = ({ hostname, addresses }: Endpoint): string => hostname ?? (addresses[0] ?? '').replaceAll('.', '-')

/** `0 100 80 web.default.svc.cluster.local.` for each port and endpoint. */
function services(labels: string[], { services: all, slicesOf }: Records, { domain }: Zone): string[] {
  const [port, protocol] = labels[0]?.startsWith('_') === true ? labels.slice(0, 2).map((one) => one.slice(1)) : []
  const [kind, namespace = '', name = '', ...rest] = [...withoutPort(labels)].reverse()
  const service = kind === 'svc' ? all.get(namespace, name) : undefined
  if (service === undefined || service.spec?.type === 'ExternalName') return []
  const fits = (one: { name?: string; protocol?: string }): boolean =>
    (port === undefined || one.name === port) &&
    (protocol === undefined || (one.protocol ?? 'TCP').toLowerCase() === protocol)
  const own = `${name}.${namespace}.svc.${domain}.`
  if (service.spec?.clusterIP !== 'None') {
    const ports = rest.length > 0 ? [] : (service.spec?.ports ?? []).filter(fits)
    return ports.map((one) => `0 ${Math.floor(100 / ports.length)} ${one.port} ${own}`)
  }
  const targets = slicesOf(`${namespace}/${name}`).flatMap(({ endpoints, ports }) =>
    (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .filter((endpoint) => rest[0] === undefined || hostnameOf(endpoint) === rest[0])
      .flatMap((endpoint) => (ports ?? []).filter(fits).map((one) => `${one.port} ${hostnameOf(endpoint)}.${own}`)),
  )
  return targets.map((target) => `0 ${Math.floor(100 / targets.length)} ${target}`)
}

/** The Service or the endpoint of a headless one with an address. */
function reverse(type: string, labels: string[], { services: all, slicesOf }: Records, { domain }: Zone): string[] {
  if (type !== 'PTR' || labels.length !== 4) return []
  const address = [...labels].reverse().join('.')
  const nameOf = ({ metadata: { name, namespace } }: Service): string => `${name}.${namespace}.svc.${domain}.`
  for (const service of all.list()) {
    if (service.spec?.clusterIP === address) return [nameOf(service)]
    if (service.spec?.clusterIP !== 'None') continue
    const { namespace, name } = service.metadata
    const found = slicesOf(`${namespace}/${name}`)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .find(({ addresses }) => addresses.includes(address))
    if (found !== undefined) return [`${hostnameOf(found)}.${nameOf(service)}`]
  }
  return []
}
