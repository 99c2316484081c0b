/** What systemd needs of the host it runs on; `Host` is one. */
import type { Fabric, HostName } from '../../fabric/fabric.ts'
import type { Kernel, VirtualMs } from '../../kernel/kernel.ts'
import type { Actor, FileTree } from '../files.ts'
import type { Journald } from '../journald.ts'

/** A process that is not run by the process runtime: systemd, kubelet, a container's main program. */
export interface ModelledProcess {
  pid: number
  ppid: number
  user: string
  argv: string[]
  startedMs: VirtualMs
  memoryBytes: number
  /** CPU seconds per second, roughly. */
  cpu: number
  unit?: string
  /** The id of the container whose main process it is. */
  container?: string
  /** It stands still by SIGSTOP. */
  stopped?: true
  /** A container in whose network it is, when that is not the host's. */
  netns?: string
  /** The kernel address that hears of signals to it, as `process.signal` {host, pid, signal}. */
  address?: string
}

/** What listens on a TCP port of a host, for ss and netstat. */
export interface ListeningSocket {
  /** `*`, `127.0.0.1` or an address of the host. */
  address: string
  port: number
  program: string
  pid: number
}

export interface UnitHost {
  readonly name: HostName
  readonly files: FileTree
  readonly journal: Journald
  readonly kernelVersion: string
  readonly power: 'on' | 'off' | 'booting'
  readonly bootedAtMs: VirtualMs
  readonly hosts: {
    readonly kernel: Kernel
    readonly fabric: Fabric
    /** The kernel address that lives a program on a host; undefined: nobody models it as a component. */
    programAddress(program: string, host: HostName): string | undefined
    /** Tells whoever listens that a unit entered a state. */
    unitChanged(host: HostName, unit: string, state: string): void
  }
  clockMs(): number
  nextPid(): number
  /** Sets the clock right. */
  syncClock(): void
  /** Loads a kernel module; false when there is none of that name. */
  loadModule(name: string): boolean
  /** Who a user is in file operations. */
  actor(name: string): Actor
  addSocket(socket: ListeningSocket): void
  removeSocket(port: number, address?: string): void
}
