/**
 * Brings each quota's status up to what its namespace holds: at once when the quota changes or something
 * that it counts is given back, and every five minutes. Models pkg/controller/resourcequota.
 * Not modelled: custom resources (admission counts them up; nothing counts them down).
 */
import type { KubeObject } from '../../api/client.ts'
import { groupResource } from '../../objects/kinds.ts'
import { amountsOf, maskAmounts, sameAmounts, textsOf } from '../../objects/quota/amounts.ts'
import { isCounted, totalUsage, usageOf } from '../../objects/quota/usage.ts'
import type { ResourceQuota } from '../../objects/types.gen.ts'
import { deepEqual } from '../../objects/equal.ts'
import type { Change } from '../../api/client.ts'
import type { Context, Controller, Write } from '../controller.ts'
import { keyOf, splitKey } from '../controller.ts'

const QUOTAS = 'v1/resourcequotas'
const RESYNC = { key: '', everyMs: 300_000 }

/** A resource that may be counted: as it is read, and as quotas call it. */
export interface CountedKind {
  resource: string
  group: string
  name: string
}

/** `apps/v1/deployments` → `deployments.apps` */
export function countedKind(resource: string): CountedKind {
  const parts = resource.split('/')
  const name = parts[parts.length - 1] as string
  const group = parts.length === 3 ? (parts[0] as string) : ''
  return { resource, group, name: groupResource({ group, resource: name }) }
}

/** The quotas of a namespace that count such objects. */
function quotasFor(context: Context, namespace: string, name: string): string[] {
  return context
    .cache<ResourceQuota>(QUOTAS)
    .list(namespace)
    .filter(({ spec }) => Object.keys(spec?.hard ?? {}).some((one) => isCounted(name, one)))
    .map(keyOf)
}

/** Whether a change may have given something back. Admission has counted what came. */
function isReplenished(name: string, change: Change, nowMs: number): boolean {
  if (change.type === 'deleted') return true
  if (change.type !== 'modified' || !COSTLY.has(name)) return false
  if (name === 'pods' && !isOver(change.old) && isOver(change.object)) return true
  return name !== 'pods' && !sameAmounts(usageOf(name, change.old, nowMs), usageOf(name, change.object, nowMs))
}

const COSTLY = new Set(['pods', 'services', 'persistentvolumeclaims'])

const isOver = (object: KubeObject): boolean => {
  const { phase } = (object as KubeObject & { status?: { phase?: string } }).status ?? {}
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Whether the status has to be worked out again. */
const isDue = (change: Change): boolean =>
  change.type === 'added' || (change.type === 'modified' && !deepEqual(specOf(change.object), specOf(change.old)))

const specOf = (object: KubeObject): unknown => (object as ResourceQuota).spec

/** `resources`: the namespaced kinds of this cluster (`v1/pods`, `apps/v1/deployments`). */
export function resourceQuotaController(resources: readonly string[]): Controller {
  const kinds = resources.map(countedKind)
  return {
    name: 'resourcequota',
    watches: [
      { resource: QUOTAS, keys: (change) => (isDue(change) ? [keyOf(change.object)] : []) },
      ...kinds.map(({ resource, name }) => ({
        resource,
        keys: (change: Change, context: Context) =>
          isReplenished(name, change, context.nowMs)
            ? quotasFor(context, change.object.metadata.namespace ?? '', name)
            : [],
      })),
    ],
    ticks: [RESYNC],
    reconcile(context, key): Write[] {
      const quotas = context.cache<ResourceQuota>(QUOTAS)
      if (key === RESYNC.key) return quotas.list().flatMap((quota) => sync(context, kinds, quota))
      const { namespace, name } = splitKey(key)
      const quota = quotas.get(namespace, name)
      return quota === undefined ? [] : sync(context, kinds, quota)
    },
  }
}

function sync(context: Context, kinds: CountedKind[], quota: ResourceQuota): Write[] {
  const hard = amountsOf(quota.spec?.hard)
  const namespace = quota.metadata.namespace ?? ''
  let used = amountsOf(quota.status?.used)
  for (const { resource, name } of kinds)
    if (Object.keys(hard).some((one) => isCounted(name, one)))
      used = { ...used, ...totalUsage(name, context.cache(resource).list(namespace), quota, context.nowMs) }
  used = maskAmounts(used, Object.keys(hard))
  const { status } = quota
  if (sameAmounts(used, amountsOf(status?.used)) && sameAmounts(hard, amountsOf(status?.hard))) return []
  const body = { ...quota, status: { hard: textsOf(hard), used: textsOf(used) } }
  return [
    {
      verb: 'update',
      resource: QUOTAS,
      namespace,
      name: quota.metadata.name,
      subresource: 'status',
      body,
    },
  ]
}
