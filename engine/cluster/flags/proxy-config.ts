/** KubeProxyConfiguration (O6). Models pkg/proxy/apis/config: strict decoding falls back to lenient. */
import { isAddress } from '../../pki/index.ts'
import { parseGoDuration } from '../../objects/duration.ts'
import { decode, fieldOf, listOf, strictProblem, textOf } from './config-file.ts'
import type { Fields, Schema } from './config-file.ts'
import { isCidr, quoted } from './values.ts'

const SCHEME = 'pkg/proxy/apis/config/scheme/scheme.go:30'
const KINDS = { KubeProxyConfiguration: ['kubeproxy.config.k8s.io/v1alpha1'] }
const LOGGING: Schema = { format: true, flushFrequency: true, verbosity: true, vmodule: true, options: true }
const SCHEMA: Schema = {
  apiVersion: true,
  kind: true,
  bindAddress: true,
  bindAddressHardFail: true,
  clientConnection: { kubeconfig: true, acceptContentTypes: true, contentType: true, qps: true, burst: true },
  clusterCIDR: true,
  configSyncPeriod: true,
  conntrack: {
    max: true,
    maxPerCore: true,
    min: true,
    tcpBeLiberal: true,
    tcpCloseWaitTimeout: true,
    tcpEstablishedTimeout: true,
    udpStreamTimeout: true,
    udpTimeout: true,
  },
  detectLocal: { bridgeInterface: true, interfaceNamePrefix: true },
  detectLocalMode: true,
  enableProfiling: true,
  featureGates: true,
  healthzBindAddress: true,
  hostnameOverride: true,
  iptables: {
    localhostNodePorts: true,
    masqueradeAll: true,
    masqueradeBit: true,
    minSyncPeriod: true,
    syncPeriod: true,
  },
  ipvs: {
    excludeCIDRs: true,
    minSyncPeriod: true,
    scheduler: true,
    strictARP: true,
    syncPeriod: true,
    tcpFinTimeout: true,
    tcpTimeout: true,
    udpTimeout: true,
  },
  logging: LOGGING,
  metricsBindAddress: true,
  mode: true,
  nftables: { masqueradeAll: true, masqueradeBit: true, minSyncPeriod: true, syncPeriod: true },
  nodePortAddresses: true,
  oomScoreAdj: true,
  portRange: true,
  showHiddenMetricsForVersion: true,
  udpIdleTimeout: true,
  windowsRunAsService: true,
  winkernel: true,
}

/** The object of a file; `lenient` is what strict decoding complained of. */
export function decodeProxyConfig(text: string): { object: Fields; lenient?: string } | { error: string } {
  const decoded = decode(text, KINDS, SCHEME)
  if ('error' in decoded) return decoded
  const lenient = strictProblem(decoded.object, SCHEMA)
  return { object: decoded.object, ...(lenient !== undefined && { lenient }) }
}

/** What a proxy acts by, of a file or of flags. */
export interface ProxyConfig {
  /** '' is iptables. */
  mode: string
  clusterCidr: string
  kubeconfig: string
  hostnameOverride: string
  bindAddress: string
  healthzBindAddress: string
  metricsBindAddress: string
  nodePortAddresses: string[]
  detectLocalMode: string
  iptables: { localhostNodePorts: boolean; masqueradeAll: boolean; syncPeriodMs: number; minSyncPeriodMs: number }
  ipvs: { scheduler: string; strictArp: boolean }
  featureGates: Record<string, string>
  configSyncPeriodMs: number
}

function durationOf(value: unknown, preset: number): number {
  try {
    const ms = typeof value === 'string' ? parseGoDuration(value) : 0
    return ms === 0 ? preset : ms
  } catch {
    return preset
  }
}

