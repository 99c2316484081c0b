/**
 * What is unwise in an object that is written, told in Warning headers. Models the strategies' WarningsOnCreate and
 * WarningsOnUpdate, pkg/api/{pod,service,node}/warnings.go. Not modelled: keys that do not belong to their certificate,
 * projected paths that meet a token's, DRA.
 */
import { asList, asObject } from '../objects/defaults/table.ts'
import { semanticEqual } from '../objects/equal.ts'
import type { KindEntry } from '../objects/kinds.ts'
import { quantityMilliValue } from '../objects/quantity.ts'
import { cidrWarnings, ipWarnings } from '../objects/validation/ips.ts'
import { dns1123Label } from '../objects/validation/names.ts'
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'

type Plain = Record<string, unknown>
type Check = (object: Plain, minor: number, old: Plain | undefined) => string[]

const EXTERNAL_IPS_SINCE = 36
const PREFER_CLOSE_SINCE = 35
const MOUNTABLE_SECRETS_SINCE = 32
const PATH_IN_FINALIZER_SINCE = 31
/** Addresses in other than their canonical text are told from this minor on. */
const ADDRESSES_SINCE = 33

const quoted = (value: unknown): string => JSON.stringify(value)
const annotationsOf = (object: Plain): Plain => asObject(asObject(object.metadata).annotations)
const strings = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [])

const oldLabels: Record<string, string> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

function termWarnings(term: unknown, at: string): string[] {
  return asList(asObject(term).matchExpressions).flatMap(({ key }, i) => {
    const text = oldLabels[String(key)]
    return text === undefined ? [] : [`${at}.matchExpressions[${i}].key: ${String(key)} is ${text}`]
  })
}

function nodeAffinityWarnings(affinity: Plain, at: string): string[] {
  const needed = 'requiredDuringSchedulingIgnoredDuringExecution'
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
  const terms = asList(asObject(affinity[needed]).nodeSelectorTerms)
  return [
    ...terms.flatMap((term, i) => termWarnings(term, `${at}.${needed}.nodeSelectorTerms[${i}]`)),
    ...asList(affinity[preferred]).flatMap(({ preference }, i) =>
      termWarnings(preference, `${at}.${preferred}[${i}].preference`),
    ),
  ]
}

function placeWarnings(spec: Plain, at: string): string[] {
  const selected = Object.keys(asObject(spec.nodeSelector)).sort()
  return [
    ...selected
      .filter((key) => oldLabels[key] !== undefined)
      .map((key) => `${at}.nodeSelector[${key}]: ${oldLabels[key]!}`),
    ...nodeAffinityWarnings(asObject(asObject(spec.affinity).nodeAffinity), `${at}.affinity.nodeAffinity`),
    ...asList(spec.topologySpreadConstraints).flatMap(({ topologyKey, labelSelector }, i) => {
      const field = `${at}.topologySpreadConstraints[${i}]`
      const text = oldLabels[String(topologyKey)]
      return [
        ...(text === undefined ? [] : [`${field}.topologyKey: ${String(topologyKey)} is ${text}`]),
        ...(labelSelector === undefined
          ? [`${field}.labelSelector: a null labelSelector results in matching no pod`]
          : []),
      ]
    }),
  ]
}

const oldPodAnnotations: [string, string][] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
]

/** Sources of volumes that are no more, as upstream names them. */
const oldSources: [source: string, text: string, name?: string][] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]
const GIT_REPO_OFF_SINCE = 33

function volumeWarnings(volumes: Plain[], at: string, minor: number): string[] {
  return volumes.flatMap((volume, i) =>
    oldSources
      .filter(([source]) => volume[source] !== undefined)
      .map(([source, text, name]) => {
        const off = source === 'gitRepo' && minor >= GIT_REPO_OFF_SINCE ? ', and disabled by default in v1.33+' : ''
        return `${at}.volumes[${i}].${name ?? source}: ${text}${off}`
      }),
  )
}

function repeated(list: Plain[], name: string, field: (i: number) => string, word: string): string[] {
  const seen = new Set<unknown>()
  return list.flatMap((item, i) => {
    if (seen.has(item[name])) return [`${field(i)}.${word}: duplicate ${word} ${quoted(item[name] ?? '')}`]
    seen.add(item[name])
    return []
  })
}

