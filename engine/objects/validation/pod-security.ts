/** What a pod and its containers may do. Models the security contexts, seccomp, AppArmor, Windows and sysctl rules of core validation. */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, oneOf, required, tooLong } from './errors.ts'
import type { FieldError } from './errors.ts'
import { dns1123Subdomain } from './names.ts'

const MAX_ID = 2147483647
const MAX_PATH = 4095
const MAX_SYSCTL = 253
const MAX_CREDENTIAL_KIB = 64
const MAX_DOMAIN = 256
const MAX_USER = 104
const SYSCTL_TEXT = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/

export function descendingPathErrors(path: string, field: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []
  return path.split('/').includes('..') ? [...errors, invalid(field, path, "must not contain '..'")] : errors
}

const idErrors = (field: string, id: unknown): FieldError[] =>
  typeof id === 'number' && (id < 0 || id > MAX_ID)
    ? [invalid(field, id, `must be between 0 and ${MAX_ID}, inclusive`)]
    : []

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function profileTypeErrors(type: unknown, field: string, holder: string): FieldError[] {
  if (!type) return [required(field, `type is required when ${holder} is set`)]
  return profileTypes.includes(String(type)) ? [] : [notSupported(field, type, profileTypes)]
}

/** Models validateSeccompProfileField. */
function seccompErrors(profile: unknown, at: string): FieldError[] {
  if (profile === undefined) return []
  const { type, localhostProfile: path } = asObject(profile)
  const errors = profileTypeErrors(type, `${at}.type`, 'seccompProfile')
  const field = `${at}.localhostProfile`
  if (type !== 'Localhost')
    return path === undefined
      ? errors
      : [...errors, invalid(field, profile, 'can only be set when seccomp type is Localhost')]
  if (path === undefined) return [...errors, required(field, 'must be set when seccomp type is Localhost')]
  return [...errors, ...descendingPathErrors(String(path), field)]
}

function localAppArmorErrors(path: unknown, field: string): FieldError[] {
  const missing = required(field, 'must be set when AppArmor type is Localhost')
  if (path === undefined) return [missing]
  const text = String(path)
  const errors: FieldError[] = []
  if (text.trim() !== text) errors.push(invalid(field, text, 'must not be padded with whitespace'))
  else if (text === '') errors.push(missing)
  return text.length > MAX_PATH ? [...errors, tooLong(field, MAX_PATH)] : errors
}

/** Models ValidateAppArmorProfileField. */
function appArmorErrors(profile: unknown, at: string): FieldError[] {
  if (profile === undefined) return []
  const { type, localhostProfile: path } = asObject(profile)
  const field = `${at}.localhostProfile`
  if (type === 'Localhost') return localAppArmorErrors(path, field)
  const errors = profileTypeErrors(type, `${at}.type`, 'appArmorProfile')
  if (errors.length > 0 || path === undefined) return errors
  return [invalid(field, path, 'can only be set when AppArmor type is Localhost')]
}

