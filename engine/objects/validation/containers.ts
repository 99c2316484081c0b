import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { labelKeyErrors } from '../selectors.ts'
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
  tooLong,
} from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { minorIn } from './go-values.ts'
import { configKey, dns1123Label, dns1123Subdomain, envName, headerName, portName, portNumber } from './names.ts'
import { descendingPathErrors, securityContextErrors } from './pod-security.ts'
import { resourceErrors } from './resources.ts'

const RELAXED_ENV_SINCE = 32
const protocols = ['SCTP', 'TCP', 'UDP']
const pullPolicies = ['Always', 'IfNotPresent', 'Never']
const messagePolicies = ['File', 'FallbackToLogsOnError']
/** Zero seconds of sleep are allowed from this minor on. */
const ZERO_SLEEP_SINCE = 33
/** Containers may have restart policies of their own, and environments come from files, from this minor on. */
const RESTART_RULES_SINCE = 35
const ENV_FILES_SINCE = 35
const MAX_RESTART_RULES = 20
const MAX_EXIT_CODES = 255

/** What a container is checked against: its pod's volumes, network and claims. */
export interface PodFacts {
  /** By name; only those without errors. */
  volumes: Map<unknown, PlainObject>
  claims: readonly string[]
  gracePeriod?: number
  restartPolicy?: unknown
  hostUsers: boolean
}

export const noFacts: PodFacts = { volumes: new Map(), claims: [], hostUsers: true }

