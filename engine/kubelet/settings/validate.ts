/** What is wrong with a configuration's values. Models pkg/kubelet/apis/config/validation (O4). */
import { makeGoDuration, parseGoDuration } from '../../objects/duration.ts'
import type { ConfigTree } from './config-schema.ts'
import { fieldAt } from './decode.ts'

interface Facts {
  minor: number
  number(path: string): number
  text(path: string): string
  flag(path: string): boolean
  ms(path: string): number
  list(path: string): unknown[]
  said(path: string): boolean
  gate(name: string, byDefault: boolean): boolean
}

type Rule = (facts: Facts) => string | undefined

const between = (path: string, name: string, low: number, high: number, words = `${low} and ${high}`): Rule => {
  return (facts) => {
    const value = facts.number(path)
    return value < low || value > high ? `${name} ${value} must be between ${words}, inclusive` : undefined
  }
}

const notNegative = (path: string, name: string): Rule => {
  return (facts) => (facts.number(path) < 0 ? `${name} ${facts.number(path)} must not be a negative number` : undefined)
}

const port = (path: string, name: string, mayBeZero: boolean, words: string): Rule => {
  return (facts) => {
    const value = facts.number(path)
    const fine = (mayBeZero && value === 0) || (value >= 1 && value <= 65535)
    return fine ? undefined : `${name} ${value} must be between ${words}, inclusive`
  }
}

const oneOf = (path: string, allowed: readonly string[], say: (value: string) => string): Rule => {
  return (facts) => (allowed.includes(facts.text(path)) ? undefined : say(facts.text(path)))
}

const quoted = (words: readonly string[]): string => words.map((word) => JSON.stringify(word)).join(', ')
const POLICIES = ['none', 'best-effort', 'restricted', 'single-numa-node']
const ENFORCED = ['pods', 'system-reserved', 'kube-reserved', 'none']

