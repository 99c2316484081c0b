import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { invalid, invalidAll, notSupported, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { dns1123Subdomain, pathSegmentName } from './names.ts'
import { selectorErrors } from './selectors.ts'

function urlErrors(rule: PlainObject, at: string, namespaced: boolean): FieldError[] {
  const field = `${at}.nonResourceURLs`
  const errors = namespaced
    ? [invalid(field, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs')]
    : []
  const both = ['apiGroups', 'resources', 'resourceNames'].some((name) => asList(rule[name]).length > 0)
  const text = 'rules cannot apply to both regular resources and non-resource URLs'
  return both ? [...errors, invalid(field, rule.nonResourceURLs, text)] : errors
}

function ruleErrors(rule: PlainObject, at: string, namespaced: boolean): FieldError[] {
  const errors =
    asList(rule.verbs).length === 0 ? [required(`${at}.verbs`, 'verbs must contain at least one value')] : []
  if (asList(rule.nonResourceURLs).length > 0) return [...errors, ...urlErrors(rule, at, namespaced)]
  if (asList(rule.apiGroups).length === 0)
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'))
  if (asList(rule.resources).length === 0)
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

function aggregationErrors(rule: unknown): FieldError[] {
  if (rule === undefined) return []
  const field = 'aggregationRule.clusterRoleSelectors'
  const selectors = asList(asObject(rule).clusterRoleSelectors)
  if (selectors.length === 0)
    return [required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return selectors.flatMap((selector, i) => selectorErrors(selector, `${field}[${i}]`))
}

/** Models ValidateRole and ValidateClusterRole. */
export const validateRole =
  (namespaced: boolean) =>
  (object: PlainObject): FieldError[] => [
    ...asList(object.rules).flatMap((rule, i) => ruleErrors(rule, `rules[${i}]`, namespaced)),
    ...(namespaced ? [] : aggregationErrors(object.aggregationRule)),
  ]

const GROUP = 'rbac.authorization.k8s.io'
const SUBJECTS = ['ServiceAccount', 'User', 'Group']

function accountErrors(subject: PlainObject, at: string, namespaced: boolean): FieldError[] {
  const name = String(subject.name ?? '')
  return [
    ...(name === '' ? [] : invalidAll(`${at}.name`, name, dns1123Subdomain(name))),
    ...(subject.apiGroup ? [notSupported(`${at}.apiGroup`, subject.apiGroup, [''])] : []),
    ...(!namespaced && !subject.namespace ? [required(`${at}.namespace`)] : []),
  ]
}

function personErrors(subject: PlainObject, at: string): FieldError[] {
  const what = String(subject.kind).toLowerCase()
  const errors = subject.name ? [] : [invalid(`${at}.name`, '', `${what} name cannot be empty`)]
  return subject.apiGroup === GROUP
    ? errors
    : [...errors, notSupported(`${at}.apiGroup`, subject.apiGroup ?? '', [GROUP])]
}

function subjectErrors(subject: PlainObject, at: string, namespaced: boolean): FieldError[] {
  const errors = subject.name ? [] : [required(`${at}.name`)]
  if (subject.kind === 'ServiceAccount') return [...errors, ...accountErrors(subject, at, namespaced)]
  if (subject.kind === 'User' || subject.kind === 'Group') return [...errors, ...personErrors(subject, at)]
  return [...errors, notSupported(`${at}.kind`, subject.kind ?? '', SUBJECTS)]
}

/** Models ValidateRoleBinding and ValidateClusterRoleBinding. */
export const validateBinding =
  (namespaced: boolean) =>
  (object: PlainObject): FieldError[] => {
    const { apiGroup, kind, name } = asObject(object.roleRef)
    const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
    return [
      ...(apiGroup === GROUP ? [] : [notSupported('roleRef.apiGroup', apiGroup ?? '', [GROUP])]),
      ...(kinds.includes(String(kind)) ? [] : [notSupported('roleRef.kind', kind ?? '', kinds)]),
      ...(name ? invalidAll('roleRef.name', name, pathSegmentName(String(name))) : [required('roleRef.name')]),
      ...asList(object.subjects).flatMap((subject, i) => subjectErrors(subject, `subjects[${i}]`, namespaced)),
    ]
  }

/** A binding's role never changes; Go's field names show because upstream prints its internal type. */
export function validateBindingUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  if (semanticEqual(object.roleRef, old.roleRef)) return []
  return [invalid('roleRef', object.roleRef, 'cannot change roleRef')]
}