function portErrors(ports: PlainObject[], field: string): FieldError[] {
  const names = new Set<unknown>()
  return ports.flatMap((port, i) => {
    const at = `${field}[${i}]`
    return [...portNameErrors(port, at, names), ...portNumberErrors(port, at)]
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

function portNumberErrors(port: PlainObject, at: string): FieldError[] {
  const { containerPort, hostPort, protocol } = port
  const errors: FieldError[] = []
  if (!containerPort) errors.push(required(`${at}.containerPort`))
  else errors.push(...invalidAll(`${at}.containerPort`, containerPort, portNumber(containerPort)))
  if (hostPort) errors.push(...invalidAll(`${at}.hostPort`, hostPort, portNumber(hostPort)))
  return [...errors, ...oneOf(`${at}.protocol`, protocol, protocols)]
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
/** What the downward API knows besides; where it may be used is told by the caller. */
const otherFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]

function subscriptErrors(path: string, key: string, field: string): FieldError[] {
  const name = path === 'metadata.annotations' ? key.toLowerCase() : key
  if (path === 'metadata.annotations' || path === 'metadata.labels')
    return invalidAll(field, name, labelKeyErrors(name))
  const whole = `${path}['${key}']`
  const text = `error converting fieldPath: field label does not support subscript: ${whole}`
  return [invalid(`${field}.fieldPath`, whole, text)]
}

/** Models validateObjectFieldSelector. */
export function fieldRefErrors(ref: PlainObject, field: string, supported = envFieldPaths): FieldError[] {
  const path = String(ref.fieldPath ?? '')
  const version = String(ref.apiVersion ?? 'v1')
  if (path === '') return [required(`${field}.fieldPath`)]
  const cannot = (why: string) => [invalid(`${field}.fieldPath`, path, `error converting fieldPath: ${why}`)]
  if (version !== 'v1') return cannot(`unsupported pod version: ${version}`)
  const subscript = /^(.+)\['(.*)'\]$/.exec(path)
  if (subscript !== null) return subscriptErrors(subscript[1]!, subscript[2]!, field)
  if (![...envFieldPaths, ...otherFieldPaths].includes(path)) return cannot(`field label not supported: ${path}`)
  return supported.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, supported)]
}

const resourcePaths = ['cpu', 'ephemeral-storage', 'memory'].map((name) => `limits.${name}`)
const resourceExpressions = [...resourcePaths, ...resourcePaths.map((path) => path.replace('limits', 'requests'))]
const MEMORY_DIVISORS = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei'

function divisorErrors(resource: string, divisor: unknown, field: string): FieldError[] {
  const text = String(divisor ?? '0')
  if (text === '0' || text === '') return []
  const isCpu = resource.endsWith('.cpu')
  const known = isCpu ? ['1m', '1'] : MEMORY_DIVISORS.split(', ')
  const what = isCpu
    ? 'cpu'
    : resource.includes('hugepages')
      ? 'hugepages'
      : resource.endsWith('memory')
        ? 'memory'
        : 'local ephemeral storage'
  const values = isCpu ? '1m and 1' : MEMORY_DIVISORS
  if (known.includes(text)) return []
  return [
    invalid(`${field}.divisor`, resource, `only divisor's values ${values} are supported with the ${what} resource`),
  ]
}

/** Models validateContainerResourceFieldSelector. */
export function resourceRefErrors(ref: PlainObject, field: string, isVolume = false): FieldError[] {
  const resource = String(ref.resource ?? '')
  const pages = /^(requests|limits)\.hugepages-/.test(resource)
  const errors: FieldError[] = []
  if (isVolume && !ref.containerName) errors.push(required(`${field}.containerName`))
  else if (resource === '') errors.push(required(`${field}.resource`))
  else if (!resourceExpressions.includes(resource) && !pages)
    errors.push(notSupported(`${field}.resource`, resource, resourceExpressions))
  return resourceExpressions.includes(resource) || pages
    ? [...errors, ...divisorErrors(resource, ref.divisor, field)]
    : errors
}

function keyRefErrors(ref: PlainObject, field: string): FieldError[] {
  const name = String(ref.name ?? '')
  const errors = invalidAll(`${field}.name`, name, dns1123Subdomain(name))
  if (!ref.key) return [...errors, required(`${field}.key`)]
  return [...errors, ...invalidAll(`${field}.key`, ref.key, configKey(String(ref.key)))]
}

/** Models validateFileKeySelector. */
function fileRefErrors(ref: PlainObject, field: string): FieldError[] {
  const { key, volumeName, path } = ref
  return [
    ...(key ? invalidAll(`${field}.key`, key, envName(String(key), true)) : [required(`${field}.key`)]),
    ...(volumeName
      ? invalidAll(`${field}.volumeName`, volumeName, dns1123Label(String(volumeName)))
      : [required(`${field}.volumeName`)]),
    ...(path ? descendingPathErrors(String(path), `${field}.path`) : [required(`${field}.path`)]),
  ]
}

const sourceChecks: Record<string, (ref: PlainObject, field: string) => FieldError[]> = {
  fieldRef: (ref, field) => fieldRefErrors(ref, field),
  resourceFieldRef: (ref, field) => resourceRefErrors(ref, field),
  configMapKeyRef: keyRefErrors,
  secretKeyRef: keyRefErrors,
  fileKeyRef: fileRefErrors,
}

function valueFromErrors(env: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  if (env.valueFrom === undefined) return []
  const source = asObject(env.valueFrom)
  const given = envSources.filter((name) => source[name] !== undefined)
  const last = minorIn(ctx) >= ENV_FILES_SINCE ? ', `secretKeyRef` or `fileKeyRef`' : ' or `secretKeyRef`'
  if (given.length === 0)
    return [invalid(field, '', `must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`${last}`)]
  const errors = given.flatMap((name) => sourceChecks[name]!(asObject(source[name]), `${field}.${name}`))
  if (env.value) return [...errors, invalid(field, '', 'may not be specified when `value` is not empty')]
  if (given.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
  return errors
}

function envErrors(list: PlainObject[], field: string, ctx: ValidationContext): FieldError[] {
  return list.flatMap((env, i) => {
    const at = `${field}[${i}]`
    const name = typeof env.name === 'string' ? env.name : ''
    const named = name === '' ? [required(`${at}.name`)] : invalidAll(`${at}.name`, name, envName(name, isRelaxed(ctx)))
    return [...named, ...valueFromErrors(env, `${at}.valueFrom`, ctx)]
  })
}

const isRelaxed = (ctx: ValidationContext): boolean => minorIn(ctx) >= RELAXED_ENV_SINCE

function envFromErrors(list: PlainObject[], field: string, ctx: ValidationContext): FieldError[] {
  return list.flatMap((one, i) => {
    const at = `${field}[${i}]`
    const given = ['configMapRef', 'secretRef'].filter((name) => one[name] !== undefined)
    const errors = one.prefix ? invalidAll(`${at}.prefix`, one.prefix, envName(String(one.prefix), isRelaxed(ctx))) : []
    errors.push(...given.flatMap((name) => sourceNameErrors(asObject(one[name]).name, `${at}.${name}.name`)))
    if (given.length === 0) errors.push(invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (given.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
    return errors
  })
}

/** The name counts as a prefix: a hyphen may end it. */
const sourceNameErrors = (name: unknown, field: string): FieldError[] =>
  name ? invalidAll(field, name, dns1123Subdomain(String(name).replace(/-$/, 'a'))) : [required(field)]

const propagations = ['Bidirectional', 'HostToContainer', 'None']
const recursions = ['Disabled', 'Enabled', 'IfPossible']

function propagationErrors(mount: PlainObject, container: PlainObject, field: string): FieldError[] {
  const { mountPropagation: mode } = mount
  if (mode === undefined) return []
  const errors = propagations.includes(String(mode)) ? [] : [notSupported(field, mode, propagations)]
  if (mode !== 'Bidirectional' || asObject(container.securityContext).privileged === true) return errors
  return [...errors, forbidden(field, 'Bidirectional mount propagation is available only to privileged containers')]
}

function recursionErrors(mount: PlainObject, field: string): FieldError[] {
  const { recursiveReadOnly: mode, readOnly, mountPropagation } = mount
  if (mode === undefined || mode === 'Disabled') return []
  if (!recursions.includes(String(mode))) return [notSupported(field, mode, recursions)]
  const errors = readOnly === true ? [] : [forbidden(field, 'may only be specified when readOnly is true')]
  if (mountPropagation === undefined || mountPropagation === 'None') return errors
  return [...errors, forbidden(field, 'may only be specified when mountPropagation is None or not specified')]
}

/** Models ValidateVolumeMounts; the paths of some errors have no index. */
function mountErrors(container: PlainObject, field: string, facts: PodFacts): FieldError[] {
  const devices = asList(container.volumeDevices)
  const paths = new Set<unknown>()
  return asList(container.volumeMounts).flatMap((mount, i) => {
    const at = `${field}[${i}]`
    const errors: FieldError[] = []
    if (!mount.name) errors.push(required(`${at}.name`))
    if (!facts.volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name ?? ''))
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`))
    if (paths.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'))
    paths.add(mount.mountPath)
    if (devices.some(({ name }) => name === mount.name))
      errors.push(invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices'))
    if (devices.some(({ devicePath }) => devicePath === mount.mountPath))
      errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices'))
    return [
      ...errors,
      ...subPathErrors(mount, at, field),
      ...propagationErrors(mount, container, `${field}.mountPropagation`),
      ...recursionErrors(mount, `${field}.recursiveReadOnly`),
    ]
  })
}

function subPathErrors(mount: PlainObject, at: string, list: string): FieldError[] {
  const [subPath, expression] = [String(mount.subPath ?? ''), String(mount.subPathExpr ?? '')]
  const errors = subPath === '' ? [] : descendingPathErrors(subPath, `${list}.subPath`)
  if (expression === '') return errors
  if (subPath !== '')
    errors.push(invalid(`${at}.subPathExpr`, expression, 'subPathExpr and subPath are mutually exclusive'))
  return [...errors, ...descendingPathErrors(expression, `${list}.subPathExpr`)]
}

/** Models ValidateVolumeDevices. */
function deviceErrors(container: PlainObject, field: string, facts: PodFacts): FieldError[] {
  const mounts = asList(container.volumeMounts)
  const [names, paths] = [new Set<unknown>(), new Set<unknown>()]
  return asList(container.volumeDevices).flatMap((device, i) => {
    const { name, devicePath: path } = device
    const at = `${field}[${i}]`
    const volume = facts.volumes.get(name)
    const errors: FieldError[] = name ? [] : [required(`${at}.name`)]
    if (names.has(name)) errors.push(invalid(`${at}.name`, name, 'must be unique'))
    if (volume !== undefined && volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined)
      errors.push(
        invalid(
          `${at}.name`,
          name,
          'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        ),
      )
    if (volume === undefined) errors.push(notFound(`${at}.name`, name ?? ''))
    if (!path) errors.push(required(`${at}.devicePath`))
    if (paths.has(path)) errors.push(invalid(`${at}.devicePath`, path, 'must be unique'))
    if (
      String(path ?? '')
        .split('/')
        .includes('..')
    )
      errors.push(invalid(`${at}.devicePath`, path, "can not contain backsteps ('..')"))
    else paths.add(path)
    if (mounts.some((mount) => mount.name === name))
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeMounts'))
    if (mounts.some(({ mountPath }) => mountPath === path))
      errors.push(invalid(`${at}.devicePath`, path, 'must not already exist as a path in volumeMounts'))
    if (name) names.add(name)
    return errors
  })
}

function targetPortErrors(port: unknown, field: string): FieldError[] {
  if (typeof port === 'string') return invalidAll(field, port, portName(port))
  return invalidAll(field, port ?? 0, portNumber(port))
}

type HandlerCheck = (handler: PlainObject, field: string, facts: PodFacts, ctx: ValidationContext) => FieldError[]

/** Models validateSleepAction. */
const sleepErrors: HandlerCheck = ({ seconds }, field, { gracePeriod }, ctx) => {
  const zero = minorIn(ctx) >= ZERO_SLEEP_SINCE
  const value = Number(seconds ?? 0)
  if (gracePeriod === undefined || (value >= (zero ? 0 : 1) && value <= gracePeriod)) return []
  const what = zero ? 'non-negative' : 'greater than 0'
  return [invalid(field, value, `must be ${what} and less than terminationGracePeriodSeconds (${gracePeriod})`)]
}

const handlers: Record<string, HandlerCheck> = {
  exec: (handler, field) => (asList(handler.command).length > 0 ? [] : [required(`${field}.command`)]),
  httpGet: (handler, field) => [
    ...(handler.path ? [] : [required(`${field}.path`)]),
    ...targetPortErrors(handler.port, `${field}.port`),
    ...(['HTTP', 'HTTPS'].includes(String(handler.scheme))
      ? []
      : [notSupported(`${field}.scheme`, handler.scheme ?? '', ['HTTP', 'HTTPS'])]),
    ...asList(handler.httpHeaders).flatMap(({ name }) =>
      invalidAll(`${field}.httpHeaders`, name ?? '', headerName(String(name ?? ''))),
    ),
  ],
  tcpSocket: (handler, field) => targetPortErrors(handler.port, `${field}.port`),
  grpc: (handler, field) => invalidAll(`${field}.port`, handler.port ?? 0, portNumber(handler.port)),
  sleep: sleepErrors,
}

function handlerErrors(holder: PlainObject, field: string, facts: PodFacts, ctx: ValidationContext): FieldError[] {
  const given = Object.keys(handlers).filter((name) => holder[name] !== undefined)
  if (given.length === 0) return [required(field, 'must specify a handler type')]
  return given.flatMap((name, i) =>
    i > 0
      ? [forbidden(`${field}.${name}`, 'may not specify more than 1 handler type')]
      : handlers[name]!(asObject(holder[name]), `${field}.${name}`, facts, ctx),
  )
}

const probeNumbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

function probeErrors(
  container: PlainObject,
  name: string,
  at: string,
  facts: PodFacts,
  ctx: ValidationContext,
): FieldError[] {
  if (container[name] === undefined) return []
  const [one, field, isReadiness] = [asObject(container[name]), `${at}.${name}`, name === 'readinessProbe']
  const errors = [
    ...handlerErrors(one, field, facts, ctx),
    ...probeNumbers.flatMap((number) => nonNegative(`${field}.${number}`, one[number])),
  ]
  const grace = one.terminationGracePeriodSeconds
  if (typeof grace === 'number' && grace <= 0)
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'))
  if (isReadiness && grace !== undefined)
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'))
  const success = one.successThreshold
  if (!isReadiness && typeof success === 'number' && success !== 1)
    errors.push(invalid(`${field}.successThreshold`, success, 'must be 1'))
  return errors
}

function lifecycleErrors(lifecycle: unknown, field: string, facts: PodFacts, ctx: ValidationContext): FieldError[] {
  return ['postStart', 'preStop'].flatMap((name) => {
    const handler = asObject(lifecycle)[name]
    return handler === undefined ? [] : handlerErrors(asObject(handler), `${field}.${name}`, facts, ctx)
  })
}

const runErrors = (container: PlainObject, at: string, facts: PodFacts, ctx: ValidationContext): FieldError[] => [
  ...lifecycleErrors(container.lifecycle, `${at}.lifecycle`, facts, ctx),
  ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) =>
    probeErrors(container, name, at, facts, ctx),
  ),
]

