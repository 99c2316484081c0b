/** Models ValidateEndpoints of core validation and pkg/apis/discovery/validation. */
import type { PlainObject } from '../decode.ts'
import { asList } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { duplicate, invalid, invalidAll, oneOf, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { ipErrors, makeAddress, parseAddress, specialIpErrors } from './ips.ts'
import { labelErrors } from './metadata.ts'
import { dns1123Label, dns1123Subdomain, fullyQualifiedName, portNumber } from './names.ts'
import { qualifiedNameErrors } from './services.ts'

const protocols = ['SCTP', 'TCP', 'UDP']
const addressTypes = ['FQDN', 'IPv4', 'IPv6']
const MAX_ENDPOINTS = 1000
const MAX_ADDRESSES = 100
/** 20000 from 1.33 on, so that mirrored Endpoints fit. */
const MAX_PORTS = 20000
const MAX_LABELS = 16
const MAX_ZONE_HINTS = 8

function tooMany(field: string, count: number, max: number): FieldError {
  return { type: 'TooMany', field, badValue: count, detail: `must have at most ${max} items` }
}

function addressErrors(address: PlainObject, at: string, ctx: ValidationContext): FieldError[] {
  const ip = String(address.ip ?? '')
  const { hostname, nodeName } = address
  return [
    ...ipErrors(`${at}.ip`, ip, ctx),
    ...(hostname ? invalidAll(`${at}.hostname`, hostname, dns1123Label(String(hostname))) : []),
    ...(nodeName === undefined ? [] : invalidAll(`${at}.nodeName`, nodeName, dns1123Subdomain(String(nodeName)))),
    ...specialIpErrors(`${at}.ip`, ip),
  ]
}

function portErrors(port: PlainObject, at: string, needsName: boolean): FieldError[] {
  const { name, appProtocol } = port
  const named = name ? invalidAll(`${at}.name`, name, dns1123Label(String(name))) : []
  return [
    ...(needsName && !name ? [required(`${at}.name`)] : named),
    ...invalidAll(`${at}.port`, port.port ?? 0, portNumber(port.port)),
    ...oneOf(`${at}.protocol`, port.protocol, protocols),
    ...(appProtocol === undefined ? [] : qualifiedNameErrors(`${at}.appProtocol`, appProtocol)),
  ]
}

/** Models ValidateEndpoints. */
export function validateEndpoints(object: PlainObject, ctx: ValidationContext): FieldError[] {
  return asList(object.subsets).flatMap((subset, i) => {
    const at = `subsets[${i}]`
    const [ready, notReady, ports] = [asList(subset.addresses), asList(subset.notReadyAddresses), asList(subset.ports)]
    const none = ready.length + notReady.length === 0
    return [
      ...(none ? [required(at, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...ready.flatMap((address, j) => addressErrors(address, `${at}.addresses[${j}]`, ctx)),
      ...notReady.flatMap((address, j) => addressErrors(address, `${at}.notReadyAddresses[${j}]`, ctx)),
      ...ports.flatMap((port, j) => portErrors(port, `${at}.ports[${j}]`, ports.length > 1)),
    ]
  })
}

/** Models IsValidIPv4Address and IsValidIPv6Address, and what may be a name. */
function typedAddressErrors(type: unknown, address: string, field: string): FieldError[] {
  if (type === 'FQDN') return fullyQualifiedName(address).map((detail) => invalid(field, address, detail))
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const parsed = parseAddress(address)
  const family = type === 'IPv4' ? 4 : 6
  const wrong = parsed?.family === family ? [] : [invalid(field, address, `must be a valid ${type} address`)]
  return [...wrong, ...specialIpErrors(field, address)]
}

function hintErrors(endpoint: PlainObject, at: string): FieldError[] {
  const zones = asList((endpoint.hints as PlainObject | undefined)?.forZones)
  const field = `${at}.hints.forZones`
  if (zones.length > MAX_ZONE_HINTS) return [tooMany(field, zones.length, MAX_ZONE_HINTS)]
  const seen = new Set<unknown>()
  return zones.flatMap(({ name }, i) => {
    const error = seen.has(name) ? [duplicate(`${field}[${i}].name`, name)] : []
    seen.add(name)
    return [...error, ...qualifiedOrValue(`${field}[${i}].name`, name)]
  })
}

const qualifiedOrValue = (field: string, name: unknown): FieldError[] => (name ? [] : [required(field)])

function endpointErrors(endpoint: PlainObject, at: string, type: unknown): FieldError[] {
  const addresses = (endpoint.addresses as string[] | undefined) ?? []
  const field = `${at}.addresses`
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required(field, 'must contain at least 1 address'))
  else if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(field, addresses.length, MAX_ADDRESSES))
  const { nodeName, hostname, deprecatedTopology } = endpoint
  const topology = Object.keys((deprecatedTopology as PlainObject | undefined) ?? {})
  return [
    ...errors,
    ...addresses.flatMap((address, i) => typedAddressErrors(type, address, `${field}[${i}]`)),
    ...(nodeName === undefined ? [] : invalidAll(`${at}.nodeName`, nodeName, dns1123Subdomain(String(nodeName)))),
    ...(topology.length > MAX_LABELS ? [tooMany(`${at}.deprecatedTopology`, topology.length, MAX_LABELS)] : []),
    ...labelErrors(`${at}.deprecatedTopology`, deprecatedTopology),
    ...(topology.includes('kubernetes.io/hostname')
      ? [
          invalid(
            `${at}.deprecatedTopology[kubernetes.io/hostname]`,
            'kubernetes.io/hostname',
            'may not be set, use the nodeName field instead',
          ),
        ]
      : []),
    ...(hostname === undefined ? [] : invalidAll(`${at}.hostname`, hostname, dns1123Label(String(hostname)))),
    ...hintErrors(endpoint, at),
  ]
}

function slicePortErrors(ports: PlainObject[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)]
  const names = new Set<string>()
  return ports.flatMap((port, i) => {
    const name = String(port.name ?? '')
    const at = `ports[${i}]`
    const errors = name === '' ? [] : invalidAll(`${at}.name`, name, dns1123Label(name))
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    names.add(name)
    return [
      ...errors,
      ...oneOf(`${at}.protocol`, port.protocol, protocols),
      ...(port.appProtocol === undefined ? [] : qualifiedNameErrors(`${at}.appProtocol`, port.appProtocol)),
    ]
  })
}

/** Models ValidateEndpointSlice. */
export function validateEndpointSlice(object: PlainObject): FieldError[] {
  const endpoints = asList(object.endpoints)
  return [
    ...oneOf('addressType', object.addressType, addressTypes),
    ...(endpoints.length > MAX_ENDPOINTS
      ? [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)]
      : endpoints.flatMap((endpoint, i) => endpointErrors(endpoint, `endpoints[${i}]`, object.addressType))),
    ...slicePortErrors(asList(object.ports)),
  ]
}

export function validateEndpointSliceUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  if (semanticEqual(object.addressType, old.addressType)) return []
  return [invalid('addressType', object.addressType, 'field is immutable')]
}

/** Models ValidateIPAddress of pkg/apis/networking/validation: the name is the address. */
export function validateIPAddress(object: PlainObject): FieldError[] {
  const ref =
    object.spec === undefined ? undefined : ((object.spec as PlainObject).parentRef as PlainObject | undefined)
  if (ref === undefined) return [required('spec.parentRef')]
  return ['resource', 'name'].filter((name) => !ref[name]).map((name) => required(`spec.parentRef.${name}`))
}

export function validateIPAddressUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [now, before] = [object, old].map(({ spec }) => (spec as PlainObject | undefined)?.parentRef)
  return semanticEqual(now, before) ? [] : [invalid('spec.parentRef', now, 'field is immutable')]
}

/** An address as the name of an object: its canonical text. */
export function addressName(name: string): string[] {
  const address = parseAddress(name)
  if (address === undefined) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']
  if (address.leadingZeros) return ['must not have leading 0s']
  if (address.mapped) return ['must not be an IPv4-mapped IPv6 address']
  const canonical = makeAddress(address)
  return canonical === name ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`]
}
