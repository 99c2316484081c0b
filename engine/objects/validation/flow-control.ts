/** The kinds of flowcontrol.apiserver.k8s.io. Models pkg/apis/flowcontrol/validation. */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { forbidden, invalid, invalidAll, notSupported, oneOf, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { dns1123Label, dns1123Subdomain } from './names.ts'

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
const DISTINGUISHERS = ['ByNamespace', 'ByUser']
const SUBJECTS = ['Group', 'ServiceAccount', 'User']
const MAX_PRECEDENCE = 10_000
const MAX_QUEUES = 10_000_000

const texts = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function verbErrors(verbs: string[], field: string): FieldError[] {
  if (verbs.length === 0) return [required(field, 'verbs must contain at least one value')]
  if (verbs.includes('*'))
    return verbs.length > 1 ? [invalid(field, verbs, "if '*' is present, must not specify other verbs")] : []
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(field, verbs, VERBS)]
}

function starredList(values: string[], field: string, missing: string, others: string): FieldError[] {
  if (values.length === 0) return [required(field, missing)]
  const mixed = values.length > 1 && values.includes('*')
  return mixed ? [invalid(field, values, `if '*' is present, must not specify other ${others}`)] : []
}

function namespaceErrors(rule: PlainObject, field: string): FieldError[] {
  const namespaces = texts(rule.namespaces)
  if (namespaces.length === 0 && rule.clusterScope !== true)
    return [required(field, 'resource rules that are not cluster scoped must supply at least one namespace')]
  if (namespaces.includes('*'))
    return namespaces.length > 1
      ? [invalid(field, namespaces, "if '*' is present, must not specify other namespaces")]
      : []
  const intro = "each member of this list must be '*' or a DNS-1123 label; "
  return namespaces.flatMap((name, i) => dns1123Label(name).map((why) => invalid(`${field}[${i}]`, name, intro + why)))
}

function resourceRuleErrors(rule: PlainObject, field: string): FieldError[] {
  return [
    ...verbErrors(texts(rule.verbs), `${field}.verbs`),
    ...starredList(
      texts(rule.apiGroups),
      `${field}.apiGroups`,
      'resource rules must supply at least one api group',
      'api groups',
    ),
    ...starredList(
      texts(rule.resources),
      `${field}.resources`,
      'resource rules must supply at least one resource',
      'resources',
    ),
    ...namespaceErrors(rule, `${field}.namespaces`),
  ]
}

function pathErrors(path: string, field: string): FieldError[] {
  if (path === '') return [invalid(field, path, 'must not be empty')]
  if (path === '/') return []
  if (!path.startsWith('/')) return [invalid(field, path, 'must start with slash')]
  if (path.includes(' ')) return [invalid(field, path, 'must not contain white-space')]
  if (path.includes('//')) return [invalid(field, path, 'must not contain double slash')]
  const star = path.indexOf('*')
  if (star >= 0 && star < path.length - 1) return [invalid(field, path, 'wildcard can only do suffix matching')]
  return star >= 0 && !path.endsWith('/*') ? [invalid(field, path, 'wildcard suffix should be after a slash')] : []
}

function nonResourceRuleErrors(rule: PlainObject, field: string): FieldError[] {
  const urls = texts(rule.nonResourceURLs)
  const at = `${field}.nonResourceURLs`
  const list = starredList(urls, at, 'nonResourceURLs must contain at least one value', 'non-resource URLs')
  const paths = urls.includes('*') ? [] : urls.flatMap((url, i) => pathErrors(url, `${at}[${i}]`))
  return [...verbErrors(texts(rule.verbs), `${field}.verbs`), ...list, ...paths]
}

const OWN_FIELD: Readonly<Record<string, string>> = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' }

function subjectErrors(subject: PlainObject, field: string): FieldError[] {
  const kind = textOf(subject.kind)
  const own = OWN_FIELD[kind]
  if (own === undefined) return [notSupported(`${field}.kind`, kind, SUBJECTS)]
  const others = ['serviceAccount', 'user', 'group'].filter((name) => name !== own && subject[name] !== undefined)
  return [
    ...namedErrors(subject[own], kind, `${field}.${own}`),
    ...others.map((name) => {
      const wanted = Object.entries(OWN_FIELD).find(([, one]) => one === name)?.[0] ?? ''
      return forbidden(`${field}.${name}`, `${name} is forbidden when subject kind is not '${wanted}'`)
    }),
  ]
}

function namedErrors(value: unknown, kind: string, field: string): FieldError[] {
  if (value === undefined) return [required(field, `${OWN_FIELD[kind]} is required when subject kind is '${kind}'`)]
  const { name, namespace } = asObject(value)
  const text = textOf(name)
  const errors = text === '' ? [required(`${field}.name`)] : []
  if (kind !== 'ServiceAccount') return errors
  const within = textOf(namespace)
  return [
    ...errors,
    ...(text === '' || text === '*' ? [] : invalidAll(`${field}.name`, text, dns1123Subdomain(text))),
    ...(within === ''
      ? [required(`${field}.namespace`, 'must specify namespace for service account')]
      : invalidAll(`${field}.namespace`, within, dns1123Label(within))),
  ]
}

