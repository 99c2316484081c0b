import { selectorFromObject } from '../../objects/selectors.ts'
import { ownerOf } from '../../objects/meta.ts'
import type { Pod, TopologySpreadConstraint } from '../../objects/types.gen.ts'
import type { NodeInfo } from '../node-info.ts'
import type { Score, Snapshot } from '../plugin.ts'

const HOSTNAME = 'kubernetes.io/hostname'
const ZONE = 'topology.kubernetes.io/zone'
const OWNER_KINDS = new Set(['ReplicaSet', 'StatefulSet', 'ReplicationController'])

/** Models plugins/podtopologyspread/scoring.go (E2), system defaults included (hostname 3, zone 5). */
export const podTopologySpreadScore: Score = {
  name: 'PodTopologySpread',
  weight: 2,
  applies: (pod, snapshot) => constraintsOf(pod, snapshot).length > 0,
  score(pod, nodes, snapshot) {
    const constraints = constraintsOf(pod, snapshot)
    const isDefault = (pod.spec?.topologySpreadConstraints ?? []).length === 0
    const ignored = nodes.map(
      ({ node }) =>
        !isDefault && constraints.some(({ topologyKey }) => node.metadata.labels?.[topologyKey] === undefined),
    )
    const counted = constraints.map((constraint) => countDomains(pod, constraint, snapshot, nodes))
    const raw = nodes.map((node, index) =>
      ignored[index] ? 0 : Math.round(counted.reduce((sum, one) => sum + one(node), 0)),
    )
    return spread(raw, ignored)
  },
}

function spread(raw: number[], ignored: boolean[]): number[] {
  const counting = raw.filter((_, index) => !ignored[index])
  const max = Math.max(0, ...counting)
  const min = Math.min(...counting)
  return raw.map((score, index) => {
    if (ignored[index]) return 0
    return max === 0 ? 100 : Math.trunc((100 * (max + min - score)) / max)
  })
}

/** The raw score of a node for one constraint. */
function countDomains(
  pod: Pod,
  constraint: TopologySpreadConstraint,
  { nodes: all }: Snapshot,
  nodes: NodeInfo[],
): (node: NodeInfo) => number {
  const selector = selectorFromObject(constraint.labelSelector)
  const matching = (node: NodeInfo): number => node.countMatching(pod.metadata.namespace ?? '', selector)
  const domainOf = ({ node }: NodeInfo): string | undefined => node.metadata.labels?.[constraint.topologyKey]
  const byHost = constraint.topologyKey === HOSTNAME
  const counts = new Map<string, number>()
  if (!byHost)
    for (const node of all) counts.set(domainOf(node) ?? '', (counts.get(domainOf(node) ?? '') ?? 0) + matching(node))
  const size = byHost ? nodes.length : new Set(nodes.map(domainOf).filter((domain) => domain !== undefined)).size
  const weight = Math.log(size + 2)
  return (node) => {
    const domain = domainOf(node)
    if (domain === undefined) return 0
    return (byHost ? matching(node) : (counts.get(domain) ?? 0)) * weight + (constraint.maxSkew - 1)
  }
}

function constraintsOf(pod: Pod, snapshot: Snapshot): TopologySpreadConstraint[] {
  const own = pod.spec?.topologySpreadConstraints ?? []
  if (own.length > 0) return own.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway')
  const labels = defaultSelector(pod, snapshot)
  if (labels === undefined) return []
  const soft = (topologyKey: string, maxSkew: number): TopologySpreadConstraint => ({
    topologyKey,
    maxSkew,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
  })
  return [soft(HOSTNAME, 3), soft(ZONE, 5)]
}

/** The labels that the pod's Services select and its owner stamps; undefined when it has neither. */
function defaultSelector(pod: Pod, { services }: Snapshot): Record<string, string> | undefined {
  const own = pod.metadata.labels ?? {}
  const selecting = services(pod.metadata.namespace ?? '').filter(
    ({ spec }) =>
      spec?.selector !== undefined && Object.entries(spec.selector).every(([key, value]) => own[key] === value),
  )
  const fromServices = Object.assign({}, ...selecting.map(({ spec }) => spec?.selector)) as Record<string, string>
  const owner = ownerOf(pod)
  const fromOwner = owner !== undefined && OWNER_KINDS.has(owner.kind) ? own : {}
  const labels = { ...fromServices, ...fromOwner }
  return Object.keys(labels).length === 0 ? undefined : labels
}
