/** CustomResourceDefinitions in the API server: lifecycle, versions, conversion, subresources (U9). */
import { describe, expect, it } from 'vitest'
import type { OutsideWires } from '../../engine/api/outside/calls.ts'
import { HTTP } from '../../engine/fabric/http.ts'
import { startApi } from '../harness/api.ts'
import type { Api, Body } from '../harness/api.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const OPEN = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }

interface Shape {
  names?: object
  versions?: object[]
  name?: string
  group?: string
  scope?: string
  conversion?: object
  annotations?: object
}

const version = (name: string, more: object = {}): object => ({
  name,
  served: true,
  storage: true,
  schema: OPEN,
  ...more,
})

function definition({
  names,
  versions,
  name,
  group = 'example.com',
  scope = 'Namespaced',
  conversion,
  annotations,
}: Shape = {}): object {
  return {
    metadata: { name: name ?? `foos.${group}`, ...(annotations && { annotations }) },
    spec: {
      group,
      scope,
      names: { plural: 'foos', kind: 'Foo', ...names },
      versions: versions ?? [version('v1')],
      ...(conversion && { conversion }),
    },
  }
}

interface Conditions {
  status: { conditions: { type: string; status: string; reason: string; message: string }[] }
}

const conditionsOf = (api: Api, name = 'foos.example.com'): string[] =>
  api
    .ok<Body & Conditions>('GET', `${DEFINITIONS}/${name}`)
    .status.conditions.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`)

/** A definition that is served, and takes objects. */
function established(shape: Shape = {}, options: Parameters<typeof startApi>[0] = {}): Api {
  const api = startApi(options)
  api.ok('POST', DEFINITIONS, definition(shape))
  api.run(3_000)
  return api
}

const FOOS = '/apis/example.com/v1/namespaces/default/foos'
const messageOf = (answer: { body?: unknown }): string => (answer.body as Body).message

describe('the life of a definition', () => {
  it('begins with its names, then it is established and served', () => {
    const api = established()
    expect(conditionsOf(api)).toEqual([
      'NamesAccepted=True NoConflicts: no conflicts found',
      'Established=True InitialNamesAccepted: the initial names have been accepted',
    ])
    const { status } = api.ok('GET', `${DEFINITIONS}/foos.example.com`)
    expect(status).toMatchObject({
      acceptedNames: { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' },
      storedVersions: ['v1'],
    })
    expect(api.ok('GET', FOOS)).toMatchObject({ kind: 'FooList', items: [] })
  })

  it('makes the first objects wait two seconds', () => {
    const api = startApi()
    api.ok('POST', DEFINITIONS, definition())
    api.run(100)
    const before = api.kernel.now
    api.ok('POST', FOOS, { metadata: { name: 'a' } })
    expect(api.kernel.now - before).toBeGreaterThanOrEqual(2_000)
  })

  it('leaves names that are in use to those who have them', () => {
    const api = established()
    api.ok(
      'POST',
      DEFINITIONS,
      definition({ name: 'bars.example.com', names: { plural: 'bars', kind: 'Foo', listKind: 'BarList' } }),
    )
    api.run(1_000)
    expect(conditionsOf(api, 'bars.example.com')).toEqual([
      'NamesAccepted=False KindConflict: "Foo" is already in use',
      'Established=False NotAccepted: not all names are accepted',
    ])
    api.ok('DELETE', `${DEFINITIONS}/foos.example.com`)
    api.run(1_000)
    expect(conditionsOf(api, 'bars.example.com')[1]).toMatch(/^Established=True/)
  })

  it('wants an approval in groups of Kubernetes', () => {
    const api = startApi()
    const group = 'things.k8s.io'
    expect(messageOf(api.request('POST', DEFINITIONS, definition({ group })))).toBe(
      `CustomResourceDefinition.apiextensions.k8s.io "foos.${group}" is invalid: metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111`,
    )
    const annotations = { 'api-approved.kubernetes.io': 'unapproved, for a test' }
    api.ok('POST', DEFINITIONS, definition({ group, annotations }))
    api.run(1_000)
    expect(conditionsOf(api, `foos.${group}`)[0]).toBe(
      'KubernetesAPIApprovalPolicyConformant=False UnapprovedAnnotation: not approved: "unapproved, for a test"',
    )
  })

  it('ends after that of its objects', () => {
    const api = established()
    api.ok('POST', FOOS, { metadata: { name: 'a' } })
    api.ok('POST', FOOS, { metadata: { name: 'held', finalizers: ['example.com/hold'] } })
    const marked = api.ok('DELETE', `${DEFINITIONS}/foos.example.com`)
    expect(marked.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    api.run(1_000)
    expect(conditionsOf(api)[2]).toBe(
      'Terminating=True InstanceDeletionInProgress: CustomResource deletion is in progress',
    )
    expect(api.ok('GET', FOOS).items.map(({ metadata }) => metadata.name)).toEqual(['held'])
    expect(messageOf(api.request('POST', FOOS, { metadata: { name: 'late' } }))).toBe(
      'foos.example.com "late" is forbidden: create not allowed while custom resource definition is terminating',
    )
    const held = api.ok('GET', `${FOOS}/held`)
    api.ok('PUT', `${FOOS}/held`, { ...held, metadata: { ...held.metadata, finalizers: [] } })
    api.run(6_000)
    expect(api.request('GET', `${DEFINITIONS}/foos.example.com`).code).toBe(404)
    expect(api.request('GET', FOOS)).toMatchObject({ code: 404, body: '404 page not found\n' })
  })

  it('says after a minute that it could not confirm, and goes on trying', () => {
    const api = established()
    api.ok('POST', FOOS, { metadata: { name: 'held', finalizers: ['example.com/hold'] } })
    api.ok('DELETE', `${DEFINITIONS}/foos.example.com`)
    const watch = api.watch(`${DEFINITIONS}?watch=1&fieldSelector=metadata.name=foos.example.com`)
    api.run(70_000)
    const told = watch.chunks.flatMap((chunk) =>
      ((chunk as { object: Conditions }).object.status.conditions ?? []).map(({ reason }) => reason),
    )
    expect(told).toContain('InstanceDeletionCheck')
    const held = api.ok('GET', `${FOOS}/held`)
    api.ok('PUT', `${FOOS}/held`, { ...held, metadata: { ...held.metadata, finalizers: [] } })
    api.run(10_000)
    expect(api.request('GET', `${DEFINITIONS}/foos.example.com`).code).toBe(404)
  })

  it('ends the watches of its objects', () => {
    const api = established()
    const watch = api.watch(`${FOOS}?watch=1`)
    api.ok('DELETE', `${DEFINITIONS}/foos.example.com`)
    api.run(2_000)
    expect(watch.ended).toBe(true)
  })
})

describe('a definition that is wrong', () => {
  const refused = (shape: Shape): string => messageOf(startApi().request('POST', DEFINITIONS, definition(shape)))
  it.each<[string, Shape, string]>([
    ['in its name', { name: 'foo' }, 'metadata.name: Invalid value: "foo": must be spec.names.plural+"."+spec.group'],
    ['in its group', { group: 'example', name: 'foos.example' }, 'spec.group: Invalid value: "example": should be a domain with at least one dot'],
    ['in its scope', { scope: 'World' }, 'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
    ['without a schema', { versions: [version('v1', { schema: undefined })] }, 'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    ['in a default', { versions: [version('v1', { schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'integer', default: 'x' } } } } })] }, 'spec.versions[0].schema.openAPIV3Schema.properties[a].default: Invalid value: "string": in body must be of type integer: "string"'],
    ['in a column', { versions: [version('v1', { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'spec' }] })] }, '[spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string, spec.versions[0].additionalPrinterColumns[0].jsonPath: Invalid value: "spec": must be a simple json path starting with .]'],
    ['in its scale', { versions: [version('v1', { subresources: { scale: { specReplicasPath: '.replicas', statusReplicasPath: '.status.replicas' } } })] }, 'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec'],
    ['in its conversion', { conversion: { strategy: 'Webhook' } }, '[spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook, spec.conversion.conversionReviewVersions: Required value]'],
  ])('%s', (_, shape, wanted) => expect(refused(shape)).toContain(`is invalid: ${wanted}`)) // prettier-ignore

  it('may not lose a version in which objects may be stored', () => {
    const api = established()
    const now = api.ok<Body & { spec: object }>('GET', `${DEFINITIONS}/foos.example.com`)
    const versions = [version('v2'), version('v1', { storage: false })]
    const both = api.ok<Body & { spec: object }>('PUT', `${DEFINITIONS}/foos.example.com`, {
      ...now,
      spec: { ...now.spec, versions },
    })
    expect(both.status).toMatchObject({ storedVersions: ['v1', 'v2'] })
    expect(both.metadata.generation).toBe(2)
    const answer = api.request('PUT', `${DEFINITIONS}/foos.example.com`, {
      ...both,
      spec: { ...both.spec, versions: [version('v2')] },
    })
    expect(messageOf(answer)).toContain(
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version',
    )
  })
})

const sized = (properties: object): object => ({
  openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
})

describe('versions', () => {
  const versions = [
    version('v1', { schema: sized({ size: { type: 'integer' }, mode: { type: 'string', default: 'slow' } }) }),
    version('v1beta1', {
      storage: false,
      deprecated: true,
      schema: sized({ size: { type: 'integer' }, old: { type: 'string' } }),
    }),
  ]
  const old = FOOS.replace('/v1/', '/v1beta1/')

  it('differ in their name, and in what their schemas know', () => {
    const api = established({ versions })
    api.ok('POST', old, {
      apiVersion: 'example.com/v1beta1',
      kind: 'Foo',
      metadata: { name: 'a' },
      spec: { size: 1, old: 'x' },
    })
    expect(api.ok('GET', `${FOOS}/a`)).toMatchObject({ apiVersion: 'example.com/v1', spec: { size: 1, mode: 'slow' } })
    const seen = api.ok<Body & { spec: object }>('GET', `${old}/a`)
    expect([seen.apiVersion, seen.spec]).toEqual(['example.com/v1beta1', { size: 1 }])
    expect(api.request('GET', `${old}/a`).headers.warning).toContain(
      'example.com/v1beta1 Foo is deprecated; use example.com/v1 Foo',
    )
  })

  it('count an update in another version as one of the same object', () => {
    const api = established({ versions })
    const made = api.ok<Body & { spec: object }>('POST', old, { metadata: { name: 'a' }, spec: { size: 1 } })
    const same = api.ok('PUT', `${old}/a`, made)
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
    expect(api.ok('PUT', `${old}/a`, { ...made, spec: { size: 2 } }).metadata.generation).toBe(2)
  })

  it('get the defaults that came later when they are read', () => {
    const api = established({ versions: [version('v1', { schema: sized({ size: { type: 'integer' } }) })] })
    api.ok('POST', FOOS, { metadata: { name: 'a' }, spec: { size: 1 } })
    const now = api.ok<Body & { spec: object }>('GET', `${DEFINITIONS}/foos.example.com`)
    const next = [version('v1', { schema: sized({ color: { type: 'string', default: 'red' } }) })]
    api.ok('PUT', `${DEFINITIONS}/foos.example.com`, { ...now, spec: { ...now.spec, versions: next } })
    api.run(100)
    expect(api.ok('GET', FOOS).items[0]?.spec).toEqual({ color: 'red' })
  })
})

describe('a conversion webhook', () => {
  const clientConfig = { url: 'https://hooks.example.com/convert' }
  const conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } }
  const versions = [version('v1'), version('v2', { storage: false })]
  const next = FOOS.replace('/v1/', '/v2/')

  interface Review {
    request: { uid: string; desiredAPIVersion: string; objects: Body[] }
  }

  /** Wires at whose other end a webhook moves spec.size (v1) to spec.sizes[0] (v2), and back. */
  function wired(result: object = { status: 'Success' }): {
    wires: OutsideWires
    asked: Review[]
    connect: (api: Api) => void
  } {
    const asked: Review[] = []
    let api: Api | undefined
    const convert = (object: Body, apiVersion: string): object => {
      const { size, sizes } = object.spec as { size?: number; sizes?: number[] }
      return { ...object, apiVersion, spec: apiVersion.endsWith('v2') ? { sizes: [size] } : { size: sizes?.[0] } }
    }
    const wires: OutsideWires = {
      send: ({ request }, _, replyTo) => {
        const review = request.body as Review
        asked.push(review)
        const { uid, objects, desiredAPIVersion } = review.request
        const convertedObjects = objects.map((object) => convert(object, desiredAPIVersion))
        const body = {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'ConversionReview',
          response: { uid, result, convertedObjects },
        }
        const data = { tag: replyTo.tag, response: { code: 200, headers: {}, body } }
        api?.kernel.send({ to: replyTo.address, type: HTTP.response, data }, 5)
        return { sent: true }
      },
    }
    return { wires, asked, connect: (to) => (api = to) }
  }

  it('makes one version of the other, on the way in and on the way out', () => {
    const { wires, asked, connect } = wired()
    const api = established({ versions, conversion }, { wires })
    connect(api)
    const made = api.ok('POST', next, {
      apiVersion: 'example.com/v2',
      kind: 'Foo',
      metadata: { name: 'a' },
      spec: { sizes: [3] },
    })
    expect(made.spec).toEqual({ sizes: [3] })
    expect(api.ok('GET', `${FOOS}/a`).spec).toEqual({ size: 3 })
    expect(asked).toHaveLength(1)
    expect(api.ok('GET', `${next}/a`).spec).toEqual({ sizes: [3] })
    expect(api.ok('GET', next).items[0]?.spec).toEqual({ sizes: [3] })
    api.ok(
      'PATCH',
      `${next}/a`,
      { spec: { sizes: [4] } },
      { headers: { 'content-type': 'application/merge-patch+json' } },
    )
    expect(api.ok('GET', `${FOOS}/a`).spec).toEqual({ size: 4 })
    expect(asked[0]?.request).toMatchObject({
      desiredAPIVersion: 'example.com/v1',
      objects: [{ metadata: { name: 'a' } }],
    })
  })

  it('that fails fails the request', () => {
    const { wires, connect } = wired({ status: 'Failure', message: 'cannot' })
    const api = established({ versions, conversion }, { wires })
    connect(api)
    api.ok('POST', FOOS, { metadata: { name: 'a' }, spec: { size: 1 } })
    expect(api.request('GET', `${next}/a`)).toMatchObject({
      code: 500,
      body: { message: 'conversion webhook for example.com/v1, Kind=Foo failed: cannot' },
    })
    expect(api.request('GET', `${FOOS}/a`).code).toBe(200)
  })

  it('is not asked for watches: they are refused', () => {
    const { wires } = wired()
    const api = established({ versions, conversion }, { wires })
    expect(messageOf(api.request('GET', `${next}?watch=1`))).toMatch(/^not simulated: a watch/)
  })
})

describe('subresources', () => {
  const subresources = {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  }
  it('keep status and spec apart, and count generations of the spec', () => {
    const api = established({ versions: [version('v1', { subresources })] })
    const made = api.ok<Body & { spec: object }>('POST', FOOS, {
      metadata: { name: 'a' },
      spec: { replicas: 1 },
      status: { replicas: 9 },
    })
    expect(made.status).toBeUndefined()
    const told = api.ok('PUT', `${FOOS}/a/status`, {
      ...made,
      metadata: { ...made.metadata, labels: { no: 'way' } },
      spec: { replicas: 7 },
      status: { replicas: 1, selector: 'a=b' },
    })
    expect([told.spec, told.status, told.metadata.generation, told.metadata.labels]).toEqual([
      { replicas: 1 },
      { replicas: 1, selector: 'a=b' },
      1,
      undefined,
    ])
    const scale = api.ok('GET', `${FOOS}/a/scale`)
    expect([scale.spec, scale.status]).toEqual([{ replicas: 1 }, { replicas: 1, selector: 'a=b' }])
    api.ok('PUT', `${FOOS}/a/scale`, { ...scale, spec: { replicas: 4 } })
    expect(api.ok('GET', `${FOOS}/a`)).toMatchObject({ spec: { replicas: 4 }, metadata: { generation: 2 } })
  })

  it('do not exist where they are not asked for; then the status counts too', () => {
    const api = established()
    const made = api.ok('POST', FOOS, { metadata: { name: 'a' }, status: { x: 1 } })
    expect(made.status).toEqual({ x: 1 })
    expect(api.request('GET', `${FOOS}/a/status`).code).toBe(404)
    expect(api.ok('PUT', `${FOOS}/a`, { ...made, status: { x: 2 } }).metadata.generation).toBe(2)
  })
})

it('selects by the fields that the definition names', () => {
  const schema = sized({ color: { type: 'string' }, size: { type: 'integer' } })
  const api = established({ versions: [version('v1', { schema, selectableFields: [{ jsonPath: '.spec.color' }] })] })
  for (const color of ['red', 'blue']) api.ok('POST', FOOS, { metadata: { name: color }, spec: { color, size: 1 } })
  const watch = api.watch(`${FOOS}?watch=1&fieldSelector=spec.color=red`)
  expect(api.ok('GET', `${FOOS}?fieldSelector=spec.color=red`).items.map(({ metadata }) => metadata.name)).toEqual([
    'red',
  ])
  expect(messageOf(api.request('GET', `${FOOS}?fieldSelector=spec.size=1`))).toBe(
    'field label not supported: spec.size',
  )
  api.run(10)
  expect(watch.chunks).toHaveLength(1)
})

it('goes on from a snapshot in the midst of a deletion as if nothing had been', () => {
  const api = established()
  api.ok('POST', FOOS, { metadata: { name: 'held', finalizers: ['example.com/hold'] } })
  api.ok('DELETE', `${DEFINITIONS}/foos.example.com`)
  api.run(1_500)
  const snapshot = structuredClone(api.kernel.snapshot())
  api.run(8_000)
  const hash = api.kernel.journal.hash
  api.kernel.restore(snapshot)
  api.run(8_000)
  expect(api.kernel.journal.hash).toBe(hash)
  expect(conditionsOf(api)[2]).toMatch(/^Terminating=True/)
})
