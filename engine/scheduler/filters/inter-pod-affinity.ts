import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { Selector } from '../../objects/selectors.ts'
import type { Pod, PodAffinityTerm } from '../../objects/types.gen.ts'
import type { NodeInfo } from '../node-info.ts'
import { reject } from '../plugin.ts'
import type { Filter, Snapshot } from '../plugin.ts'

/** A term with its selector parsed and its namespaces listed. */
export interface Term {
  topologyKey: string
  selector: Selector
  namespaces: Set<string>
}

interface Prepared {
  /** Domains `key=value` with pods that the pod's affinity terms want, one map a term. */
  wanted: { term: Term; domains: Set<string> }[]
  /** Domains that its anti-affinity forbids. */
  forbidden: { term: Term; domains: Set<string> }[]
  /** Domains that other pods' anti-affinity forbids to it. */
  guarded: Set<string>
  /** No pod anywhere matches all terms, and the pod matches them itself: it may be the first. */
  isFirst: boolean
}

/** Models plugins/interpodaffinity/filtering.go (E3, E7). */
export const interPodAffinity: Filter = {
  name: 'InterPodAffinity',
  prepare,
  filter(_pod, { node }, _snapshot, prepared) {
    const { wanted, forbidden, guarded, isFirst } = prepared as Prepared
    const domainOf = (key: string): string | undefined =>
      node.metadata.labels?.[key] === undefined ? undefined : `${key}=${node.metadata.labels[key]}`
    const missing = wanted.some(({ term, domains }) => !domains.has(domainOf(term.topologyKey) ?? ''))
    const hasKeys = wanted.every(({ term }) => domainOf(term.topologyKey) !== undefined)
    if (missing && !(isFirst && hasKeys)) return reject("node(s) didn't match pod affinity rules", true)
    if (forbidden.some(({ term, domains }) => domains.has(domainOf(term.topologyKey) ?? '')))
      return reject("node(s) didn't match pod anti-affinity rules", false)
    const isGuarded = Object.entries(node.metadata.labels ?? {}).some(([key, value]) => guarded.has(`${key}=${value}`))
    return isGuarded ? reject("node(s) didn't satisfy existing pods anti-affinity rules", false) : undefined
  },
}

function prepare(pod: Pod, snapshot: Snapshot): Prepared {
  const affinity = (pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) =>
    parseTerm(term, pod, snapshot),
  )
  const anti = antiTerms(pod, snapshot)
  const wanted = affinity.map((term) => ({ term, domains: new Set<string>() }))
  const forbidden = anti.map((term) => ({ term, domains: new Set<string>() }))
  const guarded = new Set<string>()
  for (const node of snapshot.nodes) visit(node, pod, snapshot, { wanted, forbidden, guarded })
  const isFirst = wanted.every(({ term, domains }) => domains.size === 0 && termMatches(term, pod))
  return { wanted, forbidden, guarded, isFirst }
}

function visit(node: NodeInfo, pod: Pod, snapshot: Snapshot, found: Omit<Prepared, 'isFirst'>): void {
  const labels = node.node.metadata.labels ?? {}
  const isPicky = found.wanted.length + found.forbidden.length > 0
  for (const other of (isPicky ? node.pods : node.withAffinity).values()) {
    const all = found.wanted.length > 0 && found.wanted.every(({ term }) => termMatches(term, other))
    for (const { term, domains } of found.wanted)
      if (all && labels[term.topologyKey] !== undefined) domains.add(`${term.topologyKey}=${labels[term.topologyKey]}`)
    for (const { term, domains } of found.forbidden)
      if (termMatches(term, other)) domains.add(`${term.topologyKey}=${labels[term.topologyKey]}`)
    if (other.spec?.affinity?.podAntiAffinity === undefined) continue
    for (const term of antiTerms(other, snapshot))
      if (termMatches(term, pod)) found.guarded.add(`${term.topologyKey}=${labels[term.topologyKey]}`)
  }
}

function antiTerms(pod: Pod, snapshot: Snapshot): Term[] {
  return (pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) =>
    parseTerm(term, pod, snapshot),
  )
}

/** The namespaces of a term: those it lists and selects, or the pod's own when it names none. */
export function parseTerm(term: PodAffinityTerm, pod: Pod, snapshot: Snapshot): Term {
  const selected =
    term.namespaceSelector === undefined
      ? []
      : snapshot.namespaces
          .filter(({ metadata }) => matchesLabels(selectorFromObject(term.namespaceSelector), metadata.labels))
          .map(({ metadata }) => metadata.name)
  const listed = [...(term.namespaces ?? []), ...selected]
  const own = term.namespaceSelector === undefined && listed.length === 0 ? [pod.metadata.namespace ?? ''] : []
  return {
    topologyKey: term.topologyKey,
    selector: selectorFromObject(term.labelSelector),
    namespaces: new Set([...listed, ...own]),
  }
}

export function termMatches(term: Term, pod: Pod): boolean {
  return term.namespaces.has(pod.metadata.namespace ?? '') && matchesLabels(term.selector, pod.metadata.labels)
}
