/**
 * KubeSchedulerConfiguration. Models pkg/scheduler/apis/config (v1 and before; scheme, defaults, validation):
 * decoding is strict, and which versions are read depends on the release (O3, O9). Not modelled: extenders,
 * arguments of plugins beyond NodeResourcesFit's strategy and InterPodAffinity's hard weight.
 */
import type { ScoringStrategy } from '../../scheduler/scores/node-resources.ts'
import { parseGoDuration } from '../../objects/duration.ts'
import { decode, fieldOf, listOf, strictProblem, textOf } from './config-file.ts'
import type { Fields, Schema } from './config-file.ts'
import { aggregate } from './host.ts'
import type { LeaderElectionSettings } from './leader-election.ts'
import { leaderElectionProblems } from './leader-election.ts'
import { quoted } from './values.ts'

export interface SchedulerProfile {
  schedulerName: string
  percentageOfNodesToScore?: number
  /** Filters that run, in order, by their plugins' names. */
  filters: string[]
  /** Scores that run, with their weights. */
  scores: { name: string; weight: number }[]
  /** Whether DefaultPreemption runs. */
  preempts: boolean
  /** Arguments by plugin. */
  args: Record<string, unknown>
  /** NodeResourcesFit's scoringStrategy. */
  scoring?: ScoringStrategy
}

export interface SchedulerConfig {
  kubeconfig: string
  leaderElection: LeaderElectionSettings
  profiles: SchedulerProfile[]
  percentageOfNodesToScore: number
  podInitialBackoffMs: number
  podMaxBackoffMs: number
  kubeApiQps: number
  kubeApiBurst: number
  extenders: number
}

const GROUP = 'kubescheduler.config.k8s.io'
const SCHEME = 'pkg/scheduler/apis/config/scheme/scheme.go:29'

/** Version → the releases that read it. */
const VERSIONS: [version: string, since: number, removed: number][] = [
  ['v1alpha1', 0, 21],
  ['v1alpha2', 18, 21],
  ['v1beta1', 19, 23],
  ['v1beta2', 22, 28],
  ['v1beta3', 23, 29],
  ['v1', 25, Infinity],
]

/** The versions of the group that a release reads. */
const schedulerVersions = (minor: number): string[] =>
  VERSIONS.filter(([, since, removed]) => since <= minor && minor < removed).map(([version]) => `${GROUP}/${version}`)

const POINTS = [
  ...['preEnqueue', 'queueSort', 'preFilter', 'filter', 'postFilter', 'preScore', 'score', 'reserve', 'permit'],
  ...['preBind', 'bind', 'postBind', 'multiPoint'],
]
const SET: Schema = { enabled: [{ name: true, weight: true }], disabled: [{ name: true, weight: true }] }
const SCHEMA: Schema = {
  apiVersion: true,
  kind: true,
  parallelism: true,
  leaderElection: {
    leaderElect: true,
    leaseDuration: true,
    renewDeadline: true,
    retryPeriod: true,
    resourceLock: true,
    resourceName: true,
    resourceNamespace: true,
  },
  clientConnection: { kubeconfig: true, acceptContentTypes: true, contentType: true, qps: true, burst: true },
  enableProfiling: true,
  enableContentionProfiling: true,
  percentageOfNodesToScore: true,
  podInitialBackoffSeconds: true,
  podMaxBackoffSeconds: true,
  delayCacheUntilActive: true,
  profiles: [
    {
      schedulerName: true,
      percentageOfNodesToScore: true,
      plugins: Object.fromEntries(POINTS.map((point) => [point, SET])),
      pluginConfig: [{ name: true, args: true }],
    },
  ],
  extenders: [true],
}
const OLD_FIELDS: Schema = { healthzBindAddress: true, metricsBindAddress: true }

