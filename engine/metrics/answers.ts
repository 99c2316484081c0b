/** What metrics-server answers: metrics.k8s.io/v1beta1 and its health. Models metrics-server pkg/api and pkg/server (U5). */
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import { timestamp } from '../objects/meta.ts'
import { makeQuantity } from '../objects/quantity.ts'
import {
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from '../objects/selectors.ts'
import type { ObjectMeta } from '../objects/types.gen.ts'
import { isReady, nodeRate, podRates } from './points.ts'
import type { Rate, Storage } from './points.ts'

const GROUP = 'metrics.k8s.io'
const API_VERSION = `${GROUP}/v1beta1`
const READS = ['get', 'list']

/** What the answers are made from. */
export interface Facts {
  readonly nowMs: number
  readonly storage: Storage
  readonly nodes: readonly { metadata: ObjectMeta }[]
  readonly pods: readonly { metadata: ObjectMeta }[]
}

interface Metrics {
  kind: string
  apiVersion: string
  metadata: { name: string; namespace?: string; creationTimestamp: string; labels?: Record<string, string> }
  timestamp: string
  window: string
  usage?: Record<string, string>
  containers?: { name: string; usage: Record<string, string> }[]
}

const json = (body: unknown, code = 200): HttpResponse => ({
  code,
  headers: { 'content-type': 'application/json' },
  body,
})
const text = (code: number, body: string): HttpResponse => ({
  code,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body,
})

const usageOf = ({ cpu, memoryBytes }: Rate): Record<string, string> => ({
  cpu: makeQuantity({ nanos: BigInt(cpu), format: 'DecimalSI' }),
  memory: makeQuantity({ nanos: BigInt(Math.round(memoryBytes)) * 1_000_000_000n, format: 'BinarySI' }),
})

/** Go's text of a duration under an hour. */
function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const seconds = (ms % 60_000) / 1000
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}

function metaOf({ metadata }: { metadata: ObjectMeta }, nowMs: number): Metrics['metadata'] {
  const { name, namespace, labels } = metadata
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    creationTimestamp: timestamp(nowMs),
    ...(labels !== undefined && Object.keys(labels).length > 0 && { labels }),
  }
}

function nodeMetrics({ storage, nowMs }: Facts, node: { metadata: ObjectMeta }): Metrics | undefined {
  const found = nodeRate(storage, node.metadata.name)
  if (found === undefined) return undefined
  return {
    kind: 'NodeMetrics',
    apiVersion: API_VERSION,
    metadata: metaOf(node, nowMs),
    timestamp: timestamp(found.atMs),
    window: durationText(found.windowMs),
    usage: usageOf(found),
  }
}

function podMetrics({ storage, nowMs }: Facts, pod: { metadata: ObjectMeta }): Metrics | undefined {
  const rates = podRates(storage, `${pod.metadata.namespace}/${pod.metadata.name}`)
  const all = Object.entries(rates ?? {})
  if (all.length === 0) return undefined
  const [, earliest] = all.reduce((found, one) => (one[1].atMs < found[1].atMs ? one : found))
  return {
    kind: 'PodMetrics',
    apiVersion: API_VERSION,
    metadata: metaOf(pod, nowMs),
    timestamp: timestamp(earliest.atMs),
    window: durationText(earliest.windowMs),
    containers: all.map(([name, rate]) => ({ name, usage: usageOf(rate) })),
  }
}

// The API.

const RESOURCES = {
  nodes: { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: READS },
  pods: { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: READS },
}

const version = { groupVersion: API_VERSION, version: 'v1beta1' }
const group = { name: GROUP, versions: [version], preferredVersion: version }

function failure(code: number, reason: string, message: string, details?: object): HttpResponse {
  return json(
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details && { details }),
      code,
    },
    code,
  )
}

function notFound(resource: keyof typeof RESOURCES, name: string): HttpResponse {
  const kind = RESOURCES[resource].kind.toLowerCase()
  return failure(404, 'NotFound', `${kind}.${GROUP} ${JSON.stringify(name)} not found`, { name, group: GROUP, kind })
}

interface Place {
  resource: keyof typeof RESOURCES
  namespace: string
  name: string
}

function placeOf(parts: readonly string[]): Place | undefined {
  const [first, second = '', third, name = '', ...rest] = parts
  if (first === 'nodes' && third === undefined) return { resource: 'nodes', namespace: '', name: second }
  if (first === 'pods' && second === '') return { resource: 'pods', namespace: '', name: '' }
  if (first === 'namespaces' && third === 'pods' && rest.length === 0)
    return { resource: 'pods', namespace: second, name }
  return undefined
}

export function answer(facts: Facts, request: HttpRequest): HttpResponse {
  const parts = request.path.split('/').filter((part) => part !== '')
  if (parts[0] !== 'apis') return health(facts, parts, request)
  if (parts.length === 1) return json({ kind: 'APIGroupList', apiVersion: 'v1', groups: [group] })
  if (parts[1] !== GROUP) return text(404, '404 page not found\n')
  if (parts.length === 2) return json({ kind: 'APIGroup', apiVersion: 'v1', ...group })
  if (parts[2] !== 'v1beta1') return text(404, '404 page not found\n')
  if (parts.length === 3)
    return json({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: API_VERSION,
      resources: Object.values(RESOURCES),
    })
  const place = placeOf(parts.slice(3))
  if (place === undefined) return failure(404, 'NotFound', 'the server could not find the requested resource', {})
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
  return read(facts, place, request)
}

