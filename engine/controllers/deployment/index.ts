/**
 * Models pkg/controller/deployment (C). A pass does one step of upstream's sync and the next pass
 * follows when the caches have seen it, so the writes come in upstream's order. Not modelled: the
 * rollback annotation of extensions/v1beta1, giving up after 15 retries.
 */
import type { Answer } from '../../api/client.ts'
import { semanticEqual } from '../../objects/equal.ts'
import { conditionOf } from '../../objects/meta.ts'
import { matchesLabels, selectorFromObject, selectsEverything } from '../../objects/selectors.ts'
import { templateHash } from '../../objects/template-hash.ts'
import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  Pod,
  ReplicaSet,
  Status,
} from '../../objects/types.gen.ts'
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
import { REVISION, maxRevision, newSetAnnotations, revisionOf, sizeAnnotations } from './annotations.ts'
import { isRollingUpdate, newSetReplicas, specReplicas } from './math.ts'
import { oldPodsRunning, recreateScaleDown } from './recreate.ts'
import { POD_TEMPLATE_HASH, classify, oldestFirst, sameTemplate } from './replicasets.ts'
import type { Sets } from './replicasets.ts'
import { rollingScale, scaleNewSet } from './rolling.ts'
import { isScalingEvent, scaleProportionally } from './scale.ts'
import {
  countStatus,
  deadlineMs,
  hasProgressDeadline,
  isComplete,
  makeCondition,
  replaceSet,
  rolloutStatus,
  withCondition,
} from './status.ts'

const DEPLOYMENTS = 'apps/v1/deployments'
const SETS = 'apps/v1/replicasets'
const PODS = 'v1/pods'
const SOURCE = 'deployment-controller'

export interface DeploymentOptions {
  /** The controller manager's minor release, such as 35 for 1.35. */
  minor: number
}

const selects = (deployment: Deployment, labels: Record<string, string>): boolean =>
  matchesLabels(selectorFromObject(deployment.spec?.selector), labels)

export function deploymentController(options: DeploymentOptions): Controller {
  return {
    name: 'deployment',
    watches: [
      { resource: DEPLOYMENTS, keys: (change) => [keyOf(change.object)] },
      { resource: SETS, keys: ownerOrAdopterKeys<Deployment>('Deployment', DEPLOYMENTS, selects) },
      { resource: PODS, keys: (change, context) => recreateKeys(change.type, change.object as Pod, context) },
    ],
    indexes: { [PODS]: { [BY_CONTROLLER]: byController }, [SETS]: { [BY_CONTROLLER]: byController } },
    reconcile: (context, key) => new Sync(context, key, options).reconcile(),
    settle: (context, key, settled) => new Sync(context, key, options).settle(settled),
  }
}

/** A deleted pod matters to a Recreate Deployment, which waits for the last one. */
function recreateKeys(type: string, pod: Pod, context: Context): string[] {
  if (type !== 'deleted') return []
  const [setKey] = ownerKeys('ReplicaSet')({ type: 'added', object: pod })
  if (setKey === undefined) return []
  const { namespace, name } = splitKey(setKey)
  const set = context.cache<ReplicaSet>(SETS).get(namespace, name)
  return set === undefined ? [] : ownerKeys('Deployment')({ type: 'added', object: set })
}

class Sync {
  private readonly deployment: Deployment | undefined

  constructor(
    private readonly context: Context,
    key: string,
    private readonly options: DeploymentOptions,
  ) {
    const { namespace, name } = splitKey(key)
    this.deployment = context.cache<Deployment>(DEPLOYMENTS).get(namespace, name)
  }

  reconcile(): Write[] {
    const { deployment } = this
    if (deployment === undefined) return []
    if (selectsEverything(selectorFromObject(deployment.spec?.selector))) return this.selectingAll(deployment)
    const reference = controllerReference(deployment, 'apps/v1', 'Deployment')
    const { claimed, writes } = claim<ReplicaSet>(
      this.context,
      deployment,
      reference,
      SETS,
      selectorFromObject(deployment.spec?.selector),
    )
    if (writes.length > 0) return writes
    const sets = classify(deployment, claimed)
    if (deployment.metadata.deletionTimestamp !== undefined) return this.countOnly(sets)
    return this.pausedCondition(deployment) ?? this.step(sets)
  }

  settle({ answers }: Settled): Write[] {
    const created = answers.find(({ call }) => call.verb === 'create')
    if (created !== undefined) return this.setCreated(created)
    const scaled = answers.filter(({ call }) => /^(roll|resize) /.test(markOf(call)))
    return scaled.length === 0 ? [] : this.setsScaled(scaled)
  }

