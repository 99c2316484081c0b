/** What a person sees at a glance: nodes, their pods, the control plane. Read from an API server's cache. */
import { summarizePod } from '../objects/columns/index.ts'
import { componentVersions } from '../objects/component-versions.ts'
import { conditionOf, isPodReady, ownerOf } from '../objects/meta.ts'
import type { Node, Pod } from '../objects/types.gen.ts'
import { unsupportedSkew } from '../versions/skew.ts'
import type { SkewFinding } from '../versions/skew.ts'
import type { Cluster } from '../cluster.ts'

export interface PicturedPod {
  namespace: string
  name: string
  uid: string
  phase: string
  /** As kubectl's STATUS column says it. */
  status: string
  ready: boolean
  restarts: number
  /** `ReplicaSet/web-7bd4f58d84`, or ''. */
  owner: string
}

export interface PicturedNode {
  name: string
  role: 'control-plane' | 'worker'
  host: 'up' | 'down'
  /** The node's own word, as the API has it. */
  ready: boolean
  schedulable: boolean
  /** Of its kubelet, as kubectl's VERSION column says it. */
  version: string
  pods: PicturedPod[]
}

export interface ClusterPicture {
  nowMs: number
  clockMs: number
  nodes: PicturedNode[]
  /** Pods without a node. */
  unscheduled: PicturedPod[]
  controlPlane: { component: string; host: string; healthy: boolean }[]
  /** Components that are outside the version skew policy (A1). */
  skew: SkewFinding[]
}

/** The nodes with their pods, of the whole picture. */
export function pictureNodes(cluster: Cluster): PicturedNode[] {
  const { plan, fabric } = cluster
  const pods = objectsOf<Pod>(cluster, 'pods')
  const nodes = new Map(objectsOf<Node>(cluster, 'minions').map((node) => [node.metadata.name, node]))
  const on = (name: string): PicturedPod[] =>
    pods.filter((pod) => pod.spec?.nodeName === name).map((pod) => picturePod(pod, plan.minor))
  return plan.machines
    .filter(({ name }) => nodes.has(name))
    .map(({ name, role }) =>
      pictureNode(
        nodes.get(name) as Node,
        role === 'control-plane' || isControlPlane(nodes.get(name)),
        fabric.isUp(name),
        on(name),
      ),
    )
}

export function makePicture(cluster: Cluster): ClusterPicture {
  const { kernel, plan } = cluster
  const pods = objectsOf<Pod>(cluster, 'pods')
  const nodes = new Map(objectsOf<Node>(cluster, 'minions').map((node) => [node.metadata.name, node]))
  return {
    nowMs: kernel.now,
    clockMs: kernel.clockMs,
    nodes: pictureNodes(cluster),
    unscheduled: pods.filter((pod) => (pod.spec?.nodeName ?? '') === '').map((pod) => picturePod(pod, plan.minor)),
    controlPlane: [
      ...plan.controlPlanes,
      ...plan.machines.filter(({ name, role }) => role === 'bare' && isControlPlane(nodes.get(name))),
    ].flatMap(({ name }) => [
      { component: 'etcd', host: name, healthy: cluster.etcd.get(name)?.running === true },
      { component: 'kube-apiserver', host: name, healthy: cluster.apiServers.get(name)?.ready === true },
      { component: 'kube-controller-manager', host: name, healthy: cluster.isRunning(name, 'kube-controller-manager') },
      { component: 'kube-scheduler', host: name, healthy: cluster.isRunning(name, 'kube-scheduler') },
    ]),
    skew: unsupportedSkew(componentVersions([...nodes.values()], pods)),
  }
}

const isControlPlane = (node: Node | undefined): boolean =>
  node?.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined

/** As the cluster that was booted has it; further clusters of the run have no picture. */
function objectsOf<T>(cluster: Cluster, resource: 'pods' | 'minions'): T[] {
  const servers = cluster.plan.controlPlanes.flatMap(({ name }) => cluster.apiServers.get(name) ?? [])
  const server = servers.find(({ ready }) => ready) ?? servers[0]
  return [...(server?.cache.values(`/registry/${resource}/`) ?? [])] as T[]
}

function pictureNode(node: Node, isMaster: boolean, up: boolean, pods: PicturedPod[]): PicturedNode {
  return {
    name: node.metadata.name,
    role: isMaster ? 'control-plane' : 'worker',
    host: up ? 'up' : 'down',
    ready: conditionOf(node.status?.conditions, 'Ready')?.status === 'True',
    schedulable: node.spec?.unschedulable !== true,
    version: node.status?.nodeInfo?.kubeletVersion ?? '',
    pods,
  }
}

function picturePod(pod: Pod, minor: number): PicturedPod {
  const owner = ownerOf(pod)
  const { namespace = '', name, uid = '' } = pod.metadata
  const summary = summarizePod(pod, minor)
  const restarts = (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0)
  return {
    namespace,
    name,
    uid,
    phase: pod.status?.phase ?? 'Pending',
    status: summary.status,
    ready: isPodReady(pod),
    restarts,
    owner: owner === undefined ? '' : `${owner.kind}/${owner.name}`,
  }
}
