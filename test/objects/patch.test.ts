import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyJsonPatch } from '../../engine/objects/patch/json.ts'
import { applyMerge, createMerge } from '../../engine/objects/patch/merge.ts'
import { applyStrategic, createThreeWayStrategic, createTwoWayStrategic } from '../../engine/objects/patch/strategic.ts'
import { createThreeWayJsonMerge } from '../../engine/objects/patch/three-way-merge.ts'
import { deepFreeze } from '../../engine/objects/semantic-equal.ts'
import type { JsonObject } from '../../engine/objects/patch/json-value.ts'

const DEPLOYMENT = 'apps.v1.Deployment'
const pod = (spec: JsonObject): JsonObject => ({ spec })
const deploy = (containers: JsonObject[], rest: JsonObject = {}): JsonObject =>
  deepFreeze({ spec: { ...rest, template: { spec: { containers } } } })

describe('strategic merge patch: apply', () => {
  it('merges containers by name, and puts a new one first', () => {
    const before = deploy([{ name: 'nginx', image: 'nginx:1.25' }])
    const after = applyStrategic(DEPLOYMENT, before, deploy([{ name: 'sc', image: 'busybox' }]))
    expect(after).toEqual(
      deploy([
        { name: 'sc', image: 'busybox' },
        { name: 'nginx', image: 'nginx:1.25' },
      ]),
    )
  })

  it('deletes and replaces by directive', () => {
    const before = deploy([{ name: 'a' }, { name: 'b' }])
    expect(applyStrategic(DEPLOYMENT, before, deploy([{ name: 'a', $patch: 'delete' }]))).toEqual(
      deploy([{ name: 'b' }]),
    )
    expect(applyStrategic(DEPLOYMENT, before, deploy([{ $patch: 'replace' }, { name: 'c' }]))).toEqual(
      deploy([{ name: 'c' }]),
    )
    expect(applyStrategic(DEPLOYMENT, before, { spec: { $patch: 'replace', replicas: 1 } })).toEqual({
      spec: { replicas: 1 },
    })
  })

  it('replaces atomic lists, deletes on null, forgets directives of what is new', () => {
    const before = pod({ tolerations: [{ key: 'a' }], nodeName: 'n' })
    const patch = {
      spec: {
        tolerations: [{ key: 'b' }],
        nodeName: null,
        volumes: [
          { name: 'v', $retainKeys: ['name'] },
          { name: 'gone', $patch: 'delete' },
        ],
      },
    }
    expect(applyStrategic('core.v1.Pod', before, patch)).toEqual(
      pod({ tolerations: [{ key: 'b' }], volumes: [{ name: 'v' }] }),
    )
  })

  it('retains only the keys of a union that are named', () => {
    const before = pod({ volumes: [{ name: 'v', emptyDir: {} }] })
    const patch = pod({ volumes: [{ name: 'v', hostPath: { path: '/' }, $retainKeys: ['name', 'hostPath'] }] })
    expect(applyStrategic('core.v1.Pod', before, patch)).toEqual(
      pod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
    )
    const bad = pod({ volumes: [{ name: 'v', hostPath: {}, $retainKeys: ['name'] }] })
    expect(() => applyStrategic('core.v1.Pod', before, bad)).toThrow("patch content doesn't match retainKeys list")
  })

  it('merges finalizers as a set, and deletes from them', () => {
    const before = { metadata: { finalizers: ['a', 'b'] } }
    expect(applyStrategic('core.v1.ConfigMap', before, { metadata: { finalizers: ['c', 'a'] } })).toEqual({
      metadata: { finalizers: ['c', 'a', 'b'] },
    })
    const drop = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } }
    expect(applyStrategic('core.v1.ConfigMap', before, drop)).toEqual({ metadata: { finalizers: ['b'] } })
  })

  it('wants the merge key', () =>
    expect(() => applyStrategic(DEPLOYMENT, deploy([{ name: 'a' }]), deploy([{ image: 'x' }]))).toThrow(
      'map: map[image:x] does not contain declared merge key: name',
    ))
})