const withPort = (address: string, port: number): string =>
  address === '' || /:\d+$/.test(address) ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`

export function proxyConfigOf(object: Fields): ProxyConfig {
  const text = (...path: string[]): string => textOf(fieldOf(object, ...path))
  const local = fieldOf(object, 'iptables', 'localhostNodePorts')
  return {
    mode: text('mode'),
    clusterCidr: text('clusterCIDR'),
    kubeconfig: text('clientConnection', 'kubeconfig'),
    hostnameOverride: text('hostnameOverride'),
    bindAddress: text('bindAddress') || '0.0.0.0',
    healthzBindAddress: withPort(text('healthzBindAddress') || '0.0.0.0:10256', 10_256),
    metricsBindAddress: withPort(text('metricsBindAddress') || '127.0.0.1:10249', 10_249),
    nodePortAddresses: listOf(object['nodePortAddresses']).map(textOf),
    detectLocalMode: text('detectLocalMode'),
    iptables: {
      localhostNodePorts: local !== false,
      masqueradeAll: fieldOf(object, 'iptables', 'masqueradeAll') === true,
      syncPeriodMs: durationOf(fieldOf(object, 'iptables', 'syncPeriod'), 30_000),
      minSyncPeriodMs: durationOf(fieldOf(object, 'iptables', 'minSyncPeriod'), 1_000),
    },
    ipvs: { scheduler: text('ipvs', 'scheduler'), strictArp: fieldOf(object, 'ipvs', 'strictARP') === true },
    featureGates: Object.fromEntries(
      Object.entries((object['featureGates'] ?? {}) as Fields).map(([name, value]) => [name, String(value)]),
    ),
    configSyncPeriodMs: durationOf(object['configSyncPeriod'], 900_000),
  }
}

/** Models pkg/proxy/apis/config/validation. */
export function proxyConfigProblems(config: ProxyConfig, minor: number): string[] {
  const at = (field: string, value: string, why: string): string =>
    `KubeProxyConfiguration.${field}: Invalid value: ${quoted(value)}: ${why}`
  const modes = ['', 'iptables', 'ipvs', ...(minor >= 29 ? ['nftables'] : []), ...(minor < 26 ? ['userspace'] : [])]
  const [cidrs, mode] =
    minor >= 33 ? ['DetectLocalConfiguration.ClusterCIDRs[0]', 'Mode.ProxyMode'] : ['ClusterCIDR', 'Mode.ProxyMode']
  return [
    ...(config.configSyncPeriodMs <= 0 ? [at('ConfigSyncPeriod', '0s', 'must be greater than 0')] : []),
    ...(isAddress(config.bindAddress)
      ? []
      : [at('BindAddress', config.bindAddress, 'not a valid textual representation of an IP address')]),
    ...addressProblems('HealthzBindAddress', config.healthzBindAddress, at),
    ...addressProblems('MetricsBindAddress', config.metricsBindAddress, at),
    ...(modes.includes(config.mode) ? [] : [at(mode as string, config.mode, modeText(modes))]),
    ...config.clusterCidr
      .split(',')
      .filter((cidr) => cidr !== '' && !isCidr(cidr))
      .map((cidr) =>
        at(cidrs as string, cidr, 'must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)'),
      ),
    ...config.nodePortAddresses.flatMap((address, index) =>
      isCidr(address) || (address === 'primary' && minor >= 31)
        ? []
        : [at(`NodePortAddresses[${index}]`, address, 'must be a valid CIDR')],
    ),
  ]
}

/** Sorted, as upstream prints them. */
const modeText = (modes: readonly string[]): string =>
  `must be ${modes
    .filter((mode) => mode !== '')
    .sort()
    .join(', ')} or blank (blank means the best-available proxy [currently iptables])`

function addressProblems(
  field: string,
  address: string,
  at: (field: string, value: string, why: string) => string,
): string[] {
  if (address === '') return []
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(address)
  if (match === null) return [at(field, address, 'must be IP:port')]
  return isAddress(match[1] ?? match[2] ?? '') ? [] : [at(field, address, 'must be a valid IP')]
}
