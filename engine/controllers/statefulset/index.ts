/** Models pkg/controller/statefulset/stateful_set.go and stateful_pod_control.go (R1). Not modelled: the 12 h resync. */
import type { Answer, Change, KubeObject } from '../../api/client.ts'
import { isPodReady, conditionOf } from '../../objects/meta.ts'
import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { ControllerRevision, Pod, StatefulSet, StatefulSetStatus, Status } from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, EventWrite, Settled, Write } from '../controller.ts'
import {
  BY_CONTROLLER,
  byController,
  controllerReference,
  ownerKeys,
  ownerOrAdopterKeys,
  settleOwnership,
} from '../shared/owners.ts'
import { CLAIMS } from './claims.ts'
import { REVISIONS, cleanup, historyOf, revise, templateOf } from './history.ts'
import type { History } from './history.ts'
import { ordinalOf } from './identity.ts'
import { SOURCE, TITLED_VERBS_SINCE, planSync } from './plan.ts'
import type { Plan, Revision } from './plan.ts'
import { isRunningAndReady, statusToWrite } from './status.ts'

const SETS = 'apps/v1/statefulsets'
const PODS = 'v1/pods'

export interface StatefulSetOptions {
  minor: number
}

/** What is left of a sync while its writes are under way. */
interface Pending {
  pods: ApiWrite[]
  status: StatefulSetStatus
}

interface Memory {
  pending: Record<string, Pending>
  /** Collisions of revision names that no status tells of yet. */
  collisions: Record<string, number>
}

const memoryOf = (context: Context): Memory => context.memory<Memory>(() => ({ pending: {}, collisions: {} }))

const selects = (set: StatefulSet, labels: Record<string, string>): boolean =>
  matchesLabels(selectorFromObject(set.spec?.selector), labels)

export function statefulSetController(options: StatefulSetOptions): Controller {
  return {
    name: 'statefulset-controller',
    watches: [
      { resource: SETS, keys: (change) => [keyOf(change.object)] },
      { resource: PODS, keys: ownerOrAdopterKeys<StatefulSet>('StatefulSet', SETS, selects) },
      { resource: REVISIONS, keys: ownerKeys('StatefulSet') },
      { resource: CLAIMS, keys: setsOfLostClaim },
    ],
    indexes: { [PODS]: { [BY_CONTROLLER]: byController }, [REVISIONS]: { [BY_CONTROLLER]: byController } },
    reconcile: (context, key) => new Sync(context, key, options).reconcile(),
    settle: (context, key, settled) => new Sync(context, key, options).settle(settled),
  }
}

/** A claim that is gone may be awaited by the sets whose pods use it. */
function setsOfLostClaim(change: Change, context: Context): string[] {
  if (change.type !== 'deleted') return []
  const { namespace, name } = change.object.metadata
  const uses = (set: StatefulSet): boolean =>
    (set.spec?.volumeClaimTemplates ?? []).some((claim) =>
      name.startsWith(`${claim.metadata.name}-${set.metadata.name}-`),
    )
  return context.cache<StatefulSet>(SETS).list(namespace).filter(uses).map(keyOf)
}

class Sync {
  private readonly set: StatefulSet | undefined

  constructor(
    private readonly context: Context,
    private readonly key: string,
    private readonly options: StatefulSetOptions,
  ) {
    const { namespace, name } = splitKey(key)
    this.set = context.cache<StatefulSet>(SETS).get(namespace, name)
  }

  reconcile(): Write[] {
    const { set, context } = this
    if (set === undefined) return this.forget()
    const adoptions = this.adopt(set)
    if (adoptions.length > 0) return adoptions
    const history = this.history(set)
    const revised = revise(set, history, this.collisions(set), this.options.minor)
    if (revised.length > 0) return revised
    const pods = this.pods(set)
    const plan = planSync({ context, set, pods, ...revisionsOf(set, history), minor: this.options.minor })
    this.requeueForAvailability(set, plan.status, pods)
    return this.firstRound(set, plan, history, pods)
  }

