/**
 * watch: changes from a revision on, with initial events and bookmarks where they are asked for.
 * Models apiserver endpoints/handlers/watch.go and storage/cacher.
 */
import type { Core, ReadSteps } from '../core.ts'
import { parseFieldSelector } from '../../objects/selectors.ts'
import { watchNeedsWebhook } from '../custom/conversion-webhook.ts'
import type { Flight } from '../flight.ts'
import { formOf, JSON_HEADERS, shapeEvent, unacceptable } from '../present.ts'
import { badRequest, expired, notSimulated } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf } from '../storage/keys.ts'
import type { CacheEvent } from '../storage/watch-cache.ts'
import type { Told, Watch } from '../watch/watches.ts'
import { notReady, readVersion, selectionOf } from './read.ts'
import type { KubeObject } from '../client.ts'

/** cacher's pre-timeout bookmark. */
const LAST_BOOKMARK_MS = 2000

const isTrue = (value: string | undefined): boolean => value === 'true' || value === '1'

export function startWatch(core: Core, flight: Flight): void {
  const { query } = flight.request
  if (formOf(flight.request) === undefined) return core.refuse(flight, unacceptable(flight.request, true))
  if (watchNeedsWebhook(core, core.entryOf(flight)))
    return core.refuse(flight, notSimulated('a watch whose objects a conversion webhook has to make'))
  const revision = readVersion(query.resourceVersion || '0')
  if (typeof revision !== 'number') return core.refuse(flight, revision)
  if (!namesItself(flight))
    return core.refuse(flight, badRequest("fieldSelector metadata.name doesn't match requested name"))
  const selection = selectionOf(flight, core.entryOf(flight))
  if (typeof selection === 'string') return core.refuse(flight, badRequest(selection))
  // Only who lists by watching is promised the newest state; others begin with what the cache has.
  const isNewest = (query.resourceVersion ?? '') === '' && isTrue(query.sendInitialEvents)
  if (isNewest) core.readConsistently(flight, 'watch')
  else core.readAt(flight, 'watch', revision)
}

/** A watch of one object may name it in the selector too, and nothing but it. */
function namesItself({ info: { name }, request }: Flight): boolean {
  const { fieldSelector = '' } = request.query
  if (name === '' || fieldSelector === '') return true
  return parseFieldSelector(fieldSelector).some(
    (one) => one.field === 'metadata.name' && one.op === '=' && one.value === name,
  )
}

function open(core: Core, flight: Flight): void {
  const watch = makeWatch(core, flight)
  if (core.cache.isBroken(watch.directory)) return core.refuse(flight, notReady())
  const revision = Number(flight.request.query.resourceVersion ?? 0)
  const initial = isTrue(flight.request.query.sendInitialEvents)
  const missed = revision === 0 || initial ? undefined : core.cache.since(watch.directory, revision)
  core.land(flight)
  core.outbox.respond(watch.replyTo, { code: 200, headers: JSON_HEADERS, streaming: true })
  if (revision !== 0 && !initial && missed === undefined) return refuseOld(core, watch, revision)
  core.watches.add(watch)
  if (missed === undefined) sendState(core, watch, initial)
  else for (const event of missed) replay(core, watch, event)
  core.arm()
}

function makeWatch(core: Core, flight: Flight): Watch {
  const { info, request } = flight
  const { query } = request
  const entry = core.entryOf(flight)
  const fieldSelector = info.name === '' ? (query.fieldSelector ?? '') : `metadata.name=${info.name}`
  const endsAt = core.kernel.now + lifetime(core, query.timeoutSeconds)
  return {
    id: flight.id,
    from: flight.from,
    clientId: flight.clientId,
    replyTo: flight.replyTo,
    directory: directoryOf(entry.group, entry.resource),
    group: entry.group,
    version: entry.version,
    resource: entry.resource,
    namespace: entry.namespaced ? info.namespace : '',
    labelSelector: query.labelSelector ?? '',
    fieldSelector,
    form: formOf(request) ?? 'object',
    includeObject: query.includeObject ?? 'Metadata',
    bookmarks: isTrue(query.allowWatchBookmarks),
    endsAt,
    bookmarkAt: nextBookmark(core, endsAt),
    columnsSent: false,
  }
}

