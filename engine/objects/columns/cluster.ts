import { conditionOf } from '../meta.ts'
import { humanDuration } from '../duration.ts'
import type {
  APIService,
  CertificateSigningRequest,
  ClusterRoleBinding,
  ComponentStatus,
  ConfigMap,
  FlowSchema,
  Lease,
  MutatingAdmissionPolicy,
  Namespace,
  PodDisruptionBudget,
  PriorityClass,
  PriorityLevelConfiguration,
  ResourceQuota,
  RuntimeClass,
  Secret,
  ServiceAccount,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../types.gen.ts'
import { ageColumn, createdAtColumn, nameColumn, number, orNone, text, until, wide } from './column.ts'
import type { Column, Named } from './column.ts'

/** The release that dropped the SECRETS column of ServiceAccounts. */
const NO_SECRETS_SINCE = 35

const sizeOf = (map: object | undefined): number => Object.keys(map ?? {}).length

export const namespaceColumns: Column<Namespace>[] = [
  nameColumn,
  text('Status', (namespace) => namespace.status?.phase ?? ''),
  ageColumn,
]

export const configMapColumns: Column<ConfigMap>[] = [
  nameColumn,
  text('Data', (map) => String(sizeOf(map.data) + sizeOf(map.binaryData))),
  ageColumn,
]

export const secretColumns: Column<Secret>[] = [
  nameColumn,
  text('Type', (secret) => secret.type ?? ''),
  text('Data', (secret) => String(sizeOf(secret.data))),
  ageColumn,
]

export const serviceAccountColumns: Column<ServiceAccount>[] = [
  nameColumn,
  until(
    NO_SECRETS_SINCE,
    text('Secrets', (account) => String(account.secrets?.length ?? 0)),
  ),
  ageColumn,
]

export const budgetColumns: Column<PodDisruptionBudget>[] = [
  nameColumn,
  text('Min Available', (budget) => String(budget.spec?.minAvailable ?? 'N/A')),
  text('Max Unavailable', (budget) => String(budget.spec?.maxUnavailable ?? 'N/A')),
  number('Allowed Disruptions', (budget) => budget.status?.disruptionsAllowed ?? 0),
  ageColumn,
]

export const priorityClassColumns: Column<PriorityClass>[] = [
  nameColumn,
  number('Value', (priority) => priority.value ?? 0),
  text('Global-Default', (priority) => String(priority.globalDefault === true)),
  ageColumn,
  text('PreemptionPolicy', (priority) => priority.preemptionPolicy ?? 'PreemptLowerPriority'),
]

export const leaseColumns: Column<Lease>[] = [
  nameColumn,
  text('Holder', (lease) => lease.spec?.holderIdentity ?? ''),
  ageColumn,
]

/** Requests and limits of a quota: `pods: 2/10, requests.cpu: 100m/1`. */
function quotaText(quota: ResourceQuota, limits: boolean): string {
  const hard = quota.status?.hard ?? {}
  const names = Object.keys(hard).filter((name) => name.startsWith('limits') === limits)
  return names
    .sort()
    .map((name) => `${name}: ${quota.status?.used?.[name] ?? '0'}/${hard[name]!}`)
    .join(', ')
}

export const quotaColumns: Column<ResourceQuota>[] = [
  nameColumn,
  text('Request', (quota) => quotaText(quota, false)),
  text('Limit', (quota) => quotaText(quota, true)),
  ageColumn,
]

function requestCondition(request: CertificateSigningRequest): string {
  const types = (request.status?.conditions ?? []).map((condition) => condition.type)
  const word = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending'
  const failed = types.includes('Failed') ? ',Failed' : ''
  return `${word}${failed}${request.status?.certificate ? ',Issued' : ''}`
}

function requestedDuration(request: CertificateSigningRequest): string {
  const seconds = request.spec?.expirationSeconds
  return seconds === undefined ? '<none>' : humanDuration(seconds * 1000)
}

export const certificateColumns: Column<CertificateSigningRequest>[] = [
  nameColumn,
  ageColumn,
  text('SignerName', (request) => orNone(request.spec?.signerName)),
  text('Requestor', (request) => request.spec?.username ?? ''),
  text('RequestedDuration', requestedDuration),
  text('Condition', requestCondition),
]

type AnyBinding = Pick<ClusterRoleBinding, 'metadata' | 'roleRef' | 'subjects'>

function subjectNames(binding: AnyBinding, kind: string): string {
  return (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === 'ServiceAccount' ? `${subject.namespace ?? ''}/${subject.name}` : subject.name))
    .join(', ')
}

export const roleColumns: Column<Named>[] = [nameColumn, createdAtColumn]

