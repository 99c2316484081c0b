/** Models pkg/apis/networking/validation: Ingress, IngressClass, NetworkPolicy, ServiceCIDR. */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { forbidden, invalid, invalidAll, notSupported, required, tooLong } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { minorIn } from './go-values.ts'
import { cidrErrors, contains, parseAddress, parseCidr } from './ips.ts'
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  pathSegmentName,
  portName,
  portNumber,
  wildcardSubdomain,
} from './names.ts'
import { selectorErrors } from './selectors.ts'
import { loadBalancerAddressErrors } from './services.ts'

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']
const badSequences = ['//', '/./', '/../', '%2f', '%2F']
const badSuffixes = ['/..', '/.']
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const MAX_CONTROLLER = 250
/** Names of Services may begin with a digit from this minor on (RelaxedServiceNameValidation). */
const RELAXED_SERVICE_NAMES_SINCE = 36
const JSON_SINCE = 34

/** What a Service may be called. */
export const serviceNameRule = (ctx: ValidationContext): ((name: string) => string[]) =>
  minorIn(ctx) >= RELAXED_SERVICE_NAMES_SINCE ? dns1123Label : dns1035Label

const named = (field: string, value: unknown, rule: (name: string) => string[]): FieldError[] =>
  value ? invalidAll(field, value, rule(String(value))) : [required(field)]

function objectRefErrors(ref: PlainObject, at: string): FieldError[] {
  const { apiGroup, kind, name } = ref
  return [
    ...(apiGroup === undefined ? [] : invalidAll(`${at}.apiGroup`, apiGroup, dns1123Subdomain(String(apiGroup)))),
    ...named(`${at}.kind`, kind, pathSegmentName),
    ...named(`${at}.name`, name, pathSegmentName),
  ]
}

function servicePortErrors({ name, number }: PlainObject, at: string): FieldError[] {
  if (name && number) return [invalid(at, '', 'cannot set both port name & port number')]
  if (name) return invalidAll(`${at}.service.port.name`, name, portName(String(name)))
  if (number) return invalidAll(`${at}.service.port.number`, number, portNumber(number))
  return [required(at, 'port name or number is required')]
}

/** Models validateIngressBackend. */
function backendErrors(backend: PlainObject, at: string, ctx: ValidationContext): FieldError[] {
  const { resource, service } = backend
  if (resource !== undefined && service !== undefined)
    return [invalid(at, '', 'cannot set both resource and service backends')]
  if (resource !== undefined) return objectRefErrors(asObject(resource), `${at}.resource`)
  if (service === undefined) return [invalid(at, '', 'resource or service backend is required')]
  const { name, port } = asObject(service)
  return [...named(`${at}.service.name`, name, serviceNameRule(ctx)), ...servicePortErrors(asObject(port), at)]
}

function pathTextErrors(path: string, at: string, isMatched: boolean): FieldError[] {
  const field = `${at}.path`
  const absolute = path.startsWith('/') || (!isMatched && path === '')
  const errors = absolute ? [] : [invalid(field, path, 'must be an absolute path')]
  if (!isMatched) return errors
  return [
    ...errors,
    ...badSequences.filter((bad) => path.includes(bad)).map((bad) => invalid(field, path, `must not contain '${bad}'`)),
    ...badSuffixes.filter((bad) => path.endsWith(bad)).map((bad) => invalid(field, path, `cannot end with '${bad}'`)),
  ]
}

function pathErrors(path: PlainObject, at: string, ctx: ValidationContext): FieldError[] {
  const { pathType } = path
  if (pathType === undefined) return [required(`${at}.pathType`, 'pathType must be specified')]
  const known = pathTypes.includes(String(pathType))
  const errors = known
    ? pathTextErrors(String(path.path ?? ''), at, pathType !== 'ImplementationSpecific')
    : [notSupported(`${at}.pathType`, pathType, pathTypes)]
  return [...errors, ...backendErrors(asObject(path.backend), `${at}.backend`, ctx)]
}

