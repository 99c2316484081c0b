/** Revisions of a DaemonSet's template, kept as ControllerRevisions (R4). Models pkg/controller/daemon/update.go. */
import { semanticEqual } from '../../objects/equal.ts'
import { templateHash } from '../../objects/template-hash.ts'
import type { ControllerRevision, DaemonSet, Pod } from '../../objects/types.gen.ts'
import type { ApiWrite } from '../controller.ts'
import { controllerReference } from '../shared/owners.ts'

export const REVISIONS = 'apps/v1/controllerrevisions'
export const REVISION_HASH = 'controller-revision-hash'

export interface History {
  current: ControllerRevision | undefined
  old: ControllerRevision[]
}

function templateOf(set: DaemonSet): Record<string, unknown> {
  return { spec: { template: { ...set.spec?.template, $patch: 'replace' } } }
}

/** The revision that holds the present template, and the others by rising number. */
export function historyOf(set: DaemonSet, revisions: ControllerRevision[]): History {
  const sorted = [...revisions].sort((a, b) => a.revision - b.revision)
  const matching = sorted.filter(({ data }) => semanticEqual(data, templateOf(set)))
  const current = matching[matching.length - 1]
  return { current, old: sorted.filter((one) => one !== current) }
}

export function createRevision(set: DaemonSet, { old }: History, release: string): ApiWrite {
  const hash = templateHash(set.spec?.template ?? {}, set.status?.collisionCount, release)
  const { namespace, name } = set.metadata
  const body: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...set.spec?.template.metadata?.labels, [REVISION_HASH]: hash },
      annotations: set.metadata.annotations,
      ownerReferences: [controllerReference(set, 'apps/v1', 'DaemonSet')],
    },
    data: templateOf(set),
    revision: highest(old) + 1,
  }
  return { verb: 'create', resource: REVISIONS, namespace, body, mark: 'revision' }
}

/** A template that comes back gets the highest number again. */
export function renumber({ current, old }: History): ApiWrite[] {
  if (current === undefined || current.revision > highest(old)) return []
  const { namespace, name } = current.metadata
  return [
    {
      verb: 'update',
      resource: REVISIONS,
      namespace,
      name,
      body: { ...current, revision: highest(old) + 1 },
      mark: 'renumber',
    },
  ]
}

function highest(revisions: ControllerRevision[]): number {
  return Math.max(0, ...revisions.map(({ revision }) => revision))
}

/** Old revisions beyond the limit that no pod carries. */
export function cleanup(set: DaemonSet, { old }: History, pods: Pod[]): ApiWrite[] {
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[REVISION_HASH]))
  const excess = old.length - (set.spec?.revisionHistoryLimit ?? 10)
  const unused = old.filter(({ metadata }) => !live.has(metadata.labels?.[REVISION_HASH]))
  return unused
    .slice(0, Math.max(0, excess))
    .map(({ metadata: { namespace, name } }) => ({ verb: 'delete', resource: REVISIONS, namespace, name }))
}
