/** Which names and addresses lead to which host, and which are the cluster's own. */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { Memberships } from './memberships.ts'
import { BALANCER_IP } from './plan.ts'
import type { ClusterPlan } from './plan.ts'

const ADDRESS = /^[\d.]+$/

export class Addresses {
  constructor(
    private readonly plan: ClusterPlan,
    private readonly fabric: Fabric,
    private readonly memberships: Memberships,
  ) {}

  /** The address of a host, or of the name that several control planes are reached by. */
  ofName(name: string): string | undefined {
    return name === 'cluster-endpoint' ? BALANCER_IP : this.ofHost(name)
  }

  ofHost(host: HostName): string | undefined {
    return this.plan.hosts.find(({ name }) => name === host)?.ip
  }

  /** The host that has an address or a name, as a process of another host finds it. */
  hostOf(from: HostName, address: string): HostName | undefined {
    const ip = ADDRESS.test(address) ? address : this.ofName(address)
    return ip?.startsWith('127.') ? from : this.plan.hosts.find((host) => host.ip === ip)?.name
  }

  /** Whether an address or a name is one of the cluster's; a host's own loopback where something listens on it. */
  isInside(host: HostName, target: string, port: number): boolean {
    if (target === 'localhost' || target.startsWith('127.')) return this.fabric.listener(host, port) !== undefined
    if (/\.(svc|cluster\.local)$/.test(target)) return true
    if (!ADDRESS.test(target)) return this.ofName(target) !== undefined
    return (
      this.memberships.isPodAddress(target) ||
      this.memberships.isServiceAddress(target) ||
      this.plan.hosts.some(({ ip }) => ip === target)
    )
  }
}
