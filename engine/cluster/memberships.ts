/**
 * Which cluster a host belongs to, for a run with several: whom a node's pods talk to when they ask for
 * `kubernetes.default`, which pod addresses lead where, what a Service's range is. By what the API servers know.
 * Two clusters have no routes to each other's pods, as with flannel's host-gw and vxlan.
 */
import type { Place } from '../api/client/create.ts'
import { API_PORT } from '../api/server.ts'
import type { ApiServer } from '../api/server.ts'
import type { HostName } from '../fabric/fabric.ts'
import type { Node } from '../objects/types.gen.ts'
import type { ClusterPlan } from './plan.ts'

export interface MembershipWorld {
  plan: ClusterPlan
  apiServers(): ReadonlyMap<HostName, ApiServer>
  /** --service-cluster-ip-range of the API servers that run. */
  serviceRanges(): readonly string[]
  /** Hosts whose kubelet has given this address to a pod. */
  holders(ip: string): HostName[]
}

/** What the first API server has unless told otherwise. */
const SERVICE_RANGE = '10.96.0.0/12'

export class Memberships {
  constructor(private readonly world: MembershipWorld) {}

  /** The API servers that a host's pods find, its own first. The plan's nodes belong to the plan's until another cluster has them. */
  serversOf(host: HostName): Place[] {
    const planned = this.world.plan.controlPlanes.map(({ name }) => name)
    const known = this.knowing(host)
    const isPlanned = known.length === 0 ? this.isOfPlan(host) : known.some((name) => planned.includes(name))
    const names = isPlanned ? planned : known
    const sorted = [...names.filter((name) => name === host), ...names.filter((name) => name !== host)]
    return sorted.map((name) => ({ host: name, port: API_PORT }))
  }

  /** The host that a pod's address leads to from another: where two clusters use it, the one of the same cluster. */
  hostOfPod(ip: string, from: HostName): HostName | undefined {
    const holders = this.world.holders(ip)
    return holders.find((host) => host === from) ?? holders.find((host) => !this.areApart(from, host))
  }

  isPodAddress(ip: string): boolean {
    if (ip.startsWith(`${this.world.plan.podPrefix}.`) || this.world.holders(ip).length > 0) return true
    return this.nodes().some(({ spec }) => (spec?.podCIDRs ?? []).some((range) => isIn(ip, range)))
  }

  isServiceAddress(ip: string): boolean {
    return isIn(ip, SERVICE_RANGE) || this.world.serviceRanges().some((range) => isIn(ip, range))
  }

  private isOfPlan(host: HostName): boolean {
    return this.world.plan.machines.every((one) => one.name !== host || one.role !== 'bare')
  }

  /** Both are nodes, and no API server has both. */
  areApart(a: HostName, b: HostName): boolean {
    const [ofA, ofB] = [this.knowing(a), this.knowing(b)]
    return ofA.length > 0 && ofB.length > 0 && !ofA.some((server) => ofB.includes(server))
  }

  private knowing(host: HostName): HostName[] {
    return [...this.world.apiServers()]
      .filter(([, { cache }]) => cache.get(`/registry/minions/${host}`) !== undefined)
      .map(([name]) => name)
  }

  private nodes(): Node[] {
    return [...this.world.apiServers().values()].flatMap(
      ({ cache }) => [...cache.values('/registry/minions/')] as Node[],
    )
  }
}

/** Whether an IPv4 address lies in a range such as 10.96.0.0/12. */
export function isIn(ip: string, range: string): boolean {
  const [base = '', bits = '32'] = range.split('/')
  const size = 2 ** (32 - Number(bits))
  const [a, b] = [numberOf(ip), numberOf(base)]
  return a !== undefined && b !== undefined && Math.floor(a / size) === Math.floor(b / size)
}

function numberOf(ip: string): number | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip)?.slice(1).map(Number)
  return parts?.reduce((sum, part) => sum * 256 + part, 0)
}