describe('strategic merge patch: create', () => {
  it('is what kubectl apply sends after containers and env were removed', () => {
    const last = deploy([
      {
        name: 'web',
        image: '1',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      { name: 'side' },
    ])
    const wanted = deploy([{ name: 'web', image: '2', env: [{ name: 'A', value: '1' }] }])
    expect(createThreeWayStrategic(DEPLOYMENT, last, wanted, last)).toEqual({
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'web' }],
            containers: [
              {
                name: 'web',
                image: '2',
                '$setElementOrder/env': [{ name: 'A' }],
                env: [{ name: 'B', $patch: 'delete' }],
              },
              { name: 'side', $patch: 'delete' },
            ],
          },
        },
      },
    })
  })

  it('leaves what others added, and takes back what others changed', () => {
    const last = { spec: { replicas: 2, paused: true } }
    const current = { spec: { replicas: 5, paused: true, minReadySeconds: 3 } }
    expect(createThreeWayStrategic(DEPLOYMENT, last, { spec: { replicas: 2 } }, current)).toEqual({
      spec: { replicas: 2, paused: null },
    })
  })

  it('refuses to overwrite when told not to', () =>
    expect(() =>
      createThreeWayStrategic(
        DEPLOYMENT,
        { spec: { replicas: 1 } },
        { spec: { replicas: 2 } },
        { spec: { replicas: 3 } },
        { overwrite: false },
      ),
    ).toThrow('conflicts with changes made from original to current'))

  it('retains keys of the strategy', () =>
    expect(
      createTwoWayStrategic(
        DEPLOYMENT,
        { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: {} } } },
        { spec: { strategy: { type: 'Recreate' } } },
      ),
    ).toEqual({ spec: { strategy: { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: null } } }))

  it('is empty when nothing changed', () => {
    const same = deploy([{ name: 'a', ports: [{ containerPort: 80 }] }], { replicas: 1 })
    expect(createTwoWayStrategic(DEPLOYMENT, same, same)).toEqual({})
  })

  const name = fc.constantFrom('a', 'b', 'c', 'd')
  const env = fc.uniqueArray(fc.record({ name, value: fc.constantFrom('1', '2') }), { selector: (one) => one.name })
  const container = fc.record(
    { name, image: fc.constantFrom('x', 'y'), env, args: fc.array(name) },
    { requiredKeys: ['name'] },
  )
  const object = fc.record(
    {
      metadata: fc.record(
        { labels: fc.dictionary(name, name), finalizers: fc.uniqueArray(name) },
        { requiredKeys: [] },
      ),
      spec: fc.record(
        {
          replicas: fc.nat(3),
          template: fc.record({
            spec: fc.record({ containers: fc.uniqueArray(container, { selector: (one) => one.name }) }),
          }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )

  it('law: the two-way patch leads from the one to the other', () =>
    fc.assert(
      fc.property(object, object, (before, after) => {
        const from = deepFreeze(JSON.parse(JSON.stringify(before)) as JsonObject)
        const to = deepFreeze(JSON.parse(JSON.stringify(after)) as JsonObject)
        expect(applyStrategic(DEPLOYMENT, from, createTwoWayStrategic(DEPLOYMENT, from, to))).toEqual(to)
      }),
      { numRuns: 500 },
    ))
})

describe('JSON merge patch', () => {
  it('removes on null and replaces lists', () =>
    expect(applyMerge({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null, e: { f: null, g: 1 } }, d: [2] })).toEqual({
      a: { c: 2, e: { g: 1 } },
      d: [2],
    }))

  it('three-way: deletes what was applied before, keeps what others set', () =>
    expect(createThreeWayJsonMerge({ a: 1, b: 1 }, { a: 2 }, { a: 1, b: 1, c: 1 })).toEqual({ a: 2, b: null }))

  const tree = fc.letrec((tie) => ({
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.nat(3), fc.array(fc.nat(2)), tie('object')), {
      noNullPrototype: true,
    }),
  })).object as fc.Arbitrary<JsonObject>

  it('law: create then apply', () =>
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        expect(applyMerge(a, createMerge(a, b))).toEqual(b)
      }),
    ))
})

describe('JSON patch', () => {
  it('applies operations to a copy', () => {
    const before = deepFreeze({ spec: { replicas: 1 }, list: [1, 2] })
    const patch = [
      { op: 'replace', path: '/spec/replicas', value: 3 },
      { op: 'add', path: '/list/-', value: 3 },
      { op: 'remove', path: '/list/0' },
    ]
    expect(applyJsonPatch(before, patch)).toEqual({ spec: { replicas: 3 }, list: [2, 3] })
  })

  it.each([
    [{ op: 'test', path: '/spec/replicas', value: 9 }, 'testing value /spec/replicas failed: test failed'],
    [
      { op: 'remove', path: '/spec/nope' },
      "error in remove for path: '/spec/nope': Unable to remove nonexistent key: nope: missing value",
    ],
    [
      { op: 'replace', path: '/spec/nope', value: 1 },
      'replace operation does not apply: doc is missing key: /spec/nope: missing value',
    ],
    [{ op: 'add', path: '/a/b', value: 1 }, 'add operation does not apply: doc is missing path: "/a/b": missing value'],
    [{ op: 'twist', path: '/a' }, 'Unexpected kind: twist'],
  ])('%j fails', (operation, message) =>
    expect(() => applyJsonPatch({ spec: { replicas: 1 } }, [operation])).toThrow(message),
  )
})
