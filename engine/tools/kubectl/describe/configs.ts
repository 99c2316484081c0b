/** ConfigMaps, Secrets, ServiceAccounts, Namespaces, quotas, PDBs, priority classes, roles, storage. Models kubectl/pkg/describe (K3). */
import type { Run } from '../../../host/process.ts'
import type {
  ConfigMap,
  IngressClass,
  PodDisruptionBudget,
  PriorityClass,
  ResourceQuota,
  Role,
  RoleBinding,
  Secret,
  ServiceAccount,
} from '../../../objects/types.gen.ts'
import { listAll } from '../builder.ts'
import type { ApiObject, ObjectMeta } from '../client.ts'
import type { Context } from '../command.ts'
import { compactRules, listText, resourceText } from './rules.ts'
import { texts } from '../texts.ts'
import { labelSelectorText } from '../verbs/pods-of.ts'
import type { Describer } from './describer.ts'
import { annotationLines, labelLines, timeText, type Writer } from './writer.ts'

function head(w: Writer, metadata: ObjectMeta | undefined, namespaced = true): void {
  w.field('Name', metadata?.name)
  if (namespaced) w.field('Namespace', metadata?.namespace)
  labelLines(w, 'Labels', metadata?.labels)
  annotationLines(w, metadata?.annotations)
}

const base64Length = (data: string): number => Math.floor((data.replace(/=+$/, '').length * 3) / 4)

export const configMapDescriber: Describer = {
  kinds: ['ConfigMap'],
  *lines(w, object) {
    const { data, binaryData } = object as unknown as ConfigMap
    head(w, object.metadata)
    w.line(0, '\nData\n====')
    for (const key of Object.keys(data ?? {}).sort()) w.line(0, `${key}:\n----\n${data![key]}\n`)
    w.line(0, '\nBinaryData\n====')
    for (const key of Object.keys(binaryData ?? {}).sort())
      w.line(0, `${key}: ${base64Length(binaryData![key]!)} bytes`)
    w.line(0, '')
  },
}

export const secretDescriber: Describer = {
  kinds: ['Secret'],
  *lines(w, object) {
    const { data, type } = object as unknown as Secret
    head(w, object.metadata)
    w.line(0, `\nType:\t${type}`)
    w.line(0, '\nData\n====')
    for (const key of Object.keys(data ?? {}).sort()) w.line(0, `${key}:\t${secretValue(type, key, data![key]!)}`)
  },
  events: false,
}

const secretValue = (type: string | undefined, key: string, data: string): string =>
  type === 'kubernetes.io/service-account-token' && key === 'token' ? atob(data) : `${base64Length(data)} bytes`

export const serviceAccountDescriber: Describer = {
  kinds: ['ServiceAccount'],
  *lines(w, object, ctx) {
    const account = object as unknown as ServiceAccount
    head(w, object.metadata)
    const there = new Set(
      (yield* inNamespace<ApiObject>(ctx, 'secrets', object.metadata?.namespace ?? '')).map((s) => s.metadata?.name),
    )
    const shown = (ref: { name?: string }): string => `${ref.name}${there.has(ref.name) ? '' : ' (not found)'}`
    nameList(w, 'Image pull secrets', (account.imagePullSecrets ?? []).map(shown))
    if (!texts.describeServiceAccountSecrets(ctx.session.minor)) return
    nameList(w, 'Mountable secrets', (account.secrets ?? []).map(shown))
    const type = (yield* ctx.session.mapper()).resolve('secrets')
    const secrets = yield* listAll(ctx, type, object.metadata?.namespace ?? '', {
      fieldSelector: 'type=kubernetes.io/service-account-token',
    })
    const own = secrets.filter(
      (s) => s.metadata?.annotations?.['kubernetes.io/service-account.name'] === object.metadata?.name,
    )
    nameList(
      w,
      'Tokens',
      own.map((s) => s.metadata?.name ?? ''),
    )
  },
}

function nameList(w: Writer, title: string, names: string[]): void {
  if (names.length === 0) return w.field(title, '<none>')
  names.forEach((name, i) => w.line(0, `${i === 0 ? `${title}:` : ''}\t${name}`))
}

interface NamespaceStatus {
  phase?: string
  conditions?: { type: string; status: string; lastTransitionTime?: string; reason?: string; message?: string }[]
}

