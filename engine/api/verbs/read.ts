/** get and list. Models apiserver endpoints/handlers/get.go and storage/cacher (resourceVersion semantics). */
import { parseLabelSelector, matchesFields, matchesLabels, SelectorError } from '../../objects/selectors.ts'
import { groupResource } from '../../objects/kinds.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import type { EtcdHeader, EtcdResult, KeyValue } from '../../etcd/messages.ts'
import type { KubeObject } from '../client.ts'
import type { AnswerSteps, Core, ReadSteps } from '../core.ts'
import { compileFieldSelector, FieldLabelError, fieldOf } from '../fields.ts'
import type { Flight } from '../flight.ts'
import { respondList, respondObject } from '../present.ts'
import type { ListMeta } from '../present.ts'
import { badRequest, expired, internalError, notFound, tooManyRequests, unknownError } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf, keyFor, prefixEnd } from '../storage/keys.ts'
import { Unreadable } from '../storage/stored-form.ts'
import { keyOfFlight } from './update.ts'

/** resourceVersion '' is a read of etcd; '0' whatever the cache has, a number at least that. */
export function startGet(core: Core, flight: Flight): void {
  const { resourceVersion = '' } = flight.request.query
  if (resourceVersion === '') return core.readStored(flight, 'get', keyOfFlight(core, flight))
  readFromCache(core, flight, 'cachedGet', resourceVersion)
}

/** Upstream's order: an exact revision, the next page, the newest state, the cache (shouldDelegateList). */
export function startList(core: Core, flight: Flight): void {
  const { resourceVersion = '', continue: token = '' } = flight.request.query
  if (token !== '') return continueList(core, flight)
  if (resourceVersion === '') return listNewest(core, flight)
  if (!isExact(flight)) return readFromCache(core, flight, 'list', resourceVersion)
  const revision = readVersion(resourceVersion)
  if (typeof revision === 'number') listAt(core, flight, revision)
  else core.refuse(flight, revision)
}

/** A limit makes a revision exact where nothing else is said. */
function isExact({ request: { query } }: Flight): boolean {
  const { resourceVersion = '', resourceVersionMatch = '', limit = '0' } = query
  if (resourceVersionMatch !== '') return resourceVersionMatch === 'Exact'
  return resourceVersion !== '0' && Number(limit) > 0
}

/** ConsistentListFromCache: since 1.31 lists come from the cache once it has seen etcd's revision. */
const CONSISTENT_LIST_MINOR = 31

export const listsFromCache = (core: Core): boolean => core.minor >= CONSISTENT_LIST_MINOR

function listNewest(core: Core, flight: Flight): void {
  if (listsFromCache(core)) core.readConsistently(flight, 'list')
  else listStored(core, flight)
}

/** Asks etcd for all that the request could be about. */
export function listStored(core: Core, flight: Flight, step = 'listAnswered'): void {
  const prefix = prefixOf(core, flight)
  flight.step = step
  core.ask(flight, { kind: 'range', key: prefix, rangeEnd: prefixEnd(prefix) })
}

/** A cache that cannot be filled: a list in pages, or of a release before 1.31, goes to etcd (ResilientWatchCacheInitialization). */
function listBroken(core: Core, flight: Flight): void {
  const { limit = '0', labelSelector = '', fieldSelector = '' } = flight.request.query
  const isCheap = Number(limit) > 0 && labelSelector === '' && fieldSelector === ''
  if (isCheap || !listsFromCache(core)) listStored(core, flight)
  else core.refuse(flight, notReady())
}

/** What a cache that is filled anew answers. */
export const notReady = (): ApiStatus => tooManyRequests('storage is (re)initializing', 1)

function readFromCache(core: Core, flight: Flight, step: string, resourceVersion: string): void {
  const revision = readVersion(resourceVersion)
  if (typeof revision !== 'number') return core.refuse(flight, revision)
  flight.memo.asked = true
  core.readAt(flight, step, revision)
}

/** Upstream's storage refuses with an error that is no Status, which makes it a 500. */
export function readVersion(text: string): number | ApiStatus {
  if (/^\d+$/.test(text)) return Number(text)
  const quoted = JSON.stringify(text)
  return unknownError(`resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`)
}

function serveGet(core: Core, flight: Flight, stored: KubeObject | undefined): void {
  if (stored === undefined) return core.refuse(flight, notFound(core.entryOf(flight), flight.info.name))
  respondObject(core, flight, 200, stored)
}

