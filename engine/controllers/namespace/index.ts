/**
 * Empties a namespace that is being deleted and lets it go: Models pkg/controller/namespace (R10). Not
 * modelled: deletion order before 1.33 (all kinds at once).
 */
import type { KubeObject, Resource } from '../../api/client.ts'
import { semanticEqual } from '../../objects/equal.ts'
import { conditionOf, timestamp } from '../../objects/meta.ts'
import type { APIService, Namespace, NamespaceCondition, Pod } from '../../objects/types.gen.ts'
import type { ApiWrite, Context, Controller, Write } from '../controller.ts'

const NAMESPACES = 'v1/namespaces'
const PODS = 'v1/pods'
const EVENTS = 'v1/events'
const API_SERVICES = 'apiregistration.k8s.io/v1/apiservices'
/** How long after the deletion the controller first acts. */
const GRACE_MS = 5_000
/** The wait for finalizers when no pod tells of its own grace. */
const FINALIZER_ESTIMATE_MS = 15_000
/** The longest wait after a failure; the first is GRACE_MS, and each doubles. */
const RETRY_MAX_MS = 60_000

/** `resources`: all namespaced kinds that can be listed and deleted. */
export function namespaceController(resources: Resource[]): Controller {
  return {
    name: 'namespace',
    watches: [
      { resource: NAMESPACES, keys: (change, context) => namespaceKeys(change.object as Namespace, context) },
      { resource: API_SERVICES, keys: () => [] },
      ...resources.map((resource) => ({ resource, keys: () => [] })),
    ],
    custom: { keys: () => [] },
    reconcile: (context, name) => {
      const custom = context.customKinds().filter(({ namespaced }) => namespaced)
      return reconcile(context, name, [...resources, ...custom.map(({ resource }) => resource)])
    },
  }
}

/** Each change is looked at after the grace only, the controller's own writes too. */
function namespaceKeys({ metadata }: Namespace, context: Context): string[] {
  if (metadata.deletionTimestamp !== undefined) context.requeueAfter(metadata.name, GRACE_MS)
  return []
}

function reconcile(context: Context, name: string, resources: Resource[]): Write[] {
  const namespace = context.cache<Namespace>(NAMESPACES).get('', name)
  if (namespace?.metadata.deletionTimestamp === undefined) return []
  const waitMs = Date.parse(namespace.metadata.deletionTimestamp) + GRACE_MS - context.nowMs
  if (waitMs > 0) {
    context.requeueAfter(name, waitMs)
    return []
  }
  const left = contents(context, name, resources)
  const failing = unreachable(context)
  const writes = [...conditionWrites(context, namespace, left, failing), ...deletions(name, left)]
  if (failing.length > 0) {
    context.requeueAfter(name, Math.min(RETRY_MAX_MS, GRACE_MS - waitMs))
    return writes
  }
  if (!isHeld(left)) return [...writes, ...finalize(namespace)]
  context.requeueAfter(name, estimateMs(left) / 2 + 1000)
  return writes
}

/** The versions that nobody can list: what they hold may be in the namespace. */
const unreachable = (context: Context): string[] =>
  context
    .cache<APIService>(API_SERVICES)
    .list()
    .filter(({ spec, status }) => spec?.service && conditionOf(status?.conditions, 'Available')?.status !== 'True')
    .map(({ spec }) => `${spec?.group}/${spec?.version}`)
    .sort()

/** What remains in the namespace, by resource; Event objects are not looked at but are deleted too. */
function contents(context: Context, name: string, resources: Resource[]): Map<Resource, KubeObject[]> {
  const found = new Map<Resource, KubeObject[]>()
  for (const resource of resources) {
    const objects = context.cache(resource).list(name)
    if (objects.length > 0) found.set(resource, objects)
  }
  return found
}

/** What is still there after its deletion: pods, which take their time, and objects with finalizers. */
const isHeld = (left: Map<Resource, KubeObject[]>): boolean =>
  left.has(PODS) || [...left.values()].flat().some(({ metadata }) => (metadata.finalizers ?? []).length > 0)

/** Pods first; nothing else while pods remain. */
function deletions(namespace: string, left: Map<Resource, KubeObject[]>): ApiWrite[] {
  const resources = left.has(PODS) ? [PODS] : [...left.keys(), EVENTS]
  return resources
    .filter(
      (resource) =>
        resource === EVENTS ||
        (left.get(resource) ?? []).some(({ metadata }) => metadata.deletionTimestamp === undefined),
    )
    .map((resource) => ({ verb: 'deletecollection', resource, namespace, body: { propagationPolicy: 'Background' } }))
}

