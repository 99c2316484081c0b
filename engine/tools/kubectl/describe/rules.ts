/** RBAC rules, one resource of one group each, joined and in upstream's order. Models component-helpers/auth/rbac/validation BreakdownRule and CompactRules. */

export interface RawRule {
  verbs?: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

export interface SimpleRule {
  verbs: string[]
  group: string
  resource: string
  names: string[]
  url: string
}

export const listText = (items: readonly string[]): string => `[${items.join(' ')}]`

/** Rules taken apart; those of one resource and one name are joined again, paths are not; sorted by their text in Go. */
export function compactRules(rules: readonly RawRule[]): SimpleRule[] {
  const joined = new Map<string, SimpleRule>()
  for (const rule of rules.flatMap(apart)) {
    const key = `${rule.group}/${rule.resource}/${rule.names.join(',')}/${rule.url}/${rule.url ? joined.size : ''}`
    const before = joined.get(key)
    joined.set(
      key,
      before
        ? { ...before, verbs: [...before.verbs, ...rule.verbs.filter((verb) => !before.verbs.includes(verb))] }
        : rule,
    )
  }
  return [...joined.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : sortKey(a) > sortKey(b) ? 1 : 0))
}

/** `deployments.apps/scale`. */
export function resourceText({ resource, group }: SimpleRule): string {
  const [name, ...rest] = resource.split('/')
  return group ? [`${name}.${group}`, ...rest].join('/') : resource
}

function apart(rule: RawRule): SimpleRule[] {
  const verbs = rule.verbs ?? []
  const named = (rule.resourceNames ?? []).length > 0 ? rule.resourceNames!.map((name) => [name]) : [[]]
  const resources = (rule.apiGroups ?? (rule.resources ? [''] : [])).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) => named.map((names) => ({ verbs, group, resource, names, url: '' }))),
  )
  const paths = (rule.nonResourceURLs ?? []).flatMap((url) =>
    verbs.map((verb) => ({ verbs: [verb], group: '', resource: '', names: [], url })),
  )
  return [...resources, ...paths]
}

const sortKey = (rule: SimpleRule): string =>
  `{Verbs:${listText(rule.verbs)},APIGroups:${listText([rule.group])},Resources:${listText([rule.resource])},ResourceNames:${listText(rule.names)},NonResourceURLs:${listText([rule.url])},}`