function flowRuleErrors(rule: PlainObject, field: string): FieldError[] {
  const subjects = asList(rule.subjects)
  const resources = asList(rule.resourceRules)
  const others = asList(rule.nonResourceRules)
  return [
    ...(subjects.length === 0 ? [required(`${field}.subjects`, 'subjects must contain at least one value')] : []),
    ...subjects.flatMap((one, i) => subjectErrors(one, `${field}.subjects[${i}]`)),
    ...(resources.length + others.length === 0
      ? [required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...resources.flatMap((one, i) => resourceRuleErrors(one, `${field}.resourceRules[${i}]`)),
    ...others.flatMap((one, i) => nonResourceRuleErrors(one, `${field}.nonResourceRules[${i}]`)),
  ]
}

/** Models ValidateFlowSchema. Not modelled: the mandatory schemas' fixed specs. */
export function validateFlowSchema(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const precedence = Number(spec.matchingPrecedence ?? 0)
  const field = 'spec.matchingPrecedence'
  const level = textOf(asObject(spec.priorityLevelConfiguration).name)
  const at = 'spec.priorityLevelConfiguration.name'
  const isExempt = asObject(object.metadata).name === 'exempt'
  const { distinguisherMethod } = spec
  return [
    ...(precedence <= 0 ? [invalid(field, precedence, 'must be a positive value')] : []),
    ...(precedence > MAX_PRECEDENCE ? [invalid(field, precedence, `must not be greater than ${MAX_PRECEDENCE}`)] : []),
    ...(precedence === 1 && !isExempt
      ? [invalid(field, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
      : []),
    ...(distinguisherMethod === undefined || distinguisherMethod === null
      ? []
      : oneOf('spec.distinguisherMethod.type', asObject(distinguisherMethod).type, DISTINGUISHERS)),
    ...(level === ''
      ? [required(at, 'must reference a priority level')]
      : invalidAll(at, level, dns1123Subdomain(level))),
    ...asList(spec.rules).flatMap((rule, i) => flowRuleErrors(rule, `spec.rules[${i}]`)),
  ]
}

function queuingErrors(queuing: PlainObject, field: string): FieldError[] {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing as Record<string, number>
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0) errors.push(invalid(`${field}.queueLengthLimit`, queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalid(`${field}.queues`, queues, 'must be positive'))
  else if (queues > MAX_QUEUES)
    errors.push(invalid(`${field}.queues`, queues, `must not be greater than ${MAX_QUEUES}`))
  if (handSize <= 0) errors.push(invalid(`${field}.handSize`, handSize, 'must be positive'))
  else if (handSize > queues)
    errors.push(invalid(`${field}.handSize`, handSize, `should not be greater than queues (${queues})`))
  return errors
}

function limitedErrors(limited: PlainObject, field: string): FieldError[] {
  const { nominalConcurrencyShares: shares = 0, lendablePercent: lendable, borrowingLimitPercent: borrowing } = limited as Record<string, number> // prettier-ignore
  const response = asObject(limited.limitResponse)
  const at = `${field}.limitResponse`
  return [
    ...(shares < 0 ? [invalid(`${field}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')] : []),
    ...(response.type === 'Queue' && response.queuing === undefined
      ? [required(`${at}.queuing`, 'must not be empty if limit response is not limited')]
      : []),
    ...(response.type === 'Reject' && response.queuing !== undefined
      ? [forbidden(`${at}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')]
      : []),
    ...(response.type === 'Queue' || response.type === 'Reject'
      ? []
      : [notSupported(`${at}.type`, response.type ?? '', ['Queue', 'Reject'])]),
    ...(response.type === 'Queue' && response.queuing !== undefined
      ? queuingErrors(asObject(response.queuing), `${at}.queuing`)
      : []),
    ...(lendable !== undefined && (lendable < 0 || lendable > 100)
      ? [invalid(`${field}.lendablePercent`, lendable, 'must be between 0 and 100, inclusive')]
      : []),
    ...(borrowing !== undefined && borrowing < 0 ? [invalid(`${field}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer')] : []), // prettier-ignore
  ]
}

/** Models ValidatePriorityLevelConfiguration. Not modelled: the mandatory levels' fixed specs. */
export function validatePriorityLevel(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const isExempt = asObject(object.metadata).name === 'exempt'
  const { type, limited, exempt } = spec
  const named =
    isExempt === (type === 'Exempt')
      ? []
      : [invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'")]
  if (type === 'Exempt')
    return [
      ...named,
      ...(limited === undefined ? [] : [forbidden('spec.limited', 'must be nil if the type is not Limited')]),
    ]
  if (type !== 'Limited') return [...named, notSupported('spec.type', type ?? '', ['Exempt', 'Limited'])]
  return [
    ...named,
    ...(exempt === undefined ? [] : [forbidden('spec.exempt', 'must be nil if the type is Limited')]),
    ...(limited === undefined
      ? [required('spec.limited', 'must not be empty when type is Limited')]
      : limitedErrors(asObject(limited), 'spec.limited')),
  ]
}
