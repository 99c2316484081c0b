/**
 * The environment of a container. Models pkg/kubelet/kubelet_pods.go makeEnvironmentVariables and
 * envvars/envvars.go. Not modelled: fileKeyRef.
 */
import { quantityMilliValue, quantityValue } from '../objects/quantity.ts'
import type { Container, EnvVar, Pod, ResourceFieldSelector, Service } from '../objects/types.gen.ts'
import type { PodRecord } from './state.ts'

export interface EnvFacts {
  hostIP: string
  services: readonly Service[]
  allocatable: Record<string, string | number>
  imageEnv: Record<string, string>
  hostname: string
}

export type EnvResult = { env: Record<string, string> } | { error: string }

class ConfigError extends Error {}

export function makeEnv(record: PodRecord, container: Container, facts: EnvFacts): EnvResult {
  try {
    const own: Record<string, string> = {}
    for (const source of container.envFrom ?? []) Object.assign(own, fromSource(record, source))
    const services = serviceEnv(record.pod, facts.services)
    for (const variable of container.env ?? []) {
      const value = valueOf(record, container, variable, facts, { ...services, ...own })
      if (value !== undefined) own[variable.name] = value
    }
    return { env: { ...facts.imageEnv, HOSTNAME: facts.hostname, ...services, ...own } }
  } catch (failure) {
    if (failure instanceof ConfigError) return { error: failure.message }
    throw failure
  }
}

/** ConfigMaps and Secrets that the containers' environments need: `configmaps/name`, `secrets/name`. */
export function envReferents(pod: Pod): string[] {
  const found = new Set<string>()
  for (const container of [
    ...(pod.spec?.initContainers ?? []),
    ...(pod.spec?.containers ?? []),
    ...((pod.spec?.ephemeralContainers ?? []) as Container[]),
  ]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef?.name !== undefined) found.add(`configmaps/${configMapRef.name}`)
      if (secretRef?.name !== undefined) found.add(`secrets/${secretRef.name}`)
    }
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.configMapKeyRef?.name !== undefined) found.add(`configmaps/${valueFrom.configMapKeyRef.name}`)
      if (valueFrom?.secretKeyRef?.name !== undefined) found.add(`secrets/${valueFrom.secretKeyRef.name}`)
    }
  }
  return [...found]
}

function fromSource(record: PodRecord, source: NonNullable<Container['envFrom']>[number]): Record<string, string> {
  const kind = source.configMapRef !== undefined ? 'configmaps' : 'secrets'
  const reference = source.configMapRef ?? source.secretRef
  const found = record.referents[`${kind}/${reference?.name ?? ''}`]
  if (found === null || found === undefined) {
    if (reference?.optional === true) return {}
    throw new ConfigError(`${kind === 'configmaps' ? 'configmap' : 'secret'} "${reference?.name ?? ''}" not found`)
  }
  return Object.fromEntries(Object.entries(found.data).map(([key, value]) => [`${source.prefix ?? ''}${key}`, value]))
}

function valueOf(
  record: PodRecord,
  container: Container,
  variable: EnvVar,
  facts: EnvFacts,
  known: Record<string, string>,
): string | undefined {
  const from = variable.valueFrom
  if (from === undefined) return expand(variable.value ?? '', known)
  if (from.fieldRef !== undefined) return fieldValue(record, from.fieldRef.fieldPath, facts.hostIP)
  if (from.resourceFieldRef !== undefined)
    return resourceValue(record.pod, container, from.resourceFieldRef, facts.allocatable)
  if (from.configMapKeyRef !== undefined) return keyValue(record, 'configmaps', from.configMapKeyRef)
  if (from.secretKeyRef !== undefined) return keyValue(record, 'secrets', from.secretKeyRef)
  throw new ConfigError('not simulated: this source of an environment variable')
}

function keyValue(
  record: PodRecord,
  kind: 'configmaps' | 'secrets',
  reference: { name?: string; key: string; optional?: boolean },
): string | undefined {
  const word = kind === 'configmaps' ? 'ConfigMap' : 'Secret'
  const found = record.referents[`${kind}/${reference.name ?? ''}`]
  const value = found?.data[reference.key]
  if (value !== undefined) return value
  if (reference.optional === true) return undefined
  if (found === null || found === undefined)
    throw new ConfigError(`${word.toLowerCase()} "${reference.name ?? ''}" not found`)
  throw new ConfigError(`couldn't find key ${reference.key} in ${word} ${record.namespace}/${reference.name ?? ''}`)
}

