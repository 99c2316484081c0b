import { describe, expect, it } from 'vitest'
import { chunkToWire, fromWire, toWire, WireError } from '../../engine/api/wire.ts'
import { startApi } from '../harness/api.ts'
import type { Body } from '../harness/api.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array): string => new TextDecoder().decode(data)

describe('wire', () => {
  it('reads JSON and YAML bodies, queries and duplicate fields', () => {
    const request = fromWire(
      'POST',
      '/api/v1/namespaces/a%20b/pods?dryRun=All&command=ls&command=-l',
      { 'content-type': 'application/json' },
      bytes('{"a":1,"a":2}'),
    )
    expect(request).toMatchObject({
      method: 'POST',
      path: '/api/v1/namespaces/a%20b/pods',
      query: { dryRun: 'All', command: '["ls","-l"]' },
      body: { a: 2 },
    })
    expect(request.headers['x-duplicate-fields']).toBe('["duplicate field \\"a\\""]')
    expect(
      fromWire('PATCH', '/x', { 'content-type': 'application/apply-patch+yaml' }, bytes('a: yes\nb: [1]\n')).body,
    ).toEqual({ a: true, b: [1] })
  })

  it('refuses what it cannot read, with the answer to send', () => {
    expect(() => fromWire('POST', '/x', { 'content-type': 'application/json' }, bytes('{'))).toThrow(WireError)
    expect(() => fromWire('POST', '/x', { 'content-type': 'application/vnd.kubeflight.typed' }, bytes('{}'))).toThrow(
      'the body of the request was in an unknown format',
    )
    expect(fromWire('GET', '/x', { 'x-kubeflight-typed': 'true' }, new Uint8Array()).headers).toEqual({})
  })

  it('writes lists whose items carry no type, and watch events a line each', () => {
    const body = {
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: {},
      items: [{ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } }],
    }
    expect(text(toWire({ code: 200, headers: { 'content-type': 'application/json' }, body }).bytes)).toBe(
      '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"a"}}]}\n',
    )
    expect(text(chunkToWire({ type: 'ADDED', object: {} }))).toBe('{"type":"ADDED","object":{}}\n')
    expect(text(chunkToWire('log line\n'))).toBe('log line\n')
  })
})

describe('discovery', () => {
  it('comes plain and aggregated', () => {
    const api = startApi()
    expect(api.ok('GET', '/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
    const response = api.request('GET', '/apis', undefined, { headers: { accept } })
    expect(response.headers['content-type']).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    )
    expect((response.body as Body).items.some(({ metadata }) => metadata.name === 'apps')).toBe(true)
    expect(api.ok('GET', '/openapi/v3').paths).toMatchObject({
      'apis/apps/v1': {
        serverRelativeURL: expect.stringMatching(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/) as unknown,
      },
    })
    expect(api.ok('GET', '/version')).toMatchObject({ gitVersion: 'v1.35.0' })
  })

  it('serves custom resources as soon as they are defined', () => {
    const api = startApi()
    const widgets = '/apis/example.com/v1/namespaces/default/widgets'
    expect(api.request('GET', widgets).code).toBe(404)
    api.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
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
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            subresources: { status: {} },
          },
        ],
      },
    })
    api.run(100)
    const made = api.ok('POST', widgets, {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'a' },
      spec: { size: 3 },
    })
    expect(made).toMatchObject({ kind: 'Widget', spec: { size: 3 }, metadata: { generation: 1 } })
    expect(api.ok('GET', widgets)).toMatchObject({ kind: 'WidgetList', items: [{ metadata: { name: 'a' } }] })
  })

  it('refuses verbs and paths it does not know', () => {
    const api = startApi()
    expect(api.request('GET', '/apis/nope/v1/things')).toMatchObject({ code: 404, body: '404 page not found\n' })
    expect(
      api.request('GET', '/api/v1/pods', undefined, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })
        .code,
    ).toBe(406)
  })
})
