/**
 * flanneld of one host, as `kube-flannel-ds` runs it: it needs the API server by the Service's address, the node's
 * range of pod addresses and its own configuration; then it makes flannel.1, the routes and /run/flannel/subnet.env.
 * Models flannel main.go, pkg/subnet/kube. Not modelled: backends other than vxlan, what a wrong backend does to packets.
 */
import type { Host, NetworkInterface, Route } from '../host/host.ts'
import { klogLine } from '../objects/klog.ts'

export const SUBNET_ENV = '/run/flannel/subnet.env'
const NET_CONF = '/etc/kube-flannel/net-conf.json'
const MTU = 1450

export interface FlannelWorld {
  host: Host
  clockMs: number
  argv: readonly string[]
  env: Readonly<Record<string, string>>
  /** A file of the container. */
  readFile(path: string): string | undefined
  /** Whether the API server answers at an address, or Go's text why not. */
  dial(address: string, port: number): string | undefined
  podCidr: string | undefined
  /** The other nodes that run flannel, and their ranges. */
  others: { host: Host; podCidr: string }[]
  nodeName: string
}

/** What it logs, and the code that it ends with; undefined: it goes on. */
export interface FlannelStart {
  log: string
  exit?: number
  afterMs?: number
}

export function startFlannel(world: FlannelWorld): FlannelStart {
  const { clockMs, nodeName, podCidr } = world
  const info = (file: string, text: string): string => klogLine('I', clockMs, file, text)
  const error = (file: string, text: string): string => klogLine('E', clockMs, file, text)
  const begin = info('main.go:214', 'CLI flags config: {etcdEndpoints:http://127.0.0.1:4001,http://127.0.0.1:2379 etcdPrefix:/coreos.com/network etcdKeyfile: etcdCertfile: etcdCAFile: etcdUsername: etcdPassword: version:false kubeSubnetMgr:true kubeApiUrl: kubeAnnotationPrefix:flannel.alpha.coreos.com kubeConfigFile: iface:[] ifaceRegex:[] ipMasq:true ifaceCanReach: subnetFile:/run/flannel/subnet.env publicIP: publicIPv6: subnetLeaseRenewMargin:60 healthzIP:0.0.0.0 healthzPort:0 iptablesResyncSeconds:5 iptablesForwardRules:true netConfPath:/etc/kube-flannel/net-conf.json setNodeNetworkUnavailable:true}') // prettier-ignore
  const service = world.env['KUBERNETES_SERVICE_HOST'] ?? '10.96.0.1'
  const path = `/api/v1/namespaces/${world.env['POD_NAMESPACE']}/pods/${world.env['POD_NAME']}`
  const unreached = world.dial(service, 443)
  if (unreached !== undefined)
    return {
      log: `${begin}${error('main.go:231', `Failed to create SubnetManager: error retrieving pod spec for '${path.slice(19).replace('/pods/', '/')}': Get "https://${service}:443${path}": ${unreached}`)}`,
      exit: 1,
      afterMs: unreached.endsWith('i/o timeout') ? 30_000 : 100,
    }
  const conf = parseConf(world.readFile(NET_CONF))
  const made = begin + info('kube.go:139', 'Waiting 10m0s for node controller to sync')
  if ('error' in conf)
    return {
      log: `${begin}${error('main.go:231', `Failed to create SubnetManager: ${conf.error}`)}`,
      exit: 1,
      afterMs: 100,
    }
  const synced =
    made + info('kube.go:163', 'Node controller sync successful') + info('main.go:267', 'Installing signal handlers')
  const refuse = (why: string): FlannelStart => ({
    log: `${synced}${error('main.go:359', `Error registering network: failed to acquire lease: ${why}`)}`,
    exit: 1,
    afterMs: 1_100,
  })
  if (podCidr === undefined) return refuse(`node "${nodeName}" pod cidr not assigned`)
  if (!contains(conf.network, podCidr))
    return refuse(
      `subnet "${conf.network}" specified in the flannel net config doesn't contain "${podCidr}" PodCIDR of the "${nodeName}" node`,
    )
  configure(world, conf.network, podCidr)
  announce(world, podCidr)
  return {
    log:
      synced +
      info('main.go:545', `Found network config - Backend type: vxlan`) +
      info('match.go:211', 'Determining IP address of default interface') +
      info('match.go:264', `Using interface with name eth0 and address ${world.host.address}`) +
      info('main.go:396', 'Wrote subnet file to /run/flannel/subnet.env') +
      info('main.go:400', 'Running backend.') +
      info('vxlan_network.go:65', 'watching for new subnet leases'),
  }
}

