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
  spec: Plain & { manualSelector?: boolean; template: { metadata?: { labels?: Record<string, string> } } }
}

/** A Job's own selector and pod labels by its uid (pkg/registry/batch/job/strategy.go). */
function generateSelector(job: JobLike): KubeObject {
  if (job.spec.manualSelector === true) return { ...job, status: {} } as KubeObject
  const { uid = '', name } = job.metadata
  const { template } = job.spec
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  }
  const metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...own } }
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }
  return { ...job, spec: { ...job.spec, selector, template: { ...template, metadata } }, status: {} } as KubeObject
}

export const jobStrategy: Strategy = { create: (_core, object) => generateSelector(object as JobLike) }

export const volumeStrategy: Strategy = {
  create: (_core, object) => ({ ...object, status: { phase: 'Pending' } }) as KubeObject,
}
export const claimStrategy: Strategy = {
  create: (_core, object) => ({ ...object, status: { phase: 'Pending' } }) as KubeObject,
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
