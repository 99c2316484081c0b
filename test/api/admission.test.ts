/** The admission chain and its plugins: texts and effects (R7, R8, R10, R11, T2, T6, T10). */
import { describe, expect, it } from 'vitest'
import { pluginProblems } from '../../engine/api/pipeline/admission/plugins.ts'
import { apiFlagsOf, readFlags } from '../../engine/cluster/flags/index.ts'
import { startApi } from '../harness/api.ts'
import type { Api, Body } from '../harness/api.ts'
import { commandOf, flagHost } from '../cluster/flag-host.ts'

const PODS = '/api/v1/namespaces/default/pods'
const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims'
const KUBELET = { commonName: 'system:node:n1', organizations: ['system:nodes'] }

interface Container {
  name: string
  image: string
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
}

const container = (resources: Container['resources'] = {}, name = 'c'): Container => ({
  name,
  image: 'nginx',
  resources,
})

const pod = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [container()], ...spec },
})

/** An API server whose default namespace has its service account. */
function ready(flags: NonNullable<Parameters<typeof startApi>[0]>['flags'] = {}, release = '1.35'): Api {
  const api = startApi({ flags, release })
  api.run(5_000)
  return api
}

const messageOf = (api: Api, method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, options = {}): string => {
  const { code, body: answer } = api.request(method, path, body, options)
  return code < 300 ? 'ok' : (answer as Body).message
}

const limitRange = (limits: object[]): object => ({ metadata: { name: 'lr' }, spec: { limits } })

describe('LimitRanger (R8)', () => {
  it('fills in defaults and says so', () => {
    const api = ready()
    api.ok(
      'POST',
      '/api/v1/namespaces/default/limitranges',
      limitRange([{ type: 'Container', default: { cpu: '100m', memory: '64Mi' }, defaultRequest: { cpu: '50m' } }]),
    )
    const made = api.ok('POST', PODS, pod('a', { initContainers: [container({}, 'i')] }))
    expect(made.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c; cpu, memory request for init container i; cpu, memory limit for init container i',
    })
    expect((made.spec.containers as unknown as Container[])[0]?.resources).toEqual({
      limits: { cpu: '100m', memory: '64Mi' },
      requests: { cpu: '50m', memory: '64Mi' },
    })
  })

  const bounds = [
    [
      'Container',
      { max: { cpu: '1' } },
      { limits: { cpu: '2' } },
      'maximum cpu usage per Container is 1, but limit is 2',
    ],
    [
      'Container',
      { min: { memory: '64Mi' }, defaultRequest: {} },
      { requests: { memory: '32Mi' } },
      'minimum memory usage per Container is 64Mi, but request is 32Mi',
    ],
    ['Pod', { max: { memory: '1Gi' } }, {}, 'maximum memory usage per Pod is 1Gi.  No limit is specified'],
    ['Pod', { min: { cpu: '100m' } }, {}, 'minimum cpu usage per Pod is 100m.  No request is specified'],
    [
      'Container',
      { maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '500m' }, limits: { cpu: '2' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    ],
    [
      'Container',
      { maxLimitRequestRatio: { cpu: '2' } },
      { limits: { memory: '1Gi' } },
      'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0',
    ],
    [
      'Pod',
      { max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '100m' }, limits: { cpu: '2' } },
      '[maximum cpu usage per Pod is 1, but limit is 2, cpu max limit to request ratio per Pod is 2, but provided ratio is 20.000000]',
    ],
  ] as const

  it.each(bounds)('%s %j refuses %j', (type, limit, resources, text) => {
    const api = ready()
    api.ok('POST', '/api/v1/namespaces/default/limitranges', limitRange([{ type, ...limit }]))
    expect(messageOf(api, 'POST', PODS, pod('x', { containers: [container(resources)] }))).toBe(
      `pods "x" is forbidden: ${text}`,
    )
  })

  it('bounds the storage of claims', () => {
    const api = ready()
    api.ok(
      'POST',
      '/api/v1/namespaces/default/limitranges',
      limitRange([{ type: 'PersistentVolumeClaim', max: { storage: '2Gi' }, min: { storage: '1Gi' } }]),
    )
    const claim = (storage: string): object => ({
      metadata: { name: 'x' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    })
    expect(messageOf(api, 'POST', CLAIMS, claim('5Gi'))).toBe(
      'persistentvolumeclaims "x" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi',
    )
    expect(messageOf(api, 'POST', CLAIMS, claim('1Mi'))).toBe(
      'persistentvolumeclaims "x" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi',
    )
  })
})

