/** Who started a process that is a component hears from it: the kubelet of its container, or systemd. */
import type { HostName } from '../fabric/fabric.ts'
import { Hosts } from '../host/host.ts'
import { UNIT_EVENTS } from '../host/units/events.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { RUNTIME } from '../kubelet/runtime.ts'
import type { ComponentProcess } from './component-process.ts'

/** From a command to a process of the control plane, in milliseconds. */
const COMPONENT_EXIT_MS = 50

export class ComponentParents {
  constructor(private readonly kernel: Kernel) {}

  /** A process writes to stderr. */
  log({ host, id, place, pid }: ComponentProcess, text: string): void {
    if (place === 'container') this.output(host, id, text)
    else if (place === 'unit')
      this.kernel.send({ to: Hosts.address, type: UNIT_EVENTS.log, data: { host, unit: id, pid, text } })
  }

  /** A process ends. */
  ended({ host, id, place, pid }: ComponentProcess, code: number, afterMs: number): void {
    if (place === 'container') this.exited(host, id, code, afterMs)
    else if (place === 'unit')
      this.kernel.send({ to: Hosts.address, type: UNIT_EVENTS.exited, data: { host, unit: id, pid, code } }, afterMs)
  }

  /** The main process of a container writes. */
  output(host: HostName, id: string, text: string, stream: 'stdout' | 'stderr' = 'stderr'): void {
    this.kernel.send({ to: `kubelet/${host}`, type: RUNTIME.output, data: { id, stream, text } })
  }

  /** The main process of a container ends. */
  exited(host: HostName, id: string, code: number, afterMs = COMPONENT_EXIT_MS): void {
    this.kernel.send({ to: `kubelet/${host}`, type: RUNTIME.exit, data: { id, code } }, afterMs)
  }

  /** A signal ends the main process of a container at once. */
  killed(host: HostName, id: string, signal: string): void {
    this.exited(host, id, signal === 'KILL' ? 137 : 0)
  }
}
