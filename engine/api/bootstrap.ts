/**
 * What an API server sees to by itself: the system namespaces, the system priority classes, the default
 * roles and bindings, and the `kubernetes` Service with its endpoints. Models pkg/controlplane/{instance.go,controller/systemnamespaces,
 * controller/kubernetesservice,reconcilers/lease.go} and scheduling rest storage hooks.
 */
import { HTTP } from '../fabric/http.ts'
import type { HttpRequest, HttpRequestData } from '../fabric/http.ts'
import type { EventId } from '../kernel/kernel.ts'
import { defaultRbac } from './bootstrap-rbac.ts'
import type { DefaultObject } from './bootstrap-rbac.ts'
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'
import { makeFlowDefaults, staleFlowSchemas } from './flow-control.ts'
import { reconciled } from './reconcile-rbac.ts'
import type { RbacObject } from './reconcile-rbac.ts'
import { missingConfigMaps } from './system-config-maps.ts'
import { cidrRange, makeIPv4, parseIPv4 } from './strategy/addresses.ts'

export interface BootstrapState {
  timerId?: EventId
  serial: number
  /** The default roles and bindings were all there once since the start. */
  hasRoles: boolean
}

const NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default']
const MASTER_LEASES = '/registry/masterleases/'
const LEASE_SECONDS = 15
const LEASE_BASE = 4_000_000_000_000
const PERIOD_MS = 10_000
const RETRY_MS = 1_000
const ME = { commonName: 'system:apiserver', organizations: ['system:masters'] }

const PRIORITY_CLASSES = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
]

export class Bootstrap {
  private timerId: EventId | undefined
  private serial = 0
  private hasRoles = false

  constructor(private readonly core: Core) {}

  /** Makes what is missing, and looks again after a while. */
  run(): void {
    this.core.kernel.cancel(this.timerId)
    const busy = this.reconcile()
    if (!busy) this.renewLease()
    this.timerId = this.core.kernel.send(
      { to: this.core.address, type: 'apiserver.bootstrap' },
      busy ? RETRY_MS : PERIOD_MS,
    )
  }

  /** Says in each FlowSchema's status whether its level is there. */
  tendFlowSchemas(): void {
    if (!this.hasRoles) return
    for (const schema of staleFlowSchemas(this.core)) {
      const [group, version] = (schema.apiVersion ?? '').split('/')
      this.send('PUT', `/apis/${group}/${version}/flowschemas/${schema.metadata.name}/status`, schema)
    }
  }

  /** Whether the default roles and bindings were all there once: before that nobody is told no. */
  get rolesMade(): boolean {
    return this.hasRoles
  }

  clear(): void {
    this.core.kernel.cancel(this.timerId)
    this.timerId = undefined
    this.hasRoles = false
  }

  dump(): BootstrapState {
    return { timerId: this.timerId, serial: this.serial, hasRoles: this.hasRoles }
  }

  load(state: BootstrapState): void {
    this.timerId = state.timerId
    this.serial = state.serial
    this.hasRoles = state.hasRoles
  }

  /** Whether something had to be made. */
  private reconcile(): boolean {
    const missing = [...this.missingNamespaces(), ...this.missingClasses(), ...this.missingRoles(false)]
    for (const { path, body } of missing) this.send('POST', path, body)
    if (missing.length > 0 || this.core.cache.get('/registry/namespaces/default') === undefined) return true
    if (this.missingRoles(false).length > 0) return true
    return this.reconcileRoles() || this.reconcileConfigMaps() || this.reconcileService() || makeFlowDefaults(this.core)
  }

  /** Roles are made at the start only: one that is deleted later stays away until the next. */
  private reconcileRoles(): boolean {
    if (this.hasRoles) return false
    const missing = this.missingRoles(true)
    for (const { path, body } of missing) this.send('POST', path, body)
    if (missing.length > 0) return true
    const changed = defaultRbac(this.core.minor).flatMap(({ key, path, body }) => {
      const next = reconciled(this.core.cache.get(key) as RbacObject, body as RbacObject)
      return next === undefined ? [] : [{ path: `${path}/${next.metadata.name}`, next }]
    })
    for (const { path, next } of changed) this.send('PUT', path, next)
    this.hasRoles = true
    this.core.releaseHeld()
    return false
  }

  /** Default roles and bindings that are not there; those in namespaces can only follow these. */
  private missingRoles(namespaced: boolean): DefaultObject[] {
    if (this.hasRoles) return []
    return defaultRbac(this.core.minor).filter(
      ({ key, path }) => path.includes('/namespaces/') === namespaced && this.core.cache.get(key) === undefined,
    )
  }

