/** The types of a kustomization file's fields, and Go's words for what does not fit. Models encoding/json with DisallowUnknownFields. */
import { byText, isFields } from './tree.ts'
import type { Fields, Tree } from './tree.ts'

/** `string`, `[]string`, `map[string]string` …, or the name of a structure, in `[]` for a list. */
type Spec = string

interface Struct {
  /** Field → its type; a type after `via:` stands in an embedded structure. */
  fields: Record<string, Spec | { type: Spec; via: string }>
}

const via = (embedded: string, fields: Record<string, Spec>): Struct['fields'] =>
  Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type, via: embedded }]))

const KV_SOURCES = { literals: '[]string', files: '[]string', envs: '[]string', env: 'string' }
const GENERATOR: Struct['fields'] = {
  ...via('GeneratorArgs', { namespace: 'string', name: 'string', behavior: 'string', options: 'GeneratorOptions' }),
  ...via('GeneratorArgs.KvPairSources', KV_SOURCES),
}
const GVK = { group: 'string', version: 'string', kind: 'string' }
const RES_ID: Struct['fields'] = {
  ...via('ResId.Gvk', GVK),
  ...via('ResId', { name: 'string', namespace: 'string' }),
}

const STRUCTS: Record<string, Struct> = {
  Kustomization: {
    fields: {
      ...via('TypeMeta', { apiVersion: 'string', kind: 'string' }),
      metadata: 'ObjectMeta',
      openapi: 'map[string]string',
      namePrefix: 'string',
      nameSuffix: 'string',
      namespace: 'string',
      commonLabels: 'map[string]string',
      labels: '[]Label',
      commonAnnotations: 'map[string]string',
      patchesStrategicMerge: '[]types.PatchStrategicMerge',
      patchesJson6902: '[]Patch',
      patches: '[]Patch',
      images: '[]Image',
      imageTags: '[]Image',
      replacements: '[]ReplacementField',
      replicas: '[]Replica',
      vars: '[]Var',
      sortOptions: 'SortOptions',
      resources: '[]string',
      components: '[]string',
      crds: '[]string',
      bases: '[]string',
      configMapGenerator: '[]ConfigMapArgs',
      secretGenerator: '[]SecretArgs',
      helmGlobals: 'any',
      helmCharts: '[]any',
      helmChartInflationGenerator: '[]any',
      generatorOptions: 'GeneratorOptions',
      configurations: '[]string',
      generators: '[]string',
      transformers: '[]string',
      validators: '[]string',
      inventory: 'any',
      buildMetadata: '[]string',
    },
  },
  ObjectMeta: {
    fields: { name: 'string', namespace: 'string', labels: 'map[string]string', annotations: 'map[string]string' },
  },
  Label: {
    fields: { pairs: 'map[string]string', includeSelectors: 'bool', includeTemplates: 'bool', fields: '[]FieldSpec' },
  },
  FieldSpec: { fields: { ...via('Gvk', GVK), path: 'string', create: 'bool' } },
  Patch: { fields: { path: 'string', patch: 'string', target: 'Selector', options: 'map[string]bool' } },
  Selector: { fields: { ...RES_ID, annotationSelector: 'string', labelSelector: 'string' } },
  Image: { fields: { name: 'string', newName: 'string', tagSuffix: 'string', newTag: 'string', digest: 'string' } },
  Replica: { fields: { name: 'string', count: 'int64' } },
  ReplacementField: {
    fields: { ...via('Replacement', { source: 'SourceSelector', targets: '[]TargetSelector' }), path: 'string' },
  },
  SourceSelector: { fields: { ...RES_ID, fieldPath: 'string', options: 'FieldOptions' } },
  TargetSelector: {
    fields: { select: 'Selector', reject: '[]Selector', fieldPaths: '[]string', options: 'FieldOptions' },
  },
  FieldOptions: { fields: { delimiter: 'string', index: 'int', encoding: 'string', create: 'bool' } },
  Var: { fields: { name: 'string', objref: 'Target', fieldref: 'FieldSelector' } },
  Target: { fields: { apiVersion: 'string', ...via('Gvk', GVK), name: 'string', namespace: 'string' } },
  FieldSelector: { fields: { fieldPath: 'string' } },
  ConfigMapArgs: { fields: GENERATOR },
  SecretArgs: { fields: { ...GENERATOR, type: 'string' } },
  GeneratorOptions: {
    fields: {
      labels: 'map[string]string',
      annotations: 'map[string]string',
      disableNameSuffixHash: 'bool',
      immutable: 'bool',
    },
  },
  SortOptions: { fields: { order: 'string', legacySortOptions: 'LegacySortOptions' } },
  LegacySortOptions: { fields: { orderFirst: '[]string', orderLast: '[]string' } },
}

