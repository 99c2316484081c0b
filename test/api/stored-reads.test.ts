/** What reads etcd, and what the watch cache (H5); and what stands in etcd when it is encrypted. */
import { describe, expect, it } from 'vitest'
import type { EncryptionRule } from '../../engine/api/storage/encryption.ts'
import { StoredForm, Unreadable } from '../../engine/api/storage/stored-form.ts'
import type { KeyValue } from '../../engine/etcd/messages.ts'
import { startApi } from '../harness/api.ts'
import type { Api, Body } from '../harness/api.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const make = (api: Api, name: string): Body => api.ok('POST', MAPS, { metadata: { name } })
const listed = (api: Api, query = ''): string[] =>
  api
    .ok('GET', `${MAPS}${query}`)
    .items.map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')

/** etcd holds `old` again and knows nothing of `young`; the server's cache is of the time after. */
function restored(release: string): Api {
  const api = startApi({ release })
  make(api, 'old')
  const before = api.etcd.store.dump()
  make(api, 'young')
  api.ok('DELETE', `${MAPS}/old`)
  api.run(1_000)
  api.etcd.store.load(before)
  return api
}

describe('an older state under a running server (H5)', () => {
  it('shows in gets by name, not in those that are content with the cache', () => {
    const api = restored('1.35')
    expect(api.request('GET', `${MAPS}/young`).code).toBe(404)
    expect(api.ok('GET', `${MAPS}/old`).metadata.name).toBe('old')
    expect(api.ok('GET', `${MAPS}/young?resourceVersion=0`).metadata.name).toBe('young')
    expect(api.request('GET', `${MAPS}/old?resourceVersion=0`).code).toBe(404)
  })

  it.each([
    ['1.30', ['old']],
    ['1.31', ['young']],
  ])('lists of %s are %j (ConsistentListFromCache)', (release, names) => {
    const api = restored(release)
    expect([listed(api), listed(api, '?limit=5'), listed(api, '?resourceVersion=0')]).toEqual([names, names, ['young']])
  })

  it('a watch without a revision begins with the cache', () => {
    const api = restored('1.35')
    const stream = api.watch(`${MAPS}?watch=true`)
    api.run(10)
    expect(stream.chunks).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'young' } } }])
  })
})

it('a list waits for a progress notification when somebody else moved the revision', () => {
  const api = startApi()
  make(api, 'a')
  const call = { kind: 'txn', compare: [], success: [{ op: 'put', key: 'foo', value: 'bar' }], failure: [] } as const
  const replyTo = { host: 'cp', address: 'nobody', tag: '' }
  const quiet = { handle: () => {}, dump: () => null, load: () => {} }
  api.kernel.register('nobody', quiet)
  api.kernel.send({ to: api.etcd.address, type: 'etcd.request', data: { from: 'cp', call, replyTo } })
  api.run(10)
  const before = api.kernel.now
  expect(listed(api)).toEqual(['a'])
  expect(api.kernel.now - before).toBeLessThan(150)
})

const SECRET = btoa('0123456789abcdef0123456789abcdef')
const OTHER = btoa('fedcba9876543210fedcba9876543210')
const by = (
  kind: 'aescbc' | 'aesgcm' | 'secretbox',
  name = 'key1',
  secret = SECRET,
): EncryptionRule['providers'][0] => ({
  kind,
  keys: [{ name, secret }],
})
const identity = { kind: 'identity' as const, keys: [] }
const KEY = '/registry/secrets/default/a'
const RESOURCES = [
  { group: '', resource: 'secrets' },
  { group: 'apps', resource: 'deployments' },
]
const OBJECT = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 'default' }, data: { x: 'é' } }

function form(providers: EncryptionRule['providers'], resources = ['secrets'], minor = 35): StoredForm {
  let byte = 0
  return new StoredForm({
    rules: [{ resources, providers }],
    minor,
    resources: () => RESOURCES,
    randomBytes: (count) => Uint8Array.from({ length: count }, () => (byte += 37) % 256),
  })
}

const kv = (value: unknown, key = KEY): KeyValue => ({
  key,
  value,
  createRevision: 1,
  modRevision: 7,
  version: 1,
  lease: 0,
})
const read = (stored: StoredForm, value: unknown, key = KEY): unknown => {
  const found = stored.decode(kv(value, key))
  return found instanceof Unreadable ? found.problem : found
}

