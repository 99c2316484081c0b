/** Which resources a patch is for: regular expressions over names and kinds, label selectors. Models api/types/selector.go. */
import { matchesLabels, parseLabelSelector } from '../../objects/selectors.ts'
import { effectiveNamespace } from './ids.ts'
import type { Selector } from './kustomization.ts'
import type { Resource } from './resource.ts'

const matches = (pattern: string | undefined, value: string): boolean =>
  !pattern || new RegExp(`^(?:${pattern})$`).test(value)

const matchesTexts = (selector: string | undefined, texts: Record<string, string>): boolean =>
  !selector || matchesLabels(parseLabelSelector(selector), texts)

/** Labels and annotations alone. */
export const selectsTexts = (selector: Selector, resource: Resource): boolean =>
  matchesTexts(selector.labelSelector, resource.labels) &&
  matchesTexts(selector.annotationSelector, resource.annotations)

/** Names and namespaces count as they were first and as they are now. */
export function selects(selector: Selector, resource: Resource): boolean {
  const { id, originalId, gvk } = resource
  const namespaces = [effectiveNamespace(originalId), effectiveNamespace(id)]
  return (
    namespaces.some((namespace) => matches(selector.namespace, namespace)) &&
    [originalId.name, id.name].some((name) => matches(selector.name, name)) &&
    matches(selector.group, gvk.group) &&
    matches(selector.version, gvk.version) &&
    matches(selector.kind, gvk.kind) &&
    selectsTexts(selector, resource)
  )
}
