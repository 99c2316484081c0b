/** Which processes of the control plane run, what they see of their hosts, and how they end. */
import type { EtcdConfig } from '../../etcd/config.ts'
import type { HostName } from '../../fabric/fabric.ts'
import { componentFiles } from '../component-process.ts'
import type { ComponentFiles, ComponentProcess } from '../component-process.ts'
import type { ApiServerSettings, FlagHost, ManagerSettings, Refusal, SchedulerSettings } from '../flags/index.ts'
import { isSound } from '../identity.ts'
import { OpenedFiles } from '../opened-files.ts'
import type { OpenedFile, OpenedFilesState } from '../opened-files.ts'
import { CONTROL_PLANE_ADDRESS, CONTROL_PLANE_EVENTS } from './world.ts'
import type { ControlPlaneWorld, ProcessNews } from './world.ts'

export interface Running extends ComponentProcess {
  /** What tells it from the other processes of its host: the component; of a further etcd `etcd#2`. */
  slot: string
  /** The path of its kubeconfig. */
  kubeconfig?: string
  etcd?: EtcdConfig
  api?: ApiServerSettings
  manager?: ManagerSettings
  scheduler?: SchedulerSettings
  /** SIGSTOP: it stands still. */
  paused?: true
  /** The signal that waits for it until it goes on. */
  waiting?: string
}

/** Where the kernel brings what is for a process. */
const addressesOf = ({ component, host, slot }: Running): string[] => {
  const name = component === 'kube-apiserver' ? 'apiserver' : component
  const address = `${name}/${host}${slot.slice(component.length)}`
  return [address, `${address}/loopback`]
}

/** `<host>/<slot>` → the process. */
export type RunningState = Record<string, Running>

/** From the start of a process to its work, measured on real ones (O2, O3). */
const START_MS: Record<string, number> = {
  'kube-apiserver': 1_500,
  'kube-controller-manager': 600,
  'kube-scheduler': 600,
}

/** Where the file tree of a container lies. */
export const rootOf = ({ id }: ComponentProcess): string =>
  `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/rootfs`

export class Processes {
  private running: RunningState = {}
  /** The kubeconfigs that processes opened. */
  private readonly opened = new OpenedFiles((key, path) => {
    const process = this.running[key]
    return process && this.filesOf(process).node(path)
  })

  constructor(
    private readonly world: ControlPlaneWorld,
    /** The process of a slot, if there was one, is gone. */
    private readonly stopped: (host: HostName, slot: string, process: Running | undefined) => void,
  ) {}

  get(key: string): Running | undefined {
    return this.running[key]
  }

  all(): Running[] {
    return Object.values(this.running)
  }

  begin(process: ComponentProcess, slot: string): Running {
    return (this.running[`${process.host}/${slot}`] = { ...process, slot })
  }

  /** From the first lines of a process to its work. */
  goLater({ host, slot, component, id }: Running): void {
    const data: ProcessNews = { key: `${host}/${slot}`, id }
    const event = { to: CONTROL_PLANE_ADDRESS, type: CONTROL_PLANE_EVENTS.go, data }
    this.world.kernel.send(event, START_MS[component] ?? 0)
  }

  /** It ends before it has begun. */
  refuse({ host, slot }: Running, { refused, code, afterMs }: Refusal): void {
    const key = `${host}/${slot}`
    const process = this.running[key] as Running
    delete this.running[key]
    this.world.log(process, refused)
    this.world.exit(process, code, afterMs)
  }

  /** It ends by itself while it runs. */
  died(key: string, code: number, text = ''): void {
    const process = this.running[key]
    if (process === undefined) return
    if (text !== '') this.world.log(process, text)
    this.end(process.host, process.slot)
    this.world.exit(process, code, 0)
  }

  end(host: HostName, slot: string): void {
    const key = `${host}/${slot}`
    const process = this.running[key]
    delete this.running[key]
    this.opened.forget(key)
    this.stopped(host, slot, process)
    if (process !== undefined) this.pause(process, false)
  }

  /** SIGSTOP, or SIGCONT: what comes to a process that stands still waits for it. */
  pause(process: Running, paused: boolean): void {
    const { kernel } = this.world
    if (paused) process.paused = true
    else delete process.paused
    for (const address of addressesOf(process)) {
      if (paused) kernel.pause(address)
      else kernel.resume(address)
    }
  }

  say(key: string, text: string): void {
    const process = this.running[key]
    if (process !== undefined) this.world.log(process, text)
  }

  /** The kubeconfig as it was when the process started. */
  open(key: string): OpenedFile | undefined {
    const path = this.running[key]?.kubeconfig
    return path === undefined ? undefined : this.opened.open(key, path)
  }

  filesOf(process: ComponentProcess): ComponentFiles {
    return componentFiles(() => this.world.hosts.find(process.host), process)
  }

  /** A file as the process of a key sees it; '' when there is neither. */
  read(key: string, path: string): string {
    const process = this.running[key]
    return (process && this.filesOf(process).text(path)) ?? ''
  }

  /** The host as a starting process sees it. */
  flagHost(process: ComponentProcess): FlagHost {
    const { hosts, fabric, plan } = this.world
    const files = this.filesOf(process)
    const ip = plan.hosts.find(({ name }) => name === process.host)?.ip
    return {
      read: (path) => files.text(path),
      kindOf: (path) => files.kindOf(path),
      addresses: ip === undefined ? [] : [ip],
      portTaken: (port) =>
        fabric.listener(process.host, port) !== undefined || this.rivalOf(process)?.api?.securePort === port,
      nowMs: hosts.get(process.host).clockMs(),
      name: process.host,
      sound: (paths) => isSound(paths.map((path) => files.node(path))),
    }
  }

  /** Another process of the same component that holds its host's only place. */
  rivalOf({ host, component, id, argv }: ComponentProcess): Running | undefined {
    const other = component === 'etcd' || argv.length === 0 ? undefined : this.running[`${host}/${component}`]
    return other === undefined || other.id === id ? undefined : other
  }

  dump(): { opened: OpenedFilesState; running: RunningState } {
    return { opened: this.opened.dump(), running: this.running }
  }

  load({ opened, running }: { opened: OpenedFilesState; running: RunningState }): void {
    this.running = running
    this.opened.load(opened)
  }

  loaded(): void {
    this.opened.loaded()
  }
}
