/** How server-side apply sees the schema: which lists and maps are owned as a whole, and what names an item. */
import { hasType, schemaFile, typeOf } from '../schema.ts'
import type { Shape } from '../schema.ts'
import { schemaTypes } from '../schema/notation.ts'

export type Form = 'leaf' | 'map' | 'listMap' | 'set'

/** One place in an object. */
export interface Ownership {
  readonly form: Form
  /** The fields of a struct, by name. */
  readonly fields?: ReadonlyMap<string, FieldOwnership>
  /** Whether a struct takes fields that it does not name. */
  readonly isOpen?: boolean
  /** What any other key of a map, or each item of a list, is. */
  readonly item?: Ownership
  /** What names an item of a list map, and the value of a key that the item leaves out. */
  readonly keys?: readonly string[]
  readonly keyDefaults?: Readonly<Record<string, unknown>>
}

export interface FieldOwnership {
  /** `f:name`, made once. */
  readonly element: string
  readonly type: Ownership
  /** A struct that Go keeps by value: it is there even in an empty object, so creating it owns nothing. */
  readonly always: boolean
}

/** `+structType=atomic`: changed as a whole. */
const ATOMIC_TYPES = new Set([
  'core.v1.LocalObjectReference',
  'core.v1.ObjectReference',
  'core.v1.TypedLocalObjectReference',
  'core.v1.SecretReference',
  'core.v1.ConfigMapKeySelector',
  'core.v1.SecretKeySelector',
  'core.v1.FileKeySelector',
  'core.v1.ObjectFieldSelector',
  'core.v1.ResourceFieldSelector',
  'core.v1.EndpointAddress',
  'core.v1.EndpointPort',
  'core.v1.NodeSelector',
  'core.v1.NodeSelectorTerm',
  'core.v1.ScopeSelector',
  'core.v1.ScopedResourceSelectorRequirement',
  'core.v1.TopologySelectorTerm',
  'discovery.v1.EndpointPort',
  'autoscaling.v1.CrossVersionObjectReference',
  'autoscaling.v2.CrossVersionObjectReference',
  'networking.v1.ServiceBackendPort',
  'rbac.v1.RoleRef',
  'rbac.v1.Subject',
  'meta.v1.LabelSelector',
  'meta.v1.OwnerReference',
  'admissionregistration.v1.ParamKind',
  'admissionregistration.v1.ParamRef',
  'admissionregistration.v1.NamedRuleWithOperations',
])

const ALWAYS_FIELDS = new Set([
  'apps.v1.DeploymentSpec.strategy',
  'apps.v1.DeploymentSpec.template',
  'apps.v1.ReplicaSetSpec.template',
  'apps.v1.StatefulSetSpec.template',
  'apps.v1.StatefulSetSpec.updateStrategy',
  'apps.v1.DaemonSetSpec.template',
  'apps.v1.DaemonSetSpec.updateStrategy',
  'batch.v1.JobSpec.template',
  'batch.v1.CronJobSpec.jobTemplate',
  'core.v1.PersistentVolumeClaimSpec.resources',
  'core.v1.ServiceStatus.loadBalancer',
  'networking.v1.IngressStatus.loadBalancer',
  'core.v1.NodeStatus.daemonEndpoints',
  'core.v1.NodeDaemonEndpoints.kubeletEndpoint',
  'core.v1.NodeStatus.nodeInfo',
  'core.v1.Event.source',
  'autoscaling.v1.HorizontalPodAutoscalerSpec.scaleTargetRef',
  'autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef',
  'apiextensions.v1.CustomResourceDefinitionSpec.names',
  'apiextensions.v1.CustomResourceDefinitionStatus.acceptedNames',
])

/** Parts that a Go struct holds by value wherever they stand. */
const ALWAYS_NAMES = new Set(['metadata', 'spec', 'status'])

const LEAF: Ownership = { form: 'leaf' }

/** Data without a schema: maps are granular, lists are owned as a whole. */
export const UNTYPED: { form: Form; item: Ownership } = { form: 'map', item: LEAF }
UNTYPED.item = UNTYPED

const byType = new Map<string, Ownership>()

function keyDefaultsOf(item: Shape | undefined, keys: readonly string[]): Record<string, unknown> {
  const defaults: Record<string, unknown> = {}
  const fields = item?.form === 'struct' ? schemaTypes(schemaFile, item.type!).fields : {}
  for (const key of keys) if (fields[key]?.default !== undefined) defaults[key] = fields[key].default
  return defaults
}

interface Facts {
  list?: 'atomic' | 'set' | 'map'
  keys?: string[]
  map?: 'atomic' | 'granular'
}

function listOwnership(shape: Shape, facts: Facts): Ownership {
  if (facts.list === 'set') return { form: 'set' }
  if (facts.list !== 'map') return LEAF
  const keys = facts.keys ?? []
  return { form: 'listMap', item: ownershipOf(shape.item!, {}), keys, keyDefaults: keyDefaultsOf(shape.item, keys) }
}

function ownershipOf(shape: Shape, facts: Facts): Ownership {
  if (facts.map === 'atomic') return LEAF
  if (shape.form === 'list') return listOwnership(shape, facts)
  if (shape.form === 'map') return { form: 'map', item: ownershipOf(shape.item!, {}) }
  if (shape.form === 'object' && shape.goType !== 'v1.FieldsV1') return LEAF
  if (shape.form !== 'struct') return LEAF
  const granular = facts.map === 'granular'
  return !granular && ATOMIC_TYPES.has(shape.type!) ? LEAF : structOwnership(shape.type!)
}

/** Go keeps some structs by value, and writes required lists and maps even when they are empty. */
function isAlways(type: string, name: string, shape: Shape): boolean {
  if (shape.form === 'list' || shape.form === 'map') return typeOf(type).required.includes(name)
  return shape.form === 'struct' && (ALWAYS_NAMES.has(name) || ALWAYS_FIELDS.has(`${type}.${name}`))
}

/** Types may hold themselves (JSONSchemaProps), so a type is known by name before its fields are. */
function structOwnership(type: string): Ownership {
  const known = byType.get(type)
  if (known !== undefined) return known
  const fields = new Map<string, FieldOwnership>()
  const result: Ownership = { form: 'map', fields, item: UNTYPED }
  byType.set(type, result)
  for (const [name, field] of typeOf(type).fields) {
    const inner = ownershipOf(field.shape, field)
    const always = isAlways(type, name, field.shape)
    fields.set(name, { element: `f:${name}`, type: inner, always })
  }
  return result
}

/** How a type's objects are owned. A type that the schema does not know is plain data; custom resources bring their own. */
export function ownershipOfType(typeName: string | Ownership | undefined): Ownership {
  if (typeof typeName === 'object') return typeName
  return typeName !== undefined && hasType(typeName) ? structOwnership(typeName) : UNTYPED
}
