/** `configurations` and `crds`: what a kustomization adds to the rules. Models builtinconfig and loadconfigfromcrds.go. Not modelled: `crds` in OpenAPI of other shapes than x-kubernetes-… extensions. */
import type { Run } from '../../../host/process.ts'
import { parseYaml } from '../../../objects/yaml.ts'
import { KustomizeError, wrapping } from '../errors.ts'
import type { FieldSpec } from '../fieldspec.ts'
import type { Loader } from '../loader.ts'
import { byText, isFields, scalarText } from '../tree.ts'
import type { Fields, Tree } from '../tree.ts'
import type { TransformerConfig } from './defaults.ts'
import type { NameReference } from './name-references.ts'

type SpecField = Exclude<keyof TransformerConfig, 'nameReference'>

const SPEC_FIELDS: SpecField[] = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'labels',
  'templateLabels',
  'commonAnnotations',
  'images',
  'replicas',
  'varReference',
]

const isSame = (a: FieldSpec, b: FieldSpec): boolean =>
  a.path === b.path &&
  (a.kind ?? '') === (b.kind ?? '') &&
  (a.group ?? '') === (b.group ?? '') &&
  (a.version ?? '') === (b.version ?? '')

/** Rules of both; one that is in both counts once. */
export const mergeSpecs = (a: FieldSpec[], b: FieldSpec[]): FieldSpec[] => [
  ...a,
  ...b.filter((spec) => !a.some((one) => isSame(one, spec))),
]

function mergeReferences(a: NameReference[], b: NameReference[]): NameReference[] {
  const merged = [...a]
  for (const one of b) {
    const at = merged.findIndex(
      (known) =>
        known.kind === one.kind &&
        (known.group ?? '') === (one.group ?? '') &&
        (known.version ?? '') === (one.version ?? ''),
    )
    if (at < 0) merged.push(one)
    else merged[at] = { ...merged[at]!, fieldSpecs: mergeSpecs(merged[at]!.fieldSpecs, one.fieldSpecs) }
  }
  return merged
}

export function mergeConfig(a: TransformerConfig, b: Partial<TransformerConfig>): TransformerConfig {
  const merged = { ...a }
  for (const field of SPEC_FIELDS) merged[field] = mergeSpecs(a[field], b[field] ?? [])
  return { ...merged, nameReference: mergeReferences(a.nameReference, b.nameReference ?? []) }
}

/** The rules of the kustomization's own files. */
export function* loadConfig(
  loader: Loader,
  config: TransformerConfig,
  { configurations = [], crds = [] }: { configurations?: string[]; crds?: string[] },
): Run<TransformerConfig> {
  let merged = config
  for (const path of configurations) merged = mergeConfig(merged, rulesOf(parseYaml(yield* loader.load(path)) as Tree))
  const listed = `loading CRDs [${crds.join(' ')}]`
  for (const path of crds) {
    const tree = parseYaml(yield* loader.load(path)) as Tree
    merged = mergeConfig(
      merged,
      wrapping(listed, () => rulesOfCrds(tree, path)),
    )
  }
  return merged
}

const UNMARSHALING = 'error unmarshaling JSON: while decoding JSON: json: '

function rulesOf(tree: Tree): Partial<TransformerConfig> {
  const known: string[] = [...SPEC_FIELDS, 'nameReference']
  const unknown = Object.keys(isFields(tree) ? tree : {})
    .toSorted(byText)
    .find((key) => !known.includes(key))
  if (unknown !== undefined) throw new KustomizeError(`${UNMARSHALING}unknown field ${JSON.stringify(unknown)}`)
  return (tree ?? {}) as Partial<TransformerConfig>
}

/** OpenAPI definitions with kustomize's extensions: what is a name of what. */
function rulesOfCrds(tree: Tree, path: string): Partial<TransformerConfig> {
  const rules: Partial<TransformerConfig> = {
    commonLabels: [],
    commonAnnotations: [],
    namePrefix: [],
    nameReference: [],
  }
  if (!isFields(tree)) return rules
  for (const [name, holder] of Object.entries(tree)) {
    if (!isFields(holder) && holder !== null)
      throw new KustomizeError(
        `unable to parse open API definition from '${path}': ${UNMARSHALING}cannot unmarshal ${Array.isArray(holder) ? 'array' : typeof holder} into Go value of type accumulator.OpenAPIDefinition`,
      )
    const schema = isFields(holder) ? holder.Schema : undefined
    const kind = name.split('.').at(-1)!
    if (isFields(schema) && isRoot(schema)) walk(tree, schema, kind, [], rules)
  }
  return rules
}

const isRoot = (schema: Fields): boolean =>
  isFields(schema.properties) && 'kind' in schema.properties && 'apiVersion' in schema.properties

function walk(tree: Fields, schema: Fields, kind: string, path: string[], rules: Partial<TransformerConfig>): void {
  if (!isFields(schema.properties)) return
  for (const [name, property] of Object.entries(schema.properties)) {
    if (!isFields(property)) continue
    const at = [...path, name]
    note(property, kind, at, rules)
    const reference = isFields(property.items) ? property.items.$ref : property.$ref
    const target = tree[scalarText(reference)]
    const next = isFields(target) && isFields(target.Schema) ? target.Schema : property
    if (path.length < 20) walk(tree, next, kind, at, rules)
  }
}

function note(property: Fields, kind: string, at: string[], rules: Partial<TransformerConfig>): void {
  const spec: FieldSpec = { path: at.join('/'), kind }
  if ('x-kubernetes-label-selector' in property) rules.commonLabels!.push(spec)
  if ('x-kubernetes-annotation' in property) rules.commonAnnotations!.push(spec)
  if ('x-kubernetes-identity' in property) rules.namePrefix!.push(spec)
  const target = property['x-kubernetes-object-ref-kind']
  if (target === undefined) return
  const field = scalarText(property['x-kubernetes-object-ref-name-key'] ?? 'name')
  rules.nameReference!.push({ kind: scalarText(target), fieldSpecs: [{ path: `${spec.path}/${field}`, kind }] })
}
