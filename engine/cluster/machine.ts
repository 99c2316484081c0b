/** What the machine of a node is like: labels that its kubelet sets, capacity, systems; a hollow node has kubemark's. */
import type { Capacity } from '../host/host.ts'
import { quantityMilliValue, quantityValue } from '../objects/quantity.ts'
import { isPermitted } from '../objects/node-labels.ts'
import type { KubeletOptions } from '../kubelet/kubelet.ts'
import { preloadedImages } from './manifests.ts'
import { DOCKERSHIM_SOCKET, dockerOf } from '../versions/index.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'

type MachineFacts = Pick<
  KubeletOptions,
  | 'labels'
  | 'taints'
  | 'capacity'
  | 'reserved'
  | 'hollow'
  | 'osImage'
  | 'kernelVersion'
  | 'containerRuntimeVersion'
  | 'annotations'
  | 'images'
>

const MACHINE = {
  osImage: 'Ubuntu 24.04.3 LTS',
  kernelVersion: '6.8.0-51-generic',
  containerRuntimeVersion: 'containerd://1.7.24',
}
/** What cadvisor's fake says on kubemark's nodes. */
const HOLLOW_MACHINE = {
  osImage: 'Debian GNU/Linux 7 (wheezy)',
  kernelVersion: '3.16.0-0.bpo.4-amd64',
  containerRuntimeVersion: 'fakeRuntime://0.1.0',
}
/** A hollow kubelet sees at its next look that a container runs. */
const HOLLOW_START_MS = 800

/** What the machine of a node has; a control plane is smaller. */
function sizesOf({ role, capacity }: PlannedHost): Record<string, string> {
  const isMaster = role === 'control-plane'
  return {
    cpu: isMaster ? '2' : '4',
    memory: isMaster ? '4Gi' : '8Gi',
    'ephemeral-storage': '40Gi',
    ...capacity,
  }
}

/** The same as its host tells it; other machines are as they come. */
export function hostCapacity(host: PlannedHost): Partial<Capacity> {
  if (host.role === 'base' || host.role === 'balancer') return {}
  const sizes = sizesOf(host)
  return {
    cpus: Math.ceil(quantityMilliValue(sizes['cpu'] ?? '1') / 1000),
    memoryBytes: quantityValue(sizes['memory'] ?? '0'),
  }
}

export function machineFacts(plan: ClusterPlan, host: PlannedHost): MachineFacts {
  const isMaster = host.role === 'control-plane'
  return {
    labels: labelsOf(host),
    taints: isMaster ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] : [],
    capacity: {
      ...sizesOf(host),
      pods: '110',
      ...(!plan.hollow && { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' }),
      ...host.capacity,
    },
    reserved: host.capacity === undefined ? { memory: '100Mi' } : {},
    ...(plan.hollow && { hollow: { delayMs: (_pod, step) => (step === 'run' ? HOLLOW_START_MS : 0) } }),
    ...(plan.hollow ? HOLLOW_MACHINE : { ...MACHINE, ...runtimeOf(plan, host) }),
    images: preloadedImages(plan, host),
  }
}

/** Up to 1.23 the nodes run Docker, and kubeadm has told those that it made of the socket. */
function runtimeOf({ minor }: ClusterPlan, { role }: PlannedHost): Partial<MachineFacts> {
  const docker = dockerOf(minor)
  if (docker === undefined) return {}
  const annotations = { 'kubeadm.alpha.kubernetes.io/cri-socket': DOCKERSHIM_SOCKET }
  return { containerRuntimeVersion: `docker://${docker.semantic}`, ...(role !== 'bare' && { annotations }) }
}

function labelsOf({ name, labels = {} }: PlannedHost): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    ...Object.fromEntries(Object.entries(labels).filter(([label]) => isPermitted(label))),
  }
}
