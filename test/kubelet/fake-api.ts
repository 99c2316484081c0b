/** A small API server and client for tests of the kubelet: calls, informers, status patches merged by condition type. */
import type {
  Answer,
  ApiClient,
  ApiClientOwner,
  Call,
  Change,
  Informer,
  InformerOptions,
  KubeObject,
} from '../../engine/api/client.ts'
import type { Kernel } from '../../engine/kernel/kernel.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'
import { timestamp } from '../../engine/objects/meta.ts'

const LATENCY_MS = 2

interface Watcher {
  address: string
  resource: string
  matches: (object: KubeObject) => boolean
}

type Json = Record<string, unknown>

export class FakeApi {
  objects = new Map<string, KubeObject>()
  watchers: Watcher[] = []
  calls: { at: number; call: Call }[] = []
  reachable = true
  /** A verb that etcd does not answer in time. */
  failing: Call['verb'] | undefined
  private revision = 0

  constructor(readonly kernel: Kernel) {}

  key(resource: string, namespace: string | undefined, name: string): string {
    return `${resource}|${namespace ?? ''}|${name}`
  }

  get<T extends KubeObject>(resource: string, namespace: string, name: string): T | undefined {
    return this.objects.get(this.key(resource, namespace, name)) as T | undefined
  }

  list<T extends KubeObject>(resource: string): T[] {
    return [...this.objects].filter(([key]) => key.startsWith(`${resource}|`)).map(([, object]) => object as T)
  }

  put(resource: string, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata
    const key = this.key(resource, namespace, name)
    const old = this.objects.get(key)
    const uid = object.metadata.uid ?? old?.metadata.uid ?? `uid-${name}-${++this.revision}`
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++this.revision) } }
    this.objects.set(key, stored)
    this.notify(
      resource,
      old === undefined ? { type: 'added', object: stored } : { type: 'modified', object: stored, old },
    )
    return stored
  }

  remove(resource: string, namespace: string | undefined, name: string): boolean {
    const key = this.key(resource, namespace, name)
    const old = this.objects.get(key)
    if (old === undefined) return false
    this.objects.delete(key)
    this.notify(resource, { type: 'deleted', object: old, old })
    return true
  }

  /** What `kubectl delete pod` does. */
  deletePod(name: string, graceSeconds?: number): void {
    const pod = this.get('v1/pods', 'default', name)
    if (pod === undefined) return
    const grace =
      graceSeconds ??
      (pod as { spec?: { terminationGracePeriodSeconds?: number } }).spec?.terminationGracePeriodSeconds ??
      30
    this.put('v1/pods', {
      ...pod,
      metadata: {
        ...pod.metadata,
        deletionTimestamp: timestamp(this.kernel.clockMs + grace * 1000),
        deletionGracePeriodSeconds: grace,
      },
    })
  }

  run(call: Call): { code: number; body: unknown } {
    this.calls.push({ at: this.kernel.now, call })
    if (!this.reachable) return { code: 0, body: undefined }
    if (call.verb === this.failing) return { code: 500, body: { message: 'etcdserver: request timed out' } }
    const { resource, namespace } = call
    const given = (call.body as KubeObject | undefined)?.metadata
    const made = call.verb === 'create' && given !== undefined && given.name === undefined
    if (made) {
      const metadata = { ...given, name: `${given.generateName ?? ''}${++this.revision}` }
      return this.run({ ...call, body: { ...(call.body as KubeObject), metadata } })
    }
    const name = call.name ?? given?.name ?? ''
    const found = this.objects.get(this.key(resource, namespace, name))
    if (call.verb === 'create')
      return found !== undefined
        ? { code: 409, body: {} }
        : {
            code: 201,
            body: this.put(resource, {
              ...(call.body as KubeObject),
              metadata: { ...(call.body as KubeObject).metadata, ...(namespace !== undefined && { namespace }) },
            }),
          }
    if (found === undefined) return { code: 404, body: {} }
    if (call.verb === 'get') return { code: 200, body: found }
    if (call.verb === 'update') return { code: 200, body: this.put(resource, call.body as KubeObject) }
    if (call.verb === 'patch')
      return {
        code: 200,
        body: this.put(resource, merge(found as unknown as Json, call.body as Json) as unknown as KubeObject),
      }
    if (call.verb === 'delete') return { code: this.remove(resource, namespace, name) ? 200 : 404, body: {} }
    return { code: 405, body: {} }
  }

  private notify(resource: string, change: Change): void {
    for (const watcher of this.watchers) {
      if (watcher.resource !== resource || !watcher.matches(change.object)) continue
      const old = change.old !== undefined && !watcher.matches(change.old)
      this.kernel.send(
        {
          to: watcher.address,
          type: 'fake.change',
          data: { resource, change: old ? { type: 'added', object: change.object } : change },
        },
        LATENCY_MS,
      )
    }
  }
}

function merge(target: Json, patch: Json): Json {
  const result: Json = { ...target }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue
    if (value === null) delete result[key]
    else if (key === 'conditions')
      result[key] = mergeConditions((target[key] ?? []) as { type: string }[], value as { type: string }[])
    else if (typeof value === 'object' && !Array.isArray(value))
      result[key] = merge((target[key] ?? {}) as Json, value as Json)
    else result[key] = value
  }
  return result
}

