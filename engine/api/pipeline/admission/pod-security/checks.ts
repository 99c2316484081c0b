/**
 * The Pod Security Standards: each check with the policy version that brought it. Models
 * pod-security-admission/policy/check_*.go (T6).
 */
import type { Container, EphemeralContainer, Pod, PodSpec, SecurityContext } from '../../../../objects/types.gen.ts'
import type { PodSecurityContext, Volume } from '../../../../objects/types.gen.ts'

/** Why a pod breaks a check: `reason (detail)`. */
export interface Violation {
  reason: string
  detail: string
}

/** What is looked at: a pod, or the template of one. */
export interface PodLike {
  metadata?: { annotations?: Record<string, string> }
  spec: PodSpec
}

type CheckPod = (pod: PodLike) => Violation | undefined

export interface Check {
  id: string
  level: 'baseline' | 'restricted'
  /** The check as of each minor version of the policy; none applies before the first. */
  versions: [since: number, check: CheckPod][]
  /** Checks of the baseline that this one says more strictly. */
  replaces?: string[]
}

type AnyContainer = Container | EphemeralContainer

const containersOf = ({ initContainers, containers, ephemeralContainers }: PodSpec): AnyContainer[] => [
  ...(initContainers ?? []),
  ...(containers ?? []),
  ...(ephemeralContainers ?? []),
]

const contextOf = (container: AnyContainer): SecurityContext => container.securityContext ?? {}

const quoted = (items: string[]): string => items.map((item) => JSON.stringify(item)).join(', ')

const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort()

const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many)

/** `container "a"`, `containers "a", "b"` */
const named = (names: string[]): string => `${plural(names.length, 'container', 'containers')} ${quoted(names)}`

const bad = (spec: PodSpec, isBad: (container: AnyContainer) => boolean): string[] =>
  containersOf(spec)
    .filter(isBad)
    .map(({ name }) => name)

/** `pod and container "a"`: who says something that it must not. */
function settersOf(spec: PodSpec, isBad: (context: PodSecurityContext | SecurityContext) => boolean): string[] {
  const names = bad(spec, (container) => isBad(contextOf(container)))
  return [...(isBad(spec.securityContext ?? {}) ? ['pod'] : []), ...(names.length > 0 ? [named(names)] : [])]
}

/** Values that pods and containers give to one field. */
const valuesOf = (
  spec: PodSpec,
  value: (context: PodSecurityContext | SecurityContext) => string | undefined,
): string[] => [spec.securityContext ?? {}, ...containersOf(spec).map(contextOf)].flatMap((one) => value(one) ?? [])

const isWindows = ({ spec }: PodLike): boolean => spec.os?.name === 'windows'

const hasUserNamespace = ({ spec }: PodLike): boolean => spec.hostUsers === false

const unless =
  (isExempt: (pod: PodLike) => boolean, check: CheckPod): CheckPod =>
  (pod) =>
    isExempt(pod) ? undefined : check(pod)

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'

