/** What the kubernetes plugin of CoreDNS answers (G5), from the Services and slices that it has seen. */
import type { SlicesOf } from './endpoint-source.ts'
import type { DnsReply } from '../host/network-port.ts'
import type { Informer } from '../api/client.ts'
import type { Endpoint, Namespace, Service } from '../objects/types.gen.ts'

export interface DnsAnswer {
  rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED'
  /** IPv4 addresses; empty with NOERROR means that the name exists without such a record. */
  addresses: string[]
  /** The target of a CNAME that ends outside the cluster. */
  alias?: string
}

/** The records of an answer to an A question; other types of a name that exists have none. */
export function replyOf({ rcode, addresses, alias }: DnsAnswer, name: string, type: string, ttl: number): DnsReply {
  const target = alias?.replace(/\.$/, '')
  const owner = `${target ?? name}.`
  const answer = [
    ...(target === undefined ? [] : [{ name: `${name}.`, ttl, type: 'CNAME', data: `${target}.` }]),
    ...(type === 'A' ? addresses.map((data) => ({ name: owner, ttl, type, data })) : []),
  ]
  return { rcode, answer, authority: [] }
}

export const NXDOMAIN: DnsAnswer = { rcode: 'NXDOMAIN', addresses: [] }
const NODATA: DnsAnswer = { rcode: 'NOERROR', addresses: [] }

export interface Records {
  services: Informer<Service>
  slicesOf: SlicesOf
  namespaces: Informer<Namespace>
}

/** `pods` mode of the plugin. */
export type PodMode = 'disabled' | 'insecure' | 'verified'

/** Answers an A question for a name inside the zone; `labels` are what stands before the zone. */
export function answerInZone(labels: string[], records: Records, pods: PodMode): DnsAnswer {
  if (labels.length === 0) return NODATA
  const kind = labels[labels.length - 1]
  if (kind === 'svc') return serviceAnswer(labels.slice(0, -1), records)
  if (kind === 'pod') return podAnswer(labels.slice(0, -1), records, pods)
  return kind === 'dns-version' && labels.length === 1 ? NODATA : NXDOMAIN
}

function serviceAnswer(labels: string[], records: Records): DnsAnswer {
  const [namespace, name, ...rest] = [...labels].reverse()
  if (namespace === undefined) return NODATA
  if (records.namespaces.get('', namespace) === undefined) return NXDOMAIN
  if (name === undefined) return NODATA
  const service = records.services.get(namespace, name)
  if (service === undefined) return NXDOMAIN
  if (service.spec?.type === 'ExternalName')
    return { rcode: 'NOERROR', addresses: [], alias: service.spec.externalName }
  if (service.spec?.clusterIP === 'None') return headlessAnswer(service, rest, records)
  return rest.length === 0 ? { rcode: 'NOERROR', addresses: [service.spec?.clusterIP ?? ''] } : NXDOMAIN
}

/** Ready endpoints; none of them: the name does not exist. */
function headlessAnswer(service: Service, rest: string[], { slicesOf }: Records): DnsAnswer {
  const { namespace, name } = service.metadata
  const endpoints = slicesOf(`${namespace}/${name}`).flatMap((slice) => slice.endpoints ?? [])
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false)
  const wanted = rest.length === 0 ? ready : ready.filter((endpoint) => hostnameOf(endpoint) === rest[0])
  const addresses = wanted.flatMap((endpoint) => endpoint.addresses)
  return addresses.length === 0 ? NXDOMAIN : { rcode: 'NOERROR', addresses }
}

function hostnameOf({ hostname, addresses }: Endpoint): string {
  return hostname ?? (addresses[0] ?? '').replaceAll('.', '-')
}

function podAnswer(labels: string[], { namespaces }: Records, mode: PodMode): DnsAnswer {
  const [namespace, dashed] = [...labels].reverse()
  if (mode === 'disabled' || namespace === undefined || namespaces.get('', namespace) === undefined) return NXDOMAIN
  if (dashed === undefined) return NODATA
  const address = dashed.replaceAll('-', '.')
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(address) ? { rcode: 'NOERROR', addresses: [address] } : NXDOMAIN
}
