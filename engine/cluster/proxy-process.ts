/**
 * kube-proxy as a process of a container or of a unit: it reads its flags, its configuration and its kubeconfig from
 * its files and goes by them, says in its log what it does, and listens for its health and its metrics (O6). Models
 * cmd/kube-proxy/app. Not modelled: in a pod its token is not looked at, it is let in as the service account that
 * kubeadm gives it; in other modes than iptables its rules are the same.
 */
import { createApiClient, reachOneOf } from '../api/client/create.ts'
import type { Place, Reached, Trouble } from '../api/client/create.ts'
import type { ApiClient, ApiClientOwner } from '../api/client.ts'
import { klogLine, klogValue } from '../objects/klog.ts'
import { kindNameOf } from '../objects/kinds.ts'
import type { Fabric, HostName } from '../fabric/fabric.ts'
import { binaryVersion } from '../host/binary.ts'
import type { FileNode } from '../host/files.ts'
import type { Host } from '../host/host.ts'
import { UNIT_EVENTS } from '../host/units/events.ts'
import type { UnitPauseData, UnitStartData, UnitStopData } from '../host/units/events.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { KubeProxy, ProxyNews } from '../network/kube-proxy.ts'
import { versionOfImage } from './component-process.ts'
import type { ComponentProcess } from './component-process.ts'
import { makeReach, serverProblem } from './component-client.ts'
import type { ConnectionWorld } from './component-client.ts'
import { readFlags } from './flags/index.ts'
import type { FlagHost } from './flags/index.ts'
import type { ProxySettings } from './flags/kube-proxy.ts'
import { parseKubeconfig } from './kubeconfig.ts'
import type { Kubeconfig } from './kubeconfig.ts'
import { foundLines, MODES, startLine, SYNCED_LINES } from './proxy-log.ts'
import { ProxyPorts } from './proxy-ports.ts'
import { servedVersions } from './served-versions.ts'

const IDENTITY = {
  commonName: 'system:serviceaccount:kube-system:kube-proxy',
  organizations: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
}

/** From SIGTERM to its end. */
const EXIT_MS = 50

export interface ProxyWorld {
  kernel: Kernel
  fabric: Fabric
  connections: ConnectionWorld
  minor: number
  /** API servers of the plan, for a proxy without a kubeconfig of its own. */
  servers: Place[]
  proxyOf(host: HostName): KubeProxy | undefined
  hostOf(host: HostName): Host | undefined
  /** A file of a container. */
  readFile(host: HostName, id: string, path: string): string | undefined
  addressOf(host: HostName): string | undefined
  log(process: ComponentProcess, text: string): void
  exit(process: ComponentProcess, code: number, afterMs: number): void
}

/** What a process goes by, as it was at its start. */
interface Running extends ComponentProcess {
  settings?: ProxySettings
  kubeconfig?: { path: string; text: string }
  startedAtMs: number
}

/** The kube-proxies of all hosts as processes. */
export class ProxyProcesses implements Component {
  static readonly address = 'kube-proxies'
  private running: Record<HostName, Running> = {}
  private readonly ports: ProxyPorts
  /** Derived: the kubeconfigs of units as files, of containers as they were read. */
  private readonly nodes = new Map<string, FileNode>()
  private readonly configs = new Map<string, Kubeconfig | { error: string }>()

  constructor(private readonly world: ProxyWorld) {
    world.kernel.register(ProxyProcesses.address, this)
    this.ports = new ProxyPorts(world.kernel, world.fabric, (host) => {
      const process = this.running[host]
      return process?.settings && { mode: MODES[process.settings.mode] ?? '', startedAtMs: process.startedAtMs }
    })
  }

  /** A container starts. */
  start(host: HostName, { id, image }: { id: string; image: string }, argv: string[]): void {
    const component = 'kube-proxy'
    this.run({ host, component, id, place: 'container', version: versionOfImage(image), argv })
  }

  signal(host: HostName, id: string, signal: string): void {
    const process = this.running[host]
    if (process?.id !== id) return
    this.end(host)
    this.world.exit(process, signal === 'KILL' ? 137 : 0, EXIT_MS)
  }

  /** SIGSTOP, or SIGCONT: the rules in the kernel stay as they are. */
  pause(host: HostName, id: string, paused: boolean): void {
    const { kernel } = this.world
    if (this.running[host]?.id !== id) return
    if (paused) kernel.pause(`kube-proxy/${host}`)
    else kernel.resume(`kube-proxy/${host}`)
  }

  /** The host is gone, and the rules in its kernel with it. */
  crash(host: HostName): void {
    this.end(host)
    this.world.proxyOf(host)?.flush()
  }