function lifetime(core: Core, timeoutSeconds: string | undefined): number {
  const asked = Number(timeoutSeconds ?? 0)
  if (asked > 0) return asked * 1000
  return core.flags.minWatchTimeoutMs + core.random.int(core.flags.minWatchTimeoutMs)
}

/** About every minute, and once more shortly before the watch ends. */
function nextBookmark(core: Core, endsAt: number): number {
  const { now } = core.kernel
  const next = now + core.flags.bookmarkPeriodMs - core.random.int(core.flags.bookmarkPeriodMs / 4)
  const last = endsAt - LAST_BOOKMARK_MS
  return last > now ? Math.min(next, last) : Math.min(next, endsAt)
}

/** The present state as ADDED events, closed by a bookmark when the client asked for initial events. */
function sendState(core: Core, watch: Watch, initial: boolean): void {
  const prefix = watch.namespace === '' ? watch.directory : `${watch.directory}${watch.namespace}/`
  for (const object of core.cache.list(watch.directory, prefix)) {
    replay(core, watch, { type: 'ADDED', key: '', revision: 0, object, atMs: 0 })
  }
  if (initial) sendBookmark(core, watch, { 'k8s.io/initial-events-end': 'true' })
}

function replay(core: Core, watch: Watch, event: CacheEvent): void {
  const told = core.watches.replay(watch.id, event)
  if (told !== undefined) sendEvent(core, told)
}

function refuseOld(core: Core, watch: Watch, revision: number): void {
  const status = expired(`too old resource version: ${revision} (${core.cache.oldest(watch.directory)})`)
  sendError(core, watch, status)
}

function sendError(core: Core, watch: Watch, status: ApiStatus): void {
  core.outbox.chunk(watch.replyTo, { type: 'ERROR', object: status })
  core.outbox.end(watch.replyTo)
}

const entryFor = (core: Core, watch: Watch): ReturnType<Core['entryOf']> =>
  core.registry.byResource(watch.group, watch.version, watch.resource) ?? core.storageEntry(watch.group, watch.resource)

/** Events of plain watches are shared by all that get them. */
let sharedFor: KubeObject | undefined
let shared: { type: string; object: unknown } | undefined

function plainEvent(core: Core, { watch, type, object }: Told): unknown {
  if (sharedFor === object && shared?.type === type) return shared
  const shaped = shapeEvent(core, entryFor(core, watch), object, 'object', '', false)
  if (shaped !== object) return { type, object: shaped }
  sharedFor = object
  shared = { type, object }
  return shared
}

/** Sends one event to one watch. */
export function sendEvent(core: Core, told: Told): void {
  const { watch, type, object } = told
  if (watch.form === 'object') return core.outbox.chunk(watch.replyTo, plainEvent(core, told))
  const shaped = shapeEvent(core, entryFor(core, watch), object, watch.form, watch.includeObject, !watch.columnsSent)
  watch.columnsSent = true
  core.outbox.chunk(watch.replyTo, { type, object: shaped })
}

function sendBookmark(core: Core, watch: Watch, annotations?: Record<string, string>): void {
  const { kind, group, version } = entryFor(core, watch)
  const metadata = {
    creationTimestamp: null,
    resourceVersion: String(core.cache.revision),
    ...(annotations && { annotations }),
  }
  const object = { kind, apiVersion: group === '' ? version : `${group}/${version}`, metadata }
  const bookmark =
    watch.form === 'object'
      ? object
      : shapeEvent(
          core,
          entryFor(core, watch),
          object as unknown as KubeObject,
          watch.form,
          watch.includeObject,
          !watch.columnsSent,
        )
  core.outbox.chunk(watch.replyTo, { type: 'BOOKMARK', object: bookmark })
}

/** Sends the bookmarks that are due and ends the watches whose time is over. Returns when next to look. */
export function tendWatches(core: Core): number | undefined {
  const now = core.kernel.now
  let next = Infinity
  for (const watch of core.watches.list()) {
    if (watch.endsAt <= now) {
      core.watches.remove(watch.id)
      core.outbox.end(watch.replyTo)
      continue
    }
    if (watch.bookmarks && watch.bookmarkAt <= now) {
      sendBookmark(core, watch)
      watch.bookmarkAt = nextBookmark(core, watch.endsAt)
    }
    next = Math.min(next, watch.endsAt, watch.bookmarks ? watch.bookmarkAt : Infinity)
  }
  return next === Infinity ? undefined : next
}

export const watchSteps: ReadSteps = { watch: open }
