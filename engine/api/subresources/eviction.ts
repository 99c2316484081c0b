/**
 * pods/eviction: a deletion that respects disruption budgets. Models pkg/registry/core/pod/storage/eviction.go (I3).
 * Not modelled: the client's dry-run of the budget's own write.
 */
import { isPodReady, setCondition } from '../../objects/meta.ts'
import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { DeleteOptions, Pod, PodCondition, PodDisruptionBudget } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core, Outcome, ReadSteps, VerbHandler, WriteSteps } from '../core.ts'
import type { Flight } from '../flight.ts'
import { admit, attributesOf, isAdmitted } from '../pipeline/admission/index.ts'
import { JSON_HEADERS } from '../present.ts'
import { badRequest, failure, forbidden, notFound, success, tooManyRequests, unknownError } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf } from '../storage/keys.ts'
import { deleteSteps } from '../verbs/delete.ts'

interface Eviction extends KubeObject {
  deleteOptions?: DeleteOptions
}

const PODS = { group: '', resource: 'pods' }
const BUDGETS = { group: 'policy', resource: 'poddisruptionbudgets' }
const MAX_DISRUPTED = 2000
const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget."

export const createEviction: VerbHandler = (core, flight) => {
  const body = flight.request.body as Eviction | undefined
  const named = body?.metadata?.name
  if (named !== undefined && named !== '' && named !== flight.info.name)
    return core.refuse(flight, badRequest('name in URL does not match name in Eviction object'))
  const verdict = admit(core, flight, attributesOf(flight, core.entryOf(flight), 'CREATE', body))
  if ('call' in verdict) return core.callOut(flight, verdict.call)
  if (!isAdmitted(verdict)) return core.refuse(flight, verdict.refuse)
  flight.memo.options = body?.deleteOptions ?? {}
  core.readStored(flight, 'eviction', podKey(flight))
}

const podKey = (flight: Flight): string => `${directoryOf('', 'pods')}${flight.info.namespace}/${flight.info.name}`

/** Pods that do no service are deleted whatever the budgets say. */
function ignoresBudgets(pod: Pod): boolean {
  const phase = pod.status?.phase
  return (
    phase === 'Pending' || phase === 'Succeeded' || phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined
  )
}

function budgetsFor(core: Core, pod: Pod): PodDisruptionBudget[] {
  const directory = directoryOf(BUDGETS.group, BUDGETS.resource)
  const all = core.cache.list(directory, `${directory}${pod.metadata.namespace}/`) as PodDisruptionBudget[]
  return all.filter(({ spec }) => matchesLabels(selectorFromObject(spec?.selector), pod.metadata.labels))
}

/** A pod that is not ready may go where the budget holds without it. */
function unhealthyMayGo(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return false
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  return (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0) && (status?.desiredHealthy ?? 0) > 0
}

function decide(core: Core, flight: Flight, stored: KubeObject | undefined): void {
  const pod = stored as Pod | undefined
  if (pod === undefined) return core.refuse(flight, notFound(PODS, flight.info.name))
  if (ignoresBudgets(pod)) return core.write(flight, 'evictionDelete', podKey(flight))
  const budgets = budgetsFor(core, pod)
  if (budgets.length > 1)
    return core.refuse(
      flight,
      unknownError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'),
    )
  const [budget] = budgets
  if (budget === undefined || unhealthyMayGo(pod, budget)) return core.write(flight, 'evictionMark', podKey(flight))
  core.write(
    flight,
    'evictionBudget',
    `${directoryOf(BUDGETS.group, BUDGETS.resource)}${flight.info.namespace}/${budget.metadata.name}`,
  )
}

const violation = (message: string, retry: number): ApiStatus =>
  tooManyRequests(VIOLATION, retry, [{ reason: 'DisruptionBudget', message }])

function refusalOf(budget: PodDisruptionBudget): ApiStatus | undefined {
  const {
    metadata: { name, generation = 0 },
    status,
  } = budget
  const allowed = status?.disruptionsAllowed ?? 0
  if ((status?.observedGeneration ?? 0) < generation)
    return violation(`The disruption budget ${name} is still being processed by the server.`, 10)
  if (allowed < 0) return forbidden(BUDGETS, name, 'pdb disruptions allowed is negative')
  if (Object.keys(status?.disruptedPods ?? {}).length > MAX_DISRUPTED)
    return forbidden(BUDGETS, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  return allowed === 0 ? violation(whyNone(budget), 0) : undefined
}

function whyNone({ metadata: { name }, status }: PodDisruptionBudget): string {
  const failed = status?.conditions?.find(
    ({ type, status: value, reason }) => type === 'DisruptionAllowed' && value === 'False' && reason === 'SyncFailed',
  )
  if (failed !== undefined)
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`
  const [healthy, desired] = [status?.currentHealthy ?? 0, status?.desiredHealthy ?? 0]
  if (healthy > desired) return `The disruption budget ${name} does not allow evicting pods currently`
  return `The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`
}

/** Books one disruption of the budget. */
function book(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  if (current === undefined)
    return { kind: 'refuse', status: failure(404, 'NotFound', `poddisruptionbudgets.policy not found`) }
  const budget = current as PodDisruptionBudget
  const refused = refusalOf(budget)
  if (refused !== undefined) return { kind: 'refuse', status: refused }
  const disruptedPods = { ...budget.status?.disruptedPods, [flight.info.name]: core.timestamp() }
  const status = { ...budget.status, disruptionsAllowed: (budget.status?.disruptionsAllowed ?? 0) - 1, disruptedPods }
  return { kind: 'put', object: { ...budget, status } as KubeObject }
}

/** Says on the pod why it goes. */
function mark(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  if (current === undefined) return { kind: 'refuse', status: notFound(PODS, flight.info.name) }
  const pod = current as Pod
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastProbeTime: null as never,
    lastTransitionTime: core.timestamp(),
  }
  return {
    kind: 'put',
    object: {
      ...pod,
      status: { ...pod.status, conditions: setCondition(pod.status?.conditions, condition) },
    } as KubeObject,
  }
}

function answer(core: Core, flight: Flight): void {
  core.respond(flight, { code: 201, headers: JSON_HEADERS, body: { ...success(), code: 201 } })
}

const isDryRun = (flight: Flight): boolean => flight.request.query.dryRun === 'All'

export const evictionReadSteps: ReadSteps = { eviction: decide }

export const evictionSteps: WriteSteps = {
  evictionBudget: { transform: book, done: (core, flight) => core.write(flight, 'evictionMark', podKey(flight)) },
  evictionMark: { transform: mark, done: (core, flight) => core.write(flight, 'evictionDelete', podKey(flight)) },
  evictionDelete: {
    transform: (core, flight, current) => (deleteSteps.delete as WriteSteps[string]).transform(core, flight, current),
    done: (core, flight, _object, outcome) => {
      if (flight.memo.then === true && outcome === 'put' && !isDryRun(flight))
        core.write(flight, 'evictionGone', podKey(flight))
      else answer(core, flight)
    },
  },
  evictionGone: {
    transform: (core, flight, current) =>
      (deleteSteps.deleteGone as WriteSteps[string]).transform(core, flight, current),
    done: answer,
  },
}