const RULES: readonly Rule[] = [
  (facts) =>
    facts.number('nodeLeaseDurationSeconds') <= 0 ? 'nodeLeaseDurationSeconds must be greater than 0' : undefined,
  (facts) =>
    !facts.flag('cgroupsPerQOS') && facts.list('enforceNodeAllocatable').length > 0
      ? 'enforceNodeAllocatable (--enforce-node-allocatable) is not supported unless cgroupsPerQOS (--cgroups-per-qos) is set to true'
      : undefined,
  (facts) =>
    facts.text('systemCgroups') !== '' && facts.text('cgroupRoot') === ''
      ? 'systemCgroups (--system-cgroups) was specified and cgroupRoot (--cgroup-root) was not specified'
      : undefined,
  notNegative('eventBurst', 'eventBurst (--event-burst)'),
  notNegative('eventRecordQPS', 'eventRecordQPS (--event-qps)'),
  port('healthzPort', 'healthzPort (--healthz-port)', true, '1 and 65535'),
  between('imageGCHighThresholdPercent', 'imageGCHighThresholdPercent (--image-gc-high-threshold)', 0, 100),
  between('imageGCLowThresholdPercent', 'imageGCLowThresholdPercent (--image-gc-low-threshold)', 0, 100),
  (facts) => {
    const [low, high] = [facts.number('imageGCLowThresholdPercent'), facts.number('imageGCHighThresholdPercent')]
    return low >= high
      ? `imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${high}`
      : undefined
  },
  (facts) =>
    facts.ms('imageMaximumGCAge') < 0
      ? `imageMaximumGCAge {${go(facts, 'imageMaximumGCAge')}} must not be negative`
      : undefined,
  (facts) => {
    const [most, least] = [facts.ms('imageMaximumGCAge'), facts.ms('imageMinimumGCAge')]
    return most > 0 && most <= least
      ? `imageMaximumGCAge {${go(facts, 'imageMaximumGCAge')}} must be greater than imageMinimumGCAge {${go(facts, 'imageMinimumGCAge')}}`
      : undefined
  },
  notNegative('kubeAPIBurst', 'kubeAPIBurst (--kube-api-burst)'),
  notNegative('kubeAPIQPS', 'kubeAPIQPS (--kube-api-qps)'),
  (facts) =>
    facts.number('nodeStatusMaxImages') < -1
      ? 'nodeStatusMaxImages (--node-status-max-images) must be -1 or greater'
      : undefined,
  notNegative('maxOpenFiles', 'maxOpenFiles (--max-open-files)'),
  notNegative('maxPods', 'maxPods (--max-pods)'),
  between('oomScoreAdj', 'oomScoreAdj (--oom-score-adj)', -1000, 1000),
  notNegative('podsPerCore', 'podsPerCore (--pods-per-core)'),
  port('port', 'port (--port)', false, '1 and 65535'),
  port('readOnlyPort', 'readOnlyPort (--read-only-port)', true, '0 and 65535'),
  notNegative('registryBurst', 'registryBurst (--registry-burst)'),
  notNegative('registryPullQPS', 'registryPullQPS (--registry-qps)'),
  (facts) =>
    facts.said('maxParallelImagePulls') && facts.number('maxParallelImagePulls') < 1
      ? `maxParallelImagePulls ${facts.number('maxParallelImagePulls')} must be a positive number`
      : undefined,
  (facts) =>
    facts.flag('serializeImagePulls') && facts.number('maxParallelImagePulls') > 1
      ? 'maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false'
      : undefined,
  (facts) =>
    facts.flag('serverTLSBootstrap') && !facts.gate('RotateKubeletServerCertificate', true)
      ? 'serverTLSBootstrap true requires feature gate RotateKubeletServerCertificate'
      : undefined,
  (facts) => taintProblem(facts.list('registerWithTaints') as Record<string, string>[]),
  oneOf('topologyManagerPolicy', POLICIES, (value) => {
    return `topologyManagerPolicy (--topology-manager-policy) ${JSON.stringify(value)} must be one of: [${POLICIES.map((one) => JSON.stringify(one)).join(' ')}]`
  }),
  oneOf('topologyManagerScope', ['container', 'pod'], (value) => {
    return `topologyManagerScope (--topology-manager-scope) ${JSON.stringify(value)} must be one of: "container", or "pod"`
  }),
  (facts) =>
    facts.ms('shutdownGracePeriodCriticalPods') > facts.ms('shutdownGracePeriod')
      ? `shutdownGracePeriodCriticalPods {${go(facts, 'shutdownGracePeriodCriticalPods')}} must be <= shutdownGracePeriod {${go(facts, 'shutdownGracePeriod')}}`
      : undefined,
  ...['shutdownGracePeriod', 'shutdownGracePeriodCriticalPods'].map((path): Rule => (facts) => {
    const ms = facts.ms(path)
    return ms < 0 || (ms > 0 && ms < 1000)
      ? `${path} {${go(facts, path)}} must be either zero or otherwise >= 1 sec`
      : undefined
  }),
  (facts) => swapProblem(facts),
  (facts) => {
    const wrong = (facts.list('enforceNodeAllocatable') as string[]).find((one) => !ENFORCED.includes(one))
    return wrong === undefined
      ? undefined
      : `option ${JSON.stringify(wrong)} specified for enforceNodeAllocatable (--enforce-node-allocatable). Valid options are "pods", "system-reserved", "kube-reserved", or "none"`
  },
  ...[
    ['system-reserved', 'systemReservedCgroup (--system-reserved-cgroup)', 'systemReservedCgroup'],
    ['kube-reserved', 'kubeReservedCgroup (--kube-reserved-cgroup)', 'kubeReservedCgroup'],
  ].map(
    ([key = '', name, path = '']): Rule =>
      (facts) =>
        facts.list('enforceNodeAllocatable').includes(key) && facts.text(path) === ''
          ? `${name} must be specified when ${JSON.stringify(key)} contained in enforceNodeAllocatable (--enforce-node-allocatable)`
          : undefined,
  ),
  (facts) =>
    facts.list('enforceNodeAllocatable').includes('none') && facts.list('enforceNodeAllocatable').length > 1
      ? 'enforceNodeAllocatable (--enforce-node-allocatable) may not contain additional enforcements when "none" is specified'
      : undefined,
  oneOf('hairpinMode', ['none', 'hairpin-veth', 'promiscuous-bridge'], (value) => {
    return `option ${JSON.stringify(value)} specified for hairpinMode (--hairpin-mode). Valid options are ${quoted(['none', 'hairpin-veth']).replace(/, /, ', ')} or "promiscuous-bridge"`
  }),
  (facts) =>
    facts.minor >= 27 && facts.text('containerRuntimeEndpoint') === ''
      ? 'the containerRuntimeEndpoint was not specified or empty'
      : undefined,
  (facts) =>
    facts.number('containerLogMaxWorkers') < 1
      ? 'containerLogMaxWorkers must be greater than or equal to 1'
      : undefined,
  (facts) =>
    facts.ms('containerLogMonitorInterval') < 3000
      ? 'containerLogMonitorInterval must be a positive time duration greater than or equal to 3s'
      : undefined,
  (facts) => crashLoopProblem(facts),
]