  private step(sets: Sets): Write[] {
    const { deployment } = sets
    if (deployment.spec?.paused === true) return this.scaleOnly(sets, true)
    if (isScalingEvent(sets)) return this.scaleOnly(sets, false)
    return isRollingUpdate(deployment) ? this.roll(sets) : this.recreate(sets)
  }

  private roll(sets: Sets): Write[] {
    const prepared = this.prepareNewSet(sets)
    if (prepared.length > 0) return prepared
    const scaling = rollingScale(sets)
    return scaling.length > 0 ? scaling : this.finish(sets)
  }

  private recreate(sets: Sets): Write[] {
    const known = sets.fresh === undefined ? [] : this.prepareNewSet(sets)
    if (known.length > 0) return known
    const down = recreateScaleDown(sets)
    if (down.length > 0) return down
    const podsOf = (uid: string): Pod[] => this.context.cache<Pod>(PODS).by(BY_CONTROLLER, uid)
    if (oldPodsRunning(sets, podsOf)) return this.rolloutStatusWrite(sets)
    if (sets.fresh === undefined) return [this.createSet(sets)]
    const up = scaleNewSet(sets)
    return up.length > 0 ? up : this.finish(sets)
  }

  /** Paused, or scaled in the middle: sizes change, templates do not roll. */
  private scaleOnly(sets: Sets, paused: boolean): Write[] {
    const known = sets.fresh === undefined ? [] : this.prepareNewSet(sets)
    if (known.length > 0) return known
    const scaling = scaleProportionally(sets)
    if (scaling.length > 0) return scaling
    const cleanup = paused && !isUnderway(sets) ? this.cleanup(sets) : []
    return [
      ...cleanup,
      ...this.statusWrite(sets.deployment, countStatus(sets, this.reportsTerminating, this.context.nowMs)),
    ]
  }

  private finish(sets: Sets): Write[] {
    const { deployment } = sets
    const done = deployment.status !== undefined && isComplete(deployment, deployment.status)
    return [...(done ? this.cleanup(sets) : []), ...this.rolloutStatusWrite(sets)]
  }

  /** The new set exists, has the right revision and annotations, and the Deployment carries its number. */
  private prepareNewSet(sets: Sets): Write[] {
    const { deployment, fresh, old } = sets
    if (fresh === undefined) return [this.createSet(sets)]
    const annotations = newSetAnnotations(deployment, fresh, maxRevision(old) + 1)
    const minReadySeconds = deployment.spec?.minReadySeconds
    if (
      !semanticEqual(annotations, fresh.metadata.annotations) ||
      (fresh.spec?.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)
    ) {
      const body = { ...fresh, metadata: { ...fresh.metadata, annotations }, spec: { ...fresh.spec, minReadySeconds } }
      return [
        {
          verb: 'update',
          resource: SETS,
          namespace: fresh.metadata.namespace,
          name: fresh.metadata.name,
          body,
          mark: 'annotate',
        },
      ]
    }
    return this.adoptRevision(deployment, fresh, undefined)
  }

  /** The Deployment takes its new set's revision; without a Progressing condition it gets one. */
  private adoptRevision(deployment: Deployment, set: ReplicaSet, created: DeploymentCondition | undefined): ApiWrite[] {
    const revision = set.metadata.annotations?.[REVISION] ?? ''
    const conditions = deployment.status?.conditions ?? []
    const found =
      conditionOf(conditions, 'Progressing') === undefined
        ? this.progressing('FoundNewReplicaSet', `Found new replica set "${set.metadata.name}"`)
        : undefined
    const condition = hasProgressDeadline(deployment) ? (created ?? found) : undefined
    if (String(revisionOf(deployment)) === revision && condition === undefined) return []
    const annotations = { ...deployment.metadata.annotations, [REVISION]: revision }
    const status =
      condition === undefined
        ? deployment.status
        : { ...deployment.status, conditions: withCondition(conditions, condition) }
    return [this.statusUpdate({ ...deployment, metadata: { ...deployment.metadata, annotations }, status }, 'revision')]
  }

