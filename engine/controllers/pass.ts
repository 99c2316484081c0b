/** One reconcile pass whose writes are under way, as plain data. */
import type { Answer, Informer, KubeObject, Resource } from '../api/client.ts'
import type { ApiWrite } from './controller.ts'

export interface Pass {
  startedAt: number
  /** By the number of the write; null until its answer comes. */
  answers: (Answer | null)[]
  /** Writes of a slow start that were not sent yet. */
  pending: ApiWrite[]
  /** The size of the last batch; 0 before the first. */
  batch: number
  /** How many answers the controller has seen in `settle`. */
  round: number
  /** The controller has seen all answers and wants no more writes. */
  settled: boolean
}

export function startPass(startedAt: number): Pass {
  return { startedAt, answers: [], pending: [], batch: 0, round: 0, settled: false }
}

/** Whether the caches have seen every write of the pass that worked. */
export function isFinished(pass: Pass, informers: ReadonlyMap<Resource, Informer>): boolean {
  return pass.answers.every((answer) => answer === null || wasSeen(answer, informers.get(answer.call.resource)))
}

function wasSeen(answer: Answer, informer: Informer | undefined): boolean {
  const { verb } = answer.call
  if (informer === undefined || answer.code < 200 || answer.code >= 300) return true
  if (verb === 'get' || verb === 'deletecollection') return true
  const object = answer.body as KubeObject
  if (verb === 'delete') return isGone(answer, informer)
  return informer.revision >= Number(object.metadata?.resourceVersion ?? 0)
}

function isGone(answer: Answer, informer: Informer): boolean {
  const { namespace, name } = answer.call
  const cached = informer.get(namespace ?? '', name ?? '')
  return cached === undefined || cached.metadata.deletionTimestamp !== undefined
}
