/** From a request that is allowed to the function that carries it out. */
import type { KindEntry } from '../../objects/kinds.ts'
import { proxied } from '../aggregation/proxy.ts'
import type { Core, VerbHandler } from '../core.ts'
import { createDelayMs, terminatingProblem } from '../custom/create.ts'
import { getComponent, listComponents } from '../discovery/component-statuses.ts'
import { answerPath } from '../discovery/paths.ts'
import type { ApiVerb, Flight, RequestInfo } from '../flight.ts'
import { REVIEWS } from '../reviews.ts'
import { methodNotAllowed, methodNotKnown, notSimulated, pathNotFound } from '../status.ts'
import { createBinding } from '../subresources/binding.ts'
import { SUBRESOURCES } from '../subresources/table.ts'
import { optionsProblem } from './options.ts'
import { startCreate } from '../verbs/create.ts'
import { startDelete, startDeleteCollection } from '../verbs/delete.ts'
import { startPatch } from '../verbs/patch.ts'
import { startGet, startList } from '../verbs/read.ts'
import { startPut, startUpdate } from '../verbs/update.ts'
import { startWatch } from '../verbs/watch.ts'

const VERBS: Partial<Record<ApiVerb, VerbHandler>> = {
  get: startGet,
  list: startList,
  watch: startWatch,
  create: startCreate,
  update: startPut,
  patch: startPatch,
  delete: startDelete,
  deletecollection: startDeleteCollection,
}

/** Verbs of subresources that are views of the object itself. */
const VIEW_VERBS: Partial<Record<ApiVerb, VerbHandler>> = { get: startGet, update: startUpdate, patch: startPatch }

const VIEWS = new Set(['status', 'ephemeralcontainers', 'resize', 'approval'])

const READS = new Set<ApiVerb>(['get', 'list', 'watch', 'head', 'options'])

export const isMutating = (info: RequestInfo): boolean => !READS.has(info.verb)

export function dispatch(core: Core, flight: Flight): void {
  const { info } = flight
  if (!info.isResource) return answerPath(core, flight)
  const entry = core.registry.byResource(info.group, info.version, info.resource)
  const review = REVIEWS[`${info.group}/${info.resource}`]
  if (review !== undefined && info.verb === 'create') return review(core, flight)
  if (entry === undefined && proxied(core, flight, info.group, info.version)) return
  if (entry === undefined) return core.respond(flight, { code: 404, headers: PLAIN, body: '404 page not found\n' })
  if (!isRouted(flight)) return core.refuse(flight, methodNotKnown())
  if (entry.namespaced && info.namespace === '' && !CLUSTER_WIDE.has(info.verb))
    return core.refuse(flight, pathNotFound())
  const problem = optionsProblem(core, flight)
  if (problem !== undefined) return core.refuse(flight, problem)
  if (info.subresource !== '') return dispatchSubresource(core, flight, entry)
  if (entry.group === '' && entry.resource === 'bindings' && info.verb === 'create') return createBinding(core, flight)
  const run = COMPUTED[`${entry.group}/${entry.resource}`]?.[info.verb] ?? VERBS[info.verb]
  if (run === undefined) return core.refuse(flight, methodNotKnown())
  if (entry.custom !== undefined && info.verb === 'create') return createCustom(core, flight, entry)
  if (entry.custom === undefined && !entry.verbs.includes(info.verb))
    return core.refuse(flight, methodNotAllowed(entry, info.verb))
  run(core, flight)
}

/** Resources know no HEAD and OPTIONS; what names an object is not posted to, and a collection is not changed. */
function isRouted({ request: { method }, info }: Flight): boolean {
  if (method === 'HEAD' || method === 'OPTIONS') return false
  if (info.subresource !== '') return true
  return info.name === '' ? method !== 'PUT' && method !== 'PATCH' : method !== 'POST'
}

/** A kind that was established a moment ago makes its first creators wait; one that is going away refuses them. */
function createCustom(core: Core, flight: Flight, entry: KindEntry): void {
  const delayMs = flight.memo.waited === true ? 0 : createDelayMs(core, entry)
  if (delayMs > 0) {
    flight.memo.waited = true
    return core.later(flight, delayMs)
  }
  const refused = terminatingProblem(core, flight, entry)
  if (refused !== undefined) return core.refuse(flight, refused)
  startCreate(core, flight)
}

/** Kinds that nobody stores. */
const COMPUTED: Record<string, Partial<Record<ApiVerb, VerbHandler>>> = {
  '/componentstatuses': { get: getComponent, list: listComponents },
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }

/** Verbs that make sense across all namespaces. */
const CLUSTER_WIDE = new Set<ApiVerb>(['list', 'watch'])

function dispatchSubresource(core: Core, flight: Flight, entry: KindEntry): void {
  const { info } = flight
  const [first = ''] = info.subresource.split('/')
  const known = entry.subresources.find(({ name }) => name === first)
  if (known === undefined) return core.refuse(flight, pathNotFound())
  const own = SUBRESOURCES[`${entry.resource}/${first}`] ?? SUBRESOURCES[`*/${first}`]
  const handler = own?.[info.verb]
  if (handler !== undefined) return handler(core, flight)
  const view = VIEWS.has(first) ? VIEW_VERBS[info.verb] : undefined
  if (view !== undefined) return view(core, flight)
  if (!known.verbs.includes(info.verb)) return core.refuse(flight, methodNotKnown())
  core.refuse(flight, notSimulated(`${info.verb} of ${entry.resource}/${first}`))
}
