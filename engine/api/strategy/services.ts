/**
 * Cluster IPs and node ports. Models pkg/registry/core/service/{storage/alloc.go,ipallocator,portallocator} (G1).
 * Not modelled: IPv6 and dual stack; the repair loop; two API servers that allocate the same address in one instant.
 */
import type { Service, ServicePort, ServiceSpec } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import { invalid } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf } from '../storage/keys.ts'
import { cidrRange, makeIPv4, parseIPv4 } from './addresses.ts'
import type { Strategy } from './strategy.ts'

const KIND = { group: '', kind: 'Service' }

class Refusal extends Error {
  constructor(readonly status: ApiStatus) {
    super(status.message)
  }
}

function refuse(service: Service, field: string, badValue: unknown, detail: string): never {
  throw new Refusal(invalid(KIND, service.metadata.name, [{ type: 'Invalid', field, badValue, detail }]))
}

const services = (core: Core): Iterable<Service> => core.cache.values(directoryOf('', 'services')) as Iterable<Service>

const needsAddress = (spec: ServiceSpec): boolean => spec.type !== 'ExternalName'
const needsNodePorts = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)

function addressesInUse(core: Core): Set<string> {
  const used = new Set<string>()
  for (const { spec } of services(core)) if (spec?.clusterIP !== undefined) used.add(spec.clusterIP)
  return used
}

/** Dynamic addresses leave the lower band to those who choose for themselves: min(max(16, size/16), 256). */
function lowerBand(size: number): number {
  return Math.min(Math.max(16, Math.floor(size / 16)), 256)
}

function drawAddress(core: Core): string | undefined {
  const { base, size } = cidrRange(core.serviceCidr)
  const used = addressesInUse(core)
  // The first address (network) and, for IPv4, the last (broadcast) are never given.
  const usable = size - 2
  const band = usable > 16 ? lowerBand(usable) : 0
  const from = (low: number, count: number): string | undefined => {
    const start = count > 0 ? core.random.int(count) : 0
    for (let i = 0; i < count; i++) {
      const address = makeIPv4(base + 1 + low + ((start + i) % count))
      if (!used.has(address)) return address
    }
    return undefined
  }
  return from(band, usable - band) ?? from(0, band)
}

/** What a cluster of one family does not have; a headless Service without a selector may ask for both. */
function checkFamilies(service: Service): void {
  const { clusterIP, selector, ipFamilies = [], ipFamilyPolicy } = service.spec as ServiceSpec
  if (clusterIP === 'None' && selector === undefined) return
  ipFamilies.forEach((family, i) => {
    if (family !== 'IPv4') refuse(service, `spec.ipFamilies[${i}]`, family, 'not configured on this cluster')
  })
  if (ipFamilyPolicy === 'RequireDualStack')
    refuse(service, 'spec.ipFamilyPolicy', ipFamilyPolicy, 'this cluster is not configured for dual-stack services')
}

function withAddress(core: Core, service: Service): Service {
  const spec = service.spec as ServiceSpec
  if (needsAddress(spec)) checkFamilies(service)
  if (!needsAddress(spec) || spec.clusterIP === 'None') return withAddresses(service, spec.clusterIP)
  if (spec.clusterIP === undefined || spec.clusterIP === '') return withAddresses(service, drawnAddress(core, service))
  checkAddress(core, service, spec.clusterIP)
  return withAddresses(service, spec.clusterIP)
}

function drawnAddress(core: Core, service: Service): string {
  const address = drawAddress(core)
  return address ?? refuse(service, 'spec.clusterIPs', '', 'failed to allocate IP 0: range is full')
}

function checkAddress(core: Core, service: Service, address: string): void {
  const { base, size } = cidrRange(core.serviceCidr)
  const number = parseIPv4(address)
  const bad = (why: string): never =>
    refuse(service, 'spec.clusterIPs', [address], `failed to allocate IP ${address}: ${why}`)
  if (number === undefined)
    refuse(service, 'spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')
  if (number <= base || number >= base + size - 1)
    bad(`the provided IP (${address}) is not in the valid range. The range of valid IPs is ${core.serviceCidr}`)
  if (addressesInUse(core).has(address)) bad('provided IP is already allocated')
}

