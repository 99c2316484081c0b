/** What the scheduler knows of a node: Models pkg/scheduler/framework NodeInfo. Derived from the caches. */
import { quantityMilliValue, quantityValue } from '../objects/quantity.ts'
import { matchesLabels } from '../objects/selectors.ts'
import type { Selector } from '../objects/selectors.ts'
import type { Container, Node, Pod } from '../objects/types.gen.ts'

/** CPU in millicores, everything else in units (bytes, counts). */
export type Resources = Record<string, number>

/** What pods without requests count as, for scoring only. */
const NON_ZERO: Resources = { cpu: 100, memory: 200 * 1024 * 1024 }

function amount(resource: string, quantity: string): number {
  return resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity)
}

function parseResources(list: Record<string, string> | undefined): Resources {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, quantity]) => [name, amount(name, quantity)]))
}

function addInto(sum: Resources, more: Resources): void {
  for (const [name, value] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + value
}

function maxInto(sum: Resources, other: Resources): void {
  for (const [name, value] of Object.entries(other)) sum[name] = Math.max(sum[name] ?? 0, value)
}

function requestsOf(container: Container, nonZero: boolean): Resources {
  const requests = parseResources(container.resources?.requests)
  return nonZero ? { ...NON_ZERO, ...requests } : requests
}

/** Containers together, or the largest init container; sidecars count with the containers. */
function sumRequests(pod: Pod, nonZero: boolean): Resources {
  const sum: Resources = {}
  for (const container of pod.spec?.containers ?? []) addInto(sum, requestsOf(container, nonZero))
  const sidecars: Resources = {}
  const peak: Resources = {}
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = requestsOf(container, nonZero)
    if (container.restartPolicy === 'Always') addInto(sidecars, requests)
    else {
      const during = { ...sidecars }
      addInto(during, requests)
      maxInto(peak, during)
    }
  }
  addInto(sum, sidecars)
  maxInto(sum, peak)
  addInto(sum, parseResources(pod.spec?.overhead))
  return sum
}

export interface PodRequests {
  requests: Resources
  nonZero: Resources
}

const known = new WeakMap<object, PodRequests>()

/** The pod's requests; computed once for each spec. */
export function podRequests(pod: Pod): PodRequests {
  const spec = pod.spec ?? {}
  let found = known.get(spec)
  if (found === undefined) {
    found = { requests: sumRequests(pod, false), nonZero: sumRequests(pod, true) }
    known.set(spec, found)
  }
  return found
}

/** Whether the pod says anything about being near to or far from other pods. */
export function hasPodAffinity({ spec }: Pod): boolean {
  return spec?.affinity?.podAffinity !== undefined || spec?.affinity?.podAntiAffinity !== undefined
}

/** A port of a node that a pod takes: `protocol/port` and the address it is bound to. */
export interface HostPort {
  key: string
  ip: string
}

export function hostPorts(pod: Pod): HostPort[] {
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always'),
  ]
  return containers.flatMap(({ ports }) =>
    (ports ?? [])
      .filter(({ hostPort }) => (hostPort ?? 0) > 0)
      .map(({ protocol, hostPort, hostIP }) => ({
        key: `${protocol ?? 'TCP'}/${hostPort}`,
        ip: hostIP === undefined || hostIP === '' ? '0.0.0.0' : hostIP,
      })),
  )
}

/** Pods of one namespace with the same labels, counted together; terminating ones do not count. */
interface LabelGroup {
  namespace: string
  labels: Record<string, string>
  count: number
}

function groupKey({ metadata }: Pod): string {
  const labels = Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return `${metadata.namespace}|${labels.sort().join()}`
}

export class NodeInfo {
  private readonly groups = new Map<string, LabelGroup>()
  readonly pods = new Map<string, Pod>()
  /** Those of its pods that have an affinity or anti-affinity to others; few pods have. */
  readonly withAffinity = new Map<string, Pod>()
  readonly requested: Resources = {}
  readonly nonZero: Resources = {}
  allocatable: Resources

  constructor(public node: Node) {
    this.allocatable = parseResources(node.status?.allocatable)
  }

  get name(): string {
    return this.node.metadata.name
  }

  update(node: Node): void {
    if (node.status?.allocatable !== this.node.status?.allocatable)
      this.allocatable = parseResources(node.status?.allocatable)
    this.node = node
  }

  add(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    if (this.pods.has(uid)) this.remove(uid)
    this.pods.set(uid, pod)
    if (hasPodAffinity(pod)) this.withAffinity.set(uid, pod)
    const { requests, nonZero } = podRequests(pod)
    addInto(this.requested, requests)
    addInto(this.nonZero, nonZero)
    this.group(pod, 1)
  }

  /** How many pods of the namespace that are not terminating the selector matches. */
  countMatching(namespace: string, selector: Selector): number {
    let sum = 0
    for (const { namespace: own, labels, count } of this.groups.values()) {
      if (own === namespace && matchesLabels(selector, labels)) sum += count
    }
    return sum
  }

  private group(pod: Pod, change: 1 | -1): void {
    if (pod.metadata.deletionTimestamp !== undefined) return
    const key = groupKey(pod)
    const group = this.groups.get(key) ?? {
      namespace: pod.metadata.namespace ?? '',
      labels: pod.metadata.labels ?? {},
      count: 0,
    }
    group.count += change
    if (group.count === 0) this.groups.delete(key)
    else this.groups.set(key, group)
  }

  remove(uid: string): void {
    const pod = this.pods.get(uid)
    if (pod === undefined) return
    this.pods.delete(uid)
    this.withAffinity.delete(uid)
    this.group(pod, -1)
    const { requests, nonZero } = podRequests(pod)
    for (const [name, value] of Object.entries(requests)) this.requested[name] = (this.requested[name] ?? 0) - value
    for (const [name, value] of Object.entries(nonZero)) this.nonZero[name] = (this.nonZero[name] ?? 0) - value
  }

  /** A copy to try removals on. */
  copy(): NodeInfo {
    const copy = new NodeInfo(this.node)
    for (const pod of this.pods.values()) copy.add(pod)
    return copy
  }
}
