/**
 * The admission plugins that are on by default, in upstream's order, each a function over an object.
 * Not modelled: LimitRanger, ResourceQuota, PodSecurity, webhooks, NodeRestriction, PVC protection by admission.
 */
import type { KindEntry } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import { defaultTolerations } from './default-toleration-seconds.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import type { Admission, Plugin } from './plugin.ts'
import { podPriority } from './priority.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUse, taintNodesByCondition } from './small.ts'

const ON_CREATE: Plugin[] = [
  namespaceLifecycle,
  serviceAccount,
  taintNodesByCondition,
  podPriority,
  defaultTolerations,
  storageObjectInUse,
]

/** Runs the plugins over a new object. */
export function admitCreate(core: Core, flight: Flight, entry: KindEntry, object: KubeObject): Admission {
  let next = object
  for (const plugin of ON_CREATE) {
    const verdict = plugin(core, flight, entry, next)
    if ('refuse' in verdict) return verdict
    next = verdict.object
  }
  return { object: next }
}
