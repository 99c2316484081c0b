/**
 * Manifests as kustomize reads them (kyaml over go-yaml v3): `yes` and `on` are texts, anchors are resolved,
 * comments are lost. Not modelled: `!!binary`, explicit tags other than `!!str`.
 */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import type { Document, Node, Scalar } from 'yaml'
import { parseYaml, YamlError } from '../../objects/yaml.ts'
import { resolveScalar } from '../../objects/yaml-scalar.ts'
import { KustomizeError } from './errors.ts'
import type { Fields, Tree } from './tree.ts'

/** Words that are booleans only for YAML 1.1. */
const OLD_BOOLEAN = /^([yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)$/

function scalarOf(node: Scalar): Tree {
  const text = typeof node.value === 'string' ? node.value : String(node.source ?? node.value ?? '')
  if (node.tag === 'tag:yaml.org,2002:str' || node.tag === '!') return text
  const plain = node.type === 'PLAIN' || node.type === undefined
  if (!plain || OLD_BOOLEAN.test(text)) return text
  return DATE.test(text) ? `${text}T00:00:00Z` : resolveScalar(text)
}

function merged(node: Node | null, document: Document): Fields {
  const value = treeOf(node, document)
  if (!Array.isArray(value)) return (value ?? {}) as Fields
  return Object.assign({}, ...(value as Fields[]).toReversed()) as Fields
}

function fieldsOf(items: { key: unknown; value: unknown }[], document: Document): Fields {
  const inherited: Fields = {}
  const own: Fields = {}
  for (const { key, value } of items) {
    if (isScalar(key) && key.type === 'PLAIN' && key.value === '<<')
      Object.assign(inherited, merged(value as Node | null, document))
    else define(own, isScalar(key) ? String(key.value ?? key.source) : '', value as Node | null, document)
  }
  return { ...inherited, ...own }
}

/** A field with nothing behind its colon is there, but has no value: a patch drops it, where it keeps `null`. */
function define(fields: Fields, key: string, node: Node | null, document: Document): void {
  const nothing = node === null || (isScalar(node) && node.type === 'PLAIN' && node.source === '')
  fields[key] = nothing ? (undefined as unknown as Tree) : treeOf(node, document)
}

const DATE = /^\d{4}-\d\d?-\d\d?$/

function treeOf(node: Node | null | undefined, document: Document): Tree {
  if (node === null || node === undefined) return null
  if (isAlias(node)) return treeOf(node.resolve(document), document)
  if (isMap(node)) return fieldsOf(node.items, document)
  if (isSeq(node)) return node.items.map((item) => treeOf(item as Node, document))
  return isScalar(node) ? scalarOf(node) : null
}

const OPTIONS = {
  schema: 'failsafe',
  version: '1.1',
  uniqueKeys: false,
  logLevel: 'silent',
  prettyErrors: false,
} as const

/** Go's word for what is broken: the parser that kubectl uses knows it. */
function problemOf(text: string): string {
  try {
    for (const part of text.split(/^---.*$/m)) parseYaml(part)
  } catch (error) {
    if (error instanceof YamlError) return error.message.replace('error converting YAML to JSON: ', '')
    throw error
  }
  return 'yaml: did not find expected node content'
}

/** All documents of a text. Throws KustomizeError (malformed). */
export function readDocuments(text: string): Tree[] {
  const documents = parseAllDocuments(text.replace(/\r\n/g, '\n'), OPTIONS)
  if (!Array.isArray(documents)) return []
  if (documents.some((document) => document.errors.length > 0))
    throw new KustomizeError(`MalformedYAMLError: ${problemOf(text)}`, true)
  return documents.map((document) => treeOf(document.contents as Node | null, document as Document))
}
