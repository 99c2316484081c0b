/** Values in errors as API servers before 1.34 print them: Go syntax (`%#v`); later ones print JSON. */
import type { PlainObject } from '../decode.ts'
import { minorOf } from '../kinds.ts'
import type { FieldError, ValidationContext } from './errors.ts'

const JSON_SINCE = 34

const quoted = (value: unknown): string => JSON.stringify(value ?? '')

function goMap(value: PlainObject | undefined | null): string {
  if (value === undefined || value === null) return 'map[string]string(nil)'
  const keys = Object.keys(value).sort()
  return `map[string]string{${keys.map((key) => `${quoted(key)}:${quoted(value[key])}`).join(', ')}}`
}

const goList = (type: string, items: unknown[] | undefined, show: (item: unknown) => string): string =>
  items === undefined ? `${type}(nil)` : `${type}{${items.map(show).join(', ')}}`

const goStrings = (items: unknown[] | undefined): string => goList('[]string', items, quoted)

const requirement = (item: unknown): string => {
  const { key, operator, values } = item as { key?: string; operator?: string; values?: string[] }
  return `v1.LabelSelectorRequirement{Key:${quoted(key)}, Operator:${quoted(operator)}, Values:${goStrings(values)}}`
}

function goSelector(value: unknown): string {
  const { matchLabels, matchExpressions } = (value ?? {}) as { matchLabels?: PlainObject; matchExpressions?: unknown[] }
  return `v1.LabelSelector{MatchLabels:${goMap(matchLabels)}, MatchExpressions:${goList('[]v1.LabelSelectorRequirement', matchExpressions, requirement)}}`
}

function goRoleRef(value: unknown): string {
  const { APIGroup, Kind, Name, apiGroup, kind, name } = value as Record<string, string | undefined>
  return `rbac.RoleRef{APIGroup:${quoted(APIGroup ?? apiGroup)}, Kind:${quoted(Kind ?? kind)}, Name:${quoted(Name ?? name)}}`
}

/** By the end of the field's path; what is not here keeps its JSON. */
const SHAPES: [RegExp, (value: unknown) => string][] = [
  [/(^|\.)(labelSelector|spec\.selector|podSelector|namespaceSelector)$/, goSelector],
  [/(^|\.)(labels|matchLabels|nodeSelector|selector)$/, (value) => goMap(value as PlainObject | undefined)],
  [/(^|\.)roleRef$/, goRoleRef],
]

function goText({ field, badValue }: FieldError): string | undefined {
  if (Array.isArray(badValue)) return badValue.every((one) => typeof one === 'string') ? goStrings(badValue) : undefined
  if (badValue !== undefined && badValue !== null && typeof badValue !== 'object') return undefined
  return SHAPES.find(([path]) => path.test(field))?.[1](badValue)
}

/** The errors as the release prints them. */
export function inReleaseSyntax(errors: FieldError[], { release }: ValidationContext): FieldError[] {
  if (release === undefined || minorOf(release) >= JSON_SINCE) return errors
  return errors.map((error) => {
    const shown = error.shown === undefined ? goText(error) : undefined
    return shown === undefined ? error : { ...error, shown }
  })
}
