/** Models ValidateService and its kin of pkg/apis/core/validation (G1). Not modelled: dual stack's allocation, which the API server refuses itself. */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { labelKeyErrors } from '../selectors.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, oneOf, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { minorIn } from './go-values.ts'
import { cidrErrors, ipErrors, parseAddress, specialIpErrors } from './ips.ts'
import { labelErrors } from './metadata.ts'
import { dns1123Label, dns1123Subdomain, portName, portNumber } from './names.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const protocols = ['SCTP', 'TCP', 'UDP']
const policies = ['Cluster', 'Local']
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
const MAX_AFFINITY_SECONDS = 86400
const JSON_SINCE = 34
/** `PreferSameZone` and `PreferSameNode` are known from this minor on. */
const SAME_ZONE_SINCE = 34
const HINTS = 'service.kubernetes.io/topology-aware-hints'
const MODE = 'service.kubernetes.io/topology-mode'
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'"
const SET_ONCE = 'may not change once set'

const strings = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [])
const clusterIPsOf = (spec: PlainObject): string[] => strings(spec.clusterIPs)
const isHeadless = (spec: PlainObject): boolean =>
  spec.clusterIPs === undefined
    ? spec.clusterIP === 'None'
    : clusterIPsOf(spec).length === 1 && clusterIPsOf(spec)[0] === 'None'
const isExternal = (spec: PlainObject): boolean =>
  spec.type === 'NodePort' ||
  spec.type === 'LoadBalancer' ||
  (spec.type === 'ClusterIP' && strings(spec.externalIPs).length > 0)
const needsHealthCheck = (spec: PlainObject): boolean =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'

export const qualifiedNameErrors = (field: string, value: unknown): FieldError[] =>
  invalidAll(field, value, labelKeyErrors(String(value)))

function portNameErrors(port: PlainObject, at: string, needed: boolean, names: Set<unknown>): FieldError[] {
  if (!port.name) return needed ? [required(`${at}.name`)] : []
  const wrong = invalidAll(`${at}.name`, port.name, dns1123Label(String(port.name)))
  if (names.has(port.name)) wrong.push(duplicate(`${at}.name`, port.name))
  names.add(port.name)
  return wrong
}

function targetErrors(target: unknown, field: string): FieldError[] {
  if (typeof target === 'string') return invalidAll(field, target, portName(target))
  return target === undefined ? [] : invalidAll(field, target, portNumber(target))
}

function portErrors(ports: PlainObject[]): FieldError[] {
  const names = new Set<unknown>()
  return ports.flatMap((port, i) => {
    const at = `spec.ports[${i}]`
    return [
      ...portNameErrors(port, at, ports.length > 1, names),
      ...invalidAll(`${at}.port`, port.port ?? 0, portNumber(port.port)),
      ...oneOf(`${at}.protocol`, port.protocol, protocols),
      ...targetErrors(port.targetPort, `${at}.targetPort`),
      ...(port.appProtocol === undefined ? [] : qualifiedNameErrors(`${at}.appProtocol`, port.appProtocol)),
    ]
  })
}

function repeatedNodePorts(ports: PlainObject[]): FieldError[] {
  const seen = new Set<string>()
  return ports.flatMap((port, i) => {
    if (!port.nodePort) return []
    const key = `${String(port.protocol)}/${String(port.nodePort)}`
    if (seen.has(key)) return [duplicate(`spec.ports[${i}].nodePort`, port.nodePort)]
    seen.add(key)
    return []
  })
}

/** The pair is shown as a whole internal port with nothing else set. */
function shownPort({ protocol, port }: PlainObject, ctx: ValidationContext): string {
  const name = JSON.stringify(protocol)
  if (minorIn(ctx) >= JSON_SINCE)
    return `{"Name":"","Protocol":${name},"AppProtocol":null,"Port":${String(port)},"TargetPort":0,"NodePort":0}`
  return `core.ServicePort{Name:"", Protocol:${name}, AppProtocol:(*string)(nil), Port:${String(port)}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}`
}

function repeatedPorts(ports: PlainObject[], ctx: ValidationContext): FieldError[] {
  const seen = new Set<string>()
  return ports.flatMap((port, i) => {
    const key = `${String(port.protocol)}/${String(port.port)}`
    const error = { ...duplicate(`spec.ports[${i}]`, port), shown: shownPort(port, ctx) }
    if (seen.has(key)) return [error]
    seen.add(key)
    return []
  })
}

