/**
 * Models pkg/controller/nodelifecycle/node_lifecycle_controller.go (B1, B2, B4). Not modelled: the cloud
 * provider's word on a node's existence, label reconciliation (beta.kubernetes.io).
 */
import { compileMachine, initialState, stepTable } from '../../kernel/machine.ts'
import { isPodReady, podPhaseActive, timestamp } from '../../objects/meta.ts'
import type { Lease, Node, Pod } from '../../objects/types.gen.ts'
import type { ApiWrite, Context, Controller, EventWrite, Settled, Write } from '../controller.ts'
import { LAST_TIMEOUT_EVICTION_MINOR, NODE_EVICTION_PERIOD_MS } from './flags.ts'
import type { NodeLifecycleFlags } from './flags.ts'
import { asUnknown, isSilent, look, readyCondition } from './health.ts'
import type { Seen } from './health.ts'
import { nodeHealthMachine } from './nodeHealth.machine.ts'
import { noExecuteTaint, noScheduleTaints, withoutNoExecute } from './taints.ts'
import { computeZoneState, countsForDisruption, newZone, rateFor, setRate, takeToken, zoneKey } from './zones.ts'
import type { Zone } from './zones.ts'

const NODES = 'v1/nodes'
const PODS = 'v1/pods'
const LEASES = 'coordination.k8s.io/v1/leases'
const SOURCE = 'node-controller'
const BY_NODE = 'node'
const HEALTH = compileMachine(nodeHealthMachine)

/** The keys: one for the loop over all nodes, one for the taint queues, one a node for its NoSchedule taints. */
const MONITOR = 'monitor'
const QUEUES = 'queues'
const TAINTS = 'taints/'

interface Known {
  uid: string
  seen: Seen
  /** The state of the nodeHealth machine. */
  health: string
  zone: string
  /** When the node stopped being ready, for --pod-eviction-timeout of old releases (ms since 1970). */
  downSinceMs: number | undefined
}

interface Memory {
  nodes: Record<string, Known>
  zones: Record<string, Zone>
}

export interface NodeLifecycleOptions {
  minor: number
  flags: NodeLifecycleFlags
}

export function nodeLifecycleController(options: NodeLifecycleOptions): Controller {
  return {
    name: 'node-lifecycle-controller',
    watches: [
      { resource: NODES, keys: ({ type, object }) => (type === 'deleted' ? [] : [`${TAINTS}${object.metadata.name}`]) },
      { resource: PODS, keys: () => [] },
      { resource: LEASES, keys: () => [] },
    ],
    indexes: { [PODS]: { [BY_NODE]: (pod) => [(pod as Pod).spec?.nodeName ?? ''] } },
    ticks: [{ key: MONITOR, everyMs: options.flags.nodeMonitorPeriodMs }],
    reconcile: (context, key) => new Pass(context, options).reconcile(key),
    settle: (context, _key, settled) => new Pass(context, options).settle(settled),
  }
}

class Pass {
  private readonly memory: Memory
  private readonly flags: NodeLifecycleFlags

  constructor(
    private readonly context: Context,
    private readonly options: NodeLifecycleOptions,
  ) {
    this.memory = context.memory<Memory>(() => ({ nodes: {}, zones: {} }))
    this.flags = options.flags
  }

  reconcile(key: string): Write[] {
    if (key === MONITOR) return this.monitor()
    if (key === QUEUES) return this.serveQueues()
    const node = this.node(key.slice(TAINTS.length))
    return node === undefined ? [] : noScheduleTaints(node)
  }

  /** A node whose conditions were turned Unknown: its pods are no longer ready. */
  settle({ answers }: Settled): Write[] {
    const turned = answers.filter(
      ({ call, code }) => call.resource === NODES && call.subresource === 'status' && code === 200,
    )
    return turned.flatMap(({ body }) => this.markPodsNotReady((body as Node).metadata.name))
  }

  private monitor(): Write[] {
    const nodes = this.context.cache<Node>(NODES).list()
    const writes = [...this.greet(nodes), ...nodes.flatMap((node) => this.monitorNode(node))]
    writes.push(...this.judgeZones(nodes))
    return [...writes, ...this.serveQueues(), ...this.evictByTimeout(nodes)]
  }

  /** Nodes that came or went since the last look. */
  private greet(nodes: Node[]): Write[] {
    const present = new Set(nodes.map(({ metadata }) => metadata.name))
    const gone = Object.keys(this.memory.nodes).filter((name) => !present.has(name))
    const arrived = nodes.filter(({ metadata }) => this.memory.nodes[metadata.name] === undefined)
    for (const node of arrived) this.meet(node)
    for (const node of nodes) this.settleZone(node)
    const farewells = gone.map((name) => this.forget(name))
    return [
      ...arrived.map((node) =>
        nodeEvent(
          node,
          'RegisteredNode',
          `Node ${node.metadata.name} event: Registered Node ${node.metadata.name} in Controller`,
        ),
      ),
      ...farewells,
    ]
  }