  private missingNamespaces(): { path: string; body: object }[] {
    return NAMESPACES.filter((name) => this.core.cache.get(`/registry/namespaces/${name}`) === undefined).map(
      (name) => ({ path: '/api/v1/namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } }),
    )
  }

  private missingClasses(): { path: string; body: object }[] {
    const version = this.core.storageEntry('scheduling.k8s.io', 'priorityclasses').version
    return PRIORITY_CLASSES.filter(
      ({ name }) => this.core.cache.get(`/registry/priorityclasses/${name}`) === undefined,
    ).map(({ name, value, description }) => ({
      path: `/apis/scheduling.k8s.io/${version}/priorityclasses`,
      body: {
        apiVersion: `scheduling.k8s.io/${version}`,
        kind: 'PriorityClass',
        metadata: { name },
        value,
        description,
        preemptionPolicy: 'PreemptLowerPriority',
      },
    }))
  }

  private reconcileConfigMaps(): boolean {
    const missing = missingConfigMaps(this.core)
    for (const { path, body } of missing) this.send('POST', path, body)
    return missing.length > 0
  }

  private reconcileService(): boolean {
    const clusterIP = makeIPv4(cidrRange(this.core.serviceCidr).base + 1)
    if (this.core.cache.get('/registry/services/specs/default/kubernetes') === undefined) {
      this.send('POST', '/api/v1/namespaces/default/services', kubernetesService(clusterIP))
      return true
    }
    // Endpoints hold addresses; a server known by its host's name alone has none to tell.
    return parseIPv4(this.core.advertiseAddress) === undefined ? false : this.reconcileEndpoints()
  }

  private reconcileEndpoints(): boolean {
    const endpoints = this.core.cache.get('/registry/services/endpoints/default/kubernetes') as
      EndpointsLike | undefined
    const slice = this.core.cache.get('/registry/endpointslices/default/kubernetes') as SliceLike | undefined
    const have = (endpoints?.subsets?.[0]?.addresses ?? []).map(({ ip }) => ip)
    const sliced = (slice?.endpoints ?? []).flatMap(({ addresses }) => addresses)
    const next = this.addresses()
    const [endpointsRight, sliceRight] = [
      sameSet(have, next) && endpoints !== undefined,
      sameSet(sliced, next) && slice !== undefined,
    ]
    if (!endpointsRight) this.store(endpoints, '/api/v1/namespaces/default/endpoints', kubernetesEndpoints(next))
    if (!sliceRight)
      this.store(slice, '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', kubernetesSlice(next))
    return !endpointsRight || !sliceRight
  }

  /** The addresses of all servers that hold a lease, and this one's. */
  private addresses(): string[] {
    const leased = this.core.cache.list(MASTER_LEASES, MASTER_LEASES) as EndpointsLike[]
    const found = leased.flatMap(({ subsets }) => (subsets?.[0]?.addresses ?? []).map(({ ip }) => ip))
    return [...new Set([...found, this.core.advertiseAddress])].sort()
  }

  /** Says in etcd, for 15 s, that this server lives. */
  private renewLease(): void {
    const { etcd, advertiseAddress, host } = this.core
    const id = LEASE_BASE + (hashOf(host) % 1000) * 10_000_000 + this.serial++
    etcd.send({ kind: 'leaseGrant', ttlSeconds: LEASE_SECONDS, id }, 'lease')
    const value = {
      kind: 'Endpoints',
      apiVersion: 'v1',
      metadata: { name: advertiseAddress, creationTimestamp: null },
      subsets: [{ addresses: [{ ip: advertiseAddress }] }],
    }
    etcd.send(
      {
        kind: 'txn',
        compare: [],
        success: [{ op: 'put', key: MASTER_LEASES + advertiseAddress, value, lease: id }],
        failure: [],
      },
      'lease',
    )
  }

  private store(current: KubeObject | undefined, path: string, body: KubeObject): void {
    if (current === undefined) this.send('POST', path, body)
    else this.send('PUT', `${path}/kubernetes`, { ...body, metadata: { ...current.metadata, ...body.metadata } })
  }

  /** A request of the server to itself, over the loopback. */
  private send(method: HttpRequest['method'], path: string, body: object): void {
    const { fabric, host, address } = this.core
    const id = `boot:${this.serial++}`
    const request: HttpRequest = {
      method,
      path,
      query: {},
      headers: { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' },
      body,
      certificate: ME,
    }
    const data: HttpRequestData = { id, from: host, request, replyTo: { host, address, tag: id } }
    fabric.send({ from: host, to: host, event: { to: address, type: HTTP.request, data } })
  }
}

function hashOf(text: string): number {
  let sum = 0
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0
  return sum
}

interface EndpointsLike extends KubeObject {
  subsets?: { addresses?: { ip: string }[] }[]
}

interface SliceLike extends KubeObject {
  endpoints?: { addresses: string[] }[]
}

const sameSet = (a: string[], b: string[]): boolean =>
  a.length === b.length && [...a].sort().every((one, index) => one === b[index])

const LABELS = { component: 'apiserver', provider: 'kubernetes' }

const kubernetesService = (clusterIP: string): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: LABELS },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      sessionAffinity: 'None',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
    },
  }) as KubeObject

const kubernetesEndpoints = (addresses: string[]): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] }],
  }) as KubeObject

const kubernetesSlice = (addresses: string[]): KubeObject =>
  ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
  }) as KubeObject