function read(facts: Facts, place: Place, request: HttpRequest): HttpResponse {
  const { resource, namespace, name } = place
  const make = resource === 'nodes' ? nodeMetrics : podMetrics
  const objects = resource === 'nodes' ? facts.nodes : facts.pods
  const asTable = (request.headers['accept'] ?? '').includes('as=Table')
  if (name !== '') {
    const object = objects.find(({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === namespace)
    const found = object && make(facts, object)
    if (found === undefined) return notFound(resource, namespace === '' ? name : `${namespace}/${name}`)
    return json(asTable ? table([found], false) : found)
  }
  const chosen = selected(objects, namespace, request.query)
  if ('refused' in chosen) return failure(400, 'BadRequest', chosen.refused)
  const items = chosen.objects.map((object) => make(facts, object)).filter((one) => one !== undefined)
  items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  if (asTable) return json(table(items, true))
  const bare = items.map(({ kind: _kind, apiVersion: _version, ...rest }) => rest)
  return json({ kind: `${RESOURCES[resource].kind}List`, apiVersion: API_VERSION, metadata: {}, items: bare })
}

const keyOf = ({ metadata }: Metrics): string => `${metadata.namespace ?? ''}/${metadata.name}`

function selected(
  objects: Facts['pods'],
  namespace: string,
  { labelSelector = '', fieldSelector = '' }: Record<string, string>,
): { objects: Facts['pods'] } | { refused: string } {
  try {
    const labels = parseLabelSelector(labelSelector)
    const fields = parseFieldSelector(fieldSelector)
    const value = (metadata: ObjectMeta, field: string): string =>
      field === 'metadata.name' ? metadata.name : field === 'metadata.namespace' ? (metadata.namespace ?? '') : ''
    return {
      objects: objects.filter(
        ({ metadata }) =>
          (namespace === '' || metadata.namespace === namespace) &&
          matchesLabels(labels, metadata.labels) &&
          matchesFields(fields, (field) => value(metadata, field)),
      ),
    }
  } catch (error) {
    if (error instanceof SelectorError) return { refused: error.message }
    throw error
  }
}

/** The columns of `kubectl get nodes.metrics.k8s.io`. */
function table(items: readonly Metrics[], isList: boolean): object {
  const column = (name: string, format = ''): object => ({ name, type: 'string', format, description: '', priority: 0 })
  const total = (one: Metrics, resource: string): string => {
    if (one.usage !== undefined) return one.usage[resource] ?? ''
    return sumText((one.containers ?? []).map(({ usage }) => usage[resource] ?? '0'))
  }
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: isList ? {} : undefined,
    columnDefinitions: [column('Name', 'name'), column('cpu'), column('memory'), column('Window')],
    rows: items.map((one) => ({
      cells: [one.metadata.name, total(one, 'cpu'), total(one, 'memory'), one.window],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: one.metadata },
    })),
  }
}

function sumText(texts: readonly string[]): string {
  if (texts.length === 1) return texts[0] as string
  const isMemory = texts.some((one) => /i$/.test(one))
  const nanos = texts.reduce((sum, one) => sum + nanosOf(one), 0n)
  return makeQuantity({ nanos, format: isMemory ? 'BinarySI' : 'DecimalSI' })
}

const SCALES: Record<string, bigint> = {
  n: 1n,
  u: 1000n,
  m: 1_000_000n,
  '': 1_000_000_000n,
  Ki: 1024_000_000_000n,
  Mi: 1_048_576_000_000_000n,
  Gi: 1_073_741_824_000_000_000n,
}

function nanosOf(text: string): bigint {
  const [, digits = '0', suffix = ''] = /^(\d+)(\D*)$/.exec(text) ?? []
  return BigInt(digits) * (SCALES[suffix] ?? 1_000_000_000n)
}

// Health.

const CHECKS = {
  livez: [
    'ping',
    'log',
    'poststarthook/max-in-flight-filter',
    'poststarthook/storage-object-count-tracker-hook',
    'metric-collection-timely',
    'metadata-informer-sync',
  ],
  readyz: [
    'ping',
    'log',
    'poststarthook/max-in-flight-filter',
    'poststarthook/storage-object-count-tracker-hook',
    'metric-storage-ready',
    'metric-informer-sync',
    'metadata-informer-sync',
    'shutdown',
  ],
}

function health({ storage }: Facts, [first = '']: readonly string[], { query }: HttpRequest): HttpResponse {
  if (first === 'healthz') return text(200, 'ok')
  if (first !== 'livez' && first !== 'readyz') return text(404, '404 page not found\n')
  const isBad = (check: string): boolean => check === 'metric-storage-ready' && !isReady(storage)
  const bad = CHECKS[first].some(isBad)
  if (!bad && query['verbose'] === undefined) return text(200, 'ok')
  const lines = CHECKS[first].map((check) => (isBad(check) ? `[-]${check} failed: reason withheld` : `[+]${check} ok`))
  return bad
    ? text(500, `${lines.join('\n')}\n${first} check failed\n`)
    : text(200, `${lines.join('\n')}\n${first} check passed\n`)
}

/** Whether an answer means that there was nothing to serve. */
export const saysUnready = ({ code, body }: HttpResponse): boolean =>
  code === 500 && typeof body === 'string' && body.includes('[-]metric-storage-ready')