  handle({ type, data }: KernelEvent): void {
    if (type === UNIT_EVENTS.start) this.unitStart(data as UnitStartData)
    else if (type === UNIT_EVENTS.stop) this.unitStop(data as UnitStopData)
    else if (type === UNIT_EVENTS.pause) this.unitPause(data as UnitPauseData)
  }

  /** What the proxy of a host tells, for its log. */
  newsOf(host: HostName): ProxyNews {
    const say = (text: (process: Running, settings: ProxySettings) => string): void => {
      const process = this.running[host]
      if (process?.settings !== undefined) this.world.log(process, text(process, process.settings))
    }
    return {
      found: (addresses) => {
        say((_, settings) => foundLines(this.world.kernel.clockMs, settings, addresses))
        this.openPorts(host)
      },
      failed: (code, why) =>
        say((process, { nodeName }) => {
          const url = `${this.serverOf(process)}/api/v1/nodes/${nodeName}`
          const error = code === 0 ? `Get "${url}": ${why}` : why
          return this.line('E', 'server.go:704', `"Failed to retrieve node info" err=${klogValue(error)}`)
        }),
      gaveUp: () => {
        const text = `"Can't determine this node's IP, assuming loopback; if this is incorrect, please set the --bind-address flag"`
        say((_, settings) => this.line('I', 'server.go:728', text) + foundLines(this.world.kernel.clockMs, settings))
        this.openPorts(host)
      },
      synced: () => say(() => SYNCED_LINES.map((text) => this.line('I', 'shared_informer.go:357', text)).join('')),
    }
  }

  /** The client of a host's kube-proxy. */
  clientOf(host: HostName, address: string, owner: ApiClientOwner): ApiClient {
    const { kernel, fabric, minor, servers, connections } = this.world
    const identity = { user: IDENTITY.commonName, groups: IDENTITY.organizations }
    const usual = reachOneOf(fabric, { host, servers, identity })
    const byFile = makeReach(connections, host, () => this.opened(host))
    const reach = (held: Place | undefined): Reached => {
      const process = this.running[host]
      if (process?.kubeconfig === undefined) return usual()
      return process.place === 'unit' ? byFile(held) : this.reachFromPod(process, held)
    }
    const onTrouble = (trouble: Trouble): void => this.troubled(host, trouble)
    return servedVersions(minor, owner, (served) =>
      createApiClient(kernel, fabric, { address, host, reach, agent: 'kube-proxy', owner: served, onTrouble }),
    )
  }

  dump(): unknown {
    return { running: this.running }
  }

  load(state: unknown): void {
    this.running = (state as { running: Record<HostName, Running> }).running
    this.nodes.clear()
    this.configs.clear()
  }

  // Processes.

  private run(process: ComponentProcess): void {
    const { world } = this
    const { host } = process
    const read = readFlags('kube-proxy', process.argv, process.version, this.flagHost(process))
    if ('refused' in read) {
      world.log(process, read.refused)
      return world.exit(process, read.code, read.afterMs)
    }
    const { settings } = read
    const proxy = world.proxyOf(host)
    if (proxy === undefined) {
      world.log(process, 'not simulated: kube-proxy on a machine that is none of the cluster\n')
      return world.exit(process, 1, EXIT_MS)
    }
    world.log(process, startLine(world.kernel.clockMs, settings) + read.log)
    const path = settings.kubeconfig
    const text = path === '' ? undefined : this.read(process, path)
    const kubeconfig = text === undefined ? undefined : { path, text }
    this.end(host)
    this.running[host] = { ...process, settings, startedAtMs: world.kernel.clockMs, ...(kubeconfig && { kubeconfig }) }
    world.kernel.record('kube-proxy.started', { host, node: settings.nodeName })
    const { syncPeriodMs, minSyncPeriodMs } = settings.iptables
    const clusterCidr = settings.clusterCidr.split(',').find((range) => range !== '' && !range.includes(':'))
    proxy.start({
      nodeName: settings.nodeName,
      syncPeriodMs,
      minSyncPeriodMs,
      ...(clusterCidr !== undefined && { clusterCidr }),
    })
  }

  private end(host: HostName): void {
    if (this.running[host] === undefined) return
    delete this.running[host]
    this.nodes.delete(host)
    this.configs.delete(host)
    this.ports.close(host)
    this.world.proxyOf(host)?.stop()
    this.world.kernel.resume(`kube-proxy/${host}`)
  }

  private unitStart({ host, unit, pid, argv }: UnitStartData): void {
    const files = this.world.hostOf(host)?.files
    const version = (files && binaryVersion(files, argv[0] ?? '')) ?? ''
    this.world.kernel.send({ to: 'hosts', type: UNIT_EVENTS.started, data: { host, unit, pid } })
    this.run({ host, component: 'kube-proxy', id: unit, place: 'unit', pid, version, argv })
  }

