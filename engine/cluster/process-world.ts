/** What the processes of hosts and containers find: files, accounts, the network, programs, system calls. */
import type { Fabric } from '../fabric/fabric.ts'
import type { Hosts } from '../host/host.ts'
import { netfilterCalls } from '../host/netfilter/calls.ts'
import type { Netfilter } from '../host/netfilter/netfilter.ts'
import type { HostNetwork } from '../host/network-port.ts'
import type { Program } from '../host/process.ts'
import { HOST_PROGRAM_SET } from '../host/programs.ts'
import type { ProcessWorld } from '../host/runtime/world.ts'
import { boundSyscalls } from '../host/syscalls/index.ts'
import type { SyscallTable } from '../host/syscalls/table.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Kubelet } from '../kubelet/kubelet.ts'
import { kubelet } from '../kubelet/program.ts'
import { registerCompleter, shellPrograms } from '../shell/index.ts'
import { daemonPrograms } from '../tools/daemons.ts'
import { docker } from '../tools/docker/docker.ts'
import { etcdctl } from '../tools/etcdctl/etcdctl.ts'
import { etcdutl } from '../tools/etcdutl/etcdutl.ts'
import { kubeadm } from '../tools/kubeadm/kubeadm.ts'
import { complete, kubectl } from '../tools/kubectl/kubectl.ts'
import { kustomize } from '../tools/kustomize/program.ts'
import { pluto } from '../tools/pluto/pluto.ts'
import { criCalls } from './cri-calls.ts'
import type { PodPlaces } from './pod-places.ts'

export interface ProcessWorldParts {
  kernel: Kernel
  fabric: Fabric
  hosts: Hosts
  /** The release of tools on a host that has no release of its own. */
  release: string
  places: PodPlaces
  network(): HostNetwork
  netfilter: Netfilter
  kubeletOf(host: string): Kubelet | undefined
  /** Further calls of this cluster. */
  calls: readonly SyscallTable[]
}

registerCompleter('kubectl', (_program, words, _cword, p) => complete(words.slice(1), p))

const PROGRAMS: ReadonlyMap<string, Program> = new Map(
  Object.entries({
    ...HOST_PROGRAM_SET,
    ...shellPrograms,
    ...daemonPrograms,
    docker,
    kubelet,
    kubeadm,
    kubectl,
    kustomize,
    pluto,
    etcdctl,
    etcdutl,
  }),
)

export function processWorld(parts: ProcessWorldParts): ProcessWorld {
  const { kernel, hosts, places } = parts
  return {
    tree: (host, root) => places.treeOf(host, root),
    groups: (host, root, user) => (root.kind === 'host' ? hosts.get(host).actor(user).groups : []),
    home: (host, root, user) => (root.kind === 'host' ? hosts.get(host).user(user)?.home : homeInContainer(user)),
    network: () => parts.network(),
    programs: PROGRAMS,
    syscalls: syscallsOf(parts),
    release: (host) => hosts.find(host)?.release ?? parts.release,
    clockMs: (host) => hosts.find(host)?.clockMs() ?? kernel.clockMs,
  }
}

const homeInContainer = (user: string): string => (user === 'root' ? '/root' : '/')

function syscallsOf({
  kernel,
  fabric,
  hosts,
  netfilter,
  calls,
  ...parts
}: ProcessWorldParts): ProcessWorld['syscalls'] {
  const cri = criCalls({ kernel, kubelet: (host) => parts.kubeletOf(host) })
  const more = Object.assign({}, cri, ...calls, netfilterCalls(netfilter)) as SyscallTable
  return boundSyscalls({ kernel, fabric, hosts }, more)
}
