/**
 * No namespace takes more than its quotas allow. What a write costs is put into the quotas' status by the
 * same transaction that stores the object. Models apiserver admission/plugin/resourcequota (R7).
 * Not modelled: the lock on quotas of several writers in one server (the transaction is tried again instead).
 */
import { groupResource } from '../../../objects/kinds.ts'
import {
  addAmounts,
  amountsOf,
  exceededNames,
  makeAmounts,
  maskAmounts,
  negativeNames,
  subtractAmounts,
  textsOf,
  withoutZeros,
} from '../../../objects/quota/amounts.ts'
import type { Amounts } from '../../../objects/quota/amounts.ts'
import { matchesScope, scopesOf } from '../../../objects/quota/scopes.ts'
import type { Requirement } from '../../../objects/quota/scopes.ts'
import { constraintProblem, inScope, isCounted, usageOf } from '../../../objects/quota/usage.ts'
import type { ResourceQuota } from '../../../objects/types.gen.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import { directoryOf } from '../../storage/keys.ts'
import { deny, pass } from './plugin.ts'
import type { Admission, Attributes, Charge, Plugin } from './plugin.ts'

const QUOTAS = directoryOf('', 'resourcequotas')

/** Kinds whose changes cost something too. */
const CHARGED_ON_UPDATE = new Set(['services', 'persistentvolumeclaims', 'resourceclaims.resource.k8s.io'])

const IGNORED = new Set(['events', 'events.events.k8s.io', 'bindings'])

function isHandled({ operation, entry, subresource, namespace }: Attributes): boolean {
  const resource = groupResource(entry)
  if (namespace === '' || !entry.namespaced || IGNORED.has(resource)) return false
  if (subresource !== '') return resource === 'pods' && subresource === 'resize'
  return operation === 'CREATE' || CHARGED_ON_UPDATE.has(resource)
}

/** The namespace's quotas; those that a lost race has shown to be newer come from etcd. */
function quotasOf(core: Core, flight: Flight, namespace: string): { key: string; quota: ResourceQuota }[] {
  const charged = flight.memo.charged as Record<string, KubeObject> | undefined
  const cached = core.cache.list(QUOTAS, `${QUOTAS}${namespace}/`)
  return cached.map((object) => {
    const key = `${QUOTAS}${namespace}/${object.metadata.name}`
    return { key, quota: (charged?.[key] ?? object) as ResourceQuota }
  })
}

export const resourceQuota: Plugin = {
  name: 'ResourceQuota',
  operations: ['CREATE', 'UPDATE'],
  validate(core, flight, attrs) {
    if (!isHandled(attrs)) return pass(attrs)
    const quotas = quotasOf(core, flight, attrs.namespace)
    const limited = limitedOf(core, groupResource(attrs.entry))
    return quotas.length === 0 && limited.length === 0 ? pass(attrs) : check(core, flight, attrs, quotas, limited)
  },
}

function check(
  core: Core,
  flight: Flight,
  attrs: Attributes,
  quotas: { key: string; quota: ResourceQuota }[],
  limited: Limited[],
): Admission {
  const resource = groupResource(attrs.entry)
  const { object } = attrs
  const covered: string[] = []
  const concerned: typeof quotas = []
  for (const one of quotas) {
    const { quota } = one
    const names = Object.keys(quota.status?.hard ?? {}).filter((name) => isCounted(resource, name))
    if (names.length === 0 || !inScope(resource, object, quota)) continue
    const unsaid = constraintProblem(resource, object, names, core.minor)
    if (unsaid !== undefined) return deny(attrs, `failed quota: ${quota.metadata.name}: ${unsaid}`)
    if (names.some((name) => quota.status?.used?.[name] === undefined))
      return deny(attrs, `status unknown for quota: ${quota.metadata.name}, resources: ${[...names].sort().join(',')}`)
    covered.push(...names)
    concerned.push(one)
  }
  const nowMs = core.kernel.clockMs
  const uncovered = uncoveredProblem(limited, resource, object, covered, quotas, nowMs)
  if (uncovered !== undefined) return deny(attrs, uncovered)
  const usage = usageOf(resource, object, nowMs)
  const negative = negativeNames(usage)
  if (negative.length > 0) return deny(attrs, `quota usage is negative for resource(s): ${negative.sort().join(',')}`)
  const before = attrs.oldObject === undefined ? {} : usageOf(resource, attrs.oldObject, nowMs)
  return charge(flight, attrs, concerned, withoutZeros(subtractAmounts(usage, before)))
}

function charge(
  flight: Flight,
  attrs: Attributes,
  concerned: { key: string; quota: ResourceQuota }[],
  delta: Amounts,
): Admission {
  const charges: Charge[] = []
  for (const { key, quota } of concerned) {
    const hard = amountsOf(quota.status?.hard)
    const used = amountsOf(quota.status?.used)
    const requested = maskAmounts(delta, Object.keys(hard))
    if (Object.keys(requested).length === 0) continue
    const next = addAmounts(used, requested)
    const exceeded = exceededNames(maskAmounts(next, Object.keys(requested)), hard)
    if (exceeded.length > 0) return deny(attrs, exceededText(quota, requested, used, hard, exceeded))
    charges.push({ key, from: quota, to: { ...quota, status: { ...quota.status, used: textsOf(next) } } as KubeObject })
  }
  if (charges.length > 0) flight.memo.charges = charges
  return pass(attrs)
}

function exceededText(
  { metadata: { name } }: ResourceQuota,
  requested: Amounts,
  used: Amounts,
  hard: Amounts,
  exceeded: string[],
): string {
  const shown = (amounts: Amounts): string => makeAmounts(maskAmounts(amounts, exceeded))
  return `exceeded quota: ${name}, requested: ${shown(requested)}, used: ${shown(used)}, limited: ${shown(hard)}`
}

/** What may only be consumed where a quota covers it: `limitedResources` of the configuration file. */
interface Limited {
  apiGroup?: string
  resource?: string
  matchContains?: string[]
  matchScopes?: Requirement[]
}

function limitedOf(core: Core, resource: string): Limited[] {
  const config = core.flags.admissionConfig.ResourceQuota as { limitedResources?: Limited[] } | undefined
  if (config?.limitedResources === undefined) return []
  return config.limitedResources.filter(
    ({ apiGroup = '', resource: name = '' }) => (apiGroup === '' ? name : `${name}.${apiGroup}`) === resource,
  )
}

function uncoveredProblem(
  limited: Limited[],
  resource: string,
  object: unknown,
  covered: string[],
  quotas: { quota: ResourceQuota }[],
  nowMs: number,
): string | undefined {
  if (limited.length === 0) return undefined
  const usage = Object.keys(usageOf(resource, object, nowMs))
  const needed = usage.filter((name) =>
    limited.some(({ matchContains = [] }) => matchContains.some((part) => name.includes(part))),
  )
  const missing = needed.filter((name) => !covered.includes(name)).sort()
  if (missing.length > 0) return `insufficient quota to consume: ${missing.join(',')}`
  const offered = quotas.flatMap(({ quota }) => scopesOf(quota))
  const open = limited
    .flatMap(({ matchScopes = [] }) => matchScopes)
    .filter((requirement) => matchesScope(resource, object, requirement))
    .filter(
      ({ scopeName }) => !offered.some((one) => one.scopeName === scopeName && matchesScope(resource, object, one)),
    )
  if (open.length === 0) return undefined
  const shown = open.map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`)
  return `insufficient quota to match these scopes: [${shown.join(' ')}]`
}
