/** The containers whose main process the engine models as a component: by host and component, and who runs where. */
import type { HostName } from '../fabric/fabric.ts'
import type { ComponentPort, ContainerSpec } from '../kubelet/runtime.ts'
import type { ComponentParents } from './component-parent.ts'

/** A process of a node that the engine models as a component. */
export interface NodeComponent {
  start(spec: ContainerSpec, argv: string[]): void
  signal(spec: { id: string }, signal: string): void
  /** SIGSTOP, or SIGCONT; absent: it cannot stand still. */
  pause?(spec: { id: string }, paused: boolean): void
  /** Taken down with the host. */
  crash(): void
}

/** `<host>/<component>` → the container that it runs in. */
export type RunningContainers = Record<string, string>

export class NodeComponents {
  private readonly components = new Map<string, NodeComponent>()
  private containers: RunningContainers = {}

  constructor(private readonly parents: ComponentParents) {}

  add(host: HostName, component: string, process: NodeComponent): void {
    this.components.set(`${host}/${component}`, process)
  }

  /** A process that is on or off: TERM and KILL end it. */
  addSwitch(host: HostName, component: string, process: { start(): void; stop(): void }): void {
    this.add(host, component, {
      start: () => process.start(),
      signal: ({ id }, signal) => {
        process.stop()
        this.parents.killed(host, id, signal)
      },
      crash: () => process.stop(),
    })
  }

  /** What the kubelet of a host starts and signals. */
  port(host: HostName): ComponentPort {
    return {
      start: (component, container, argv) => this.start(`${host}/${component}`, container, argv),
      signal: (component, id, signal) => this.signal(`${host}/${component}`, id, signal),
      pause: (component, id, paused) => this.pause(`${host}/${component}`, id, paused),
    }
  }

  isRunning(host: HostName, component: string): boolean {
    return this.containers[`${host}/${component}`] !== undefined
  }

  crash(host: HostName): void {
    for (const [key, component] of this.components) if (key.startsWith(`${host}/`)) component.crash()
    for (const key of Object.keys(this.containers)) if (key.startsWith(`${host}/`)) delete this.containers[key]
  }

  dump(): RunningContainers {
    return this.containers
  }

  load(containers: RunningContainers): void {
    this.containers = containers
  }

  private start(key: string, container: ContainerSpec, argv: string[]): boolean {
    const component = this.components.get(key)
    if (component === undefined) return false
    this.containers[key] = container.id
    component.start(container, argv)
    return true
  }

  private pause(key: string, id: string, paused: boolean): boolean {
    const component = this.components.get(key)
    component?.pause?.({ id }, paused)
    return component?.pause !== undefined
  }

  private signal(key: string, id: string, signal: string): void {
    delete this.containers[key]
    this.components.get(key)?.signal({ id }, signal)
  }
}