/** Plugins by release, in the order of MultiPoint, with the weight of those that score (E1). */
const PLUGINS: { name: string; since?: number; removed?: number; weight?: number; points: string[] }[] = [
  { name: 'SchedulingGates', since: 26, points: ['preEnqueue'] },
  { name: 'PrioritySort', points: ['queueSort'] },
  { name: 'NodeUnschedulable', points: ['filter'] },
  { name: 'NodeName', points: ['filter'] },
  { name: 'TaintToleration', weight: 3, points: ['filter', 'preScore', 'score'] },
  { name: 'NodeAffinity', weight: 2, points: ['preFilter', 'filter', 'preScore', 'score'] },
  { name: 'NodePorts', points: ['preFilter', 'filter'] },
  { name: 'NodeResourcesFit', weight: 1, points: ['preFilter', 'filter', 'preScore', 'score'] },
  { name: 'VolumeRestrictions', points: ['preFilter', 'filter'] },
  { name: 'EBSLimits', removed: 31, points: ['filter'] },
  { name: 'GCEPDLimits', removed: 31, points: ['filter'] },
  { name: 'NodeVolumeLimits', points: ['preFilter', 'filter'] },
  { name: 'AzureDiskLimits', removed: 31, points: ['filter'] },
  { name: 'VolumeBinding', points: ['preFilter', 'filter', 'reserve', 'preBind', 'preScore', 'score'] },
  { name: 'VolumeZone', points: ['preFilter', 'filter'] },
  { name: 'PodTopologySpread', weight: 2, points: ['preFilter', 'filter', 'preScore', 'score'] },
  { name: 'InterPodAffinity', weight: 2, points: ['preFilter', 'filter', 'preScore', 'score'] },
  {
    name: 'DynamicResources',
    since: 26,
    points: ['preEnqueue', 'preFilter', 'filter', 'postFilter', 'reserve', 'preBind'],
  },
  { name: 'DefaultPreemption', points: ['postFilter', 'preEnqueue'] },
  { name: 'NodeResourcesBalancedAllocation', weight: 1, points: ['preFilter', 'preScore', 'score'] },
  { name: 'ImageLocality', weight: 1, points: ['score'] },
  { name: 'DefaultBinder', points: ['bind'] },
  { name: 'NodeDeclaredFeatures', since: 36, points: ['preFilter', 'filter'] },
  { name: 'SelectorSpread', removed: 29, points: ['preScore', 'score'] },
  { name: 'NodeLabel', removed: 26, points: ['filter', 'score'] },
  { name: 'ServiceAffinity', removed: 24, points: ['preFilter', 'filter', 'score'] },
]

const known = (minor: number): typeof PLUGINS =>
  PLUGINS.filter(({ since = 0, removed = Infinity }) => since <= minor && minor < removed)

interface PluginSet {
  enabled: { name: string; weight: number }[]
  disabled: string[]
}

function setOf(plugins: unknown, point: string): PluginSet {
  const names = (list: unknown): { name: string; weight: number }[] =>
    listOf(list).map((one) => ({ name: textOf(fieldOf(one, 'name')), weight: Number(fieldOf(one, 'weight') ?? 0) }))
  return {
    enabled: names(fieldOf(plugins, point, 'enabled')),
    disabled: names(fieldOf(plugins, point, 'disabled')).map(({ name }) => name),
  }
}

/** The plugins of one extension point: defaults and MultiPoint, less what is disabled, and what is enabled in its place. */
function pluginsAt(plugins: unknown, point: string, minor: number): { name: string; weight: number }[] {
  const own = setOf(plugins, point)
  const multi = setOf(plugins, 'multiPoint')
  const isOff = (name: string): boolean => own.disabled.includes('*') || own.disabled.includes(name)
  const isOffEverywhere = (name: string): boolean => multi.disabled.includes('*') || multi.disabled.includes(name)
  const byDefault = known(minor).filter(
    ({ name, points }) =>
      points.includes(point) &&
      !['SelectorSpread', 'NodeLabel', 'ServiceAffinity'].includes(name) &&
      !isOffEverywhere(name),
  )
  const named = multi.enabled.filter(({ name }) =>
    known(minor).some((one) => one.name === name && one.points.includes(point)),
  )
  const base = [
    ...byDefault
      .filter(({ name }) => !named.some((one) => one.name === name))
      .map(({ name, weight = 1 }) => ({ name, weight })),
    ...named.map(({ name, weight }) => ({ name, weight: weight || weightOf(name) })),
  ]
  const kept = base.filter(({ name }) => !isOff(name) && !own.enabled.some((one) => one.name === name))
  return [...own.enabled.map(({ name, weight }) => ({ name, weight: weight || 1 })), ...kept]
}

const weightOf = (name: string): number => PLUGINS.find((one) => one.name === name)?.weight ?? 1

