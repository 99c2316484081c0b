/** Revisions and the annotations that a Deployment shares with its ReplicaSets (C5). */
import type { Deployment, ReplicaSet } from '../../objects/types.gen.ts'
import { DESIRED_REPLICAS, MAX_REPLICAS, desiredReplicas, maxSurge } from './math.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
const HISTORY_LIMIT = 2000

const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
])

type Annotations = Record<string, string>

export function revisionOf(object: { metadata: { annotations?: Annotations } }): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0)
}

export function maxRevision(sets: ReplicaSet[]): number {
  return Math.max(0, ...sets.map(revisionOf))
}

/** The size annotations of a set of this Deployment. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const desired = desiredReplicas(deployment)
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(desired + maxSurge(deployment)) }
}

export function copiedAnnotations(deployment: Deployment): Annotations {
  const own = Object.entries(deployment.metadata.annotations ?? {})
  return Object.fromEntries(own.filter(([key]) => !NOT_COPIED.has(key)))
}

/** The annotations of a set that is new from now on, with this revision. Existing ones are kept. */
export function newSetAnnotations(deployment: Deployment, set: ReplicaSet | undefined, revision: number): Annotations {
  const present = set?.metadata.annotations ?? {}
  return { ...present, ...copiedAnnotations(deployment), ...renumbered(present, revision) }
}

/** A set that becomes the newest again gets the next number and remembers the one it had. */
function renumbered(present: Annotations, revision: number): Annotations {
  const before = present[REVISION]
  if (before === undefined) return { [REVISION]: String(revision) }
  if (Number(before) >= revision) return {}
  const history = present[REVISION_HISTORY]
  const entries = [...(history === undefined || history === '' ? [] : history.split(',')), before]
  while (entries.join(',').length > HISTORY_LIMIT) entries.shift()
  return { [REVISION]: String(revision), [REVISION_HISTORY]: entries.join(',') }
}