const QUOTAS = '/api/v1/namespaces/default/resourcequotas'

/** A quota whose status has been worked out. */
function quota(api: Api, name: string, hard: Record<string, string>, spec: object = {}): void {
  const made = api.ok('POST', QUOTAS, { metadata: { name }, spec: { hard, ...spec } })
  const used = Object.fromEntries(Object.keys(hard).map((key) => [key, '0']))
  api.ok('PUT', `${QUOTAS}/${name}/status`, { ...made, status: { hard, used } })
}

const usedOf = (api: Api, name: string): unknown =>
  (api.ok('GET', `${QUOTAS}/${name}`).status as { used?: unknown }).used

describe('ResourceQuota (R7)', () => {
  it('charges what is made in the same write, and refuses what is too much', () => {
    const api = ready()
    quota(api, 'q', { pods: '1', 'requests.cpu': '500m' })
    expect(messageOf(api, 'POST', PODS, pod('a'))).toBe(
      'pods "a" is forbidden: failed quota: q: must specify requests.cpu for: c',
    )
    api.ok('POST', PODS, pod('a', { containers: [container({ requests: { cpu: '400m' } })] }))
    expect(usedOf(api, 'q')).toEqual({ pods: '1', 'requests.cpu': '400m' })
    expect(messageOf(api, 'POST', PODS, pod('b', { containers: [container({ requests: { cpu: '200m' } })] }))).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=200m, used: pods=1,requests.cpu=400m, limited: pods=1,requests.cpu=500m',
    )
    expect(usedOf(api, 'q')).toEqual({ pods: '1', 'requests.cpu': '400m' })
  })

  it('does not charge for a dry run, nor for a quota that is not worked out yet', () => {
    const api = ready()
    api.ok('POST', QUOTAS, { metadata: { name: 'new' }, spec: { hard: { pods: '0' } } })
    quota(api, 'q', { pods: '5' })
    api.ok('POST', `${PODS}?dryRun=All`, pod('a'))
    expect(usedOf(api, 'q')).toEqual({ pods: '0' })
  })

  it('counts services, their ports, and any kind by its name', () => {
    const api = ready()
    quota(api, 'q', { services: '5', 'services.nodeports': '2', 'count/deployments.apps': '0' })
    const service = (name: string, type: string): object => ({
      metadata: { name },
      spec: { type, ports: [{ port: 80 }] },
    })
    const path = '/api/v1/namespaces/default/services'
    const made = api.ok('POST', path, service('a', 'ClusterIP'))
    api.ok('POST', path, service('b', 'LoadBalancer'))
    expect(usedOf(api, 'q')).toMatchObject({ services: '2', 'services.nodeports': '1' })
    api.ok('PUT', `${path}/a`, { ...made, spec: { ...made.spec, type: 'NodePort' } })
    expect(usedOf(api, 'q')).toMatchObject({ services: '2', 'services.nodeports': '2' })
    expect(messageOf(api, 'POST', path, service('c', 'NodePort'))).toContain(
      'requested: services.nodeports=1, used: services.nodeports=2',
    )
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container()] } }
    const deployment = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } }
    expect(messageOf(api, 'POST', '/apis/apps/v1/namespaces/default/deployments', deployment)).toBe(
      'deployments.apps "d" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0',
    )
  })

  it('looks at the pods of its scopes only', () => {
    const api = ready()
    quota(api, 'q', { pods: '0' }, { scopes: ['BestEffort'] })
    quota(
      api,
      'p',
      { pods: '0' },
      {
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }],
        },
      },
    )
    api.ok('POST', PODS, pod('a', { containers: [container({ requests: { cpu: '1' } })] }))
    expect(messageOf(api, 'POST', PODS, pod('b'))).toContain('exceeded quota: q')
    const critical = { priorityClassName: 'system-node-critical', containers: [container({ requests: { cpu: '1' } })] }
    expect(messageOf(api, 'POST', PODS, pod('c', critical))).toContain('exceeded quota: p')
  })

  it('refuses what the configuration limits where no quota covers it', () => {
    const limitedResources = [{ resource: 'pods', matchContains: ['requests.cpu'] }]
    const api = ready({ admissionConfig: { ResourceQuota: { limitedResources } } })
    expect(messageOf(api, 'POST', PODS, pod('a', { containers: [container({ requests: { cpu: '1' } })] }))).toBe(
      'pods "a" is forbidden: insufficient quota to consume: requests.cpu',
    )
  })

  const wrong: [object, string][] = [
    [{ hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] }, 'conflicting scopes'],
    [{ hard: { 'requests.cpu': '1' }, scopes: ['BestEffort'] }, 'unsupported scope applied to resource'],
  ]
  it.each(wrong)('%j is invalid', (spec, text) => {
    expect(messageOf(ready(), 'POST', QUOTAS, { metadata: { name: 'q' }, spec })).toContain(text)
  })
})

