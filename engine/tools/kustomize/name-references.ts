/** Puts right the names by which resources refer to each other. Models api/filters/nameref and the accumulator's transformer. */
import type { NameReference } from './config/name-references.ts'
import { KustomizeError } from './errors.ts'
import { setField } from './fieldspec.ts'
import type { FieldSpec } from './fieldspec.ts'
import { effectiveNamespace, idText, isClusterScoped, isSelected } from './ids.ts'
import type { GvkSelector } from './ids.ts'
import type { ResMap } from './resmap.ts'
import type { Resource } from './resource.ts'
import { isFields, isScalar, scalarText } from './tree.ts'
import type { Fields, Tree } from './tree.ts'

interface Reference {
  referrer: Resource
  spec: FieldSpec
  target: GvkSelector
  candidates: Resource[]
}

export function fixNameReferences(map: ResMap, references: NameReference[]): void {
  for (const referrer of map.resources) {
    const candidates = map.referableBy(referrer)
    for (const { fieldSpecs, ...target } of references)
      for (const spec of fieldSpecs) {
        if (!isSelected(referrer.originalId, spec)) continue
        fix({ referrer, spec, target, candidates })
      }
  }
}

function fix(reference: Reference): void {
  const { referrer, spec } = reference
  try {
    setField(referrer, { path: spec.path }, (value) => fixed(reference, value))
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error
    const bare = error.message.replace(/^considering field '.*?' of object \S+: /, '')
    throw new KustomizeError(`updating name reference in '${spec.path}' field of '${idText(referrer.id)}': ${bare}`)
  }
}

function fixed(reference: Reference, value: Tree): Tree | undefined {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map((item) => fixed(reference, item) ?? item)
  if (isFields(value)) return fixMap(reference, value)
  if (!isScalar(value)) return undefined
  return select(reference, scalarText(value), reference.candidates, (a, b) => a.name === b.name)?.name
}

/** A map with `name` and perhaps `namespace`, such as a binding's subject. */
function fixMap(reference: Reference, value: Fields): undefined {
  if (!('name' in value)) throw new KustomizeError("path config error; no 'name' field in node")
  const same = (a: Resource, b: Resource): boolean => a.name === b.name && a.namespace === b.namespace
  const referral = select(reference, scalarText(value.name), inNamespaceOf(reference, value), same)
  if (referral === undefined) return undefined
  value.name = referral.name
  if (referral.namespace !== '') value.namespace = referral.namespace
  return undefined
}

function inNamespaceOf({ candidates }: Reference, value: Fields): Resource[] {
  if (value.namespace === undefined) return candidates
  const namespace = scalarText(value.namespace)
  const before = candidates.filter((one) => effectiveNamespace(one.originalId) === namespace)
  return before.length > 0 ? before : candidates.filter((one) => effectiveNamespace(one.id) === namespace)
}

const sameEnd = (a: string[], b: string[]): boolean => {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (short.length === 0) return long.length === 0
  return short.every((one, i) => long[i + long.length - short.length] === one)
}

/** The role that a binding means: `roleRef` tells its group and kind too. */
function roleSelector({ referrer, spec }: Reference): GvkSelector {
  const { roleRef } = referrer.body
  if (!spec.path.endsWith('roleRef/name') || !isFields(roleRef) || !roleRef.apiGroup || !roleRef.kind) return {}
  return { group: scalarText(roleRef.apiGroup), kind: scalarText(roleRef.kind) }
}

function select(
  reference: Reference,
  name: string,
  among: Resource[],
  same: (a: Resource, b: Resource) => boolean,
): Resource | undefined {
  const { referrer, target } = reference
  const role = roleSelector(reference)
  const isNear = (one: Resource): boolean =>
    isClusterScoped(referrer.gvk) ||
    isClusterScoped(one.gvk) ||
    one.gvk.kind === 'ServiceAccount' ||
    effectiveNamespace(one.id) === effectiveNamespace(referrer.id)
  const near = among.filter(
    (one) =>
      one.previousIds.some((id) => id.name === name) &&
      one.previousIds.some((id) => isSelected(id, target)) &&
      one.previousIds.some((id) => isSelected(id, role)) &&
      isNear(one),
  )
  if (near.length === 1) return near[0]
  const akin = near.filter(
    (one) => sameEnd(one.prefixes, referrer.prefixes) && sameEnd(one.suffixes, referrer.suffixes),
  )
  const [first] = akin
  if (akin.every((one) => same(one, first!))) return first
  throw new KustomizeError(`found multiple possible referrals: ${akin.map((one) => idText(one.id)).join(', ')}`)
}
