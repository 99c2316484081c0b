import { describe, expect, it } from 'vitest'
import { startApi } from '../harness/api.ts'
import type { Api, Body } from '../harness/api.ts'

const PODS = '/api/v1/namespaces/default/pods'
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
const SERVICES = '/api/v1/namespaces/default/services'
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } }

function runningPod(api: Api, name: string): void {
  api.ok('POST', PODS, {
    metadata: { name, labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'nginx' }] },
  })
  api.ok('POST', `${PODS}/${name}/binding`, { metadata: { name }, target: { kind: 'Node', name: 'n1' } })
  api.ok(
    'PATCH',
    `${PODS}/${name}/status`,
    { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
    { headers: { 'content-type': 'application/strategic-merge-patch+json' } },
  )
}

function budget(api: Api, name: string, disruptionsAllowed: number): void {
  api.ok('POST', BUDGETS, { metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } })
  const status = {
    observedGeneration: 1,
    disruptionsAllowed,
    currentHealthy: disruptionsAllowed + 1,
    desiredHealthy: 1,
    expectedPods: 2,
  }
  api.ok('PATCH', `${BUDGETS}/${name}/status`, { status }, MERGE)
}

const evict = (api: Api, name: string): ReturnType<Api['request']> =>
  api.request('POST', `${PODS}/${name}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'default' },
  })

describe('binding', () => {
  it('sets the node once', () => {
    const api = startApi()
    runningPod(api, 'a')
    expect(api.ok('GET', `${PODS}/a`).spec.nodeName).toBe('n1')
    const again = api.request('POST', `${PODS}/a/binding`, {
      metadata: { name: 'a' },
      target: { kind: 'Node', name: 'n2' },
    })
    expect((again.body as Body).message).toBe(
      'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"',
    )
  })
})

describe('eviction (I3)', () => {
  it('books the disruption, marks the pod and deletes it', () => {
    const api = startApi()
    runningPod(api, 'a')
    budget(api, 'web', 1)
    expect(evict(api, 'a').code).toBe(201)
    expect(api.ok('GET', `${BUDGETS}/web`).status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { a: expect.any(String) as string },
    })
    const pod = api.ok('GET', `${PODS}/a`)
    expect(pod.metadata.deletionGracePeriodSeconds).toBe(30)
    expect(pod.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      }),
    )
  })

  it('answers 429 when the budget allows none', () => {
    const api = startApi()
    runningPod(api, 'a')
    budget(api, 'web', 0)
    const { code, body } = evict(api, 'a')
    expect(code).toBe(429)
    expect(body).toMatchObject({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget web needs 1 healthy pods and has 1 currently' },
        ],
      },
    })
  })

  it('answers 500 when two budgets match, and ignores them for a pending pod', () => {
    const api = startApi()
    runningPod(api, 'a')
    budget(api, 'one', 1)
    budget(api, 'two', 1)
    const { code, body } = evict(api, 'a')
    expect([code, (body as Body).message]).toEqual([
      500,
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    ])
    api.ok('POST', PODS, {
      metadata: { name: 'b', labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    })
    expect(evict(api, 'b').code).toBe(201)
    expect(api.request('GET', `${PODS}/b`).code).toBe(404)
  })
})

describe('scale', () => {
  it('reads and writes the replicas alone', () => {
    const api = startApi()
    const path = '/apis/apps/v1/namespaces/default/deployments'
    api.ok('POST', path, {
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
      },
    })
    const scale = api.ok('GET', `${path}/web/scale`)
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=web' },
    })
    api.ok('PUT', `${path}/web/scale`, { ...scale, spec: { replicas: 5 } })
    expect(api.ok('GET', `${path}/web`).spec.replicas).toBe(5)
    expect(api.ok('PATCH', `${path}/web/scale`, { spec: { replicas: 3 } }, MERGE).spec).toEqual({ replicas: 3 })
  })
})

describe('services (G1)', () => {
  it('draws cluster IPs above the lower band and node ports above 30085', () => {
    const api = startApi()
    for (let i = 0; i < 20; i++) {
      const service = api.ok('POST', SERVICES, {
        metadata: { name: `s${i}` },
        spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] },
      })
      const { clusterIP, ports } = service.spec as unknown as { clusterIP: string; ports: { nodePort: number }[] }
      const [a, b, c, d] = clusterIP.split('.').map(Number) as [number, number, number, number]
      expect(a * 2 ** 24 + b * 2 ** 16 + c * 256 + d - (10 * 2 ** 24 + 96 * 2 ** 16)).toBeGreaterThan(256)
      expect(ports[0]?.nodePort).toBeGreaterThan(30_085)
    }
  })

  it('refuses addresses and ports that are taken', () => {
    const api = startApi()
    const service = (name: string, nodePort: number): object => ({
      metadata: { name },
      spec: { type: 'NodePort', clusterIP: name === 'a' ? '10.96.0.50' : undefined, ports: [{ port: 80, nodePort }] },
    })
    api.ok('POST', SERVICES, service('a', 30_001))
    expect((api.request('POST', SERVICES, service('b', 30_001)).body as Body).message).toBe(
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
    )
    expect((api.request('POST', SERVICES, service('c', 80)).body as Body).message).toBe(
      'Service "c" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    )
  })
})

describe('the server’s own objects', () => {
  it('makes the system namespaces, priority classes and the kubernetes Service with its endpoints', () => {
    const api = startApi({ advertiseAddress: '10.0.0.1' })
    expect(api.ok('GET', '/api/v1/namespaces').items.map(({ metadata }) => metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ])
    expect(api.ok('GET', '/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical').value).toBe(2_000_001_000)
    expect(api.ok('GET', `${SERVICES}/kubernetes`).spec.clusterIP).toBe('10.96.0.1')
    api.run(5_000)
    expect(api.ok('GET', '/api/v1/namespaces/default/endpoints/kubernetes').subsets).toMatchObject([
      { addresses: [{ ip: '10.0.0.1' }] },
    ])
    api.ok('DELETE', '/api/v1/namespaces/default/endpoints/kubernetes')
    api.run(12_000)
    expect(api.request('GET', '/api/v1/namespaces/default/endpoints/kubernetes').code).toBe(200)
  })
})

describe('who may', () => {
  const bob = { certificate: { commonName: 'bob', organizations: [] } }

  it('refuses in upstream’s words (K5), and allows by a role', () => {
    const api = startApi()
    const refused = api.request('GET', PODS, undefined, bob)
    expect(refused.code).toBe(403)
    expect((refused.body as Body).message).toBe(
      'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"',
    )
    expect((api.request('GET', '/api/v1/nodes/n1', undefined, bob).body as Body).message).toBe(
      'nodes "n1" is forbidden: User "bob" cannot get resource "nodes" in API group "" at the cluster scope',
    )
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
    api.ok('POST', `${rbac}/roles`, {
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    })
    api.ok('POST', `${rbac}/rolebindings`, {
      metadata: { name: 'bob' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'User', name: 'bob', apiGroup: 'rbac.authorization.k8s.io' }],
    })
    expect(api.request('GET', PODS, undefined, bob).code).toBe(200)
  })

  it('knows a service account by its token, until the account is gone', () => {
    const api = startApi()
    const { token } = api.ok('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', {})
      .status as unknown as { token: string }
    const bearer = { certificate: null, headers: { authorization: `Bearer ${token}` } }
    const who = api.ok('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, bearer)
    expect(who.status).toMatchObject({ userInfo: { username: 'system:serviceaccount:default:default' } })
    api.ok('DELETE', '/api/v1/namespaces/default/serviceaccounts/default')
    expect(api.request('GET', PODS, undefined, bearer).code).toBe(403)
    api.run(10_000)
    expect(api.request('GET', PODS, undefined, bearer).code).toBe(401)
  })

  it('lets anonymous see health alone (O8)', () => {
    const api = startApi()
    const nobody = { certificate: null }
    expect(api.request('GET', '/livez', undefined, nobody).body).toBe('ok')
    expect((api.request('GET', '/healthz/etcd', undefined, nobody).body as Body).message).toBe(
      'forbidden: User "system:anonymous" cannot get path "/healthz/etcd"',
    )
  })
})