function serveCachedGet(core: Core, flight: Flight): void {
  const { group, resource } = core.entryOf(flight)
  const key = keyOfFlight(core, flight)
  if (core.cache.isBroken(directoryOf(group, resource))) core.readStored(flight, 'get', key)
  else serveGet(core, flight, core.cache.get(key))
}

export interface Selection {
  keep: (object: KubeObject) => boolean
  all: boolean
}

/** What the label and field selectors of a request let through; a text when one is wrong. */
export function selectionOf(flight: Flight, entry: KindEntry): Selection | string {
  const { labelSelector = '', fieldSelector = '' } = flight.request.query
  if (labelSelector === '' && fieldSelector === '') return { keep: () => true, all: true }
  try {
    const labels = parseLabelSelector(labelSelector)
    const fields = compileFieldSelector(groupResource(entry), fieldSelector, entry.custom)
    const keep = (object: KubeObject): boolean =>
      matchesLabels(labels, object.metadata.labels) &&
      matchesFields(fields, (field) => fieldOf(groupResource(entry), object, field))
    return { keep, all: false }
  } catch (error) {
    if (error instanceof SelectorError || error instanceof FieldLabelError) return error.message
    throw error
  }
}

/** Below which prefix all that the request could be about is stored. */
export const prefixOf = (core: Core, flight: Flight): string => prefixFor(core.entryOf(flight), flight.info.namespace)

const prefixFor = (entry: KindEntry, namespace: string): string => {
  const directory = directoryOf(entry.group, entry.resource)
  return entry.namespaced && namespace !== '' ? `${directory}${namespace}/` : directory
}

function serveList(core: Core, flight: Flight): void {
  const entry = core.entryOf(flight)
  if (core.cache.isBroken(directoryOf(entry.group, entry.resource))) return listBroken(core, flight)
  const prefix = prefixFor(entry, flight.info.namespace)
  const objects = core.cache.list(directoryOf(entry.group, entry.resource), prefix)
  page(core, flight, objects, core.cache.revision)
}

/** Where to go on, and at which revision; -1: at the newest. */
interface Token {
  rv: number
  start: string
}

const TOKEN_VERSION = 'meta.k8s.io/v1'
const urlSafe = (text: string): string => text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const makeToken = (token: Token): string => urlSafe(btoa(JSON.stringify({ v: TOKEN_VERSION, ...token })))

function illegalBase64(text: string): string | undefined {
  const at = text.search(/[^\w-]/)
  if (at >= 0) return `illegal base64 data at input byte ${at}`
  return text.length % 4 === 1 ? `illegal base64 data at input byte ${text.length - 1}` : undefined
}

function tokenProblem({ v, rv, start }: Record<string, unknown>): string | undefined {
  if (v !== TOKEN_VERSION) return `server does not recognize this encoded version ${JSON.stringify(v ?? '')}`
  if (!rv) return `incorrect encoded start resourceVersion (version ${TOKEN_VERSION})`
  if (!start) return `encoded start key empty (version ${TOKEN_VERSION})`
  const isClean = !/\/\/|(^|\/)\.\.?(\/|$)|.\/$/.test(String(start))
  return isClean ? undefined : String(start)
}

/** Models storage/continue.go DecodeContinue. */
function parseToken(text: string): Token | { problem: string } {
  const wrong = (why: string): { problem: string } => ({
    problem: `invalid continue token: continue key is not valid: ${why}`,
  })
  const illegal = illegalBase64(text)
  if (illegal !== undefined) return wrong(illegal)
  try {
    const token = JSON.parse(atob(text.replace(/-/g, '+').replace(/_/g, '/'))) as Record<string, unknown>
    const problem = tokenProblem(token)
    return problem === undefined ? { rv: Number(token.rv), start: String(token.start) } : wrong(problem)
  } catch {
    return wrong(
      `invalid character ${goChar(atob(text.replace(/-/g, '+').replace(/_/g, '/')))} looking for beginning of value`,
    )
  }
}

const goChar = (text: string): string => {
  const code = text.charCodeAt(0)
  return code >= 0x20 && code < 0x7f ? `'${text[0]!}'` : `'\\x${code.toString(16).padStart(2, '0')}'`
}

