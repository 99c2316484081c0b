/** An API server of plain maps for tests of the changing verbs: no defaults, no validation, no controllers. */
import type { HttpRequest, HttpResponse } from '../../engine/fabric/http.ts'
import type { Outgoing } from '../../engine/host/process.ts'
import { applyJsonPatch } from '../../engine/objects/patch/json.ts'
import { applyMerge } from '../../engine/objects/patch/merge.ts'
import type { JsonObject } from '../../engine/objects/patch/json-value.ts'
import { applyStrategic } from '../../engine/objects/patch/strategic.ts'
import { typeNameOf } from '../../engine/objects/schema.ts'
import { matchesLabels, parseLabelSelector } from '../../engine/objects/selectors.ts'

export interface Stored {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels?: Record<string, string>
    resourceVersion?: string
    uid?: string
    [k: string]: unknown
  }
  [field: string]: unknown
}

type Row = [group: string, resource: string, kind: string, shorts: string, cluster?: 'cluster']

const ROWS: Row[] = [
  ['', 'configmaps', 'ConfigMap', 'cm'],
  ['', 'events', 'Event', 'ev'],
  ['', 'namespaces', 'Namespace', 'ns', 'cluster'],
  ['', 'nodes', 'Node', 'no', 'cluster'],
  ['', 'pods', 'Pod', 'po'],
  ['', 'podtemplates', 'PodTemplate', ''],
  ['', 'replicationcontrollers', 'ReplicationController', 'rc'],
  ['', 'resourcequotas', 'ResourceQuota', 'quota'],
  ['', 'secrets', 'Secret', ''],
  ['', 'serviceaccounts', 'ServiceAccount', 'sa'],
  ['', 'services', 'Service', 'svc'],
  ['apps', 'controllerrevisions', 'ControllerRevision', ''],
  ['apps', 'daemonsets', 'DaemonSet', 'ds'],
  ['apps', 'deployments', 'Deployment', 'deploy'],
  ['apps', 'replicasets', 'ReplicaSet', 'rs'],
  ['apps', 'statefulsets', 'StatefulSet', 'sts'],
  ['autoscaling', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'hpa'],
  ['batch', 'cronjobs', 'CronJob', 'cj'],
  ['batch', 'jobs', 'Job', ''],
  ['networking.k8s.io', 'ingresses', 'Ingress', 'ing'],
  ['policy', 'poddisruptionbudgets', 'PodDisruptionBudget', 'pdb'],
  ['rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding', '', 'cluster'],
  ['rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole', '', 'cluster'],
  ['rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding', ''],
  ['rbac.authorization.k8s.io', 'roles', 'Role', ''],
  ['scheduling.k8s.io', 'priorityclasses', 'PriorityClass', 'pc', 'cluster'],
]

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const IN_ALL = [
  'pods',
  'replicationcontrollers',
  'services',
  'daemonsets',
  'deployments',
  'replicasets',
  'statefulsets',
  'cronjobs',
  'jobs',
]
const SCALABLE = ['replicationcontrollers', 'deployments', 'replicasets', 'statefulsets']
const VERSIONS: Record<string, string> = { autoscaling: 'v2' }
const versionOf = (group: string): string => VERSIONS[group] ?? 'v1'

const resourceOf = ([group, resource, kind, shorts, cluster]: Row) => ({
  resource,
  responseKind: { group, version: versionOf(group), kind },
  scope: cluster ? 'Cluster' : 'Namespaced',
  singularResource: kind.toLowerCase(),
  verbs: VERBS,
  ...(shorts ? { shortNames: shorts.split(',') } : {}),
  ...(SCALABLE.includes(resource)
    ? {
        subresources: [
          {
            subresource: 'scale',
            responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
            verbs: ['get', 'patch', 'update'],
          },
        ],
      }
    : {}),
  ...(IN_ALL.includes(resource) ? { categories: ['all'] } : {}),
})

