/**
 * Keys with all their versions since the last compaction.
 * Models server/storage/mvcc (kvstore.go, index.go, key_index.go). The file's size is backend.ts's.
 */
import { ERRORS } from './errors.ts'
import { SortedKeys } from './keys.ts'
import type { KeyValue, WatchEvent } from './messages.ts'

/** A key with its versions, oldest first. A version of number 0 is a tombstone. */
interface KeyRecord {
  key: string
  versions: KeyValue[]
}

/** A change, as watchers see it; its revision is `kv.modRevision`. */
export type Change = WatchEvent

export interface RangeOptions {
  limit?: number
  /** 0 or absent: now. */
  revision?: number
  keysOnly?: boolean
  countOnly?: boolean
}

export interface RangeResult {
  kvs: KeyValue[]
  count: number
  more: boolean
}

export interface StoreState {
  revision: number
  compactRevision: number
  keys: KeyRecord[]
  changes: Change[]
}

/** A read or compaction that etcd refuses; `message` is etcd's text. */
export class StoreError extends Error {}

export class Store {
  private currentRevision = 1
  private compacted = 0
  private byKey = new Map<string, KeyRecord>()
  private readonly sorted = new SortedKeys<KeyRecord>()
  /** Every change since the compaction, in order. */
  private changes: Change[] = []

  /** The revision of the last transaction that changed something; 1 when empty. */
  get revision(): number {
    return this.currentRevision
  }

  /** The revision of the last compaction; 0 when there was none. */
  get compactRevision(): number {
    return this.compacted
  }

  /** How many versions are kept, of all keys. */
  get size(): number {
    return this.changes.length
  }

  /** The live version of a key. */
  get(key: string): KeyValue | undefined {
    const record = this.byKey.get(key)
    return record && liveOf(record)
  }

  /** Puts a key at the revision that the present transaction will have. Returns the change. */
  put(key: string, value: unknown, lease: number, revision: number): Change {
    const record = this.byKey.get(key)
    const prevKv = record && liveOf(record)
    const kv: KeyValue = {
      key,
      value,
      createRevision: prevKv === undefined ? revision : prevKv.createRevision,
      modRevision: revision,
      version: prevKv === undefined ? 1 : prevKv.version + 1,
      lease,
    }
    if (record === undefined) this.addRecord({ key, versions: [kv] })
    else record.versions.push(kv)
    return this.note({ type: 'PUT', kv, prevKv })
  }

  /** Deletes the live keys of a range at the revision of the present transaction. Returns the changes. */
  delete(key: string, rangeEnd: string | undefined, revision: number): Change[] {
    const found: KeyRecord[] = []
    this.eachRecord(key, rangeEnd, (record) => {
      if (liveOf(record) !== undefined) found.push(record)
    })
    return found.map((record) => this.bury(record, revision))
  }

  /** Makes the present transaction's changes current. */
  seal(revision: number): void {
    this.currentRevision = revision
  }

  /** Reads keys in order. Throws a StoreError for a revision that is compacted or yet to come. */
  range(key: string, rangeEnd: string | undefined, options: RangeOptions = {}): RangeResult {
    this.checkRevision(options.revision ?? 0)
    const limit = options.limit !== undefined && options.limit > 0 ? options.limit : Infinity
    const kvs: KeyValue[] = []
    let count = 0
    this.eachRecord(key, rangeEnd, (record) => {
      const kv = options.revision ? versionAt(record, options.revision) : liveOf(record)
      if (kv === undefined) return
      count++
      if (options.countOnly !== true && kvs.length < limit)
        kvs.push(options.keysOnly === true ? { ...kv, value: undefined } : kv)
    })
    return { kvs, count, more: options.countOnly !== true && kvs.length < count }
  }

  /** Forgets versions that were replaced at or before the revision. Returns them. Throws a StoreError when it cannot. */
  compact(revision: number): KeyValue[] {
    if (revision <= this.compacted) throw new StoreError(ERRORS.compacted)
    if (revision > this.currentRevision) throw new StoreError(ERRORS.futureRevision)
    this.compacted = revision
    const first = this.firstChange(revision)
    const last = this.firstChange(revision + 1)
    const forgotten: KeyValue[] = []
    for (let at = 0; at < last; at++)
      for (const kv of this.trim((this.changes[at] as Change).kv.key, revision)) forgotten.push(kv)
    this.changes = this.changes.slice(first)
    return forgotten
  }

  /** Every version that is kept up to a revision, by key, oldest first. */
  versions(upTo = this.currentRevision): KeyValue[] {
    return this.sorted.all().flatMap(({ versions }) => versions.filter(({ modRevision }) => modRevision <= upTo))
  }