  private forget(): Write[] {
    delete memoryOf(this.context).collisions[this.key]
    return []
  }

  private firstRound(set: StatefulSet, plan: Plan, history: History, pods: Pod[]): Write[] {
    if (plan.claims.length === 0 && plan.pods.length === 0)
      return [...plan.events, ...this.statusWrites(set, plan.status), ...this.cleanup(set, history, plan.status, pods)]
    memoryOf(this.context).pending[this.key] = { pods: plan.claims.length > 0 ? plan.pods : [], status: plan.status }
    return [...plan.events, ...(plan.claims.length > 0 ? plan.claims : podRound(plan.pods))]
  }

  /** Claims are followed by pods, pods by the status; each tells its events. */
  settle({ answers }: Settled): Write[] {
    const { set } = this
    const { pending } = memoryOf(this.context)
    const rest = pending[this.key]
    if (set === undefined) {
      delete pending[this.key]
      return []
    }
    this.noteCollision(set, answers)
    const events = answers.flatMap((answer) => this.eventsFor(set, answer))
    if (rest === undefined) return events
    const failed = new Set(answers.filter(isFailure).map(markOf))
    const pods = rest.pods.filter(
      (write) => !failed.has(`claim:${(write.body as KubeObject | undefined)?.metadata.name}`),
    )
    if (pods.length > 0) {
      pending[this.key] = { pods: [], status: rest.status }
      return [...events, ...podRound(pods)]
    }
    delete pending[this.key]
    return [...events, ...this.statusWrites(set, rest.status)]
  }

  private adopt(set: StatefulSet): ApiWrite[] {
    const { context } = this
    const reference = controllerReference(set, 'apps/v1', 'StatefulSet')
    const selector = selectorFromObject(set.spec?.selector)
    const strangers = this.owned(set).filter(({ metadata }) => !this.isMember(set, metadata))
    const pods = settleOwnership(context, set, reference, PODS, selector, strangers)
    const own = pods.filter(({ mark, name }) => mark === 'release' || ordinalOf(set, name ?? '') >= 0)
    return [...settleOwnership(context, set, reference, REVISIONS, selector, []), ...own]
  }

  private owned(set: StatefulSet): Pod[] {
    return this.context.cache<Pod>(PODS).by(BY_CONTROLLER, set.metadata.uid ?? '')
  }

  private isMember(set: StatefulSet, { name, labels }: Pod['metadata']): boolean {
    return selects(set, labels ?? {}) && ordinalOf(set, name) >= 0
  }

  private pods(set: StatefulSet): Pod[] {
    return this.owned(set).filter(({ metadata }) => this.isMember(set, metadata))
  }

  private history(set: StatefulSet): History {
    const revisions = this.context.cache<ControllerRevision>(REVISIONS).by(BY_CONTROLLER, set.metadata.uid ?? '')
    return historyOf(set, revisions, this.options.minor)
  }

  private collisions(set: StatefulSet): number {
    return memoryOf(this.context).collisions[this.key] ?? set.status?.collisionCount ?? 0
  }

  /** A name that another revision has: the next try is made with a higher count. */
  private noteCollision(set: StatefulSet, answers: Answer[]): void {
    const collided = answers.some((answer) => markOf(answer) === 'revision' && answer.code === 409)
    if (collided) memoryOf(this.context).collisions[this.key] = this.collisions(set) + 1
  }

  private cleanup(set: StatefulSet, { revisions }: History, status: StatefulSetStatus, pods: Pod[]): ApiWrite[] {
    return cleanup(set, revisions, [status.currentRevision ?? '', status.updateRevision ?? ''], pods)
  }

  private statusWrites(set: StatefulSet, planned: StatefulSetStatus): Write[] {
    const status = statusToWrite(set, { ...planned, collisionCount: this.collisions(set) }, this.options.minor)
    if (status === undefined) return []
    const { namespace, name } = set.metadata
    const body = { ...set, status }
    return [{ verb: 'update', resource: SETS, namespace, name, subresource: 'status', body, mark: 'status' }]
  }

