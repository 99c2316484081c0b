import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  applyServerSide,
  makeConflictText,
  ownedFields,
  updateManagedFields,
} from '../../engine/objects/apply/server-side.ts'
import type { ApiData, ApplyResult, ManagedFieldsEntry } from '../../engine/objects/apply/server-side.ts'
import {
  differenceSets,
  intersectSets,
  makeFieldSet,
  parseFieldSet,
  sameSets,
  setPaths,
  unionSets,
} from '../../engine/objects/fieldset.ts'
import type { FieldSet } from '../../engine/objects/fieldset.ts'
import { deepFreeze } from '../../engine/objects/semantic-equal.ts'

const T0 = '2026-11-21T00:00:00Z'
const T1 = '2026-11-21T00:00:01Z'

const configMap = (data: Record<string, string>): ApiData => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'conf' },
  data,
})

function apply(
  live: object | undefined,
  applied: object,
  manager: string,
  options: { force?: boolean; time?: string } = {},
): ApplyResult {
  const { force, time = T0 } = options
  return applyServerSide({ type: 'core.v1.ConfigMap', live, applied, manager, force, time, apiVersion: 'v1' })
}

function done(result: ApplyResult): ApiData {
  if (result.conflicts) throw new Error(makeConflictText(result.conflicts))
  return deepFreeze(result.object)
}

const managers = (object: ApiData): string[] =>
  (object['metadata'] as { managedFields: ManagedFieldsEntry[] }).managedFields.map(
    (entry) => `${entry.manager} ${entry.operation} ${JSON.stringify(entry.fieldsV1)}`,
  )

describe('server-side apply', () => {
  const first = done(apply(undefined, configMap({ color: 'blue', size: 'm' }), 'kubectl'))

  it('owns what it states', () =>
    expect(managers(first)).toEqual(['kubectl Apply {"f:data":{"f:color":{},"f:size":{}}}']))

  it('changes nothing, not even the time, when nothing changes', () =>
    expect(apply(first, configMap({ color: 'blue', size: 'm' }), 'kubectl', { time: T1 }).object).toBe(first))

  it('conflicts with another applier, and takes over by force', () => {
    const red = configMap({ color: 'red', size: 'm' })
    const refused = apply(first, red, 'alice')
    expect(makeConflictText(refused.conflicts!)).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl": .data.color',
    )
    const forced = done(apply(first, red, 'alice', { force: true, time: T1 }))
    expect(managers(forced)).toEqual([
      'kubectl Apply {"f:data":{"f:size":{}}}',
      'alice Apply {"f:data":{"f:color":{},"f:size":{}}}',
    ])
    expect(forced['data']).toEqual({ color: 'red', size: 'm' })
  })

  it('lists several conflicts by manager', () => {
    const refused = apply(first, configMap({ color: 'red', size: 's' }), 'alice')
    expect(makeConflictText(refused.conflicts!)).toBe(
      'Apply failed with 2 conflicts: conflicts with "kubectl":\n- .data.color\n- .data.size',
    )
  })

  it('removes what it no longer states, unless another states it too', () => {
    const shared = done(apply(first, configMap({ size: 'm' }), 'bob'))
    const after = done(apply(shared, configMap({}), 'kubectl'))
    expect(after['data']).toEqual({ size: 'm' })
  })

  it('merges containers by name and keeps what the server filled in', () => {
    const container = { name: 'a', image: '1' }
    const applyPod = (live: object | undefined, containers: object[]): ApplyResult =>
      applyServerSide({
        type: 'core.v1.Pod',
        live,
        applied: { spec: { containers } },
        manager: 'm',
        time: T0,
        apiVersion: 'v1',
      })
    const live = done(applyPod(undefined, [container, { name: 'b', image: '1' }]))
    const spec = {
      containers: [
        { ...container, imagePullPolicy: 'Always' },
        { name: 'b', image: '1' },
      ],
    }
    const after = done(applyPod({ ...live, spec }, [{ name: 'a', image: '2' }]))
    expect(after['spec']).toEqual({ containers: [{ name: 'a', image: '2', imagePullPolicy: 'Always' }] })
  })

  it('names an updater with its version and subresource', () => {
    const live = {
      spec: { replicas: 1 },
      metadata: {
        managedFields: [
          {
            manager: 'kubectl',
            operation: 'Update',
            apiVersion: 'apps/v1',
            subresource: 'scale',
            time: T0,
            fieldsV1: { 'f:spec': { 'f:replicas': {} } },
          },
        ],
      },
    }
    const result = applyServerSide({
      type: 'apps.v1.Deployment',
      live,
      applied: { spec: { replicas: 4 } },
      manager: 's',
      time: T1,
      apiVersion: 'apps/v1',
    })
    expect(makeConflictText(result.conflicts!)).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
    )
  })
})

