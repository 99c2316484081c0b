import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { minorOf } from '../kinds.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidAll,
  nonNegative,
  notFound,
  notSupported,
  oneOf,
  oneOfIfSet,
  required,
} from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { configKey, dns1123Label, dns1123Subdomain, envName, portName, portNumber } from './names.ts'
import { resourceErrors } from './resources.ts'

const RELAXED_ENV_SINCE = 32
const protocols = ['SCTP', 'TCP', 'UDP']
const pullPolicies = ['Always', 'IfNotPresent', 'Never']
const messagePolicies = ['FallbackToLogsOnError', 'File']

/** What a container is checked against: its pod's volumes and network. */
export interface PodFacts {
  volumeNames: Set<unknown>
  hostNetwork: boolean
}

function portErrors(ports: PlainObject[], field: string, facts: PodFacts): FieldError[] {
  const names = new Set<unknown>()
  return ports.flatMap((port, i) => {
    const at = `${field}[${i}]`
    return [...portNameErrors(port, at, names), ...portNumberErrors(port, at, facts.hostNetwork)]
  })
}

function portNameErrors(port: PlainObject, at: string, names: Set<unknown>): FieldError[] {
  const name = port.name
  if (typeof name !== 'string' || name === '') return []
  const wrong = invalidAll(`${at}.name`, name, portName(name))
  if (wrong.length > 0) return wrong
  if (names.has(name)) return [duplicate(`${at}.name`, name)]
  names.add(name)
  return []
}

function portNumberErrors(port: PlainObject, at: string, hostNetwork: boolean): FieldError[] {
  const { containerPort, hostPort, protocol } = port
  const errors: FieldError[] = []
  if (!containerPort) errors.push(required(`${at}.containerPort`))
  else errors.push(...invalidAll(`${at}.containerPort`, containerPort, portNumber(containerPort)))
  if (hostPort) errors.push(...invalidAll(`${at}.hostPort`, hostPort, portNumber(hostPort)))
  errors.push(...oneOf(`${at}.protocol`, protocol, protocols))
  if (hostNetwork && hostPort !== undefined && hostPort !== containerPort) {
    errors.push(invalid(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true'))
  }
  return errors
}

const envSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef']
const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

function fieldRefErrors(ref: PlainObject, field: string): FieldError[] {
  const path = String(ref.fieldPath ?? '')
  if (path === '') return [required(`${field}.fieldPath`)]
  if (/^metadata\.(labels|annotations)\['.+'\]$/.test(path)) return []
  return envFieldPaths.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, envFieldPaths)]
}

function keyRefErrors(ref: PlainObject, field: string): FieldError[] {
  const errors = ref.name ? [] : [required(`${field}.name`)]
  if (!ref.key) return [...errors, required(`${field}.key`)]
  return [...errors, ...invalidAll(`${field}.key`, ref.key, configKey(String(ref.key)))]
}

