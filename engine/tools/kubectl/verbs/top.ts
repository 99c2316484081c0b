/** `kubectl top`. Models kubectl/pkg/cmd/top and pkg/metricsutil (U4). Not modelled: --show-swap. */
import type { Run } from '../../../host/process.ts'
import { parseQuantity } from '../../../objects/quantity.ts'
import { parseFieldSelector, parseLabelSelector, SelectorError } from '../../../objects/selectors.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, notSimulated, UsageError } from '../errors.ts'
import { alignTabs, GET_TABS } from '../printers/tabwriter.ts'
import { minorOf } from '../texts.ts'
import { unstableSort } from '../unstable-sort.ts'

export const topNodeCommand: Command = { path: 'top node', complete: 'nodes', run: runTopNode }
export const topPodCommand: Command = { path: 'top pod', complete: 'pods', run: runTopPod }

const API = '/apis/metrics.k8s.io/v1beta1'
const RESOURCES = ['cpu', 'memory'] as const
type Resource = (typeof RESOURCES)[number]
type Amounts = Record<Resource, bigint>
type Usage = Record<string, string>

interface NodeMetrics extends ApiObject {
  usage?: Usage
}

interface PodMetrics extends ApiObject {
  containers?: { name: string; usage?: Usage }[]
}

interface Items<T> {
  items?: T[]
}

/** From this release on the headers name percents in parentheses. */
const PERCENT_HEADERS_SINCE = 32
/** Pods younger than this may lack metrics without anything being wrong. */
const CREATION_DELAY_MS = 120_000
const MEBI = 1_048_576n
const NANO = 1_000_000_000n

const nameOf = (one: ApiObject): string => one.metadata?.name ?? ''
const namespaceOf = (one: ApiObject): string => one.metadata?.namespace ?? ''
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** In nanos. */
const amountsOf = (usage: Usage | undefined): Amounts => ({
  cpu: parseQuantity(usage?.['cpu'] ?? '0').nanos,
  memory: parseQuantity(usage?.['memory'] ?? '0').nanos,
})

const sum = (list: readonly Amounts[]): Amounts => ({
  cpu: list.reduce((total, { cpu }) => total + cpu, 0n),
  memory: list.reduce((total, { memory }) => total + memory, 0n),
})

const podAmounts = ({ containers = [] }: PodMetrics): Amounts => sum(containers.map(({ usage }) => amountsOf(usage)))

/** Thousandths, rounded up as Quantity.MilliValue does. */
const milli = (nanos: bigint): bigint => (nanos + 999_999n) / 1_000_000n

const shown: Record<Resource, (nanos: bigint) => string> = {
  cpu: (nanos) => `${milli(nanos)}m`,
  memory: (nanos) => `${(nanos + NANO - 1n) / NANO / MEBI}Mi`,
}

// What both have.

function check(ctx: Context, kind: string): string {
  const { flags, args } = ctx
  if (args.length > 1) throw new UsageError(ctx.path, `${kind} [NAME | -l label]`)
  const sortBy = flags.text('sort-by')
  if (sortBy !== '' && sortBy !== 'cpu' && sortBy !== 'memory')
    throw new CommandError('--sort-by accepts only cpu or memory')
  const hasSelector = flags.text('selector') !== '' || (kind === 'pod' && flags.text('field-selector') !== '')
  if (args.length === 1 && hasSelector) throw new CommandError('only one of NAME or selector can be provided')
  if (flags.changed('show-swap') && flags.bool('show-swap')) throw notSimulated('kubectl top --show-swap')
  return args[0] ?? ''
}

/** A selector as the server is asked for it. */
function selectorQuery({ flags }: Context, withFields: boolean): Record<string, string> {
  const labelSelector = flags.text('selector')
  const fieldSelector = withFields ? flags.text('field-selector') : ''
  try {
    parseLabelSelector(labelSelector)
    parseFieldSelector(fieldSelector)
  } catch (error) {
    if (error instanceof SelectorError) throw new CommandError(error.message)
    throw error
  }
  return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
}

