/**
 * The API server's copy of all objects, fed by one etcd watch, with a window of recent changes for
 * each resource. Models apiserver storage/cacher (watch_cache.go).
 */
import type { KeyValue, WatchEvent } from '../../etcd/messages.ts'
import type { KubeObject } from '../client.ts'
import { directoryOfKey, withRevision } from './keys.ts'
import { Unreadable } from './stored-form.ts'

/** One change of one object, as watchers learn of it. */
export interface CacheEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  key: string
  revision: number
  /** For DELETED: the last state, with the revision of the deletion. */
  object: KubeObject
  old?: KubeObject
  atMs: number
}

interface Table {
  objects: Map<string, KubeObject>
  /** Keys in etcd's order; rebuilt when a key came or went. Derived. */
  sorted?: string[]
  history: CacheEvent[]
  /** Changes at or below this revision are forgotten. */
  forgotten: number
  /** The revision of the last change in this table. */
  changed: number
  /** Values that cannot be read; while there are any, upstream's cacher of the resource is not ready. */
  unreadable?: Map<string, KeyValue>
}

/** Never fewer than this many changes are kept, and none older than the fresh time beyond it. */
const MIN_HISTORY = 100
const MAX_HISTORY = 10_240
const FRESH_MS = 75_000

export interface CacheDump {
  revision: number
  ready: boolean
  tables: [string, TableDump][]
}

interface TableDump {
  objects: [string, KubeObject][]
  history: CacheEvent[]
  forgotten: number
  changed: number
  unreadable?: [string, KeyValue][]
}

export type Decode = (kv: KeyValue) => KubeObject | Unreadable

const plainly: Decode = ({ value, modRevision }) => withRevision(value as KubeObject, modRevision)

export class WatchCache {
  revision = 0
  /** The first full read of etcd has arrived. */
  ready = false
  private tables = new Map<string, Table>()
  private lastKey = ''
  private lastDirectory = ''

  constructor(private readonly decode: Decode = plainly) {}

  /** Starts anew from everything etcd holds. */
  fill(kvs: KeyValue[], revision: number): void {
    this.tables = new Map()
    this.revision = revision
    this.ready = true
    for (const kv of kvs) {
      const table = this.table(directoryOfKey(kv.key))
      const object = this.decode(kv)
      if (object instanceof Unreadable) setAside(table, kv)
      else table.objects.set(kv.key, object)
      table.changed = Math.max(table.changed, kv.modRevision)
    }
    for (const table of this.tables.values()) table.forgotten = revision
  }

  clear(): void {
    this.tables = new Map()
    this.revision = 0
    this.ready = false
  }

  /** Takes one change from etcd. Returns what watchers are to be told; `broken`: their watches end. */
  apply(event: WatchEvent, nowMs: number): CacheEvent | 'broken' | undefined {
    const { key, modRevision } = event.kv
    const table = this.table(directoryOfKey(key))
    const old = table.objects.get(key)
    if (old !== undefined && Number(old.metadata.resourceVersion) >= modRevision) return undefined
    const object = event.type === 'PUT' ? this.decode(event.kv) : undefined
    if (object instanceof Unreadable) return breakUp(table, event.kv)
    if (table.unreadable?.delete(key) === true && table.unreadable.size === 0) delete table.unreadable
    const change = object === undefined ? remove(table, event.kv, old, nowMs) : put(table, event.kv, object, old, nowMs)
    if (change === undefined) return undefined
    table.changed = modRevision
    table.history.push(change)
    if (table.history.length > MIN_HISTORY * 2) trim(table, nowMs)
    return change
  }

  /** Whether something in a directory cannot be read. */
  isBroken(directory: string): boolean {
    return this.tables.get(directory)?.unreadable !== undefined
  }

  /** The values that cannot be read, by directory. */
  unreadable(): [string, KeyValue[]][] {
    return [...this.tables].flatMap(([directory, { unreadable }]): [string, KeyValue[]][] =>
      unreadable === undefined ? [] : [[directory, [...unreadable.values()]]],
    )
  }

  get(key: string): KubeObject | undefined {
    return this.tables.get(this.directory(key))?.objects.get(key)
  }

  /** Objects below a prefix of a directory (the directory, or one namespace in it), in etcd's order. */
  list(directory: string, prefix: string): KubeObject[] {
    const table = this.tables.get(directory)
    if (table === undefined) return []
    const keys = (table.sorted ??= [...table.objects.keys()].sort(byteOrder))
    const found: KubeObject[] = []
    for (let i = prefix === directory ? 0 : lowerBound(keys, prefix); i < keys.length; i++) {
      const key = keys[i] as string
      if (!key.startsWith(prefix)) break
      found.push(table.objects.get(key) as KubeObject)
    }
    return found
  }

