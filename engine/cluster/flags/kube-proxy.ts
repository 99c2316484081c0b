/**
 * What kube-proxy's command line and configuration file come to (O1, O6, O9). Models cmd/kube-proxy/app. A file
 * rules out all flags but --hostname-override; --master stands beside both.
 */
import { readerOf } from './command-line.ts'
import type { Program, Scene, Started } from './command-line.ts'
import { movedGates, gateProblem } from './feature-gates.ts'
import { notSimulated, withoutEffect } from './effects.ts'
import type { Effects } from './effects.ts'
import { aggregate, commandFailed, klogLine, klogValue, openProblem } from './host.ts'
import type { FlagHost, Refusal } from './host.ts'
import { PROXY_ROWS } from './kube-proxy-rows.ts'
import { kubeconfigProblem } from './kubeconfig.ts'
import type { Flags } from './pflag.ts'
import { decodeProxyConfig, proxyConfigOf, proxyConfigProblems } from './proxy-config.ts'
import type { ProxyConfig } from './proxy-config.ts'
import { plainUsage } from './usage.ts'

export interface ProxySettings extends ProxyConfig {
  version: string
  minor: number
  /** --config; empty: flags alone. */
  configFile: string
  master: string
  /** The node it asks for: --hostname-override, the file's, or the host's name. */
  nodeName: string
  /** --cleanup: it removes its rules and ends. */
  cleanup: boolean
  withoutEffect: string[]
}

const PROGRAM: Program = {
  name: 'kube-proxy',
  table: PROXY_ROWS,
  usage: plainUsage,
  isVerbose: true,
  afterMs: 50,
}

const EFFECTS: Effects = {
  acting: [
    ...['config', 'kubeconfig', 'master', 'hostname-override', 'proxy-mode', 'cluster-cidr', 'healthz-bind-address'],
    ...['metrics-bind-address', 'nodeport-addresses', 'bind-address', 'cleanup', 'iptables-localhost-nodeports'],
  ],
  kubeadm: {},
}

export const readProxy = readerOf(PROGRAM, start)

function start(scene: Scene): Started<ProxySettings> {
  const { flags, minor, host } = scene
  const warnings = flags.warnings.map((line) => `${line}\n`).join('')
  const end = (before: string, error: string, afterMs = 50): Refusal => ({
    refused: before + commandFailed(host.nowMs + afterMs, error),
    code: 1,
    afterMs,
  })
  const completed = complete(scene)
  if ('error' in completed) return end(warnings, `failed complete: ${completed.error}`)
  const said = warnings + lenientLine(host, completed.lenient)
  const problems = proxyConfigProblems(completed.config, minor)
  if (problems.length > 0) return end(said, `failed validate: ${aggregate(problems)}`)
  const client = clientProblem(completed.config, flags, host)
  if (client !== undefined) {
    const line = klogLine('E', host.nowMs + 60, 'server.go:136', `"Error running ProxyServer" err=${klogValue(client)}`)
    return end(said + line, client, 60)
  }
  const settings = settingsOf(scene, completed.config)
  return { settings, log: said + notSimulated(settings.withoutEffect) }
}

const lenientLine = (host: FlagHost, lenient: string | undefined): string =>
  lenient === undefined
    ? ''
    : klogLine(
        'I',
        host.nowMs + 30,
        'options.go:498',
        `"Using lenient decoding as strict decoding failed" err=${klogValue(lenient)}`,
      )

function complete({ flags, host, minor }: Scene): { config: ProxyConfig; lenient?: string } | { error: string } {
  const path = flags.text('config')
  if (path === '') return { config: flagConfig(flags) }
  const missing = openProblem(host, path)
  if (missing !== undefined) return { error: missing }
  const decoded = decodeProxyConfig(host.read(path) ?? '')
  if ('error' in decoded) return decoded
  const config = proxyConfigOf(decoded.object)
  const gates = gateProblem(config.featureGates, minor)
  if (gates !== undefined) return { error: gates }
  const override = flags.text('hostname-override').trim().toLowerCase()
  return {
    config: override === '' ? config : { ...config, hostnameOverride: override },
    ...(decoded.lenient !== undefined && { lenient: decoded.lenient }),
  }
}

function flagConfig(flags: Flags): ProxyConfig {
  return {
    mode: flags.text('proxy-mode'),
    clusterCidr: flags.text('cluster-cidr'),
    kubeconfig: flags.text('kubeconfig'),
    hostnameOverride: flags.text('hostname-override'),
    bindAddress: flags.text('bind-address') || '0.0.0.0',
    healthzBindAddress: flags.text('healthz-bind-address'),
    metricsBindAddress: flags.text('metrics-bind-address'),
    nodePortAddresses: flags.list('nodeport-addresses'),
    detectLocalMode: flags.text('detect-local-mode'),
    iptables: {
      localhostNodePorts: flags.text('iptables-localhost-nodeports') !== 'false',
      masqueradeAll: flags.bool('masquerade-all'),
      syncPeriodMs: flags.number('iptables-sync-period'),
      minSyncPeriodMs: flags.number('iptables-min-sync-period'),
    },
    ipvs: { scheduler: flags.text('ipvs-scheduler'), strictArp: flags.bool('ipvs-strict-arp') },
    featureGates: flags.map('feature-gates'),
    configSyncPeriodMs: flags.number('config-sync-period'),
  }
}

const IN_CLUSTER = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Without a kubeconfig it must run in a pod that has a token. */
function clientProblem({ kubeconfig }: ProxyConfig, flags: Flags, host: FlagHost): string | undefined {
  if (kubeconfig !== '') return kubeconfigProblem(host, kubeconfig)
  if (flags.text('master') !== '' || host.read(`${IN_CLUSTER}/token`) !== undefined) return undefined
  return 'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined'
}

function settingsOf({ flags, version, minor, host }: Scene, config: ProxyConfig): ProxySettings {
  const ofFile = flags.text('config') === '' ? [] : movedGates(config.featureGates, minor)
  return {
    ...config,
    version,
    minor,
    configFile: flags.text('config'),
    master: flags.text('master'),
    nodeName: config.hostnameOverride === '' ? (host.name ?? '') : config.hostnameOverride,
    cleanup: flags.bool('cleanup'),
    withoutEffect: [
      ...withoutEffect(flags, EFFECTS, minor),
      ...ofFile.map((gate) => `feature-gates=${gate}`),
      ...(['ipvs', 'nftables', 'userspace'].includes(config.mode) ? [`proxy-mode=${config.mode}`] : []),
    ],
  }
}