describe('PodSecurity (T6)', () => {
  const restricted = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        ...container(),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  }

  function labelled(labels: Record<string, string>, api = ready()): Api {
    const namespace = api.ok('GET', '/api/v1/namespaces/default')
    api.ok('PUT', '/api/v1/namespaces/default', { ...namespace, metadata: { ...namespace.metadata, labels } })
    return api
  }

  const enforce = (level: string, version?: string): Record<string, string> => ({
    'pod-security.kubernetes.io/enforce': level,
    ...(version !== undefined && { 'pod-security.kubernetes.io/enforce-version': version }),
  })

  it('lets a careful pod pass', () => {
    expect(messageOf(labelled(enforce('restricted')), 'POST', PODS, pod('a', restricted))).toBe('ok')
  })

  const of = (changes: object): object => ({ containers: [{ ...container(), ...changes }] })
  const baseline: [string, object, string][] = [
    [
      'privileged',
      of({ securityContext: { privileged: true } }),
      'privileged (container "c" must not set securityContext.privileged=true)',
    ],
    ['host namespaces', { hostNetwork: true, hostPID: true }, 'host namespaces (hostNetwork=true, hostPID=true)'],
    ['hostPath', { volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [
      'host ports',
      of({
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 81 },
        ],
      }),
      'hostPort (container "c" uses hostPorts 80, 81)',
    ],
    [
      'capabilities',
      of({ securityContext: { capabilities: { add: ['NET_ADMIN', 'CHOWN'] } } }),
      'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'seccomp',
      of({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
      'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'SELinux',
      { securityContext: { seLinuxOptions: { type: 'x', user: 'u' } } },
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "x"; user may not be set)',
    ],
    [
      'AppArmor',
      of({ securityContext: { appArmorProfile: { type: 'Unconfined' } } }),
      'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'sysctls',
      { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'probe hosts',
      of({ livenessProbe: { httpGet: { host: '10.0.0.1', port: 80 } } }),
      'probe or lifecycle host (container "c" uses probe or lifecycle host "10.0.0.1")',
    ],
  ]
  it.each(baseline)('baseline: %s', (_what, spec, text) => {
    expect(messageOf(labelled(enforce('baseline')), 'POST', PODS, pod('x', spec))).toBe(
      `pods "x" is forbidden: violates PodSecurity "baseline:latest": ${text}`,
    )
  })

  it('tells all that restricted wants, in order', () => {
    const spec = {
      containers: [container({}, 'a'), container({}, 'b')],
      volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }],
    }
    expect(messageOf(labelled(enforce('restricted')), 'POST', PODS, pod('x', spec))).toBe(
      'pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), restricted volume types (volume "v" uses restricted volume type "nfs"), runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    )
  })

  it('follows the version of the label', () => {
    const api = labelled(enforce('restricted', 'v1.18'))
    expect(messageOf(api, 'POST', PODS, pod('x'))).toBe(
      'pods "x" is forbidden: violates PodSecurity "restricted:v1.18": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
    )
  })

  it('warns of templates, and of nothing with enforce alone', () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container()], hostNetwork: true } }
    const deployment = (name: string): object => ({
      metadata: { name },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    })
    const path = '/apis/apps/v1/namespaces/default/deployments'
    expect(labelled(enforce('baseline')).request('POST', path, deployment('a')).headers.warning).toBeUndefined()
    const api = labelled({ 'pod-security.kubernetes.io/warn': 'baseline' })
    expect(api.request('POST', path, deployment('a')).headers.warning).toBe(
      String.raw`299 - "would violate PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)"`,
    )
    expect(api.request('POST', PODS, pod('p', { hostNetwork: true })).code).toBe(201)
  })

  it('warns of pods that a new level would not let in', () => {
    const api = ready()
    for (const name of ['a', 'b', 'c']) api.ok('POST', PODS, pod(name, { hostNetwork: true }))
    const namespace = api.ok('GET', '/api/v1/namespaces/default')
    const labels = enforce('baseline')
    const answer = api.request('PUT', '/api/v1/namespaces/default', {
      ...namespace,
      metadata: { ...namespace.metadata, labels },
    })
    expect(answer.headers.warning).toBe(
      String.raw`299 - "existing pods in namespace \"default\" violate the new PodSecurity enforce level \"baseline:latest\"", 299 - "a (and 2 other pods): host namespaces"`,
    )
  })

  it('refuses labels that it does not know', () => {
    const api = ready()
    expect(
      messageOf(api, 'POST', '/api/v1/namespaces', { metadata: { name: 'x', labels: enforce('strict', '1.2') } }),
    ).toBe(
      'Namespace "x" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "1.2": must be "latest" or "v1.x"]',
    )
  })

  it('holds by default what the configuration says, but for what it exempts', () => {
    const PodSecurity = { defaults: { enforce: 'baseline' }, exemptions: { namespaces: ['kube-system'] } }
    const api = ready({ admissionConfig: { PodSecurity } })
    expect(messageOf(api, 'POST', PODS, pod('x', { hostPID: true }))).toContain(
      'violates PodSecurity "baseline:latest"',
    )
    api.ok('POST', '/api/v1/namespaces/kube-system/serviceaccounts', { metadata: { name: 'default' } })
    expect(messageOf(api, 'POST', '/api/v1/namespaces/kube-system/pods', pod('x', { hostPID: true }))).toBe('ok')
  })
})