  /** Keys below a prefix from a key on, in etcd's order. */
  keysFrom(directory: string, prefix: string, from: string): string[] {
    const table = this.tables.get(directory)
    if (table === undefined) return []
    const keys = (table.sorted ??= [...table.objects.keys()].sort(byteOrder))
    const found: string[] = []
    for (let i = lowerBound(keys, from); i < keys.length && (keys[i] as string).startsWith(prefix); i++)
      found.push(keys[i] as string)
    return found
  }

  /** The objects of a directory in no particular order, without sorting. */
  values(directory: string): Iterable<KubeObject> {
    return this.tables.get(directory)?.objects.values() ?? []
  }

  size(directory: string): number {
    return this.tables.get(directory)?.objects.size ?? 0
  }

  /** The changes after a revision; undefined when the window no longer reaches back so far. */
  since(directory: string, revision: number): CacheEvent[] | undefined {
    const table = this.table(directory)
    if (revision < table.forgotten) return undefined
    const { history } = table
    let low = 0
    for (let high = history.length; low < high;) {
      const middle = (low + high) >> 1
      if ((history[middle] as CacheEvent).revision <= revision) low = middle + 1
      else high = middle
    }
    return history.slice(low)
  }

  /** The oldest revision from which a watch can still start. */
  oldest(directory: string): number {
    return this.table(directory).forgotten
  }

  /** The revision of the last change in a directory. */
  changed(directory: string): number {
    return this.tables.get(directory)?.changed ?? 0
  }

  dump(): CacheDump {
    const tables: CacheDump['tables'] = []
    for (const [directory, { objects, history, forgotten, changed, unreadable }] of this.tables) {
      const aside = unreadable && { unreadable: [...unreadable] }
      tables.push([directory, { objects: [...objects], history: [...history], forgotten, changed, ...aside }])
    }
    return { revision: this.revision, ready: this.ready, tables }
  }

  load(state: CacheDump): void {
    this.revision = state.revision
    this.ready = state.ready
    this.tables = new Map()
    for (const [directory, { objects, history, forgotten, changed, unreadable }] of state.tables) {
      const aside = unreadable && { unreadable: new Map(unreadable) }
      this.tables.set(directory, { objects: new Map(objects), history: [...history], forgotten, changed, ...aside })
    }
  }

  private directory(key: string): string {
    if (key !== this.lastKey) {
      this.lastKey = key
      this.lastDirectory = directoryOfKey(key)
    }
    return this.lastDirectory
  }

  private table(directory: string): Table {
    let table = this.tables.get(directory)
    if (table === undefined) {
      table = { objects: new Map(), history: [], forgotten: this.revision, changed: 0 }
      this.tables.set(directory, table)
    }
    return table
  }
}

function setAside(table: Table, kv: KeyValue): void {
  table.unreadable ??= new Map()
  table.unreadable.set(kv.key, kv)
}

/** From here on the resource is listed from etcd, and who watches it has to begin anew. */
function breakUp(table: Table, kv: KeyValue): 'broken' {
  setAside(table, kv)
  if (table.objects.delete(kv.key)) table.sorted = undefined
  table.changed = table.forgotten = kv.modRevision
  table.history = []
  return 'broken'
}

function put(table: Table, kv: KeyValue, object: KubeObject, old: KubeObject | undefined, atMs: number): CacheEvent {
  table.objects.set(kv.key, object)
  if (old !== undefined) return { type: 'MODIFIED', key: kv.key, revision: kv.modRevision, object, old, atMs }
  table.sorted = undefined
  return { type: 'ADDED', key: kv.key, revision: kv.modRevision, object, atMs }
}

function remove(table: Table, kv: KeyValue, old: KubeObject | undefined, atMs: number): CacheEvent | undefined {
  if (old === undefined) return undefined
  table.objects.delete(kv.key)
  table.sorted = undefined
  const object = { ...old, metadata: { ...old.metadata, resourceVersion: String(kv.modRevision) } }
  return { type: 'DELETED', key: kv.key, revision: kv.modRevision, object, old, atMs }
}

/** Forgets old changes; called seldom enough to be cheap on average. */
function trim(table: Table, nowMs: number): void {
  const { history } = table
  const most = history.length - MIN_HISTORY
  let drop = Math.max(0, history.length - MAX_HISTORY)
  while (drop < most && nowMs - (history[drop] as CacheEvent).atMs > FRESH_MS) drop++
  if (drop < MIN_HISTORY) return
  table.forgotten = (history[drop - 1] as CacheEvent).revision
  table.history = history.slice(drop)
}

const byteOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function lowerBound(keys: string[], wanted: string): number {
  let low = 0
  for (let high = keys.length; low < high;) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