function* needApi(ctx: Context): Run<void> {
  const mapper = yield* ctx.session.mapper()
  const group = mapper.discovered.groups.find((one) => one.group === 'metrics.k8s.io')
  if (group?.versions.includes('v1beta1') !== true) throw new CommandError('Metrics API not available')
}

function* fetched<T extends ApiObject>(
  ctx: Context,
  path: string,
  name: string,
  query: Record<string, string>,
): Run<T[]> {
  const client = yield* ctx.session.client()
  if (name !== '') return [yield* client.get<T>(`${path}/${name}`)]
  return (yield* client.get<Items<T>>(path, query)).items ?? []
}

const largestFirst =
  <T>(resource: Resource, of: (one: T) => Amounts) =>
  (a: T, b: T): boolean =>
    of(a)[resource] > of(b)[resource]

const print = (ctx: Context, rows: string[][]): Run<void> =>
  ctx.p.out(alignTabs(rows.map((cells) => `${cells.join('\t')}\t\n`).join(''), GET_TABS))

// Nodes.

function* runTopNode(ctx: Context): Run<void> {
  const name = check(ctx, 'node')
  const query = selectorQuery(ctx, false)
  yield* needApi(ctx)
  const metrics = yield* fetched<NodeMetrics>(ctx, `${API}/nodes`, name, query)
  if (metrics.length === 0) throw new CommandError('metrics not available yet')
  const nodes = yield* fetched<ApiObject>(ctx, '/api/v1/nodes', name, query)
  yield* print(ctx, nodeRows(ctx, metrics, nodes))
}

function nodeRows(ctx: Context, metrics: NodeMetrics[], nodes: ApiObject[]): string[][] {
  const { flags } = ctx
  const field = flags.bool('show-capacity') ? 'capacity' : 'allocatable'
  const available = new Map(
    nodes.map((node) => [nameOf(node), (node['status'] as Record<string, Usage> | undefined)?.[field] ?? {}]),
  )
  const sortBy = flags.text('sort-by') as Resource | ''
  const usage = ({ usage: own }: NodeMetrics): Amounts => amountsOf(own)
  const sorted = unstableSort(metrics, sortBy === '' ? (a, b) => nameOf(a) < nameOf(b) : largestFirst(sortBy, usage))
  const percent = minorOf(ctx.p.release) >= PERCENT_HEADERS_SINCE ? '(%)' : '%'
  const header = ['NAME', 'CPU(cores)', `CPU${percent}`, 'MEMORY(bytes)', `MEMORY${percent}`]
  const told = new Set(metrics.map(nameOf))
  return [
    ...(flags.bool('no-headers') ? [] : [header]),
    ...sorted.map((one) => nodeRow(one, available.get(nameOf(one)) ?? {})),
    ...[...available.keys()]
      .filter((node) => !told.has(node))
      .map((node) => [node, ...Array<string>(4).fill('<unknown>')]),
  ]
}

function nodeRow(one: NodeMetrics, available: Usage): string[] {
  const amounts = amountsOf(one.usage)
  const cells = RESOURCES.flatMap((resource) => {
    const whole = available[resource]
    const text = shown[resource](amounts[resource])
    if (whole === undefined) return [text]
    const share = (Number(milli(amounts[resource])) / Number(milli(parseQuantity(whole).nanos))) * 100
    return [text, `${Math.trunc(share)}%`]
  })
  return [nameOf(one), ...cells]
}

// Pods.

