import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { duplicate, invalid, invalidAll, oneOf, oneOfIfSet, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { labelErrors } from './metadata.ts'
import { dns1123Label, dns1123Subdomain, ipAddress, portName, portNumber } from './names.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const protocols = ['SCTP', 'TCP', 'UDP']
const MAX_AFFINITY_SECONDS = 86400

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
    ]
  })
}

/** One node port and protocol, and one port and protocol, once a Service. */
function portConflicts(ports: PlainObject[]): FieldError[] {
  const nodePorts = new Set<string>()
  const numbers = new Set<string>()
  return ports.flatMap((port, i) => {
    const errors: FieldError[] = []
    const node = `${String(port.protocol)}/${String(port.nodePort)}`
    const number = `${String(port.protocol)}/${String(port.port)}`
    if (port.nodePort && nodePorts.has(node)) errors.push(duplicate(`spec.ports[${i}].nodePort`, port.nodePort))
    if (numbers.has(number))
      errors.push(duplicate(`spec.ports[${i}]`, { name: port.name, protocol: port.protocol, port: port.port }))
    if (port.nodePort) nodePorts.add(node)
    numbers.add(number)
    return errors
  })
}

function typeErrors(spec: PlainObject): FieldError[] {
  const headless = spec.clusterIP === 'None'
  const errors: FieldError[] = []
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && headless) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${String(spec.type)} services`))
  }
  if (spec.type !== 'ExternalName') return errors
  if (spec.clusterIP)
    errors.push({ type: 'Forbidden', field: 'spec.clusterIP', detail: 'may not be set for ExternalName services' })
  const name = String(spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') return [...errors, required('spec.externalName')]
  return [...errors, ...invalidAll('spec.externalName', spec.externalName, dns1123Subdomain(name))]
}

function affinityErrors(spec: PlainObject): FieldError[] {
  const errors = oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None'])
  const seconds = asObject(asObject(spec.sessionAffinityConfig).clientIP).timeoutSeconds
  if (typeof seconds === 'number' && (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS)) {
    const text = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`
    errors.push(invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, text))
  }
  return errors
}

function nodePortsForbidden(spec: PlainObject): FieldError[] {
  if (spec.type !== 'ClusterIP') return []
  return asList(spec.ports).flatMap((port, i) =>
    port.nodePort
      ? [
          {
            type: 'Forbidden' as const,
            field: `spec.ports[${i}].nodePort`,
            detail: "may not be used when `type` is 'ClusterIP'",
          },
        ]
      : [],
  )
}

function addressErrors(list: unknown, field: string): FieldError[] {
  return ((list as string[] | undefined) ?? []).flatMap((ip, i) => invalidAll(`${field}[${i}]`, ip, ipAddress(ip)))
}

/** Models ValidateService. Not modelled: node port ranges, IP families and cluster IPs, which the API server allocates. */
export function validateService(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const ports = asList(spec.ports)
  const portless = spec.type === 'ExternalName' || spec.clusterIP === 'None'
  return [
    ...(ports.length === 0 && !portless ? [required('spec.ports')] : []),
    ...typeErrors(spec),
    ...portErrors(ports),
    ...labelErrors('spec.selector', spec.selector),
    ...affinityErrors(spec),
    ...addressErrors(spec.externalIPs, 'spec.externalIPs'),
    ...oneOf('spec.type', spec.type, types),
    ...nodePortsForbidden(spec),
    ...portConflicts(ports),
    ...oneOfIfSet('spec.externalTrafficPolicy', spec.externalTrafficPolicy || undefined, ['Cluster', 'Local']),
    ...oneOfIfSet('spec.internalTrafficPolicy', spec.internalTrafficPolicy || undefined, ['Cluster', 'Local']),
  ]
}

/** Models ValidateServiceUpdate, the part about the cluster IP. */
export function validateServiceUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const external = spec.type === 'ExternalName' || before.type === 'ExternalName'
  if (external || !before.clusterIP || spec.clusterIP === before.clusterIP) return []
  return [invalid('spec.clusterIPs[0]', [spec.clusterIP ?? ''], 'may not change once set')]
}

function endpointAddresses(subset: PlainObject, at: string): FieldError[] {
  return ['addresses', 'notReadyAddresses'].flatMap((name) =>
    asList(subset[name]).flatMap((address, i) =>
      invalidAll(`${at}.${name}[${i}].ip`, address.ip ?? '', ipAddress(String(address.ip ?? ''))),
    ),
  )
}

/** Models ValidateEndpoints. */
export function validateEndpoints(object: PlainObject): FieldError[] {
  return asList(object.subsets).flatMap((subset, i) => {
    const at = `subsets[${i}]`
    const ports = asList(subset.ports)
    const none = asList(subset.addresses).length + asList(subset.notReadyAddresses).length === 0
    return [
      ...(none ? [required(at, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...endpointAddresses(subset, at),
      ...ports.flatMap((port, j) => [
        ...(ports.length > 1 && !port.name ? [required(`${at}.ports[${j}].name`)] : []),
        ...invalidAll(`${at}.ports[${j}].port`, port.port ?? 0, portNumber(port.port)),
        ...oneOf(`${at}.ports[${j}].protocol`, port.protocol, protocols),
      ]),
    ]
  })
}

/** Models ValidateEndpointSlice. */
export function validateEndpointSlice(object: PlainObject): FieldError[] {
  const addressType = oneOf('addressType', object.addressType, ['FQDN', 'IPv4', 'IPv6'])
  const endpoints = asList(object.endpoints).flatMap((endpoint, i) =>
    asList(endpoint.addresses).length === 0
      ? [required(`endpoints[${i}].addresses`, 'must contain at least 1 address')]
      : [],
  )
  const ports = asList(object.ports).flatMap((port, i) => oneOf(`ports[${i}].protocol`, port.protocol, protocols))
  return [...addressType, ...endpoints, ...ports]
}

export function validateEndpointSliceUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  if (semanticEqual(object.addressType, old.addressType)) return []
  return [invalid('addressType', object.addressType, 'field is immutable')]
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']

function ingressPathErrors(path: PlainObject, at: string): FieldError[] {
  const errors =
    path.pathType === undefined
      ? [required(`${at}.pathType`, 'pathType must be specified')]
      : oneOf(`${at}.pathType`, path.pathType, pathTypes)
  const text = String(path.path ?? '')
  if (path.pathType !== 'ImplementationSpecific' && !text.startsWith('/'))
    errors.push(invalid(`${at}.path`, text, 'must be an absolute path'))
  return [...errors, ...ingressBackendErrors(asObject(path.backend), `${at}.backend`)]
}

function ingressBackendErrors(backend: PlainObject, at: string): FieldError[] {
  if (backend.resource !== undefined) return []
  if (backend.service === undefined) return [required(at, 'must specify a service or resource backend')]
  const { name, port } = asObject(backend.service)
  const errors = name ? [] : [required(`${at}.service.name`)]
  const { name: portName, number } = asObject(port)
  if (!portName && !number) errors.push(required(`${at}.service`, 'port name or number is required'))
  return errors
}

/** Models ValidateIngress. Not modelled: annotations of controllers. */
export function validateIngress(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  if (asList(spec.rules).length === 0 && spec.defaultBackend === undefined) {
    return [invalid('spec', [], 'either `defaultBackend` or `rules` must be specified')]
  }
  return asList(spec.rules).flatMap((rule, i) =>
    asList(asObject(rule.http).paths).flatMap((path, j) =>
      ingressPathErrors(path, `spec.rules[${i}].http.paths[${j}]`),
    ),
  )
}