function valueFromErrors(env: PlainObject, field: string): FieldError[] {
  if (env.valueFrom === undefined) return []
  const source = asObject(env.valueFrom)
  const given = envSources.filter((name) => source[name] !== undefined)
  if (given.length === 0)
    return [
      invalid(
        field,
        '',
        `must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\` or \`secretKeyRef\``,
      ),
    ]
  const errors: FieldError[] = []
  if (source.fieldRef !== undefined) errors.push(...fieldRefErrors(asObject(source.fieldRef), `${field}.fieldRef`))
  for (const name of ['configMapKeyRef', 'secretKeyRef']) {
    if (source[name] !== undefined) errors.push(...keyRefErrors(asObject(source[name]), `${field}.${name}`))
  }
  if (env.value) return [...errors, invalid(field, '', 'may not be specified when `value` is not empty')]
  if (given.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
  return errors
}

function envErrors(list: PlainObject[], field: string, relaxed: boolean): FieldError[] {
  return list.flatMap((env, i) => {
    const at = `${field}[${i}]`
    const name = typeof env.name === 'string' ? env.name : ''
    const named = name === '' ? [required(`${at}.name`)] : invalidAll(`${at}.name`, name, envName(name, relaxed))
    return [...named, ...valueFromErrors(env, `${at}.valueFrom`)]
  })
}

function envFromErrors(list: PlainObject[], field: string): FieldError[] {
  return list.flatMap((one, i) => {
    const at = `${field}[${i}]`
    const given = ['configMapRef', 'secretRef'].filter((name) => one[name] !== undefined)
    if (given.length === 0) return [invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`')]
    if (given.length > 1) return [invalid(at, '', 'may not have more than one field specified at a time')]
    return asObject(one[given[0]!]).name ? [] : [required(`${at}.${given[0]!}.name`)]
  })
}

function mountErrors(mounts: PlainObject[], field: string, facts: PodFacts): FieldError[] {
  const paths = new Set<unknown>()
  return mounts.flatMap((mount, i) => {
    const at = `${field}[${i}]`
    const errors: FieldError[] = []
    if (!mount.name) errors.push(required(`${at}.name`))
    else if (!facts.volumeNames.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name))
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`))
    else if (paths.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'))
    paths.add(mount.mountPath)
    return [...errors, ...subPathErrors(mount, at)]
  })
}

function subPathErrors(mount: PlainObject, at: string): FieldError[] {
  const errors: FieldError[] = []
  const subPath = String(mount.subPath ?? '')
  if (subPath.startsWith('/')) errors.push(invalid(`${at}.subPath`, subPath, 'must be a relative path'))
  if (subPath.split('/').includes('..')) errors.push(invalid(`${at}.subPath`, subPath, "must not contain '..'"))
  if (mount.subPath && mount.subPathExpr) {
    errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
  }
  return errors
}

function targetPortErrors(port: unknown, field: string): FieldError[] {
  if (typeof port === 'string') return invalidAll(field, port, portName(port))
  return invalidAll(field, port ?? 0, portNumber(port))
}

const handlers: Record<string, (handler: PlainObject, field: string) => FieldError[]> = {
  exec: (handler, field) => (asList(handler.command).length > 0 ? [] : [required(`${field}.command`)]),
  httpGet: (handler, field) => [
    ...(handler.path ? [] : [required(`${field}.path`)]),
    ...targetPortErrors(handler.port, `${field}.port`),
    ...oneOf(`${field}.scheme`, handler.scheme, ['HTTP', 'HTTPS']),
  ],
  tcpSocket: (handler, field) => targetPortErrors(handler.port, `${field}.port`),
  grpc: (handler, field) => invalidAll(`${field}.port`, handler.port ?? 0, portNumber(handler.port)),
  sleep: (handler, field) =>
    Number(handler.seconds) > 0 ? [] : [invalid(`${field}.seconds`, handler.seconds, 'must be greater than 0')],
}

function handlerErrors(holder: PlainObject, field: string): FieldError[] {
  const given = Object.keys(handlers).filter((name) => holder[name] !== undefined)
  if (given.length === 0) return [required(field, 'must specify a handler type')]
  return given.flatMap((name, i) =>
    i > 0
      ? [forbidden(`${field}.${name}`, 'may not specify more than 1 handler type')]
      : handlers[name]!(asObject(holder[name]), `${field}.${name}`),
  )
}

const probeNumbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

function probeErrors(probe: unknown, field: string, onceOnly: boolean): FieldError[] {
  if (probe === undefined) return []
  const one = asObject(probe)
  const errors = [
    ...handlerErrors(one, field),
    ...probeNumbers.flatMap((name) => nonNegative(`${field}.${name}`, one[name])),
  ]
  const grace = one.terminationGracePeriodSeconds
  if (typeof grace === 'number' && grace <= 0) {
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'))
  }
  const success = one.successThreshold
  if (onceOnly && typeof success === 'number' && success !== 1) {
    errors.push(invalid(`${field}.successThreshold`, success, 'must be 1'))
  }
  return errors
}

function lifecycleErrors(lifecycle: unknown, field: string): FieldError[] {
  return ['postStart', 'preStop'].flatMap((name) => {
    const handler = asObject(lifecycle)[name]
    return handler === undefined ? [] : handlerErrors(asObject(handler), `${field}.${name}`)
  })
}

function securityErrors(context: unknown, field: string): FieldError[] {
  const { privileged, allowPrivilegeEscalation, runAsUser, runAsGroup } = asObject(context)
  const errors = [
    runAsUserErrors(runAsUser, `${field}.runAsUser`),
    runAsUserErrors(runAsGroup, `${field}.runAsGroup`),
  ].flat()
  if (privileged === true && allowPrivilegeEscalation === false) {
    const text = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'
    errors.push({ ...invalid(field, context, text) })
  }
  return errors
}

function runAsUserErrors(id: unknown, field: string): FieldError[] {
  const bad = typeof id === 'number' && (id < 0 || id > 2147483647)
  return bad ? [invalid(field, id, 'must be between 0 and 2147483647, inclusive')] : []
}

function identityErrors(container: PlainObject, at: string): FieldError[] {
  const { name, image } = container
  const errors: FieldError[] = []
  if (typeof name !== 'string' || name === '') errors.push(required(`${at}.name`))
  else errors.push(...invalidAll(`${at}.name`, name, dns1123Label(name)))
  if (typeof image !== 'string' || image === '') errors.push(required(`${at}.image`))
  else if (image !== image.trim())
    errors.push(invalid(`${at}.image`, image, 'must not have leading or trailing whitespace'))
  return errors
}

/** Models validateContainerCommon: what every sort of container is checked for. */
function commonErrors(container: PlainObject, at: string, facts: PodFacts, ctx: ValidationContext): FieldError[] {
  const relaxed = ctx.release === undefined || minorOf(ctx.release) >= RELAXED_ENV_SINCE
  return [
    ...identityErrors(container, at),
    ...oneOf(`${at}.terminationMessagePolicy`, container.terminationMessagePolicy, messagePolicies),
    ...portErrors(asList(container.ports), `${at}.ports`, facts),
    ...envErrors(asList(container.env), `${at}.env`, relaxed),
    ...envFromErrors(asList(container.envFrom), `${at}.envFrom`),
    ...mountErrors(asList(container.volumeMounts), `${at}.volumeMounts`, facts),
    ...oneOf(`${at}.imagePullPolicy`, container.imagePullPolicy, pullPolicies),
    ...resourceErrors(container.resources, `${at}.resources`),
    ...securityErrors(container.securityContext, `${at}.securityContext`),
  ]
}

function nameTaken(container: PlainObject, at: string, names: Set<unknown>): FieldError[] {
  if (names.has(container.name)) return [duplicate(`${at}.name`, container.name)]
  if (container.name) names.add(container.name)
  return []
}

/** Models validateContainers. Not modelled: resizePolicy, volumeDevices, restart rules. */
export function containerErrors(
  list: PlainObject[],
  field: string,
  facts: PodFacts,
  ctx: ValidationContext,
): FieldError[] {
  if (list.length === 0) return [required(field)]
  const names = new Set<unknown>()
  return [
    ...list.flatMap((container, i) => oneContainer(container, `${field}[${i}]`, names, facts, ctx)),
    ...hostPortConflicts(list, field),
  ]
}

function oneContainer(
  container: PlainObject,
  at: string,
  names: Set<unknown>,
  facts: PodFacts,
  ctx: ValidationContext,
): FieldError[] {
  return [
    ...commonErrors(container, at, facts, ctx),
    ...nameTaken(container, at, names),
    ...lifecycleErrors(container.lifecycle, `${at}.lifecycle`),
    ...probeErrors(container.livenessProbe, `${at}.livenessProbe`, true),
    ...probeErrors(container.readinessProbe, `${at}.readinessProbe`, false),
    ...probeErrors(container.startupProbe, `${at}.startupProbe`, true),
  ]
}

/** Models checkHostPortConflicts: one host port, protocol and address once a pod. */
function hostPortConflicts(list: PlainObject[], field: string): FieldError[] {
  const taken = new Set<string>()
  return list.flatMap((container, i) =>
    asList(container.ports).flatMap((port, j) => {
      if (!port.hostPort) return []
      const key = `${String(port.protocol)}/${String(port.hostIP ?? '')}/${String(port.hostPort)}`
      if (taken.has(key)) return [duplicate(`${field}[${i}].ports[${j}].hostPort`, key)]
      taken.add(key)
      return []
    }),
  )
}

const forbiddenInInit = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']

/** Models validateInitContainers: a sidecar (`restartPolicy: Always`) may have probes, others may not. */
export function initContainerErrors(
  list: PlainObject[],
  regular: PlainObject[],
  field: string,
  facts: PodFacts,
  ctx: ValidationContext,
): FieldError[] {
  const names = new Set<unknown>(regular.map((container) => container.name))
  return list.flatMap((container, i) => {
    const at = `${field}[${i}]`
    if (container.restartPolicy === 'Always') return oneContainer(container, at, names, facts, ctx)
    return [
      ...commonErrors(container, at, facts, ctx),
      ...oneOfIfSet(`${at}.restartPolicy`, container.restartPolicy, ['Always', 'Never', 'OnFailure']),
      ...nameTaken(container, at, names),
      ...forbiddenInInit
        .filter((name) => container[name] !== undefined)
        .map((name) => forbidden(`${at}.${name}`, 'may not be set for init containers without restartPolicy=Always')),
    ]
  })
}

/** Models validateEphemeralContainers, the part about names and images. */
export function ephemeralContainerErrors(list: PlainObject[], others: PlainObject[], field: string): FieldError[] {
  const names = new Set<unknown>(others.map((container) => container.name))
  return list.flatMap((container, i) => {
    const at = `${field}[${i}]`
    const target = container.targetContainerName
    const known = !target || others.some((other) => other.name === target)
    return [
      ...identityErrors(container, at),
      ...nameTaken(container, at, names),
      ...(known ? [] : [notFound(`${at}.targetContainerName`, target)]),
    ]
  })
}

export const imagePullSecretErrors = (list: PlainObject[], field: string): FieldError[] =>
  list.flatMap((one, i) =>
    one.name
      ? invalidAll(`${field}[${i}].name`, one.name, dns1123Subdomain(String(one.name)))
      : [required(`${field}[${i}].name`)],
  )
