/**
 * What objects cost in quotas: the evaluators. Models pkg/quota/v1/evaluator/core and
 * apiserver pkg/quota/v1/generic. Not modelled: devices of ResourceClaims (their count is).
 */
import type { PersistentVolumeClaim, Pod, ResourceQuota, Service } from '../types.gen.ts'
import { quantityValue } from '../quantity.ts'
import { addAmounts, amountsOf, count, maskAmounts } from './amounts.ts'
import type { Amounts } from './amounts.ts'
import { podLimitsOf, podRequestsOf } from './pod-resources.ts'
import { matchesScope, scopesOf } from './scopes.ts'

/** Names of resources that are counted under a name of their own too. */
const ALIASES: Record<string, string> = {
  configmaps: 'configmaps',
  secrets: 'secrets',
  replicationcontrollers: 'replicationcontrollers',
  resourcequotas: 'resourcequotas',
  services: 'services',
  persistentvolumeclaims: 'persistentvolumeclaims',
}

const POD_NAMES = new Set([
  'pods',
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
])
const POD_PREFIXES = ['hugepages-', 'requests.hugepages-']
const SERVICE_NAMES = new Set(['services', 'services.nodeports', 'services.loadbalancers'])
const CLASS_STORAGE = '.storageclass.storage.k8s.io/requests.storage'
const CLASS_CLAIMS = '.storageclass.storage.k8s.io/persistentvolumeclaims'

/** `cpu` and what is not a qualified name is Kubernetes' own; `nvidia.com/gpu` is not. */
const isExtended = (name: string): boolean =>
  name.includes('/') && !name.startsWith('requests.') && !/(^|\.)kubernetes\.io\//.test(name)

/** `requests.nvidia.com/gpu` */
const isExtendedRequest = (name: string): boolean =>
  name.startsWith('requests.') && isExtended(name.slice('requests.'.length)) && !name.includes('.storageclass.storage.')

/** Whether a name in `hard` is about objects of a resource (`pods`, `deployments.apps`). */
export function isCounted(resource: string, name: string): boolean {
  if (name === `count/${resource}` || ALIASES[resource] === name) return true
  if (resource === 'pods')
    return POD_NAMES.has(name) || POD_PREFIXES.some((prefix) => name.startsWith(prefix)) || isExtendedRequest(name)
  if (resource === 'services') return SERVICE_NAMES.has(name)
  if (resource === 'persistentvolumeclaims')
    return name === 'requests.storage' || name.endsWith(CLASS_STORAGE) || name.endsWith(CLASS_CLAIMS)
  return false
}

/** Pods that are over, or that should be gone, need nothing. */
function holdsResources({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return nowMs <= Date.parse(String(deletionTimestamp)) + deletionGracePeriodSeconds * 1000
}

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage']

/** Requests and limits under the names that quotas have for them. */
function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage: Amounts = { pods: count(1) }
  for (const name of COMPUTE) {
    const [request, limit] = [requests[name], limits[name]]
    if (request !== undefined) usage[name] = usage[`requests.${name}`] = request
    if (limit !== undefined) usage[`limits.${name}`] = limit
  }
  for (const [name, request] of Object.entries(requests)) {
    if (name.startsWith('hugepages-')) usage[name] = usage[`requests.${name}`] = request
    if (isExtended(name)) usage[`requests.${name}`] = request
  }
  return usage
}

function podUsage(pod: Pod, nowMs: number): Amounts {
  if (!holdsResources(pod, nowMs)) return {}
  return computeUsage(podRequestsOf(pod, { overhead: true }), podLimitsOf(pod, { overhead: true }))
}

function serviceUsage({ spec }: Service): Amounts {
  const ports = spec?.ports ?? []
  const explicit = ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0).length
  const isBalanced = spec?.type === 'LoadBalancer'
  const open = isBalanced && spec?.allocateLoadBalancerNodePorts === false ? explicit : ports.length
  return {
    'services.nodeports': count(isBalanced || spec?.type === 'NodePort' ? open : 0),
    'services.loadbalancers': count(isBalanced ? 1 : 0),
  }
}

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): Amounts {
  const storageClass = metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? ''
  const usage: Amounts = {}
  if (storageClass !== '') usage[storageClass + CLASS_CLAIMS] = count(1)
  const asked = amountsOf(spec?.resources?.requests).storage
  if (asked === undefined) return usage
  const allocated = amountsOf(status?.allocatedResources).storage
  const storage = allocated !== undefined && quantityValue(allocated) > quantityValue(asked) ? allocated : asked
  usage['requests.storage'] = storage
  if (storageClass !== '') usage[storageClass + CLASS_STORAGE] = storage
  return usage
}

/** What an object of a resource (`pods`, `deployments.apps`) costs. */
export function usageOf(resource: string, object: unknown, nowMs: number): Amounts {
  const usage: Amounts = { [`count/${resource}`]: count(1) }
  const alias = ALIASES[resource]
  if (alias !== undefined) usage[alias] = count(1)
  if (resource === 'pods') return { ...usage, ...podUsage(object as Pod, nowMs) }
  if (resource === 'services') return { ...usage, ...serviceUsage(object as Service) }
  if (resource === 'persistentvolumeclaims') return { ...usage, ...claimUsage(object as PersistentVolumeClaim) }
  return usage
}

/** Whether the object is within all of the quota's scopes. */
export const inScope = (resource: string, object: unknown, quota: ResourceQuota): boolean =>
  scopesOf(quota).every((requirement) => matchesScope(resource, object, requirement))

const REQUIRED = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

/** `must specify limits.cpu for: app; requests.memory for: app`: what each container has to say when it is under quota. */
export function constraintProblem(
  resource: string,
  object: unknown,
  names: readonly string[],
  minor: number,
): string | undefined {
  if (resource !== 'pods') return undefined
  const { spec } = object as Pod
  const required = names.filter((name) => REQUIRED.includes(name))
  if (required.length === 0 || spec?.resources !== undefined) return undefined
  const missing = new Map<string, string[]>()
  for (const { name, resources } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    const said = computeUsage(amountsOf(resources?.requests), amountsOf(resources?.limits))
    for (const one of required) if (said[one] === undefined) missing.set(one, [...(missing.get(one) ?? []), name])
  }
  if (missing.size === 0) return undefined
  const sorted = [...missing.keys()].sort()
  // Containers are named since 1.24.
  if (minor < 24) return `must specify ${sorted.join(',')}`
  const parts = sorted.map((one) => `${one} for: ${[...new Set(missing.get(one))].sort().join(',')}`)
  return `must specify ${parts.join('; ')}`
}

/** All that the objects of one resource cost under a quota, at least zero for each of its names. */
export function totalUsage(resource: string, objects: Iterable<unknown>, quota: ResourceQuota, nowMs: number): Amounts {
  const names = Object.keys(quota.spec?.hard ?? {}).filter((name) => isCounted(resource, name))
  let total: Amounts = Object.fromEntries(names.map((name) => [name, count(0)]))
  if (names.length === 0) return total
  for (const object of objects)
    if (inScope(resource, object, quota))
      total = addAmounts(total, maskAmounts(usageOf(resource, object, nowMs), names))
  return total
}
