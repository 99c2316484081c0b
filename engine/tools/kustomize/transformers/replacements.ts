/** `replacements`. Models api/filters/replacement. */
import type { Run } from '../../../host/process.ts'
import { parseYaml } from '../../../objects/yaml.ts'
import { KustomizeError } from '../errors.ts'
import { placesAt } from '../field-path.ts'
import type { Place } from '../field-path.ts'
import { effectiveNamespace, gvkText, isSelected } from '../ids.ts'
import type { ResId } from '../ids.ts'
import type { FieldOptions, Replacement, Selector } from '../kustomization.ts'
import type { Loader } from '../loader.ts'
import type { ResMap } from '../resmap.ts'
import type { Resource } from '../resource.ts'
import { selectsTexts } from '../selector.ts'
import { copyTree, isFields, isScalar, scalarText } from '../tree.ts'
import type { Tree } from '../tree.ts'
import { configuring } from './configuring.ts'
import type { Transformer } from './transformer.ts'

const DEFAULT_FIELD = 'metadata.name'

export function* replacementTransformer(loader: Loader, given: Replacement[]): Run<Transformer> {
  return yield* configuring('ReplacementTransformer', { replacements: given }, function* () {
    const all: Replacement[] = []
    for (const one of given) {
      if (one.path && (one.source || one.targets))
        throw new KustomizeError('cannot specify both path and inline replacement')
      all.push(...(one.path ? listOf(parseYaml(yield* loader.load(one.path))) : [one]))
    }
    return {
      kind: 'ReplacementTransformer',
      transform: ({ resources }: ResMap) => all.forEach((one) => replace(resources, one)),
    }
  })
}

function listOf(read: unknown): Replacement[] {
  if (Array.isArray(read)) return read as Replacement[]
  if (typeof read === 'object' && read !== null) return [read as Replacement]
  throw new KustomizeError('unsupported replacement type encountered within replacement path: string')
}

const idsOf = (resource: Resource): ResId[] => [...resource.previousIds, resource.id]

const isMeant = (id: ResId, by: Selector): boolean =>
  isSelected(id, by) && (!by.name || by.name === id.name) && (!by.namespace || by.namespace === effectiveNamespace(id))

const selectorText = (by: Selector): string => {
  const { group = '', version = '', kind = '', name = '', namespace = '' } = by
  return `${gvkText({ group, version, kind })}/${name || '[noName]'}.${namespace || '[noNs]'}`
}

function replace(resources: Resource[], { source, targets }: Replacement): void {
  if (!source || !targets) throw new KustomizeError('replacements must specify a source and at least one target')
  const value = sourceValue(resources, source)
  for (const target of targets) {
    const { select, reject = [], options } = target
    if (!select) throw new KustomizeError('target must specify resources to select')
    const paths = target.fieldPaths?.length ? target.fieldPaths : [DEFAULT_FIELD]
    for (const resource of resources) {
      if (!selectsTexts(select, resource) || reject.some((one) => hasTextSelector(one) && selectsTexts(one, resource)))
        continue
      const meant = idsOf(resource).some(
        (id) => isMeant(id, select) && !reject.some((one) => hasId(one) && isMeant(id, one)),
      )
      if (meant) for (const path of paths) setAt(resource, path, value, options ?? {})
    }
  }
}

const hasTextSelector = (by: Selector): boolean => Boolean(by.labelSelector || by.annotationSelector)
const hasId = (by: Selector): boolean => Boolean(by.group || by.version || by.kind || by.name || by.namespace)

function sourceValue(resources: Resource[], source: NonNullable<Replacement['source']>): Tree {
  const found = resources.filter((resource) => idsOf(resource).some((id) => isMeant(id, source)))
  const text = selectorText(source)
  const whole = text + (source.fieldPath ? `:${source.fieldPath}` : '')
  if (found.length > 1) throw new KustomizeError(`multiple matches for selector ${whole}`)
  if (found.length === 0) throw new KustomizeError(`nothing selected by ${whole}`)
  const path = source.fieldPath || DEFAULT_FIELD
  const value = placesAt(found[0]!.body, path, false)[0]?.get()
  if (value === undefined || value === null || isEmptyTree(value))
    throw new KustomizeError(`fieldPath \`${path}\` is missing for replacement source ${text}`)
  return refined(value, source.options)
}

const isEmptyTree = (value: Tree): boolean =>
  Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0

const ONLY_SCALARS = 'delimiter option can only be used with scalar nodes'

function refined(value: Tree, options: FieldOptions | undefined): Tree {
  if (!options?.delimiter) return value
  if (!isScalar(value)) throw new KustomizeError(ONLY_SCALARS)
  const parts = scalarText(value).split(options.delimiter)
  const index = options.index ?? 0
  const part = parts[index]
  if (part === undefined)
    throw new KustomizeError(`options.index ${index} is out of bounds for value ${scalarText(value)}`)
  return part
}

function setAt(resource: Resource, path: string, value: Tree, options: FieldOptions): void {
  const places = placesAt(resource.body, path, options.create ?? false)
  if (places.length === 0)
    throw new KustomizeError(
      `unable to find ${options.create ? 'or create ' : ''}field ${JSON.stringify(path)} in replacement target`,
    )
  for (const place of places) setValue(place, value, options)
}

function setValue(place: Place, value: Tree, { delimiter, index = 0 }: FieldOptions): void {
  const old = place.get()
  if (!delimiter) return place.set(isScalar(old) && isScalar(value) ? typed(old, value) : copyTree(value))
  if (!isScalar(old)) throw new KustomizeError(ONLY_SCALARS)
  const parts = scalarText(old).split(delimiter)
  if (index < 0) parts.unshift(scalarText(value))
  else if (index >= parts.length) parts.push(scalarText(value))
  else parts[index] = scalarText(value)
  place.set(typed(old, parts.join(delimiter)))
}

/** The value in the type that the field had. */
function typed(old: Tree, value: Tree): Tree {
  const text = scalarText(value)
  if (typeof old === 'number' && text !== '' && Number.isFinite(Number(text))) return Number(text)
  if (typeof old === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
