/** What the machine of a node is like: labels that its kubelet sets, capacity, systems; a hollow node has kubemark's. */
import { isPermitted } from '../objects/node-labels.ts'
import type { KubeletOptions } from '../kubelet/kubelet.ts'
import { preloadedImages } from './manifests.ts'
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

export function machineFacts(plan: ClusterPlan, host: PlannedHost): MachineFacts {
  const isMaster = host.role === 'control-plane'
  return {
    labels: labelsOf(host),
    taints: isMaster ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] : [],
    capacity: {
      cpu: isMaster ? '2' : '4',
      memory: isMaster ? '4Gi' : '8Gi',
      'ephemeral-storage': '40Gi',
      pods: '110',
      ...(!plan.hollow && { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' }),
      ...host.capacity,
    },
    reserved: host.capacity === undefined ? { memory: '100Mi' } : {},
    ...(plan.hollow && { hollow: { delayMs: (_pod, step) => (step === 'run' ? HOLLOW_START_MS : 0) } }),
    ...(plan.hollow ? HOLLOW_MACHINE : MACHINE),
    images: preloadedImages(plan, host),
  }
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
