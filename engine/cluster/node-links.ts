/**
 * What the network add-on keeps on a node: flannel.1 and cni0, a veth for each pod, routes to the other nodes' pods.
 * Models flannel's vxlan backend and the CNI plugin bridge. A machine that joined by itself has what its flanneld made.
 * Not modelled: cni0 stays after the last pod; interfaces of other add-ons.
 */
import type { HostName } from '../fabric/fabric.ts'
import type { ContainerPlace, Host, NetworkInterface, NetworkSource, Route } from '../host/host.ts'
import type { Kubelet } from '../kubelet/kubelet.ts'

export interface LinksWorld {
  nodes: readonly HostName[]
  hostOf(name: HostName): Host
  kubeletOf(name: HostName): Kubelet | undefined
  areApart(one: HostName, other: HostName): boolean
}

interface Sandboxed {
  id: string
  ip: string
}

const MTU = 1450
const FLANNEL_CONFIG = '/etc/cni/net.d/10-flannel.conflist'

export function nodeLinks(world: LinksWorld): NetworkSource {
  return {
    linksOf: (host) => linksOf(world, host),
    placeOf: (host, container) => placeOf(world.kubeletOf(host), container),
  }
}

function linksOf(world: LinksWorld, name: HostName): { interfaces: NetworkInterface[]; routes: Route[] } {
  const kubelet = world.kubeletOf(name)
  const range = rangeOf(world, name)
  if (kubelet === undefined || range === undefined) return { interfaces: [], routes: [] }
  const pods = sandboxes(kubelet)
  const gateway = gatewayOf(range)
  const bridge: NetworkInterface = { name: 'cni0', mac: macOf('0a:58', range.split('.').slice(0, 3), '01'), mtu: MTU, up: true, addresses: [gateway], kind: 'bridge', index: 4, kept: true } // prettier-ignore
  const tunnel: NetworkInterface = { name: 'flannel.1', mac: macOf('66', firstOf(range).split('.'), '01'), mtu: MTU, up: true, addresses: [`${firstOf(range)}/32`], kind: 'vxlan', index: 3, kept: true } // prettier-ignore
  const peers = world.nodes.flatMap((other) => {
    const theirs = other === name || world.areApart(name, other) ? undefined : rangeOf(world, other)
    return theirs === undefined ? [] : [{ to: theirs, via: firstOf(theirs), dev: 'flannel.1', rest: 'onlink' }]
  })
  if (pods.length === 0) return { interfaces: [tunnel], routes: peers }
  const own: Route = { to: range, dev: 'cni0', rest: `proto kernel scope link src ${gateway.split('/')[0]}` }
  return { interfaces: [tunnel, bridge, ...pods.map(vethOf)], routes: [...peers, own] }
}

/** The range of a running node whose add-on came with the cluster, or whose flanneld has run. */
function rangeOf({ hostOf, kubeletOf }: LinksWorld, name: HostName): string | undefined {
  const host = hostOf(name)
  const hasFlannel = host.power === 'on' && host.files.text(FLANNEL_CONFIG) !== undefined
  const kubelet = hasFlannel ? kubeletOf(name) : undefined
  return kubelet?.hollow === undefined ? kubelet?.node()?.spec?.podCIDR : undefined
}

function sandboxes(kubelet: Kubelet): Sandboxed[] {
  return [...kubelet.records.values()]
    .flatMap(({ sandbox, ip, pod }): Sandboxed[] =>
      sandbox?.ready === true && ip !== undefined && pod.spec?.hostNetwork !== true ? [{ id: sandbox.id, ip }] : [],
    )
    .sort((a, b) => indexOf(a.ip) - indexOf(b.ip))
}

function vethOf({ id, ip }: Sandboxed): NetworkInterface {
  const hex = id.slice(0, 12)
  const first = ((parseInt(hex.slice(0, 2), 16) & 0xfc) | 2).toString(16).padStart(2, '0')
  return {
    name: `veth${id.slice(0, 8)}`,
    mac: [first, ...(hex.slice(2).match(/../g) ?? [])].join(':'),
    mtu: MTU,
    up: true,
    addresses: [],
    kind: 'veth',
    peerIndex: 2,
    index: indexOf(ip),
    master: 'cni0',
    netns: namespaceOf(id),
    podIp: ip,
    kept: true,
  }
}

/** Addresses are given one after the other, and so are interfaces. */
const indexOf = (ip: string): number => 3 + Number(ip.split('.').at(-1))

/** `cni-` and a UUID. */
function namespaceOf(id: string): string {
  const at = (from: number, to: number): string => id.slice(from, to)
  return `cni-${at(12, 20)}-${at(20, 24)}-${at(24, 28)}-${at(28, 32)}-${at(32, 44)}`
}

function placeOf(kubelet: Kubelet | undefined, container: string): ContainerPlace | undefined {
  const record = kubelet?.containers.find(container)?.record
  if (record?.ip === undefined || record.pod.spec?.hostNetwork === true) return undefined
  return { ip: record.ip, peerIndex: indexOf(record.ip) }
}

const gatewayOf = (range: string): string => range.replace(/\.\d+\/(\d+)$/, '.1/$1')
const firstOf = (range: string): string => range.split('/')[0] ?? ''

function macOf(start: string, parts: readonly string[], end: string): string {
  return [start, ...parts.map((part) => Number(part).toString(16).padStart(2, '0')), end].join(':')
}
