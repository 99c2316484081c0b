/**
 * Making room for a pod of higher priority: Models pkg/scheduler/framework/preemption (E5). Not
 * modelled: extenders, the random offset and the limit of candidates (all are looked at).
 */
import { conditionOf } from '../objects/meta.ts'
import { matchesLabels, selectorFromObject } from '../objects/selectors.ts'
import type { Pod, PodDisruptionBudget } from '../objects/types.gen.ts'
import { fitError } from './fit-error.ts'
import type { NodeInfo } from './node-info.ts'
import type { Rejection } from './plugin.ts'

export interface Preemption {
  node: string
  victims: Pod[]
}

export interface Candidate extends Preemption {
  violations: number
}

export interface PreemptionResult {
  chosen: Preemption | undefined
  /** What the FailedScheduling text says of it. */
  message: string
}

export interface PreemptionInput {
  pod: Pod
  nodes: NodeInfo[]
  /** By node name, for the nodes that rejected the pod. */
  rejections: Map<string, Rejection>
  budgets: PodDisruptionBudget[]
  fits: (node: NodeInfo) => boolean
}

const priorityOf = (pod: Pod): number => pod.spec?.priority ?? 0

export function preempt(input: PreemptionInput): PreemptionResult {
  const { pod, nodes, rejections } = input
  if (pod.spec?.preemptionPolicy === 'Never')
    return { chosen: undefined, message: 'preemption: not eligible due to preemptionPolicy=Never.' }
  if (isWaitingForVictims(input))
    return { chosen: undefined, message: 'preemption: not eligible due to a terminating pod on the nominated node.' }
  const candidates: Candidate[] = []
  const reasons: string[] = []
  for (const node of nodes) {
    if (rejections.get(node.name)?.unresolvable !== false) reasons.push('Preemption is not helpful for scheduling')
    else {
      const candidate = candidateOn(input, node)
      if (candidate === undefined) reasons.push('No preemption victims found for incoming pod')
      else candidates.push(candidate)
    }
  }
  const chosen = best(candidates)
  return chosen === undefined
    ? { chosen, message: `preemption: ${fitError(nodes.length, reasons)}` }
    : { chosen, message: '' }
}

function isWaitingForVictims({ pod, nodes }: PreemptionInput): boolean {
  const nominated = nodes.find(({ name }) => name === pod.status?.nominatedNodeName)
  return [...(nominated?.pods.values() ?? [])].some(
    (other) =>
      other.metadata.deletionTimestamp !== undefined &&
      priorityOf(other) < priorityOf(pod) &&
      conditionOf(other.status?.conditions, 'DisruptionTarget')?.reason === 'PreemptionByScheduler',
  )
}

/** All weaker pods are taken away; then as many as possible are put back, the most important first. */
function candidateOn({ pod, budgets, fits }: PreemptionInput, original: NodeInfo): Candidate | undefined {
  const node = original.copy()
  const weaker = [...node.pods.values()].filter((other) => priorityOf(other) < priorityOf(pod))
  if (weaker.length === 0) return undefined
  for (const other of weaker) node.remove(other.metadata.uid ?? '')
  if (!fits(node)) return undefined
  const { violating, others } = byBudget(weaker.sort(moreImportantFirst), budgets)
  const victims: Pod[] = []
  const reprieve = (other: Pod): boolean => {
    node.add(other)
    if (fits(node)) return true
    node.remove(other.metadata.uid ?? '')
    victims.push(other)
    return false
  }
  const violations = violating.filter((other) => !reprieve(other)).length
  for (const other of others) reprieve(other)
  return { node: node.name, victims: victims.sort(moreImportantFirst), violations }
}

function moreImportantFirst(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || (startOf(a) < startOf(b) ? -1 : 1)
}

function startOf(pod: Pod): string {
  return pod.status?.startTime ?? pod.metadata.creationTimestamp ?? ''
}

/** Pods whose deletion would go beyond what a budget still allows. */
function byBudget(pods: Pod[], budgets: PodDisruptionBudget[]): { violating: Pod[]; others: Pod[] } {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]))
  const violating: Pod[] = []
  const others: Pod[] = []
  for (const pod of pods) {
    const concerned = budgets.filter(
      ({ metadata, spec }) =>
        metadata.namespace === pod.metadata.namespace &&
        matchesLabels(selectorFromObject(spec?.selector), pod.metadata.labels),
    )
    for (const budget of concerned) left.set(budget, (left.get(budget) ?? 0) - 1)
    const list = concerned.some((budget) => (left.get(budget) ?? 0) < 0) ? violating : others
    list.push(pod)
  }
  return { violating, others }
}

/** Fewest violations, lowest top priority, lowest sum, fewest victims, latest start, first. */
function best(candidates: Candidate[]): Candidate | undefined {
  const top = ({ victims }: Candidate): number => Math.max(...victims.map(priorityOf))
  const sum = ({ victims }: Candidate): number =>
    victims.reduce((total, victim) => total + priorityOf(victim) + 2 ** 31, 0)
  const earliest = (candidate: Candidate): string =>
    candidate.victims
      .filter((victim) => priorityOf(victim) === top(candidate))
      .map(startOf)
      .sort()[0] ?? ''
  const compare = (a: Candidate, b: Candidate): number =>
    a.violations - b.violations ||
    top(a) - top(b) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    (earliest(a) > earliest(b) ? -1 : earliest(a) < earliest(b) ? 1 : 0)
  return [...candidates].sort(compare)[0]
}
