/** A resource as upstream's errors show it: JSON, with what the build remembers about it as annotations. */
import { goJson } from '../../kubectl/last-applied.ts'
import type { Resource } from '../resource.ts'
import { byText, isFields } from '../tree.ts'
import type { Tree } from '../tree.ts'

const DOMAIN = 'internal.config.kubernetes.io'

function sorted(value: Tree): Tree {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isFields(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => byText(a, b))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}

export function debugText(resource: Resource): string {
  const ids = resource.previousIds
  const notes: Record<string, string[]> = {
    prefixes: resource.prefixes,
    previousKinds: ids.map((id) => id.kind),
    previousNames: ids.map((id) => id.name),
    previousNamespaces: ids.map((id) => id.namespace),
    suffixes: resource.suffixes,
  }
  const shown = resource.copy()
  const own = Object.fromEntries(
    Object.entries(notes)
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => [`${DOMAIN}/${name}`, values.join(',')]),
  )
  shown.setTexts('annotations', { ...shown.annotations, ...own })
  return goJson(sorted(shown.body))
}
