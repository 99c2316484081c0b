/** Models pkg/controller/daemon/daemon_controller.go (R4, D5). Not modelled: adoption of foreign pods by name. */
import type { Answer, Change, KubeObject } from '../../api/client.ts'
import { semanticEqual } from '../../objects/equal.ts'
import { isPodAvailable, isPodReady } from '../../objects/meta.ts'
import { targetNodeOf } from '../../objects/node-selector.ts'
import { matchesLabels, selectorFromObject, selectsEverything } from '../../objects/selectors.ts'
import type { ControllerRevision, DaemonSet, DaemonSetStatus, Node, Pod, Status } from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, EventWrite, Settled, Write } from '../controller.ts'
import {
  BY_CONTROLLER,
  byController,
  claim,
  controllerReference,
  ownerKeys,
  ownerOrAdopterKeys,
} from '../shared/owners.ts'
import { createPod, deletePod, podFromTemplate } from '../shared/pod-template.ts'
import { REVISIONS, REVISION_HASH, cleanup, createRevision, historyOf, renumber } from './history.ts'
import { placementOn, podsByNode, templateForNode } from './placement.ts'
import { rollingStep } from './update.ts'

const SETS = 'apps/v1/daemonsets'
const PODS = 'v1/pods'
const NODES = 'v1/nodes'
const SOURCE = 'daemonset-controller'
const TEMPLATE_GENERATION = 'pod-template-generation'
const DEPRECATED_GENERATION = 'deprecated.daemonset.template.generation'
/** The most creations or deletions of one sync. */
const BURST_REPLICAS = 250
/** Failed daemon pods are replaced ever more slowly. */
const FAILED_BACKOFF_MS = { base: 1_000, max: 900_000 }

interface Memory {
  /** By set and node: how often a pod failed there, and when the last was removed (ms since 1970). */
  failures: Record<string, { count: number; atMs: number }>
}

export interface DaemonSetOptions {
  /** `1.35` */
  release: string
}

const selects = (set: DaemonSet, labels: Record<string, string>): boolean =>
  matchesLabels(selectorFromObject(set.spec?.selector), labels)

export function daemonSetController(options: DaemonSetOptions): Controller {
  return {
    name: 'daemonset-controller',
    watches: [
      { resource: SETS, keys: (change) => [keyOf(change.object)] },
      { resource: PODS, keys: ownerOrAdopterKeys<DaemonSet>('DaemonSet', SETS, selects) },
      { resource: REVISIONS, keys: ownerKeys('DaemonSet') },
      { resource: NODES, keys: setsOfNode },
    ],
    indexes: { [PODS]: { [BY_CONTROLLER]: byController }, [REVISIONS]: { [BY_CONTROLLER]: byController } },
    reconcile: (context, key) => new Sync(context, key, options).reconcile(),
    settle: (context, key, settled) => new Sync(context, key, options).settle(settled),
  }
}

/** Only labels and taints of a node matter, not its heartbeats; that a node is gone shows when its pods go. */
function setsOfNode(change: Change, context: Context): string[] {
  const [node, old] = [change.object as Node, change.old as Node | undefined]
  if (change.type === 'deleted') return []
  if (
    change.type === 'modified' &&
    semanticEqual(node.metadata.labels, old?.metadata.labels) &&
    semanticEqual(node.spec?.taints, old?.spec?.taints)
  )
    return []
  return context.cache<DaemonSet>(SETS).list().map(keyOf)
}

class Sync {
  private readonly set: DaemonSet | undefined
  private readonly nodes: Node[]

  constructor(
    private readonly context: Context,
    private readonly key: string,
    private readonly options: DaemonSetOptions,
  ) {
    const { namespace, name } = splitKey(key)
    this.set = context.cache<DaemonSet>(SETS).get(namespace, name)
    this.nodes = context.cache<Node>(NODES).list()
  }

  reconcile(): Write[] {
    const { set } = this
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return []
    if (selectsEverything(selectorFromObject(set.spec?.selector)))
      return [
        this.event(
          'Warning',
          'SelectingAll',
          'This daemon set is selecting all pods. A non-empty selector is required.',
        ),
      ]
    const reference = controllerReference(set, 'apps/v1', 'DaemonSet')
    const { claimed, writes } = claim<Pod>(this.context, set, reference, PODS, selectorFromObject(set.spec?.selector))
    if (writes.length > 0) return writes
    return this.withHistory(set, claimed)
  }

