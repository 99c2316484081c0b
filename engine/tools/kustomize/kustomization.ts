/** The kustomization file: its fields, their types, what is deprecated. Models api/types/kustomization.go. */
import { parseYaml, YamlError } from '../../objects/yaml.ts'
import { decode } from './decode.ts'
import { KustomizeError } from './errors.ts'
import type { FieldSpec } from './fieldspec.ts'
import type { GvkSelector } from './ids.ts'
import type { Tree } from './tree.ts'

export interface GeneratorOptions {
  labels?: Record<string, string>
  annotations?: Record<string, string>
  disableNameSuffixHash?: boolean
  immutable?: boolean
}

export interface GeneratorArgs {
  name?: string
  namespace?: string
  behavior?: string
  literals?: string[]
  files?: string[]
  envs?: string[]
  env?: string
  options?: GeneratorOptions
  /** Of Secrets. */
  type?: string
}

export interface Selector extends GvkSelector {
  name?: string
  namespace?: string
  annotationSelector?: string
  labelSelector?: string
}

export interface Patch {
  path?: string
  patch?: string
  target?: Selector
  options?: Record<string, boolean>
}

export interface Label {
  pairs?: Record<string, string>
  includeSelectors?: boolean
  includeTemplates?: boolean
  fields?: FieldSpec[]
}

export interface Image {
  name?: string
  newName?: string
  newTag?: string
  tagSuffix?: string
  digest?: string
}

export interface Replica {
  name?: string
  count?: number
}

export interface FieldOptions {
  delimiter?: string
  index?: number
  encoding?: string
  create?: boolean
}

export interface Replacement {
  path?: string
  source?: Selector & { fieldPath?: string; options?: FieldOptions }
  targets?: { select?: Selector; reject?: Selector[]; fieldPaths?: string[]; options?: FieldOptions }[]
}

export interface Var {
  name?: string
  objref?: GvkSelector & { apiVersion?: string; name?: string; namespace?: string }
  fieldref?: { fieldPath?: string }
}

export interface Kustomization {
  apiVersion?: string
  kind?: string
  metadata?: {
    name?: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  openapi?: Record<string, string>
  namePrefix?: string
  nameSuffix?: string
  namespace?: string
  commonLabels?: Record<string, string>
  labels?: Label[]
  commonAnnotations?: Record<string, string>
  patchesStrategicMerge?: string[]
  patchesJson6902?: Patch[]
  patches?: Patch[]
  images?: Image[]
  imageTags?: Image[]
  replacements?: Replacement[]
  replicas?: Replica[]
  vars?: Var[]
  sortOptions?: { order?: string; legacySortOptions?: { orderFirst?: string[]; orderLast?: string[] } }
  resources?: string[]
  components?: string[]
  crds?: string[]
  bases?: string[]
  configMapGenerator?: GeneratorArgs[]
  secretGenerator?: GeneratorArgs[]
  helmGlobals?: Tree
  helmCharts?: Tree[]
  helmChartInflationGenerator?: Tree[]
  generatorOptions?: GeneratorOptions
  configurations?: string[]
  generators?: string[]
  transformers?: string[]
  validators?: string[]
  inventory?: Tree
  buildMetadata?: string[]
}

const KIND = 'Kustomization'
const VERSIONS: Record<string, string> = {
  [KIND]: 'kustomize.config.k8s.io/v1beta1',
  Component: 'kustomize.config.k8s.io/v1alpha1',
}

/** Reads the text of a kustomization file. */
export function parseKustomization(text: string): Kustomization {
  const invalid = 'invalid Kustomization: '
  let tree: Tree
  try {
    tree = parseYaml(text.replace(/\r\n/g, '\n')) as Tree
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new KustomizeError(invalid + error.message.replace('error converting YAML to JSON: ', ''))
  }
  const problem = decode(tree)
  if (problem !== undefined) throw new KustomizeError(invalid + problem.message)
  return canonical((tree ?? {}) as Kustomization)
}

/** Deprecated fields move to where they belong. */
function canonical(read: Kustomization): Kustomization {
  const kind = read.kind || KIND
  const envs = (args: GeneratorArgs): GeneratorArgs =>
    args.env ? { ...args, envs: [...(args.envs ?? []), args.env] } : args
  return {
    ...read,
    kind,
    apiVersion: read.apiVersion || (VERSIONS[kind] ?? VERSIONS[KIND]!),
    resources: [...(read.resources ?? []), ...(read.bases ?? [])],
    images: [...(read.images ?? []), ...(read.imageTags ?? [])],
    configMapGenerator: (read.configMapGenerator ?? []).map(envs),
    secretGenerator: (read.secretGenerator ?? []).map(envs),
  }
}

const DEPRECATED: [field: keyof Kustomization, instead: string, note?: string][] = [
  ['bases', 'resources'],
  ['imageTags', 'images'],
  ['commonLabels', 'labels'],
  ['patchesJson6902', 'patches'],
  ['patchesStrategicMerge', 'patches'],
  ['vars', 'replacements', '[EXPERIMENTAL] '],
]

/** What is said about deprecated fields, one line each. */
export function deprecations(read: Kustomization): string[] {
  return DEPRECATED.filter(([field]) => read[field] !== undefined && read[field] !== null).map(
    ([field, instead, note = '']) =>
      `# Warning: '${field}' is deprecated. Please use '${instead}' instead. ${note}Run 'kustomize edit fix' to update your Kustomization automatically.`,
  )
}

const isFilled = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0
    : typeof value === 'object' && value !== null
      ? Object.keys(value).length > 0
      : Boolean(value)

/** Throws when the file says nothing, or says it is something else. */
export function checkKustomization(read: Kustomization, root: string): void {
  const { apiVersion: _, kind: __, metadata: ___, ...rest } = read
  if (!Object.entries(rest).some(([field, value]) => field === 'sortOptions' || isFilled(value)))
    throw new KustomizeError('kustomization.yaml is empty')
  const problems: string[] = []
  const kind = read.kind!
  if (!(kind in VERSIONS)) problems.push('kind should be Kustomization or Component')
  const wanted = VERSIONS[kind] ?? VERSIONS[KIND]!
  if (read.apiVersion !== wanted) problems.push(`apiVersion for ${kind} should be ${wanted}`)
  if (problems.length > 0)
    throw new KustomizeError(`Failed to read kustomization file under ${root}:\n${problems.join('\n')}`)
}