function identityErrors(container: PlainObject, at: string): FieldError[] {
  const { name, image } = container
  const errors: FieldError[] = []
  if (typeof name !== 'string' || name === '') errors.push(required(`${at}.name`))
  else errors.push(...invalidAll(`${at}.name`, name, dns1123Label(name)))
  if (typeof image !== 'string' || image === '') errors.push(required(`${at}.image`))
  return errors
}

/** Models validateContainerOnlyForPod: templates are not held to it. */
export function paddedImageErrors(list: PlainObject[], field: string): FieldError[] {
  return list.flatMap(({ image }, i) =>
    typeof image === 'string' && image !== image.trim()
      ? [invalid(`${field}[${i}].image`, image, 'must not have leading or trailing whitespace')]
      : [],
  )
}

const resizable = ['cpu', 'memory']
const resizes = ['NotRequired', 'RestartContainer']

/** Models validateResizePolicy; most errors stand at the list itself. */
function resizeErrors(list: PlainObject[], field: string, facts: PodFacts): FieldError[] {
  const seen = new Set<unknown>()
  return list.flatMap(({ resourceName, restartPolicy }, i) => {
    const errors = seen.has(resourceName)
      ? [{ ...duplicate(`${field}[${i}]`, resourceName), shown: String(resourceName) }]
      : []
    seen.add(resourceName)
    const name = oneOf(field, resourceName, resizable).map((error) =>
      error.type === 'NotSupported' ? { ...error, shown: String(resourceName) } : error,
    )
    const never = facts.restartPolicy === 'Never' && restartPolicy !== 'NotRequired'
    const text = "must be 'NotRequired' when `restartPolicy` is 'Never'"
    return [
      ...errors,
      ...name,
      ...oneOf(field, restartPolicy, resizes),
      ...(never ? [invalid(field, restartPolicy ?? '', text)] : []),
    ]
  })
}

