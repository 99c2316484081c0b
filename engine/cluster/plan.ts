/** The hosts of a cluster and its facts, made from what a user asks for. */
import type { HostName } from '../fabric/fabric.ts'
import { latestOf } from '../versions/releases.ts'

export interface ClusterOptions {
  seed: string
  /** The instant (ms since 1970) that virtual 0 stands for. */
  epochMs: number
  /** `1.35` */
  release: string
  controlPlanes: number
  workers: number
  name?: string
  /** The nodes by name, instead of `worker-1` to `worker-<workers>`. */
  nodes?: NodeOptions[]
  /** Machines with a container runtime, kubelet and kubeadm that have not joined: `kubeadm init` or `join` is for who flies. */
  bare?: NodeOptions[]
  /** false: the hosts of the control plane are no nodes; its processes start with their host, without a kubelet. */
  controlPlaneNodes?: false
  /** false: neither CoreDNS nor kube-proxy. */
  addons?: false
  /** `local-path`: rancher.io/local-path with a default StorageClass, as kind has it. kubeadm has no storage. */
  storage?: 'local-path'
  /** metrics-server with --kubelet-insecure-tls: `kubectl top` and autoscaling work. kubeadm brings none. */
  metricsServer?: boolean
  /**
   * `hollow`: the kubelets are real but run nothing, as kubemark's do: every image is there, containers never
   * end by themselves, pods say Ready at their first status and have no kubelet events.
   */
  kubelet?: 'hollow'
}

/** A node that is asked for by name. */
export interface NodeOptions {
  name: string
  labels?: Record<string, string>
  /** On top of the usual capacity of a worker: `{ cpu: '1', memory: '3840Mi' }`; all of it is allocatable then. */
  capacity?: Record<string, string>
}

export type HostRole = 'base' | 'control-plane' | 'worker' | 'bare' | 'balancer'

export interface PlannedHost {
  name: HostName
  role: HostRole
  ip: string
  labels?: Record<string, string>
  capacity?: Record<string, string>
}

export interface ClusterPlan {
  name: string
  /** `1.35.2` */
  version: string
  minor: number
  hosts: PlannedHost[]
  base: PlannedHost
  controlPlanes: PlannedHost[]
  workers: PlannedHost[]
  /** The hosts with a kubelet: control planes and workers. */
  nodes: PlannedHost[]
  /** The hosts that have a kubelet or may get one: nodes, and machines that have not joined. */
  machines: PlannedHost[]
  addons: boolean
  storage: 'local-path' | undefined
  metricsServer: boolean
  hollow: boolean
  /** What clients connect to: the only control plane, or the name of the load balancer before several. */
  endpoint: string
  dnsIp: string
  podPrefix: string
}

/** Of the load balancer, which the name `cluster-endpoint` leads to. */
export const BALANCER_IP = '172.30.1.100'
const LIMITS = { controlPlanes: [1, 3, 5], workers: 100 }

/** Throws with a text for the user when the options are out of range. */
export function planCluster(options: ClusterOptions): ClusterPlan {
  const { controlPlanes: masters, workers: count, release } = options
  if (!LIMITS.controlPlanes.includes(masters))
    throw new Error(`control planes: ${masters} is not one of ${LIMITS.controlPlanes.join(', ')}`)
  if (!Number.isInteger(count) || count < 0 || count > LIMITS.workers)
    throw new Error(`workers: ${count} is not a number from 0 to ${LIMITS.workers}`)
  const match = /^v?1\.(\d+)(?:\.(\d+))?$/.exec(release)
  if (match === null) throw new Error(`release: ${release} is not of the form 1.35`)
  const minor = Number(match[1])
  const base: PlannedHost = { name: 'base', role: 'base', ip: '172.30.1.200' }
  const controlPlanes = range(masters).map((i): PlannedHost => ({
    name: masters === 1 ? 'controlplane' : `controlplane-${i + 1}`,
    role: 'control-plane',
    ip: `172.30.1.${2 + i}`,
  }))
  const wanted = options.nodes ?? range(count).map((i): NodeOptions => ({ name: `worker-${i + 1}` }))
  const workers = wanted.map((node, i): PlannedHost => ({ ...node, role: 'worker', ip: `172.30.1.${11 + i}` }))
  const bare = (options.bare ?? []).map((node, i): PlannedHost => ({ ...node, role: 'bare', ip: `172.30.2.${11 + i}` }))
  const balancers: PlannedHost[] = masters === 1 ? [] : [{ name: 'lb', role: 'balancer', ip: BALANCER_IP }]
  const nodes = options.controlPlaneNodes === false ? workers : [...controlPlanes, ...workers]
  return {
    name: options.name ?? 'kubernetes',
    version: match[2] === undefined ? latestOf(minor) : `1.${minor}.${match[2]}`,
    minor,
    hosts: [base, ...balancers, ...controlPlanes, ...workers, ...bare],
    base,
    controlPlanes,
    workers,
    nodes,
    machines: [...nodes, ...bare],
    addons: options.addons !== false,
    storage: options.storage,
    metricsServer: options.metricsServer === true,
    hollow: options.kubelet === 'hollow',
    endpoint: masters === 1 ? 'controlplane' : 'cluster-endpoint',
    dnsIp: '10.96.0.10',
    podPrefix: '10.244',
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
