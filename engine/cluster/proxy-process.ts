/**
 * kube-proxy as a process of a container: it reads its flags, its configuration and its kubeconfig from the
 * container's files and goes by them (O6). Not modelled: its token and the authority in its kubeconfig are not
 * looked at; it is let in as the service account that kubeadm gives it.
 */
import { createApiClient, reachOneOf } from '../api/client/create.ts'
import type { Place, Reached, Trouble } from '../api/client/create.ts'
import type { ApiClient, ApiClientOwner } from '../api/client.ts'
import { klogHeader } from '../objects/klog.ts'
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KubeProxy } from '../network/kube-proxy.ts'
import { versionOfImage } from './component-process.ts'
import type { ConnectionWorld } from './component-client.ts'
import { readFlags } from './flags/index.ts'
import type { FlagHost } from './flags/index.ts'
import { parseKubeconfig } from './kubeconfig.ts'
import { servedVersions } from './served-versions.ts'

const IDENTITY = {
  commonName: 'system:serviceaccount:kube-system:kube-proxy',
  organizations: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
}

export interface ProxyWorld {
  kernel: Kernel
  fabric: Fabric
  connections: ConnectionWorld
  minor: number
  /** API servers of the plan, for a proxy without a kubeconfig of its own. */
  servers: Place[]
  /** A file of a container. */
  readFile(host: HostName, id: string, path: string): string | undefined
  addressOf(host: HostName): string | undefined
  log(host: HostName, id: string, text: string): void
  exit(host: HostName, id: string, code: number, afterMs: number): void
}

interface Running {
  id: string
  /** What its kubeconfig says, as it was at the start. */
  server?: string
}

/** The kube-proxies of all hosts as processes. */
export class ProxyProcesses implements Component {
  static readonly address = 'kube-proxies'
  private running: Record<HostName, Running> = {}

  constructor(private readonly world: ProxyWorld) {
    world.kernel.register(ProxyProcesses.address, this)
  }

  start(proxy: KubeProxy, host: HostName, { id, image }: { id: string; image: string }, argv: string[]): void {
    const { kernel, log, exit } = this.world
    const read = readFlags('kube-proxy', argv, versionOfImage(image), this.flagHost(host, id))
    this.running[host] = { id }
    if ('refused' in read) {
      log(host, id, read.refused)
      return exit(host, id, read.code, read.afterMs)
    }
    log(host, id, read.log)
    const { kubeconfig, nodeName } = read.settings
    const text = kubeconfig === '' ? undefined : this.world.readFile(host, id, kubeconfig)
    const config = text === undefined ? undefined : parseKubeconfig(text, kubeconfig, () => '')
    if (config !== undefined && !('error' in config)) this.running[host] = { id, server: config.server }
    kernel.record('kube-proxy.started', { host, node: nodeName })
    proxy.start()
  }

  stop(proxy: KubeProxy, host: HostName): void {
    delete this.running[host]
    proxy.stop()
  }

  /** The client of a host's kube-proxy. */
  clientOf(host: HostName, address: string, owner: ApiClientOwner): ApiClient {
    const { kernel, fabric, minor, servers } = this.world
    const identity = { user: IDENTITY.commonName, groups: IDENTITY.organizations }
    const usual = reachOneOf(fabric, { host, servers, identity })
    const reach = (held: Place | undefined): Reached => this.reach(host, held) ?? usual()
    const onTrouble = (trouble: Trouble): void => this.troubled(host, trouble)
    return servedVersions(minor, owner, (served) =>
      createApiClient(kernel, fabric, { address, host, reach, agent: 'kube-proxy', owner: served, onTrouble }),
    )
  }

  handle(): void {}

  dump(): unknown {
    return { running: this.running }
  }

  load(state: unknown): void {
    this.running = (state as { running: Record<HostName, Running> }).running
  }

  private reach(host: HostName, held: Place | undefined): Reached | undefined {
    const { connections } = this.world
    const server = this.running[host]?.server
    if (server === undefined) return undefined
    if (held !== undefined && connections.isHeld(host, held)) return { kind: 'open', ...held, certificate: IDENTITY }
    const [, name = '', port = '443'] = /^https?:\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?/.exec(server) ?? []
    const door = connections.door(host, name, Number(port))
    if (door.kind === 'silent') return { kind: 'silent' }
    return door.kind === 'refused' ? door : { ...door, certificate: IDENTITY }
  }

  /** Models client-go tools/cache/reflector.go (O6). */
  private troubled(host: HostName, { path, failure }: Trouble): void {
    const process = this.running[host]
    if (process === undefined || failure === 'EOF' || failure === 'unexpected EOF') return
    const text = `failed to list: Get "${process.server ?? ''}${path}?limit=500&resourceVersion=0": ${failure}`
    const header = klogHeader('E', this.world.kernel.clockMs, 'reflector.go:200')
    this.world.log(host, process.id, `${header} "Failed to watch" err=${JSON.stringify(text)} logger="UnhandledError"\n`)
  }

  private flagHost(host: HostName, id: string): FlagHost {
    const { kernel, fabric, readFile, addressOf } = this.world
    const address = addressOf(host)
    return {
      read: (path) => readFile(host, id, path),
      kindOf: (path) => (readFile(host, id, path) === undefined ? undefined : 'file'),
      addresses: address === undefined ? [] : [address],
      portTaken: (port) => fabric.listener(host, port) !== undefined,
      nowMs: kernel.clockMs,
      name: host,
    }
  }
}