/** Models validateContainerCommon: what every sort of container is checked for. */
function commonErrors(container: PlainObject, at: string, facts: PodFacts, ctx: ValidationContext): FieldError[] {
  return [
    ...identityErrors(container, at),
    ...oneOf(`${at}.terminationMessagePolicy`, container.terminationMessagePolicy, messagePolicies),
    ...portErrors(asList(container.ports), `${at}.ports`),
    ...envErrors(asList(container.env), `${at}.env`, ctx),
    ...envFromErrors(asList(container.envFrom), `${at}.envFrom`, ctx),
    ...mountErrors(container, `${at}.volumeMounts`, facts),
    ...deviceErrors(container, `${at}.volumeDevices`, facts),
    ...oneOf(`${at}.imagePullPolicy`, container.imagePullPolicy, pullPolicies),
    ...resourceErrors(container.resources, `${at}.resources`, facts.claims),
    ...resizeErrors(asList(container.resizePolicy), `${at}.resizePolicy`, facts),
    ...securityContextErrors(container.securityContext, `${at}.securityContext`, facts.hostUsers),
  ]
}

function exitCodeErrors(rule: PlainObject, at: string): FieldError[] {
  if (rule.exitCodes === undefined) return [required(`${at}.exitCodes`, 'must be specified')]
  const { operator, values } = asObject(rule.exitCodes)
  const known = operator === 'In' || operator === 'NotIn'
  const errors = known ? [] : [notSupported(`${at}.exitCodes.operator`, operator ?? '', ['In', 'NotIn'])]
  return asList(values).length > MAX_EXIT_CODES
    ? [...errors, tooLong(`${at}.exitCodes.values`, MAX_EXIT_CODES)]
    : errors
}