  /** Events for what was created and deleted, then the status. */
  settle({ answers }: Settled): Write[] {
    const managed = answers.filter(({ call }) => call.resource === PODS && call.verb !== 'patch')
    if (managed.length === 0 || this.set === undefined) return []
    return managed.flatMap((answer) => this.eventFor(answer))
  }

  private withHistory(set: DaemonSet, pods: Pod[]): Write[] {
    const revisions = this.context.cache<ControllerRevision>(REVISIONS).by(BY_CONTROLLER, set.metadata.uid ?? '')
    const history = historyOf(set, revisions)
    if (history.current === undefined) return [createRevision(set, history, this.options.release)]
    const renumbered = renumber(history)
    if (renumbered.length > 0) return renumbered
    const hash = history.current.metadata.labels?.[REVISION_HASH] ?? ''
    const managed = this.manage(set, pods, hash)
    if (managed.length > 0) return managed
    const updated = this.update(set, pods, hash)
    return updated.length > 0 ? updated : [...cleanup(set, history, pods), ...this.statusWrites(set, pods, hash)]
  }

  /** Each node that should has its pod, and no other node has one. */
  private manage(set: DaemonSet, pods: Pod[], hash: string): Write[] {
    const byNode = podsByNode(pods, targetNodeOf)
    const create: string[] = []
    const remove: Pod[] = []
    const events: Write[] = []
    for (const node of this.nodes) {
      const here = byNode.get(node.metadata.name) ?? []
      const { shouldRun, shouldContinue } = placementOn(set, node)
      if (shouldRun && here.length === 0)
        this.ifNotBackingOff(node.metadata.name, () => create.push(node.metadata.name))
      else if (shouldContinue) this.tend(node.metadata.name, here, hash, remove, events)
      else remove.push(...here.filter(({ metadata }) => metadata.deletionTimestamp === undefined))
    }
    const known = new Set(this.nodes.map(({ metadata }) => metadata.name))
    for (const [node, here] of byNode) if (!known.has(node)) remove.push(...here.filter(isUnassignedOrphan))
    return [...events, ...this.podWrites(set, create, remove, hash)]
  }

  /** Finished pods are replaced; of several, the oldest stays. */
  private tend(node: string, here: Pod[], hash: string, remove: Pod[], events: Write[]): void {
    const running: Pod[] = []
    for (const pod of here) {
      if (pod.metadata.deletionTimestamp !== undefined) continue
      if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded')
        this.replaceFinished(node, pod, remove, events)
      else running.push(pod)
    }
    const surging =
      running.some((pod) => !isOf(pod, hash)) && (this.set?.spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0) !== 0
    if (running.length > 1 && !surging) remove.push(...running.sort(olderFirst).slice(1))
  }

  private replaceFinished(node: string, pod: Pod, remove: Pod[], events: Write[]): void {
    const failed = pod.status?.phase === 'Failed'
    this.ifNotBackingOff(node, () => {
      remove.push(pod)
      const { namespace, name } = pod.metadata
      const text = failed
        ? `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`
        : `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`
      events.push(this.event(failed ? 'Warning' : 'Normal', failed ? 'FailedDaemonPod' : 'SucceededDaemonPod', text))
      if (failed) this.noteFailure(node)
    })
  }

  private noteFailure(node: string): void {
    const { failures } = this.context.memory<Memory>(() => ({ failures: {} }))
    const key = `${this.key}/${node}`
    failures[key] = { count: (failures[key]?.count ?? 0) + 1, atMs: this.context.nowMs }
  }

  private ifNotBackingOff(node: string, act: () => void): void {
    const failure = this.context.memory<Memory>(() => ({ failures: {} })).failures[`${this.key}/${node}`]
    const waitMs =
      failure === undefined ? 0 : Math.min(FAILED_BACKOFF_MS.base * 2 ** (failure.count - 1), FAILED_BACKOFF_MS.max)
    const leftMs = failure === undefined ? 0 : failure.atMs + waitMs - this.context.nowMs
    if (leftMs <= 0) act()
    else this.context.requeueAfter(this.key, leftMs)
  }

  private update(set: DaemonSet, pods: Pod[], hash: string): Write[] {
    if (set.spec?.updateStrategy?.type === 'OnDelete') return []
    const byNode = podsByNode(pods, targetNodeOf)
    const step = rollingStep({
      set,
      nodes: this.nodes,
      byNode,
      isCurrent: (pod) => isOf(pod, hash),
      nowMs: this.context.nowMs,
    })
    return this.podWrites(set, step.create, step.remove, hash)
  }

