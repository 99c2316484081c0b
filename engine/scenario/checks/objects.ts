import { fields, optional } from '../format/schema.ts'
import { comparison, match, objectSelection } from '../format/common.ts'
import type { ViewedObject } from '../../view.ts'
import { isMapping, meets, mismatch, show, showComparison } from '../match.ts'
import { defineCheck, seen } from './check.ts'
import { mentionsOf, nameObject } from './name-object.ts'

/** Many objects: how many match, that all do, that none does. */
export const objects = defineCheck({
  schema: fields(
    {
      ...objectSelection,
      match: optional(match),
      count: optional(comparison('How many of them match. At least one when neither count, all nor none is given.')),
      all: optional(match),
      none: optional(match),
    },
    'Objects by kind and selectors: how many match, or that all or none do.',
  ),
  wanted: (of) => {
    const those = `${nameObject(of)}${of.selector === undefined ? '' : ` with ${of.selector}`}${of.match === undefined ? '' : ` like ${show(of.match)}`}`
    if (of.all !== undefined) return `all ${those}: ${show(of.all)}`
    if (of.none !== undefined) return `no ${those}: ${show(of.none)}`
    return `${showComparison(of.count ?? { atLeast: 1 })} ${those}`
  },
  observe: async (of, { view }) => {
    const { kind, namespace, selector, fieldSelector } = of
    const listed = await view.objects({
      kind,
      ...(namespace && { namespace }),
      ...(selector && { labelSelector: selector }),
      ...(fieldSelector && { fieldSelector }),
    })
    const chosen = listed.filter((one) => mismatch(of.match ?? {}, one) === undefined)
    const alone = of.all === undefined && of.none === undefined
    const wantedCount = of.count ?? (alone ? { atLeast: 1 } : undefined)
    if (wantedCount !== undefined && !meets(chosen.length, wantedCount))
      return seen(false, `${chosen.length} of ${listed.length}: ${namesOf(listed)}`)
    for (const one of chosen) {
      const wrong = of.all === undefined ? undefined : mismatch(of.all, one)
      if (wrong !== undefined) return seen(false, `${one.metadata.name}: ${wrong.path}: ${wrong.found}`)
      if (of.none !== undefined && mismatch(of.none, one) === undefined)
        return seen(false, `${one.metadata.name} is like that`)
    }
    return seen(true, `${chosen.length}: ${namesOf(chosen)}`)
  },
  mentions: (of) => [...mentionsOf(of), ...labelValues(of.selector), ...namesIn(of.match)],
})

function namesOf(list: readonly ViewedObject[]): string {
  const names = list.slice(0, 6).map((one) => one.metadata.name ?? '')
  return names.length === 0 ? 'none' : `${names.join(', ')}${list.length > 6 ? ', …' : ''}`
}

function labelValues(selector: string | undefined): { what: 'name'; text: string }[] {
  return [...(selector ?? '').matchAll(/[^!=,]=+([\w.-]+)/g)].map((found) => ({ what: 'name', text: found[1] ?? '' }))
}

function namesIn(match: Record<string, unknown> | undefined): { what: 'name'; text: string }[] {
  const metadata = match?.['metadata']
  const name = isMapping(metadata) ? metadata['name'] : undefined
  return typeof name === 'string' ? [{ what: 'name', text: name }] : []
}