function go(facts: Facts, path: string): string {
  return makeGoDuration(facts.ms(path))
}

function taintProblem(taints: readonly Record<string, string>[]): string | undefined {
  const wrong = taints.find(({ effect = '' }) => !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect))
  return wrong && `invalid taint: invalid taint effect: ${wrong['effect'] ?? ''}, unsupported taint effect`
}

function swapProblem(facts: Facts): string | undefined {
  const behaviour = facts.text('memorySwap.swapBehavior')
  if (behaviour === '') return undefined
  if (!facts.gate('NodeSwap', facts.minor >= 30))
    return 'memorySwap.swapBehavior cannot be set when NodeSwap feature flag is disabled'
  const allowed = facts.minor >= 30 ? ['NoSwap', 'LimitedSwap'] : ['LimitedSwap', 'UnlimitedSwap']
  return allowed.includes(behaviour)
    ? undefined
    : `memorySwap.swapBehavior ${JSON.stringify(behaviour)} must be one of: "", ${allowed.map((one) => JSON.stringify(one)).join(' or ')}`
}

function crashLoopProblem(facts: Facts): string | undefined {
  if (!facts.said('crashLoopBackOff.maxContainerRestartPeriod')) return undefined
  if (!facts.gate('KubeletCrashLoopBackOffMax', facts.minor >= 35))
    return 'FeatureGate KubeletCrashLoopBackOffMax not enabled, CrashLoopBackOff.MaxContainerRestartPeriod must not be set'
  const ms = facts.ms('crashLoopBackOff.maxContainerRestartPeriod')
  return ms < 1000 || ms > 300_000
    ? `CrashLoopBackOff.MaxContainerRestartPeriod (got: ${ms / 1000} seconds) must be set between 1s and 300s`
    : undefined
}

/** All problems as Go aggregates them, without `invalid configuration: ` twice; undefined: there is none. */
export function configProblem(config: ConfigTree, minor: number): string | undefined {
  const facts = factsOf(config, minor)
  const found = RULES.flatMap((rule) => rule(facts) ?? []).map((text) => `invalid configuration: ${text}`)
  if (found.length === 0) return undefined
  return found.length === 1 ? found[0] : `[${found.join(', ')}]`
}

function factsOf(config: ConfigTree, minor: number): Facts {
  const at = (path: string): unknown => fieldAt(config, path)
  const gates = (config['featureGates'] ?? {}) as Record<string, boolean>
  return {
    minor,
    number: (path) => (at(path) as number | undefined) ?? 0,
    text: (path) => (at(path) as string | undefined) ?? '',
    flag: (path) => at(path) === true,
    ms: (path) => parseGoDuration((at(path) as string | undefined) ?? '0s'),
    list: (path) => (at(path) as unknown[] | undefined) ?? [],
    said: (path) => at(path) !== undefined,
    gate: (name, byDefault) => gates[name] ?? byDefault,
  }
}
