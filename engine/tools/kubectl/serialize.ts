/** YAML and JSON as kubectl prints and reads them. */
import { Document, isScalar, parseAllDocuments, visit } from 'yaml'

const byKey = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(byKey)
  if (typeof value !== 'object' || value === null) return value
  const fields = value as Record<string, unknown>
  return Object.fromEntries(
    Object.keys(fields)
      .filter((key) => fields[key] !== undefined)
      .sort()
      .map((key) => [key, byKey(fields[key])]),
  )
}

export const makeJson = (value: unknown): string => `${JSON.stringify(byKey(value), null, 4)}\n`

export function makeYaml(value: unknown): string {
  const document = new Document(byKey(value), { version: '1.1' })
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'string' && node.value.includes('\n')) node.type = 'BLOCK_LITERAL'
    },
  })
  return document.toString({ indentSeq: false, lineWidth: 0 })
}

export const parseYamlDocuments = (text: string): unknown[] =>
  parseAllDocuments(text, { version: '1.1', uniqueKeys: false }).map((document) => {
    const problem = document.errors[0]
    if (problem) throw new Error(`yaml: line ${problem.linePos?.[0].line ?? 1}: ${problem.message.split('\n')[0]}`)
    return document.toJS() as unknown
  })