function withAddresses(service: Service, clusterIP: string | undefined): Service {
  const spec = service.spec as ServiceSpec
  if (clusterIP === undefined || !needsAddress(spec)) return service
  const families =
    clusterIP === 'None' && spec.selector === undefined
      ? { ipFamilies: spec.ipFamilies ?? ['IPv4'], ipFamilyPolicy: spec.ipFamilyPolicy ?? 'RequireDualStack' }
      : { ipFamilies: spec.ipFamilies ?? ['IPv4'], ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack' }
  return { ...service, spec: { ...spec, clusterIP, clusterIPs: [clusterIP], ...families } }
}

function portsInUse(core: Core, except: Service): Set<number> {
  const used = new Set<number>()
  for (const { metadata, spec } of services(core)) {
    if (metadata.uid === except.metadata.uid) continue
    for (const { nodePort } of spec?.ports ?? []) if (nodePort !== undefined) used.add(nodePort)
    if (spec?.healthCheckNodePort !== undefined) used.add(spec.healthCheckNodePort)
  }
  return used
}

/** Dynamic ports come from above the static band (30000 to 30085 of the default range). */
function drawPort(core: Core, service: Service, used: Set<number>): number {
  const { nodePortFirst: first, nodePortLast: last } = core.flags
  const size = last - first + 1
  const band = size > 16 ? Math.min(Math.max(16, Math.floor(size / 32)), 128) : 0
  for (const [low, count] of [
    [first + band, size - band],
    [first, band],
  ] as const) {
    const start = count > 0 ? core.random.int(count) : 0
    for (let i = 0; i < count; i++) {
      const port = low + ((start + i) % count)
      if (!used.has(port)) return port
    }
  }
  return refuse(service, 'spec.ports[0].nodePort', 0, 'failed to allocate a nodePort: range is full')
}

function checkPort(core: Core, service: Service, port: number, field: string, used: Set<number>): void {
  const { nodePortFirst: first, nodePortLast: last } = core.flags
  if (port < first || port > last)
    refuse(
      service,
      field,
      port,
      `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
    )
  if (used.has(port)) refuse(service, field, port, 'provided port is already allocated')
}

/** Node ports as asked for, as they were, or drawn. Two protocols of one port may share a number. */
function withNodePorts(core: Core, service: Service, old?: Service): Service {
  const spec = service.spec as ServiceSpec
  if (!needsNodePorts(spec)) return old === undefined ? service : withoutOldFields(service, old)
  const used = portsInUse(core, service)
  const mine = new Map<number, string>()
  const ports = (spec.ports ?? []).map((port, index): ServicePort => {
    const field = `spec.ports[${index}].nodePort`
    const before = old?.spec?.ports?.find((one) => one.port === port.port && one.protocol === port.protocol)?.nodePort
    const wanted = port.nodePort !== undefined && port.nodePort !== 0 ? port.nodePort : before
    const nodePort = wanted ?? drawPort(core, service, new Set([...used, ...mine.keys()]))
    if (wanted !== undefined && wanted !== before) checkPort(core, service, wanted, field, used)
    mine.set(nodePort, port.protocol ?? 'TCP')
    return { ...port, nodePort }
  })
  return { ...service, spec: { ...spec, ports } }
}

function withoutNodePorts(service: Service): Service {
  const spec = service.spec as ServiceSpec
  if (!(spec.ports ?? []).some((port) => port.nodePort !== undefined) || spec.type === 'LoadBalancer') return service
  const ports = spec.ports?.map(({ nodePort: _, ...port }) => port)
  return { ...service, spec: { ...spec, ports } }
}

const isExternal = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0
const isBalanced = (spec: ServiceSpec): boolean => spec.type === 'LoadBalancer'
const isChecked = (spec: ServiceSpec): boolean => isBalanced(spec) && spec.externalTrafficPolicy === 'Local'

/** Which types have a field; one that stayed as it was goes with the type. */
const dependent: readonly [keyof ServiceSpec, (spec: ServiceSpec) => boolean][] = [
  ['healthCheckNodePort', isChecked],
  ['allocateLoadBalancerNodePorts', isBalanced],
  ['loadBalancerClass', isBalanced],
  ['externalName', (spec) => spec.type === 'ExternalName'],
  ['externalTrafficPolicy', isExternal],
]

/** Models dropTypeDependentFields. */
function withoutOldFields(service: Service, old: Service): Service {
  const [spec, before] = [service.spec as ServiceSpec, old.spec as ServiceSpec]
  const left = dependent.filter(([name, has]) => has(before) && !has(spec) && spec[name] === before[name])
  const names = left.map(([name]) => name as string)
  const kept = Object.entries(spec).filter(([name]) => !names.includes(name))
  const samePorts = (spec.ports ?? []).every(({ nodePort }) =>
    (before.ports ?? []).some((one) => one.nodePort === nodePort),
  )
  const next = { ...service, spec: Object.fromEntries(kept) as ServiceSpec }
  return needsNodePorts(before) && samePorts ? withoutNodePorts(next) : next
}

function create(core: Core, object: KubeObject): KubeObject {
  const service = { ...object, status: { loadBalancer: {} } } as Service
  return withNodePorts(core, withAddress(core, service))
}

/** What is left out beside an address that stays is what it was; without the address, all of it. */
function withKept(spec: ServiceSpec, { spec: before }: Service): ServiceSpec {
  const all = spec.clusterIP === undefined || spec.clusterIP === ''
  return {
    ...spec,
    clusterIP: before?.clusterIP,
    clusterIPs: all ? before?.clusterIPs : (spec.clusterIPs ?? before?.clusterIPs),
    ipFamilies: all ? before?.ipFamilies : (spec.ipFamilies ?? before?.ipFamilies),
    ipFamilyPolicy: all ? before?.ipFamilyPolicy : (spec.ipFamilyPolicy ?? before?.ipFamilyPolicy),
  } as ServiceSpec
}

/** The cluster IP stays unless the type leaves or enters ExternalName; validation refuses the rest. */
function update(core: Core, object: KubeObject, old: KubeObject): KubeObject {
  const [service, before] = [object as Service, old as Service]
  const spec = service.spec as ServiceSpec
  const kept = before.spec?.clusterIP
  if (!needsAddress(spec)) return withoutAddress(withoutOldFields(service, before), before)
  const keeps = spec.clusterIP === undefined || spec.clusterIP === '' || spec.clusterIP === kept
  const patched = keeps && kept !== undefined && kept !== '' ? { ...service, spec: withKept(spec, before) } : service
  const addressed = kept === undefined || kept === '' ? withAddress(core, patched) : patched
  return withNodePorts(core, addressed, before)
}

/** Addresses go with the type; ones that were asked for in the same breath stay, for validation to refuse. */
function withoutAddress(service: Service, old: Service): Service {
  const [given, before] = [service.spec as ServiceSpec, old.spec as ServiceSpec]
  if (given.clusterIP !== before.clusterIP && given.clusterIP !== undefined && given.clusterIP !== '') return service
  const { clusterIP: _, clusterIPs: __, ipFamilies: ___, ipFamilyPolicy: ____, ...spec } = given
  return { ...service, spec }
}

function guarded(work: () => KubeObject): KubeObject | { refuse: ApiStatus } {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) return { refuse: error.status }
    throw error
  }
}

export const serviceStrategy: Strategy = {
  create: (core, object) => guarded(() => create(core, object)),
  update: (core, object, old) => guarded(() => update(core, object, old)),
}