function fractions(list: unknown, field: string): string[] {
  const amounts = asObject(list)
  return ['memory', 'ephemeral-storage']
    .filter((name) => amounts[name] !== undefined && quantityMilliValue(String(amounts[name])) % 1000 !== 0)
    .map(
      (name) =>
        `${field}[${name}]: fractional byte value ${quoted(String(amounts[name]))} is invalid, must be an integer`,
    )
}

interface Placed {
  container: Plain
  at: string
}

const containersOf = (spec: Plain, at: string): Placed[] =>
  ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    asList(spec[list]).map((container, i) => ({ container, at: `${at}.${list}[${i}]` })),
  )

function envWarnings(env: Plain[], at: string): string[] {
  const seen = new Set<unknown>()
  return env.flatMap((item, i) => {
    const name = String(item.name ?? '')
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const [ref, value] = [`$(${name})`, String(item.value ?? '')]
    const bad = item.valueFrom !== undefined || value === ref || !value.includes(ref)
    const text = 'which may be dropped when using apply'
    return bad ? [`${at}.env[${i}]: hides previous definition of ${quoted(name)}, ${text}`] : []
  })
}

const SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/'
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'

function annotationWarnings(annotations: Plain, { container }: Placed, holder: string, spec: Plain): string[] {
  const context = asObject(container.securityContext)
  const name = String(container.name ?? '')
  const key = (prefix: string): string => `${holder}metadata.annotations[${prefix}${name}]`
  const appArmor = asObject(spec.securityContext).appArmorProfile ?? context.appArmorProfile
  const told: string[] = []
  if (context.seccompProfile === undefined && annotations[`${SECCOMP}${name}`] !== undefined)
    told.push(`${key(SECCOMP)}: non-functional in v1.27+; use the "seccompProfile" field instead`)
  if (annotations[`${APP_ARMOR}${name}`] === undefined || appArmor !== undefined) return told
  const text = 'deprecated since v1.30; use the "appArmorProfile" field instead'
  return [...told, `${key(APP_ARMOR)}: ${text}`]
}

function portPairs(port: Plain, other: Plain): 'duplicate' | 'overlapping' | 'dangerously ambiguous' | undefined {
  const [ip, otherIp] = [port.hostIP ?? '', other.hostIP ?? '']
  const [host, otherHost] = [Number(port.hostPort ?? 0), Number(other.hostPort ?? 0)]
  if (ip === otherIp && host === otherHost) return 'duplicate'
  if (host === 0 || otherHost === 0) return 'overlapping'
  return host === otherHost && (ip === '') !== (otherIp === '') ? 'dangerously ambiguous' : undefined
}

/** Models the accumulation of ports across all containers. */
function portWarnings(all: Placed[]): string[] {
  const known = new Map<string, { at: string; port: Plain }[]>()
  return all.flatMap(({ container, at }) =>
    asList(container.ports).flatMap((port, i) => {
      const field = `${at}.ports[${i}]`
      const key = `${String(port.containerPort)}/${String(port.protocol)}`
      const others = known.get(key) ?? []
      known.set(key, [...others, { at: field, port }])
      const alone = port.hostIP && !port.hostPort ? [`${field}: hostIP set without hostPort: ${shownPort(port)}`] : []
      const pairs = others.flatMap((other) => {
        const what = portPairs(port, other.port)
        return what === undefined ? [] : [`${field}: ${what} port definition with ${other.at}`]
      })
      return [...alone, ...pairs]
    }),
  )
}

/** Go's `%+v` of a port. */
const shownPort = ({ name, hostPort, containerPort, protocol, hostIP }: Plain): string =>
  `{Name:${String(name ?? '')} HostPort:${String(hostPort ?? 0)} ContainerPort:${String(containerPort)} Protocol:${String(protocol)} HostIP:${String(hostIP)}}`

function podAffinityWarnings(affinity: Plain, at: string): string[] {
  const needed = 'requiredDuringSchedulingIgnoredDuringExecution'
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
  const text = 'a null labelSelector results in matching no pod'
  return ['podAffinity', 'podAntiAffinity'].flatMap((name) => {
    const one = asObject(affinity[name])
    const hard = asList(one[needed]).map((term, i) => [term, `${at}.${name}.${needed}[${i}].labelSelector`] as const)
    const soft = asList(one[preferred]).map(
      ({ podAffinityTerm }, i) =>
        [asObject(podAffinityTerm), `${at}.${name}.${preferred}[${i}].podAffinityTerm.labelSelector`] as const,
    )
    return [...hard, ...soft]
      .filter(([term]) => term.labelSelector === undefined)
      .map(([, field]) => `${field}: ${text}`)
  })
}

