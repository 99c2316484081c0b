/** The cache behind an informer. Models client-go tools/cache (thread_safe_store.go). */
import type { Informer, InformerOptions, KubeObject, Resource } from '../client.ts'

type Index<T> = Map<string, Map<string, T>>

const keyOf = ({ metadata: { namespace, name } }: KubeObject): string =>
  namespace === undefined || namespace === '' ? name : `${namespace}/${name}`

export class InformerCache<T extends KubeObject = KubeObject> implements Informer<T> {
  synced = false
  revision = 0
  private objects = new Map<string, T>()
  private readonly namespaces: Index<T> = new Map()
  private readonly indexes = new Map<string, { values: (object: T) => string[]; index: Index<T> }>()

  constructor(
    readonly resource: Resource,
    readonly options: InformerOptions<T>,
  ) {
    this.addIndexes(options.indexes ?? {})
  }

  /** More index functions, for those who share this cache. */
  addIndexes(indexes: Record<string, (object: T) => string[]>): void {
    for (const [name, values] of Object.entries(indexes)) {
      if (this.indexes.has(name)) continue
      const made = { values, index: new Map() as Index<T> }
      this.indexes.set(name, made)
      for (const [key, object] of this.objects) for (const value of values(object)) put(made.index, value, key, object)
    }
  }

  get(namespace: string, name: string): T | undefined {
    return this.objects.get(namespace === '' ? name : `${namespace}/${name}`)
  }

  list(namespace?: string): T[] {
    if (namespace === undefined || namespace === '') return [...this.objects.values()]
    return [...(this.namespaces.get(namespace)?.values() ?? [])]
  }

  /** In order of their keys: a restored index was filled in another order. */
  by(index: string, value: string): T[] {
    const found = this.indexes.get(index)
    if (found === undefined) throw new Error(`informer of ${this.resource}: no index ${index}`)
    const bucket = found.index.get(value)
    if (bucket === undefined) return []
    if (bucket.size === 1) return [...bucket.values()]
    return [...bucket.keys()].sort().map((key) => bucket.get(key) as T)
  }

  /** Puts an object in. Returns the one that was there. */
  put(object: T): T | undefined {
    const key = keyOf(object)
    const old = this.objects.get(key)
    this.objects.set(key, object)
    put(this.namespaces, object.metadata.namespace ?? '', key, object)
    for (const { values, index } of this.indexes.values())
      reindex(index, key, old && values(old), values(object), object)
    return old
  }

  remove(object: KubeObject): T | undefined {
    const key = keyOf(object)
    const old = this.objects.get(key)
    if (old === undefined) return undefined
    this.objects.delete(key)
    drop(this.namespaces, old.metadata.namespace ?? '', key)
    for (const { values, index } of this.indexes.values()) for (const value of values(old)) drop(index, value, key)
    return old
  }

  keys(): string[] {
    return [...this.objects.keys()]
  }

  byKey(key: string): T | undefined {
    return this.objects.get(key)
  }

  clear(): void {
    this.synced = false
    this.revision = 0
    this.objects.clear()
    this.namespaces.clear()
    for (const { index } of this.indexes.values()) index.clear()
  }

  dump(): { synced: boolean; revision: number; objects: T[] } {
    return { synced: this.synced, revision: this.revision, objects: [...this.objects.values()] }
  }

  load({ synced, revision, objects }: { synced: boolean; revision: number; objects: KubeObject[] }): void {
    this.clear()
    this.synced = synced
    this.revision = revision
    for (const object of objects) this.put(object as T)
  }
}

function put<T>(index: Index<T>, value: string, key: string, object: T): void {
  const bucket = index.get(value)
  if (bucket === undefined) index.set(value, new Map([[key, object]]))
  else bucket.set(key, object)
}

function drop<T>(index: Index<T>, value: string, key: string): void {
  const bucket = index.get(value)
  bucket?.delete(key)
  if (bucket?.size === 0) index.delete(value)
}

function reindex<T>(index: Index<T>, key: string, before: string[] | undefined, after: string[], object: T): void {
  for (const value of before ?? []) if (!after.includes(value)) drop(index, value, key)
  for (const value of after) put(index, value, key, object)
}
