/** Where daemon pods run: Models pkg/controller/daemon NodeShouldRunDaemonPod (R4). */
import { podFitsNode } from '../../objects/node-selector.ts'
import { untolerated } from '../../objects/tolerations.ts'
import type {
  DaemonSet,
  Node,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Toleration,
} from '../../objects/types.gen.ts'

const always = (key: string, effect: string): Toleration => ({ key, operator: 'Exists', effect })

/** What every daemon pod tolerates. */
const DAEMON_TOLERATIONS = [
  always('node.kubernetes.io/not-ready', 'NoExecute'),
  always('node.kubernetes.io/unreachable', 'NoExecute'),
  always('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  always('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  always('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  always('node.kubernetes.io/unschedulable', 'NoSchedule'),
]
const HOST_NETWORK_TOLERATION = always('node.kubernetes.io/network-unavailable', 'NoSchedule')

export interface Placement {
  shouldRun: boolean
  /** A pod that is there already may stay. */
  shouldContinue: boolean
}

export function placementOn(set: DaemonSet, node: Node): Placement {
  const spec = set.spec?.template.spec
  if (spec?.nodeName !== undefined && spec.nodeName !== '' && spec.nodeName !== node.metadata.name)
    return { shouldRun: false, shouldContinue: false }
  if (!podFitsNode(spec, node)) return { shouldRun: false, shouldContinue: false }
  const tolerations = daemonTolerations(spec)
  const taints = node.spec?.taints ?? []
  if (untolerated(taints, tolerations, ['NoExecute']) !== undefined) return { shouldRun: false, shouldContinue: false }
  const fits = untolerated(taints, tolerations, ['NoSchedule']) === undefined
  return { shouldRun: fits, shouldContinue: true }
}

function daemonTolerations(spec: PodSpec | undefined): Toleration[] {
  const own = spec?.tolerations ?? []
  const added = spec?.hostNetwork === true ? [...DAEMON_TOLERATIONS, HOST_NETWORK_TOLERATION] : DAEMON_TOLERATIONS
  const isThere = (one: Toleration): boolean =>
    own.some(
      (toleration) =>
        toleration.key === one.key && toleration.effect === one.effect && toleration.operator === one.operator,
    )
  return [...own, ...added.filter((one) => !isThere(one))]
}

/** The set's template for one node: bound to it by an affinity on the node's name, with the tolerations. */
export function templateForNode(set: DaemonSet, node: string, labels: Record<string, string>): PodTemplateSpec {
  const template = set.spec?.template
  const spec = {
    ...template?.spec,
    containers: template?.spec?.containers ?? [],
    affinity: affinityFor(template?.spec, node),
    tolerations: daemonTolerations(template?.spec),
  }
  return {
    ...template,
    metadata: { ...template?.metadata, name: '', labels: { ...template?.metadata?.labels, ...labels } },
    spec,
  }
}

function affinityFor(spec: PodSpec | undefined, node: string): PodSpec['affinity'] {
  const field = { key: 'metadata.name', operator: 'In', values: [node] }
  const nodeAffinity = spec?.affinity?.nodeAffinity
  const terms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const bound: NodeSelectorTerm[] =
    terms.length === 0 ? [{ matchFields: [field] }] : terms.map((term) => ({ ...term, matchFields: [field] }))
  return {
    ...spec?.affinity,
    nodeAffinity: { ...nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: bound } },
  }
}

/** The pods of a set by the node they are made for. */
export function podsByNode(pods: Pod[], targetOf: (pod: Pod) => string | undefined): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>()
  for (const pod of pods) {
    const node = targetOf(pod) ?? ''
    byNode.set(node, [...(byNode.get(node) ?? []), pod])
  }
  return byNode
}
