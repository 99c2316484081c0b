/** Where the processes of pods stand in the network, and what files they see. */
import type { HostName } from '../fabric/fabric.ts'
import type { FileTree } from '../host/files.ts'
import type { NetworkPoint } from '../host/network-port.ts'
import type { ProcessRoot } from '../host/runtime/world.ts'
import type { Kubelet } from '../kubelet/kubelet.ts'
import type { ProcessRuntime } from '../kubelet/processRuntime.ts'

export interface PlacesWorld {
  kubelets: ReadonlyMap<HostName, Kubelet>
  runtimes: ReadonlyMap<HostName, ProcessRuntime>
  addressOf(host: HostName): string | undefined
  treeOf(host: HostName): FileTree | undefined
}

export class PodPlaces {
  constructor(private readonly world: PlacesWorld) {}

  /** Throws when no kubelet runs the pod. */
  pointOfPod(namespace: string, name: string): NetworkPoint {
    for (const [host, { records }] of this.world.kubelets) {
      const record = [...records.values()].find(
        (one) => one.namespace === namespace && one.name === name && one.finished !== true,
      )
      if (record !== undefined) return this.pointOfIp(host, record.ip ?? '')
    }
    throw new Error(`no node runs the pod ${namespace}/${name}`)
  }

  pointOfIp(host: HostName, podIp: string): NetworkPoint {
    return { host, root: this.rootOfIp(host, podIp), pid: 0 }
  }

  /** The address that a process has. */
  addressOf({ host, root }: NetworkPoint): string {
    const hostIp = this.world.addressOf(host) ?? ''
    const id = root.kind === 'host' ? root.netns : root.id
    if (id === undefined) return hostIp
    const spec = this.world.runtimes.get(host)?.spec(id)
    if (root.kind === 'container') return spec?.pod.ip ?? (typeof root['ip'] === 'string' ? root['ip'] : hostIp)
    return spec?.pod.ip ?? this.world.kubelets.get(host)?.containers.find(id)?.record.ip ?? hostIp
  }

  /** The files of a process; undefined when the host or container is gone. */
  treeOf(host: HostName, root: ProcessRoot): FileTree | undefined {
    return root.kind === 'host' ? this.world.treeOf(host) : this.world.runtimes.get(host)?.tree(root.id)
  }

  /** A file as the process sees it; a container without a tree of its own has what its kubelet would write. */
  readFile({ host, root }: NetworkPoint, path: string): string | undefined {
    const text = this.treeOf(host, root)?.text(path)
    return root.kind === 'host' ? text : (text ?? this.readMounted(host, root.id, path))
  }

  /** A file that the kubelet would write for a container. */
  readMounted(host: HostName, id: string, path: string): string | undefined {
    const kubelet = this.world.kubelets.get(host)
    const found = kubelet?.containers.find(id)
    return found && kubelet?.containers.readFile(found.record, found.instance, path)
  }

  private rootOfIp(host: HostName, podIp: string): ProcessRoot {
    const records = [...(this.world.kubelets.get(host)?.records.values() ?? [])]
    const [instance] = Object.values(records.find(({ ip }) => ip === podIp)?.containers ?? {})
    return instance === undefined ? { kind: 'host' } : { kind: 'container', id: instance.id, ip: podIp }
  }
}