/** Models warningsForPodSpecAndMeta; `holder` is where a template stands, with a dot behind. */
function podWarnings(pod: Plain, holder: string, minor: number): string[] {
  const spec = asObject(pod.spec)
  const annotations = annotationsOf(pod)
  const at = `${holder}spec`
  const secrets = asList(spec.imagePullSecrets)
  const all = containersOf(spec, at)
  const grace = Number(spec.terminationGracePeriodSeconds ?? 0)
  const seccomp = annotations[SECCOMP_POD] !== undefined && asObject(spec.securityContext).seccompProfile === undefined
  return [
    ...placeWarnings(spec, at),
    ...oldPodAnnotations
      .filter(([key]) => annotations[key] !== undefined)
      .map(([key, text]) => `${holder}metadata.annotations[${key}]: ${text}`),
    ...volumeWarnings(asList(spec.volumes), at, minor),
    ...repeated(asList(spec.hostAliases), 'ip', (i) => `${at}.hostAliases[${i}]`, 'ip'),
    ...repeated(secrets, 'name', (i) => `${at}.imagePullSecrets[${i}]`, 'name'),
    ...secrets.flatMap(({ name }, i) => (name ? [] : [`${at}.imagePullSecrets[${i}].name: invalid empty name ""`])),
    ...fractions(spec.overhead, `${at}.overhead`),
    ...(seccomp
      ? [
          `${holder}metadata.annotations[${SECCOMP_POD}]: non-functional in v1.27+; use the "seccompProfile" field instead`,
        ]
      : []),
    ...all.flatMap((placed) => [
      ...annotationWarnings(annotations, placed, holder, spec),
      ...fractions(asObject(placed.container.resources).limits, `${placed.at}.resources.limits`),
      ...fractions(asObject(placed.container.resources).requests, `${placed.at}.resources.requests`),
      ...envWarnings(asList(placed.container.env), placed.at),
    ]),
    ...portWarnings(all),
    // A pod's own is made 1 when it is read; that of a template stays.
    ...(grace < 0 && holder !== ''
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...podAffinityWarnings(asObject(spec.affinity), `${at}.affinity`),
    ...(minor >= ADDRESSES_SINCE ? podAddressWarnings(spec, at) : []),
  ]
}

const podAddressWarnings = (spec: Plain, at: string): string[] => [
  ...strings(asObject(spec.dnsConfig).nameservers).flatMap((ip, i) =>
    ipWarnings(`${at}.dnsConfig.nameservers[${i}]`, ip),
  ),
  ...asList(spec.hostAliases).flatMap(({ ip }, i) => ipWarnings(`${at}.hostAliases[${i}].ip`, String(ip ?? ''))),
]

function nameWarnings({ metadata }: Plain, what: string): string[] {
  const texts = dns1123Label(String(asObject(metadata).name ?? ''))
  if (texts.length === 0) return []
  const text = 'which can result in surprising behavior; a DNS label is recommended'
  return [`metadata.name: this is used in ${what}, ${text}: [${texts.join(' ')}]`]
}

/** Kinds with a template: told when their spec changes. */
const withTemplate =
  (path: string[], named: boolean): Check =>
  (object, minor, old) => {
    if (old !== undefined && semanticEqual(object.spec, old.spec)) return []
    const template = path.reduce<Plain>((holder, name) => asObject(holder[name]), object)
    const names = named && old === undefined ? nameWarnings(object, 'Pod names and hostnames') : []
    return [...names, ...podWarnings(template, `${path.join('.')}.`, minor)]
  }

function headlessWarnings(spec: Plain): string[] {
  if (spec.type !== 'ClusterIP' || spec.clusterIP !== 'None') return []
  const told = spec.loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []
  if (strings(spec.externalIPs).length > 0) told.push('spec.externalIPs is ignored for headless services')
  if (spec.sessionAffinity !== 'None') told.push('spec.SessionAffinity is ignored for headless services')
  return told
}

function serviceAddressWarnings(spec: Plain): string[] {
  const ips = strings(spec.clusterIPs).filter((ip) => ip !== 'None')
  return [
    ...ips.flatMap((ip, i) => ipWarnings(`spec.clusterIPs[${i}]`, ip)),
    ...strings(spec.externalIPs).flatMap((ip, i) => ipWarnings(`spec.externalIPs[${i}]`, ip)),
    ...(spec.loadBalancerIP ? ipWarnings('spec.loadBalancerIP', String(spec.loadBalancerIP)) : []),
    ...strings(spec.loadBalancerSourceRanges).flatMap((cidr, i) =>
      cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, cidr),
    ),
  ]
}

