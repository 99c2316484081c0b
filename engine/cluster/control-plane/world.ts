/** What the processes of the control plane stand in, and the shape that each component has. */
import type { OutsideWires } from '../../api/outside/calls.ts'
import type { Fabric, HostName } from '../../fabric/fabric.ts'
import type { Hosts } from '../../host/host.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { ConnectionWorld } from '../component-client.ts'
import type { ComponentProcess } from '../component-process.ts'
import type { ClusterPlan, PlannedHost } from '../plan.ts'
import type { Running } from './processes.ts'

export const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const
export type ControlPlaneComponent = (typeof CONTROL_PLANE)[number]

/** The kernel address of `ControlPlane`. */
export const CONTROL_PLANE_ADDRESS = 'control-plane'

export const CONTROL_PLANE_EVENTS = {
  /** From the first lines of a process to its work. Data: `ProcessNews`. */
  go: 'process.go',
  /** A leader cannot start its controllers. Data: `ProcessNews` with its last lines. */
  lateFailure: 'manager.lateFailure',
} as const

/** About the run of a process, named by the id of its container or unit. */
export interface ProcessNews {
  key: string
  id: string
  text?: string
}

export interface ControlPlaneWorld {
  kernel: Kernel
  fabric: Fabric
  hosts: Hosts
  plan: ClusterPlan
  connections: ConnectionWorld
  /** The host that has an address, as a process of another host finds it. */
  hostOfAddress(from: HostName, address: string): HostName | undefined
  wires(host: HostName): OutsideWires
  log(process: ComponentProcess, text: string): void
  /** Tells whoever started a process that it ended. */
  exit(process: ComponentProcess, code: number, afterMs: number): void
  /** Whether the component of a host that listens on a port has been stopped. */
  standsStill(host: HostName, port: number): boolean
  /** Whether the component of a host that listens on a port is healthy. */
  healthy(host: HostName, port: number): boolean
}

/** One component of the control plane, on all hosts. */
export interface ComponentSet {
  /** Makes the component of a host; it lies idle. */
  add(host: PlannedHost): void
  /** Starts it without a command line, as kubeadm would set it up. */
  startBare(host: HostName): void
  /** Starts it by its command line, or says why it ends at once. */
  start(process: Running): void
  /** The process has come to its work. */
  go?(process: Running): void
  /** The process is asked to end. Returns whether the component says itself when it has. */
  release?(process: Running): boolean
  /** The process is gone; `slot` names it on its host. */
  stop(host: HostName, slot: string, process: Running | undefined): void
}