const hostErrors = (host: string, field: string): FieldError[] =>
  invalidAll(field, host, host.includes('*') ? wildcardSubdomain(host) : dns1123Subdomain(host))

function ruleErrors(rule: PlainObject, at: string, ctx: ValidationContext): FieldError[] {
  const host = String(rule.host ?? '')
  const errors: FieldError[] = []
  if (host !== '') {
    if (parseAddress(host) !== undefined)
      errors.push(invalid(`${at}.host`, host, 'must be a DNS name, not an IP address'))
    errors.push(...hostErrors(host, `${at}.host`))
  }
  if (rule.http === undefined) return errors
  const paths = asList(asObject(rule.http).paths)
  if (paths.length === 0) errors.push(required(`${at}.http.paths`))
  return [...errors, ...paths.flatMap((path, i) => pathErrors(path, `${at}.http.paths[${i}]`, ctx))]
}

function tlsErrors(list: PlainObject[]): FieldError[] {
  return list.flatMap(({ hosts, secretName }, i) => [
    ...((hosts as string[] | undefined) ?? []).flatMap((host, j) => hostErrors(host, `spec.tls[${i}].hosts[${j}]`)),
    ...(secretName ? invalidAll(`spec.tls[${i}].secretName`, secretName, dns1123Subdomain(String(secretName))) : []),
  ])
}

function ingressErrors(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const { rules, defaultBackend, tls, ingressClassName } = asObject(object.spec)
  const list = asList(rules)
  const text = 'either `defaultBackend` or `rules` must be specified'
  const none = {
    ...invalid('spec', list, text),
    shown:
      minorIn(ctx) >= JSON_SINCE
        ? rules === undefined
          ? 'null'
          : '[]'
        : `[]networking.IngressRule${rules === undefined ? '(nil)' : '{}'}`,
  }
  return [
    ...(list.length === 0 && defaultBackend === undefined ? [none] : []),
    ...(defaultBackend === undefined ? [] : backendErrors(asObject(defaultBackend), 'spec.defaultBackend', ctx)),
    ...list.flatMap((rule, i) => ruleErrors(rule, `spec.rules[${i}]`, ctx)),
    ...tlsErrors(asList(tls)),
    ...(ingressClassName === undefined
      ? []
      : invalidAll('spec.ingressClassName', ingressClassName, dns1123Subdomain(String(ingressClassName)))),
  ]
}

/** Models ValidateIngressCreate. */
export function validateIngress(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const annotation = asObject(asObject(object.metadata).annotations)[CLASS_ANNOTATION]
  const name = asObject(object.spec).ingressClassName
  const errors = ingressErrors(object, ctx)
  if (annotation === undefined || name === undefined || annotation === name) return errors
  const text = 'must match `ingressClassName` when both are specified'
  return [...errors, invalid(`annotations.${CLASS_ANNOTATION}`, annotation, text)]
}

/** Models ValidateIngressUpdate. */
export const validateIngressUpdate = (object: PlainObject, _old: PlainObject, ctx: ValidationContext): FieldError[] =>
  ingressErrors(object, ctx)

/** Models ValidateIngressLoadBalancerStatus. */
export function ingressStatusErrors(object: PlainObject, _old: PlainObject, subresource: string): FieldError[] {
  if (subresource !== 'status') return []
  const ingress = asList(asObject(asObject(object.status).loadBalancer).ingress)
  return ingress.flatMap(({ ip, hostname }, i) =>
    loadBalancerAddressErrors({ ip, hostname }, `status.loadBalancer.ingress[${i}]`),
  )
}

const PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/

