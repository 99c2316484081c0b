import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { invalid, notSupported, required } from './errors.ts'
import type { FieldError } from './errors.ts'

function ruleErrors(rule: PlainObject, at: string, namespaced: boolean): FieldError[] {
  const errors =
    asList(rule.verbs).length === 0 ? [required(`${at}.verbs`, 'verbs must contain at least one value')] : []
  if (asList(rule.nonResourceURLs).length > 0) {
    if (namespaced)
      errors.push(
        invalid(`${at}.nonResourceURLs`, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'),
      )
    return errors
  }
  if (asList(rule.apiGroups).length === 0)
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'))
  if (asList(rule.resources).length === 0)
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

/** Models ValidateRole and ValidateClusterRole. */
export const validateRole =
  (namespaced: boolean) =>
  (object: PlainObject): FieldError[] =>
    asList(object.rules).flatMap((rule, i) => ruleErrors(rule, `rules[${i}]`, namespaced))

function subjectErrors(subject: PlainObject, at: string, namespaced: boolean): FieldError[] {
  const kinds = ['ServiceAccount', 'User', 'Group']
  const errors = subject.name ? [] : [required(`${at}.name`)]
  if (!kinds.includes(String(subject.kind))) errors.push(notSupported(`${at}.kind`, subject.kind ?? '', kinds))
  if (subject.kind === 'ServiceAccount' && !namespaced && !subject.namespace) errors.push(required(`${at}.namespace`))
  return errors
}

/** Models ValidateRoleBinding and ValidateClusterRoleBinding. */
export const validateBinding =
  (namespaced: boolean) =>
  (object: PlainObject): FieldError[] => {
    const { kind, name } = asObject(object.roleRef)
    const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
    return [
      ...(kinds.includes(String(kind)) ? [] : [notSupported('roleRef.kind', kind ?? '', kinds)]),
      ...(name ? [] : [required('roleRef.name')]),
      ...asList(object.subjects).flatMap((subject, i) => subjectErrors(subject, `subjects[${i}]`, namespaced)),
    ]
  }

/** A binding's role never changes; Go's field names show because upstream prints its internal type. */
export function validateBindingUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  if (semanticEqual(object.roleRef, old.roleRef)) return []
  const { apiGroup, kind, name } = asObject(object.roleRef)
  return [invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')]
}