export interface Problem {
  message: string
}

const jsonKind = (value: Tree): string =>
  Array.isArray(value) ? 'array' : isFields(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value

const goType = (spec: Spec): string =>
  spec.startsWith('[]') ? `[]${goType(spec.slice(2))}` : spec in STRUCTS ? `types.${spec}` : spec

interface Place {
  struct: string
  path: string
}

const mismatch = (value: Tree, spec: Spec, place: Place, extra = ''): Problem => ({
  message: `json: cannot unmarshal ${jsonKind(value)}${extra} into Go ${place.path === '' ? 'value' : `struct field ${place.struct}.${place.path}`} of type ${goType(spec)}`,
})

/** The first thing that is wrong, in the order of JSON's keys. Field names in the wrong case are put right. */
export function decode(tree: Tree): Problem | undefined {
  return check(tree, 'Kustomization', { struct: '', path: '' })
}

function check(value: Tree, spec: Spec, place: Place): Problem | undefined {
  if (value === null || spec === 'any') return undefined
  if (spec.startsWith('[]')) return checkList(value, spec, place)
  if (spec.startsWith('map[string]')) return checkMap(value, spec, place)
  if (spec in STRUCTS) return isFields(value) ? checkStruct(value, spec, place) : mismatch(value, spec, place)
  if (spec === 'int' || spec === 'int64') {
    if (typeof value !== 'number') return mismatch(value, spec, place)
    return Number.isInteger(value) ? undefined : mismatch(value, spec, place, ` ${value}`)
  }
  const wanted = spec === 'bool' ? 'boolean' : 'string'
  return typeof value === wanted ? undefined : mismatch(value, spec, place)
}

function checkList(value: Tree, spec: Spec, place: Place): Problem | undefined {
  if (!Array.isArray(value)) return mismatch(value, spec, place)
  return firstOf(value.map((item) => () => check(item, spec.slice(2), place)))
}

function checkMap(value: Tree, spec: Spec, place: Place): Problem | undefined {
  if (!isFields(value)) return mismatch(value, spec, place)
  const item = spec.slice('map[string]'.length)
  return firstOf(
    Object.keys(value)
      .toSorted(byText)
      .map((key) => () => check(value[key]!, item, place)),
  )
}

function checkStruct(fields: Fields, name: string, place: Place): Problem | undefined {
  const known = STRUCTS[name]!.fields
  return firstOf(
    Object.keys(fields)
      .toSorted(byText)
      .map((key) => () => {
        const field = key in known ? key : Object.keys(known).find((one) => one.toLowerCase() === key.toLowerCase())
        if (field === undefined) return { message: `json: unknown field ${JSON.stringify(key)}` }
        rename(fields, key, field)
        const facts = known[field]!
        const [type, embedded] = typeof facts === 'string' ? [facts, ''] : [facts.type, `${facts.via}.`]
        const base = place.path === '' ? '' : `${place.path}.`
        return check(fields[field]!, type, { struct: name, path: `${base}${embedded}${field}` })
      }),
  )
}

function rename(fields: Fields, from: string, to: string): void {
  if (from === to) return
  fields[to] = fields[from]!
  delete fields[from]
}

function firstOf(checks: (() => Problem | undefined)[]): Problem | undefined {
  for (const one of checks) {
    const problem = one()
    if (problem !== undefined) return problem
  }
  return undefined
}
