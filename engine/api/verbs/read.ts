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
import { badRequest, expired, failure, notFound, unknownError } from '../status.ts'
import { directoryOf, keyFor, prefixEnd, withRevision } from '../storage/keys.ts'

export function startGet(core: Core, flight: Flight): void {
  readAsAsked(core, flight, 'get')
}

export function startList(core: Core, flight: Flight): void {
  const problem = listProblem(flight)
  if (problem !== undefined) return core.refuse(flight, problem)
  if (flight.request.query.continue !== undefined && flight.request.query.continue !== '')
    return continueList(core, flight)
  readAsAsked(core, flight, 'list')
}

/** resourceVersion '' means the newest, '0' whatever the cache has, and a number at least that. */
function readAsAsked(core: Core, flight: Flight, step: 'get' | 'list'): void {
  const { resourceVersion = '', resourceVersionMatch } = flight.request.query
  if (resourceVersion === '') return core.readConsistently(flight, step)
  const revision = Number(resourceVersion)
  if (!Number.isInteger(revision) || revision < 0) return core.refuse(flight, invalidVersion(resourceVersion))
  if (resourceVersionMatch === 'Exact') return listAt(core, flight, revision)
  core.readAt(flight, step, revision)
}

const invalidVersion = (text: string): ReturnType<typeof badRequest> =>
  badRequest(`resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`)

function listProblem(flight: Flight): ReturnType<typeof badRequest> | undefined {
  const { resourceVersion = '', resourceVersionMatch, continue: token = '' } = flight.request.query
  const refuse = (field: string, why: string): ReturnType<typeof badRequest> =>
    failure(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${why}`, {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [{ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }],
    })
  if (resourceVersionMatch === undefined) return undefined
  if (resourceVersion === '')
    return refuse('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided')
  if (token !== '') return refuse('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
  if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
    return refuse('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  return undefined
}

function serveGet(core: Core, flight: Flight): void {
  const entry = core.entryOf(flight)
  const { namespace, name } = flight.info
  const object = core.cache.get(
    keyFor(directoryOf(entry.group, entry.resource), entry.namespaced ? namespace : '', name),
  )
  if (object === undefined) return core.refuse(flight, notFound(entry, name))
  respondObject(core, flight, 200, object)
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

const prefixFor = (entry: KindEntry, namespace: string): string => {
  const directory = directoryOf(entry.group, entry.resource)
  return entry.namespaced && namespace !== '' ? `${directory}${namespace}/` : directory
}

function serveList(core: Core, flight: Flight): void {
  const entry = core.entryOf(flight)
  const prefix = prefixFor(entry, flight.info.namespace)
  const objects = core.cache.list(directoryOf(entry.group, entry.resource), prefix)
  page(core, flight, objects, core.cache.revision)
}

interface Token {
  rv: number
  start: string
}

const makeToken = (token: Token): string => btoa(JSON.stringify({ v: 'meta.k8s.io/v1', ...token })).replace(/=+$/, '')

function parseToken(text: string): Token | undefined {
  try {
    const { rv, start } = JSON.parse(atob(text)) as Partial<Token>
    return typeof rv === 'number' && typeof start === 'string' ? { rv, start } : undefined
  } catch {
    return undefined
  }
}

/** Filters, cuts at the limit and answers. `objects` are all that remain to be listed, in key order. */
function page(core: Core, flight: Flight, objects: KubeObject[], revision: number): void {
  const entry = core.entryOf(flight)
  const selection = selectionOf(flight, entry)
  if (typeof selection === 'string') return core.refuse(flight, badRequest(selection))
  const limit = Number(flight.request.query.limit ?? 0)
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

/** Later pages come from etcd at the revision of the first, or from the cache where nothing has changed since. */
function continueList(core: Core, flight: Flight): void {
  const token = parseToken(flight.request.query.continue ?? '')
  if (token === undefined)
    return core.refuse(flight, badRequest('continue key is not valid: illegal base64 data at input byte 0'))
  const entry = core.entryOf(flight)
  const directory = directoryOf(entry.group, entry.resource)
  const prefix = prefixFor(entry, flight.info.namespace)
  if (core.cache.ready && core.cache.changed(directory) <= token.rv && core.cache.revision >= token.rv) {
    const keys = core.cache.keysFrom(directory, prefix, prefix + token.start)
    return page(
      core,
      flight,
      keys.map((key) => core.cache.get(key) as KubeObject),
      token.rv,
    )
  }
  flight.step = 'listAnswered'
  core.ask(flight, { kind: 'range', key: prefix + token.start, rangeEnd: prefixEnd(prefix), revision: token.rv })
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
  if (result.kind === 'error') return core.refuse(flight, rangeError(flight, result))
  if (result.kind !== 'range') return core.refuse(flight, unknownError(`unexpected answer ${result.kind} of etcd`))
  const token = parseToken(flight.request.query.continue ?? '')
  page(
    core,
    flight,
    result.kvs.map(decode),
    token?.rv ?? (flight.memo.revision as number | undefined) ?? header.revision,
  )
}

const decode = (kv: KeyValue): KubeObject => withRevision(kv.value as KubeObject, kv.modRevision)

function rangeError(flight: Flight, { message }: { message: string }): ReturnType<typeof badRequest> {
  if (!message.includes('compacted')) return unknownError(message)
  const continued = flight.request.query.continue !== undefined
  return expired(continued ? CONTINUE_EXPIRED : 'The resourceVersion for the provided list is too old.')
}

export const readSteps: ReadSteps = { get: serveGet, list: serveList }
export const readAnswers: AnswerSteps = { listAnswered }
