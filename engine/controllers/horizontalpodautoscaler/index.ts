/**
 * Sets the number of replicas of what an autoscaler targets, every fifteen seconds. Models
 * pkg/controller/podautoscaler/horizontal.go (R5). Not modelled: the five workers; scaling to and from zero
 * (HPAScaleToZero); metrics of custom.metrics.k8s.io and external.metrics.k8s.io, which nothing serves.
 *
 * One pass: the Scale is read, then the pods' metrics, then the Scale and the autoscaler's status are written.
 */
import type { Answer } from '../../api/client.ts'
import { deepEqual } from '../../objects/equal.ts'
import { KindRegistry, apiVersionOf } from '../../objects/kinds.ts'
import { timestamp } from '../../objects/meta.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import { matchesLabels, parseLabelSelector, SelectorError } from '../../objects/selectors.ts'
import type { Selector } from '../../objects/selectors.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
  Pod,
  Scale,
} from '../../objects/types.gen.ts'
import type { ApiWrite, Context, Controller, EventWrite, Settled, Write } from '../controller.ts'
import { keyOf, splitKey } from '../controller.ts'
import { normalizeDesired, normalizeWithBehavior, rulesOf, withScaleEvent } from './behavior.ts'
import type { History } from './behavior.ts'
import { HPA_FLAGS, OWN_TOLERANCE_SINCE } from './flags.ts'
import type { HpaFlags } from './flags.ts'
import { failureText } from './metrics.ts'
import type { PodMetricsItem } from './metrics.ts'
import { asksForResources, propose } from './proposals.ts'
import type { Tolerances } from './replicas.ts'

const HPAS = 'autoscaling/v2/horizontalpodautoscalers'
const PODS = 'v1/pods'
const POD_METRICS = 'metrics.k8s.io/v1beta1/pods'
const SOURCE = 'horizontal-pod-autoscaler'
const UNSEEN: History = { recommendations: [], scaleUps: [], scaleDowns: [] }

type Condition = NonNullable<HorizontalPodAutoscalerStatus['conditions']>[number]

/** A pass between two answers. */
interface Stage {
  /** As the pass makes it. */
  conditions: Condition[]
  /** The resources to ask for a Scale that were not asked yet. */
  mappings: string[]
  /** The resource whose Scale was found. */
  resource?: string
  scale?: Scale
  /** The number that the Scale is being set to, and why. */
  rescale?: { replicas: number; reason: string }
  metrics?: MetricStatus[]
  /** The status is being written. */
  done?: boolean
}

interface Memory {
  /** By key. */
  histories: Record<string, History>
  stages: Record<string, Stage>
  /** The selectors of the targets, for those that look at the same pods. */
  selectors: Record<string, string>
}

const FRESH: Memory = { histories: {}, stages: {}, selectors: {} }

const memoryOf = (context: Context): Memory =>
  context.memory(() => ({ ...FRESH, histories: {}, stages: {}, selectors: {} }))

/** `flags` may change between two starts of the process. */
export function horizontalPodAutoscalerController({
  minor,
  flags = HPA_FLAGS,
}: {
  minor: number
  flags?: HpaFlags
}): Controller {
  const loop = new Loop(minor, flags)
  return {
    name: 'horizontal-pod-autoscaler',
    fixedInterval: true,
    watches: [
      {
        resource: HPAS,
        // Every key waits for a whole period; one that waits already is not asked for again.
        keys: ({ type, object }, context) => {
          if (type === 'deleted') return [keyOf(object)]
          context.requeueAfter(keyOf(object), flags.syncPeriodMs)
          return []
        },
      },
      { resource: PODS, keys: () => [] },
    ],
    reconcile: (context, key) => loop.reconcile(context, key),
    settle: (context, key, settled) => loop.settle(context, key, settled),
  }
}

/** One pass's view of an autoscaler. */
interface Work {
  readonly context: Context
  readonly key: string
  readonly hpa: HorizontalPodAutoscaler
  readonly stage: Stage
}

class Loop {
  private readonly registry: KindRegistry

  constructor(
    private readonly minor: number,
    private readonly flags: HpaFlags,
  ) {
    this.registry = new KindRegistry(`1.${minor}`)
  }

  reconcile(context: Context, key: string): Write[] {
    const memory = memoryOf(context)
    const { namespace, name } = splitKey(key)
    const hpa = context.cache<HorizontalPodAutoscaler>(HPAS).get(namespace, name)
    if (hpa === undefined) {
      delete memory.histories[key]
      delete memory.stages[key]
      delete memory.selectors[key]
      return []
    }
    context.requeueAfter(key, this.flags.syncPeriodMs)
    const stage: Stage = { conditions: [...(hpa.status?.conditions ?? [])], mappings: this.mappings(context, hpa) }
    memory.stages[key] = stage
    const work = { context, key, hpa, stage }
    if (stage.mappings.length > 0) return [this.askScale(work)]
    const { kind, apiVersion = '' } = hpa.spec.scaleTargetRef
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : ''
    return this.noScale(work, `no matches for kind "${kind}" in group "${group}"`)
  }

