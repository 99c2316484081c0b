/** What a step of a scenario is: a shape in YAML and a deed, done through ClusterHands only. */
import type { ClusterHands, ClusterView } from '../../view.ts'
import type { Schema } from '../format/schema.ts'

export interface Ports {
  view: ClusterView
  hands: ClusterHands
}

export interface FaultKind<T> {
  schema: Schema<T>
  carryOut(of: T, ports: Ports): Promise<void>
}

export function defineFault<T>(kind: FaultKind<T>): FaultKind<T> {
  return kind
}

/** A step that could not be carried out: the scenario is wrong, or the cluster is not as it thinks. */
export class StepError extends Error {}
