/** The fields that a field selector may name, per resource. Models the registries' SelectableFields and conversion functions. */
import { parseFieldSelector } from '../objects/selectors.ts'
import type { FieldSelector } from '../objects/selectors.ts'
import type { KubeObject } from './client.ts'

type Reader = (object: Record<string, never>) => unknown

/** A dotted path as a function. */
function at(path: string): Reader {
  const parts = path.split('.')
  return (object) => {
    let value: unknown = object
    for (const part of parts) {
      if (typeof value !== 'object' || value === null) return undefined
      value = (value as Record<string, unknown>)[part]
    }
    return value
  }
}

const paths = (...list: string[]): Record<string, Reader> => Object.fromEntries(list.map((path) => [path, at(path)]))

const COMMON: Record<string, Reader> = paths('metadata.name', 'metadata.namespace')

const BY_RESOURCE: Record<string, Record<string, Reader>> = {
  pods: paths(
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ),
  nodes: paths('spec.unschedulable'),
  namespaces: paths('status.phase'),
  secrets: paths('type'),
  services: paths('spec.clusterIP', 'spec.type'),
  replicationcontrollers: paths('status.replicas'),
  'replicasets.apps': paths('status.replicas'),
  'jobs.batch': { 'status.successful': at('status.succeeded') },
  'certificatesigningrequests.certificates.k8s.io': paths('spec.signerName'),
  events: {
    ...paths(
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'involvedObject.apiVersion',
      'involvedObject.resourceVersion',
      'involvedObject.fieldPath',
      'reason',
      'reportingComponent',
      'type',
    ),
    source: (object) => (at('source.component')(object) as string) || at('reportingComponent')(object),
  },
}

BY_RESOURCE['events.events.k8s.io'] = {
  ...paths('reason', 'type'),
  reportingController: at('reportingComponent'),
  ...Object.fromEntries(
    ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((part) => [
      `regarding.${part}`,
      at(`involvedObject.${part}`),
    ]),
  ),
}

const ZERO: Record<string, string> = {
  'spec.unschedulable': 'false',
  'spec.hostNetwork': 'false',
  'status.replicas': '0',
  'status.successful': '0',
}

/** Thrown for a field that the resource cannot be selected by; upstream's text. */
export class FieldLabelError extends Error {}

/**
 * Reads a field selector and refuses fields that the resource does not offer. Custom resources name theirs; `checked`:
 * they were looked at before.
 */
export function compileFieldSelector(
  qualifiedResource: string,
  text: string,
  custom?: { selectable: ReadonlyMap<string, unknown> } | 'checked',
): FieldSelector {
  const selector = parseFieldSelector(text)
  if (custom === 'checked') return selector
  const own = BY_RESOURCE[qualifiedResource]
  for (const { field } of selector) {
    if (field in COMMON || (own !== undefined && field in own) || custom?.selectable.has(field) === true) continue
    const why =
      own === undefined && custom === undefined
        ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
        : `field label not supported: ${field}`
    throw new FieldLabelError(why)
  }
  return selector
}

/** The text of one selectable field of an object. */
export function fieldOf(qualifiedResource: string, object: KubeObject, field: string): string {
  const own = BY_RESOURCE[qualifiedResource]
  const reader = COMMON[field] ?? (own === undefined ? at(field) : own[field])
  const value = reader?.(object as unknown as Record<string, never>)
  return value === undefined || value === null ? (ZERO[field] ?? '') : String(value)
}