describe('encryption at rest', () => {
  it.each(['aescbc', 'aesgcm', 'secretbox'] as const)('%s: what it wrote it reads', (kind) => {
    const stored = form([by(kind)])
    const value = stored.encode(KEY, OBJECT) as string
    expect(value.startsWith(`k8s:enc:${kind}:v1:key1:`)).toBe(true)
    expect(value).not.toContain('default')
    expect(read(stored, value)).toEqual({ ...OBJECT, metadata: { ...OBJECT.metadata, resourceVersion: '7' } })
  })

  it('what no key made cannot be read, in upstream’s words', () => {
    const [cbc, gcm, box] = (['aescbc', 'aesgcm', 'secretbox'] as const).map((kind) =>
      form([by(kind)]).encode(KEY, OBJECT),
    )
    expect(read(form([identity]), cbc)).toBe('no matching prefix found')
    expect(read(form([identity], ['configmaps']), cbc)).toBe('identity transformer tried to read encrypted data')
    expect(read(form([by('secretbox'), identity]), cbc)).toBe('no matching prefix found')
    expect(read(form([by('aescbc', 'key2'), identity]), cbc)).toBe(
      'no matching key was found for the provided AES transformer',
    )
    expect(read(form([by('secretbox', 'key2')]), box)).toBe(
      'no matching key was found for the provided Secretbox transformer',
    )
    expect(read(form([by('aescbc', 'key1', OTHER)]), cbc)).toBe('invalid padding on input')
    expect(read(form([by('aesgcm', 'key1', OTHER)]), gcm)).toBe('cipher: message authentication failed')
    expect(read(form([by('aesgcm')]), gcm, '/registry/secrets/default/b')).toBe('cipher: message authentication failed')
    expect(read(form([by('secretbox', 'key1', OTHER)]), box)).toBe('output array was not large enough for encryption')
    expect(read(form([by('aescbc')]), OBJECT)).toBe('no matching prefix found')
  })

  it('is stale where the first key of the first provider would write it otherwise', () => {
    const value = form([by('aescbc')]).encode(KEY, OBJECT)
    const stale = (providers: EncryptionRule['providers'], one: unknown): boolean => form(providers).isStale(kv(one))
    expect(stale([by('aescbc'), identity], value)).toBe(false)
    expect(stale([by('secretbox', 'key2'), by('aescbc')], value)).toBe(true)
    expect(
      stale(
        [
          {
            kind: 'aescbc',
            keys: [
              { name: 'key2', secret: OTHER },
              { name: 'key1', secret: SECRET },
            ],
          },
        ],
        value,
      ),
    ).toBe(true)
    expect([stale([by('aescbc'), identity], OBJECT), stale([identity, by('aescbc')], OBJECT)]).toEqual([true, false])
  })

  it.each([
    [['*.*'], true, true],
    [['*.'], true, false],
    [['*.apps'], false, true],
    [['deployments.apps', 'secrets'], true, true],
  ])('%j', (resources, secrets, deployments) => {
    const stored = form([by('aescbc')], resources)
    const isWritten = (key: string): boolean => typeof stored.encode(key, OBJECT) === 'string'
    expect([isWritten(KEY), isWritten('/registry/deployments/default/a')]).toEqual([secrets, deployments])
  })

  it('knows wildcards since 1.27', () => {
    expect(form([by('aescbc')], ['*.*'], 26).encode(KEY, OBJECT)).toBe(OBJECT)
    expect(form([by('aescbc')], ['*.*'], 27).encode('/registry/example.com/widgets/a', OBJECT)).toMatch(/^k8s:enc:/)
  })

  it('answers of a resource that cannot be read, by release (ResilientWatchCacheInitialization)', () => {
    const answers = (release: string): unknown[] => {
      const api = startApi({ release, flags: { encryption: [{ resources: ['secrets'], providers: [by('aescbc')] }] } })
      const value = form([by('aescbc', 'key2')]).encode(KEY, OBJECT)
      const call = { kind: 'txn', compare: [], success: [{ op: 'put', key: KEY, value }], failure: [] } as const
      api.kernel.register('nobody', { handle: () => {}, dump: () => null, load: () => {} })
      const replyTo = { host: 'cp', address: 'nobody', tag: '' }
      api.run(1_000)
      api.kernel.send({ to: api.etcd.address, type: 'etcd.request', data: { from: 'cp', call, replyTo } })
      api.run(1_000)
      const path = '/api/v1/namespaces/default/secrets'
      return ['', '?limit=500', '/a'].map((rest) => (api.request('GET', `${path}${rest}`).body as Body).message)
    }
    const problem = 'no matching key was found for the provided AES transformer'
    const all = `Internal error occurred: unable to transform key "${KEY}": ${problem}`
    expect(answers('1.30')).toEqual([all, all, `Internal error occurred: ${problem}`])
    expect(answers('1.33')).toEqual(['storage is (re)initializing', all, `Internal error occurred: ${problem}`])
  })
})