  settle(context: Context, key: string, { answers }: Settled): Write[] {
    const stage = memoryOf(context).stages[key]
    const { namespace, name } = splitKey(key)
    const hpa = context.cache<HorizontalPodAutoscaler>(HPAS).get(namespace, name)
    const [answer] = answers
    if (stage === undefined || hpa === undefined || answer === undefined || stage.done === true) return []
    const work = { context, key, hpa, stage }
    if (stage.rescale !== undefined) return this.rescaled(work, answer)
    return stage.scale === undefined ? this.scaleCame(work, answer) : this.metricsCame(work, answer)
  }

  // The target.

  /** The resources of the target's kind: of the group alone, whatever its version. */
  private mappings(context: Context, { spec }: HorizontalPodAutoscaler): string[] {
    const { kind, apiVersion = '' } = spec.scaleTargetRef
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : ''
    const own = this.registry.all().filter((entry) => entry.kind === kind && entry.group === group && !entry.custom)
    const custom = context
      .customKinds()
      .filter((one) => one.kind === kind && one.apiVersion.split('/')[0] === group)
      .map(({ resource }) => resource)
    const stored = own.filter(({ storage }) => storage)
    return [...(stored.length > 0 ? stored : own).map((entry) => `${apiVersionOf(entry)}/${entry.resource}`), ...custom]
  }

  private askScale({ hpa, stage }: Work): ApiWrite {
    const resource = stage.mappings.shift() as string
    stage.resource = resource
    const { namespace = '' } = hpa.metadata
    return { verb: 'get', resource, namespace, name: hpa.spec.scaleTargetRef.name, subresource: 'scale' }
  }

  private scaleCame(work: Work, answer: Answer): Write[] {
    const { stage } = work
    if (answer.code !== 200)
      return stage.mappings.length > 0 ? [this.askScale(work)] : this.noScale(work, failureText(answer))
    const scale = answer.body as Scale
    stage.scale = scale
    this.say(
      work,
      'AbleToScale',
      'True',
      'SucceededGetScale',
      "the HPA controller was able to get the target's current scale",
    )
    this.begin(work, scale.spec?.replicas ?? 0)
    return this.judge(work, scale)
  }

  private noScale(work: Work, error: string): Write[] {
    const message = `the HPA controller was unable to get the target's current scale: ${error}`
    this.say(work, 'AbleToScale', 'False', 'FailedGetScale', message)
    return [this.warning(work, 'FailedGetScale', error), ...this.status(work, { ...work.hpa.status })]
  }

  /** The first number ever seen counts as a recommendation, so that nothing shrinks at once. */
  private begin({ context, key }: Work, replicas: number): void {
    const { histories } = memoryOf(context)
    histories[key] ??= { ...UNSEEN, recommendations: [{ value: replicas, atMs: context.nowMs }] }
  }

  // The verdict.

  private judge(work: Work, scale: Scale): Write[] {
    const { hpa, stage } = work
    const current = scale.spec?.replicas ?? 0
    const { min, max } = limitsOf(hpa)
    if (current === 0) {
      this.say(
        work,
        'ScalingActive',
        'False',
        'ScalingDisabled',
        'scaling is disabled since the replica count of the target is zero',
      )
      return this.finish(work, 0, 0, [])
    }
    stage.metrics = []
    if (current > max) return this.rescale(work, max, 'Current number of replicas above Spec.MaxReplicas')
    if (current < min) return this.rescale(work, min, 'Current number of replicas below Spec.MinReplicas')
    const selector = this.selector(work, scale)
    if ('writes' in selector) return selector.writes
    if (!asksForResources(hpa.spec.metrics ?? [])) return this.compute(work, selector.selector, [])
    const { namespace = '' } = hpa.metadata
    const query = { labelSelector: scale.status?.selector ?? '' }
    return [{ verb: 'list', resource: POD_METRICS, namespace, query }]
  }

  private metricsCame(work: Work, answer: Answer): Write[] {
    const selector = parseLabelSelector(work.stage.scale?.status?.selector ?? '')
    const items =
      answer.code === 200
        ? (answer.body as { items: PodMetricsItem[] }).items
        : { error: `unable to fetch metrics from resource metrics API: ${failureText(answer)}` }
    return this.compute(work, selector, items)
  }

