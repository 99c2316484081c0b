/** What a kubelet finds on its host: files, the container runtime, the network plugin, what answers its probes. */
import type { HostName } from '../fabric/fabric.ts'
import { sourceOf } from '../host/files.ts'
import type { FileTree } from '../host/files.ts'
import { CNI_DIRECTORY, cniReady } from '../kubelet/cni.ts'
import type { ProcessRuntime } from '../kubelet/processRuntime.ts'
import type { ComponentPort, HostFilesPort, KubeletPorts, Reviewed, ReviewedAttributes } from '../kubelet/runtime.ts'
import { gateOf } from './flags/feature-gates.ts'
import { NO_SUBNET_ENV, SUBNET_ENV } from './flanneld.ts'
import { validityOf } from './identity.ts'
import type { LocalProbes } from './local-probes.ts'
import type { ClusterPlan } from './plan.ts'
import type { PodTokens } from './pod-tokens.ts'

const PID_MAX = '/proc/sys/kernel/pid_max'

export interface KubeletHost {
  name: HostName
  plan: ClusterPlan
  /** The host's files; they are others after a boot. */
  files(): FileTree
  disk(): { totalBytes: number; freeBytes: number; inodesUsed: number }
  memoryFiles(): number
  /** A shutdown waits for the kubelet, or no longer. */
  delayLock: NonNullable<KubeletPorts['delayLock']>
  /** How many processes run. */
  processes(): number
  runtime: ProcessRuntime
  components: ComponentPort
  probes: LocalProbes
  tokens: PodTokens
  review(authorization: string, asked: ReviewedAttributes): Reviewed | undefined
}

export function kubeletPorts(host: KubeletHost): KubeletPorts {
  const { name, plan, files, probes, tokens } = host
  const port = hostFiles(files, plan.hollow)
  const isBare = plan.machines.some((one) => one.name === name && one.role === 'bare')
  return {
    containers: host.runtime,
    components: host.components,
    files: port,
    probe: { http: (address, port, request) => probes.http(name, address, port, request) },
    dial: { dial: (podIp, address, port) => probes.dial(name, podIp, address, port) },
    knowsGate: (gate, minor) => gateOf(gate, minor) !== undefined,
    ...(!plan.hollow && {
      networkReady: () => cniReady(port),
      disk: () => host.disk(),
      memoryFiles: () => host.memoryFiles(),
      delayLock: host.delayLock,
      processes: () => ({ max: Number(files().text(PID_MAX) ?? 0), running: host.processes() }),
    }),
    ...(isBare && addonPorts(host)),
    hostPathKind: (path) => kindOf(files(), path),
    makeHostPath: (path, kind) => makePath(files(), path, kind),
    token: (namespace, account, pod) => tokens.token(namespace, account, pod),
    review: (authorization, asked) => host.review(authorization, asked),
  }
}

/** How the network add-on of a machine that has joined by itself gives pods their network. */
function addonPorts({ name, plan, files }: KubeletHost): Partial<KubeletPorts> {
  const first = (): string =>
    (listFiles(files(), CNI_DIRECTORY) ?? []).filter((file) => /\.conf(list)?$/.test(file)).sort()[0] ?? ''
  const index = plan.machines.findIndex((one) => one.name === name)
  const lacksSubnet = (): boolean => first().includes('flannel') && files().text(SUBNET_ENV) === undefined
  return {
    networkTrouble: () => (lacksSubnet() ? NO_SUBNET_ENV : undefined),
    podCidr: () => (first().includes('calico') ? `192.168.${(index * 37 + 51) % 256}.64/26` : undefined),
  }
}

/** The files of a host; of a hollow one no views, and nothing is removed. */
function hostFiles(files: () => FileTree, hollow: boolean): HostFilesPort {
  return {
    list: (path) => listFiles(files(), path),
    read: (path) => files().text(path),
    validityOf: (path) => validityOf(sourceOf(files().node(path))),
    write: (path, text, mode) => files().put(path, text, { mode }),
    link: (target, path) => replaceLink(files(), target, path),
    ...(!hollow && {
      view: (path, view) => files().put(path, '', { mode: 0o640, view }),
      remove: (path) => void files().remove(path, undefined, { recursive: true }),
    }),
    watch: (path, event) => files().watch(path, event),
  }
}

function listFiles(files: FileTree, path: string): string[] | undefined {
  const found = files.list(path)
  return 'names' in found ? found.names : undefined
}

function replaceLink(files: FileTree, target: string, path: string): void {
  files.remove(path)
  files.symlink(target, path)
}

function makePath(files: FileTree, path: string, kind: 'directory' | 'file'): void {
  if (kind === 'file') files.put(path, '')
  else files.mkdir(path, undefined, { parents: true })
}

function kindOf(files: FileTree, path: string): 'directory' | 'file' | undefined {
  const found = files.stat(path)
  if ('error' in found) return undefined
  return found.kind === 'directory' ? 'directory' : 'file'
}
