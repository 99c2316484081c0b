/**
 * What one look at a StatefulSet leads to. Models updateStatefulSet of
 * pkg/controller/statefulset/stateful_set_control.go (R1.3). Not modelled: maxUnavailable, whose feature gate is off
 * in all releases (the API server drops the field).
 */
import type { Pod, PodTemplateSpec, StatefulSet, StatefulSetStatus } from '../../objects/types.gen.ts'
import type { ApiWrite, Context, EventWrite } from '../controller.ts'
import { deletePod } from '../shared/pod-template.ts'
import { hasStaleClaim, missingClaims, retainClaims } from './claims.ts'
import type { ClaimWork } from './claims.ts'
import {
  isMonotonic,
  isTerminating,
  newPod,
  ordinalOf,
  replicasOf,
  revisionOf,
  startOf,
  withIdentity,
} from './identity.ts'
import { countStatus, isRunningAndAvailable } from './status.ts'

const PODS = 'v1/pods'
export const SOURCE = 'statefulset-controller'
/** Events begin with `Create`, `Delete`, `Update` from this minor on. */
export const TITLED_VERBS_SINCE = 36

/** A revision with the template that it holds. */
export interface Revision {
  name: string
  template: PodTemplateSpec
}

export interface Facts {
  context: Context
  set: StatefulSet
  pods: Pod[]
  current: Revision
  update: Revision
  minor: number
}

/** Writes in the order of their rounds: claims, then pods, then the status. Plain data. */
export interface Plan {
  events: EventWrite[]
  claims: ApiWrite[]
  pods: ApiWrite[]
  status: StatefulSetStatus
}

interface Replica {
  ordinal: number
  /** Undefined: it is to be created, or was in this sync. */
  pod: Pod | undefined
}

export function planSync(facts: Facts): Plan {
  const plan = new Planning(facts)
  if (facts.set.metadata.deletionTimestamp === undefined) plan.run()
  return plan.result
}

class Planning {
  readonly result: Plan
  private readonly replicas: Replica[]
  /** Beyond the range, highest ordinal first. */
  private readonly condemned: Pod[]
  private readonly monotonic: boolean
  private failed = false

