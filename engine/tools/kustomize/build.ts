/** From a directory to its objects. Models api/krusty. */
import type { Proc, Run } from '../../host/process.ts'
import { makeYaml } from '../../objects/yaml.ts'
import { Loader } from './loader.ts'
import { fixNameReferences } from './name-references.ts'
import { isLocal } from './read.ts'
import type { Origin, Resource } from './resource.ts'
import { sortResources } from './sort-order.ts'
import { Target } from './target.ts'
import { addHashes } from './transformers/names.ts'
import { fieldsAt, isFields } from './tree.ts'
import type { Fields, Tree } from './tree.ts'
import { resolveVars } from './vars.ts'

export interface BuildOptions {
  /** `--load-restrictor LoadRestrictionsNone`. */
  unrestricted?: boolean
  /** What `app.kubernetes.io/managed-by` says after `kustomize-`; kubectl's own build does not know its version. */
  version?: string
  managedByLabel?: boolean
  /** How a warning of the build's log begins. */
  logHeader?: (p: Proc) => Run<string>
}

const MANAGED_BY = 'app.kubernetes.io/managed-by'
const ORIGIN = 'config.kubernetes.io/origin'
const TRANSFORMATIONS = 'alpha.config.kubernetes.io/transformations'

/** The objects of a kustomization, in the order of the output. Throws KustomizeError. */
export function* build(p: Proc, path: string, options: BuildOptions = {}): Run<Fields[]> {
  const loader = yield* Loader.at(p, path, { unrestricted: options.unrestricted ?? false })
  const target = yield* Target.load(p, loader)
  const { buildMetadata = [], sortOptions } = target.kustomization
  const { map, config, vars } = yield* target.gather(undefined, buildMetadata.length > 0 ? '' : undefined)
  addHashes(map)
  fixNameReferences(map, config.nameReference)
  const unused = resolveVars(map, vars, config.varReference)
  if (unused.length > 0) {
    const header = yield* (options.logHeader ?? logHeader)(p)
    yield* p.err(`${header} well-defined vars that were never replaced: ${unused.join(',')}\n`)
  }
  const sorted = sortResources(
    map.resources.filter((one) => !isLocal(one)),
    sortOptions,
  )
  const notes = new Set([...buildMetadata, ...(options.managedByLabel ? ['managedByLabel'] : [])])
  return sorted.map((resource) => finished(resource, notes, options.version ?? '(devel)'))
}

/** The documents as they are printed. */
export const makeDocuments = (objects: readonly Fields[]): string =>
  objects.map((object) => makeYaml(object)).join('---\n')

/** Date and time, as Go's log has them. */
function* logHeader(p: Proc): Run<string> {
  const stamp = new Date(yield* p.now()).toISOString()
  return `${stamp.slice(0, 10).replaceAll('-', '/')} ${stamp.slice(11, 19)}`
}

function finished(resource: Resource, notes: Set<string>, version: string): Fields {
  for (const key of [ORIGIN, TRANSFORMATIONS]) resource.dropAnnotation(key)
  resource.settleAnnotations()
  const note = (field: 'labels' | 'annotations', key: string, value: string): void => {
    fieldsAt(fieldsAt(resource.body, 'metadata'), field)[key] = value
  }
  if (notes.has('managedByLabel')) note('labels', MANAGED_BY, `kustomize-${version}`)
  if (notes.has('originAnnotations') && resource.origin) note('annotations', ORIGIN, originText(resource.origin))
  if (notes.has('transformerAnnotations') && resource.transformations.length > 0)
    note('annotations', TRANSFORMATIONS, resource.transformations.map((one) => listItem(originText(one))).join(''))
  return withNulls(resource.body) as Fields
}

function originText({ path, configuredIn, configuredBy }: Origin): string {
  const by = configuredBy
    ? `configuredBy:\n  apiVersion: ${configuredBy.apiVersion}\n  kind: ${configuredBy.kind}\n`
    : ''
  return (path ? `path: ${path}\n` : '') + (configuredIn ? `configuredIn: ${configuredIn}\n` : '') + by
}

const listItem = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line, i) => `${i === 0 ? '- ' : '  '}${line}\n`)
    .join('')

/** Fields without a value are printed as null. */
function withNulls(value: Tree | undefined): Tree {
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map(withNulls)
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNulls(item)]))
}
