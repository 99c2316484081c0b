/** Who may do what: the Node authorizer, RBAC, impersonation, reviews, escalation (T9). */
import { describe, expect, it } from 'vitest'
import { startApi } from '../harness/api.ts'
import type { Api, Body } from '../harness/api.ts'

const N1 = { certificate: { commonName: 'system:node:n1', organizations: ['system:nodes'] } }
const N2 = { certificate: { commonName: 'system:node:n2', organizations: ['system:nodes'] } }
const BOB = { certificate: { commonName: 'bob', organizations: ['devs'] } }
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const IN_DEFAULT = '/api/v1/namespaces/default'

function ready(flags: NonNullable<Parameters<typeof startApi>[0]>['flags'] = {}, release = '1.35'): Api {
  const api = startApi({ flags, release })
  api.run(5_000)
  return api
}

const said = (
  api: Api,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  options: object,
  body?: unknown,
): string => {
  const { code, body: answer } = api.request(method, path, body, options)
  return code < 300 ? 'ok' : (answer as Body).message
}

const bind = (api: Api, name: string, role: string, user: string, kind = 'ClusterRole'): void =>
  void api.ok('POST', `${RBAC}/namespaces/default/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  })

describe('the Node authorizer', () => {
  function withPods(release?: string): Api {
    const api = ready({}, release)
    const volumes = [
      { name: 'a', secret: { secretName: 'mounted' } },
      { name: 'b', persistentVolumeClaim: { claimName: 'claim' } },
      { name: 'c', projected: { sources: [{ configMap: { name: 'projected' } }] } },
    ]
    const env = [{ name: 'E', valueFrom: { secretKeyRef: { name: 'named', key: 'k' } } }]
    api.ok('POST', `${IN_DEFAULT}/pods`, {
      metadata: { name: 'p' },
      spec: {
        nodeName: 'n1',
        volumes,
        imagePullSecrets: [{ name: 'pull' }],
        containers: [{ name: 'c', image: 'i', env }],
      },
    })
    for (const name of ['mounted', 'named', 'pull', 'other'])
      api.ok('POST', `${IN_DEFAULT}/secrets`, { metadata: { name } })
    api.ok('POST', `${IN_DEFAULT}/configmaps`, { metadata: { name: 'projected' } })
    api.ok('POST', `${IN_DEFAULT}/persistentvolumeclaims`, {
      metadata: { name: 'claim' },
      spec: { volumeName: 'pv', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    })
    return api
  }

  it('lets a node read what its own pods name', () => {
    const api = withPods()
    for (const path of [
      'secrets/mounted',
      'secrets/named',
      'secrets/pull',
      'configmaps/projected',
      'persistentvolumeclaims/claim',
      'pods/p',
    ])
      expect([path, said(api, 'GET', `${IN_DEFAULT}/${path}`, N1)]).toEqual([path, 'ok'])
    for (const path of ['secrets/mounted', 'configmaps/projected', 'persistentvolumeclaims/claim', 'pods/p'])
      expect(said(api, 'GET', `${IN_DEFAULT}/${path}`, N2)).toContain(
        "no relationship found between node 'n2' and this object",
      )
    expect(said(api, 'GET', `${IN_DEFAULT}/secrets/other`, N1)).toBe(
      `secrets "other" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n1' and this object`,
    )
  })

  const refusals = [
    ['GET', `${IN_DEFAULT}/secrets`, 'No Object name found'],
    ['GET', '/api/v1/secrets', 'can only read namespaced object of this type'],
    ['DELETE', `${IN_DEFAULT}/secrets/mounted`, 'can only read resources of this type'],
    ['GET', `${IN_DEFAULT}/persistentvolumeclaims`, 'can only get individual resources of this type'],
    ['GET', '/api/v1/nodes', "node 'n1' cannot read all nodes, only its own Node object"],
    ['GET', '/api/v1/nodes/n2', "node 'n1' cannot read 'n2', only its own Node object"],
    ['GET', '/api/v1/pods', 'can only list/watch pods with spec.nodeName field selector'],
    [
      'GET',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2',
      'can only access node lease with the same name as the requesting node',
    ],
    [
      'GET',
      '/apis/coordination.k8s.io/v1/namespaces/default/leases/n1',
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    ['GET', '/apis/storage.k8s.io/v1/csinodes/n2', 'can only access CSINode with the same name as the requesting node'],
    ['POST', `${IN_DEFAULT}/serviceaccounts/default/tokens`, 'can only create token subresource of serviceaccount'],
  ] as const
  it.each(refusals)('%s %s: %s', (method, path, reason) => {
    expect(said(withPods(), method, path, N1, {}).endsWith(`: ${reason}`)).toBe(true)
  })

  it('knows the pods and nodes of a node by selector since 1.32', () => {
    expect(said(withPods(), 'GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1', N1)).toBe('ok')
    expect(said(withPods(), 'GET', '/api/v1/nodes?fieldSelector=metadata.name%3Dn1', N1)).toBe('ok')
    expect(said(withPods('1.31'), 'GET', '/api/v1/nodes', N1)).toBe('ok')
    expect(said(withPods('1.31'), 'GET', '/api/v1/pods', N1)).toBe('ok')
  })
})