const appArmorProfile: CheckPod = ({ metadata, spec }) => {
  const isBad = (type: string | undefined): boolean =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
  const typeOf = (context: PodSecurityContext | SecurityContext): string | undefined => context.appArmorProfile?.type
  const setters = settersOf(spec, (context) => isBad(typeOf(context)))
  const annotations = Object.entries(metadata?.annotations ?? {})
    .filter(([key, value]) => key.startsWith(APP_ARMOR) && !isAllowedAnnotation(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  if (annotations.length > 0) setters.push(plural(annotations.length, 'annotation', 'annotations'))
  if (setters.length === 0) return undefined
  const values = [...sorted(valuesOf(spec, typeOf).filter(isBad)), ...annotations]
  return {
    reason: plural(values.length, 'forbidden AppArmor profile', 'forbidden AppArmor profiles'),
    detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const isAllowedAnnotation = (value: string): boolean =>
  value === '' || value === 'runtime/default' || value.startsWith('localhost/')

const BASELINE_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

/** `container "a" must not include "NET_ADMIN" in securityContext.capabilities.add` */
function addedCapabilities(spec: PodSpec, isAllowed: (name: string) => boolean): string | undefined {
  const added = (container: AnyContainer): string[] =>
    (contextOf(container).capabilities?.add ?? []).filter((name) => !isAllowed(name))
  const names = bad(spec, (container) => added(container).length > 0)
  if (names.length === 0) return undefined
  const all = sorted(containersOf(spec).flatMap(added))
  return `${named(names)} must not include ${quoted(all)} in securityContext.capabilities.add`
}

const capabilitiesBaseline: CheckPod = ({ spec }) => {
  const detail = addedCapabilities(spec, (name) => BASELINE_CAPABILITIES.has(name))
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail }
}

const hostNamespaces: CheckPod = ({ spec }) => {
  const fields = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true)
  if (fields.length === 0) return undefined
  return { reason: 'host namespaces', detail: fields.map((field) => `${field}=true`).join(', ') }
}

const hostPathVolumes: CheckPod = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name)
  if (names.length === 0) return undefined
  return { reason: 'hostPath volumes', detail: `${plural(names.length, 'volume', 'volumes')} ${quoted(names)}` }
}

const hostPorts: CheckPod = ({ spec }) => {
  const portsOf = (container: AnyContainer): string[] =>
    (container.ports ?? []).flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]))
  const names = bad(spec, (container) => portsOf(container).length > 0)
  if (names.length === 0) return undefined
  const ports = sorted(containersOf(spec).flatMap(portsOf))
  const uses = plural(names.length, 'uses', 'use')
  return {
    reason: 'hostPort',
    detail: `${named(names)} ${uses} ${plural(ports.length, 'hostPort', 'hostPorts')} ${ports.join(', ')}`,
  }
}