function mergeConditions(old: { type: string }[], fresh: { type: string }[]): { type: string }[] {
  const kept = old.map((one) => fresh.find(({ type }) => type === one.type) ?? one)
  return [...kept, ...fresh.filter(({ type }) => !old.some((one) => one.type === type))]
}

class FakeInformer<T extends KubeObject> implements Informer<T> {
  cache = new Map<string, T>()
  synced = false
  revision = 0
  constructor(
    readonly resource: string,
    readonly options: InformerOptions<T> = {},
  ) {}
  get(namespace: string, name: string): T | undefined {
    return this.cache.get(`${namespace}/${name}`)
  }
  list(): T[] {
    return [...this.cache.values()]
  }
  by(): T[] {
    return []
  }
  matches(object: KubeObject): boolean {
    const [field, value] = (this.options.fieldSelector ?? '').split('=')
    if (field === 'spec.nodeName') return (object as { spec?: { nodeName?: string } }).spec?.nodeName === value
    return field === 'metadata.name' ? object.metadata.name === value : true
  }
}

export class FakeClient implements ApiClient {
  informers: FakeInformer<KubeObject>[] = []
  private session = 0
  private up = false

  constructor(
    private readonly api: FakeApi,
    private readonly address: string,
    private readonly owner: ApiClientOwner,
  ) {}

  get synced(): boolean {
    return this.informers.every(({ synced }) => synced)
  }

  call(call: Call, tag?: unknown): void {
    this.api.kernel.send(
      { to: this.address, type: 'fake.call', data: { call, tag, session: this.session } },
      LATENCY_MS,
    )
  }

  informer<T extends KubeObject>(resource: string, options?: InformerOptions<T>): Informer<T> {
    const informer = new FakeInformer<T>(resource, options)
    this.informers.push(informer as unknown as FakeInformer<KubeObject>)
    return informer
  }

  closeInformer(resource: string): void {
    this.informers = this.informers.filter((informer) => informer.resource !== resource)
  }

  start(): void {
    this.up = true
    for (const informer of this.informers) {
      this.api.watchers.push({
        address: this.address,
        resource: informer.resource,
        matches: (object) => informer.matches(object),
      })
      this.api.kernel.send({ to: this.address, type: 'fake.list', data: { resource: informer.resource } }, LATENCY_MS)
    }
  }

  stop(): void {
    this.up = false
    this.session++
    this.api.watchers = this.api.watchers.filter(({ address }) => address !== this.address)
    for (const informer of this.informers) {
      informer.cache.clear()
      informer.synced = false
    }
  }

  handle(event: KernelEvent): boolean {
    if (!event.type.startsWith('fake.')) return false
    const data = event.data as { call: Call; tag: unknown; session: number; resource: string; change: Change }
    if (!this.up && event.type !== 'fake.call') return true
    if (event.type === 'fake.call') this.answer(data)
    if (event.type === 'fake.list') this.listed(data.resource)
    if (event.type === 'fake.change') this.apply(data.resource, data.change)
    return true
  }

  dump(): unknown {
    return {
      session: this.session,
      up: this.up,
      caches: this.informers.map(({ cache, synced }) => ({ cache: [...cache], synced })),
    }
  }

  load(state: unknown): void {
    const { session, up, caches } = state as {
      session: number
      up: boolean
      caches: { cache: [string, KubeObject][]; synced: boolean }[]
    }
    Object.assign(this, { session, up })
    caches.forEach(({ cache, synced }, index) =>
      Object.assign(this.informers[index] as object, { cache: new Map(cache), synced }),
    )
    this.api.watchers = this.api.watchers.filter(({ address }) => address !== this.address)
    if (up)
      for (const informer of this.informers)
        this.api.watchers.push({
          address: this.address,
          resource: informer.resource,
          matches: (object) => informer.matches(object),
        })
  }

  private answer({ call, tag, session }: { call: Call; tag: unknown; session: number }): void {
    if (session !== this.session) return
    const { code, body } = this.api.run(call)
    this.owner.onAnswer({
      call,
      tag,
      code,
      body,
      ...(code === 0 && { failure: 'connection refused' }),
    } satisfies Answer)
  }

  private listed(resource: string): void {
    const informer = this.informers.find((one) => one.resource === resource)
    if (informer === undefined) return
    informer.synced = true
    for (const object of this.api.list(resource))
      if (informer.matches(object)) this.apply(resource, { type: 'added', object })
  }

  private apply(resource: string, change: Change): void {
    const informer = this.informers.find((one) => one.resource === resource)
    if (informer === undefined || !informer.synced) return
    const { namespace = '', name } = change.object.metadata
    if (change.type === 'deleted') informer.cache.delete(`${namespace}/${name}`)
    else if (change.type === 'added' && informer.cache.has(`${namespace}/${name}`)) return
    else informer.cache.set(`${namespace}/${name}`, change.object)
    this.owner.onChange(resource, change)
  }
}
