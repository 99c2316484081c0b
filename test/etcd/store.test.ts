import { describe, expect, it } from 'vitest'

import { ERRORS } from '../../engine/etcd/errors.ts'
import { SortedKeys } from '../../engine/etcd/keys.ts'
import { Store } from '../../engine/etcd/store.ts'
import { Random } from '../../engine/kernel/random.ts'

function put(store: Store, key: string, value: unknown): number {
  const revision = store.revision + 1
  store.put(key, value, 0, revision)
  store.seal(revision)
  return revision
}

function remove(store: Store, key: string, rangeEnd?: string): number {
  const revision = store.revision + 1
  const changes = store.delete(key, rangeEnd, revision)
  if (changes.length > 0) store.seal(revision)
  return changes.length
}

function valuesAt(store: Store, revision: number): unknown[] {
  return store.range('a', '\0', { revision }).kvs.map((kv) => kv.value)
}

describe('the MVCC store', () => {
  it('starts at revision 1 and counts one revision a transaction', () => {
    const store = new Store()
    expect(store.revision).toBe(1)
    expect(put(store, 'a', 1)).toBe(2)
    expect(remove(store, 'nothere')).toBe(0)
    expect(store.revision).toBe(2)
  })

  it('keeps create revision, modification revision and version as etcd does', () => {
    const store = new Store()
    put(store, 'a', 1)
    put(store, 'a', 2)
    expect(store.get('a')).toEqual({ key: 'a', value: 2, createRevision: 2, modRevision: 3, version: 2, lease: 0 })
    remove(store, 'a')
    put(store, 'a', 3)
    expect(store.get('a')).toMatchObject({ createRevision: 5, modRevision: 5, version: 1 })
  })

  it('reads ranges in order, with limit, count, keys only and open end', () => {
    const store = new Store()
    for (const key of ['/b/2', '/a/1', '/b/1', '/c']) put(store, key, key)
    expect(store.range('/b/', '/b0').kvs.map((kv) => kv.key)).toEqual(['/b/1', '/b/2'])
    const limited = store.range('/', '\0', { limit: 1 })
    expect([limited.kvs.length, limited.count, limited.more]).toEqual([1, 4, true])
    expect(store.range('/', '\0', { countOnly: true })).toEqual({ kvs: [], count: 4, more: false })
    expect(store.range('/a/1', undefined, { keysOnly: true }).kvs[0]).toMatchObject({ key: '/a/1', value: undefined })
    expect(store.range('/b', undefined).count).toBe(0)
  })

  it('reads the past until it is compacted', () => {
    const store = new Store()
    put(store, 'a', 'a1')
    put(store, 'b', 'b1')
    put(store, 'a', 'a2')
    remove(store, 'b')
    expect([2, 3, 4, 5].map((revision) => valuesAt(store, revision))).toEqual([
      ['a1'],
      ['a1', 'b1'],
      ['a2', 'b1'],
      ['a2'],
    ])
    store.compact(4)
    expect(valuesAt(store, 4)).toEqual(['a2', 'b1'])
    expect(() => valuesAt(store, 3)).toThrow(ERRORS.compacted)
    expect(() => valuesAt(store, 6)).toThrow(ERRORS.futureRevision)
    expect(() => store.compact(4)).toThrow(ERRORS.compacted)
    expect(() => store.compact(6)).toThrow(ERRORS.futureRevision)
    store.compact(5)
    expect(store.dump().keys.map(({ key }) => key)).toEqual(['a'])
  })

  it('tells the history of a range from a revision on', () => {
    const store = new Store()
    put(store, 'a', 1)
    put(store, 'b', 1)
    put(store, 'a', 2)
    remove(store, 'a')
    const told = store.history('a', undefined, 3).map(({ type, kv, prevKv }) => [type, kv.modRevision, prevKv?.value])
    expect(told).toEqual([
      ['PUT', 4, 1],
      ['DELETE', 5, 2],
    ])
  })

  it('agrees with a plain model on random work, also after dump and load', () => {
    const random = new Random('store', 'work')
    const store = new Store()
    const snapshots: Map<string, unknown>[] = []
    let model = new Map<string, unknown>()
    for (let count = 0; count < 3000; count++) {
      const key = `k${String(random.int(700)).padStart(3, '0')}`
      model = new Map(model)
      if (random.next() < 0.7) {
        model.set(key, count)
        put(store, key, count)
      } else if (remove(store, key) > 0) model.delete(key)
      if (count % 100 === 0) snapshots[store.revision] = model
    }
    const compacted = Math.floor(store.revision / 2)
    store.compact(compacted)
    const loaded = new Store()
    loaded.load(structuredClone(store.dump()))
    for (const [revision, expected] of Object.entries(snapshots)) {
      if (Number(revision) < compacted) continue
      const sorted = [...expected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
      for (const one of [store, loaded])
        expect(one.range('k', 'l', { revision: Number(revision) }).kvs.map((kv) => kv.value)).toEqual(sorted)
    }
    expect(loaded.dump()).toEqual(store.dump())
  })
})

describe('sorted keys', () => {
  it('keep order over many insertions and removals', () => {
    const random = new Random('keys', 'work')
    const keys = new SortedKeys<{ key: string }>()
    const model = new Set<string>()
    for (let count = 0; count < 5000; count++) {
      const key = `k${random.int(4000)}`
      if (model.has(key)) keys.remove(key)
      else keys.insert({ key })
      if (!model.delete(key)) model.add(key)
    }
    const sorted = [...model].sort()
    expect(keys.all().map(({ key }) => key)).toEqual(sorted)
    const seen: string[] = []
    keys.scan('k2', 'k3', ({ key }) => void seen.push(key))
    expect(seen).toEqual(sorted.filter((key) => key >= 'k2' && key < 'k3'))
  })
})