function profileOf(value: unknown, minor: number): SchedulerProfile {
  const plugins = fieldOf(value, 'plugins')
  const percentage = fieldOf(value, 'percentageOfNodesToScore')
  const args = listOf(fieldOf(value, 'pluginConfig')).map(
    (one) => [textOf(fieldOf(one, 'name')), fieldOf(one, 'args')] as const,
  )
  return {
    schedulerName: textOf(fieldOf(value, 'schedulerName')) || 'default-scheduler',
    ...(typeof percentage === 'number' && { percentageOfNodesToScore: percentage }),
    filters: pluginsAt(plugins, 'filter', minor).map(({ name }) => name),
    scores: pluginsAt(plugins, 'score', minor),
    preempts: pluginsAt(plugins, 'postFilter', minor).some(({ name }) => name === 'DefaultPreemption'),
    args: Object.fromEntries(args),
    ...scoringOf(args.find(([name]) => name === 'NodeResourcesFit')?.[1]),
  }
}

/** `scoringStrategy` with upstream's defaults: processor and memory, alike. */
function scoringOf(args: unknown): Pick<SchedulerProfile, 'scoring'> {
  const strategy = fieldOf(args, 'scoringStrategy')
  if (strategy === undefined) return {}
  const resources = listOf(fieldOf(strategy, 'resources')).map((one) => ({
    name: textOf(fieldOf(one, 'name')),
    weight: Number(fieldOf(one, 'weight') ?? 1) || 1,
  }))
  const shape = listOf(fieldOf(strategy, 'requestedToCapacityRatio', 'shape')).map((one) => ({
    utilization: Number(fieldOf(one, 'utilization') ?? 0),
    score: Number(fieldOf(one, 'score') ?? 0),
  }))
  const even = ['cpu', 'memory'].map((name) => ({ name, weight: 1 }))
  const type = textOf(fieldOf(strategy, 'type')) || 'LeastAllocated'
  return { scoring: { type, resources: resources.length > 0 ? resources : even, shape } }
}

/** What a scheduler without a file runs. */
export const defaultProfile = (minor: number): SchedulerProfile => profileOf({}, minor)

/** Upstream's names of the points in its errors. */
const INTERFACES: Record<string, string> = {
  preFilter: 'PreFilterPlugin',
  filter: 'FilterPlugin',
  postFilter: 'PostFilterPlugin',
  reserve: 'ReservePlugin',
  preScore: 'PreScorePlugin',
  score: 'ScorePlugin',
  preBind: 'PreBindPlugin',
  bind: 'BindPlugin',
  postBind: 'PostBindPlugin',
  permit: 'PermitPlugin',
  preEnqueue: 'PreEnqueuePlugin',
  queueSort: 'QueueSortPlugin',
}

/** Why a profile's plugins cannot be made; undefined: they can. */
function pluginProblem(profile: unknown, minor: number): string | undefined {
  const plugins = fieldOf(profile, 'plugins')
  const names = new Set(known(minor).map(({ name }) => name))
  for (const [point, what] of Object.entries(INTERFACES))
    for (const { name } of setOf(plugins, point).enabled) {
      if (!names.has(name)) return `${what} ${quoted(name)} does not exist`
      if (!PLUGINS.some((one) => one.name === name && one.points.includes(point)))
        return `plugin ${quoted(name)} does not extend ${what} plugin`
    }
  const odd = setOf(plugins, 'multiPoint').enabled.find(({ name }) => !names.has(name))
  return odd && `PreFilterPlugin ${quoted(odd.name)} does not exist`
}

/** Why the scheduler cannot be made of its profiles; it says so after it has read the file and its kubeconfig. */
export function profilesProblem(object: Fields | undefined, minor: number): string | undefined {
  for (const profile of listOf(object?.['profiles'])) {
    const problem = pluginProblem(profile, minor)
    const name = textOf(fieldOf(profile, 'schedulerName')) || 'default-scheduler'
    if (problem !== undefined) return `initializing profiles: creating profile for scheduler name ${name}: ${problem}`
    if (pluginsAt(fieldOf(profile, 'plugins'), 'queueSort', minor).length === 0)
      return `initializing profiles: creating profile for scheduler name ${name}: only one queue sort plugin required for profile with scheduler name ${quoted(name)}, but got 0`
    if (pluginsAt(fieldOf(profile, 'plugins'), 'bind', minor).length === 0)
      return `initializing profiles: creating profile for scheduler name ${name}: at least one bind plugin is needed for profile with scheduler name ${quoted(name)}`
  }
  return undefined
}