function userProblems(domain: string | undefined, user: string): string[] {
  const dns = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
  const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
  const checks: [boolean, string][] = [
    [(domain ?? '').length >= MAX_DOMAIN, `Domain length must be under ${MAX_DOMAIN} characters`],
    [
      domain !== undefined && !netBios.test(domain) && !dns.test(domain),
      "Domain doesn't match the NetBios nor the DNS format",
    ],
    [user === '', 'User cannot be empty'],
    [user.length > MAX_USER, `User length must not be longer than ${MAX_USER} characters`],
    [/^[. ]+$/.test(user), 'User cannot contain only periods or spaces'],
    [/["/\\:;|=,+*?<>@[\]]/.test(user), 'User cannot contain the following characters: "/\\:;|=,+*?<>@[]'],
  ]
  return checks.filter(([is]) => is).map(([, text]) => `runAsUserName's ${text}`)
}

function userNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  return parts.length === 2 ? userProblems(parts[0]!, parts[1]!) : userProblems(undefined, parts[0]!)
}

/** Models validateWindowsSecurityContextOptions. */
function windowsErrors(options: unknown, at: string): FieldError[] {
  const { gmsaCredentialSpecName, gmsaCredentialSpec: spec, runAsUserName } = asObject(options)
  const errors: FieldError[] = []
  if (gmsaCredentialSpecName !== undefined)
    errors.push(
      ...invalidAll(
        `${at}.gmsaCredentialSpecName`,
        gmsaCredentialSpecName,
        dns1123Subdomain(String(gmsaCredentialSpecName)),
      ),
    )
  if (spec === '') errors.push(invalid(`${at}.gmsaCredentialSpec`, '', 'gmsaCredentialSpec cannot be an empty string'))
  else if (String(spec ?? '').length > MAX_CREDENTIAL_KIB * 1024)
    errors.push(
      invalid(`${at}.gmsaCredentialSpec`, spec, `gmsaCredentialSpec size must be under ${MAX_CREDENTIAL_KIB} KiB`),
    )
  if (runAsUserName === undefined) return errors
  return [...errors, ...invalidAll(`${at}.runAsUserName`, runAsUserName, userNameProblems(String(runAsUserName)))]
}

function procMountErrors(mount: unknown, at: string, hostUsers: boolean): FieldError[] {
  if (mount === undefined) return []
  const known = mount === 'Default' || mount === 'Unmasked'
  const errors = known ? [] : [notSupported(`${at}.procMount`, mount, ['Default', 'Unmasked'])]
  if (!hostUsers || mount !== 'Unmasked') return errors
  return [...errors, invalid(`${at}.procMount`, mount, '`hostUsers` must be false to use `Unmasked`')]
}

function escalationErrors(context: PlainObject, at: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return []
  const errors: FieldError[] = []
  const text = 'cannot set `allowPrivilegeEscalation` to false and'
  if (context.privileged === true) errors.push(invalid(at, context, `${text} \`privileged\` to true`))
  const added = (asObject(context.capabilities).add as string[] | undefined) ?? []
  const admin = added.filter((name) => name === 'CAP_SYS_ADMIN')
  return [...errors, ...admin.map(() => invalid(at, context, `${text} \`capabilities.Add\` CAP_SYS_ADMIN`))]
}

/** Models ValidateSecurityContext of a container. */
export function securityContextErrors(given: unknown, at: string, hostUsers: boolean): FieldError[] {
  if (given === undefined) return []
  const context = asObject(given)
  return [
    ...idErrors(`${at}.runAsUser`, context.runAsUser),
    ...idErrors(`${at}.runAsGroup`, context.runAsGroup),
    ...procMountErrors(context.procMount, at, hostUsers),
    ...seccompErrors(context.seccompProfile, `${at}.seccompProfile`),
    ...escalationErrors(context, at),
    ...windowsErrors(context.windowsOptions, `${at}.windowsOptions`),
    ...appArmorErrors(context.appArmorProfile, `${at}.appArmorProfile`),
  ]
}

/** The namespace that a sysctl belongs to, where a pod may share it with its host. */
function sysctlProblem(name: string, spec: PlainObject): string | undefined {
  const dotted = name.replaceAll('/', '.')
  const ipc = /^kernel\.(shm|msg)|^kernel\.sem$|^fs\.mqueue\./.test(dotted)
  if (spec.hostNetwork === true && dotted.startsWith('net.')) return "may not be specified when 'hostNetwork' is true"
  return spec.hostIPC === true && ipc ? "may not be specified when 'hostIPC' is true" : undefined
}

function sysctlErrors(sysctls: PlainObject[], at: string, spec: PlainObject): FieldError[] {
  const seen = new Set<string>()
  return sysctls.flatMap((sysctl, i) => {
    const name = String(sysctl.name ?? '')
    const field = `${at}[${i}].name`
    const errors: FieldError[] = []
    if (name === '') errors.push(required(field))
    else if (name.length > MAX_SYSCTL || !SYSCTL.test(name))
      errors.push(invalid(field, name, `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL_TEXT}`))
    else if (seen.has(name)) errors.push(duplicate(field, name))
    seen.add(name)
    const problem = sysctlProblem(name, spec)
    return problem === undefined ? errors : [...errors, invalid(field, name, problem)]
  })
}

const oneOfTwo = (field: string, value: unknown, known: string[]): FieldError[] =>
  value === undefined || known.includes(String(value)) ? [] : [notSupported(field, value, known)]

/** Models validatePodSpecSecurityContext. */
export function podSecurityErrors(spec: PlainObject, at: string): FieldError[] {
  const context = asObject(spec.securityContext)
  const groups = ((context.supplementalGroups as unknown[] | undefined) ?? []).flatMap((id, i) =>
    idErrors(`${at}.supplementalGroups[${i}]`, id),
  )
  const shared = spec.shareProcessNamespace === true && spec.hostPID === true
  return [
    ...idErrors(`${at}.fsGroup`, context.fsGroup),
    ...idErrors(`${at}.runAsUser`, context.runAsUser),
    ...idErrors(`${at}.runAsGroup`, context.runAsGroup),
    ...groups,
    ...(shared
      ? [invalid(`${at}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled')]
      : []),
    ...sysctlErrors(asList(context.sysctls), `${at}.sysctls`, spec),
    ...oneOfTwo(`${at}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...seccompErrors(context.seccompProfile, `${at}.seccompProfile`),
    ...windowsErrors(context.windowsOptions, `${at}.windowsOptions`),
    ...appArmorErrors(context.appArmorProfile, `${at}.appArmorProfile`),
    ...oneOfTwo(`${at}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']),
    ...oneOfTwo(`${at}.seLinuxChangePolicy`, context.seLinuxChangePolicy, ['MountOption', 'Recursive']),
  ]
}

/** Models validateHostUsers: a pod with users of its own shares nothing with its host. */
export function hostUsersErrors(spec: PlainObject, field: string): FieldError[] {
  if (spec.hostUsers !== false) return []
  const names: [string, string][] = [
    ['hostNetwork', 'hostNetwork'],
    ['hostPID', 'HostPID'],
    ['hostIPC', 'HostIPC'],
  ]
  return names
    .filter(([name]) => spec[name] === true)
    .map(([, shown]) => forbidden(`${field}.${shown}`, 'when `pod.Spec.HostUsers` is false'))
}

interface Placed {
  container: PlainObject
  at: string
}

/** All containers in the order of VisitContainersWithPath. */
export const placedContainers = (spec: PlainObject, field: string): Placed[] =>
  ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    asList(spec[list]).map((container, i) => ({ container, at: `${field}.${list}[${i}]` })),
  )

/** Models validateWindowsHostProcessPod. */
export function hostProcessErrors(spec: PlainObject, field: string): FieldError[] {
  const hostProcess = (holder: unknown) =>
    asObject(asObject(asObject(holder).securityContext).windowsOptions).hostProcess
  const whole = hostProcess(spec)
  const all = placedContainers(spec, field)
  const errors = all.flatMap(({ container, at }) => {
    const own = hostProcess(container)
    if (whole === undefined || own === undefined || whole === own) return []
    const text = `pod hostProcess value must be identical if both are specified, was ${String(whole)}`
    return [invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, text)]
  })
  const count = all.filter(({ container }) => (hostProcess(container) ?? whole) === true).length
  if (count === 0) return errors
  const others = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
  if (count !== all.length) errors.push(invalid(field, '', others))
  if (spec.hostNetwork === true) return errors
  return [
    ...errors,
    invalid(`${field}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'),
  ]
}

const podOnly = ['hostUsers', 'hostPID', 'hostIPC']
const LINUX_POD = [
  'appArmorProfile',
  'seLinuxOptions',
  ...podOnly,
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'shareProcessNamespace',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
]
const LINUX_CONTAINER =
  'appArmorProfile seLinuxOptions seccompProfile capabilities readOnlyRootFilesystem privileged allowPrivilegeEscalation procMount runAsUser runAsGroup'.split(
    ' ',
  )

function windowsPodErrors(spec: PlainObject, field: string): FieldError[] {
  const text = 'cannot be set for a windows pod'
  const context = asObject(spec.securityContext)
  const isOfPod = (name: string): boolean => podOnly.includes(name) || name === 'shareProcessNamespace'
  const isSet = (name: string): boolean => {
    const value = isOfPod(name) ? spec[name] : context[name]
    return name === 'hostPID' || name === 'hostIPC' ? value === true : value !== undefined
  }
  return [
    ...LINUX_POD.filter(isSet).map((name) =>
      forbidden(`${field}.${isOfPod(name) ? '' : 'securityContext.'}${name}`, text),
    ),
    ...placedContainers(spec, field).flatMap(({ container, at }) =>
      LINUX_CONTAINER.filter((name) => asObject(container.securityContext)[name] !== undefined).map((name) =>
        forbidden(`${at}.securityContext.${name}`, text),
      ),
    ),
  ]
}

/** Models validateOS, validateLinux and validateWindows. */
export function osErrors(spec: PlainObject, field: string): FieldError[] {
  if (spec.os === undefined) return []
  const { name } = asObject(spec.os)
  if (!name) return [required(`${field}.os.name`, 'cannot be empty')]
  if (name !== 'linux' && name !== 'windows') return oneOf(`${field}.os`, name, ['linux', 'windows'])
  if (name === 'windows') return windowsPodErrors(spec, field)
  const places = [{ container: spec, at: field }, ...placedContainers(spec, field)]
  return places
    .filter(({ container }) => asObject(container.securityContext).windowsOptions !== undefined)
    .map(({ at }) => forbidden(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'))
}
