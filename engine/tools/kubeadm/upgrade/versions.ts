/** What versions there are in a cluster. Models cmd/kubeadm/app/phases/upgrade/versiongetter.go (A5). */
import type { Run } from '../../../host/process.ts'
import type { ApiObject, Client, ListObject } from '../../kubectl/client.ts'
import { pathOf, TIMEOUT } from '../apply.ts'
import { goError, KubeadmError, wrapped } from '../errors.ts'
import type { ByVersion, ClusterState } from './compute.ts'

/** `v1.34.2`, of the API server that answers. */
export function* clusterVersion(client: Client): Run<string> {
  try {
    const { gitVersion } = yield* client.get<ApiObject & { gitVersion?: string }>('/version', TIMEOUT)
    return gitVersion ?? ''
  } catch (error) {
    throw wrapped("Couldn't fetch cluster version from the API Server", error)
  }
}

type Node = ApiObject & {
  status?: { nodeInfo?: { kubeletVersion?: string }; conditions?: { type: string; status: string }[] }
  spec?: { unschedulable?: boolean; taints?: { key: string; effect: string }[] }
}

export function* listNodes(client: Client, labelSelector?: string): Run<Node[]> {
  const query = { ...(labelSelector !== undefined && { labelSelector }), ...TIMEOUT }
  return (yield* client.get<ListObject>(pathOf('v1/nodes', undefined), query)).items as Node[]
}

export function* kubeletVersions(client: Client): Run<ByVersion> {
  let nodes: Node[]
  try {
    nodes = yield* listNodes(client)
  } catch (error) {
    throw wrapped("couldn't list all nodes in cluster", error)
  }
  return grouped(nodes.map(({ metadata, status }) => [status?.nodeInfo?.kubeletVersion ?? '', metadata?.name ?? '']))
}

function grouped(pairs: readonly (readonly [version: string, node: string])[]): ByVersion {
  const found: ByVersion = {}
  for (const [version, node] of pairs) found[version] = [...(found[version] ?? []), node]
  return found
}

type Pod = ApiObject & {
  spec?: { nodeName?: string; containers?: { name: string; image?: string }[] }
  status?: { phase?: string }
}

export function* componentPods(client: Client, labelSelector: string): Run<Pod[]> {
  const query = { labelSelector, ...TIMEOUT }
  return (yield* client.get<ListObject>(pathOf('v1/pods', 'kube-system'), query)).items as Pod[]
}

export const imageOf = ({ spec }: Pod): string => spec?.containers?.[0]?.image ?? ''
export const tagOf = (image: string): string => image.replace(/@.*$/, '').replace(/^.*:/, '')

/** Versions by the image tags of static pods. */
export function* componentVersions(client: Client, component: string): Run<ByVersion> {
  const pods = yield* componentPods(client, `component=${component},tier=control-plane`)
  return grouped(pods.map((pod) => [tagOf(imageOf(pod)), pod.spec?.nodeName ?? '']))
}

/** The tag of CoreDNS as its Deployment has it; empty without one. */
export function* dnsVersion(client: Client): Run<string> {
  const { items } = yield* client.get<ListObject>(pathOf('apps/v1/deployments', 'kube-system'), {
    labelSelector: 'k8s-app=kube-dns',
    ...TIMEOUT,
  })
  const template = (items[0]?.['spec'] as { template?: Pod } | undefined)?.template
  return template === undefined ? '' : tagOf(imageOf(template))
}

export function* clusterState(client: Client, cluster: string, kubeadm: string): Run<ClusterState> {
  const one = function* (component: string): Run<ByVersion> {
    const versions = yield* componentVersions(client, component)
    if (Object.keys(versions).length === 0 && component !== 'etcd')
      throw new KubeadmError(`cannot find control plane component ${component}`)
    return versions
  }
  return {
    cluster,
    kubeadm,
    dns: yield* dnsVersion(client),
    kubelets: yield* kubeletVersions(client),
    apiServers: yield* one('kube-apiserver'),
    controllerManagers: yield* one('kube-controller-manager'),
    schedulers: yield* one('kube-scheduler'),
    etcds: yield* one('etcd'),
  }
}

/** A look that may fail, as a value. */
export function* orError<T>(look: Run<T>): Run<T | { error: string }> {
  try {
    return yield* look
  } catch (error) {
    const text = goError(error)
    if (text === undefined) throw error
    return { error: text }
  }
}