const HINTS = 'service.kubernetes.io/topology-aware-hints'
const HINTS_SINCE = 27

/** Models GetWarningsForService. */
const serviceWarnings: Check = (object, minor) => {
  const spec = asObject(object.spec)
  const isName = spec.type === 'ExternalName'
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None'
  const external = strings(spec.externalIPs).length > 0
  const told: string[] = []
  if (annotationsOf(object)[HINTS] !== undefined && minor >= HINTS_SINCE)
    told.push(`annotation ${HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`)
  told.push(...headlessWarnings(spec), ...serviceAddressWarnings(spec))
  if (external && !headless && !isName && minor >= EXTERNAL_IPS_SINCE)
    told.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  if (isName && external) told.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  if (!isName && spec.externalName) told.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  if (spec.trafficDistribution === 'PreferClose' && minor >= PREFER_CLOSE_SINCE)
    told.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  return told
}

const INGRESS_CLASS = 'kubernetes.io/ingress.class'
const ingressWarnings: Check = (object, _minor, old) =>
  old === undefined && annotationsOf(object)[INGRESS_CLASS] !== undefined
    ? [`annotation ${quoted(INGRESS_CLASS)} is deprecated, please use 'spec.ingressClassName' instead`]
    : []

const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets'
const accountWarnings: Check = (object, minor) =>
  minor >= MOUNTABLE_SECRETS_SINCE && annotationsOf(object)[MOUNTABLE] !== undefined
    ? [
        `metadata.annotations[${MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
      ]
    : []

/** The beginning of a PEM block in base64: `-----BEGIN `. */
const PEM = 'LS0tLS1CRUdJTi'

/** Models warningsForSecret, as far as whether there is PEM at all. */
const secretWarnings: Check = (object) => {
  if (object.type !== 'kubernetes.io/tls') return []
  const data = asObject(object.data)
  if (!String(data['tls.crt'] ?? '').includes(PEM)) return ['tls: failed to find any PEM data in certificate input']
  return String(data['tls.key'] ?? '').includes(PEM) ? [] : ['tls: failed to find any PEM data in key input']
}

const nodeWarnings: Check = (object) => {
  const { configSource, externalID } = asObject(object.spec)
  const told: string[] = []
  if (configSource !== undefined)
    told.push('spec.configSource: deprecated in v1.22, support removed from kubelet in v1.24')
  if (externalID) told.push('spec.externalID: this field is deprecated, and is unused by Kubernetes')
  return told
}

const claimWarnings: Check = (object) => fractionalStorage(asObject(object.spec), 'spec')

function fractionalStorage(spec: Plain, at: string): string[] {
  const storage = asObject(asObject(spec.resources).requests).storage
  if (storage === undefined || quantityMilliValue(String(storage)) % 1000 === 0) return []
  return [
    `${at}.resources.requests[storage]: fractional byte value ${quoted(String(storage))} is invalid, must be an integer`,
  ]
}

const volumeAnnotations: [string, string][] = [
  ['volume.beta.kubernetes.io/storage-class', 'deprecated since v1.8; use "storageClassName" attribute instead'],
  ['volume.beta.kubernetes.io/mount-options', 'deprecated since v1.31; use "mountOptions" attribute instead'],
]

const persistentVolumeWarnings: Check = (object) => {
  const spec = asObject(object.spec)
  const annotations = annotationsOf(object)
  const terms = asList(asObject(asObject(spec.nodeAffinity).required).nodeSelectorTerms)
  return [
    ...volumeAnnotations
      .filter(([key]) => annotations[key] !== undefined)
      .map(([key, text]) => `metadata.annotations[${key}]: ${text}`),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...terms.flatMap((term, i) => termWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`)),
  ]
}

const classWarnings: Check = (object) =>
  Object.keys(asObject(asObject(object.scheduling).nodeSelector))
    .sort()
    .filter((key) => oldLabels[key] !== undefined)
    .map((key) => `scheduling.nodeSelector: ${oldLabels[key]!}`)