/** The file as an object, or why it is not read. */
export function decodeSchedulerConfig(text: string, minor: number): { object: Fields } | { error: string } {
  const decoded = decode(text, { KubeSchedulerConfiguration: schedulerVersions(minor) }, SCHEME)
  if ('error' in decoded) return decoded
  const isOld = decoded.object['apiVersion'] === `${GROUP}/v1beta2` || minor < 22
  const strict = strictProblem(decoded.object, isOld ? { ...(SCHEMA as object), ...(OLD_FIELDS as object) } : SCHEMA)
  return strict === undefined ? decoded : { error: strict }
}

const durationOr = (value: unknown, preset: number): number => {
  try {
    return typeof value === 'string' ? parseGoDuration(value) : preset
  } catch {
    return preset
  }
}

/** The configuration of a file, over what flags and defaults give. */
export function configOf(object: Fields, base: SchedulerConfig, minor: number): SchedulerConfig {
  const election = (name: string): unknown => fieldOf(object, 'leaderElection', name)
  const number = (value: unknown, preset: number): number => (typeof value === 'number' ? value : preset)
  const profiles = listOf(object['profiles'])
  return {
    kubeconfig: textOf(fieldOf(object, 'clientConnection', 'kubeconfig')),
    leaderElection: {
      leaderElect: typeof election('leaderElect') === 'boolean' ? election('leaderElect') === true : true,
      leaseDurationMs: durationOr(election('leaseDuration'), 15_000),
      renewDeadlineMs: durationOr(election('renewDeadline'), 10_000),
      retryPeriodMs: durationOr(election('retryPeriod'), 2_000),
      resourceLock: textOf(election('resourceLock')) || 'leases',
      resourceName: textOf(election('resourceName')) || 'kube-scheduler',
      resourceNamespace: textOf(election('resourceNamespace')) || 'kube-system',
    },
    profiles: profiles.length === 0 ? base.profiles : profiles.map((profile) => profileOf(profile, minor)),
    percentageOfNodesToScore: number(object['percentageOfNodesToScore'], 0),
    podInitialBackoffMs: number(object['podInitialBackoffSeconds'], 1) * 1000,
    podMaxBackoffMs: number(object['podMaxBackoffSeconds'], 10) * 1000,
    kubeApiQps: number(fieldOf(object, 'clientConnection', 'qps'), 50),
    kubeApiBurst: number(fieldOf(object, 'clientConnection', 'burst'), 100),
    extenders: listOf(object['extenders']).length,
  }
}

/** Models ValidateKubeSchedulerConfiguration. */
export function schedulerConfigProblems(config: SchedulerConfig, object: Fields | undefined, minor: number): string[] {
  const percentages: [string, unknown][] = [
    ['percentageOfNodesToScore', object?.['percentageOfNodesToScore']],
    ...listOf(object?.['profiles']).map(
      (profile, index) =>
        [`profiles[${index}].percentageOfNodesToScore`, fieldOf(profile, 'percentageOfNodesToScore')] as [
          string,
          unknown,
        ],
    ),
  ]
  const names = config.profiles.map(({ schedulerName }) => schedulerName)
  const isSeveral = listOf(object?.['profiles']).length > 1
  return [
    ...(typeof object?.['parallelism'] === 'number' && object['parallelism'] <= 0
      ? [`parallelism: Invalid value: ${object['parallelism']}: should be an integer value greater than zero`]
      : []),
    ...leaderElectionProblems(config.leaderElection, minor),
    ...percentages.flatMap(([path, value]) =>
      typeof value === 'number' && (value < 0 || value > 100)
        ? [`${path}: Invalid value: ${value}: not in valid range [0-100]`]
        : [],
    ),
    ...listOf(object?.['profiles']).flatMap((profile, index) =>
      isSeveral && textOf(fieldOf(profile, 'schedulerName')) === ''
        ? [`profiles[${index}].schedulerName: Required value`]
        : [],
    ),
    ...names.flatMap((name, index) =>
      isSeveral && names.indexOf(name) !== index
        ? [`profiles[${index}].schedulerName: Duplicate value: ${quoted(name)}`]
        : [],
    ),
    ...(config.podInitialBackoffMs <= 0
      ? [`podInitialBackoffSeconds: Invalid value: ${config.podInitialBackoffMs / 1000}: must be greater than 0`]
      : []),
    ...(config.podMaxBackoffMs < config.podInitialBackoffMs
      ? [
          `podMaxBackoffSeconds: Invalid value: ${config.podMaxBackoffMs / 1000}: must be greater than or equal to PodInitialBackoffSeconds`,
        ]
      : []),
  ]
}

export const aggregated = (problems: string[]): string | undefined =>
  problems.length === 0 ? undefined : aggregate(problems)
