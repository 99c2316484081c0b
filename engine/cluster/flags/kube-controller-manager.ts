/**
 * What kube-controller-manager's command line comes to (O1, O3, O9, B1): flags, options, its own certificate,
 * kubeconfig, authorities. Models cmd/kube-controller-manager/app. Files that only controllers read are
 * looked at by `lateFailure`, once the process leads.
 */
import { otherAccounts } from '../../controllers/identities.ts'
import type { ManagerStart } from '../../controllers/manager.ts'
import { nodeLifecycleFlags } from '../../controllers/nodelifecycle/flags.ts'
import type { NodeLifecycleFlags } from '../../controllers/nodelifecycle/flags.ts'
import type { ControllerFlags } from '../controllers.ts'
import { parseCertificates } from '../../pki/index.ts'
import { readerOf } from './command-line.ts'
import type { Program, Scene, Started } from './command-line.ts'
import { controllerProblems, disabledControllers } from './controller-names.ts'
import { delegatedProblem, servingPortProblems, servingProblem } from './delegated.ts'
import { notSimulated, withoutEffect } from './effects.ts'
import type { Effects } from './effects.ts'
import { aggregate, commandFailed, klogLine, klogValue, openProblem } from './host.ts'
import type { FlagHost, Refusal } from './host.ts'
import { privateKeyProblem, pairFilesProblem } from './key-pairs.ts'
import { MANAGER_ROWS } from './kube-controller-manager-rows.ts'
import { kubeconfigProblem } from './kubeconfig.ts'
import { electorProblem, leaderElectionOf } from './leader-election.ts'
import type { LeaderElectionSettings } from './leader-election.ts'
import type { Flags } from './pflag.ts'
import { sectionedUsage } from './usage.ts'
import { isCidr, quoted } from './values.ts'

export interface ManagerSettings {
  version: string
  minor: number
  kubeconfig: string
  master: string
  bindAddress: string
  /** 0: it does not serve. */
  securePort: number
  clientCaFile: string
  leaderElection: LeaderElectionSettings
  nodeLifecycle: NodeLifecycleFlags
  /** --controllers as given. */
  controllers: string[]
  /** Controllers that do not run, by the simulation's names. */
  disabledControllers: string[]
  /** --concurrent-*-syncs, by the words between. */
  concurrentSyncs: Record<string, number>
  allocateNodeCidrs: boolean
  clusterCidrs: string[]
  /** --node-cidr-mask-size[-ipv4], 24 by default. */
  nodeCidrMaskSize: number
  serviceClusterIpRange: string
  clusterName: string
  signing: { certFile: string; keyFile: string; durationMs: number }
  rootCaFile: string
  serviceAccountPrivateKeyFile: string
  terminatedPodGcThreshold: number
  horizontalPodAutoscaler: {
    syncPeriodMs: number
    downscaleStabilizationMs: number
    cpuInitializationPeriodMs: number
    initialReadinessDelayMs: number
    tolerance: number
  }
  kubeApiQps: number
  kubeApiBurst: number
  useServiceAccountCredentials: boolean
  featureGates: Record<string, boolean>
  withoutEffect: string[]
}

const PROGRAM: Program = {
  name: 'kube-controller-manager',
  table: MANAGER_ROWS,
  usage: sectionedUsage,
  isVerbose: true,
  afterMs: 100,
}

const LIFECYCLE = [
  ...['node-monitor-period', 'node-monitor-grace-period', 'node-startup-grace-period', 'node-eviction-rate'],
  ...['secondary-node-eviction-rate', 'large-cluster-size-threshold', 'unhealthy-zone-threshold'],
]