  /** Models validateAndParseSelector: the pods of the target must be nobody else's. */
  private selector(work: Work, scale: Scale): { selector: Selector } | { writes: Write[] } {
    const { context, key, hpa } = work
    const text = scale.status?.selector ?? ''
    const refuse = (reason: string, event: string, said: string, message: string): { writes: Write[] } => {
      this.say(work, 'ScalingActive', 'False', reason, message)
      return { writes: [this.warning(work, event, said), ...this.computeFailed(work, said)] }
    }
    if (text === '')
      return refuse(
        'InvalidSelector',
        'SelectorRequired',
        'selector is required',
        "the HPA target's scale is missing a selector",
      )
    const selector = parsed(text)
    if (typeof selector === 'string') {
      const message = `couldn't convert selector into a corresponding internal selector object: ${selector}`
      return refuse('InvalidSelector', 'InvalidSelector', message, message)
    }
    const { selectors } = memoryOf(context)
    selectors[key] = text
    const rivals = this.rivals(context, hpa.metadata.namespace ?? '', this.podsOf(work, selector))
    if (rivals.length <= 1) return { selector }
    const names = rivals.map((one) => `{${splitKey(one).namespace} ${splitKey(one).name}}`).join(' ')
    const message = `pods by selector ${text} are controlled by multiple HPAs: [${names}]`
    return refuse('AmbiguousSelector', 'AmbiguousSelector', message, message)
  }

  private rivals(context: Context, namespace: string, pods: readonly Pod[]): string[] {
    const keys = Object.entries(memoryOf(context).selectors).filter(([key]) => splitKey(key).namespace === namespace)
    const chosen = keys.filter(([, text]) => {
      const selector = parsed(text)
      return typeof selector !== 'string' && pods.some(({ metadata }) => matchesLabels(selector, metadata.labels))
    })
    return chosen.map(([key]) => key).sort()
  }

  private podsOf({ context, hpa }: Work, selector: Selector): Pod[] {
    const pods = context.cache<Pod>(PODS).list(hpa.metadata.namespace ?? '')
    return pods.filter(({ metadata }) => matchesLabels(selector, metadata.labels))
  }

  /** Models computeReplicasForMetrics: the highest of all proposals. */
  private compute(work: Work, selector: Selector, items: readonly PodMetricsItem[] | { error: string }): Write[] {
    const { context, hpa, stage } = work
    const current = stage.scale?.spec?.replicas ?? 0
    const pods = this.podsOf(work, selector)
    const scene = {
      nowMs: context.nowMs,
      hpa,
      pods,
      current,
      items,
      tolerances: this.tolerancesOf(hpa),
      flags: this.flags,
    }
    const specs = hpa.spec.metrics ?? []
    const proposals = specs.map((metric) =>
      propose(
        { ...scene, current: metric.type === 'External' ? (stage.scale?.status?.replicas ?? 0) : current },
        metric,
      ),
    )
    const events = proposals.flatMap((one) => ('said' in one ? [this.warning(work, one.reason, one.said)] : []))
    stage.metrics = proposals.map((one) => ('status' in one ? one.status : { type: '' }))
    const failed = proposals.filter((one) => 'said' in one)
    const best = proposals.reduce<{ replicas: number; name: string }>(
      (found, one) => ('said' in one || (found.replicas !== 0 && one.replicas <= found.replicas) ? found : one),
      { replicas: 0, name: '' },
    )
    const [first] = failed
    if (first !== undefined && (failed.length >= specs.length || best.replicas < current)) {
      const message = `the HPA was unable to compute the replica count: ${first.said}`
      this.say(work, 'ScalingActive', 'False', first.reason, message)
      const error = `invalid metrics (${failed.length} invalid out of ${specs.length}), first error is: ${first.whole}`
      return [...events, ...this.computeFailed(work, error)]
    }
    const found = `the HPA was able to successfully calculate a replica count from ${best.name}`
    this.say(work, 'ScalingActive', 'True', 'ValidMetricFound', found)
    return [...events, ...this.normalize(work, current, best)]
  }

  private tolerancesOf({ spec }: HorizontalPodAutoscaler): Tolerances {
    const own = (text: string | number | undefined): number =>
      this.minor < OWN_TOLERANCE_SINCE || text === undefined || text === null
        ? this.flags.tolerance
        : Number(parseQuantity(text).nanos) / 1e9
    return { up: own(spec.behavior?.scaleUp?.tolerance), down: own(spec.behavior?.scaleDown?.tolerance) }
  }

  private computeFailed(work: Work, error: string): Write[] {
    const { hpa, stage } = work
    const status = withCounts({ ...hpa.status }, stage.scale?.spec?.replicas ?? 0, stage.metrics ?? [])
    return [this.warning(work, 'FailedComputeMetricsReplicas', error), ...this.status(work, status)]
  }