function estimateMs(left: Map<Resource, KubeObject[]>): number {
  const graces = (left.get(PODS) ?? []).map((pod) => ((pod as Pod).spec?.terminationGracePeriodSeconds ?? 30) * 1000)
  return graces.length > 0 ? Math.max(...graces) : FINALIZER_ESTIMATE_MS
}

function finalize(namespace: Namespace): ApiWrite[] {
  const { resourceVersion: _, ...metadata } = namespace.metadata
  const finalizers = namespace.spec?.finalizers ?? []
  if (!finalizers.includes('kubernetes')) return []
  const body = {
    ...namespace,
    metadata,
    spec: { ...namespace.spec, finalizers: finalizers.filter((one) => one !== 'kubernetes') },
  }
  return [{ verb: 'update', resource: NAMESPACES, name: namespace.metadata.name, subresource: 'finalize', body }]
}

function conditionWrites(
  context: Context,
  namespace: Namespace,
  left: Map<Resource, KubeObject[]>,
  failing: readonly string[],
): ApiWrite[] {
  const wanted = deletionConditions(left, failing, timestamp(context.nowMs))
  const conditions = wanted.map((condition) => keepTransition(namespace.status?.conditions, condition))
  if (semanticEqual(conditions, namespace.status?.conditions)) return []
  const body = { ...namespace, status: { ...namespace.status, conditions } }
  return [{ verb: 'update', resource: NAMESPACES, name: namespace.metadata.name, subresource: 'status', body }]
}

function keepTransition(old: NamespaceCondition[] | undefined, condition: NamespaceCondition): NamespaceCondition {
  const present = old?.find(({ type }) => type === condition.type)
  return present?.status === condition.status
    ? { ...condition, lastTransitionTime: present.lastTransitionTime }
    : condition
}

function deletionConditions(
  left: Map<Resource, KubeObject[]>,
  failing: readonly string[],
  now: string,
): NamespaceCondition[] {
  const make = (type: string, status: string, reason: string, message: string): NamespaceCondition => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: now,
  })
  return [
    discoveryCondition(failing, make),
    make(
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    make(
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    remainingCondition(left, make),
    finalizersCondition(left, make),
  ]
}

type Make = (type: string, status: string, reason: string, message: string) => NamespaceCondition

function discoveryCondition(failing: readonly string[], make: Make): NamespaceCondition {
  const type = 'NamespaceDeletionDiscoveryFailure'
  if (failing.length === 0) return make(type, 'False', 'ResourcesDiscovered', 'All resources successfully discovered')
  const each = failing.map((version) => `${version}: stale GroupVersion discovery: ${version}`).join(', ')
  const why = `unable to retrieve the complete list of server APIs: ${each}`
  return make(type, 'True', 'DiscoveryFailed', `Discovery failed for some groups, ${failing.length} failing: ${why}`)
}

/** Counts what was being deleted before this pass; the first pass therefore claims that all is gone. */
function remainingCondition(left: Map<Resource, KubeObject[]>, make: Make): NamespaceCondition {
  const texts = [...left].flatMap(([resource, objects]) => {
    const dying = objects.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length
    return dying === 0 ? [] : [`${groupResource(resource)} has ${dying} resource instances`]
  })
  if (texts.length === 0)
    return make('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed')
  return make(
    'NamespaceContentRemaining',
    'True',
    'SomeResourcesRemain',
    `Some resources are remaining: ${texts.sort().join(', ')}`,
  )
}

function finalizersCondition(left: Map<Resource, KubeObject[]>, make: Make): NamespaceCondition {
  const counts = new Map<string, number>()
  const dying = [...left.values()].flat().filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
  for (const finalizer of dying.flatMap(({ metadata }) => metadata.finalizers ?? []))
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1)
  if (counts.size === 0)
    return make(
      'NamespaceFinalizersRemaining',
      'False',
      'ContentHasNoFinalizers',
      'All content-preserving finalizers finished',
    )
  const texts = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort()
  return make(
    'NamespaceFinalizersRemaining',
    'True',
    'SomeFinalizersRemain',
    `Some content in the namespace has finalizers remaining: ${texts.join(', ')}`,
  )
}

/** `deployments.apps`; the core group leaves its dot, as upstream prints it. */
function groupResource(resource: Resource): string {
  const parts = resource.split('/')
  return parts.length === 2 ? `${parts[1]}.` : `${parts[2]}.${parts[0]}`
}