const EFFECTS: Effects = {
  acting: [
    ...LIFECYCLE,
    ...['kubeconfig', 'bind-address', 'secure-port', 'client-ca-file', 'controllers', 'cluster-signing-cert-file'],
    ...['cluster-signing-key-file', 'root-ca-file', 'service-account-private-key-file', 'allocate-node-cidrs'],
    ...['cluster-cidr', 'leader-elect', 'leader-elect-lease-duration', 'leader-elect-renew-deadline'],
    ...['leader-elect-retry-period', 'terminated-pod-gc-threshold', 'requestheader-client-ca-file'],
    ...['authentication-kubeconfig', 'authorization-kubeconfig', 'enable-taint-manager', 'tls-cert-file'],
    ...['tls-private-key-file', 'horizontal-pod-autoscaler-sync-period', 'horizontal-pod-autoscaler-tolerance'],
    ...['horizontal-pod-autoscaler-downscale-stabilization', 'horizontal-pod-autoscaler-initial-readiness-delay'],
    ...['horizontal-pod-autoscaler-cpu-initialization-period', 'enable-garbage-collector', 'node-cidr-mask-size'],
    ...['node-cidr-mask-size-ipv4', 'kube-api-qps', 'kube-api-burst'],
  ],
  kubeadm: {
    'cluster-name': '*',
    'service-cluster-ip-range': '*',
    'use-service-account-credentials': 'true',
    'flex-volume-plugin-dir': '*',
    port: '0',
  },
}

export const readManager = readerOf(PROGRAM, start)

function start(scene: Scene): Started<ManagerSettings> {
  const { flags, minor, host, version } = scene
  const warnings = flags.warnings.map((line) => `${line}\n`).join('')
  const problems = [
    ...servingPortProblems(flags),
    ...controllerProblems(flags.list('controllers'), minor),
    ...migration(flags),
  ]
  if (problems.length > 0) return ended(warnings, host, 100, aggregate(problems))
  const certificate = warnings + generated(flags, host.nowMs + 60)
  const failure = configProblem(scene)
  if (failure !== undefined) return ended(certificate, host, 550, failure)
  const settings = settingsOf(scene)
  const elector = electorProblem(settings.leaderElection)
  const said = certificate + startLines(version, host.nowMs + 560)
  if (elector !== undefined)
    return { refused: `${said}panic: ${elector}\n\ngoroutine 1 [running]:\n`, code: 2, afterMs: 600 }
  return { settings, log: said + notSimulated(settings.withoutEffect) }
}

/** A process without certificate files makes one for itself. */
export const generated = (flags: Flags, ms: number): string =>
  flags.text('tls-cert-file') === '' && flags.number('secure-port') !== 0
    ? klogLine('I', ms, 'serving.go:386', 'Generated self-signed cert in-memory')
    : ''