function* runTopPod(ctx: Context): Run<void> {
  const name = check(ctx, 'pod')
  const { flags, p } = ctx
  const query = selectorQuery(ctx, true)
  const everywhere = flags.bool('all-namespaces')
  const { namespace } = yield* ctx.session.namespace()
  yield* needApi(ctx)
  const scope = everywhere && name === '' ? '' : `/namespaces/${namespace}`
  const metrics = yield* fetched<PodMetrics>(ctx, `${API}${scope}/pods`, name, query)
  if (metrics.length > 0) return yield* print(ctx, podRows(ctx, metrics, everywhere))
  yield* explainEmpty(ctx, namespace, query)
  yield* p.err(everywhere ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`)
}

/** No metrics at all: are there pods that should have some? */
function* explainEmpty(ctx: Context, namespace: string, query: Record<string, string>): Run<void> {
  const pods = yield* fetched<ApiObject>(ctx, `/api/v1/namespaces/${namespace}/pods`, '', query)
  if (pods.length === 0) return
  const nowMs = yield* ctx.p.now()
  for (const pod of pods) {
    const ageMs = nowMs - Date.parse(pod.metadata?.creationTimestamp ?? '')
    if (ageMs > CREATION_DELAY_MS)
      throw new CommandError(
        `Metrics not available for pod ${namespaceOf(pod)}/${nameOf(pod)}, age: ${goDuration(ageMs)}`,
      )
  }
  throw new CommandError('metrics not available yet')
}

/** Go's text of a duration: `25h49m41.402s`. */
function goDuration(ms: number): string {
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60]
  const seconds = `${(ms % 60_000) / 1000}s`
  return hours > 0 ? `${hours}h${minutes}m${seconds}` : minutes > 0 ? `${minutes}m${seconds}` : seconds
}

function podRows(ctx: Context, metrics: PodMetrics[], withNamespace: boolean): string[][] {
  const { flags } = ctx
  const [containers, headers] = [flags.bool('containers'), !flags.bool('no-headers')]
  const lead = [...(withNamespace ? ['NAMESPACE'] : []), ...(containers ? ['POD'] : [])]
  const rows = sortedPods(metrics, flags.text('sort-by') as Resource | '', withNamespace).flatMap((pod) =>
    containers
      ? containerRows(pod, flags.text('sort-by') as Resource | '', withNamespace)
      : [podRow(pod, withNamespace)],
  )
  // Without headers the sum stands where it would without further columns.
  const width = 3 + (headers ? lead.length : 0)
  return [
    ...(headers ? [[...lead, 'NAME', 'CPU(cores)', 'MEMORY(bytes)']] : []),
    ...rows,
    ...(flags.bool('sum') ? sumRows(sum(metrics.map(podAmounts)), width) : []),
  ]
}

function sortedPods(metrics: PodMetrics[], sortBy: Resource | '', withNamespace: boolean): PodMetrics[] {
  if (sortBy !== '') return unstableSort(metrics, largestFirst(sortBy, podAmounts))
  return unstableSort(
    metrics,
    (a, b) => ((withNamespace ? compare(namespaceOf(a), namespaceOf(b)) : 0) || compare(nameOf(a), nameOf(b))) < 0,
  )
}

const cellsOf = (amounts: Amounts): string[] => RESOURCES.map((resource) => shown[resource](amounts[resource]))

const podRow = (pod: PodMetrics, withNamespace: boolean): string[] => [
  ...(withNamespace ? [namespaceOf(pod)] : []),
  nameOf(pod),
  ...cellsOf(podAmounts(pod)),
]

const byContainer = (a: { name: string }, b: { name: string }): boolean => a.name < b.name

function containerRows(pod: PodMetrics, sortBy: Resource | '', withNamespace: boolean): string[][] {
  const all = (pod.containers ?? []).map(({ name, usage }) => ({ name, amounts: amountsOf(usage) }))
  const less = sortBy === '' ? byContainer : largestFirst<{ amounts: Amounts }>(sortBy, ({ amounts }) => amounts)
  const lead = [...(withNamespace ? [namespaceOf(pod)] : []), nameOf(pod)]
  return unstableSort(all, less).map(({ name, amounts }) => [...lead, name, ...cellsOf(amounts)])
}

const sumRows = (total: Amounts, width: number): string[][] => [
  [...Array<string>(width - 2).fill(''), '________', '________'],
  [...Array<string>(width - 3).fill(''), '', ...cellsOf(total)],
]
