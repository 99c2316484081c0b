/** Where a connection ends: from an address through a node's rules to a pod, a host, a refusal or silence. */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { FilterChain, Packet, Verdict } from '../host/netfilter/netfilter.ts'
import type { Random } from '../kernel/random.ts'
import type { KubeProxy } from './kube-proxy.ts'
import { decide } from './rules.ts'
import type { RuleVerdict, ServiceRule } from './rules.ts'

/** Who connects: the host that it is on, and its address. */
export interface Origin {
  host: HostName
  ip: string
}

export type Route =
  | { kind: 'pod'; host: HostName; ip: string; port: number }
  /** `via`: the load balancer that the connection goes through. */
  | { kind: 'host'; host: HostName; ip: string; port: number; via?: HostName }
  | { kind: 'refused' }
  /** Accepted and closed again: a load balancer without a server. */
  | { kind: 'reset' }
  /** Packets vanish: the client waits. */
  | { kind: 'dropped' }
  /** No route to such an address. */
  | { kind: 'unreachable' }

export interface RouteWorld {
  fabric: Fabric
  /** The node whose kubelet holds a pod address, as another host's routes lead to it. */
  hostOfPod(ip: string, from: HostName): HostName | undefined
  hostOfAddress(ip: string): HostName | undefined
  nodeNameOf(host: HostName): string
  proxyOf(host: HostName): KubeProxy | undefined
  /** Draws for load balancing. */
  random(host: HostName): Random
  /** Where a load balancer on a host sends a connection; undefined: none listens there. */
  onward(
    host: HostName,
    ip: string,
    port: number,
    clientIp: string,
  ): { address: string; port: number } | 'none' | undefined
  /** What a chain of a host's filter table makes of a packet. */
  filter?(host: HostName, chain: FilterChain, packet: Packet): Verdict
  isServiceAddress(ip: string): boolean
  isPodAddress(ip: string): boolean
}

export function route(world: RouteWorld, from: Origin, ip: string, port: number, protocol = 'tcp'): Route {
  const proxy = world.proxyOf(from.host)
  const rule = proxy?.ruleFor(ip, port, protocol)
  if (rule !== undefined) return viaRule(world, from, rule, from.host, rule.internalLocal)
  if (world.isServiceAddress(ip)) return { kind: 'dropped' }
  const local = ip.startsWith('127.') ? from.host : world.hostOfAddress(ip)
  if (local !== undefined) return toHost(world, from, local, ip, port, protocol)
  return world.isPodAddress(ip) ? toPod(world, from, ip, port) : { kind: 'unreachable' }
}

function toHost(world: RouteWorld, from: Origin, to: HostName, ip: string, port: number, protocol: string): Route {
  if (!reaches(world, from.host, to)) return { kind: 'dropped' }
  const rule = world.proxyOf(to)?.ruleForNodePort(port, protocol)
  if (rule !== undefined) return viaRule(world, from, rule, to, rule.externalLocal && from.host !== to)
  const onward = protocol === 'tcp' ? world.onward(to, ip, port, from.ip) : undefined
  if (onward === 'none') return { kind: 'reset' }
  if (onward === undefined) {
    const packet = packetOf(from, ip, port, protocol)
    const device = from.host === to ? 'lo' : 'eth0'
    const stopped = leaving(world, from, device, packet) ?? stop(world, to, 'INPUT', { ...packet, in: device })
    return stopped ?? { kind: 'host', host: to, ip, port }
  }
  return withVia(route(world, { host: to, ip }, onward.address, onward.port), to)
}

function withVia(found: Route, via: HostName): Route {
  return found.kind === 'host' ? { ...found, via } : found
}

function viaRule(world: RouteWorld, from: Origin, rule: ServiceRule, node: HostName, local: boolean): Route {
  const verdict = decide(rule, world.nodeNameOf(node), local)
  if (verdict.kind === 'reject') return { kind: 'refused' }
  if (verdict.kind === 'drop') return { kind: 'dropped' }
  const { ip, port } = pick(world, from, rule, verdict, node)
  const host = world.hostOfAddress(ip)
  if (host !== undefined) return reaches(world, node, host) ? { kind: 'host', host, ip, port } : { kind: 'dropped' }
  return toPod(world, { ...from, host: node }, ip, port)
}

/** One endpoint, each as likely; with client affinity the same client gets the same one. */
function pick(
  world: RouteWorld,
  from: Origin,
  rule: ServiceRule,
  { endpoints }: RuleVerdict & { kind: 'endpoints' },
  node: HostName,
): { ip: string; port: number } {
  if (rule.affinitySeconds === undefined) return world.random(node).pick(endpoints)
  const sum = [...from.ip].reduce((total, char) => (total * 31 + char.charCodeAt(0)) % 1_000_003, 7)
  return endpoints[sum % endpoints.length] as { ip: string; port: number }
}

function toPod(world: RouteWorld, from: Origin, ip: string, port: number): Route {
  const host = world.hostOfPod(ip, from.host)
  if (host === undefined) return { kind: 'dropped' }
  if (!reaches(world, from.host, host)) return { kind: 'dropped' }
  const packet = packetOf(from, ip, port, 'tcp')
  const local = from.host === host
  const stopped =
    leaving(world, from, local ? 'cni0' : 'flannel.1', packet) ??
    (local ? undefined : stop(world, host, 'FORWARD', { ...packet, in: 'flannel.1', out: 'cni0' }))
  return stopped ?? { kind: 'pod', host, ip, port }
}

function packetOf(from: Origin, destination: string, port: number, protocol: string): Packet {
  return { source: from.ip, destination, port, protocol: protocol === 'udp' ? 'udp' : 'tcp' }
}

/** The origin's own kernel: a process of the host sends, a pod's packets are forwarded. */
function leaving(world: RouteWorld, from: Origin, out: string, packet: Packet): Route | undefined {
  if (world.hostOfAddress(from.ip) === from.host) return stop(world, from.host, 'OUTPUT', { ...packet, out })
  return stop(world, from.host, out === 'lo' ? 'INPUT' : 'FORWARD', { ...packet, in: 'cni0', out })
}

function stop({ filter }: RouteWorld, host: HostName, chain: FilterChain, packet: Packet): Route | undefined {
  const verdict = filter?.(host, chain, packet) ?? 'accept'
  return verdict === 'accept' ? undefined : { kind: verdict === 'reject' ? 'refused' : 'dropped' }
}

function reaches({ fabric }: RouteWorld, from: HostName, to: HostName): boolean {
  return from === to ? fabric.isUp(from) : fabric.passes(from, to) && fabric.passes(to, from)
}