const startLines = (version: string, ms: number): string =>
  klogLine('I', ms, 'controllermanager.go:188', `"Starting" version="v${version}"`) +
  klogLine('I', ms + 0.1, 'controllermanager.go:190', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""')

const ended = (before: string, host: FlagHost, afterMs: number, error: string): Refusal => ({
  refused: before + commandFailed(host.nowMs + afterMs, error),
  code: 1,
  afterMs,
})

function migration(flags: Flags): string[] {
  return flags.bool('enable-leader-migration') ? ['not simulated: --enable-leader-migration'] : []
}

function configProblem({ flags, host }: Scene): string | undefined {
  const path = flags.text('kubeconfig')
  const missing = path === '' ? inClusterProblem(flags) : kubeconfigProblem(host, path)
  return missing ?? servingProblem(flags, host) ?? delegatedProblem(flags, host)
}

function inClusterProblem(flags: Flags): string | undefined {
  return flags.text('master') === ''
    ? 'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable'
    : undefined
}

function settingsOf({ flags, version, minor }: Scene): ManagerSettings {
  const off = disabledControllers(flags.list('controllers'), minor)
  return {
    version,
    minor,
    kubeconfig: flags.text('kubeconfig'),
    master: flags.text('master'),
    bindAddress: flags.text('bind-address'),
    securePort: flags.number('secure-port'),
    clientCaFile: flags.text('client-ca-file'),
    leaderElection: leaderElectionOf(flags),
    nodeLifecycle: lifecycleOf(flags, minor),
    controllers: flags.list('controllers'),
    disabledControllers: [...new Set([...off, ...switchedOff(flags, minor)])],
    concurrentSyncs: concurrency(flags),
    allocateNodeCidrs: flags.bool('allocate-node-cidrs'),
    clusterCidrs: flags
      .text('cluster-cidr')
      .split(',')
      .filter((cidr) => cidr !== ''),
    nodeCidrMaskSize: flags.number('node-cidr-mask-size-ipv4') || flags.number('node-cidr-mask-size') || 24,
    serviceClusterIpRange: flags.text('service-cluster-ip-range'),
    clusterName: flags.text('cluster-name'),
    signing: {
      certFile: flags.text('cluster-signing-cert-file'),
      keyFile: flags.text('cluster-signing-key-file'),
      durationMs: flags.number('cluster-signing-duration'),
    },
    rootCaFile: flags.text('root-ca-file'),
    serviceAccountPrivateKeyFile: flags.text('service-account-private-key-file'),
    terminatedPodGcThreshold: flags.number('terminated-pod-gc-threshold'),
    horizontalPodAutoscaler: {
      syncPeriodMs: flags.number('horizontal-pod-autoscaler-sync-period'),
      downscaleStabilizationMs: flags.number('horizontal-pod-autoscaler-downscale-stabilization'),
      cpuInitializationPeriodMs: flags.number('horizontal-pod-autoscaler-cpu-initialization-period'),
      initialReadinessDelayMs: flags.number('horizontal-pod-autoscaler-initial-readiness-delay'),
      tolerance: flags.number('horizontal-pod-autoscaler-tolerance'),
    },
    kubeApiQps: flags.number('kube-api-qps'),
    kubeApiBurst: flags.number('kube-api-burst'),
    useServiceAccountCredentials: flags.bool('use-service-account-credentials'),
    featureGates: Object.fromEntries(
      Object.entries(flags.map('feature-gates')).map(([name, value]) => [name, value === 'true']),
    ),
    withoutEffect: withoutEffect(flags, effectsOf(minor), minor),
  }
}

/** --pod-eviction-timeout acts on the releases that had it (B1). */
const effectsOf = (minor: number): Effects =>
  minor <= 12 ? { ...EFFECTS, acting: [...EFFECTS.acting, 'pod-eviction-timeout'] } : EFFECTS

/** Controllers that other flags switch off, or that say at their start that they lack a file. */
function switchedOff(flags: Flags, minor: number): string[] {
  const without = (name: string): boolean => flags.text(name) === ''
  return [
    ...(flags.bool('allocate-node-cidrs') ? [] : ['node-ipam-controller']),
    ...(flags.bool('enable-garbage-collector') ? [] : ['garbage-collector-controller']),
    ...(minor < 27 && !flags.bool('enable-taint-manager') ? ['taint-eviction-controller'] : []),
    ...(without('service-account-private-key-file') ? ['serviceaccount-token'] : []),
    ...(without('cluster-signing-cert-file') ? ['csrsigning'] : []),
    ...(without('root-ca-file') ? ['root-ca-cert-publisher'] : []),
  ]
}

function lifecycleOf(flags: Flags, minor: number): NodeLifecycleFlags {
  const defaults = nodeLifecycleFlags(minor)
  const or = (name: string, preset: number): number => (flags.isSet(name) ? flags.number(name) : preset)
  return {
    nodeMonitorPeriodMs: or('node-monitor-period', defaults.nodeMonitorPeriodMs),
    nodeMonitorGracePeriodMs: or('node-monitor-grace-period', defaults.nodeMonitorGracePeriodMs),
    nodeStartupGracePeriodMs: or('node-startup-grace-period', defaults.nodeStartupGracePeriodMs),
    nodeEvictionRate: or('node-eviction-rate', defaults.nodeEvictionRate),
    secondaryNodeEvictionRate: or('secondary-node-eviction-rate', defaults.secondaryNodeEvictionRate),
    largeClusterSizeThreshold: or('large-cluster-size-threshold', defaults.largeClusterSizeThreshold),
    unhealthyZoneThreshold: or('unhealthy-zone-threshold', defaults.unhealthyZoneThreshold),
    podEvictionTimeoutMs: or('pod-eviction-timeout', defaults.podEvictionTimeoutMs),
  }
}

function concurrency(flags: Flags): Record<string, number> {
  const given = [...flags.given.keys()].flatMap((name) => {
    const words = /^concurrent-(.+)-syncs$/.exec(name)?.[1]
    return words === undefined ? [] : [[words, flags.number(name)] as const]
  })
  return Object.fromEntries(given)
}

/** Node lifecycle's flags of a manager's settings. */
export const nodeLifecycleFlagsOf = (settings: ManagerSettings): NodeLifecycleFlags => settings.nodeLifecycle

/** How the manager's process is started (engine/controllers/manager.ts). */
export const managerStartOf = (settings: ManagerSettings): ManagerStart => ({
  leaderElect: settings.leaderElection.leaderElect,
  disabled: settings.disabledControllers,
  qps: settings.kubeApiQps,
  burst: settings.kubeApiBurst,
  ...(settings.useServiceAccountCredentials && { accounts: otherAccounts(settings.minor) }),
})

/** Flags of single controllers, in the shape of `ControllerFlags` (engine/cluster/controllers.ts). */
export function controllerFlagsOf(settings: ManagerSettings): Partial<ControllerFlags> {
  const { terminatedPodGcThreshold, nodeCidrMaskSize, horizontalPodAutoscaler, clusterCidrs } = settings
  const clusterCidr = clusterCidrs.find((cidr) => !cidr.includes(':'))
  return {
    terminatedPodGcThreshold,
    nodeCidrMaskSize,
    horizontalPodAutoscaler,
    ...(clusterCidr !== undefined && { clusterCidr }),
  }
}

/** Why a manager that has begun to lead ends after all (O3). */
export interface LateFailure {
  /** As upstream names it. */
  controller: string
  text: string
}

/** The first controller that cannot start with the files as they are now; asked when the process has become leader. */
export function lateFailure(settings: ManagerSettings, host: FlagHost): LateFailure | undefined {
  const runs = (engine: string): boolean => !settings.disabledControllers.includes(engine)
  return (
    (runs('serviceaccount-token') ? tokenFailure(settings, host) : undefined) ??
    (runs('csrsigning') ? signingFailure(settings, host) : undefined) ??
    (runs('node-ipam-controller') ? ipamFailure(settings) : undefined)
  )
}

function tokenFailure(
  { rootCaFile, serviceAccountPrivateKeyFile }: ManagerSettings,
  host: FlagHost,
): LateFailure | undefined {
  const controller = 'serviceaccount-token-controller'
  const key = privateKeyProblem(host, serviceAccountPrivateKeyFile)
  if (key !== undefined) return { controller, text: `error reading key for service account token controller: ${key}` }
  if (rootCaFile === '') return undefined
  const ca =
    host.sound?.([rootCaFile]) === true
      ? undefined
      : (openProblem(host, rootCaFile) ?? caProblem(host.read(rootCaFile) ?? ''))
  return ca === undefined ? undefined : { controller, text: `error parsing root-ca-file at ${rootCaFile}: ${ca}` }
}

const caProblem = (text: string): string | undefined =>
  parseCertificates(text).length > 0 ? undefined : 'data does not contain any valid RSA or ECDSA certificates'

function signingFailure({ signing: { certFile, keyFile } }: ManagerSettings, host: FlagHost): LateFailure | undefined {
  const certificate = openProblem(host, certFile)
  const key = openProblem(host, keyFile)
  const problem =
    (certificate && `error reading CA cert file ${quoted(certFile)}: ${certificate}`) ??
    (key && `error reading CA key file ${quoted(keyFile)}: ${key}`) ??
    pairFilesProblem(host, certFile, keyFile)
  if (problem === undefined) return undefined
  return {
    controller: 'certificatesigningrequest-signing-controller',
    text: `failed to start kubernetes.io/kubelet-serving certificate controller: ${problem}`,
  }
}

function ipamFailure({ clusterCidrs, nodeCidrMaskSize }: ManagerSettings): LateFailure | undefined {
  const controller = 'node-ipam-controller'
  const cidrs = clusterCidrs.length === 0 ? [''] : clusterCidrs
  const bad = cidrs.findIndex((cidr) => !isCidr(cidr.trim()))
  if (bad >= 0) return { controller, text: `invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${cidrs[bad]})` }
  const tooSmall = cidrs.some((cidr) => !cidr.includes(':') && Number(cidr.split('/')[1]) > nodeCidrMaskSize)
  const text =
    'Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family'
  return tooSmall ? { controller, text } : undefined
}

/** How long a new leader lives that cannot start its controllers. */
export const LATE_FAILURE_MS = 2_000

/** The last lines of such a process. */
export function lateFailureLog({ controller, text }: LateFailure, clockMs: number): string {
  const one = klogLine(
    'E',
    clockMs,
    'controllermanager.go:799',
    `"Error starting controller" err=${klogValue(text)} controller=${quoted(controller)}`,
  )
  return (
    one +
    klogLine('E', clockMs + 0.1, 'controllermanager.go:271', `"Error starting controllers" err=${klogValue(text)}`)
  )
}