function conditionLines(w: Writer, conditions: NonNullable<NamespaceStatus['conditions']>): void {
  if (conditions.length === 0) return
  w.line(0, 'Conditions:')
  w.line(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage')
  w.line(1, '----\t------\t------------------\t------\t-------')
  for (const { type, status, lastTransitionTime, reason = '', message = '' } of conditions)
    w.line(1, [type, status, timeText(lastTransitionTime), reason, message].join('\t'))
}

export const namespaceDescriber: Describer = {
  kinds: ['Namespace'],
  *lines(w, object, ctx) {
    head(w, object.metadata, false)
    const status = object.status as NamespaceStatus | undefined
    w.field('Status', status?.phase)
    conditionLines(w, status?.conditions ?? [])
    const quotas = yield* inNamespace<ResourceQuota>(ctx, 'resourcequotas', object.metadata?.name ?? '')
    if (quotas.length === 0) w.line(0, '\nNo resource quota.')
    else w.line(0, '\nResource Quotas')
    for (const quota of quotas) quotaLines(w, quota, '  ', '---')
    yield* limits(w, ctx, object.metadata?.name ?? '')
  },
  events: false,
}

function* inNamespace<T>(ctx: Context, resource: string, namespace: string): Run<T[]> {
  const type = (yield* ctx.session.mapper()).resolve(resource)
  return (yield* listAll(ctx, type, namespace)) as unknown as T[]
}

const SCOPES: Record<string, string> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort:
    'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
}

function quotaLines(w: Writer, quota: ResourceQuota, indent: string, rule: string): void {
  w.line(0, `${indent}Name:\t${quota.metadata.name}`)
  if (indent === '') w.field('Namespace', quota.metadata.namespace)
  const scopes = [...(quota.spec?.scopes ?? [])].sort()
  if (scopes.length > 0) w.line(0, `${indent}Scopes:\t${scopes.join(', ')}`)
  for (const scope of scopes) if (SCOPES[scope]) w.line(0, `${indent || ' '}* ${SCOPES[scope]}`)
  w.line(0, `${indent}Resource\tUsed\tHard`)
  w.line(0, `${indent}--------\t${indent === '' ? '----\t----' : `${rule}\t${rule}`}`)
  const { hard = {}, used = {} } = quota.status ?? {}
  for (const key of Object.keys(hard).sort()) w.line(0, `${indent}${key}\t${used[key] ?? '0'}\t${hard[key]}`)
}

interface Limit {
  type: string
  max?: Record<string, string>
  min?: Record<string, string>
  default?: Record<string, string>
  defaultRequest?: Record<string, string>
  maxLimitRequestRatio?: Record<string, string>
}

const LIMIT_HEADERS = 'Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio'

function limitRows(limit: Limit): string[] {
  const { type, max, min, default: preset, defaultRequest, maxLimitRequestRatio: ratio } = limit
  const keys = [...new Set([max, min, preset, defaultRequest, ratio].flatMap((part) => Object.keys(part ?? {})))].sort()
  return keys.map((key) =>
    [type, key, ...[min, max, defaultRequest, preset, ratio].map((part) => part?.[key] ?? '-')].join('\t'),
  )
}

function* limits(w: Writer, ctx: Context, namespace: string): Run<void> {
  const ranges = yield* inNamespace<{ spec?: { limits?: Limit[] } }>(ctx, 'limitranges', namespace)
  if (ranges.length === 0) return w.line(0, '\nNo LimitRange resource.')
  w.line(0, '\nResource Limits')
  w.line(0, ` ${LIMIT_HEADERS}`)
  w.line(0, ' ----\t--------\t---\t---\t---------------\t-------------\t-----------------------')
  for (const range of ranges)
    for (const limit of range.spec?.limits ?? []) for (const row of limitRows(limit)) w.line(0, ` ${row}`)
}

export const limitRangeDescriber: Describer = {
  kinds: ['LimitRange'],
  *lines(w, object) {
    w.field('Name', object.metadata?.name)
    w.field('Namespace', object.metadata?.namespace)
    w.line(0, LIMIT_HEADERS)
    w.line(0, '----\t--------\t---\t---\t---------------\t-------------\t-----------------------')
    for (const limit of (object.spec as { limits?: Limit[] } | undefined)?.limits ?? [])
      for (const row of limitRows(limit)) w.line(0, row)
  },
  events: false,
}

