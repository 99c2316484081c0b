import { describe, expect, it } from 'vitest'
import { startApi } from '../harness/api.ts'
import type { Api, Body } from '../harness/api.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } }
const TABLE = { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' } }

interface Event {
  type: string
  object: Body
}

const names = (chunks: unknown[]): string[] =>
  (chunks as Event[]).map(({ type, object }) => `${type} ${object.metadata.name}`)
const make = (api: Api, name: string, labels: object = {}): Body => api.ok('POST', MAPS, { metadata: { name, labels } })

describe('watch', () => {
  it('sends the state, then changes', () => {
    const api = startApi()
    make(api, 'a')
    const stream = api.watch(`${MAPS}?watch=true`)
    make(api, 'b')
    api.ok('DELETE', `${MAPS}/a`)
    api.run(10)
    expect(names(stream.chunks)).toEqual(['ADDED a', 'ADDED b', 'DELETED a'])
  })

  it('goes on from a revision', () => {
    const api = startApi()
    const { metadata } = make(api, 'a')
    make(api, 'b')
    const stream = api.watch(`${MAPS}?watch=true&resourceVersion=${metadata.resourceVersion}`)
    expect(names(stream.chunks)).toEqual(['ADDED b'])
  })

  it('shows objects that come into and go out of a selection', () => {
    const api = startApi()
    make(api, 'a', { app: 'no' })
    const stream = api.watch(`${MAPS}?watch=true&labelSelector=app%3Dyes`)
    api.ok('PATCH', `${MAPS}/a`, { metadata: { labels: { app: 'yes' } } }, MERGE)
    api.ok('PATCH', `${MAPS}/a`, { data: { x: '1' } }, MERGE)
    api.ok('PATCH', `${MAPS}/a`, { metadata: { labels: { app: 'no' } } }, MERGE)
    api.run(10)
    expect(names(stream.chunks)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a'])
  })

  it('reaches the watch of the pod’s node alone', () => {
    const api = startApi()
    const [one, two] = ['n1', 'n2'].map((node) =>
      api.watch(`/api/v1/pods?watch=true&fieldSelector=spec.nodeName%3D${node}`),
    )
    api.ok('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: 'a' },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    })
    api.ok('POST', '/api/v1/namespaces/default/pods/a/binding', {
      metadata: { name: 'a' },
      target: { kind: 'Node', name: 'n2' },
    })
    api.run(10)
    expect([one?.chunks.length, names(two?.chunks ?? [])]).toEqual([0, ['ADDED a']])
  })

  it('closes the initial events with a bookmark, sends more of them, and ends in time', () => {
    const api = startApi()
    make(api, 'a')
    const stream = api.watch(
      `${MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=100`,
    )
    expect((stream.chunks as Event[]).map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK'])
    expect((stream.chunks[1] as Event).object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    api.run(70_000)
    expect((stream.chunks as Event[]).map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK', 'BOOKMARK'])
    api.run(40_000)
    expect(stream.ended).toBe(true)
  })

  it('answers 410 Expired once the changes are forgotten', () => {
    const api = startApi()
    const { metadata } = make(api, 'a')
    for (let i = 0; i < 110; i++) api.ok('PATCH', `${MAPS}/a`, { data: { x: String(i) } }, MERGE)
    api.run(80_000)
    for (let i = 0; i < 110; i++) api.ok('PATCH', `${MAPS}/a`, { data: { y: String(i) } }, MERGE)
    const stream = api.watch(`${MAPS}?watch=true&resourceVersion=${metadata.resourceVersion}`)
    const [event] = stream.chunks as Event[]
    expect(event?.type).toBe('ERROR')
    expect(event?.object).toMatchObject({ code: 410, reason: 'Expired' })
    expect(event?.object.message).toMatch(
      new RegExp(`^too old resource version: ${metadata.resourceVersion} \\(\\d+\\)$`),
    )
  })

  it('sends table rows, with columns once', () => {
    const api = startApi()
    const stream = api.watch(`${MAPS}?watch=true`, TABLE)
    make(api, 'a')
    make(api, 'b')
    api.run(10)
    const [first, second] = stream.chunks as { object: { columnDefinitions: unknown; rows: { cells: unknown[] }[] } }[]
    expect(first?.object.columnDefinitions).toHaveLength(3)
    expect(second?.object.columnDefinitions).toBeNull()
    expect(second?.object.rows[0]?.cells).toEqual(['b', expect.anything(), '0s'])
  })
})

describe('list', () => {
  it('comes in pages of one revision', () => {
    const api = startApi()
    for (const name of ['a', 'b', 'c', 'd', 'e']) make(api, name)
    const first = api.ok('GET', `${MAPS}?limit=2`)
    expect(first.metadata).toMatchObject({ remainingItemCount: 3 })
    api.ok('DELETE', `${MAPS}/d`)
    const rest = api.ok('GET', `${MAPS}?limit=5&continue=${encodeURIComponent(String(first.metadata.continue))}`)
    expect([...first.items, ...rest.items].map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
  })

  it('refuses fields that cannot be selected by', () => {
    const api = startApi()
    expect((api.request('GET', '/api/v1/pods?fieldSelector=spec.foo%3D1').body as Body).message).toBe(
      'field label not supported: spec.foo',
    )
    expect((api.request('GET', '/api/v1/configmaps?fieldSelector=foo%3D1').body as Body).message).toBe(
      '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
  })

  it('waits for etcd to lose and find its voice (O8)', () => {
    const api = startApi()
    api.etcd.stop()
    const read = api.request('GET', '/api/v1/pods')
    expect(read.code).toBe(504)
    expect((read.body as Body).message).toBe(
      'the server was unable to return a response in the time allotted, but may still be processing the request (get pods)',
    )
    const write = api.request('POST', MAPS, { metadata: { name: 'a' } })
    expect((write.body as Body).message).toBe(
      'Timeout: request did not complete within requested timeout - context deadline exceeded',
    )
    expect(api.request('GET', '/readyz').code).toBe(500)
    api.etcd.start()
    api.run(10_000)
    expect(api.request('POST', MAPS, { metadata: { name: 'a' } }).code).toBe(201)
    expect(api.request('GET', '/readyz').body).toBe('ok')
  })
})

describe('etcd', () => {
  it('is watched again after a restart too short to be noticed', () => {
    const api = startApi()
    const stream = api.watch(`${MAPS}?watch=true`)
    api.etcd.stop()
    api.etcd.start()
    api.run(5_000)
    make(api, 'a')
    api.run(100)
    expect(names(stream.chunks)).toEqual(['ADDED a'])
    expect(api.ok('GET', `${MAPS}/a`).metadata.name).toBe('a')
  })

  it('is compacted every five minutes', () => {
    const api = startApi()
    for (let i = 0; i < 5; i++) make(api, `m${i}`)
    api.run(620_000)
    expect(api.etcd.store.compactRevision).toBeGreaterThan(5)
    expect(api.ok('GET', MAPS).items).toHaveLength(5)
  })

  it('takes a write that waited for it', () => {
    const api = startApi()
    api.etcd.stop()
    api.run(3_000)
    api.kernel.register('starter', { handle: () => api.etcd.start(), dump: () => undefined, load: () => undefined })
    api.kernel.send({ to: 'starter', type: 'start' }, 5_000)
    expect(make(api, 'a').metadata.name).toBe('a')
  })
})