function externalNameErrors(spec: PlainObject): FieldError[] {
  const text = 'may not be set for ExternalName services'
  const errors: FieldError[] = []
  if (clusterIPsOf(spec).length > 0 || spec.clusterIP) errors.push(forbidden('spec.clusterIPs', text))
  if (strings(spec.ipFamilies).length > 0) errors.push(forbidden('spec.ipFamilies', text))
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', text))
  const name = String(spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') return [...errors, required('spec.externalName')]
  return [...errors, ...invalidAll('spec.externalName', name, dns1123Subdomain(name))]
}

function typeErrors(spec: PlainObject): FieldError[] {
  if (spec.type === 'ExternalName') return externalNameErrors(spec)
  if ((spec.type !== 'LoadBalancer' && spec.type !== 'NodePort') || !isHeadless(spec)) return []
  return [invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)]
}

function clientIPErrors(spec: PlainObject): FieldError[] {
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds'
  const seconds = asObject(asObject(spec.sessionAffinityConfig).clientIP).timeoutSeconds
  if (seconds === undefined) return [required(field, 'when session affinity type is ClientIP')]
  if (Number(seconds) > 0 && Number(seconds) <= MAX_AFFINITY_SECONDS) return []
  return [invalid(field, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)]
}

function affinityErrors(spec: PlainObject): FieldError[] {
  const errors = oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None'])
  if (spec.sessionAffinity === 'ClientIP') return [...errors, ...clientIPErrors(spec)]
  if (spec.sessionAffinity !== 'None' || spec.sessionAffinityConfig === undefined) return errors
  return [...errors, forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None')]
}

function familyErrors(spec: PlainObject): FieldError[] {
  const seen = new Set<string>()
  const errors = strings(spec.ipFamilies).flatMap((family, i) => {
    const field = `spec.ipFamilies[${i}]`
    const wrong = family === 'IPv4' || family === 'IPv6' ? [] : [notSupported(field, family, ['IPv4', 'IPv6'])]
    if (seen.has(family)) wrong.push(duplicate(field, family))
    seen.add(family)
    return wrong
  })
  const policy = spec.ipFamilyPolicy
  if (policy === undefined || familyPolicies.includes(String(policy))) return errors
  return [...errors, notSupported('spec.ipFamilyPolicy', policy, familyPolicies)]
}

/** `clusterIP` and the first of `clusterIPs` are one. */
function pairErrors({ clusterIP }: PlainObject, ips: string[]): FieldError[] {
  const field = 'spec.clusterIPs'
  if (!clusterIP)
    return ips.length === 0 ? [] : [invalid(field, ips, 'must be empty when `clusterIP` is not specified')]
  if (ips.length === 0) return [required(field)]
  return ips[0] === clusterIP ? [] : [invalid(field, ips, 'first value must match `clusterIP`')]
}

function listedIPErrors(ips: string[], ctx: ValidationContext, known: string[]): FieldError[] {
  const field = 'spec.clusterIPs'
  return ips.flatMap((ip, i) => {
    if (i > 0 || ip !== 'None') return ipErrors(`${field}[${i}]`, ip, ctx, known)
    return ips.length > 1 ? [invalid(field, ips, "'None' must be the first and only value")] : []
  })
}

/** The addresses against each other and against the families. */
function stackErrors(spec: PlainObject, ips: string[]): FieldError[] {
  const families = strings(spec.ipFamilies)
  const errors: FieldError[] = []
  const familyOf = (ip: string) => parseAddress(ip)?.family
  if (ips.length > 1 && new Set(ips.map(familyOf)).size < 2)
    errors.push(invalid('spec.clusterIPs', ips, 'may specify no more than one IP for each IP family'))
  if (isHeadless(spec)) return errors
  const mismatched = ips.flatMap((ip, i) => {
    const wanted = families[i] === 'IPv4' ? 4 : families[i] === 'IPv6' ? 6 : undefined
    if (wanted === undefined || familyOf(ip) === wanted) return []
    const text = `expected an IPv${wanted} value as indicated by \`ipFamilies[${i}]\``
    return [invalid(`spec.clusterIPs[${i}]`, ip, text)]
  })
  return [...errors, ...mismatched]
}

/** Models ValidateServiceClusterIPsRelatedFields. */
function clusterIPErrors(spec: PlainObject, ctx: ValidationContext, known: string[]): FieldError[] {
  if (spec.type === 'ExternalName' || (spec.clusterIPs === undefined && spec.clusterIP !== undefined)) return []
  const ips = clusterIPsOf(spec)
  const listed = listedIPErrors(ips, ctx, known)
  const many = ips.length > 2 ? [invalid('spec.clusterIPs', ips, 'may only hold up to 2 values')] : []
  const errors = [...pairErrors(spec, ips), ...familyErrors(spec), ...listed, ...many]
  return listed.length > 0 ? errors : [...errors, ...stackErrors(spec, ips)]
}

function externalIPErrors(spec: PlainObject, ctx: ValidationContext, old: PlainObject): FieldError[] {
  const known = strings(old.externalIPs)
  return strings(spec.externalIPs).flatMap((ip, i) => {
    const field = `spec.externalIPs[${i}]`
    const wrong = ipErrors(field, ip, ctx, known)
    return wrong.length > 0 ? wrong : specialIpErrors(field, ip)
  })
}

function nodePortsForbidden(spec: PlainObject): FieldError[] {
  if (spec.type !== 'ClusterIP') return []
  return asList(spec.ports).flatMap((port, i) =>
    port.nodePort ? [forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'")] : [],
  )
}

function sourceRangeErrors(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  const elsewhere = spec.type === 'LoadBalancer' ? [] : [LOAD_BALANCER_ONLY]
  const ranges = strings(spec.loadBalancerSourceRanges)
  if (ranges.length > 0) {
    const field = 'spec.LoadBalancerSourceRanges'
    return [
      ...elsewhere.map((text) => forbidden(field, text)),
      ...ranges.flatMap((range, i) => cidrErrors(`${field}[${i}]`, range.trim(), ctx)),
    ]
  }
  const given = asObject(asObject(object.metadata).annotations)[SOURCE_RANGES]
  if (given === undefined) return []
  const field = `metadata.annotations[${SOURCE_RANGES}]`
  const text = String(given).trim()
  return [
    ...elsewhere.map((detail) => forbidden(field, detail)),
    ...(text === '' ? [] : text.split(',').flatMap((range) => cidrErrors(field, range.trim(), ctx))),
  ]
}

function loadBalancerErrors(spec: PlainObject): FieldError[] {
  if (spec.type === 'LoadBalancer')
    return spec.loadBalancerClass === undefined
      ? []
      : qualifiedNameErrors('spec.loadBalancerClass', spec.loadBalancerClass)
  return ['allocateLoadBalancerNodePorts', 'loadBalancerClass']
    .filter((name) => spec[name] !== undefined)
    .map((name) => forbidden(`spec.${name}`, LOAD_BALANCER_ONLY))
}

function externalPolicyErrors(spec: PlainObject): FieldError[] {
  const policy = spec.externalTrafficPolicy
  const field = 'spec.externalTrafficPolicy'
  if (isExternal(spec)) return oneOf(field, policy, policies)
  return policy ? [invalid(field, policy, 'may only be set for externally-accessible services')] : []
}

function healthCheckErrors(spec: PlainObject): FieldError[] {
  const port = spec.healthCheckNodePort
  const field = 'spec.healthCheckNodePort'
  if (!port) return []
  if (needsHealthCheck(spec)) return invalidAll(field, port, portNumber(port))
  const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  return [invalid(field, port, text)]
}

function trafficErrors(spec: PlainObject, ctx: ValidationContext): FieldError[] {
  const { internalTrafficPolicy: policy, trafficDistribution: distribution } = spec
  const errors = [...externalPolicyErrors(spec), ...healthCheckErrors(spec)]
  if (policy !== undefined && !policies.includes(String(policy)))
    errors.push(notSupported('spec.internalTrafficPolicy', policy, policies))
  const ways = minorIn(ctx) >= SAME_ZONE_SINCE ? ['PreferClose', 'PreferSameNode', 'PreferSameZone'] : ['PreferClose']
  if (distribution === undefined || ways.includes(String(distribution))) return errors
  return [...errors, notSupported('spec.trafficDistribution', distribution, ways)]
}

function topologyErrors(object: PlainObject): FieldError[] {
  const annotations = asObject(asObject(object.metadata).annotations)
  const [mode, hints] = [annotations[MODE], annotations[HINTS]]
  if (mode === undefined || hints === undefined || mode === hints) return []
  return [invalid(`metadata.annotations[${MODE}]`, mode, `must match annotations[${HINTS}] when both are specified`)]
}

function serviceErrors(object: PlainObject, old: PlainObject, ctx: ValidationContext): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const ports = asList(spec.ports)
  const portless = spec.type === 'ExternalName' || isHeadless(spec)
  return [
    ...topologyErrors(object),
    ...(ports.length === 0 && !portless ? [required('spec.ports')] : []),
    ...typeErrors(spec),
    ...portErrors(ports),
    ...labelErrors('spec.selector', spec.selector),
    ...affinityErrors(spec),
    ...clusterIPErrors(spec, ctx, clusterIPsOf(before)),
    ...externalIPErrors(spec, ctx, before),
    ...oneOf('spec.type', spec.type, types),
    ...nodePortsForbidden(spec),
    ...repeatedNodePorts(ports),
    ...repeatedPorts(ports, ctx),
    ...sourceRangeErrors(object, ctx),
    ...loadBalancerErrors(spec),
    ...trafficErrors(spec, ctx),
  ]
}

/** Models ValidateServiceCreate. */
export const validateService = (object: PlainObject, ctx: ValidationContext): FieldError[] =>
  serviceErrors(object, {}, ctx)

/** One list of at most two that was set once. `word` is what upstream shows and says of it. */
function setOnceErrors(name: string, now: string[], before: string[], shown: string[], policy: unknown): FieldError[] {
  const field = `spec.${name}[0]`
  const word = name === 'clusterIPs' ? 'clusterIP' : 'ipFamily'
  if (now.length === before.length)
    return before.flatMap((one, i) =>
      one === now[i] ? [] : [invalid(name === 'clusterIPs' ? `spec.${name}[${i}]` : field, now, SET_ONCE)],
    )
  const errors: FieldError[] = []
  if (now.length === 0) errors.push(invalid(field, now, `primary ${word} can not be unset`))
  else if (before.length > 0 && now[0] !== before[0]) errors.push(invalid(field, shown, SET_ONCE))
  if (before.length > now.length && now.length === 1 && policy !== 'SingleStack') {
    const text = `must be set to 'SingleStack' when releasing the secondary ${word}`
    errors.push(invalid('spec.ipFamilyPolicy', policy ?? 'null', text))
  }
  return errors
}

function onceErrors(spec: PlainObject, before: PlainObject): FieldError[] {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return []
  const [now, then] = [isHeadless(spec), isHeadless(before)]
  if (now && then) return []
  const [ips, old] = [listOfIPs(spec), listOfIPs(before)]
  const errors = setOnceErrors('clusterIPs', ips, old, ips, spec.ipFamilyPolicy)
  if (now !== then) return errors
  const [families, oldFamilies] = [strings(spec.ipFamilies), strings(before.ipFamilies)]
  return [...errors, ...setOnceErrors('ipFamilies', families, oldFamilies, ips, spec.ipFamilyPolicy)]
}

/** A change of `clusterIP` alone takes the list along. */
function listOfIPs(spec: PlainObject): string[] {
  const ips = clusterIPsOf(spec)
  return typeof spec.clusterIP === 'string' && spec.clusterIP !== '' ? [spec.clusterIP, ...ips.slice(1)] : ips
}

function classUpdateErrors(spec: PlainObject, before: PlainObject): FieldError[] {
  if (spec.type !== 'LoadBalancer') return []
  const changed = before.type === 'LoadBalancer' && spec.loadBalancerClass !== before.loadBalancerClass
  return changed ? [invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? 'null', SET_ONCE)] : []
}

