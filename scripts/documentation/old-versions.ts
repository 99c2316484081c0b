/** Types of versions that no release of today serves, in the notation of schema.json, out of kubernetes-models' declarations. */
import type { Model, Models } from './models.ts'

type RawField = string | [string, Record<string, unknown>]
export type RawSchema = Record<
  string,
  { fields?: Record<string, RawField>; required?: string[]; gvk?: string[]; is?: string }
>

/** Kinds of versions that were served by default once (J3), by schema type name and group. */
const ROOTS: [group: string, types: string[]][] = [
  [
    'admissionregistration.k8s.io',
    ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].map(
      (kind) => `admissionregistration.v1beta1.${kind}`,
    ),
  ],
  ['apiextensions.k8s.io', ['apiextensions.v1beta1.CustomResourceDefinition']],
  ['apiregistration.k8s.io', ['apiregistration.v1beta1.APIService']],
  ['authentication.k8s.io', ['authentication.v1beta1.TokenReview']],
  [
    'authorization.k8s.io',
    ['LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview'].map(
      (kind) => `authorization.v1beta1.${kind}`,
    ),
  ],
  ['autoscaling', ['autoscaling.v2beta1.HorizontalPodAutoscaler', 'autoscaling.v2beta2.HorizontalPodAutoscaler']],
  ['batch', ['batch.v1beta1.CronJob']],
  ['certificates.k8s.io', ['certificates.v1beta1.CertificateSigningRequest']],
  ['coordination.k8s.io', ['coordination.v1beta1.Lease']],
  ['discovery.k8s.io', ['discovery.v1beta1.EndpointSlice']],
  ['events.k8s.io', ['events.v1beta1.Event']],
  ['extensions', ['extensions.v1beta1.Ingress']],
  [
    'flowcontrol.apiserver.k8s.io',
    ['v1beta1', 'v1beta2', 'v1beta3'].flatMap((version) =>
      ['FlowSchema', 'PriorityLevelConfiguration'].map((kind) => `flowcontrol.${version}.${kind}`),
    ),
  ],
  ['networking.k8s.io', ['networking.v1beta1.Ingress', 'networking.v1beta1.IngressClass']],
  ['node.k8s.io', ['node.v1beta1.RuntimeClass']],
  ['policy', ['PodDisruptionBudget', 'PodSecurityPolicy', 'Eviction'].map((kind) => `policy.v1beta1.${kind}`)],
  [
    'rbac.authorization.k8s.io',
    ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].map((kind) => `rbac.v1beta1.${kind}`),
  ],
  ['scheduling.k8s.io', ['scheduling.v1beta1.PriorityClass']],
  [
    'storage.k8s.io',
    ['CSIDriver', 'CSINode', 'CSIStorageCapacity', 'StorageClass', 'VolumeAttachment'].map(
      (kind) => `storage.v1beta1.${kind}`,
    ),
  ],
]

const INT64 = new Set(['observedGeneration', 'min', 'max', 'expirationSeconds', 'maximumVolumeSize'])

/** `IIoK8sApiCoreV1TypedLocalObjectReference` → `core.v1.TypedLocalObjectReference`. */
function referenceName(type: string): string | undefined {
  if (type === 'IIoK8sApimachineryPkgApiResourceQuantity') return 'resource.Quantity'
  if (type === 'IIoK8sApimachineryPkgUtilIntstrIntOrString') return 'util.intstr.IntOrString'
  if (type === 'IIoK8sApimachineryPkgRuntimeRawExtension') return 'runtime.RawExtension'
  const match =
    /^IIoK8s(?:Api|ApimachineryPkgApis|ApiextensionsApiserverPkgApis|KubeAggregatorPkgApis)([A-Z][a-z]+)(V\d+(?:(?:alpha|beta)\d+)?)([A-Z]\w*)$/.exec(
      type,
    )
  return match ? `${match[1]!.toLowerCase()}.${match[2]!.toLowerCase()}.${match[3]}` : undefined
}

/** A TypeScript type in the schema's notation; the facts of the same field elsewhere say which integer it is. */
function notation(type: string, field: string, like: string | undefined): string {
  const list = /^(?:Array<(.+)>|(.+)\[\])$/.exec(type)
  if (list) return `[${notation(list[1] ?? list[2]!, field, like?.startsWith('[') ? like.slice(1, -1) : undefined)}]`
  const map = /^\{ ?\[key: string\]: (.+?);? ?\}$/.exec(type)
  if (map) return `{${notation(map[1]!, field, like?.startsWith('{') ? like.slice(1, -1) : undefined)}}`
  if (type === 'number')
    return like !== undefined && /^(int|double)/.test(like) ? like : INT64.has(field) ? 'int64' : 'int32'
  if (type === 'string' && (like === 'base64' || like === 'string')) return like
  if (type === 'string' || type === 'boolean') return type
  if (/^"/.test(type)) return 'string'
  return referenceName(type) ?? 'any'
}

/** The type of the same name in the group's version of today: what it says about merging holds for the old one too. */
function today(schema: RawSchema, name: string): string | undefined {
  const [group, , kind] = name.split('.') as [string, string, string]
  const groups = group === 'extensions' ? ['networking'] : [group]
  return groups
    .flatMap((one) => ['v1', 'v2'].map((version) => `${one}.${version}.${kind}`))
    .find((found) => found in schema)
}

function oneType(schema: RawSchema, name: string, model: Model): RawSchema[string] {
  const like = schema[today(schema, name) ?? '']?.fields ?? {}
  const fields: Record<string, RawField> = {}
  const required: string[] = []
  for (const [field, { type, required: must }] of model.fields) {
    const known = like[field]
    const [knownType, facts] = Array.isArray(known) ? known : [known, undefined]
    const made = notation(type.replace(/ \| null$/, '').replace(/;$/, ''), field, knownType)
    fields[field] =
      facts === undefined || made.startsWith('[') !== (knownType ?? '').startsWith('[') ? made : [made, facts]
    if (must && !['apiVersion', 'kind'].includes(field)) required.push(field)
  }
  if ('apiVersion' in fields) Object.assign(fields, { apiVersion: 'string', kind: 'string' })
  return { ...(required.length > 0 && { required }), fields }
}

function namesIn(field: RawField): string[] {
  const type = Array.isArray(field) ? field[0] : field
  return [type.replace(/[[\]{}]/g, '')]
}

/** The types of the old kinds, with those that only they use. */
export function oldTypes(schema: RawSchema, models: Models): RawSchema {
  const made: RawSchema = {}
  const add = (name: string, gvk?: string): void => {
    const model = models.get(name)
    if (name in made || name in schema || model === undefined) return
    const type = oneType(schema, name, model)
    made[name] = gvk === undefined ? type : { ...type, gvk: [gvk] }
    for (const field of Object.values(type.fields ?? {})) namesIn(field).forEach((one) => add(one))
  }
  for (const [group, types] of ROOTS) {
    for (const name of types) {
      const [, version, kind] = name.split('.') as [string, string, string]
      add(name, `${group}/${version}/${kind}`)
      add(`${name}List`, `${group}/${version}/${kind}List`)
    }
  }
  return made
}
