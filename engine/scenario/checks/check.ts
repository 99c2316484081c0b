/** What a check is: a shape in YAML, a wish in words, and a way to look. */
import type { ClusterHands, ClusterView } from '../../view.ts'
import type { Schema } from '../format/schema.ts'

/** What was seen: whether it is as wanted, and a short text for the learner. */
export interface Observation {
  holds: boolean
  found: string
}

/** Something a check names that a learner cannot guess: the task must say it. */
export interface Mention {
  what: 'kind' | 'name' | 'namespace' | 'host' | 'path' | 'address'
  text: string
}

export interface CheckContext {
  view: ClusterView
  hands: ClusterHands
  /** When the learner's time began, on the cluster's clock. */
  startMs: number
}

export interface CheckKind<T> {
  schema: Schema<T>
  /** What is wanted, in a few words. */
  wanted(of: T): string
  observe(of: T, context: CheckContext): Promise<Observation>
  mentions(of: T): Mention[]
  /** It breaks something in order to look, so it needs a cluster of its own. */
  disturbs?: true
}

export function defineCheck<T>(kind: CheckKind<T>): CheckKind<T> {
  return kind
}

export const seen = (holds: boolean, found: string): Observation => ({ holds, found })
