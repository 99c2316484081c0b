/** RBAC rules, one resource of one group each, joined and in upstream's order. Models component-helpers/auth/rbac/validation CompactRules. */

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

/** Rules taken apart; those of one resource without names are joined; sorted by their text in Go. */
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

function apart(rule: RawRule): SimpleRule[] {
  const verbs = rule.verbs ?? []
  const resources = (rule.apiGroups ?? (rule.resources ? [''] : [])).flatMap((group) =>
    (rule.resources ?? []).map((resource) => ({ verbs, group, resource, names: rule.resourceNames ?? [], url: '' })),
  )
  return [
    ...resources,
    ...(rule.nonResourceURLs ?? []).map((url) => ({ verbs, group: '', resource: '', names: [], url })),
  ]
}

const sortKey = (rule: SimpleRule): string =>
  `{Verbs:${listText(rule.verbs)},APIGroups:${listText([rule.group])},Resources:${listText([rule.resource])},ResourceNames:${listText(rule.names)},NonResourceURLs:${listText([rule.url])},}`