/** Models ValidateServiceUpdate; its own errors stand before those of the new object. */
export function validateServiceUpdate(object: PlainObject, old: PlainObject, ctx: ValidationContext): FieldError[] {
  const given = asObject(object.spec)
  const spec = given.clusterIPs === undefined ? given : { ...given, clusterIPs: listOfIPs(given) }
  const before = asObject(old.spec)
  const health =
    needsHealthCheck(spec) && needsHealthCheck(before) && spec.healthCheckNodePort !== before.healthCheckNodePort
      ? [forbidden('spec.healthCheckNodePort', 'field is immutable')]
      : []
  // Upstream looks at the class twice: among what may not change, and in the whole object.
  const className = loadBalancerErrors(spec).filter(({ field }) => field === 'spec.loadBalancerClass')
  return [
    ...onceErrors(spec, before),
    ...classUpdateErrors(spec, before),
    ...className,
    ...health,
    ...serviceErrors({ ...object, spec }, old, ctx),
  ]
}

/** Models ValidateLoadBalancerStatus. */
export function serviceStatusErrors(object: PlainObject, _old: PlainObject, subresource: string): FieldError[] {
  if (subresource !== 'status') return []
  const ingress = asList(asObject(asObject(object.status).loadBalancer).ingress)
  const field = 'status.loadBalancer.ingress'
  if (ingress.length > 0 && asObject(object.spec).type !== 'LoadBalancer')
    return [forbidden(field, "may only be used when `spec.type` is 'LoadBalancer'")]
  return ingress.flatMap((one, i) => loadBalancerAddressErrors(one, `${field}[${i}]`))
}

/** One address or name that a load balancer told. */
export function loadBalancerAddressErrors({ ip, ipMode, hostname }: PlainObject, at: string): FieldError[] {
  const errors = ip ? ipErrors(`${at}.ip`, String(ip)) : []
  if (ipMode !== undefined && !ip) errors.push(forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'))
  else if (ipMode !== undefined && ipMode !== 'VIP' && ipMode !== 'Proxy')
    errors.push(notSupported(`${at}.ipMode`, ipMode, ['Proxy', 'VIP']))
  if (!hostname) return errors
  errors.push(...invalidAll(`${at}.hostname`, hostname, dns1123Subdomain(String(hostname))))
  if (parseAddress(String(hostname)) === undefined) return errors
  return [...errors, invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address')]
}