  /** A pod that is ready but not yet available makes the set due again. */
  private requeueForAvailability(set: StatefulSet, status: StatefulSetStatus, pods: Pod[]): void {
    const seconds = set.spec?.minReadySeconds ?? 0
    if (seconds === 0 || status.readyReplicas === status.availableReplicas) return
    const readyAt = (pod: Pod): number =>
      Date.parse(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '')
    const waits = pods
      .filter((pod) => isRunningAndReady(pod) && isPodReady(pod))
      .map((pod) => readyAt(pod) + seconds * 1000 - this.context.nowMs)
    const next = Math.min(...waits.filter((wait) => wait > 0))
    if (Number.isFinite(next)) this.context.requeueAfter(this.key, next)
  }

  private eventsFor(set: StatefulSet, answer: Answer): EventWrite[] {
    const mark = markOf(answer)
    if (mark.startsWith('claim:')) return this.claimEvents(set, answer, mark.slice('claim:'.length))
    const verb = VERBS[mark]
    if (verb === undefined) return []
    if (isFailure(answer) && (answer.code === 409 || (verb === 'delete' && answer.code === 404))) return []
    const pod = answer.call.name ?? (answer.call.body as KubeObject).metadata.name
    const what = `${this.verbText(verb)} Pod ${pod} in StatefulSet ${set.metadata.name}`
    return isFailure(answer)
      ? [event(set, 'Warning', `Failed${titleOf(verb)}`, `${what} failed error: ${messageOf(answer)}`)]
      : [event(set, 'Normal', `Successful${titleOf(verb)}`, `${what} successful`)]
  }

  private verbText(verb: string): string {
    return this.options.minor >= TITLED_VERBS_SINCE ? titleOf(verb) : verb
  }

  private claimEvents(set: StatefulSet, answer: Answer, pod: string): EventWrite[] {
    const claim = (answer.call.body as KubeObject).metadata.name
    const { name } = set.metadata
    const create = this.verbText('create')
    if (!isFailure(answer))
      return [
        event(set, 'Normal', 'SuccessfulCreate', `${create} Claim ${claim} Pod ${pod} in StatefulSet ${name} success`),
      ]
    if (answer.code === 409) return []
    const error = messageOf(answer)
    return [
      event(
        set,
        'Warning',
        'FailedCreate',
        `${create} Claim ${claim} for Pod ${pod} in StatefulSet ${name} failed error: ${error}`,
      ),
      event(
        set,
        'Warning',
        'FailedCreate',
        `${create} Pod ${pod} in StatefulSet ${name} failed error: failed to create PVC ${claim}: ${error}`,
      ),
    ]
  }
}

const VERBS: Record<string, string> = { createPod: 'create', updatePod: 'update', deletePod: 'delete' }

const titleOf = (verb: string): string => `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`

const markOf = (answer: Answer): string => (answer.call as ApiWrite).mark ?? ''

function event(about: StatefulSet, type: EventWrite['type'], reason: string, message: string): EventWrite {
  return { verb: 'event', about, type, reason, message, source: SOURCE }
}

function isFailure(answer: Answer): boolean {
  return answer.code >= 400 || answer.code === 0
}

function messageOf(answer: Answer): string {
  return (answer.body as Status | undefined)?.message ?? answer.failure ?? ''
}

/** Creations start slowly; the rest goes out at once. */
function podRound(writes: ApiWrite[]): Write[] {
  const creations = writes.filter(({ verb }) => verb === 'create')
  const others = writes.filter(({ verb }) => verb !== 'create')
  return [...(creations.length > 0 ? [{ verb: 'slowStart' as const, writes: creations }] : []), ...others]
}

function revisionsOf(set: StatefulSet, { revisions, update }: History): { current: Revision; update: Revision } {
  const newest = update as ControllerRevision
  const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? newest
  const shape = (revision: ControllerRevision): Revision => ({
    name: revision.metadata.name,
    template: templateOf(revision),
  })
  return { current: shape(current), update: shape(newest) }
}
