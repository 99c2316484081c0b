/** From a text to resources. Models api/resource/factory.go. */
import { KustomizeError } from './errors.ts'
import { Resource } from './resource.ts'
import { isFields, scalarText } from './tree.ts'
import type { Fields, Tree } from './tree.ts'
import { readDocuments } from './yaml.ts'

const IGNORED = 'config.kubernetes.io/local-config'

/** The resources of a text, lists taken apart. */
export function readResources(text: string): Resource[] {
  const found: Resource[] = []
  const queue = readDocuments(text).filter((tree) => isKept(tree)) as Fields[]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const kind = scalarText(next.kind)
    if (!kind.endsWith('List')) found.push(new Resource(next))
    else queue.push(...(itemsOf(next, kind).filter((item) => isKept(item)) as Fields[]))
  }
  return found
}

function itemsOf(list: Fields, kind: string): Tree[] {
  const { items } = list
  if (items === undefined || items === null) return []
  if (Array.isArray(items)) return items
  throw new KustomizeError(
    `expected array in ${kind}/items, but found ${isFields(items) ? 'map[string]interface {}' : typeof items}`,
  )
}

/** Whether a document is an object; throws for one that has no name. */
function isKept(tree: Tree): boolean {
  if (tree === null || (isFields(tree) && Object.keys(tree).length === 0)) return false
  if (!isFields(tree)) throw new KustomizeError('missing Resource metadata')
  const kind = scalarText(tree.kind)
  if (!('metadata' in tree) && kind === '') throw new KustomizeError('missing Resource metadata')
  if (kind === '') throw new KustomizeError(`missing kind in object ${metaText(tree)}`)
  const metadata = isFields(tree.metadata) ? tree.metadata : {}
  if (!kind.endsWith('List') && scalarText(metadata.name) === '')
    throw new KustomizeError(`missing metadata.name in object ${metaText(tree)}`)
  return true
}

/** Go's `%v` of an object's metadata. */
function metaText(tree: Fields): string {
  const metadata = isFields(tree.metadata) ? tree.metadata : {}
  const map = (field: Tree | undefined): string =>
    `map[${
      isFields(field)
        ? Object.keys(field)
            .toSorted()
            .map((key) => `${key}:${scalarText(field[key])}`)
            .join(' ')
        : ''
    }]`
  return `{{${scalarText(tree.apiVersion)} ${scalarText(tree.kind)}} {{${scalarText(metadata.name)} ${scalarText(metadata.namespace)}} ${map(metadata.labels)} ${map(metadata.annotations)}}}`
}

/** Meant for the build alone, not for its output. */
export const isLocal = (resource: Resource): boolean => {
  const value = resource.annotations[IGNORED]
  return value !== undefined && value !== 'false'
}
