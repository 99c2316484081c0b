/** What the server tells about itself: discovery, OpenAPI, health, metrics (J, K4, O7). */
import { describe, expect, it } from 'vitest'
import { startApi } from '../harness/api.ts'

interface Schema {
  description?: string
  required?: string[]
  properties: Record<string, Schema>
  'x-kubernetes-group-version-kind'?: object[]
}

interface Named {
  name: string
  storageVersionHash?: string
}

/** The places of all documents that are looked at. */
interface Body {
  resources: Named[]
  paths: Record<string, { serverRelativeURL: string; patch: { parameters: Named[] } }>
  items: { metadata: { name: string } }[]
  components: { schemas: Record<string, Schema | undefined> }
  definitions: Record<string, Schema | undefined>
  swagger: string
}

const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

const WIDGETS = {
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A widget turns.',
            properties: { spec: { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
}

describe('discovery documents', () => {
  it('name the hash of the stored version as upstream makes it', () => {
    const { resources } = startApi().ok<Body>('GET', '/api/v1')
    const hash = (name: string): unknown => resources.find((one) => one.name === name)?.storageVersionHash
    expect(hash('pods')).toBe('xPOwRZ+Yhw8=')
    expect(hash('bindings')).toBeUndefined()
    expect(hash('componentstatuses')).toBeUndefined()
  })

  it('need not be taken again while nothing changed', () => {
    const api = startApi()
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { headers } = api.request('GET', '/apis', undefined, { headers: { accept } })
    const again = { headers: { accept, 'if-none-match': headers.etag! } }
    expect(api.request('GET', '/apis', undefined, again)).toMatchObject({ code: 304 })
    api.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', WIDGETS)
    api.run(100)
    expect(api.request('GET', '/apis', undefined, again)).toMatchObject({ code: 200 })
  })

  it('list the paths of the root, health checks one by one', () => {
    const { paths } = startApi({ release: '1.33' }).ok<{ paths: string[] }>('GET', '/')
    expect(paths).toEqual([...paths].sort())
    expect(paths).toEqual(expect.arrayContaining(['/apis/apps/v1', '/healthz/etcd', '/openapi/v2', '/readyz/shutdown']))
  })
})

describe('health', () => {
  it('leaves out the checks that are excluded', () => {
    const api = startApi()
    expect(api.request('GET', '/readyz?verbose&exclude=etcd').body).toContain('[+]etcd excluded: ok\n')
    expect(api.request('GET', '/livez/ping')).toMatchObject({ code: 200, body: 'ok' })
    expect(api.request('GET', '/livez/nope').code).toBe(404)
  })

  it('makes the rows of componentstatuses, in upstream’s order', () => {
    const api = startApi()
    const { items } = api.ok<Body>('GET', '/api/v1/componentstatuses')
    expect(items.map((one) => one.metadata.name)).toEqual(['etcd-0', 'scheduler', 'controller-manager'])
    expect(api.ok('GET', '/api/v1/componentstatuses/scheduler')).toMatchObject({
      conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
    })
    expect(api.request('GET', '/api/v1/componentstatuses/nope').code).toBe(404)
  })
})

describe('metrics', () => {
  it('count what was answered and what is stored', () => {
    const api = startApi()
    api.ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' } })
    api.ok('GET', '/api/v1/namespaces/default/configmaps/a')
    const text = String(api.request('GET', '/metrics').body)
    expect(text).toMatch(/^# HELP apiserver_request_total \[STABLE\]/m)
    expect(text).toMatch(
      /^apiserver_request_total\{code="201",.*resource="configmaps",.*verb="POST",version="v1"\} 1$/m,
    )
    expect(text).toMatch(/^apiserver_storage_objects\{resource="configmaps"\} [1-9]/m)
  })
})

describe('OpenAPI', () => {
  it('describes a group version by documents that lead to one another', () => {
    const api = startApi()
    const index = api.ok<Body>('GET', '/openapi/v3')
    const url = index.paths['apis/apps/v1']!.serverRelativeURL
    const response = api.request('GET', url)
    expect(response.headers['cache-control']).toContain('immutable')
    const { components, paths } = response.body as Body
    const deployment = components.schemas['io.k8s.api.apps.v1.Deployment']
    expect(deployment?.description).toBe('Deployment enables declarative updates for Pods and ReplicaSets.')
    expect(deployment?.['x-kubernetes-group-version-kind']).toEqual([
      { group: 'apps', version: 'v1', kind: 'Deployment' },
    ])
    const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']!.patch
    expect(patch).toMatchObject({ 'x-kubernetes-action': 'patch' })
    expect(patch.parameters.map((one) => one.name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force'])
    for (const [text] of JSON.stringify(components).matchAll(/#\/components\/schemas\/[\w.-]+/g))
      expect(components.schemas, text).toHaveProperty([text.slice('#/components/schemas/'.length)])
  })

  it('sends a client that has an old hash to the new one', () => {
    const response = startApi().request('GET', '/openapi/v3/api/v1?hash=OLD')
    expect(response).toMatchObject({ code: 301 })
    expect(response.headers.location).toMatch(/^\/openapi\/v3\/api\/v1\?hash=/)
  })

  it('knows custom resources by the schema of their definition', () => {
    const api = startApi()
    api.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', WIDGETS)
    api.run(100)
    const { components } = api.ok<Body>('GET', '/openapi/v3/apis/example.com/v1')
    const widget = components.schemas['com.example.v1.Widget']
    expect(widget).toMatchObject({ description: 'A widget turns.', properties: { spec: { required: ['size'] } } })
    expect(Object.keys(widget?.properties ?? {})).toEqual(['apiVersion', 'kind', 'metadata', 'spec'])
    const { definitions } = api.ok<Body>('GET', '/openapi/v2')
    expect(definitions['com.example.v1.Widget']?.properties.spec?.required).toEqual(['size'])
  })

  it('has version 2 as JSON and as protobuf', () => {
    const api = startApi()
    const { definitions, swagger } = api.ok<Body>('GET', '/openapi/v2')
    expect(swagger).toBe('2.0')
    expect(definitions['io.k8s.api.core.v1.Pod']?.properties.spec).toMatchObject({
      $ref: '#/definitions/io.k8s.api.core.v1.PodSpec',
      description: expect.stringContaining('Specification of the desired behavior of the pod.') as unknown,
    })
    const response = api.request('GET', '/openapi/v2', undefined, { headers: { accept: V2_PROTOBUF } })
    expect(response.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
    const names = definitionNames(response.body as Uint8Array)
    expect(names).toEqual(Object.keys(definitions))
  })

  it('leaves out what the release does not know', () => {
    const fields = (release: string): string[] => {
      const { components } = startApi({ release }).ok<Body>('GET', '/openapi/v3/apis/batch/v1')
      return Object.keys(components.schemas['io.k8s.api.batch.v1.CronJobSpec']?.properties ?? {})
    }
    expect(fields('1.22')).not.toContain('timeZone')
    expect(fields('1.33')).toContain('timeZone')
  })
})

/** Reads a varint at a place: its value, and the place behind it. */
function varint(bytes: Uint8Array, at: number): [number, number] {
  for (let [value, factor] = [0, 1]; ; factor *= 128) {
    const byte = bytes[at++]!
    value += (byte & 127) * factor
    if (byte < 128) return [value, at]
  }
}

/** The length-delimited fields of a message that has no others. */
function* fieldsOf(bytes: Uint8Array): Generator<[number, Uint8Array]> {
  for (let at = 0; at < bytes.length;) {
    const [key, behindKey] = varint(bytes, at)
    const [length, start] = varint(bytes, behindKey)
    expect(key % 8).toBe(2)
    yield [Math.floor(key / 8), bytes.subarray(start, start + length)]
    at = start + length
  }
}

const DEFINITIONS = 9

function definitionNames(document: Uint8Array): string[] {
  const names: string[] = []
  for (const [number, definitions] of fieldsOf(document)) {
    if (number !== DEFINITIONS) continue
    for (const [, named] of fieldsOf(definitions)) names.push(new TextDecoder().decode([...fieldsOf(named)][0]![1]))
  }
  return names
}

describe('old versions', () => {
  const INGRESS = {
    metadata: { name: 'web' },
    spec: { backend: { serviceName: 'd', servicePort: 80 } },
  }

  it('share one store, each with its own shape and its warning', () => {
    const api = startApi({ release: '1.21' })
    const old = '/apis/extensions/v1beta1/namespaces/default/ingresses'
    const made = api.request('POST', old, INGRESS)
    expect(made.headers.warning).toContain('extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+')
    expect(made.body).toMatchObject({
      apiVersion: 'extensions/v1beta1',
      spec: { backend: { serviceName: 'd', servicePort: 80 } },
    })
    expect(api.ok('GET', '/apis/networking.k8s.io/v1/namespaces/default/ingresses/web')).toMatchObject({
      spec: { defaultBackend: { service: { name: 'd', port: { number: 80 } } } },
    })
    const patched = api.ok(
      'PATCH',
      '/apis/networking.k8s.io/v1beta1/namespaces/default/ingresses/web',
      { spec: { backend: { servicePort: 'http' } } },
      { headers: { 'content-type': 'application/strategic-merge-patch+json' } },
    )
    expect(patched).toMatchObject({ spec: { backend: { serviceName: 'd', servicePort: 'http' } } })
    expect(api.ok('GET', `${old}/web`)).toMatchObject({ spec: { backend: { servicePort: 'http' } } })
  })

  it('are gone with their release', () => {
    const api = startApi({ release: '1.22' })
    expect(api.request('POST', '/apis/extensions/v1beta1/namespaces/default/ingresses', INGRESS).code).toBe(404)
  })

  it('keep policies for pods, which nobody enforces', () => {
    const api = startApi({ release: '1.24' })
    const any = { rule: 'RunAsAny' }
    const spec = { seLinux: any, runAsUser: any, supplementalGroups: any, fsGroup: any }
    api.ok('POST', '/apis/policy/v1beta1/podsecuritypolicies', { metadata: { name: 'p' }, spec })
    expect(api.ok('GET', '/apis/policy/v1beta1/podsecuritypolicies/p')).toMatchObject({ spec: { fsGroup: any } })
    expect(startApi({ release: '1.25' }).request('GET', '/apis/policy/v1beta1/podsecuritypolicies').code).toBe(404)
  })
})