  /** Replaces the newest value of a key, and nobody is told. */
  spoil(key: string): void {
    const versions = this.byKey.get(key)?.versions
    const last = versions?.[versions.length - 1]
    if (versions !== undefined && last !== undefined) versions[versions.length - 1] = { ...last, value: '\ufffd' }
  }

  /** Calls it later by so many revisions, as a restored snapshot may (--bump-revision). */
  bump(by: number): void {
    this.currentRevision += by
  }

  /** The changes to a range from a revision on, oldest first. */
  history(key: string, rangeEnd: string | undefined, fromRevision: number): Change[] {
    const found: Change[] = []
    for (let at = this.firstChange(fromRevision); at < this.changes.length; at++) {
      const change = this.changes[at] as Change
      if (inRange(change.kv.key, key, rangeEnd)) found.push(change)
    }
    return found
  }

  dump(): StoreState {
    return {
      revision: this.currentRevision,
      compactRevision: this.compacted,
      keys: this.sorted.all().map(({ key, versions }) => ({ key, versions: [...versions] })),
      changes: [...this.changes],
    }
  }

  load(state: StoreState): void {
    this.currentRevision = state.revision
    this.compacted = state.compactRevision
    const keys = state.keys.map(({ key, versions }) => ({ key, versions: [...versions] }))
    this.sorted.fill(keys)
    this.byKey = new Map(keys.map((record) => [record.key, record]))
    this.changes = [...state.changes]
  }

  private addRecord(record: KeyRecord): void {
    this.byKey.set(record.key, record)
    this.sorted.insert(record)
  }

  private bury(record: KeyRecord, revision: number): Change {
    const prevKv = liveOf(record)
    const kv: KeyValue = {
      key: record.key,
      value: undefined,
      createRevision: 0,
      modRevision: revision,
      version: 0,
      lease: 0,
    }
    record.versions.push(kv)
    return this.note({ type: 'DELETE', kv, prevKv })
  }

  private note(change: Change): Change {
    this.changes.push(change)
    return change
  }

  private eachRecord(key: string, rangeEnd: string | undefined, call: (record: KeyRecord) => void): void {
    if (rangeEnd !== undefined) return this.sorted.scan(key, rangeEnd === '\0' ? undefined : rangeEnd, call)
    const record = this.byKey.get(key)
    if (record !== undefined) call(record)
  }

  /** Throws a StoreError for a revision that cannot be read. */
  checkRevision(revision: number): void {
    if (revision > this.currentRevision) throw new StoreError(ERRORS.futureRevision)
    if (revision > 0 && revision < this.compacted) throw new StoreError(ERRORS.compacted)
  }

  /** The place of the first change at or after a revision. */
  private firstChange(revision: number): number {
    let low = 0
    let high = this.changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.changes[middle] as Change).kv.modRevision < revision) low = middle + 1
      else high = middle
    }
    return low
  }

  private trim(key: string, revision: number): KeyValue[] {
    const record = this.byKey.get(key)
    if (record === undefined) return NO_VERSIONS
    const { versions } = record
    let keep = versions.length - 1
    while (keep > 0 && (versions[keep] as KeyValue).modRevision > revision) keep--
    if (isTombstoneAt(versions[keep], revision)) keep++
    if (keep <= 0) return NO_VERSIONS
    record.versions = versions.slice(keep)
    if (record.versions.length === 0) {
      this.byKey.delete(key)
      this.sorted.remove(key)
    }
    return versions.slice(0, keep)
  }
}

const NO_VERSIONS: KeyValue[] = []

/** Whether a key is the one, or in the range (`rangeEnd` as etcd's: see messages.ts). */
export function inRange(key: string, from: string, rangeEnd: string | undefined): boolean {
  if (rangeEnd === undefined) return key === from
  return key >= from && (rangeEnd === '\0' || key < rangeEnd)
}

function isTombstoneAt(kv: KeyValue | undefined, revision: number): boolean {
  return kv !== undefined && kv.version === 0 && kv.modRevision <= revision
}

function liveOf(record: KeyRecord): KeyValue | undefined {
  const last = record.versions[record.versions.length - 1] as KeyValue
  return last.version === 0 ? undefined : last
}

function versionAt(record: KeyRecord, revision: number): KeyValue | undefined {
  for (let at = record.versions.length - 1; at >= 0; at--) {
    const kv = record.versions[at] as KeyValue
    if (kv.modRevision <= revision) return kv.version === 0 ? undefined : kv
  }
  return undefined
}