  private createSet(sets: Sets): ApiWrite {
    const { deployment, all, old } = sets
    const { namespace, name } = deployment.metadata
    const hash = this.hashOf(deployment)
    const labels = { ...deployment.spec?.template?.metadata?.labels, [POD_TEMPLATE_HASH]: hash }
    const template = { ...deployment.spec?.template, metadata: { ...deployment.spec?.template?.metadata, labels } }
    const selector = {
      ...deployment.spec?.selector,
      matchLabels: { ...deployment.spec?.selector?.matchLabels, [POD_TEMPLATE_HASH]: hash },
    }
    const body = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name.slice(0, 253 - hash.length - 1)}-${hash}`,
        namespace,
        labels,
        annotations: {
          ...newSetAnnotations(deployment, undefined, maxRevision(old) + 1),
          ...sizeAnnotations(deployment),
        },
        ownerReferences: [controllerReference(deployment, 'apps/v1', 'Deployment')],
      },
      spec: {
        replicas: newSetReplicas(deployment, all, 0),
        minReadySeconds: deployment.spec?.minReadySeconds,
        selector,
        template,
      },
    }
    return { verb: 'create', resource: SETS, namespace, body, mark: 'createSet' }
  }

  private hashOf(deployment: Deployment): string {
    return templateHash(deployment.spec?.template ?? {}, deployment.status?.collisionCount, `1.${this.options.minor}`)
  }

  private setCreated(answer: Answer): Write[] {
    const { deployment } = this
    if (deployment === undefined) return []
    if (answer.code === 409) return this.nameTaken(deployment, answer)
    if (answer.code >= 400 || answer.code === 0) return this.creationFailed(deployment, answer)
    const set = answer.body as ReplicaSet
    const name = set.metadata.name
    // The sync that noted the resumption still has the Deployment from before: upstream's write of this condition conflicts.
    const resumed = conditionOf(deployment.status?.conditions, 'Progressing')?.reason === 'DeploymentResumed'
    const condition = resumed
      ? undefined
      : this.progressing('NewReplicaSetCreated', `Created new replica set "${name}"`)
    const size = specReplicas(set)
    const events = size > 0 ? [this.scaledEvent(deployment, name, 0, size, true)] : []
    return [...events, ...this.adoptRevision(deployment, set, condition)]
  }

  /** Another set has the name: with another template, the next try hashes differently. */
  private nameTaken(deployment: Deployment, answer: Answer): Write[] {
    const wanted = (answer.call.body as ReplicaSet).metadata.name
    const present = this.context.cache<ReplicaSet>(SETS).get(deployment.metadata.namespace ?? '', wanted)
    const owned = present?.metadata.ownerReferences?.some((owner) => owner.uid === deployment.metadata.uid)
    if (present === undefined || (owned && sameTemplate(present.spec?.template, deployment.spec?.template))) return []
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
    return [this.statusUpdate({ ...deployment, status: { ...deployment.status, collisionCount } }, 'status')]
  }

  private creationFailed(deployment: Deployment, answer: Answer): Write[] {
    const wanted = (answer.call.body as ReplicaSet).metadata.name
    const message = `Failed to create new replica set "${wanted}": ${(answer.body as Status | undefined)?.message ?? answer.failure ?? ''}`
    const condition = makeCondition('Progressing', 'False', 'ReplicaSetCreateError', message, this.context.nowMs)
    const conditions = withCondition(deployment.status?.conditions ?? [], condition)
    const event: EventWrite = {
      verb: 'event',
      about: deployment,
      type: 'Warning',
      reason: 'ReplicaSetCreateError',
      message,
      source: SOURCE,
    }
    return [event, ...this.statusWrite(deployment, { ...deployment.status, conditions })]
  }

  private setsScaled(answers: Answer[]): Write[] {
    const { deployment } = this
    if (deployment === undefined) return []
    const worked = answers.filter(({ code }) => code === 200)
    const events = worked.flatMap((answer) => {
      const [, before, after] = markOf(answer.call).split(' ')
      if (before === after) return []
      return [
        this.scaledEvent(deployment, (answer.body as ReplicaSet).metadata.name, Number(before), Number(after), false),
      ]
    })
    return [...events, ...this.statusAfterScaling(deployment, worked)]
  }

  /** Upstream writes the status in the same sync, from the sets as they were before the scaling. */
  private statusAfterScaling(deployment: Deployment, answers: Answer[]): Write[] {
    const owned = this.context.cache<ReplicaSet>(SETS).by(BY_CONTROLLER, deployment.metadata.uid ?? '')
    const sets = answers.reduce((known, answer) => replaceSet(known, asBefore(answer)), classify(deployment, owned))
    const resized = answers.some(({ call }) => markOf(call).startsWith('resize '))
    return resized
      ? this.statusWrite(deployment, countStatus(sets, this.reportsTerminating, this.context.nowMs))
      : this.rolloutStatusWrite(sets)
  }

  private scaledEvent(
    deployment: Deployment,
    set: string,
    before: number,
    after: number,
    created: boolean,
  ): EventWrite {
    const direction = after > before ? 'up' : 'down'
    const message = `Scaled ${direction} replica set ${set} ${sizeText(this.options.minor, before, after, created)}`
    return { verb: 'event', about: deployment, type: 'Normal', reason: 'ScalingReplicaSet', message, source: SOURCE }
  }

  private get reportsTerminating(): boolean {
    return this.options.minor >= 35
  }

  private progressing(reason: string, message: string): DeploymentCondition {
    return makeCondition('Progressing', 'True', reason, message, this.context.nowMs)
  }

  /** Pausing and resuming are noted in the Progressing condition, which stops and restarts the deadline. */
  private pausedCondition(deployment: Deployment): Write[] | undefined {
    const conditions = deployment.status?.conditions ?? []
    const present = conditionOf(conditions, 'Progressing')
    const paused = present?.reason === 'DeploymentPaused'
    if (!hasProgressDeadline(deployment) || present?.reason === 'ProgressDeadlineExceeded') return undefined
    if ((deployment.spec?.paused === true) === paused) return undefined
    const [reason, message] = paused
      ? ['DeploymentResumed', 'Deployment is resumed']
      : ['DeploymentPaused', 'Deployment is paused']
    const condition = makeCondition('Progressing', 'Unknown', reason as string, message as string, this.context.nowMs)
    return this.statusWrite(deployment, { ...deployment.status, conditions: withCondition(conditions, condition) })
  }

  private countOnly(sets: Sets): Write[] {
    return this.statusWrite(sets.deployment, countStatus(sets, this.reportsTerminating, this.context.nowMs))
  }

  private rolloutStatusWrite(sets: Sets): Write[] {
    const status = rolloutStatus(sets, this.reportsTerminating, this.context.nowMs)
    const deadline = deadlineMs(sets.deployment, status.conditions ?? [])
    const timedOut = conditionOf(status.conditions, 'Progressing')?.reason === 'ProgressDeadlineExceeded'
    if (deadline !== undefined && !timedOut && !isComplete(sets.deployment, status)) {
      this.context.requeueAfter(keyOf(sets.deployment), deadline - this.context.nowMs + 1000)
    }
    return this.statusWrite(sets.deployment, status)
  }

  private statusWrite(deployment: Deployment, status: DeploymentStatus): ApiWrite[] {
    return semanticEqual(deployment.status, status) ? [] : [this.statusUpdate({ ...deployment, status }, 'status')]
  }

  private statusUpdate(body: Deployment, mark: string): ApiWrite {
    const { namespace, name } = body.metadata
    return { verb: 'update', resource: DEPLOYMENTS, namespace, name, subresource: 'status', body, mark }
  }

  /** Old empty sets beyond revisionHistoryLimit go, lowest revision first. */
  private cleanup({ deployment, old }: Sets): Write[] {
    const limit = deployment.spec?.revisionHistoryLimit
    if (limit === undefined) return []
    const candidates = oldestFirst(old).filter((set) => set.metadata.deletionTimestamp === undefined)
    const excess = candidates.length - limit
    if (excess <= 0) return []
    const lowest = candidates.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, excess)
    return lowest.filter(isSpent).map((set): ApiWrite => ({
      verb: 'delete',
      resource: SETS,
      namespace: set.metadata.namespace,
      name: set.metadata.name,
      mark: 'cleanup',
    }))
  }

  private selectingAll(deployment: Deployment): Write[] {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.'
    return [{ verb: 'event', about: deployment, type: 'Warning', reason: 'SelectingAll', message, source: SOURCE }]
  }
}

function markOf(call: Answer['call']): string {
  return (call as ApiWrite).mark ?? ''
}

function asBefore({ call, body }: Answer): ReplicaSet {
  const set = body as ReplicaSet
  const [, before] = markOf(call).split(' ')
  return { ...set, spec: { ...set.spec, replicas: Number(before) } as ReplicaSet['spec'] }
}

function isUnderway({ old }: Sets): boolean {
  return old.some((set) => specReplicas(set) > 0)
}

function isSpent(set: ReplicaSet): boolean {
  return (
    specReplicas(set) === 0 &&
    (set.status?.replicas ?? 0) === 0 &&
    (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0)
  )
}

/** How the sizes are told changed with the releases (C7). */
function sizeText(minor: number, before: number, after: number, created: boolean): string {
  if (minor <= 25 || (minor <= 30 && created)) return `to ${after}`
  return minor <= 30 ? `to ${after} from ${before}` : `from ${before} to ${after}`
}
