/** What kube-proxy says while it starts (O6). Models cmd/kube-proxy/app/server.go, server_linux.go and pkg/proxy/config. */
import { klogLine, klogValue } from '../objects/klog.ts'
import type { ProxySettings } from './flags/kube-proxy.ts'

/** What `mode` in its configuration comes to. */
export const MODES: Record<string, string> = {
  '': 'iptables',
  iptables: 'iptables',
  ipvs: 'ipvs',
  nftables: 'nftables',
}

const CONTROLLERS = [
  ['service config', 'config.go:199'],
  ['endpoint slice config', 'config.go:105'],
  ['serviceCIDR config', 'config.go:440'],
  ['node config', 'config.go:329'],
] as const

const PORTS_UNSET =
  'nodePortAddresses is unset; NodePort connections will be accepted on all local IPs. Consider using `--nodeport-addresses primary`'

const ROUTE_LOCALNET =
  'Setting route_localnet=1 to allow node-ports on localhost; to change this either disable iptables.localhostNodePorts (--iptables-localhost-nodeports) or set nodePortAddresses (--nodeport-addresses) to filter loopback addresses'

const modeOf = ({ mode }: ProxySettings): string => MODES[mode] ?? mode

/** The first line of all. */
export const startLine = (clockMs: number, settings: ProxySettings): string =>
  klogLine('I', clockMs, 'server_linux.go:63', `"Using ${modeOf(settings)} proxy"`)

/** From its node's addresses to the start of its informers; without addresses it takes itself for the loopback. */
export function foundLines(clockMs: number, settings: ProxySettings, addresses?: readonly string[]): string {
  const line = (level: 'I' | 'E', file: string, text: string): string => klogLine(level, clockMs, file, text)
  const mode = modeOf(settings)
  const isOpen = settings.nodePortAddresses.length === 0
  return [
    addresses === undefined ? '' : retrieved(settings, addresses, line),
    isOpen
      ? line(
          'E',
          'server.go:245',
          `"Kube-proxy configuration may be incomplete or incorrect" err=${klogValue(PORTS_UNSET)}`,
        )
      : '',
    line('I', 'server.go:254', '"kube-proxy running in dual-stack mode" primary ipFamily="IPv4"'),
    line('I', 'server_linux.go:145', `"Using ${mode} Proxier"`),
    mode === 'iptables' && isOpen && settings.iptables.localhostNodePorts
      ? line('I', 'proxier.go:243', `${JSON.stringify(ROUTE_LOCALNET)} ipFamily="IPv4"`)
      : '',
    line('I', 'server.go:516', `"Version info" version="v${settings.version}"`),
    line('I', 'server.go:518', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""'),
    ...CONTROLLERS.flatMap(([name, file]) => [
      line('I', file, `"Starting ${name} controller"`),
      line('I', 'shared_informer.go:350', `"Waiting for caches to sync" controller="${name}"`),
    ]),
  ].join('')
}

/** 1.34 asks by an informer, and says it in other words. */
function retrieved(
  { minor }: ProxySettings,
  addresses: readonly string[],
  line: (level: 'I', file: string, text: string) => string,
): string {
  const shown = JSON.stringify(addresses)
  return minor >= 34
    ? line('I', 'server.go:218', `"Successfully retrieved NodeIPs" NodeIPs=${shown}`)
    : line('I', 'server.go:715', `"Successfully retrieved node IP(s)" IPs=${shown}`)
}

export const SYNCED_LINES = CONTROLLERS.map(([name]) => `"Caches are synced" controller="${name}"`)