  /** A node's zone is what its labels say now. */
  private settleZone(node: Node): void {
    const known = this.memory.nodes[node.metadata.name]
    const zone = zoneKey(node)
    if (known === undefined || known.zone === zone) return
    this.memory.zones[zone] ??= newZone(this.flags)
    known.zone = zone
  }

  private meet(node: Node): void {
    const zone = zoneKey(node)
    this.memory.zones[zone] ??= newZone(this.flags)
    const seen = look(node, this.lease(node.metadata.name), undefined, this.context.nowMs)
    this.memory.nodes[node.metadata.name] = {
      uid: node.metadata.uid ?? '',
      seen,
      health: initialState(HEALTH),
      zone,
      downSinceMs: undefined,
    }
  }

  private forget(name: string): Write {
    const known = this.memory.nodes[name]
    this.dequeue(name, known)
    delete this.memory.nodes[name]
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: known?.uid } }
    return nodeEvent(node, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`)
  }

  private monitorNode(node: Node): Write[] {
    const known = this.memory.nodes[node.metadata.name]
    if (known === undefined) return []
    known.seen = look(node, this.lease(node.metadata.name), known.seen, this.context.nowMs)
    const observed = readyCondition(node)?.status ?? 'Unknown'
    const current = isSilent(node, known.seen, this.flags, this.context.nowMs)
      ? asUnknown(node, this.context.nowMs)
      : node
    const writes = current === node ? [] : this.turnedUnknown(node, current, observed)
    if (readyCondition(current) === undefined) return writes
    if (observed !== 'True') known.downSinceMs ??= this.context.nowMs
    else known.downSinceMs = undefined
    return [...writes, ...this.taintByHealth(node, known, observed)]
  }

  private turnedUnknown(node: Node, current: Node, observed: string): Write[] {
    const { name } = node.metadata
    this.context.record('nodeUnknown', { node: name })
    const update: ApiWrite = { verb: 'update', resource: NODES, name, subresource: 'status', body: current }
    const event = nodeEvent(node, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
    return observed === 'True' ? [update, event] : [update]
  }

  /** The taint follows what was observed, so it comes one look after the condition. */
  private taintByHealth(node: Node, known: Known, observed: string): Write[] {
    const { state, actions } = stepTable(HEALTH, known.health, observed.toUpperCase())
    known.health = state
    const zone = this.memory.zones[known.zone]
    if (actions.includes('queueTaint') && zone !== undefined && !zone.queue.includes(node.metadata.name))
      zone.queue.push(node.metadata.name)
    if (actions.includes('untaint')) this.dequeue(node.metadata.name, known)
    if (actions.includes('swapTaint')) return noExecuteTaint(node, this.context.nowMs)
    return observed === 'True' ? withoutNoExecute(node) : []
  }

  private dequeue(name: string, known: Known | undefined): void {
    const zone = this.memory.zones[known?.zone ?? '']
    if (zone !== undefined) zone.queue = zone.queue.filter((one) => one !== name)
  }

  /** Sets NoExecute taints at the pace of each zone, and comes back when the next is due. */
  private serveQueues(): Write[] {
    if (this.options.minor <= LAST_TIMEOUT_EVICTION_MINOR) return []
    const writes = Object.values(this.memory.zones).flatMap((zone) => this.serveZone(zone))
    const waiting = Object.values(this.memory.zones).filter((zone) => zone.queue.length > 0 && zone.rate > 0)
    if (waiting.length > 0) {
      const waitMs = Math.min(...waiting.map((zone) => zone.freeAtMs)) - this.context.nowMs
      this.context.requeueAfter(
        QUEUES,
        Math.max(NODE_EVICTION_PERIOD_MS, Math.ceil(waitMs / NODE_EVICTION_PERIOD_MS) * NODE_EVICTION_PERIOD_MS),
      )
    }
    return writes
  }

  private serveZone(zone: Zone): Write[] {
    const writes: Write[] = []
    while (zone.queue.length > 0 && takeToken(zone, this.context.nowMs)) {
      const name = zone.queue.shift() as string
      const known = this.memory.nodes[name]
      const node = this.node(name)
      if (known === undefined || node === undefined) continue
      known.health = stepTable(HEALTH, known.health, 'TAINTED').state
      this.context.record('noExecuteTaint', { node: name })
      writes.push(...noExecuteTaint(node, this.context.nowMs))
    }
    return writes
  }

  /** Zones in disruption slow down; when every zone is fully down, nothing is evicted at all. */
  private judgeZones(nodes: Node[]): Write[] {
    const counts = this.countByZone(nodes)
    const fresh = new Map(
      [...counts].map(([zone, { ready, notReady }]) => [zone, computeZoneState(ready, notReady, this.flags)]),
    )
    const allWere =
      Object.values(this.memory.zones).length > 0 &&
      Object.values(this.memory.zones).every(({ state }) => state === 'FullDisruption')
    const allAre = fresh.size > 0 && [...fresh.values()].every((state) => state === 'FullDisruption')
    if (allAre) return this.stopEvictions(nodes, fresh, allWere)
    if (allWere) this.resumeEvictions()
    for (const [key, state] of fresh) this.setZone(key, state, counts.get(key)?.size ?? 0, allWere)
    return []
  }

  private countByZone(nodes: Node[]): Map<string, { ready: number; notReady: number; size: number }> {
    const counts = new Map<string, { ready: number; notReady: number; size: number }>()
    for (const node of nodes) {
      const known = this.memory.nodes[node.metadata.name]
      if (known === undefined || !countsForDisruption(node)) continue
      const count = counts.get(known.zone) ?? { ready: 0, notReady: 0, size: 0 }
      counts.set(known.zone, count)
      const silent = isSilent(node, known.seen, this.flags, this.context.nowMs)
      const ready = readyCondition(node)?.status === 'True' && !silent
      if (ready) count.ready++
      else count.notReady++
      count.size++
    }
    return counts
  }

  private stopEvictions(nodes: Node[], fresh: Map<string, Zone['state']>, already: boolean): Write[] {
    for (const [key, zone] of Object.entries(this.memory.zones)) {
      zone.state = fresh.get(key) ?? zone.state
      if (!already) setRate(zone, 0)
    }
    if (already) return []
    this.context.record('masterDisruption', {})
    for (const node of nodes) {
      const known = this.memory.nodes[node.metadata.name]
      if (known === undefined) continue
      this.dequeue(node.metadata.name, known)
      known.health = initialState(HEALTH)
    }
    return nodes.flatMap((node) => withoutNoExecute(node))
  }

  /** After a full disruption every node gets the benefit of the doubt anew. */
  private resumeEvictions(): void {
    for (const known of Object.values(this.memory.nodes)) known.seen = { ...known.seen, probeMs: this.context.nowMs }
  }

  private setZone(key: string, state: Zone['state'], size: number, always: boolean): void {
    const zone = this.memory.zones[key]
    if (zone === undefined || (zone.state === state && !always)) return
    zone.state = state
    setRate(zone, rateFor(state, size, this.flags))
    this.context.record('zoneState', { zone: key.replaceAll('\u0000', ''), state })
  }

  private markPodsNotReady(node: string): Write[] {
    const pods = this.context.cache<Pod>(PODS).by(BY_NODE, node).filter(isPodReady)
    return pods.flatMap((pod): Write[] => {
      const { namespace, name } = pod.metadata
      const conditions = (pod.status?.conditions ?? []).map((condition) =>
        condition.type === 'Ready'
          ? { ...condition, status: 'False', lastTransitionTime: timestamp(this.context.nowMs) }
          : condition,
      )
      const event: EventWrite = {
        verb: 'event',
        about: pod,
        type: 'Warning',
        reason: 'NodeNotReady',
        message: 'Node is not ready',
        source: SOURCE,
      }
      return [
        {
          verb: 'update',
          resource: PODS,
          namespace,
          name,
          subresource: 'status',
          body: { ...pod, status: { ...pod.status, conditions } },
        },
        event,
      ]
    })
  }

  /** Up to release 1.12: pods of a node that was down for --pod-eviction-timeout are deleted. */
  private evictByTimeout(nodes: Node[]): Write[] {
    if (this.options.minor > LAST_TIMEOUT_EVICTION_MINOR) return []
    const overdue = nodes.filter(({ metadata: { name } }) => {
      const since = this.memory.nodes[name]?.downSinceMs
      return since !== undefined && this.context.nowMs > since + this.flags.podEvictionTimeoutMs
    })
    return overdue.flatMap(({ metadata: { name } }) =>
      this.context
        .cache<Pod>(PODS)
        .by(BY_NODE, name)
        .filter(isEvictable)
        .flatMap((pod) => evict(pod, name)),
    )
  }

  private node(name: string): Node | undefined {
    return this.context.cache<Node>(NODES).get('', name)
  }

  private lease(name: string): Lease | undefined {
    return this.context.cache<Lease>(LEASES).get('kube-node-lease', name)
  }
}

function isEvictable(pod: Pod): boolean {
  const isDaemon = pod.metadata.ownerReferences?.some((owner) => owner.kind === 'DaemonSet') ?? false
  return podPhaseActive(pod) && !isDaemon
}

function evict(pod: Pod, node: string): Write[] {
  const { namespace, name } = pod.metadata
  const message = `Marking for deletion Pod ${name} from Node ${node}`
  const event: EventWrite = {
    verb: 'event',
    about: pod,
    type: 'Normal',
    reason: 'NodeControllerEviction',
    message,
    source: SOURCE,
  }
  return [event, { verb: 'delete', resource: PODS, namespace, name }]
}

function nodeEvent(about: EventWrite['about'], reason: string, message: string): EventWrite {
  return { verb: 'event', about, type: 'Normal', reason, message, source: SOURCE }
}