const discovery = (core: boolean) => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: [...new Set(ROWS.map(([group]) => group))]
    .filter((group) => (group === '') === core)
    .map((group) => ({
      metadata: group ? { name: group } : {},
      versions: [
        {
          version: versionOf(group),
          resources: ROWS.filter((row) => row[0] === group).map(resourceOf),
          freshness: 'Current',
        },
      ],
    })),
})

const failed = (code: number, reason: string, message: string, details: object = {}): HttpResponse => ({
  code,
  headers: { 'content-type': 'application/json' },
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code },
})

const done = (body: unknown, code = 200): HttpResponse => ({
  code,
  headers: { 'content-type': 'application/json' },
  body,
})

interface Place {
  row: Row
  namespace: string
  name: string
  subresource: string
}

function placeOf(path: string): Place | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent)
  const group = parts[0] === 'api' ? '' : (parts[1] ?? '')
  let rest = parts.slice(parts[0] === 'api' ? 2 : 3)
  let namespace = ''
  if (rest[0] === 'namespaces' && rest.length > 2) [namespace, rest] = [rest[1]!, rest.slice(2)]
  const row = ROWS.find((one) => one[0] === group && one[1] === rest[0])
  return row && { row, namespace, name: rest[1] ?? '', subresource: rest[2] ?? '' }
}

/** What a test may do instead of the server for one request. */
export type Intercept = (request: Outgoing['request'], path: string, api: MutableApi) => HttpResponse | undefined

export class MutableApi {
  readonly objects = new Map<string, Stored>()
  revision = 100
  intercept: Intercept = () => undefined

  constructor(objects: Stored[] = []) {
    for (const object of objects) this.put(object)
  }

  put(object: Stored): void {
    const row = ROWS.find(
      ([group, , kind]) =>
        kind === object.kind && (object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '') === group,
    )!
    const namespace = row[4] ? '' : (object.metadata.namespace ?? 'default')
    this.store(row, namespace, object)
  }

  get(resource: string, name: string, namespace = 'default'): Stored | undefined {
    return this.objects.get(`${resource}/${namespace}/${name}`) ?? this.objects.get(`${resource}//${name}`)
  }

  readonly http = (outgoing: Outgoing): HttpResponse => {
    const path = outgoing.url.replace(/^https?:\/\/[^/]+/, '')
    return this.intercept(outgoing.request, path, this) ?? this.answer(outgoing.request, path)
  }

