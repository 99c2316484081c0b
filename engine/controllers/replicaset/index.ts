/** Models pkg/controller/replicaset/replica_set.go (D). Not modelled: the 12 h resync. */
import type { Answer, KubeObject } from '../../api/client.ts'
import { conditionOf, isPodReady, ownerOf, podPhaseActive } from '../../objects/meta.ts'
import { semanticEqual } from '../../objects/equal.ts'
import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { Pod, ReplicaSet, ReplicaSetStatus, Status } from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, EventWrite, Settled, Write } from '../controller.ts'
import {
  BY_CONTROLLER,
  byController,
  controllerReference,
  ownerOrAdopterKeys,
  settleOwnership,
} from '../shared/owners.ts'
import { createPod, deletePod, podFromTemplate } from '../shared/pod-template.ts'
import { rankForDeletion } from '../shared/ranking.ts'
import type { SetKind } from '../shared/set-kind.ts'
import { standingsOf } from './standing.ts'
import { calculateStatus } from './status.ts'
import type { Failure } from './status.ts'

const PODS = 'v1/pods'
/** The most creations or deletions of one sync. */
const BURST_REPLICAS = 500

const selects = (set: ReplicaSet, labels: Record<string, string>): boolean =>
  matchesLabels(selectorFromObject(set.spec?.selector), labels)

const REPLICA_SET: SetKind = {
  name: 'replicaset',
  resource: 'apps/v1/replicasets',
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  source: 'replicaset-controller',
  read: (object) => object as ReplicaSet,
}

export interface ReplicaSetOptions {
  /** `terminatingReplicas` is reported from 1.35 on. */
  reportsTerminating: boolean
  /** From 1.34 on a set is due again when its earliest pod becomes available; before, after minReadySeconds. */
  minor: number
}

interface Options extends ReplicaSetOptions {
  of: SetKind
}

export function replicaSetController(given: ReplicaSetOptions, of: SetKind = REPLICA_SET): Controller {
  const options = { ...given, of }
  const owners = ownerOrAdopterKeys<KubeObject>(of.kind, of.resource, (set, labels) => selects(of.read(set), labels))
  return {
    name: of.name,
    watches: [
      { resource: of.resource, keys: (change) => [keyOf(change.object)] },
      {
        resource: PODS,
        keys: (change, context) => {
          const keys = owners(change, context)
          noteReady(context, change.object as Pod, change.old as Pod | undefined, keys, of)
          return keys
        },
      },
    ],
    indexes: { [PODS]: { [BY_CONTROLLER]: byController }, [of.resource]: { [BY_CONTROLLER]: byController } },
    reconcile: (context, key) => sync(context, key, options),
    settle: (context, key, settled) => settle(context, key, settled, options),
  }
}

interface Facts {
  of: SetKind
  set: ReplicaSet
  active: Pod[]
  terminating: number
  adoptions: ApiWrite[]
}

function observe(context: Context, key: string, of: SetKind): Facts | undefined {
  const { namespace, name } = splitKey(key)
  const object = context.cache(of.resource).get(namespace, name)
  if (object === undefined) return undefined
  const set = of.read(object)
  const reference = controllerReference(set, of.apiVersion, of.kind)
  const owned = context.cache<Pod>(PODS).by(BY_CONTROLLER, reference.uid)
  const standings = standingsOf(set, owned)
  const strangers = owned.filter((_, at) => standings[at]?.selected === false)
  const active = owned.filter((_, at) => standings[at]?.selected === true && standings[at].active)
  const terminating = standings.filter((standing) => standing.selected && standing.terminating).length
  const adoptions = settleOwnership(context, set, reference, PODS, selectorFromObject(set.spec?.selector), strangers)
  return { of, set, active, terminating, adoptions }
}

function sync(context: Context, key: string, options: Options): Write[] {
  const facts = observe(context, key, options.of)
  if (facts === undefined) return []
  if (facts.adoptions.length > 0) return facts.adoptions
  const managed = facts.set.metadata.deletionTimestamp === undefined ? manageReplicas(context, facts) : []
  if (managed.length === 0) return statusWrites(context, facts, undefined, options)
  countedBefore(context)[key] = { active: facts.active, terminating: facts.terminating }
  return managed
}

/** As upstream, the status that follows creations and deletions counts the pods from before them. */
function countedBefore(context: Context): Record<string, Pick<Facts, 'active' | 'terminating'>> {
  return context.memory(() => ({}))
}

function manageReplicas(context: Context, facts: Facts): Write[] {
  const { set, active } = facts
  const difference = active.length - (set.spec?.replicas ?? 1)
  if (difference < 0) return creations(facts, Math.min(-difference, BURST_REPLICAS))
  if (difference > 0) return victims(context, facts, Math.min(difference, BURST_REPLICAS)).map(deletePod)
  return []
}

function creations({ set, of }: Facts, count: number): Write[] {
  const reference = controllerReference(set, of.apiVersion, of.kind)
  const pod = podFromTemplate(set, set.spec?.template ?? {}, reference)
  const writes = Array.from({ length: count }, () => createPod(set.metadata.namespace, pod))
  return [{ verb: 'slowStart', writes }]
}

function victims(context: Context, facts: Facts, count: number): Pod[] {
  const { active } = facts
  if (count === active.length) return active
  const onNode = relatedPodsByNode(context, facts)
  const ranked = active.map((pod) => ({ pod, rank: onNode.get(pod.spec?.nodeName ?? '') ?? 0 }))
  return rankForDeletion(ranked, context.nowMs).slice(0, count)
}