/** `$(NAME)` becomes its value; `$$(NAME)` stays `$(NAME)`; an unknown name stays as it is. */
export function expand(text: string, known: Record<string, string>): string {
  return text.replace(/\$(\$|\(([^)]+)\))/g, (all, second: string, name: string | undefined) =>
    second === '$' ? '$' : (known[name ?? ''] ?? all),
  )
}

/** The value of a downward API field. */
export function fieldValue(record: PodRecord, path: string, hostIP: string): string {
  const { pod } = record
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path)
  if (keyed !== null) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? ''
  const address = pod.spec?.hostNetwork === true ? hostIP : (record.ip ?? '')
  const fields: Record<string, () => string> = {
    'metadata.name': () => record.name,
    'metadata.namespace': () => record.namespace,
    'metadata.uid': () => record.uid,
    'metadata.labels': () => mapText(pod.metadata.labels),
    'metadata.annotations': () => mapText(pod.metadata.annotations),
    'spec.nodeName': () => pod.spec?.nodeName ?? '',
    'spec.serviceAccountName': () => pod.spec?.serviceAccountName ?? 'default',
    'status.hostIP': () => hostIP,
    'status.hostIPs': () => hostIP,
    'status.podIP': () => address,
    'status.podIPs': () => address,
  }
  const field = fields[path]
  if (field === undefined) throw new ConfigError(`unsupported fieldPath: ${path}`)
  return field()
}

function mapText(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n')
}

/** The value of a resourceFieldRef, rounded up to its divisor. */
export function resourceValue(
  pod: Pod,
  own: Container,
  reference: ResourceFieldSelector,
  allocatable: Record<string, string | number>,
): string {
  const container =
    reference.containerName === undefined
      ? own
      : [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(
          ({ name }) => name === reference.containerName,
        )
  const [what = '', name = ''] = reference.resource.split('.')
  const amounts = container?.resources?.[what as 'limits' | 'requests']
  const amount = amounts?.[name] ?? (what === 'limits' ? (allocatable[name] ?? '0') : '0')
  const divisor =
    reference.divisor === undefined || reference.divisor === '0' || reference.divisor === '' ? '1' : reference.divisor
  if (name === 'cpu') return String(Math.ceil(quantityMilliValue(amount) / quantityMilliValue(divisor)))
  return String(Math.ceil(quantityValue(amount) / quantityValue(divisor)))
}

/** `WEB_SERVICE_HOST` and the rest, for the services of the pod's namespace and for `kubernetes`. */
export function serviceEnv(pod: Pod, services: readonly Service[]): Record<string, string> {
  const env: Record<string, string> = {}
  const links = pod.spec?.enableServiceLinks !== false
  for (const service of services) {
    const master = service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes'
    const near = links && service.metadata.namespace === pod.metadata.namespace
    if (master || near) Object.assign(env, oneService(service))
  }
  return env
}

function oneService(service: Service): Record<string, string> {
  const ip = service.spec?.clusterIP
  const ports = service.spec?.ports ?? []
  const first = ports[0]
  if (ip === undefined || ip === '' || ip === 'None' || first === undefined) return {}
  const prefix = service.metadata.name.replaceAll('-', '_').toUpperCase()
  const env: Record<string, string> = { [`${prefix}_SERVICE_HOST`]: ip, [`${prefix}_SERVICE_PORT`]: String(first.port) }
  for (const port of ports)
    if (port.name !== undefined)
      env[`${prefix}_SERVICE_PORT_${port.name.replaceAll('-', '_').toUpperCase()}`] = String(port.port)
  env[`${prefix}_PORT`] = `${(first.protocol ?? 'TCP').toLowerCase()}://${ip}:${first.port}`
  for (const port of ports) Object.assign(env, onePort(prefix, ip, port.port, port.protocol ?? 'TCP'))
  return env
}

function onePort(prefix: string, ip: string, port: number, protocol: string): Record<string, string> {
  const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
  const proto = protocol.toLowerCase()
  return {
    [name]: `${proto}://${ip}:${port}`,
    [`${name}_PROTO`]: proto,
    [`${name}_PORT`]: String(port),
    [`${name}_ADDR`]: ip,
  }
}