const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: AnyContainer): string[] =>
  [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((one) =>
    [one?.httpGet?.host, one?.tcpSocket?.host].filter((host): host is string => host !== undefined && host !== ''),
  )

const hostProbesAndHostLifecycle: CheckPod = ({ spec }) => {
  const names = sorted(bad(spec, (container) => hostsOf(container).length > 0))
  if (names.length === 0) return undefined
  const hosts = sorted(containersOf(spec).flatMap(hostsOf))
  const uses = plural(names.length, 'uses', 'use')
  const what = plural(hosts.length, 'probe or lifecycle host', 'probe or lifecycle hosts')
  return { reason: 'probe or lifecycle host', detail: `${named(names)} ${uses} ${what} ${quoted(hosts)}` }
}

const privileged: CheckPod = ({ spec }) => {
  const names = bad(spec, (container) => contextOf(container).privileged === true)
  if (names.length === 0) return undefined
  return { reason: 'privileged', detail: `${named(names)} must not set securityContext.privileged=true` }
}

const procMount: CheckPod = ({ spec }) => {
  const mountOf = (container: AnyContainer): string => contextOf(container).procMount ?? 'Default'
  const names = bad(spec, (container) => mountOf(container) !== 'Default')
  if (names.length === 0) return undefined
  const values = sorted(
    containersOf(spec)
      .map(mountOf)
      .filter((value) => value !== 'Default'),
  )
  return { reason: 'procMount', detail: `${named(names)} must not set securityContext.procMount to ${quoted(values)}` }
}

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t']

const seLinuxOptions =
  (types: string[]): CheckPod =>
  ({ spec }) => {
    const all = [spec.securityContext ?? {}, ...containersOf(spec).map(contextOf)].map(
      (one) => one.seLinuxOptions ?? {},
    )
    const setters = settersOf(spec, ({ seLinuxOptions: { type = '', user = '', role = '' } = {} }) => {
      return !types.includes(type) || user !== '' || role !== ''
    })
    if (setters.length === 0) return undefined
    const wrong = sorted(all.map(({ type = '' }) => type).filter((type) => !types.includes(type)))
    const data = [
      ...(wrong.length > 0 ? [`${plural(wrong.length, 'type', 'types')} ${quoted(wrong)}`] : []),
      ...(all.some(({ user = '' }) => user !== '') ? ['user may not be set'] : []),
      ...(all.some(({ role = '' }) => role !== '') ? ['role may not be set'] : []),
    ]
    return {
      reason: 'seLinuxOptions',
      detail: `${setters.join(' and ')} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    }
  }

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'

const seccompAnnotations: CheckPod = ({ metadata, spec }) => {
  const keys = [SECCOMP, ...containersOf(spec).map(({ name }) => SECCOMP_CONTAINER + name)]
  const wrong = sorted(
    keys.flatMap((key) => {
      const value = metadata?.annotations?.[key]
      const isAllowed =
        value === undefined || value === 'docker/default' || (value !== '' && isAllowedAnnotation(value))
      return isAllowed ? [] : [`${key}=${JSON.stringify(value)}`]
    }),
  )
  if (wrong.length === 0) return undefined
  const detail = `forbidden ${plural(wrong.length, 'annotation', 'annotations')} ${wrong.join(', ')}`
  return { reason: 'seccompProfile', detail }
}

const seccompOf = (context: PodSecurityContext | SecurityContext): string | undefined => context.seccompProfile?.type

const isSeccomp = (type: string | undefined): boolean => type === 'RuntimeDefault' || type === 'Localhost'

const seccompBaseline: CheckPod = ({ spec }) => {
  const isBad = (type: string | undefined): boolean => type !== undefined && !isSeccomp(type)
  const setters = settersOf(spec, (context) => isBad(seccompOf(context)))
  if (setters.length === 0) return undefined
  const values = quoted(sorted(valuesOf(spec, seccompOf).filter(isBad)))
  return {
    reason: 'seccompProfile',
    detail: `${setters.join(' and ')} must not set securityContext.seccompProfile.type to ${values}`,
  }
}

const seccompRestricted: CheckPod = (pod) => {
  const explicit = seccompBaseline(pod)
  if (explicit !== undefined || isSeccomp(seccompOf(pod.spec.securityContext ?? {}))) return explicit
  const names = bad(pod.spec, (container) => seccompOf(contextOf(container)) === undefined)
  if (names.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `pod or ${named(names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
}

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports']
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

const sysctls =
  (allowed: string[]): CheckPod =>
  ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? [])
      .map(({ name }) => name)
      .filter((name) => !allowed.includes(name))
    return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') }
  }

const windowsHostProcess: CheckPod = ({ spec }) => {
  const setters = settersOf(spec, ({ windowsOptions }) => windowsOptions?.hostProcess === true)
  if (setters.length === 0) return undefined
  const detail = `${setters.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`
  return { reason: 'hostProcess', detail }
}

const allowPrivilegeEscalation: CheckPod = ({ spec }) => {
  const names = bad(spec, (container) => contextOf(container).allowPrivilegeEscalation !== false)
  if (names.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${named(names)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

const capabilitiesRestricted: CheckPod = ({ spec }) => {
  const keeping = bad(spec, (container) => !(contextOf(container).capabilities?.drop ?? []).includes('ALL'))
  const added = addedCapabilities(spec, (name) => name === 'NET_BIND_SERVICE')
  const details = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(added !== undefined ? [added] : []),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const RESTRICTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

const typeOfVolume = ({ name: _, ...source }: Volume): string =>
  Object.entries(source).find(([, value]) => value !== undefined)?.[0] ?? 'unknown'

const restrictedVolumes: CheckPod = ({ spec }) => {
  const wrong = (spec.volumes ?? []).filter((volume) => !RESTRICTED_VOLUMES.has(typeOfVolume(volume)))
  if (wrong.length === 0) return undefined
  const types = sorted(wrong.map(typeOfVolume))
  const names = quoted(wrong.map(({ name }) => name))
  const which = `${plural(wrong.length, 'volume', 'volumes')} ${names} ${plural(wrong.length, 'uses', 'use')}`
  const what = plural(types.length, 'restricted volume type', 'restricted volume types')
  return { reason: 'restricted volume types', detail: `${which} ${what} ${quoted(types)}` }
}

const runAsNonRoot: CheckPod = ({ spec }) => {
  const setters = settersOf(spec, (context) => context.runAsNonRoot === false)
  const reason = 'runAsNonRoot != true'
  if (setters.length > 0)
    return { reason, detail: `${setters.join(' and ')} must not set securityContext.runAsNonRoot=false` }
  if (spec.securityContext?.runAsNonRoot === true) return undefined
  const names = bad(spec, (container) => contextOf(container).runAsNonRoot === undefined)
  if (names.length === 0) return undefined
  return { reason, detail: `pod or ${named(names)} must set securityContext.runAsNonRoot=true` }
}

const runAsUser: CheckPod = ({ spec }) => {
  const setters = settersOf(spec, (context) => context.runAsUser === 0)
  if (setters.length === 0) return undefined
  return { reason: 'runAsUser=0', detail: `${setters.join(' and ')} must not set runAsUser=0` }
}

/** In upstream's order: the baseline by id, then what is restricted by id. */
export const CHECKS: Check[] = [
  { id: 'appArmorProfile', level: 'baseline', versions: [[0, appArmorProfile]] },
  { id: 'capabilities_baseline', level: 'baseline', versions: [[0, capabilitiesBaseline]] },
  { id: 'hostNamespaces', level: 'baseline', versions: [[0, hostNamespaces]] },
  { id: 'hostPathVolumes', level: 'baseline', versions: [[0, hostPathVolumes]] },
  { id: 'hostPorts', level: 'baseline', versions: [[0, hostPorts]] },
  { id: 'hostProbesAndHostLifecycle', level: 'baseline', versions: [[34, hostProbesAndHostLifecycle]] },
  { id: 'privileged', level: 'baseline', versions: [[0, privileged]] },
  {
    id: 'procMount',
    level: 'baseline',
    versions: [
      [0, procMount],
      [35, unless(hasUserNamespace, procMount)],
    ],
  },
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    versions: [
      [0, seLinuxOptions(SELINUX_TYPES)],
      [31, seLinuxOptions([...SELINUX_TYPES, 'container_engine_t'])],
    ],
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    versions: [
      [0, seccompAnnotations],
      [19, seccompBaseline],
    ],
  },
  {
    id: 'sysctls',
    level: 'baseline',
    versions: [
      [0, sysctls(SYSCTLS)],
      [27, sysctls(SYSCTLS_27)],
      [29, sysctls(SYSCTLS_29)],
      [32, sysctls(SYSCTLS_32)],
    ],
  },
  { id: 'windowsHostProcess', level: 'baseline', versions: [[0, windowsHostProcess]] },
  {
    id: 'allowPrivilegeEscalation',
    level: 'restricted',
    versions: [
      [8, allowPrivilegeEscalation],
      [25, unless(isWindows, allowPrivilegeEscalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    replaces: ['capabilities_baseline'],
    versions: [
      [22, capabilitiesRestricted],
      [25, unless(isWindows, capabilitiesRestricted)],
    ],
  },
  { id: 'procMount_restricted', level: 'restricted', replaces: ['procMount'], versions: [[35, procMount]] },
  { id: 'restrictedVolumes', level: 'restricted', replaces: ['hostPathVolumes'], versions: [[0, restrictedVolumes]] },
  {
    id: 'runAsNonRoot',
    level: 'restricted',
    versions: [
      [0, runAsNonRoot],
      [35, unless(hasUserNamespace, runAsNonRoot)],
    ],
  },
  {
    id: 'runAsUser',
    level: 'restricted',
    versions: [
      [23, runAsUser],
      [35, unless(hasUserNamespace, runAsUser)],
    ],
  },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    replaces: ['seccompProfile_baseline'],
    versions: [
      [19, seccompRestricted],
      [25, unless(isWindows, seccompRestricted)],
    ],
  },
]

/** The pod of a pod, for the checks. */
export const podLikeOf = (pod: Pod): PodLike => ({
  metadata: pod.metadata as PodLike['metadata'],
  spec: pod.spec as PodSpec,
})