export const quotaDescriber: Describer = {
  kinds: ['ResourceQuota'],
  *lines(w, object) {
    quotaLines(w, object as unknown as ResourceQuota, '', '----')
  },
  events: false,
}

export const pdbDescriber: Describer = {
  kinds: ['PodDisruptionBudget.policy'],
  *lines(w, object) {
    const { spec, status } = object as unknown as PodDisruptionBudget
    w.field('Name', object.metadata?.name)
    w.field('Namespace', object.metadata?.namespace)
    if (spec?.minAvailable !== undefined) w.field('Min available', spec.minAvailable)
    else if (spec?.maxUnavailable !== undefined) w.field('Max unavailable', spec.maxUnavailable)
    w.field('Selector', spec?.selector ? labelSelectorText(spec.selector) : '<unset>')
    w.line(0, 'Status:')
    w.field('    Allowed disruptions', status?.disruptionsAllowed ?? 0)
    w.field('    Current', status?.currentHealthy ?? 0)
    w.field('    Desired', status?.desiredHealthy ?? 0)
    w.field('    Total', status?.expectedPods ?? 0)
  },
}

export const priorityClassDescriber: Describer = {
  kinds: ['PriorityClass.scheduling.k8s.io'],
  *lines(w, object) {
    const of = object as unknown as PriorityClass
    w.field('Name', of.metadata.name)
    w.field('Value', of.value)
    w.field('GlobalDefault', of.globalDefault ?? false)
    w.field('PreemptionPolicy', of.preemptionPolicy ?? 'PreemptLowerPriority')
    w.field('Description', of.description ?? '')
    w.field(
      'Annotations',
      Object.keys(of.metadata.annotations ?? {})
        .sort()
        .map((key) => `${key}=${of.metadata.annotations![key]}`)
        .join(',') || '<none>',
    )
  },
}

export const roleDescriber: Describer = {
  kinds: ['Role.rbac.authorization.k8s.io', 'ClusterRole.rbac.authorization.k8s.io'],
  *lines(w, object) {
    w.field('Name', object.metadata?.name)
    labelLines(w, 'Labels', object.metadata?.labels)
    annotationLines(w, object.metadata?.annotations)
    w.line(0, 'PolicyRule:')
    w.line(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs')
    w.line(1, '---------\t-----------------\t--------------\t-----')
    for (const row of ruleRows((object as unknown as Role).rules ?? [])) w.line(1, row)
  },
  events: false,
}

function ruleRows(rules: NonNullable<Role['rules']>): string[] {
  return compactRules(rules).map((rule) => {
    const resource = resourceText(rule)
    return `${resource}\t${listText(rule.url ? [rule.url] : [])}\t${listText(rule.names)}\t${listText(rule.verbs)}`
  })
}

export const roleBindingDescriber: Describer = {
  kinds: ['RoleBinding.rbac.authorization.k8s.io', 'ClusterRoleBinding.rbac.authorization.k8s.io'],
  *lines(w, object) {
    const { roleRef, subjects } = object as unknown as RoleBinding
    w.field('Name', object.metadata?.name)
    labelLines(w, 'Labels', object.metadata?.labels)
    annotationLines(w, object.metadata?.annotations)
    w.line(0, 'Role:')
    w.field('Kind', roleRef.kind, 1)
    w.field('Name', roleRef.name, 1)
    w.line(0, 'Subjects:')
    w.line(1, 'Kind\tName\tNamespace')
    w.line(1, '----\t----\t---------')
    for (const subject of subjects ?? []) w.line(1, `${subject.kind}\t${subject.name}\t${subject.namespace ?? ''}`)
  },
  events: false,
}

export const ingressClassDescriber: Describer = {
  kinds: ['IngressClass.networking.k8s.io'],
  *lines(w, object) {
    const { controller, parameters } = (object as unknown as IngressClass).spec ?? {}
    head(w, object.metadata, false)
    w.field('Controller', controller ?? '')
    if (!parameters) return
    w.line(0, 'Parameters:')
    if (parameters.apiGroup) w.field('  APIGroup', parameters.apiGroup)
    w.field('  Kind', parameters.kind)
    w.field('  Name', parameters.name)
  },
}
