/** Revisions of a StatefulSet's template, kept as ControllerRevisions (R1.4). Models pkg/controller/history. */
import { makeCompactJson } from '../../objects/json-text.ts'
import { revisionHash } from '../../objects/template-hash.ts'
import type { ControllerRevision, Pod, PodTemplateSpec, StatefulSet } from '../../objects/types.gen.ts'
import type { ApiWrite } from '../controller.ts'
import { controllerReference } from '../shared/owners.ts'
import { revisionOf } from './identity.ts'

export const REVISIONS = 'apps/v1/controllerrevisions'
const HASH = 'controller.kubernetes.io/hash'
/** Names keep room for the hash. */
const MAX_PREFIX = 223
/** Until this minor, templates carry `creationTimestamp: null`. */
const NULL_TIMESTAMP_UNTIL = 33

interface TemplatePatch {
  spec: { template: Record<string, unknown> }
}

/** The patch that brings the set's template back. */
function patchOf(set: StatefulSet, minor: number): TemplatePatch {
  const template = set.spec?.template ?? {}
  const dated = minor <= NULL_TIMESTAMP_UNTIL ? { creationTimestamp: null } : {}
  return {
    spec: { template: { ...template, metadata: { ...dated, ...template.metadata }, $patch: 'replace' } },
  }
}

export interface History {
  /** All, by rising number. */
  revisions: ControllerRevision[]
  /** The one that holds the present template; undefined when none does yet. */
  update: ControllerRevision | undefined
}

export function historyOf(set: StatefulSet, revisions: ControllerRevision[], minor: number): History {
  const sorted = [...revisions].sort((a, b) => a.revision - b.revision)
  const wanted = makeCompactJson(patchOf(set, minor))
  const update = sorted.filter(({ data }) => makeCompactJson(data) === wanted).pop()
  return { revisions: sorted, update }
}

/** What must be written before the newest revision holds the present template: a new one, or the number of an old one. */
export function revise(set: StatefulSet, history: History, collisionCount: number, minor: number): ApiWrite[] {
  const last = history.revisions[history.revisions.length - 1]
  const revision = (last?.revision ?? 0) + 1
  const { update } = history
  if (update === undefined) return [createRevision(set, revision, collisionCount, minor)]
  if (update.revision >= (last?.revision ?? 0)) return []
  const { namespace, name } = update.metadata
  return [{ verb: 'update', resource: REVISIONS, namespace, name, body: { ...update, revision }, mark: 'renumber' }]
}

function createRevision(set: StatefulSet, revision: number, collisionCount: number, minor: number): ApiWrite {
  const data = patchOf(set, minor)
  const hash = revisionHash(makeCompactJson(data), collisionCount)
  const { namespace, name, annotations } = set.metadata
  const body: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name.slice(0, MAX_PREFIX)}-${hash}`,
      namespace,
      labels: { ...set.spec?.template.metadata?.labels, [HASH]: hash },
      ...(annotations !== undefined && { annotations }),
      ownerReferences: [controllerReference(set, 'apps/v1', 'StatefulSet')],
    },
    data: data as unknown as ControllerRevision['data'],
    revision,
  }
  return { verb: 'create', resource: REVISIONS, namespace, body, mark: 'revision' }
}

/** The template of a revision. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (revision.data as unknown as TemplatePatch).spec.template
  return template
}

/** Old revisions beyond the limit that neither the set nor a pod uses. */
export function cleanup(set: StatefulSet, revisions: ControllerRevision[], live: string[], pods: Pod[]): ApiWrite[] {
  const used = new Set([...live, ...pods.map(revisionOf)])
  const unused = revisions.filter(({ metadata }) => !used.has(metadata.name))
  const excess = unused.length - (set.spec?.revisionHistoryLimit ?? 10)
  return unused
    .slice(0, Math.max(0, excess))
    .map(({ metadata: { namespace, name } }) => ({ verb: 'delete', resource: REVISIONS, namespace, name }))
}