const podCheck: Check = (object, minor, old) =>
  // Upstream does not tell on updates: humans seldom write to pods.
  old === undefined ? [...nameWarnings(object, "the Pod's hostname"), ...podWarnings(object, '', minor)] : []

const statefulCheck: Check = (object, minor, old) => {
  const { volumeClaimTemplates, revisionHistoryLimit } = asObject(object.spec)
  const claims = asList(volumeClaimTemplates).flatMap(({ spec }, i) =>
    fractionalStorage(asObject(spec), `spec.volumeClaimTemplates[${i}].spec`),
  )
  const negative = minor >= ADDRESSES_SINCE && Number(revisionHistoryLimit ?? 0) < 0
  const text = 'a negative value retains all historical revisions; a value >= 0 is recommended'
  return [
    ...withTemplate(['spec', 'template'], false)(object, minor, old),
    ...claims,
    ...(negative ? [`spec.revisionHistoryLimit: ${text}`] : []),
  ]
}

function blockWarnings(list: Plain[], at: string, peers: string): string[] {
  return list.flatMap((rule, i) =>
    asList(rule[peers]).flatMap(({ ipBlock }, j) => {
      const { cidr, except } = asObject(ipBlock)
      const field = `${at}[${i}].${peers}[${j}].ipBlock`
      return [
        ...(cidr ? cidrWarnings(`${field}.cidr`, String(cidr)) : []),
        ...strings(except).flatMap((one, k) => cidrWarnings(`${field}.except[${k}]`, one)),
      ]
    }),
  )
}

const networkPolicyWarnings: Check = ({ spec }, minor) => {
  if (minor < ADDRESSES_SINCE) return []
  const { ingress, egress } = asObject(spec)
  return [
    ...blockWarnings(asList(ingress), 'spec.ingress', 'from'),
    ...blockWarnings(asList(egress), 'spec.egress', 'to'),
  ]
}

const checks: Record<string, Check> = {
  '/pods': podCheck,
  '/services': serviceWarnings,
  '/serviceaccounts': accountWarnings,
  '/secrets': secretWarnings,
  '/nodes': nodeWarnings,
  '/persistentvolumeclaims': claimWarnings,
  '/persistentvolumes': persistentVolumeWarnings,
  '/podtemplates': withTemplate(['template'], false),
  '/replicationcontrollers': withTemplate(['spec', 'template'], true),
  'apps/deployments': withTemplate(['spec', 'template'], true),
  'apps/replicasets': withTemplate(['spec', 'template'], true),
  'apps/daemonsets': withTemplate(['spec', 'template'], false),
  'apps/statefulsets': statefulCheck,
  'batch/jobs': withTemplate(['spec', 'template'], true),
  'batch/cronjobs': withTemplate(['spec', 'jobTemplate', 'spec', 'template'], true),
  'networking.k8s.io/ingresses': ingressWarnings,
  'networking.k8s.io/networkpolicies': networkPolicyWarnings,
  'node.k8s.io/runtimeclasses': classWarnings,
}

const standardFinalizers = new Set(['orphan', 'foregroundDeletion'])

/** Custom resources may have any finalizer; those without a domain are told, the new ones of them. */
function finalizerWarnings(core: Core, object: KubeObject, old?: KubeObject): string[] {
  const known = old?.metadata.finalizers ?? []
  const added = (object.metadata.finalizers ?? []).filter((name) => !known.includes(name))
  const how = core.minor >= PATH_IN_FINALIZER_SINCE ? ' including a path (/)' : ''
  const text = `prefer a domain-qualified finalizer name${how} to avoid accidental conflicts with other finalizer writers`
  return added
    .filter((name) => !name.includes('/') && !standardFinalizers.has(name))
    .map((name) => `metadata.finalizers: ${quoted(name)}: ${text}`)
}

/** What to tell of an object that is made, or that takes the place of `old`. */
export function objectWarnings(core: Core, entry: KindEntry, object: KubeObject, old?: KubeObject): string[] {
  if (entry.custom !== undefined) return finalizerWarnings(core, object, old)
  const check = checks[`${entry.group}/${entry.resource}`]
  if (check === undefined) return []
  return check(object as unknown as Plain, core.minor, old as unknown as Plain | undefined)
}