export const roleBindingColumns: Column<AnyBinding>[] = [
  nameColumn,
  text('Role', (binding) => `${binding.roleRef?.kind ?? ''}/${binding.roleRef?.name ?? ''}`),
  ageColumn,
  wide(text('Users', (binding) => subjectNames(binding, 'User'))),
  wide(text('Groups', (binding) => subjectNames(binding, 'Group'))),
  wide(text('ServiceAccounts', (binding) => subjectNames(binding, 'ServiceAccount'))),
]

export const runtimeClassColumns: Column<RuntimeClass>[] = [
  nameColumn,
  text('Handler', (one) => one.handler ?? ''),
  ageColumn,
]

function component(status: ComponentStatus): { word: string; message: string; error: string } {
  const healthy = conditionOf(status.conditions, 'Healthy')
  const word = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy'
  return { word, message: healthy?.message ?? '', error: healthy?.error ?? '' }
}

export const componentColumns: Column<ComponentStatus>[] = [
  nameColumn,
  text('Status', (status) => component(status).word),
  text('Message', (status) => component(status).message),
  text('Error', (status) => component(status).error),
]

export const webhookColumns: Column<ValidatingWebhookConfiguration>[] = [
  nameColumn,
  number('Webhooks', (one) => one.webhooks?.length ?? 0),
  ageColumn,
]

function paramKind(policy: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): string {
  const kind = policy.spec?.paramKind
  return kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`
}

export const admissionPolicyColumns: Column<ValidatingAdmissionPolicy>[] = [
  nameColumn,
  number('Validations', (policy) => policy.spec?.validations?.length ?? 0),
  text('ParamKind', paramKind),
  ageColumn,
]

export const mutatingPolicyColumns: Column<MutatingAdmissionPolicy>[] = [
  nameColumn,
  number('Mutations', (policy) => policy.spec?.mutations?.length ?? 0),
  text('ParamKind', paramKind),
  ageColumn,
]

export const admissionBindingColumns: Column<ValidatingAdmissionPolicyBinding>[] = [
  nameColumn,
  text('PolicyName', (binding) => binding.spec?.policyName ?? ''),
  text('ParamRef', (binding) => {
    const ref = binding.spec?.paramRef
    if (ref === undefined) return '<unset>'
    return ref.namespace ? `${ref.namespace}/${ref.name ?? ''}` : `*/${ref.name ?? ''}`
  }),
  ageColumn,
]

function missingLevel(schema: FlowSchema): string {
  const status = conditionOf(
    (schema.status?.conditions ?? []).map((one) => ({ ...one, type: one.type ?? '' })),
    'Dangling',
  )?.status
  return status ?? '?'
}

export const flowSchemaColumns: Column<FlowSchema>[] = [
  nameColumn,
  text('PriorityLevel', (schema) => schema.spec?.priorityLevelConfiguration?.name ?? ''),
  number('MatchingPrecedence', (schema) => schema.spec?.matchingPrecedence ?? 0),
  text('DistinguisherMethod', (schema) => orNone(schema.spec?.distinguisherMethod?.type)),
  ageColumn,
  text('MissingPL', missingLevel),
]

type Queuing = { queues?: number; handSize?: number; queueLengthLimit?: number }

function queuing(level: PriorityLevelConfiguration, name: keyof Queuing): string {
  const numbers: Queuing | undefined = level.spec?.limited?.limitResponse?.queuing
  return numbers?.[name] === undefined ? '<none>' : String(numbers[name])
}

function shares(level: PriorityLevelConfiguration): string {
  const limited = level.spec?.limited
  return limited === undefined ? '<none>' : String(limited.nominalConcurrencyShares ?? 0)
}

export const priorityLevelColumns: Column<PriorityLevelConfiguration>[] = [
  nameColumn,
  text('Type', (level) => level.spec?.type ?? ''),
  text('NominalConcurrencyShares', shares),
  text('Queues', (level) => queuing(level, 'queues')),
  text('HandSize', (level) => queuing(level, 'handSize')),
  text('QueueLengthLimit', (level) => queuing(level, 'queueLengthLimit')),
  ageColumn,
]

function availability(service: APIService): string {
  const available = conditionOf(service.status?.conditions, 'Available')
  if (available === undefined) return 'Unknown'
  return available.status === 'True' ? 'True' : `${available.status} (${available.reason ?? ''})`
}

export const apiServiceColumns: Column<APIService>[] = [
  nameColumn,
  text('Service', (service) => {
    const target = service.spec?.service
    return target === undefined ? 'Local' : `${target.namespace ?? ''}/${target.name ?? ''}`
  }),
  text('Available', availability),
  ageColumn,
]