/** Models validateContainerRestartPolicy. */
function restartErrors(container: PlainObject, at: string): FieldError[] {
  const { restartPolicy } = container
  const rules = asList(container.restartPolicyRules)
  const field = `${at}.restartPolicy`
  const errors = oneOfIfSet(field, restartPolicy, ['Always', 'Never', 'OnFailure'])
  if (restartPolicy === undefined && rules.length > 0)
    errors.push(required(field, 'must specify restartPolicy when restart rules are used'))
  if (rules.length > MAX_RESTART_RULES) errors.push(tooLong(`${field}Rules`, MAX_RESTART_RULES))
  return [
    ...errors,
    ...rules.flatMap((rule, i) => [
      ...(rule.action === 'Restart'
        ? []
        : [notSupported(`${field}Rules[${i}].action`, rule.action ?? '', ['Restart'])]),
      ...exitCodeErrors(rule, `${field}Rules[${i}]`),
    ]),
  ]
}

function nameTaken(container: PlainObject, at: string, names: Set<unknown>): FieldError[] {
  if (names.has(container.name)) return [duplicate(`${at}.name`, container.name)]
  if (container.name) names.add(container.name)
  return []
}

/** Models validateContainers. */
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
  const tooEarly = minorIn(ctx) < RESTART_RULES_SINCE
  const own =
    container.restartPolicy === undefined
      ? []
      : [forbidden(`${at}.restartPolicy`, 'may not be set for non-init containers')]
  return [
    ...commonErrors(container, at, facts, ctx),
    ...nameTaken(container, at, names),
    ...runErrors(container, at, facts, ctx),
    ...(tooEarly ? own : restartErrors(container, at)),
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

/** Models validatePodHostNetworkDeps; templates may leave the host's port to the default. */
export function hostNetworkErrors(spec: PlainObject, field: string, isPod: boolean): FieldError[] {
  if (spec.hostNetwork !== true) return []
  return asList(spec.containers).flatMap((container, i) =>
    asList(container.ports).flatMap(({ hostPort, containerPort }, j) => {
      const given = Number(hostPort ?? 0)
      if ((!isPod && given === 0) || given === Number(containerPort ?? 0)) return []
      const at = `${field}.containers[${i}].ports[${j}].hostPort`
      return [invalid(at, given, 'must match `containerPort` when `hostNetwork` is true')]
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
    const early = minorIn(ctx) < RESTART_RULES_SINCE
    return [
      ...commonErrors(container, at, facts, ctx),
      ...(early
        ? oneOfIfSet(`${at}.restartPolicy`, container.restartPolicy, ['Always'])
        : restartErrors(container, at)),
      ...nameTaken(container, at, names),
      ...hostPortConflicts([container], field),
      ...(container.restartPolicy === 'Always'
        ? runErrors(container, at, facts, ctx)
        : forbiddenInInit
            .filter((name) => container[name] !== undefined)
            .map((name) =>
              forbidden(`${at}.${name}`, 'may not be set for init containers without restartPolicy=Always'),
            )),
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
      ...paddedImageErrors([container], field),
      ...nameTaken(container, at, names),
      ...(known ? [] : [notFound(`${at}.targetContainerName`, target)]),
    ]
  })
}