  constructor(private readonly facts: Facts) {
    const { context, set, pods, current, update } = facts
    const names = { current: current.name, update: update.name }
    this.result = { events: [], claims: [], pods: [], status: countStatus(set, pods, names, context.nowMs) }
    this.monotonic = isMonotonic(set)
    const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod.metadata.name), pod]))
    const ordinals = Array.from({ length: replicasOf(set) }, (_, at) => startOf(set) + at)
    this.replicas = ordinals.map((ordinal) => ({ ordinal, pod: byOrdinal.get(ordinal) }))
    const kept = new Set(ordinals)
    this.condemned = [...byOrdinal]
      .filter(([ordinal]) => ordinal >= 0 && !kept.has(ordinal))
      .sort(([a], [b]) => b - a)
      .map(([, pod]) => pod)
  }

  run(): void {
    if (!this.tendReplicas()) return
    for (const pod of this.condemned) this.retain(ordinalOf(this.facts.set, pod.metadata.name), pod)
    if (!this.removeCondemned()) return
    if (this.facts.set.spec?.updateStrategy?.type !== 'OnDelete') this.rollOn()
  }

  /** Creates and repairs replicas; whether the sync goes on. In order, one that is not available holds up the rest. */
  private tendReplicas(): boolean {
    for (const replica of this.replicas) {
      const goesOn = this.tend(replica)
      if (!goesOn && this.monotonic) return false
    }
    return !this.failed
  }

  private tend({ ordinal, pod }: Replica): boolean {
    if (pod === undefined) {
      this.create(ordinal)
      return false
    }
    if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') {
      if (!isTerminating(pod)) this.result.pods.push(deletePod(pod))
      return false
    }
    if (pod.status?.phase === 'Pending' && !this.replaceClaims(ordinal, pod)) return false
    if (this.monotonic && !this.isHealthy(pod)) return false
    this.repair(ordinal, pod)
    return true
  }

  private create(ordinal: number): void {
    const { context, set, minor } = this.facts
    const { name, template } = this.isCurrentNeeded(ordinal) ? this.facts.current : this.facts.update
    const pod = newPod(set, template, name, ordinal, minor)
    if (hasStaleClaim(context, set, ordinal, pod)) return
    const work = missingClaims(context, set, ordinal, pod.metadata.name)
    this.add(work)
    if (work.failure !== undefined) return this.fail(pod, work.failure)
    this.add(retainClaims(context, set, ordinal, pod, minor))
    const { namespace } = set.metadata
    this.result.pods.push({ verb: 'create', resource: PODS, namespace, body: pod, mark: 'createPod' })
  }

  /** Below the partition, pods come back as they were. */
  private isCurrentNeeded(ordinal: number): boolean {
    const { set } = this.facts
    const strategy = set.spec?.updateStrategy
    if (strategy?.type !== 'RollingUpdate') return false
    return ordinal < startOf(set) + (strategy.rollingUpdate?.partition ?? 0)
  }

  /** A pending pod waits for claims that someone deleted. */
  private replaceClaims(ordinal: number, pod: Pod): boolean {
    const work = missingClaims(this.facts.context, this.facts.set, ordinal, pod.metadata.name)
    this.add(work)
    return work.failure === undefined
  }

  private repair(ordinal: number, pod: Pod): void {
    const { set, minor } = this.facts
    this.retain(ordinal, pod)
    const repaired = withIdentity(set, pod, ordinal, minor)
    if (repaired === pod) return
    const { namespace, name } = pod.metadata
    this.result.pods.push({ verb: 'update', resource: PODS, namespace, name, body: repaired, mark: 'updatePod' })
  }

  private retain(ordinal: number, pod: Pod): void {
    this.add(retainClaims(this.facts.context, this.facts.set, ordinal, pod, this.facts.minor))
  }

  private add(work: ClaimWork): void {
    this.result.claims.push(...work.create, ...work.own)
    this.result.events.push(...work.events)
  }

  private fail(pod: Pod, error: string): void {
    this.failed = true
    const { set, minor } = this.facts
    const verb = minor >= TITLED_VERBS_SINCE ? 'Create' : 'create'
    const message = `${verb} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${error}`
    this.result.events.push({
      verb: 'event',
      about: set,
      type: 'Warning',
      reason: 'FailedCreate',
      message,
      source: SOURCE,
    })
  }

  private isHealthy(pod: Pod): boolean {
    return !isTerminating(pod) && isRunningAndAvailable(pod, this.facts.set, this.facts.context.nowMs)
  }

  /** Deletes what is beyond the range, in order one at a time; whether the sync goes on. */
  private removeCondemned(): boolean {
    for (const pod of this.condemned) {
      if (isTerminating(pod)) {
        if (this.monotonic) return false
        continue
      }
      if (this.monotonic && !this.isHealthy(pod) && pod !== this.firstUnhealthy()) return false
      this.result.pods.push(deletePod(pod))
      if (this.monotonic) return false
    }
    return true
  }

  private firstUnhealthy(): Pod | undefined {
    const pods = [...this.replicas.map(({ pod }) => pod), ...[...this.condemned].reverse()]
    return pods.find((pod) => pod !== undefined && !this.isHealthy(pod))
  }

  /** Replaces the highest pod of an old revision, when all above it are available. */
  private rollOn(): void {
    const { set, update } = this.facts
    const least = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0
    for (let at = this.replicas.length - 1; at >= least; at--) {
      const pod = this.replicas[at]?.pod
      if (pod === undefined) return
      if (revisionOf(pod) !== update.name && !isTerminating(pod)) return this.replace(pod)
      if (!this.isHealthy(pod)) return
    }
  }

  private replace(pod: Pod): void {
    const { status } = this.result
    this.result.pods.push(deletePod(pod))
    this.result.status = { ...status, currentReplicas: (status.currentReplicas ?? 0) - 1 }
  }
}