function parseConf(text: string | undefined): { network: string } | { error: string } {
  if (text === undefined) return { error: `failed to read net conf: open ${NET_CONF}: no such file or directory` }
  try {
    const { Network: network } = JSON.parse(text) as { Network?: unknown }
    if (typeof network === 'string' && /^\d+(\.\d+){3}\/\d+$/.test(network)) return { network }
    return { error: `error parsing subnet config: invalid CIDR address: ${String(network ?? '')}` }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { error: 'error parsing subnet config: invalid character in JSON' }
  }
}

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

function contains(network: string, range: string): boolean {
  const [base = '', bits = '32'] = network.split('/')
  const size = 2 ** (32 - Number(bits))
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(range.split('/')[0] ?? '') / size)
}

const gatewayOf = (range: string): string => range.replace(/\.\d+\/(\d+)$/, '.1/$1')
const firstOf = (range: string): string => range.split('/')[0] ?? ''

/** The way to another node's range, at whoever watches the leases. */
const routeTo = (range: string): Route => ({ to: range, via: firstOf(range), dev: 'flannel.1', rest: 'onlink' })

function announce({ others }: FlannelWorld, range: string): void {
  for (const { host } of others) {
    const routes = [...host.routes.filter(({ to }) => to !== range), routeTo(range)]
    host.setNetwork(
      host.interfaces,
      routes.sort((a, b) => rank(a) - rank(b)),
    )
  }
}

function configure({ host, others }: FlannelWorld, network: string, range: string): void {
  host.files.put(
    SUBNET_ENV,
    `FLANNEL_NETWORK=${network}\nFLANNEL_SUBNET=${gatewayOf(range)}\nFLANNEL_MTU=${MTU}\nFLANNEL_IPMASQ=true\n`,
  )
  const parts = firstOf(range)
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
  const device = (name: string, mac: string, addresses: string[]): NetworkInterface => ({
    name,
    mac,
    mtu: MTU,
    up: true,
    addresses,
    kind: name === 'cni0' ? 'bridge' : 'vxlan',
  })
  const flannel = device('flannel.1', ['66', ...parts, '01'].join(':'), [`${firstOf(range)}/32`])
  const bridge = device('cni0', ['0a', '58', ...parts.slice(0, 3), '01'].join(':'), [gatewayOf(range)])
  const mine = new Set([flannel.name, bridge.name])
  const routes: Route[] = [
    { to: range, dev: 'cni0', rest: `proto kernel scope link src ${gatewayOf(range).split('/')[0]}` },
    ...others.map(({ podCidr }) => routeTo(podCidr)),
  ]
  host.setNetwork(
    [...host.interfaces.filter(({ name }) => !mine.has(name)), flannel, bridge],
    [...host.routes.filter(({ dev }) => !mine.has(dev)), ...routes].sort((a, b) => rank(a) - rank(b)),
  )
}

const rank = ({ to }: Route): number => (to === 'default' ? 0 : numberOf(firstOf(to)))

/** What the plugin says on a node where flanneld has not written its file. */
export const NO_SUBNET_ENV = `plugin type="flannel" failed (add): failed to load flannel 'subnet.env' file: open ${SUBNET_ENV}: no such file or directory. Check the flannel pod log for this node.`
