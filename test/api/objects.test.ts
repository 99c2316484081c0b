import { describe, expect, it } from 'vitest'
import { startApi } from '../harness/api.ts'
import type { Body } from '../harness/api.ts'

const PODS = '/api/v1/namespaces/default/pods'
const MAPS = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } }

const pod = (name: string, more: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...more },
})

const deployment = (name: string): object => ({
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } },
  },
})

describe('create', () => {
  it('fills in what only the server knows, and defaults', () => {
    const api = startApi()
    const made = api.ok('POST', PODS, pod('a'))
    expect(made.metadata).toMatchObject({
      name: 'a',
      namespace: 'default',
      creationTimestamp: '2026-11-20T09:00:05Z',
      generation: 1,
    })
    expect(made.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/)
    expect(made.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' })
    expect(made.spec).toMatchObject({
      serviceAccountName: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      restartPolicy: 'Always',
    })
    const { volumes } = made.spec as unknown as { volumes: { name: string }[] }
    expect(volumes[0]?.name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  it('generates names with a suffix of upstream letters', () => {
    const api = startApi()
    const made = api.ok('POST', MAPS, { metadata: { generateName: 'web-' } })
    expect(made.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  it('refuses a taken name with upstream’s Status (K5)', () => {
    const api = startApi()
    api.ok('POST', MAPS, { metadata: { name: 'a' } })
    const { code, body } = api.request('POST', MAPS, { metadata: { name: 'a' } })
    expect(code).toBe(409)
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "a" already exists',
      reason: 'AlreadyExists',
      details: { name: 'a', kind: 'configmaps' },
      code: 409,
    })
  })

  it('refuses invalid objects with causes (K5)', () => {
    const api = startApi()
    const bad = deployment('web') as { spec: { replicas: number } }
    bad.spec.replicas = -1
    const { code, body } = api.request('POST', DEPLOYMENTS, bad)
    expect(code).toBe(422)
    expect((body as Body).message).toBe(
      'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    )
  })

  it('refuses, warns of or passes unknown fields as asked (K5)', () => {
    const api = startApi()
    const odd = { metadata: { name: 'odd' }, spec: { containers: [{ name: 'c', image: 'nginx' }], foo: 1 } }
    const strict = api.request('POST', `${PODS}?fieldValidation=Strict`, odd)
    expect((strict.body as Body).message).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo"',
    )
    const warned = api.request('POST', `${PODS}?fieldValidation=Warn`, odd)
    expect(warned.code).toBe(201)
    expect(warned.headers.warning).toBe('299 - "unknown field \\"spec.foo\\""')
    expect((warned.body as Body).spec.foo).toBeUndefined()
  })

  it('stores nothing in a dry run', () => {
    const api = startApi()
    expect(api.request('POST', `${MAPS}?dryRun=All`, { metadata: { name: 'a' } }).code).toBe(201)
    expect(api.request('GET', `${MAPS}/a`).code).toBe(404)
  })

  it('refuses a namespace that is missing or going', () => {
    const api = startApi()
    const missing = api.request('POST', '/api/v1/namespaces/nope/configmaps', { metadata: { name: 'a' } })
    expect((missing.body as Body).message).toBe('namespaces "nope" not found')
    api.ok('POST', '/api/v1/namespaces', { metadata: { name: 'going' } })
    api.ok('DELETE', '/api/v1/namespaces/going')
    const refused = api.request('POST', '/api/v1/namespaces/going/configmaps', { metadata: { name: 'a' } })
    expect(refused.code).toBe(403)
    expect((refused.body as Body).message).toBe(
      'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated',
    )
  })
})

describe('update and patch', () => {
  it('refuses a stale resourceVersion', () => {
    const api = startApi()
    const first = api.ok('POST', MAPS, { metadata: { name: 'a' }, data: { x: '1' } })
    api.ok('PUT', `${MAPS}/a`, { ...first, data: { x: '2' } })
    const { code, body } = api.request('PUT', `${MAPS}/a`, { ...first, data: { x: '3' } })
    expect(code).toBe(409)
    expect((body as Body).message).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    )
  })

  it('counts generations of the spec only, and keeps status apart', () => {
    const api = startApi()
    const made = api.ok('POST', DEPLOYMENTS, deployment('web'))
    expect(made.metadata.generation).toBe(1)
    const labelled = api.ok(
      'PATCH',
      `${DEPLOYMENTS}/web`,
      { metadata: { labels: { a: 'b' } }, status: { replicas: 9 } },
      MERGE,
    )
    expect(labelled.metadata.generation).toBe(1)
    expect(labelled.status).toEqual({})
    expect(api.ok('PATCH', `${DEPLOYMENTS}/web`, { spec: { replicas: 5 } }, MERGE).metadata.generation).toBe(2)
    const status = api.ok(
      'PATCH',
      `${DEPLOYMENTS}/web/status`,
      { spec: { replicas: 7 }, status: { replicas: 3 } },
      MERGE,
    )
    expect(status.metadata.generation).toBe(2)
    expect(status).toMatchObject({ spec: { replicas: 5 }, status: { replicas: 3 } })
  })

  it('writes nothing when a patch changes nothing', () => {
    const api = startApi()
    const made = api.ok('POST', MAPS, { metadata: { name: 'a' }, data: { x: '1' } })
    const patched = api.ok('PATCH', `${MAPS}/a`, { data: { x: '1' } }, MERGE)
    expect(patched.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
  })

  it('merges lists by key in strategic patches, and takes JSON patches', () => {
    const api = startApi()
    api.ok('POST', DEPLOYMENTS, deployment('web'))
    const strategic = { headers: { 'content-type': 'application/strategic-merge-patch+json' } }
    const patched = api.ok(
      'PATCH',
      `${DEPLOYMENTS}/web`,
      { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } } },
      strategic,
    )
    expect(patched.spec).toMatchObject({
      template: { spec: { containers: [{ name: 'c', image: 'nginx:2', imagePullPolicy: 'IfNotPresent' }] } },
    })
    const json = { headers: { 'content-type': 'application/json-patch+json' } }
    expect(
      api.ok('PATCH', `${DEPLOYMENTS}/web`, [{ op: 'replace', path: '/spec/replicas', value: 4 }], json).spec.replicas,
    ).toBe(4)
    expect(api.request('PATCH', `${DEPLOYMENTS}/web`, {}, { headers: { 'content-type': 'text/plain' } }).code).toBe(415)
  })

  it('applies on the server, and tells of conflicts', () => {
    const api = startApi()
    const apply = { headers: { 'content-type': 'application/apply-patch+yaml' } }
    const config = (image: string): object => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      ...deployment('web'),
      spec: {
        ...(deployment('web') as { spec: object }).spec,
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
      },
    })
    expect(api.request('PATCH', `${DEPLOYMENTS}/web?fieldManager=a`, config('nginx:1'), apply).code).toBe(201)
    const refused = api.request('PATCH', `${DEPLOYMENTS}/web?fieldManager=b`, config('nginx:2'), apply)
    expect(refused.code).toBe(409)
    expect((refused.body as Body).message).toBe(
      'Apply failed with 1 conflict: conflict with "a": .spec.template.spec.containers[name="c"].image',
    )
    expect(api.request('PATCH', `${DEPLOYMENTS}/web?fieldManager=b&force=true`, config('nginx:2'), apply).code).toBe(
      200,
    )
  })

  it('refuses a name that does not match the URL', () => {
    const api = startApi()
    api.ok('POST', MAPS, { metadata: { name: 'a' } })
    const { body } = api.request('PUT', `${MAPS}/a`, { metadata: { name: 'b' } })
    expect((body as Body).message).toBe('the name of the object (b) does not match the name on the URL (a)')
  })
})

describe('delete', () => {
  const bind = (name: string): object => ({ metadata: { name }, target: { kind: 'Node', name: 'n1' } })

  it('takes a pod away at once that runs nowhere, and gives grace to one that runs', () => {
    const api = startApi()
    api.ok('POST', PODS, pod('idle'))
    api.ok('DELETE', `${PODS}/idle`)
    expect(api.request('GET', `${PODS}/idle`).code).toBe(404)
    api.ok('POST', PODS, pod('busy'))
    api.ok('POST', `${PODS}/busy/binding`, bind('busy'))
    const deleted = api.ok('DELETE', `${PODS}/busy`)
    expect(deleted.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: '2026-11-20T09:00:35Z',
    })
    const shorter = api.ok('DELETE', `${PODS}/busy?gracePeriodSeconds=5`)
    expect(shorter.metadata).toMatchObject({ deletionGracePeriodSeconds: 5, deletionTimestamp: '2026-11-20T09:00:10Z' })
    api.ok('DELETE', `${PODS}/busy?gracePeriodSeconds=0`)
    expect(api.request('GET', `${PODS}/busy`).code).toBe(404)
  })

  it('waits for finalizers, and goes with the last of them', () => {
    const api = startApi()
    api.ok('POST', MAPS, { metadata: { name: 'a', finalizers: ['example.com/hold'] } })
    expect(api.ok('DELETE', `${MAPS}/a`).metadata.deletionTimestamp).toBeDefined()
    expect(api.request('GET', `${MAPS}/a`).code).toBe(200)
    api.ok('PATCH', `${MAPS}/a`, { metadata: { finalizers: null } }, MERGE)
    expect(api.request('GET', `${MAPS}/a`).code).toBe(404)
  })

  it('turns propagation policies into finalizers, and answers with a Status otherwise', () => {
    const api = startApi()
    api.ok('POST', DEPLOYMENTS, deployment('a'))
    expect(api.ok('DELETE', `${DEPLOYMENTS}/a`, { propagationPolicy: 'Foreground' }).metadata.finalizers).toEqual([
      'foregroundDeletion',
    ])
    const made = api.ok('POST', DEPLOYMENTS, deployment('b'))
    expect(api.ok('DELETE', `${DEPLOYMENTS}/b`)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'b', group: 'apps', kind: 'deployments', uid: made.metadata.uid },
    })
  })

  it('checks preconditions, and protects the namespaces that must stay', () => {
    const api = startApi()
    const made = api.ok('POST', MAPS, { metadata: { name: 'a' } })
    const refused = api.request('DELETE', `${MAPS}/a`, { preconditions: { uid: 'other' } })
    expect((refused.body as Body).message).toBe(
      `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) does not match the UID in record (${made.metadata.uid}). The object might have been deleted and then recreated`,
    )
    expect((api.request('DELETE', '/api/v1/namespaces/default').body as Body).message).toBe(
      'namespaces "default" is forbidden: this namespace may not be deleted',
    )
  })

  it('deletes a collection by selector', () => {
    const api = startApi()
    for (const name of ['a', 'b', 'c'])
      api.ok('POST', MAPS, { metadata: { name, labels: { keep: String(name === 'b') } } })
    api.ok('DELETE', `${MAPS}?labelSelector=keep=false`)
    expect(api.ok('GET', MAPS).items.map(({ metadata }) => metadata.name)).toEqual(['b'])
  })
})

describe('strict patches', () => {
  it('call the patch invalid, as a real apply of a typo shows', () => {
    const api = startApi()
    api.ok('POST', DEPLOYMENTS, deployment('web'))
    const patch = {
      spec: { replica: 2, template: { spec: { containers: [{ name: 'c', imagePullpolicy: 'Always' }] } } },
    }
    const { code, body } = api.request('PATCH', `${DEPLOYMENTS}/web?fieldValidation=Strict`, patch, {
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    })
    expect(code).toBe(422)
    expect((body as Body).message).toBe(
      ' "" is invalid: patch: Invalid value: "map[spec:map[replica:2 template:map[spec:map[]]]]": strict decoding error: unknown field "spec.replica", unknown field "spec.template.spec.containers[0].imagePullpolicy"',
    )
  })
})