/** Filters, cuts at the limit and answers. `objects` are all that remain to be listed, in key order. */
function page(core: Core, flight: Flight, objects: KubeObject[], revision: number): void {
  const entry = core.entryOf(flight)
  const selection = selectionOf(flight, entry)
  if (typeof selection === 'string') return core.refuse(flight, badRequest(selection))
  const limit = limitOf(flight)
  const chosen = selection.all ? objects : objects.filter(selection.keep)
  if (limit <= 0 || chosen.length <= limit)
    return respondList(core, flight, chosen, { resourceVersion: String(revision) })
  const shown = chosen.slice(0, limit)
  const last = shown[limit - 1] as KubeObject
  const start = keyFor(directoryOf(entry.group, entry.resource), last.metadata.namespace ?? '', last.metadata.name)
  const meta: ListMeta = {
    resourceVersion: String(revision),
    continue: makeToken({ rv: revision, start: `${start.slice(prefixFor(entry, flight.info.namespace).length)}\0` }),
  }
  if (selection.all) meta.remainingItemCount = chosen.length - limit
  respondList(core, flight, shown, meta)
}

/** "0" is answered from the cache, which knows no pages. */
function limitOf(flight: Flight): number {
  const { limit = '0', resourceVersion, continue: token = '' } = flight.request.query
  return resourceVersion === '0' && token === '' ? 0 : Number(limit)
}

/** Later pages come from etcd at the revision of the first, or from the cache where nothing has changed since. */
function continueList(core: Core, flight: Flight): void {
  const { continue: given = '', resourceVersion = '' } = flight.request.query
  if (resourceVersion !== '' && resourceVersion !== '0')
    return core.refuse(flight, badRequest('specifying resource version is not allowed when using continue'))
  const token = parseToken(given)
  if ('problem' in token) return core.refuse(flight, badRequest(token.problem))
  const entry = core.entryOf(flight)
  const directory = directoryOf(entry.group, entry.resource)
  const prefix = prefixFor(entry, flight.info.namespace)
  if (
    listsFromCache(core) &&
    core.cache.ready &&
    core.cache.changed(directory) <= token.rv &&
    core.cache.revision >= token.rv
  ) {
    const keys = core.cache.keysFrom(directory, prefix, prefix + token.start)
    return page(
      core,
      flight,
      keys.map((key) => core.cache.get(key) as KubeObject),
      token.rv,
    )
  }
  flight.step = 'listAnswered'
  core.ask(flight, {
    kind: 'range',
    key: prefix + token.start,
    rangeEnd: prefixEnd(prefix),
    ...(token.rv > 0 && { revision: token.rv }),
  })
}

function listAt(core: Core, flight: Flight, revision: number): void {
  const entry = core.entryOf(flight)
  const prefix = prefixFor(entry, flight.info.namespace)
  flight.memo.revision = revision
  flight.step = 'listAnswered'
  core.ask(flight, { kind: 'range', key: prefix, rangeEnd: prefixEnd(prefix), revision })
}

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

function listAnswered(core: Core, flight: Flight, result: EtcdResult, header: EtcdHeader): void {
  const objects = storedList(core, flight, result)
  if (objects === undefined) return
  const token = tokenOf(flight)
  const asked = token === undefined ? (flight.memo.revision as number | undefined) : token.rv
  page(core, flight, objects, asked === undefined || asked < 0 ? header.revision : asked)
}

/** The objects of etcd's answer; undefined: the request has been refused. */
export function storedList(core: Core, flight: Flight, result: EtcdResult): KubeObject[] | undefined {
  if (result.kind === 'error') core.refuse(flight, rangeError(flight, result))
  else if (result.kind !== 'range') core.refuse(flight, unknownError(`unexpected answer ${result.kind} of etcd`))
  else return decodeAll(core, flight, result.kvs)
  return undefined
}

/** One value that cannot be read spoils the whole list. */
function decodeAll(core: Core, flight: Flight, kvs: readonly KeyValue[]): KubeObject[] | undefined {
  const objects: KubeObject[] = []
  for (const kv of kvs) {
    const object = core.stored.decode(kv)
    if (object instanceof Unreadable) {
      const why = `unable to transform key ${JSON.stringify(object.key)}: ${object.problem}`
      core.refuse(flight, internalError(why))
      return undefined
    }
    objects.push(object)
  }
  return objects
}

function tokenOf(flight: Flight): Token | undefined {
  const { continue: text = '' } = flight.request.query
  const token = text === '' ? undefined : parseToken(text)
  return token === undefined || 'problem' in token ? undefined : token
}

function rangeError(flight: Flight, { message }: { message: string }): ApiStatus {
  if (!message.includes('compacted')) return unknownError(message)
  const token = tokenOf(flight)
  if (token === undefined) return expired('The resourceVersion for the provided list is too old.')
  return { ...expired(CONTINUE_EXPIRED), metadata: { continue: makeToken({ rv: -1, start: token.start }) } }
}

export const readSteps: ReadSteps = { get: serveGet, cachedGet: serveCachedGet, list: serveList }
export const readAnswers: AnswerSteps = { listAnswered }