describe('RBAC', () => {
  it('trusts nobody for a name that begins with system:', () => {
    const api = ready()
    const scheduler = { certificate: { commonName: 'system:kube-scheduler', organizations: [] } }
    expect(said(api, 'GET', '/api/v1/pods', scheduler)).toBe('ok')
    expect(said(api, 'GET', '/api/v1/secrets', scheduler)).toContain(
      'User "system:kube-scheduler" cannot list resource "secrets"',
    )
    const impostor = { certificate: { commonName: 'system:node:n1', organizations: [] } }
    expect(said(api, 'GET', '/api/v1/pods', impostor)).toContain('cannot list resource "pods"')
  })

  it('tells of a role that is not there', () => {
    const api = ready()
    bind(api, 'b', 'nope', 'bob', 'Role')
    expect(said(api, 'GET', `${IN_DEFAULT}/pods`, BOB)).toBe(
      'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default": RBAC: role.rbac.authorization.k8s.io "nope" not found',
    )
  })

  it('follows changes of roles at once', () => {
    const api = ready()
    bind(api, 'b', 'mine', 'bob')
    const role = (verbs: string[]): object => ({
      metadata: { name: 'mine' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
    })
    api.ok('POST', `${RBAC}/clusterroles`, role(['list']))
    expect(said(api, 'GET', `${IN_DEFAULT}/pods`, BOB)).toBe('ok')
    api.ok('PUT', `${RBAC}/clusterroles/mine`, role(['get']))
    expect(said(api, 'GET', `${IN_DEFAULT}/pods`, BOB)).toContain('cannot list')
  })

  it('knows the name in a list of one', () => {
    const api = ready()
    api.ok('POST', `${RBAC}/clusterroles`, {
      metadata: { name: 'one' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['x'], verbs: ['list'] }],
    })
    bind(api, 'b', 'one', 'bob')
    expect(said(api, 'GET', `${IN_DEFAULT}/configmaps?fieldSelector=metadata.name%3Dx`, BOB)).toBe('ok')
    expect(said(api, 'GET', `${IN_DEFAULT}/configmaps`, BOB)).toContain('cannot list')
  })

  it('brings back what default roles lack at the start, unless they ask not to', () => {
    const api = ready()
    const strip = (name: string, annotations: object): void => {
      const role = api.ok('GET', `${RBAC}/clusterroles/${name}`)
      api.ok('PUT', `${RBAC}/clusterroles/${name}`, { ...role, metadata: { ...role.metadata, annotations }, rules: [] })
    }
    strip('system:discovery', {})
    strip('system:basic-user', { 'rbac.authorization.kubernetes.io/autoupdate': 'false' })
    api.server.stop()
    api.server.start()
    api.run(5_000)
    const rulesOf = (name: string): unknown[] =>
      (api.ok('GET', `${RBAC}/clusterroles/${name}`).rules ?? []) as unknown[]
    expect(rulesOf('system:discovery').length).toBeGreaterThan(0)
    expect(rulesOf('system:basic-user')).toEqual([])
  })

  it('answers by other modes too', () => {
    expect(said(ready({ authorizationModes: ['AlwaysAllow'] }), 'GET', '/api/v1/secrets', BOB)).toBe('ok')
    expect(said(ready({ authorizationModes: ['AlwaysDeny'] }), 'GET', '/api/v1/secrets', BOB)).toBe(
      'secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" at the cluster scope: Everything is forbidden.',
    )
  })
})

