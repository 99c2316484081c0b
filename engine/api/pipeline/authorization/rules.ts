/** Whether a rule covers a request. Models pkg/apis/rbac/v1/evaluation_helpers.go. */
import { covers, coversPath } from '../../../objects/policy-rules.ts'
import type { PolicyRule } from '../../../objects/types.gen.ts'
import type { Attributes } from './attributes.ts'

export function allows(rule: PolicyRule, info: Attributes): boolean {
  if (!covers(rule.verbs, info.verb)) return false
  if (!info.isResource) return coversPath(rule.nonResourceURLs, info.path)
  const { resources, resourceNames } = rule
  if (resources === undefined || !covers(rule.apiGroups, info.group)) return false
  if (!coversResource(resources, info)) return false
  return resourceNames === undefined || resourceNames.length === 0 || resourceNames.includes(info.name)
}

function coversResource(resources: string[], { resource, subresource }: Attributes): boolean {
  if (subresource === '') return covers(resources, resource)
  return covers(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`)
}
