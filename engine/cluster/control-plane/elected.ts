/**
 * What the controller manager and the scheduler have in common: a client by their kubeconfig, a leader election, a
 * health port, and a release that they are made for. Models client-go tools/{clientcmd,leaderelection,cache} (O3).
 */
import { createApiClient, reachOneOf } from '../../api/client/create.ts'
import type { Place, Reached, Trouble } from '../../api/client/create.ts'
import type { ApiClient, ApiClientOwner } from '../../api/client.ts'
import { LEASE_FLAGS } from '../../api/leader-election.ts'
import type { ElectionHooks } from '../../api/leader-election.ts'
import { API_PORT } from '../../api/server.ts'
import type { HostName } from '../../fabric/fabric.ts'
import { klogHeader } from '../../objects/klog.ts'
import { kindNameOf } from '../../objects/kinds.ts'
import { makeReach } from '../component-client.ts'
import { HealthPorts } from '../health-ports.ts'
import { readKubeconfig } from '../kubeconfig.ts'
import { servedVersions } from '../served-versions.ts'
import type { Processes, Running } from './processes.ts'
import type { ControlPlaneWorld } from './world.ts'

/** What a manager or scheduler cannot change without being made anew. */
export interface Made {
  minor: number
}

/** `<host>/<component>` → what it was made for. */
export type MadeState = Record<string, Made>

/** Which line of upstream's source says that the lease is lost, and how. */
export interface LostLine {
  file: string
  text: string
}

export class Elected {
  private made: MadeState = {}
  private readonly health: HealthPorts

  constructor(
    private readonly world: ControlPlaneWorld,
    private readonly processes: Processes,
  ) {
    this.health = new HealthPorts(world.kernel, world.fabric, world.standsStill)
  }

  /** A process has read its flags: it opens its kubeconfig and its port, and comes to its work. */
  begin(process: Running): void {
    this.processes.open(`${process.host}/${process.slot}`)
    this.health.open(process)
    this.processes.goLater(process)
  }

  end(process: Running | undefined): void {
    if (process !== undefined) this.health.close(process)
  }

  /** Makes the component anew when it is to run as another release. */
  makeFor(key: string, wanted: Made, make: (host: HostName, wanted: Made) => void): void {
    const [host, component] = key.split('/') as [HostName, string]
    const known = this.made[key]
    if (JSON.stringify(known) === JSON.stringify(wanted)) return
    this.made[key] = wanted
    if (known === undefined && wanted.minor === this.world.plan.minor) return
    this.world.kernel.unregister(`${component}/${host}`)
    make(host, wanted)
  }

  election(key: string, lost: LostLine): ElectionHooks {
    const header = (): string => klogHeader('E', this.world.kernel.clockMs, lost.file)
    const process = (): Running | undefined => this.processes.get(key)
    return {
      log: (text) => this.processes.say(key, text),
      server: () => this.serverOf(key),
      flags: () => (process()?.manager ?? process()?.scheduler)?.leaderElection ?? LEASE_FLAGS,
      // Who was started without a command line stands for clusters whose leaders say nothing.
      tells: () => (process()?.argv.length ?? 0) > 0,
      onLost: () => this.processes.died(key, 1, `${header()} ${JSON.stringify(lost.text)}\n`),
    }
  }

  /** A client by the kubeconfig of the process; a process without a command line is let in as what it is. */
  clientOf(host: HostName, component: string, minor: number): (owner: ApiClientOwner) => ApiClient {
    const { kernel, fabric } = this.world
    const key = `${host}/${component}`
    const address = `${component}/${host}`
    const reach = this.reachOf(host, component)
    const onTrouble = (trouble: Trouble): void => this.troubled(key, trouble)
    return (owner) =>
      servedVersions(minor, owner, (served) =>
        createApiClient(kernel, fabric, { address, host, reach, agent: component, owner: served, onTrouble }),
      )
  }

  dump(): MadeState {
    return this.made
  }

  private reachOf(host: HostName, component: string): (held: Place | undefined) => Reached {
    const { fabric, plan, connections } = this.world
    const key = `${host}/${component}`
    const names = plan.controlPlanes.map(({ name }) => name)
    const ownFirst = [...names.filter((name) => name === host), ...names.filter((name) => name !== host)]
    const servers = ownFirst.map((name) => ({ host: name, port: API_PORT }))
    const byFile = makeReach(connections, host, () => this.processes.open(key))
    const trusted = reachOneOf(fabric, { host, servers, identity: { user: `system:${component}`, groups: [] } })
    return (held) => (this.processes.get(key)?.kubeconfig === undefined ? trusted() : byFile(held))
  }

  /** Models client-go tools/cache/reflector.go. */
  private troubled(key: string, { resource, path, failure }: Trouble): void {
    if (failure === 'EOF' || failure === 'unexpected EOF') return
    const kind = kindOf(resource)
    const text = `failed to list *${kind}: Get "${this.serverOf(key)}${path}?limit=500&resourceVersion=0": ${failure}`
    const rest = `logger="UnhandledError" reflector="k8s.io/client-go/informers/factory.go:160" type="*${kind}"`
    const header = klogHeader('E', this.world.kernel.clockMs, 'reflector.go:200')
    this.processes.say(key, `${header} "Failed to watch" err=${JSON.stringify(text)} ${rest}\n`)
  }

  private serverOf(key: string): string {
    const file = this.processes.open(key)
    if (file === undefined) return ''
    const config = readKubeconfig(file.node, file.path, () => undefined)
    return 'error' in config ? '' : config.server
  }
}

/** `apps/v1/deployments` → `v1.Deployment`, as Go prints a type. */
function kindOf(resource: string): string {
  const parts = resource.split('/')
  const plural = parts[parts.length - 1] as string
  return `${parts[parts.length - 2]}.${kindNameOf(plural)}`
}
