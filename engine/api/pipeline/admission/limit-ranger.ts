/** Defaults and bounds of what pods and claims ask for. Models plugin/pkg/admission/limitranger (R8). */
import { makeQuantity, quantityMilliValue, quantityValue } from '../../../objects/quantity.ts'
import type { Quantity, QuantityText } from '../../../objects/quantity.ts'
import { amountsOf } from '../../../objects/quota/amounts.ts'
import type { Amounts } from '../../../objects/quota/amounts.ts'
import { podLimitsOf, podRequestsOf } from '../../../objects/quota/pod-resources.ts'
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../../objects/types.gen.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import { directoryOf } from '../../storage/keys.ts'
import { deny, isPod, pass } from './plugin.ts'
import type { Attributes, Plugin } from './plugin.ts'

const RANGES = directoryOf('', 'limitranges')
const ANNOTATION = 'kubernetes.io/limit-ranger'

const rangesOf = (core: Core, namespace: string): LimitRange[] =>
  core.cache.list(RANGES, `${RANGES}${namespace}/`) as LimitRange[]

const isLeaving = ({ operation, oldObject }: Attributes): boolean =>
  operation === 'UPDATE' && oldObject?.metadata.deletionTimestamp !== undefined

/** Containers of a pod cannot change, so only new pods are looked at; and resizes, since 1.33. */
function isHandled(core: Core, attrs: Attributes): boolean {
  if (isLeaving(attrs)) return false
  if (attrs.subresource === 'resize') return core.minor >= 33
  return attrs.operation === 'CREATE' || !isPod(attrs)
}

export const limitRanger: Plugin = {
  name: 'LimitRanger',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'pods/resize', 'persistentvolumeclaims'],
  admit(core, _flight, attrs) {
    if (!isPod(attrs) || !isHandled(core, attrs)) return pass(attrs)
    let pod = attrs.object as Pod
    for (const range of rangesOf(core, attrs.namespace)) pod = withDefaults(pod, range)
    return { object: pod as KubeObject }
  },
  validate(core, _flight, attrs) {
    if (!isHandled(core, attrs)) return pass(attrs)
    for (const range of rangesOf(core, attrs.namespace)) {
      const limits = range.spec?.limits ?? []
      const problems = isPod(attrs)
        ? limits.flatMap((limit) => podProblems(attrs.object as Pod, limit))
        : limits.flatMap((limit) => claimProblems(attrs.object as PersistentVolumeClaim, limit))
      if (problems.length > 0) return deny(attrs, aggregate(problems))
    }
    return pass(attrs)
  },
}

/** Models util/errors NewAggregate: each text once, in brackets when there are several. */
function aggregate(problems: string[]): string {
  const once = [...new Set(problems)]
  return once.length === 1 ? (once[0] as string) : `[${once.join(', ')}]`
}

type Texts = Record<string, QuantityText>

function defaultsOf({ spec }: LimitRange): { requests: Texts; limits: Texts } {
  const items = (spec?.limits ?? []).filter(({ type }) => type === 'Container')
  return {
    requests: Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest)) as Texts,
    limits: Object.assign({}, ...items.map((item) => item.default)) as Texts,
  }
}