  private normalize(work: Work, current: number, best: { replicas: number; name: string }): Write[] {
    const { context, key, hpa } = work
    const { histories } = memoryOf(context)
    const history = histories[key] ?? UNSEEN
    const reason =
      best.replicas > current ? `${best.name} above target` : best.replicas < current ? 'All metrics below target' : ''
    const wish = { nowMs: context.nowMs, current, desired: best.replicas, limits: limitsOf(hpa), flags: this.flags }
    const { behavior } = hpa.spec
    const next =
      behavior === undefined ? normalizeDesired(wish, history) : normalizeWithBehavior(wish, rulesOf(behavior), history)
    histories[key] = { ...history, recommendations: next.recommendations }
    this.say(work, 'AbleToScale', 'True', next.able.reason, next.able.message)
    this.say(work, 'ScalingLimited', next.limited.status, next.limited.reason, next.limited.message)
    if (next.replicas !== current) return this.rescale(work, next.replicas, reason)
    return this.finish(work, current, current, work.stage.metrics ?? [])
  }

  // What is done.

  private rescale({ stage, hpa }: Work, replicas: number, reason: string): Write[] {
    stage.rescale = { replicas, reason }
    const { scale, resource = '' } = stage
    const { namespace = '' } = hpa.metadata
    const body = { ...scale, spec: { ...scale?.spec, replicas } }
    return [{ verb: 'update', resource, namespace, name: hpa.spec.scaleTargetRef.name, subresource: 'scale', body }]
  }

  private rescaled(work: Work, answer: Answer): Write[] {
    const { context, key, hpa, stage } = work
    const { replicas, reason } = stage.rescale as NonNullable<Stage['rescale']>
    const current = stage.scale?.spec?.replicas ?? 0
    const told = `New size: ${replicas}; reason: ${reason}`
    if (answer.code !== 200) {
      const error = failureText(answer)
      const message = `the HPA controller was unable to update the target scale: ${error}`
      this.say(work, 'AbleToScale', 'False', 'FailedUpdateScale', message)
      const status = withCounts({ ...hpa.status }, current, stage.metrics ?? [])
      return [this.warning(work, 'FailedRescale', `${told}; error: ${error}`), ...this.status(work, status)]
    }
    const message = `the HPA controller was able to update the target scale to ${replicas}`
    this.say(work, 'AbleToScale', 'True', 'SucceededRescale', message)
    const { histories } = memoryOf(context)
    if (hpa.spec.behavior !== undefined)
      histories[key] = withScaleEvent(
        histories[key] ?? UNSEEN,
        rulesOf(hpa.spec.behavior),
        context.nowMs,
        current,
        replicas,
      )
    context.record('rescaled', { key, replicas })
    const event: EventWrite = { ...this.warning(work, 'SuccessfulRescale', told), type: 'Normal' }
    return [event, ...this.finish(work, current, replicas, stage.metrics ?? [], timestamp(context.nowMs))]
  }

  private finish(work: Work, current: number, desired: number, metrics: MetricStatus[], scaledAt?: string): Write[] {
    const lastScaleTime = scaledAt ?? work.hpa.status?.lastScaleTime
    const status = { desiredReplicas: desired, ...(lastScaleTime !== undefined && { lastScaleTime }) }
    return this.status(work, withCounts(status, current, metrics))
  }

  private status({ hpa, stage }: Work, status: object): Write[] {
    stage.done = true
    const next = { desiredReplicas: 0, currentMetrics: null, ...status, conditions: stage.conditions }
    if (deepEqual(next, { desiredReplicas: 0, currentMetrics: null, ...hpa.status })) return []
    const { name, namespace = '' } = hpa.metadata
    return [{ verb: 'update', resource: HPAS, namespace, name, subresource: 'status', body: { ...hpa, status: next } }]
  }

  private say({ context, stage }: Work, type: string, status: string, reason: string, message: string): void {
    const before = stage.conditions.find((one) => one.type === type)
    const now = timestamp(context.nowMs)
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now
    const next = { lastTransitionTime, message, reason, status, type }
    stage.conditions =
      before === undefined ? [...stage.conditions, next] : stage.conditions.map((one) => (one === before ? next : one))
  }

  private warning({ hpa }: Work, reason: string, message: string): EventWrite {
    return { verb: 'event', about: hpa, type: 'Warning', reason, message, source: SOURCE }
  }
}

const limitsOf = ({ spec }: HorizontalPodAutoscaler): { min: number; max: number } => ({
  min: spec.minReplicas ?? 1,
  max: spec.maxReplicas,
})

/** No replicas are no field, no metrics are null. */
function withCounts(status: object, current: number, metrics: MetricStatus[]): object {
  const { currentReplicas: _old, ...rest } = status as HorizontalPodAutoscalerStatus
  return {
    ...rest,
    ...(current !== 0 && { currentReplicas: current }),
    currentMetrics: metrics.length === 0 ? null : metrics,
  }
}

function parsed(text: string): Selector | string {
  try {
    return parseLabelSelector(text)
  } catch (error) {
    if (error instanceof SelectorError) return error.message
    throw error
  }
}
