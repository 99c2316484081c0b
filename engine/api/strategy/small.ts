/** Strategies of a line or two each. */
import { deepEqual } from '../../objects/equal.ts'
import type { KubeObject } from '../client.ts'
import type { Strategy } from './strategy.ts'

type Plain = Record<string, unknown>
const plain = (object: KubeObject): Plain => object as unknown as Plain

/** Nodes register themselves with a status (pkg/registry/core/node/strategy.go). */
export const nodeStrategy: Strategy = { keepsStatus: true }

const toBase64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/** stringData is written into data and never shown (pkg/apis/core/v1/conversion.go). */
function mergeStringData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = plain(object)
  if (stringData === undefined) return object
  const added = Object.entries(stringData as Record<string, string>).map(([key, value]) => [key, toBase64(value)])
  return {
    ...rest,
    data: { ...(rest.data as object | undefined), ...Object.fromEntries(added) },
  } as unknown as KubeObject
}

export const secretStrategy: Strategy = {
  create: (_core, object) => mergeStringData(object),
  update: (_core, object) => mergeStringData(object),
}

interface JobLike extends KubeObject {
  spec: Plain & { manualSelector?: boolean; template?: { metadata?: { labels?: Record<string, string> } } }
}

/** A Job without labels has those of its template: in Go the very same map (pkg/apis/batch/v1/defaults.go). */
function labelsOf({ metadata, spec }: JobLike, labels: Record<string, string>): KubeObject['metadata'] {
  const given = metadata.labels
  const shared = given === spec.template?.metadata?.labels || Object.keys(given ?? {}).length === 0
  return shared ? { ...metadata, labels } : metadata
}

/** Jobs are known by prefixed labels too from this minor on. */
const PREFIXED_LABELS_SINCE = 27

/** A Job's own selector and pod labels by its uid; what the user has set stays (pkg/registry/batch/job/strategy.go). */
function generateSelector(job: JobLike, minor: number): KubeObject {
  if (job.spec.manualSelector === true) return { ...job, status: {} } as KubeObject
  const { uid = '', name } = job.metadata
  const { template } = job.spec
  const prefix = minor >= PREFIXED_LABELS_SINCE ? 'batch.kubernetes.io/' : ''
  const prefixed = { [`${prefix}controller-uid`]: uid, [`${prefix}job-name`]: name }
  const own = { ...prefixed, 'controller-uid': uid, 'job-name': name }
  const metadata = { ...template?.metadata, labels: { ...own, ...template?.metadata?.labels } }
  const given = job.spec.selector as { matchLabels?: Record<string, string> } | undefined
  const selector = { ...given, matchLabels: { [`${prefix}controller-uid`]: uid, ...given?.matchLabels } }
  const spec = { ...job.spec, selector, template: { ...template, metadata } }
  return { ...job, metadata: labelsOf(job, metadata.labels), spec, status: {} } as KubeObject
}

export const jobStrategy: Strategy = { create: (core, object) => generateSelector(object as JobLike, core.minor) }

interface StatefulSetLike extends KubeObject {
  spec?: { updateStrategy?: { rollingUpdate?: Plain } }
}

/** maxUnavailable of a StatefulSet is behind a feature gate that is off: it is dropped (pkg/registry/apps/statefulset/strategy.go). */
function dropMaxUnavailable(object: KubeObject): KubeObject {
  const { spec } = object as StatefulSetLike
  if (spec?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) return object
  const { maxUnavailable: _, ...rollingUpdate } = spec.updateStrategy.rollingUpdate
  return { ...object, spec: { ...spec, updateStrategy: { ...spec.updateStrategy, rollingUpdate } } } as KubeObject
}

export const statefulSetStrategy: Strategy = {
  create: (_core, object) => dropMaxUnavailable(object),
  update: (_core, object) => dropMaxUnavailable(object),
}

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

interface DaemonSetLike extends KubeObject {
  spec?: { template?: unknown }
}

/** The count of templates of extensions/v1beta1 lives on as an annotation (pkg/registry/apps/daemonset/strategy.go). */
function countTemplate(object: KubeObject, count: number): KubeObject {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(count) },
    },
  }
}

export const daemonSetStrategy: Strategy = {
  create: (_core, object) => countTemplate(object, 1),
  update: (_core, object, old) => {
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1)
    const same = deepEqual((object as DaemonSetLike).spec?.template, (old as DaemonSetLike).spec?.template)
    return countTemplate(object, same ? before : before + 1)
  },
}