  private answer(request: Omit<HttpRequest, 'path' | 'certificate'>, path: string): HttpResponse {
    if (path === '/api' || path === '/apis')
      return {
        ...done(discovery(path === '/api')),
        headers: { 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' },
      }
    if (path === '/version') return done({ major: '1', minor: '35', gitVersion: 'v1.35.2' })
    const place = placeOf(path)
    if (!place) return failed(404, 'NotFound', 'the server could not find the requested resource')
    if (place.name === '') return request.method === 'POST' ? this.create(place, request) : this.list(place, request)
    return this.single(place, request)
  }

  private list({ row, namespace }: Place, { query }: { query: Record<string, string> }): HttpResponse {
    const selector = parseLabelSelector(query.labelSelector ?? '')
    const fields = (query.fieldSelector ?? '')
      .split(',')
      .filter(Boolean)
      .map((pair) => pair.split('='))
    const items = [...this.objects]
      .filter(
        ([key]) => key.startsWith(`${row[1]}/`) && (namespace === '' || key.startsWith(`${row[1]}/${namespace}/`)),
      )
      .map(([, object]) => object)
      .filter((object) => matchesLabels(selector, object.metadata.labels ?? {}))
      .filter((object) => fields.every(([path, value]) => String(read(object, path!)) === value))
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    return done({
      kind: `${row[2]}List`,
      apiVersion: versionText(row),
      metadata: { resourceVersion: String(this.revision) },
      items,
    })
  }

  private create(place: Place, { body, query }: { body?: unknown; query: Record<string, string> }): HttpResponse {
    const object = body as Stored
    const key = keyOf(place.row, place.namespace, object.metadata.name)
    if (this.objects.has(key))
      return failed(409, 'AlreadyExists', `${groupResource(place.row)} "${object.metadata.name}" already exists`)
    return done(query.dryRun ? object : this.store(place.row, place.namespace, object), 201)
  }

  private single(place: Place, request: Omit<HttpRequest, 'path' | 'certificate'>): HttpResponse {
    const { row, namespace, name, subresource } = place
    const found = this.objects.get(keyOf(row, namespace, name))
    if (!found) return failed(404, 'NotFound', `${groupResource(row)} "${name}" not found`, { name, kind: row[1] })
    if (subresource === 'eviction') return this.remove(place)
    if (subresource === 'scale') return this.scale(place, found, request)
    if (request.method === 'GET') return done(found)
    if (request.method === 'DELETE')
      return request.query.dryRun || (request.body as { dryRun?: string[] } | undefined)?.dryRun
        ? done(found)
        : this.remove(place)
    const next = request.method === 'PUT' ? (request.body as Stored) : patched(found, request)
    if (next.metadata.resourceVersion && next.metadata.resourceVersion !== found.metadata.resourceVersion)
      return failed(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${groupResource(row)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      )
    if (JSON.stringify(sorted(next)) === JSON.stringify(sorted(found))) return done(found)
    return done(
      request.query.dryRun
        ? next
        : this.store(row, namespace, { ...next, metadata: { ...next.metadata, uid: found.metadata.uid } }),
    )
  }

  private remove({ row, namespace, name }: Place): HttpResponse {
    this.objects.delete(keyOf(row, namespace, name))
    return done({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' })
  }

  private scale(
    { row, namespace }: Place,
    found: Stored,
    request: Omit<HttpRequest, 'path' | 'certificate'>,
  ): HttpResponse {
    const scale: Stored = {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: found.metadata.name, namespace, resourceVersion: found.metadata.resourceVersion },
      spec: { replicas: (found.spec as { replicas?: number }).replicas ?? 0 },
    }
    if (request.method === 'GET') return done(scale)
    const next =
      request.method === 'PUT'
        ? (request.body as Stored)
        : (applyMerge(scale as JsonObject, request.body as JsonObject) as Stored)
    this.store(row, namespace, {
      ...found,
      spec: { ...(found.spec as object), replicas: (next.spec as { replicas: number }).replicas },
    })
    return done(next)
  }

  private store(row: Row, namespace: string, object: Stored): Stored {
    this.revision++
    const kept: Stored = {
      ...object,
      metadata: {
        ...object.metadata,
        ...(namespace ? { namespace } : {}),
        uid: object.metadata.uid ?? `uid-${this.revision}`,
        resourceVersion: String(this.revision),
      },
    }
    this.objects.set(keyOf(row, namespace, object.metadata.name), kept)
    return kept
  }
}

function patched(found: Stored, { body, headers }: Pick<HttpRequest, 'body' | 'headers'>): Stored {
  const type = headers['content-type'] ?? ''
  const target = found as JsonObject
  if (type.includes('json-patch')) return applyJsonPatch(target, body as unknown[]) as Stored
  if (type.includes('strategic')) {
    const [group = '', version = ''] = found.apiVersion.includes('/')
      ? found.apiVersion.split('/')
      : ['', found.apiVersion]
    return applyStrategic(typeNameOf(group, version, found.kind), target, body as JsonObject) as Stored
  }
  return applyMerge(target, body as JsonObject) as Stored
}

const keyOf = (row: Row, namespace: string, name: string): string => `${row[1]}/${row[4] ? '' : namespace}/${name}`
const versionText = ([group]: Row): string => (group ? `${group}/${versionOf(group)}` : 'v1')
const groupResource = ([group, resource]: Row): string => (group ? `${resource}.${group}` : resource)

const read = (object: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object) ?? ''

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

export const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:6443"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: x}}]
current-context: c
`
