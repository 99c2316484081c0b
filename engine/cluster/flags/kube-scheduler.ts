/**
 * What kube-scheduler's command line and configuration file come to (O1, O3, O9). Models
 * cmd/kube-scheduler/app: flags, options, its own certificate, --config, serving, kubeconfig, profiles.
 */
import type { SchedulerStart } from '../../scheduler/profile.ts'
import { readerOf } from './command-line.ts'
import type { Program, Scene, Started } from './command-line.ts'
import { delegatedProblem, servingPortProblems, servingProblem } from './delegated.ts'
import { notSimulated, withoutEffect } from './effects.ts'
import type { Effects } from './effects.ts'
import type { Fields } from './config-file.ts'
import { aggregate, commandFailed, klogLine, openProblem } from './host.ts'
import type { Refusal } from './host.ts'
import { generated } from './kube-controller-manager.ts'
import { SCHEDULER_ROWS } from './kube-scheduler-rows.ts'
import { kubeconfigProblem } from './kubeconfig.ts'
import { leaderElectionOf } from './leader-election.ts'
import {
  configOf,
  decodeSchedulerConfig,
  defaultProfile,
  profilesProblem,
  schedulerConfigProblems,
} from './scheduler-config.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import { sectionedUsage } from './usage.ts'

export interface SchedulerSettings extends SchedulerConfig {
  version: string
  minor: number
  /** --config; empty: flags alone. */
  configFile: string
  master: string
  bindAddress: string
  securePort: number
  clientCaFile: string
  featureGates: Record<string, boolean>
  withoutEffect: string[]
}

const PROGRAM: Program = {
  name: 'kube-scheduler',
  table: SCHEDULER_ROWS,
  usage: sectionedUsage,
  isVerbose: true,
  afterMs: 80,
}

const EFFECTS: Effects = {
  acting: [
    ...['kubeconfig', 'config', 'bind-address', 'secure-port', 'leader-elect', 'leader-elect-lease-duration'],
    ...['leader-elect-renew-deadline', 'leader-elect-retry-period', 'authentication-kubeconfig', 'scheduler-name'],
    ...['authorization-kubeconfig', 'client-ca-file', 'requestheader-client-ca-file', 'tls-cert-file'],
    ...['tls-private-key-file', 'pod-max-in-unschedulable-pods-duration'],
  ],
  kubeadm: { port: '0' },
}

/** How the scheduler's process is started (engine/scheduler/profile.ts). */
export const schedulerStartOf = (settings: SchedulerSettings): SchedulerStart => ({
  leaderElect: settings.leaderElection.leaderElect,
  profiles: settings.profiles,
})

export const readScheduler = readerOf(PROGRAM, start)

function start(scene: Scene): Started<SchedulerSettings> {
  const { flags, minor, host, version } = scene
  const warnings = flags.warnings.map((line) => `${line}\n`).join('')
  const own = generated(flags, host.nowMs + 60)
  const end = (before: string, afterMs: number, error: string): Refusal => ({
    refused: before + commandFailed(host.nowMs + afterMs, error),
    code: 1,
    afterMs,
  })
  const options = [
    ...servingPortProblems(flags),
    ...(flags.text('config') === '' ? schedulerConfigProblems(flagConfig(scene), undefined, minor) : []),
  ]
  if (options.length > 0) return end(warnings, 80, aggregate(options))
  const file = readFile(scene)
  if ('error' in file) return end(warnings + own, 150, file.error)
  const config = file.object === undefined ? flagConfig(scene) : configOf(file.object, flagConfig(scene), minor)
  const failure = runProblem(scene, config)
  if (failure !== undefined) return end(warnings + own, 450, failure)
  const said = warnings + own + startLines(version, host.nowMs + 460)
  const profiles = profilesProblem(file.object, minor)
  if (profiles !== undefined) return end(said, 500, profiles)
  const settings = settingsOf(scene, config)
  return { settings, log: said + notSimulated(settings.withoutEffect) }
}

const startLines = (version: string, ms: number): string =>
  klogLine('I', ms, 'server.go:171', `"Starting Kubernetes Scheduler" version="v${version}"`) +
  klogLine('I', ms + 0.1, 'server.go:173', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""')

/** The file, decoded and validated; without --config there is none. */
function readFile(scene: Scene): { object: Fields | undefined } | { error: string } {
  const { flags, host, minor } = scene
  const path = flags.text('config')
  if (path === '') return { object: undefined }
  const missing = openProblem(host, path)
  if (missing !== undefined) return { error: missing }
  const decoded = decodeSchedulerConfig(host.read(path) ?? '', minor)
  if ('error' in decoded) return decoded
  const problems = schedulerConfigProblems(configOf(decoded.object, flagConfig(scene), minor), decoded.object, minor)
  return problems.length === 0 ? decoded : { error: aggregate(problems) }
}

function flagConfig({ flags, minor }: Scene): SchedulerConfig {
  const profile = defaultProfile(minor)
  const name = flags.text('scheduler-name')
  return {
    kubeconfig: flags.text('kubeconfig'),
    leaderElection: leaderElectionOf(flags),
    profiles: [name === '' ? profile : { ...profile, schedulerName: name }],
    percentageOfNodesToScore: 0,
    podInitialBackoffMs: 1_000,
    podMaxBackoffMs: 10_000,
    kubeApiQps: flags.number('kube-api-qps'),
    kubeApiBurst: flags.number('kube-api-burst'),
    extenders: 0,
  }
}

function runProblem({ flags, host }: Scene, config: SchedulerConfig): string | undefined {
  const kubeconfig =
    config.kubeconfig !== '' ? kubeconfigProblem(host, config.kubeconfig) : inClusterProblem(flags.text('master'))
  return servingProblem(flags, host) ?? delegatedProblem(flags, host) ?? kubeconfig
}

const inClusterProblem = (master: string): string | undefined =>
  master === ''
    ? 'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable'
    : undefined

/** Of the plugins' arguments only NodeResourcesFit's scoringStrategy acts. */
const hasSilentArgs = (args: Record<string, unknown>): boolean =>
  Object.entries(args).some(
    ([name, value]) =>
      name !== 'NodeResourcesFit' ||
      Object.keys((value ?? {}) as object).some((key) => !['scoringStrategy', 'apiVersion', 'kind'].includes(key)),
  )

function settingsOf({ flags, version, minor }: Scene, config: SchedulerConfig): SchedulerSettings {
  const args = config.profiles.some(({ args }) => hasSilentArgs(args)) ? ['config (pluginConfig)'] : []
  const extenders = config.extenders > 0 ? ['config (extenders)'] : []
  const backoff = config.podInitialBackoffMs !== 1_000 || config.podMaxBackoffMs !== 10_000
  return {
    ...config,
    version,
    minor,
    configFile: flags.text('config'),
    master: flags.text('master'),
    bindAddress: flags.text('bind-address'),
    securePort: flags.number('secure-port'),
    clientCaFile: flags.text('client-ca-file'),
    featureGates: Object.fromEntries(
      Object.entries(flags.map('feature-gates')).map(([name, value]) => [name, value === 'true']),
    ),
    withoutEffect: [
      ...withoutEffect(flags, EFFECTS, minor),
      ...args,
      ...extenders,
      ...(backoff ? ['config (podInitialBackoffSeconds, podMaxBackoffSeconds)'] : []),
    ],
  }
}