/** Active pods, by node, of every ReplicaSet that has the same controller as this one. */
function relatedPodsByNode(context: Context, { set, of }: Facts): Map<string, number> {
  const owner = ownerOf(set)
  const siblings = owner === undefined ? [set] : context.cache(of.resource).by(BY_CONTROLLER, owner.uid)
  const counts = new Map<string, number>()
  for (const sibling of siblings) {
    for (const pod of context.cache<Pod>(PODS).by(BY_CONTROLLER, sibling.metadata.uid ?? '')) {
      const node = pod.spec?.nodeName ?? ''
      if (podPhaseActive(pod)) counts.set(node, (counts.get(node) ?? 0) + 1)
    }
  }
  return counts
}

function statusWrites(context: Context, facts: Facts, failure: Failure | undefined, options: Options): Write[] {
  const { of, set, active, terminating } = facts
  const status = calculateStatus(
    set,
    active,
    options.reportsTerminating ? terminating : undefined,
    failure,
    context.nowMs,
  )
  requeueForAvailability(context, set, active, status, options.minor)
  if (sameStatus(set.status, status)) return []
  const { namespace, name } = set.metadata
  return [
    {
      verb: 'update',
      resource: of.resource,
      namespace,
      name,
      subresource: 'status',
      body: { ...context.cache(of.resource).get(namespace ?? '', name), status },
      mark: 'status',
    },
  ]
}

/** observedGeneration starts at 0, so a new set's first status is written even when nothing is counted yet. */
function sameStatus(old: ReplicaSetStatus | undefined, next: ReplicaSetStatus): boolean {
  return semanticEqual({ ...old, observedGeneration: old?.observedGeneration ?? 0 }, next)
}

/** A pod that is ready but not yet available makes the set due again. */
function requeueForAvailability(
  context: Context,
  set: ReplicaSet,
  active: Pod[],
  status: ReplicaSetStatus,
  minor: number,
): void {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const { readyReplicas: ready = 0, availableReplicas: available = 0 } = status
  if (minReadySeconds === 0 || ready === available) return
  if (minor < 34) {
    if (ready === (set.spec?.replicas ?? 1)) context.requeueAfter(keyOf(set), minReadySeconds * 1000)
    return
  }
  const waits = active.filter(isPodReady).map((pod) => readyAtMs(pod) + minReadySeconds * 1000 - context.nowMs)
  const next = Math.min(...waits.filter((wait) => wait > 0))
  context.requeueAfter(keyOf(set), Number.isFinite(next) ? next : minReadySeconds * 1000)
}

function readyAtMs(pod: Pod): number {
  return Date.parse(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '')
}

/** A pod that turned ready makes its set due again a second after minReadySeconds. */
function noteReady(context: Context, pod: Pod, old: Pod | undefined, keys: string[], of: SetKind): void {
  if (old === undefined || !isPodReady(pod) || isPodReady(old)) return
  for (const key of keys) {
    const { namespace, name } = splitKey(key)
    const set = context.cache(of.resource).get(namespace, name)
    const seconds = (set && of.read(set).spec?.minReadySeconds) ?? 0
    if (seconds > 0) context.requeueAfter(key, seconds * 1000 + 1000)
  }
}

function settle(context: Context, key: string, settled: Settled, options: Options): Write[] {
  const managed = settled.answers.filter(({ call }) => call.resource === PODS && call.verb !== 'patch')
  if (managed.length === 0) return []
  const now = observe(context, key, options.of)
  if (now === undefined) return []
  const facts = { ...now, ...countedBefore(context)[key] }
  delete countedBefore(context)[key]
  const events = managed.flatMap((answer) => eventFor(facts, answer))
  return [...events, ...statusWrites(context, facts, failureOf(managed), options)]
}

function isFailure(answer: Answer): boolean {
  return answer.code >= 400 || answer.code === 0
}

function failureOf(answers: Answer[]): Failure | undefined {
  const failed = answers.find((answer) => isFailure(answer) && !(answer.call.verb === 'delete' && answer.code === 404))
  if (failed === undefined) return undefined
  return { reason: failed.call.verb === 'create' ? 'FailedCreate' : 'FailedDelete', message: messageOf(failed) }
}

function messageOf(answer: Answer): string {
  return (answer.body as Status | undefined)?.message ?? answer.failure ?? ''
}

function eventFor({ set, of }: Facts, answer: Answer): EventWrite[] {
  const creating = answer.call.verb === 'create'
  const event = (type: EventWrite['type'], reason: string, message: string): EventWrite[] => [
    { verb: 'event', about: set, type, reason, message, source: of.source },
  ]
  if (!isFailure(answer)) {
    const name = creating ? (answer.body as KubeObject).metadata.name : answer.call.name
    return event(
      'Normal',
      creating ? 'SuccessfulCreate' : 'SuccessfulDelete',
      `${creating ? 'Created' : 'Deleted'} pod: ${name}`,
    )
  }
  if (isNamespaceTerminating(answer) || (!creating && answer.code === 404)) return []
  return event(
    'Warning',
    creating ? 'FailedCreate' : 'FailedDelete',
    `Error ${creating ? 'creating' : 'deleting'}: ${messageOf(answer)}`,
  )
}

function isNamespaceTerminating(answer: Answer): boolean {
  const causes = (answer.body as Status | undefined)?.details?.causes ?? []
  return causes.some((cause) => cause.reason === 'NamespaceTerminating')
}
