/**
 * Options of requests and what is refused of them. Models apimachinery pkg/apis/meta/internalversion/validation,
 * pkg/apis/meta/v1/validation and apiserver storage/continue.go.
 */
import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../engine/fabric/http.ts'
import { startApi } from '../harness/api.ts'
import type { Api } from '../harness/api.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const map = (name: string): object => ({ metadata: { name } })
const MERGE = 'application/merge-patch+json'
const APPLY = 'application/apply-patch+yaml'

interface Refusal {
  message: string
  metadata: { continue?: string }
  details?: { causes?: { field: string }[] }
}

function filled(count = 0): Api {
  const api = startApi()
  for (let i = 0; i < count; i++) api.ok('POST', MAPS, map(`m${i}`))
  return api
}

function refusal(
  api: Api,
  method: HttpRequest['method'],
  path: string,
  body?: object,
  media?: string,
): [number, string] {
  const headers = media === undefined ? {} : { headers: { 'content-type': media } }
  const answer = api.request(method, path, body, headers)
  return [answer.code, (answer.body as Refusal).message]
}

const list = (why: string): string => `ListOptions.meta.k8s.io "" is invalid: ${why}`

describe('a list or watch', () => {
  it.each([
    [
      'resourceVersion=abc',
      500,
      'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      'watch=1&resourceVersion=-1',
      500,
      'resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax',
    ],
    ['limit=many', 400, 'strconv.ParseInt: parsing "many": invalid syntax'],
    ['watch=1&timeoutSeconds=1m', 400, 'strconv.ParseInt: parsing "1m": invalid syntax'],
    [
      'resourceVersionMatch=Exact',
      422,
      list('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'),
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      422,
      list('resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    ],
    [
      'resourceVersionMatch=Near&resourceVersion=1',
      422,
      list('resourceVersionMatch: Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""'),
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=1&continue=x',
      422,
      list('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided'),
    ],
    ['sendInitialEvents=true', 422, list('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list')],
    [
      'watch=1&sendInitialEvents=true',
      422,
      list('resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
    ],
    [
      'watch=1&resourceVersionMatch=NotOlderThan',
      422,
      list(
        'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    ],
    [
      'watch=1&resourceVersionMatch=Exact&sendInitialEvents=true',
      422,
      list(
        '[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
      ),
    ],
    ['continue=a*b', 400, 'invalid continue token: continue key is not valid: illegal base64 data at input byte 1'],
    [
      `continue=${btoa('{"v":"v9"}').replace(/=/g, '')}`,
      400,
      'invalid continue token: continue key is not valid: server does not recognize this encoded version "v9"',
    ],
    [
      `continue=${btoa('{"v":"meta.k8s.io/v1","rv":5}').replace(/=/g, '')}`,
      400,
      'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)',
    ],
    [
      `continue=${btoa('{"v":"meta.k8s.io/v1","rv":5,"start":"../x"}').replace(/=/g, '')}`,
      400,
      'invalid continue token: continue key is not valid: ../x',
    ],
    ['continue=x&resourceVersion=7', 400, 'specifying resource version is not allowed when using continue'],
  ])('with %s is refused', (query, code, message) => {
    expect(refusal(filled(), 'GET', `${MAPS}?${query}`)).toEqual([code, message])
  })

  it('of one object may name only that in its selector', () => {
    expect(
      refusal(filled(), 'GET', '/api/v1/watch/namespaces/default/configmaps/a?fieldSelector=metadata.name%3Db'),
    ).toEqual([400, "fieldSelector metadata.name doesn't match requested name"])
  })

  it('from the cache ("0") knows no pages', () => {
    const api = filled(4)
    const { items, metadata } = api.ok<{ items: object[]; metadata: object }>(
      'GET',
      `${MAPS}?limit=2&resourceVersion=0`,
    )
    expect(items).toHaveLength(4)
    expect(metadata).not.toHaveProperty('continue')
  })
})

describe('a write', () => {
  it.each([
    [
      'POST',
      `${MAPS}?dryRun=Some`,
      undefined,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    ],
    [
      'POST',
      `${MAPS}?fieldValidation=Loose`,
      undefined,
      'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"',
    ],
    [
      'POST',
      `${MAPS}?fieldManager=${'x'.repeat(129)}`,
      undefined,
      'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    ],
    [
      'PUT',
      `${MAPS}/m0?fieldManager=a%0Ab`,
      undefined,
      'UpdateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ],
    [
      'PATCH',
      `${MAPS}/m0?force=true`,
      MERGE,
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    ],
    [
      'PATCH',
      `${MAPS}/m0`,
      APPLY,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      'DELETE',
      `${MAPS}/m0?propagationPolicy=Some`,
      undefined,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Some": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      'DELETE',
      `${MAPS}/m0?dryRun=Some`,
      undefined,
      'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    ],
  ] as const)('%s %s is refused', (method, path, media, message) => {
    expect(refusal(filled(1), method, path, map('m0'), media)).toEqual([422, message])
  })

  it('may not say twice what becomes of dependents', () => {
    const options = { propagationPolicy: 'Orphan', orphanDependents: true }
    expect(refusal(filled(1), 'DELETE', `${MAPS}/m0`, options)).toEqual([
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    ])
  })
})

describe('a request', () => {
  it.each([
    ['HEAD', `${MAPS}/m0`],
    ['OPTIONS', MAPS],
    ['POST', `${MAPS}/m0`],
    ['PUT', MAPS],
    ['PATCH', MAPS],
  ] as const)('%s %s has no route', (method, path) => {
    expect(refusal(filled(1), method, path, map('m0'))).toEqual([
      405,
      'the server does not allow this method on the requested resource',
    ])
  })

  it('is told which media types there are', () => {
    const answer = (path: string): unknown =>
      (filled().request('GET', path, undefined, { headers: { accept: 'text/plain' } }).body as Refusal).message
    expect(answer(MAPS)).toBe(
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
    expect(answer(`${MAPS}?watch=1`)).toBe(
      'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    )
  })

  it('for a revision that is not there yet is given up after three seconds', () => {
    const api = filled()
    const before = api.kernel.now
    const { code, headers, body } = api.request('GET', `${MAPS}?resourceVersion=999999`)
    expect(code).toBe(504)
    expect(headers['retry-after']).toBe('1')
    expect(body).toMatchObject({
      reason: 'Timeout',
      message: expect.stringMatching(/^Timeout: Too large resource version: 999999, current: \d+$/) as string,
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    })
    expect(api.kernel.now - before).toBeGreaterThanOrEqual(3_000)
  })

  it('to create may not bring a revision', () => {
    const object = { metadata: { name: 'a', resourceVersion: '5' } }
    expect(refusal(filled(), 'POST', MAPS, object)).toEqual([
      500,
      'resourceVersion should not be set on objects to be created',
    ])
  })
})