describe('NamespaceLifecycle (R10)', () => {
  it('keeps what the cluster cannot live without', () => {
    const api = ready()
    for (const name of ['default', 'kube-system', 'kube-public'])
      expect(messageOf(api, 'DELETE', `/api/v1/namespaces/${name}`)).toBe(
        `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      )
  })

  it('lets nothing new into a namespace that goes, evictions and bindings neither', () => {
    const api = ready()
    api.ok('POST', PODS, pod('a'))
    api.ok('POST', '/api/v1/namespaces', { metadata: { name: 'x' } })
    api.ok('POST', '/api/v1/namespaces/x/configmaps', { metadata: { name: 'kept' } })
    api.ok('DELETE', '/api/v1/namespaces/x')
    const text = 'unable to create new content in namespace x because it is being terminated'
    const { body } = api.request('POST', '/api/v1/namespaces/x/configmaps', { metadata: { name: 'a' } })
    expect(body).toMatchObject({
      message: `configmaps "a" is forbidden: ${text}`,
      details: {
        causes: [
          { reason: 'NamespaceTerminating', message: 'namespace x is being terminated', field: 'metadata.namespace' },
        ],
      },
    })
    expect(messageOf(api, 'POST', '/api/v1/namespaces/x/pods/p/eviction', { metadata: { name: 'p' } })).toContain(text)
    expect(
      messageOf(api, 'PUT', '/api/v1/namespaces/x/configmaps/kept', { metadata: { name: 'kept' }, data: { a: 'b' } }),
    ).toBe('ok')
  })
})

describe('NodeRestriction', () => {
  const kubelet = { certificate: KUBELET }

  function withNode(): Api {
    const api = ready({ enablePlugins: ['NodeRestriction'] })
    api.ok('POST', '/api/v1/nodes', { metadata: { name: 'n1', labels: { a: 'b' } } }, kubelet)
    return api
  }

  it('lets a kubelet register and report, itself only', () => {
    const api = withNode()
    expect(messageOf(api, 'POST', '/api/v1/nodes', { metadata: { name: 'n2' } }, kubelet)).toBe(
      'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
    )
    const labels = {
      'node-role.kubernetes.io/x': '',
      'node-restriction.kubernetes.io/y': '',
      'node.kubernetes.io/z': '',
    }
    const node = api.ok('GET', '/api/v1/nodes/n1')
    expect(
      messageOf(api, 'PUT', '/api/v1/nodes/n1', { ...node, metadata: { ...node.metadata, labels } }, kubelet),
    ).toBe(
      'nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/y, node-role.kubernetes.io/x',
    )
    const spec = { taints: [{ key: 'a', effect: 'NoSchedule' }] }
    expect(messageOf(api, 'PUT', '/api/v1/nodes/n1', { ...node, spec }, kubelet)).toBe(
      'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
    )
    expect(messageOf(api, 'PUT', '/api/v1/nodes/n1/status', { ...node, status: { phase: 'x' } }, kubelet)).toBe('ok')
  })

  it('lets it make mirror pods only', () => {
    const api = withNode()
    const mirror = (changes: object, metadata: object = {}): object =>
      pod('m', { nodeName: 'n1', ...changes }, { annotations: { 'kubernetes.io/config.mirror': 'x' }, ...metadata })
    const uid = api.ok('GET', '/api/v1/nodes/n1').metadata.uid
    const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid, controller: true }
    const texts: [object, string][] = [
      [
        pod('m', { nodeName: 'n1' }),
        'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
      ],
      [mirror({ nodeName: 'n2' }), 'node "n1" can only create pods with spec.nodeName set to itself'],
      [mirror({}), 'node "n1" can only create pods with an owner reference set to itself'],
      [
        mirror({}, { ownerReferences: [{ ...owner, uid: 'other' }] }),
        `node n1 UID mismatch: expected other got ${uid}`,
      ],
      [
        mirror({ serviceAccountName: 'default' }, { ownerReferences: [owner] }),
        'a mirror pod may not reference service accounts',
      ],
    ]
    for (const [body, text] of texts)
      expect(messageOf(api, 'POST', PODS, body, kubelet)).toBe(`pods "m" is forbidden: ${text}`)
    expect(messageOf(api, 'POST', PODS, mirror({}, { ownerReferences: [owner] }), kubelet)).toBe('ok')
  })

  it('gives tokens for its own pods only', () => {
    const api = withNode()
    api.ok('POST', PODS, pod('a', { nodeName: 'n1' }))
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
    expect(messageOf(api, 'POST', path, { spec: {} }, kubelet)).toContain('node requested token not bound to a pod')
  })
})

describe('plugins that are off by default', () => {
  it('AlwaysPullImages', () => {
    const api = ready({ enablePlugins: ['AlwaysPullImages'] })
    const { spec } = api.ok('POST', PODS, pod('a', { containers: [{ ...container(), imagePullPolicy: 'Never' }] }))
    expect((spec.containers as unknown as { imagePullPolicy: string }[])[0]?.imagePullPolicy).toBe('Always')
  })

  it('ExtendedResourceToleration', () => {
    const api = ready({ enablePlugins: ['ExtendedResourceToleration'] })
    const gpu = container({ requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '1' } })
    const { spec } = api.ok('POST', PODS, pod('a', { containers: [gpu] }))
    expect(spec.tolerations as unknown as object[]).toContainEqual({ key: 'nvidia.com/gpu', operator: 'Exists' })
  })

  it('PodNodeSelector', () => {
    const api = ready({ enablePlugins: ['PodNodeSelector'] })
    const namespace = api.ok('GET', '/api/v1/namespaces/default')
    const annotations = { 'scheduler.alpha.kubernetes.io/node-selector': 'env=test' }
    api.ok('PUT', '/api/v1/namespaces/default', { ...namespace, metadata: { ...namespace.metadata, annotations } })
    expect(api.ok('POST', PODS, pod('a', { nodeSelector: { a: 'b' } })).spec.nodeSelector).toEqual({
      env: 'test',
      a: 'b',
    })
    expect(messageOf(api, 'POST', PODS, pod('b', { nodeSelector: { env: 'live' } }))).toBe(
      'pods "b" is forbidden: pod node label selector conflicts with its namespace node label selector',
    )
  })

  it('DenyServiceExternalIPs', () => {
    const api = ready({ enablePlugins: ['DenyServiceExternalIPs'] })
    const service = { metadata: { name: 's' }, spec: { ports: [{ port: 80 }], externalIPs: ['1.2.3.4'] } }
    expect(messageOf(api, 'POST', '/api/v1/namespaces/default/services', service)).toBe(
      'services "s" is forbidden: Use of external IPs is denied by admission control.',
    )
  })

  it('AlwaysDeny', () => {
    const api = startApi()
    api.run(5_000)
    api.server.stop()
    api.server.start({ flags: { enablePlugins: ['AlwaysDeny'] } })
    api.run(5_000)
    expect(messageOf(api, 'DELETE', '/api/v1/namespaces/kube-node-lease')).toContain(
      'admission control is denying all modifications',
    )
  })
})

describe('smaller plugins', () => {
  it('RuntimeClass brings overhead and where to run', () => {
    const api = ready()
    api.ok('POST', '/apis/node.k8s.io/v1/runtimeclasses', {
      metadata: { name: 'gvisor' },
      handler: 'runsc',
      overhead: { podFixed: { cpu: '250m' } },
      scheduling: { nodeSelector: { gvisor: 'yes' } },
    })
    expect(api.ok('POST', PODS, pod('a', { runtimeClassName: 'gvisor' })).spec).toMatchObject({
      overhead: { cpu: '250m' },
      nodeSelector: { gvisor: 'yes' },
    })
    expect(messageOf(api, 'POST', PODS, pod('b', { runtimeClassName: 'kata' }))).toBe(
      'pods "b" is forbidden: pod rejected: RuntimeClass "kata" not found',
    )
  })

  it('DefaultIngressClass fills in the newest default (T2)', () => {
    const api = ready()
    const ingress = (name: string): object => ({
      metadata: { name },
      spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    })
    const path = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
    expect(api.ok('POST', path, ingress('a')).spec.ingressClassName).toBeUndefined()
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' }
    api.ok('POST', '/apis/networking.k8s.io/v1/ingressclasses', {
      metadata: { name: 'nginx', annotations },
      spec: { controller: 'k8s.io/ingress-nginx' },
    })
    expect(api.ok('POST', path, ingress('b')).spec.ingressClassName).toBe('nginx')
  })

  it('Priority keeps one default class and computes the value', () => {
    const api = ready()
    const path = '/apis/scheduling.k8s.io/v1/priorityclasses'
    api.ok('POST', path, { metadata: { name: 'one' }, value: 10, globalDefault: true })
    expect(messageOf(api, 'POST', path, { metadata: { name: 'two' }, value: 20, globalDefault: true })).toBe(
      'priorityclasses.scheduling.k8s.io "two" is forbidden: PriorityClass one is already marked as default. Only one default can exist',
    )
    expect(api.ok('POST', PODS, pod('a')).spec).toMatchObject({ priority: 10, priorityClassName: 'one' })
    expect(messageOf(api, 'POST', PODS, pod('b', { priority: 5 }))).toContain(
      'the integer value of priority (5) must not be provided in pod spec',
    )
  })

  it('PodTopologyLabels tells a bound pod where it stands (R11)', () => {
    const api = ready()
    api.ok('POST', '/api/v1/nodes', { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } } })
    api.ok('POST', PODS, pod('a'))
    api.ok('POST', `${PODS}/a/binding`, { metadata: { name: 'a' }, target: { kind: 'Node', name: 'n1' } })
    expect(api.ok('GET', `${PODS}/a`).metadata.labels).toEqual({ 'topology.kubernetes.io/zone': 'z1' })
  })

  it('ServiceAccount holds pods to the secrets of their account', () => {
    const api = ready()
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' }
    api.ok('POST', '/api/v1/namespaces/default/serviceaccounts', {
      metadata: { name: 'strict', annotations },
      secrets: [{ name: 'own' }],
    })
    const mounting = (secretName: string): object => ({
      serviceAccountName: 'strict',
      volumes: [{ name: 'v', secret: { secretName } }],
    })
    expect(messageOf(api, 'POST', PODS, pod('a', mounting('own')))).toBe('ok')
    expect(messageOf(api, 'POST', PODS, pod('b', mounting('other')))).toBe(
      'pods "b" is forbidden: volume with secret.secretName="other" is not allowed because service account strict does not reference that secret',
    )
    expect(messageOf(api, 'POST', PODS, pod('c', { serviceAccountName: 'nope' }))).toBe(
      'pods "c" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found',
    )
  })

  it('DefaultTolerationSeconds follows its flags', () => {
    const api = ready({ notReadyTolerationSeconds: 10, unreachableTolerationSeconds: 20 })
    const { spec } = api.ok('POST', PODS, pod('a'))
    expect(
      (spec.tolerations as unknown as { tolerationSeconds: number }[]).map((one) => one.tolerationSeconds),
    ).toEqual([10, 20])
  })
})

describe('flags of the API server', () => {
  it('names plugins that it does not know, and those that are not simulated', () => {
    expect(pluginProblems(35, ['Foo'], ['Bar'])).toEqual([
      'enable-admission-plugins plugin "Foo" is unknown',
      'disable-admission-plugins plugin "Bar" is unknown',
    ])
    expect(pluginProblems(35, ['EventRateLimit'], [])).toEqual(['not simulated: admission plugin EventRateLimit'])
    expect(pluginProblems(35, ['PodSecurityPolicy'], [])).toEqual([
      'enable-admission-plugins plugin "PodSecurityPolicy" is unknown',
    ])
    expect(pluginProblems(35, ['LimitRanger'], ['LimitRanger'])[0]).toBe(
      '[LimitRanger] in enable-admission-plugins and disable-admission-plugins overlapped',
    )
  })

  it('reads modes and the configuration file', () => {
    const files: Record<string, string> = {
      '/etc/a/config.yaml':
        'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: PodSecurity\n  configuration: {defaults: {enforce: baseline}}\n- name: ResourceQuota\n  path: quota.yaml\n',
      '/etc/a/quota.yaml': 'limitedResources: []\n',
    }
    const read = (flags: Record<string, string>) =>
      readFlags('kube-apiserver', commandOf('kube-apiserver', flags), '1.35.3', flagHost({ files }))
    const accepted = read({ 'authorization-mode': 'RBAC', 'admission-control-config-file': '/etc/a/config.yaml' })
    expect('settings' in accepted && apiFlagsOf(accepted.settings)).toMatchObject({
      authorizationModes: ['RBAC'],
      admissionConfig: { PodSecurity: { defaults: { enforce: 'baseline' } }, ResourceQuota: { limitedResources: [] } },
    })
    expect(read({ 'authorization-mode': 'Nope' })).toMatchObject({
      refused: expect.stringContaining('err="authorization-mode \\"Nope\\" is not a valid mode"') as string,
    })
  })

  it('takes plugins out', () => {
    const api = ready({ disablePlugins: ['NamespaceLifecycle'] })
    expect(messageOf(api, 'DELETE', '/api/v1/namespaces/kube-public')).toBe('ok')
  })
})