describe('escalation', () => {
  it('lets nobody give away what they do not have', () => {
    const api = ready()
    bind(api, 'b', 'admin', 'bob')
    const role = { metadata: { name: 'r' }, rules: [{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get'] }] }
    expect(said(api, 'POST', `${RBAC}/namespaces/default/roles`, BOB, role)).toBe(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "bob" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}',
    )
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'nope' }
    expect(
      said(api, 'POST', `${RBAC}/namespaces/default/rolebindings`, BOB, { metadata: { name: 'x' }, roleRef }),
    ).toBe('role.rbac.authorization.k8s.io "nope" not found')
  })

  it('needs all rights for an aggregation rule', () => {
    const api = ready()
    api.ok('POST', `${RBAC}/clusterroles`, {
      metadata: { name: 'maker' },
      rules: [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['create'] }],
    })
    api.ok('POST', `${RBAC}/clusterrolebindings`, {
      metadata: { name: 'm' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'maker' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }],
    })
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }
    expect(
      said(api, 'POST', `${RBAC}/clusterroles`, BOB, { metadata: { name: 'x' }, aggregationRule, rules: [] }),
    ).toBe(
      'clusterroles.rbac.authorization.k8s.io "x" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    )
  })
})

describe('impersonation', () => {
  const as = (headers: Record<string, string>, from: object = BOB): object => ({ ...from, headers })

  it('asks for each name that is put on', () => {
    const api = ready()
    expect(said(api, 'GET', '/api/v1/pods', as({ 'impersonate-user': 'eve' }))).toBe(
      'users "eve" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
    )
    api.ok('POST', `${RBAC}/clusterroles`, {
      metadata: { name: 'actor' },
      rules: [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'] }],
    })
    api.ok('POST', `${RBAC}/clusterrolebindings`, {
      metadata: { name: 'actor' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'actor' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }],
    })
    expect(said(api, 'GET', '/api/v1/pods', as({ 'impersonate-user': 'eve' }))).toContain('User "eve" cannot list')
    expect(said(api, 'GET', '/api/v1/pods', as({ 'impersonate-user': 'eve', 'impersonate-group': 'g' }))).toBe(
      'groups "g" is forbidden: User "bob" cannot impersonate resource "groups" in API group "" at the cluster scope',
    )
    expect(said(api, 'GET', '/api/v1/pods', as({ 'impersonate-user': 'system:serviceaccount:default:x' }))).toBe(
      'serviceaccounts "x" is forbidden: User "bob" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "default"',
    )
  })
})

describe('reviews', () => {
  const AUTH = '/apis/authorization.k8s.io/v1'

  it('tell who may and why', () => {
    const api = ready()
    bind(api, 'b', 'view', 'bob')
    const ask = (resourceAttributes: object): unknown =>
      api.ok('POST', `${AUTH}/subjectaccessreviews`, { spec: { user: 'bob', resourceAttributes } }).status
    expect(ask({ verb: 'list', resource: 'pods', namespace: 'default' })).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/default" of ClusterRole "view" to User "bob"',
    })
    expect(ask({ verb: 'list', resource: 'pods' })).toEqual({ allowed: false })
    const node = { user: 'system:node:n1', groups: ['system:nodes'] }
    const fieldSelector = { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n1'] }] }
    const asked = { verb: 'list', resource: 'pods', fieldSelector }
    expect(
      api.ok('POST', `${AUTH}/subjectaccessreviews`, { spec: { ...node, resourceAttributes: asked } }).status,
    ).toEqual({ allowed: true })
  })

  it('want one question, and somebody to ask for', () => {
    const api = ready()
    expect(said(api, 'POST', `${AUTH}/subjectaccessreviews`, {}, { spec: {} })).toBe(
      'SubjectAccessReview.authorization.k8s.io "" is invalid: [spec.resourceAttributes: Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: "": at least one of user or group must be specified]',
    )
    expect(said(api, 'POST', `${AUTH}/selfsubjectrulesreviews`, {}, { spec: {} })).toBe('no namespace on request')
  })

  it('cannot list all that a node may', () => {
    const { status } = ready().ok('POST', `${AUTH}/selfsubjectrulesreviews`, { spec: { namespace: 'default' } }, N1)
    expect(status).toMatchObject({
      incomplete: true,
      evaluationError: 'node authorizer does not support user rule resolution',
    })
  })
})
