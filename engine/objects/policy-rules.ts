/** Rules against rules: what one covers of another. Models component-helpers auth/rbac/validation/policy_comparator.go. */
import type { PolicyRule } from './types.gen.ts'

export const covers = (list: string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted))

export function coversPath(paths: string[] | undefined, path: string): boolean {
  return (paths ?? []).some(
    (one) => one === '*' || one === path || (one.endsWith('*') && path.startsWith(one.slice(0, -1))),
  )
}

/** One verb on one resource of one group (and perhaps one name), or on one path. */
export interface Single {
  verb: string
  group?: string
  resource?: string
  name?: string
  path?: string
}

export function singlesOf(rule: PolicyRule): Single[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const names = resourceNames.length === 0 ? [undefined] : resourceNames
  const onResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) => names.map((name) => ({ verb, group, resource, ...(name !== undefined && { name }) }))),
    ),
  )
  return [...onResources, ...nonResourceURLs.flatMap((path) => verbs.map((verb) => ({ verb, path })))]
}

export function isCovered(wanted: Single, rule: PolicyRule): boolean {
  if (!covers(rule.verbs, wanted.verb)) return false
  if (wanted.path !== undefined) return coversPath(rule.nonResourceURLs, wanted.path)
  const names = rule.resourceNames ?? []
  const resource = wanted.resource ?? ''
  const anyOf = resource.includes('/') && (rule.resources ?? []).includes(`*/${resource.split('/')[1]}`)
  return (
    covers(rule.apiGroups, wanted.group ?? '') &&
    (covers(rule.resources, resource) || anyOf) &&
    (names.length === 0 || (wanted.name !== undefined && names.includes(wanted.name)))
  )
}

/** Single rules of `wanted` that `own` does not cover. */
export function missingRules(own: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const missing = wanted.flatMap(singlesOf).filter((single) => !own.some((rule) => isCovered(single, rule)))
  return missing.map(({ verb, group, resource, name, path }) =>
    path !== undefined
      ? { verbs: [verb], nonResourceURLs: [path] }
      : {
          verbs: [verb],
          apiGroups: [group ?? ''],
          resources: [resource ?? ''],
          ...(name !== undefined && { resourceNames: [name] }),
        },
  )
}