describe('managers of updates', () => {
  const pod = deepFreeze({
    metadata: { name: 'p', labels: { app: 'x' } },
    spec: {
      containers: [{ name: 'c', image: 'i', resources: {}, ports: [{ containerPort: 80, protocol: 'TCP' }] }],
      nodeSelector: { a: 'b' },
      securityContext: {},
    },
  })
  const update = (live: object | undefined, updated: object, manager = 'm', time = T0): readonly ManagedFieldsEntry[] =>
    updateManagedFields({ type: 'core.v1.Pod', live, updated, manager, time, apiVersion: 'v1' })

  it('own all of a new object, with the maps and items they made', () =>
    expect(update(undefined, pod)).toEqual([
      {
        manager: 'm',
        operation: 'Update',
        apiVersion: 'v1',
        time: T0,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"c"}': {
                '.': {},
                'f:name': {},
                'f:image': {},
                'f:resources': {},
                'f:ports': {
                  '.': {},
                  'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                },
              },
            },
            'f:nodeSelector': {},
            'f:securityContext': {},
          },
        },
      },
    ]))

  it('take fields from those who had them, and keep their time when they wrote nothing', () => {
    const live = { ...pod, metadata: { ...pod.metadata, managedFields: update(undefined, pod) } }
    const changed = { ...live, spec: { ...live.spec, nodeName: 'n1', securityContext: { runAsUser: 1 } } }
    const after = update(live, changed, 'scheduler', T1)
    expect(after.map((entry) => [entry.manager, entry.time])).toEqual([
      ['m', T0],
      ['scheduler', T1],
    ])
    expect(setPaths(after[1]!.fieldsV1 as FieldSet)).toEqual(['.spec.nodeName', '.spec.securityContext.runAsUser'])
    expect(update(live, { ...live })).toBe(live.metadata.managedFields)
  })

  it('disappear with the last field they own', () => {
    const managedFields = [
      { manager: 'old', operation: 'Update', apiVersion: 'v1', time: T0, fieldsV1: { 'f:spec': { 'f:nodeName': {} } } },
    ]
    const live = { metadata: { managedFields }, spec: { nodeName: 'a' } }
    expect(update(live, { ...live, spec: {} })).toEqual([])
  })
})

describe('field sets', () => {
  const node: fc.Arbitrary<FieldSet> = fc.letrec((tie) => ({
    set: fc.dictionary(
      fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"s"'),
      fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('set')),
      { noNullPrototype: true, maxKeys: 3 },
    ),
  })).set as fc.Arbitrary<FieldSet>
  const paths = (set: FieldSet): string[] => setPaths(set).sort()

  it('law: parse and make', () =>
    fc.assert(fc.property(node, (set) => sameSets(parseFieldSet(makeFieldSet(set)), set))))

  it('law: union, difference and intersection are those of the paths', () =>
    fc.assert(
      fc.property(node, node, (a, b) => {
        const other = new Set(paths(b))
        expect(paths(unionSets(a, b))).toEqual([...new Set([...paths(a), ...other])].sort())
        expect(paths(differenceSets(a, b))).toEqual(paths(a).filter((path) => !other.has(path)))
        expect(paths(intersectSets(a, b))).toEqual(paths(a).filter((path) => other.has(path)))
      }),
    ))

  it('refuses an element of no kind', () => expect(() => parseFieldSet({ spec: {} })).toThrow('missing colon'))

  it('states set items by value and list items by key', () =>
    expect(
      ownedFields('core.v1.Pod', { metadata: { finalizers: ['x'] }, spec: { containers: [{ name: 'c' }] } }),
    ).toEqual({
      'f:metadata': { 'f:finalizers': { 'v:"x"': {} } },
      'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:name': {} } } },
    }))
})