function withDefaults(pod: Pod, range: LimitRange): Pod {
  const { requests, limits } = defaultsOf(range)
  const notes: string[] = []
  const filled =
    (kind: string) =>
    (container: Container): Container => {
      const missing = (given: Texts = {}, wanted: Texts): string[] =>
        Object.keys(wanted).filter((name) => given[name] === undefined)
      const own = container.resources ?? {}
      const [newRequests, newLimits] = [missing(own.requests, requests), missing(own.limits, limits)]
      if (newRequests.length > 0) notes.push(`${newRequests.sort().join(', ')} request for ${kind} ${container.name}`)
      if (newLimits.length > 0) notes.push(`${newLimits.sort().join(', ')} limit for ${kind} ${container.name}`)
      if (newRequests.length === 0 && newLimits.length === 0) return container
      const taken = (names: string[], from: Texts): Texts =>
        Object.fromEntries(names.map((name) => [name, from[name] as QuantityText]))
      const resources = {
        ...own,
        ...(Object.keys(limits).length > 0 && { limits: { ...own.limits, ...taken(newLimits, limits) } }),
        ...(Object.keys(requests).length > 0 && { requests: { ...own.requests, ...taken(newRequests, requests) } }),
      }
      return { ...container, resources } as Container
    }
  const containers = pod.spec?.containers?.map(filled('container'))
  const initContainers = pod.spec?.initContainers?.map(filled('init container'))
  if (notes.length === 0) return pod
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` }
  const spec = { ...pod.spec, containers, ...(initContainers && { initContainers }) }
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec } as Pod
}

interface Bound {
  kind: string
  name: string
  enforced: Quantity
  request: Quantity | undefined
  limit: Quantity | undefined
}

/** Whole units where thousandths would not fit, as upstream compares. */
const valueOf = (quantity: Quantity, enforced: Quantity): number =>
  quantityValue(enforced) <= MAX_MILLI ? quantityMilliValue(quantity) : quantityValue(quantity)

const MAX_MILLI = Math.floor((2 ** 63 - 1) / 1000)

function minProblem({ kind, name, enforced, request, limit }: Bound): string | undefined {
  const head = `minimum ${name} usage per ${kind} is ${makeQuantity(enforced)}`
  if (request === undefined) return `${head}.  No request is specified`
  const least = valueOf(enforced, enforced)
  if (valueOf(request, enforced) < least) return `${head}, but request is ${makeQuantity(request)}`
  if (limit !== undefined && valueOf(limit, enforced) < least) return `${head}, but limit is ${makeQuantity(limit)}`
  return undefined
}

function maxProblem({ kind, name, enforced, request, limit }: Bound): string | undefined {
  const head = `maximum ${name} usage per ${kind} is ${makeQuantity(enforced)}`
  if (limit === undefined) return `${head}.  No limit is specified`
  const most = valueOf(enforced, enforced)
  if (valueOf(limit, enforced) > most) return `${head}, but limit is ${makeQuantity(limit)}`
  if (request !== undefined && valueOf(request, enforced) > most)
    return `${head}, but request is ${makeQuantity(request)}`
  return undefined
}

function maxRequestProblem({ kind, name, enforced, request }: Bound): string | undefined {
  const head = `maximum ${name} usage per ${kind} is ${makeQuantity(enforced)}`
  if (request === undefined) return `${head}.  No request is specified`
  return valueOf(request, enforced) > valueOf(enforced, enforced)
    ? `${head}, but request is ${makeQuantity(request)}`
    : undefined
}

function ratioProblem({ kind, name, enforced, request, limit }: Bound): string | undefined {
  const head = `${name} max limit to request ratio per ${kind} is ${makeQuantity(enforced)}`
  if (request === undefined || request.nanos === 0n) return `${head}, but no request is specified or request is 0`
  if (limit === undefined || limit.nanos === 0n) return `${head}, but no limit is specified or limit is 0`
  const ratio = quantityMilliValue(limit) / quantityMilliValue(request)
  return ratio * 1000 > quantityMilliValue(enforced) ? `${head}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}

type Rule = [bounds: Texts | undefined, problem: (bound: Bound) => string | undefined]

function checked(kind: string, rules: Rule[], requests: Amounts, limits: Amounts): string[] {
  return rules.flatMap(([bounds, problem]) =>
    Object.entries(amountsOf(bounds))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(
        ([name, enforced]) => problem({ kind, name, enforced, request: requests[name], limit: limits[name] }) ?? [],
      ),
  )
}

const rulesOf = ({ min, max, maxLimitRequestRatio }: LimitRangeItem): Rule[] => [
  [min, minProblem],
  [max, maxProblem],
  [maxLimitRequestRatio, ratioProblem],
]

function podProblems(pod: Pod, item: LimitRangeItem): string[] {
  if (item.type === 'Pod')
    return checked(
      item.type,
      rulesOf(item),
      podRequestsOf(pod, { overhead: false }),
      podLimitsOf(pod, { overhead: false }),
    )
  if (item.type !== 'Container') return []
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  return containers.flatMap(({ resources }) =>
    checked(item.type, rulesOf(item), amountsOf(resources?.requests), amountsOf(resources?.limits)),
  )
}

function claimProblems({ spec }: PersistentVolumeClaim, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return []
  const rules: Rule[] = [
    [item.min, minProblem],
    [item.max, maxRequestProblem],
  ]
  return checked(item.type, rules, amountsOf(spec?.resources?.requests), {})
}