  private podWrites(set: DaemonSet, create: string[], remove: Pod[], hash: string): Write[] {
    const reference = controllerReference(set, 'apps/v1', 'DaemonSet')
    const labels = {
      [REVISION_HASH]: hash,
      [TEMPLATE_GENERATION]: set.metadata.annotations?.[DEPRECATED_GENERATION] ?? '1',
    }
    const { namespace } = set.metadata
    const writes = create
      .slice(0, BURST_REPLICAS)
      .map((node) => createPod(namespace, podFromTemplate(set, templateForNode(set, node, labels), reference)))
    const deletions: ApiWrite[] = remove.slice(0, BURST_REPLICAS).map(deletePod)
    return [...(writes.length > 0 ? [{ verb: 'slowStart' as const, writes }] : []), ...deletions]
  }

  private statusWrites(set: DaemonSet, pods: Pod[], hash: string): Write[] {
    const status = this.countStatus(set, podsByNode(pods, targetNodeOf), hash)
    if ((status.numberReady ?? 0) > (status.numberAvailable ?? 0))
      this.context.requeueAfter(this.key, (set.spec?.minReadySeconds ?? 0) * 1000)
    if (semanticEqual(status, set.status)) return []
    const { namespace, name } = set.metadata
    return [{ verb: 'update', resource: SETS, namespace, name, subresource: 'status', body: { ...set, status } }]
  }

  private countStatus(set: DaemonSet, byNode: Map<string, Pod[]>, hash: string): DaemonSetStatus {
    const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 }
    for (const node of this.nodes) {
      const here = (byNode.get(node.metadata.name) ?? []).sort(olderFirst)
      const { shouldRun } = placementOn(set, node)
      if (!shouldRun) counts.misscheduled += here.length > 0 ? 1 : 0
      else this.countNode(set, here[0], hash, counts)
    }
    return {
      currentNumberScheduled: counts.current,
      desiredNumberScheduled: counts.desired,
      numberMisscheduled: counts.misscheduled,
      numberReady: counts.ready,
      observedGeneration: set.metadata.generation,
      ...nonZero('numberAvailable', counts.available),
      ...nonZero('numberUnavailable', counts.desired - counts.available),
      ...nonZero('updatedNumberScheduled', counts.updated),
      ...(set.status?.collisionCount !== undefined && { collisionCount: set.status.collisionCount }),
    }
  }

  private countNode(set: DaemonSet, oldest: Pod | undefined, hash: string, counts: Record<string, number>): void {
    const add = (name: string, if_: boolean): void => void (counts[name] = (counts[name] ?? 0) + (if_ ? 1 : 0))
    add('desired', true)
    if (oldest === undefined) return
    add('current', true)
    add('ready', isPodReady(oldest))
    add('available', isPodAvailable(oldest, set.spec?.minReadySeconds ?? 0, this.context.nowMs))
    add('updated', isOf(oldest, hash))
  }

  private eventFor(answer: Answer): Write[] {
    const creating = answer.call.verb === 'create'
    if (answer.code >= 200 && answer.code < 300) {
      const name = creating ? (answer.body as KubeObject).metadata.name : answer.call.name
      return [
        this.event(
          'Normal',
          creating ? 'SuccessfulCreate' : 'SuccessfulDelete',
          `${creating ? 'Created' : 'Deleted'} pod: ${name}`,
        ),
      ]
    }
    if (!creating && answer.code === 404) return []
    const message = (answer.body as Status | undefined)?.message ?? answer.failure ?? ''
    return [
      this.event(
        'Warning',
        creating ? 'FailedCreate' : 'FailedDelete',
        `Error ${creating ? 'creating' : 'deleting'}: ${message}`,
      ),
    ]
  }

  private event(type: EventWrite['type'], reason: string, message: string): EventWrite {
    return { verb: 'event', about: this.set as DaemonSet, type, reason, message, source: SOURCE }
  }
}

function isOf(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[REVISION_HASH] === hash
}

function olderFirst(a: Pod, b: Pod): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left < right ? -1 : 1
}

/** A pod made for a node that is gone before it was bound; bound ones are the pod garbage collector's. */
function isUnassignedOrphan(pod: Pod): boolean {
  return (pod.spec?.nodeName ?? '') === '' && pod.metadata.deletionTimestamp === undefined
}

function nonZero(name: string, value: number): Record<string, number> {
  return value === 0 ? {} : { [name]: value }
}