/** Models IsDomainPrefixedPath. */
function domainPathErrors(value: string, field: string): FieldError[] {
  const slash = value.indexOf('/')
  const [host, path] = [value.slice(0, slash), value.slice(slash + 1)]
  if (slash <= 0 || path === '')
    return [invalid(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const errors = invalidAll(field, host, dns1123Subdomain(host))
  if (PATH.test(path)) return errors
  const text = `Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`
  return [...errors, invalid(field, path, text)]
}

function parameterErrors(ref: PlainObject, at: string): FieldError[] {
  const { scope, namespace } = ref
  const errors = objectRefErrors(ref, at)
  if (scope === undefined) return [...errors, required(`${at}.scope`)]
  if (scope !== 'Namespace' && scope !== 'Cluster')
    return [...errors, notSupported(`${at}.scope`, scope, ['Cluster', 'Namespace'])]
  if (scope === 'Cluster')
    return namespace === undefined
      ? errors
      : [...errors, forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'")]
  if (namespace === undefined)
    return [...errors, required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'")]
  return [...errors, ...invalidAll(`${at}.namespace`, namespace, dns1123Label(String(namespace)))]
}

/** Models ValidateIngressClass. */
export function validateIngressClass(object: PlainObject): FieldError[] {
  const { controller, parameters } = asObject(object.spec)
  const field = 'spec.controller'
  const text = String(controller ?? '')
  const errors = text === '' ? [required(field)] : domainPathErrors(text, field)
  if (text.length > MAX_CONTROLLER) errors.unshift(tooLong(field, MAX_CONTROLLER))
  return parameters === undefined ? errors : [...errors, ...parameterErrors(asObject(parameters), 'spec.parameters')]
}

export function validateIngressClassUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [now, before] = [asObject(object.spec).controller, asObject(old.spec).controller]
  return now === before ? [] : [invalid('spec.controller', now ?? '', 'field is immutable')]
}

function policyNumberErrors(port: number, endPort: unknown, at: string): FieldError[] {
  const errors = invalidAll(`${at}.port`, port, portNumber(port))
  if (typeof endPort !== 'number') return errors
  if (endPort < port) errors.push(invalid(`${at}.endPort`, endPort, 'must be greater than or equal to `port`'))
  return [...errors, ...invalidAll(`${at}.endPort`, endPort, portNumber(endPort))]
}

function policyPortErrors({ protocol, port, endPort }: PlainObject, at: string): FieldError[] {
  const protocols = ['TCP', 'UDP', 'SCTP']
  const errors =
    protocol === undefined || protocols.includes(String(protocol))
      ? []
      : [notSupported(`${at}.protocol`, protocol, protocols)]
  if (typeof port === 'number') return [...errors, ...policyNumberErrors(port, endPort, at)]
  const why = port === undefined ? 'not specified' : 'non-numeric'
  if (endPort !== undefined)
    errors.push(invalid(`${at}.endPort`, endPort, `may not be specified when \`port\` is ${why}`))
  return port === undefined ? errors : [...errors, ...invalidAll(`${at}.port`, port, portName(String(port)))]
}

/** Models ValidateIPBlock. */
function blockErrors(block: PlainObject, at: string, ctx: ValidationContext, known: unknown[]): FieldError[] {
  const cidr = String(block.cidr ?? '')
  if (cidr === '') return [required(`${at}.cidr`)]
  const errors = cidrErrors(`${at}.cidr`, cidr, ctx, known)
  const whole = parseCidr(cidr)
  if (whole === undefined) return errors
  const excepts = ((block.except as string[] | undefined) ?? []).flatMap((text, i) => {
    const field = `${at}.except[${i}]`
    const wrong = cidrErrors(field, text, ctx, known)
    const part = parseCidr(text)
    if (part === undefined || (contains(whole, part.address) && whole.bits < part.bits)) return wrong
    return [...wrong, invalid(field, text, 'must be a strict subset of `cidr`')]
  })
  return [...errors, ...excepts]
}

function peerErrors(peer: PlainObject, at: string, ctx: ValidationContext, known: unknown[]): FieldError[] {
  const selectors = ['podSelector', 'namespaceSelector'].filter((name) => peer[name] !== undefined)
  const errors = selectors.flatMap((name) => selectorErrors(peer[name], `${at}.${name}`))
  if (peer.ipBlock !== undefined) errors.push(...blockErrors(asObject(peer.ipBlock), `${at}.ipBlock`, ctx, known))
  if (selectors.length === 0 && peer.ipBlock === undefined) return [required(at, 'must specify a peer')]
  if (selectors.length > 0 && peer.ipBlock !== undefined)
    errors.push(forbidden(at, 'may not specify both ipBlock and another peer'))
  return errors
}

function directionErrors(
  rules: PlainObject[],
  at: string,
  peers: string,
  ctx: ValidationContext,
  known: unknown[],
): FieldError[] {
  return rules.flatMap((rule, i) => [
    ...asList(rule.ports).flatMap((port, j) => policyPortErrors(port, `${at}[${i}].ports[${j}]`)),
    ...asList(rule[peers]).flatMap((peer, j) => peerErrors(peer, `${at}[${i}].${peers}[${j}]`, ctx, known)),
  ])
}

function policyTypeErrors(types: string[], ctx: ValidationContext): FieldError[] {
  const field = 'spec.policyTypes'
  if (types.length > 2) {
    const error = invalid(field, types, 'may not specify more than two policyTypes')
    const list = `[]networking.PolicyType{${types.map((type) => JSON.stringify(type)).join(', ')}}`
    return [minorIn(ctx) >= JSON_SINCE ? error : { ...error, shown: list }]
  }
  return types.flatMap((type, i) =>
    type === 'Ingress' || type === 'Egress' ? [] : [notSupported(`${field}[${i}]`, type, ['Ingress', 'Egress'])],
  )
}

function networkPolicyErrors(object: PlainObject, ctx: ValidationContext, known: unknown[]): FieldError[] {
  const { podSelector, ingress, egress, policyTypes } = asObject(object.spec)
  return [
    ...selectorErrors(podSelector, 'spec.podSelector'),
    ...directionErrors(asList(ingress), 'spec.ingress', 'from', ctx, known),
    ...directionErrors(asList(egress), 'spec.egress', 'to', ctx, known),
    ...policyTypeErrors((policyTypes as string[] | undefined) ?? [], ctx),
  ]
}

/** Models ValidateNetworkPolicy. */
export const validateNetworkPolicy = (object: PlainObject, ctx: ValidationContext): FieldError[] =>
  networkPolicyErrors(object, ctx, [])

/** Models ValidateNetworkPolicyUpdate: CIDRs that stood there before stay good. */
export function validateNetworkPolicyUpdate(
  object: PlainObject,
  old: PlainObject,
  ctx: ValidationContext,
): FieldError[] {
  const { ingress, egress } = asObject(old.spec)
  const peers = [
    ...asList(ingress).flatMap(({ from }) => asList(from)),
    ...asList(egress).flatMap(({ to }) => asList(to)),
  ]
  const known = peers.flatMap(({ ipBlock }) => {
    const { cidr, except } = asObject(ipBlock)
    return [cidr, ...((except as string[] | undefined) ?? [])]
  })
  return networkPolicyErrors(object, ctx, known)
}

/** Models ValidateServiceCIDR. */
export function validateServiceCidr(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const cidrs = (asObject(object.spec).cidrs as string[] | undefined) ?? []
  const field = 'spec.cidrs'
  if (cidrs.length === 0) return [required(field, 'at least one CIDR required')]
  const errors = cidrs.length > 2 ? [invalid(field, object.spec, 'may only hold up to 2 values')] : []
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.address.family))
  if (cidrs.length === 2 && families.size < 2) {
    const text = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96'
    errors.push(invalid(field, object.spec, text))
  }
  return [...errors, ...cidrs.flatMap((cidr, i) => cidrErrors(`${field}[${i}]`, cidr, ctx))]
}

export function validateServiceCidrUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [now, before] = [asObject(object.spec).cidrs, asObject(old.spec).cidrs]
  return semanticEqual(now, before) ? [] : [invalid('spec.cidrs', now ?? [], 'field is immutable')]
}
