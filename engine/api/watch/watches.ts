/**
 * Open watches of one API server, indexed so that a change of one pod reaches its kubelet without a
 * walk through all others. Models apiserver storage/cacher/{cacher,cache_watcher}.go.
 */
import { matchesFields, matchesLabels, parseLabelSelector } from '../../objects/selectors.ts'
import type { FieldSelector, Selector } from '../../objects/selectors.ts'
import type { ReplyTo } from '../../fabric/http.ts'
import type { KubeObject } from '../client.ts'
import { compileFieldSelector, fieldOf } from '../fields.ts'
import type { CacheEvent } from '../storage/watch-cache.ts'

export type Form = 'object' | 'table' | 'metadata'

/** One open watch: plain data. */
export interface Watch {
  id: string
  from: string
  /** The client's own number of the request, by which it cancels. */
  clientId: string
  replyTo: ReplyTo
  directory: string
  group: string
  version: string
  resource: string
  namespace: string
  labelSelector: string
  fieldSelector: string
  form: Form
  includeObject: string
  bookmarks: boolean
  /** Virtual milliseconds. */
  endsAt: number
  bookmarkAt: number
  /** A Table watch names its columns only once. */
  columnsSent: boolean
}

/** What a watch selects by; derived from its texts. */
interface Compiled {
  watch: Watch
  labels: Selector | undefined
  fields: FieldSelector | undefined
  qualified: string
  bucket: string
}

/** What one watcher is to be told about one change. */
export interface Told {
  watch: Watch
  type: CacheEvent['type']
  object: KubeObject
}

const valueOfField = (fields: FieldSelector | undefined, name: string): string | undefined =>
  fields?.find(({ field, op }) => field === name && op === '=')?.value

function compile(watch: Watch): Compiled {
  const qualified = watch.group === '' ? watch.resource : `${watch.resource}.${watch.group}`
  const labels = watch.labelSelector === '' ? undefined : parseLabelSelector(watch.labelSelector)
  const fields =
    watch.fieldSelector === '' ? undefined : compileFieldSelector(qualified, watch.fieldSelector, 'checked')
  return { watch, labels, fields, qualified, bucket: bucketOf(watch, fields) }
}

/** The one bucket in which a watch waits: the narrowest that covers all it can match. */
function bucketOf(watch: Watch, fields: FieldSelector | undefined): string {
  const node = watch.resource === 'pods' ? valueOfField(fields, 'spec.nodeName') : undefined
  if (node !== undefined) return `node ${node}`
  const name = valueOfField(fields, 'metadata.name')
  if (name !== undefined) return `name ${name}`
  return watch.namespace === '' ? 'all' : `namespace ${watch.namespace}`
}

const nodeOf = (object: KubeObject): string => (object as { spec?: { nodeName?: string } }).spec?.nodeName ?? ''

function selects(compiled: Compiled, object: KubeObject): boolean {
  const { watch, labels, fields, qualified } = compiled
  if (watch.namespace !== '' && object.metadata.namespace !== watch.namespace) return false
  if (labels !== undefined && !matchesLabels(labels, object.metadata.labels)) return false
  return fields === undefined || matchesFields(fields, (field) => fieldOf(qualified, object, field))
}

/** A change as one watch sees it: objects come into and go out of its selection. */
function seenBy(compiled: Compiled, event: CacheEvent): Told | undefined {
  const { watch } = compiled
  const now = event.type !== 'DELETED' && selects(compiled, event.object)
  const before = event.old !== undefined && selects(compiled, event.old)
  if (now) return { watch, type: before ? 'MODIFIED' : 'ADDED', object: event.object }
  if (!before) return undefined
  return { watch, type: 'DELETED', object: event.type === 'DELETED' ? event.object : departed(event) }
}

/** An object that left a selection is shown as it was, with the revision at which it left. */
function departed({ old, revision }: CacheEvent): KubeObject {
  const before = old as KubeObject
  return { ...before, metadata: { ...before.metadata, resourceVersion: String(revision) } }
}

export class Watches {
  private readonly all = new Map<string, Compiled>()
  private readonly buckets = new Map<string, Map<string, Set<Compiled>>>()
  /** All of them, until one comes or goes. Derived. */
  private listed: readonly Watch[] | undefined

  add(watch: Watch): void {
    const compiled = compile(watch)
    this.listed = undefined
    this.all.set(watch.id, compiled)
    const buckets = this.bucketsOf(watch.directory)
    const bucket = buckets.get(compiled.bucket) ?? new Set()
    buckets.set(compiled.bucket, bucket.add(compiled))
  }

  remove(id: string): Watch | undefined {
    const compiled = this.all.get(id)
    if (compiled === undefined) return undefined
    this.all.delete(id)
    this.listed = undefined
    const buckets = this.bucketsOf(compiled.watch.directory)
    const bucket = buckets.get(compiled.bucket)
    bucket?.delete(compiled)
    if (bucket?.size === 0) buckets.delete(compiled.bucket)
    return compiled.watch
  }

  get(id: string): Watch | undefined {
    return this.all.get(id)?.watch
  }

  get size(): number {
    return this.all.size
  }

  list(): readonly Watch[] {
    return (this.listed ??= [...this.all.values()].map(({ watch }) => watch))
  }

  clear(): void {
    this.all.clear()
    this.listed = undefined
    this.buckets.clear()
  }

  /** Who is to be told what about a change, in the order in which the watches were opened within a bucket. */
  tell(directory: string, event: CacheEvent, to: (told: Told) => void): void {
    const buckets = this.buckets.get(directory)
    if (buckets === undefined) return
    for (const name of bucketsFor(event)) {
      const bucket = buckets.get(name)
      if (bucket === undefined) continue
      for (const compiled of bucket) {
        const told = seenBy(compiled, event)
        if (told !== undefined) to(told)
      }
    }
  }

  /** A past change as one watch sees it. */
  replay(id: string, event: CacheEvent): Told | undefined {
    const compiled = this.all.get(id)
    return compiled && seenBy(compiled, event)
  }

  dump(): Watch[] {
    return this.list().map((watch) => ({ ...watch }))
  }

  load(watches: Watch[]): void {
    this.clear()
    for (const watch of watches) this.add(watch)
  }

  private bucketsOf(directory: string): Map<string, Set<Compiled>> {
    let buckets = this.buckets.get(directory)
    if (buckets === undefined) this.buckets.set(directory, (buckets = new Map()))
    return buckets
  }
}

function bucketsFor({ object, old }: CacheEvent): string[] {
  const { name, namespace } = object.metadata
  const buckets = ['all', `name ${name}`]
  if (namespace !== undefined) buckets.push(`namespace ${namespace}`)
  const node = nodeOf(object)
  buckets.push(`node ${node}`)
  if (old !== undefined && nodeOf(old) !== node) buckets.push(`node ${nodeOf(old)}`)
  return buckets
}