  private unitStop({ host, unit, signal, power }: UnitStopData): void {
    if (power === true) this.crash(host)
    else this.signal(host, unit, signal ?? 'TERM')
  }

  private unitPause({ host, unit, paused }: UnitPauseData): void {
    this.pause(host, unit, paused)
  }

  private openPorts(host: HostName): void {
    const process = this.running[host]
    if (process?.settings === undefined) return
    const { healthzBindAddress, metricsBindAddress } = process.settings
    for (const problem of this.ports.open(host, { health: healthzBindAddress, metrics: metricsBindAddress }))
      this.world.log(process, this.line('E', problem.file, problem.text))
  }

  private line(level: 'I' | 'E', file: string, text: string): string {
    return klogLine(level, this.world.kernel.clockMs, file, text)
  }

  private read({ host, id, place }: ComponentProcess, path: string): string | undefined {
    return place === 'container' ? this.world.readFile(host, id, path) : this.world.hostOf(host)?.files.text(path)
  }

  // Its connection.

  /** The kubeconfig of a unit, as it was at the start. */
  private opened(host: HostName): { path: string; node: FileNode } | undefined {
    const kubeconfig = this.running[host]?.kubeconfig
    if (kubeconfig === undefined) return undefined
    const { path, text } = kubeconfig
    let node = this.nodes.get(host)
    if (node === undefined) {
      const now = this.world.hostOf(host)?.files.node(path)
      node = now !== undefined && now.text === text ? now : ({ ...now, kind: 'file', text } as FileNode)
      this.nodes.set(host, node)
    }
    return { path, node }
  }

  private configOf(process: Running): Kubeconfig | { error: string } {
    const { host, kubeconfig } = process
    let config = this.configs.get(host)
    if (config === undefined) {
      const { path = '', text = '' } = kubeconfig ?? {}
      const noToken = (): undefined => undefined
      config = parseKubeconfig(text, path, (file) => this.read(process, file), noToken)
      this.configs.set(host, config)
    }
    return config
  }

  private serverOf(process: Running): string {
    const config = this.configOf(process)
    return 'error' in config ? '' : config.server
  }

  private reachFromPod(process: Running, held: Place | undefined): Reached {
    const { connections } = this.world
    const { host } = process
    const config = this.configOf(process)
    if ('error' in config) return { kind: 'refused', failure: config.error }
    if (held !== undefined && connections.isHeld(host, held)) return { kind: 'open', ...held, certificate: IDENTITY }
    const [, name = '', port = '443'] = /^https?:\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?/.exec(config.server) ?? []
    const door = connections.door(host, name, Number(port))
    if (door.kind === 'silent') return { kind: 'silent' }
    if (door.kind === 'refused') return door
    const question = { from: host, name: config.serverName ?? name, place: door, config }
    const problem = config.insecure ? undefined : serverProblem(connections, question)
    return problem === undefined ? { ...door, certificate: IDENTITY } : { kind: 'refused', failure: problem }
  }

  /** Models client-go tools/cache/reflector.go (O6). */
  private troubled(host: HostName, { resource, path, failure }: Trouble): void {
    const process = this.running[host]
    if (process === undefined || failure === 'EOF' || failure === 'unexpected EOF') return
    const parts = resource.split('/')
    const kind = `${parts[parts.length - 2]}.${kindNameOf(parts[parts.length - 1] as string)}`
    const url = `${this.serverOf(process)}${path}?${HEADLESS}&limit=500&resourceVersion=0`
    const text = `failed to list *${kind}: Get "${url}": ${failure}`
    const rest = `logger="UnhandledError" reflector="k8s.io/client-go/informers/factory.go:160" type="*${kind}"`
    this.world.log(process, this.line('E', 'reflector.go:200', `"Failed to watch" err=${JSON.stringify(text)} ${rest}`))
  }

  private flagHost(process: ComponentProcess): FlagHost {
    const { kernel, fabric, addressOf, hostOf } = this.world
    const { host, place } = process
    const address = addressOf(host)
    const kindOf = (path: string): 'file' | 'directory' | undefined => {
      if (place === 'container') return this.read(process, path) === undefined ? undefined : 'file'
      const kind = hostOf(host)?.files.node(path)?.kind
      return kind === 'file' || kind === 'directory' ? kind : undefined
    }
    return {
      read: (path) => this.read(process, path),
      kindOf,
      addresses: address === undefined ? [] : [address],
      portTaken: (port) => fabric.listener(host, port) !== undefined,
      nowMs: kernel.clockMs,
      name: host,
    }
  }
}

/** It does not want headless Services, nor those of other proxies. */
const HEADLESS = 'labelSelector=%21service.kubernetes.io%2Fheadless%2C%21service.kubernetes.io%2Fservice-proxy-name'
