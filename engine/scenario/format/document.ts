/** A YAML text read so that each value knows its line and column. */
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Document, Node } from 'yaml'
import type { DocumentPath, Finding, Problem } from './problem.ts'

/** A scenario is a page or two; what is longer is a mistake or an attack. */
const MAX_BYTES = 262_144

export interface ReadDocument {
  value: unknown
  place(finding: Finding): Problem
}

export function readDocument(text: string): ReadDocument | { problems: Problem[] } {
  if (text.length > MAX_BYTES)
    return { problems: [problemAt(1, 1, `longer than ${MAX_BYTES} characters`, 'a scenario is a page or two')] }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: 'silent',
  })
  if (document.errors.length > 0)
    return { problems: document.errors.map((error) => syntaxProblem(error.message, error.pos[0], text, lines)) }
  try {
    return {
      value: document.toJS({ maxAliasCount: 50 }) as unknown,
      place: (finding) => place(document, finding, text, lines),
    }
  } catch (error) {
    return { problems: [problemAt(1, 1, error instanceof Error ? error.message : String(error), '')] }
  }
}

const UNQUOTED = 'a value that begins with {{ must be quoted: "{{name}}"'

function syntaxProblem(message: string, at: number, text: string, lines: LineCounter): Problem {
  const { line, col } = lines.linePos(at)
  const here = text.split('\n')[line - 1] ?? ''
  return problemAt(line, col, `not YAML: ${message.split('\n')[0] ?? ''}`, /[:{,[]\s*\{\{/.test(here) ? UNQUOTED : '')
}

function place(document: Document, finding: Finding, text: string, lines: LineCounter): Problem {
  const at = offsetOf(document, finding.path, finding.key)
  const { line, col } = lines.linePos(at)
  const remedy = text.startsWith('{{', at) ? UNQUOTED : finding.remedy
  return problemAt(line, col, finding.message, remedy)
}

/** Where the value (or its key) stands; of what is not there, where its nearest holder does. */
function offsetOf(document: Document, path: DocumentPath, key: string | undefined): number {
  const node = path.length === 0 ? document.contents : (document.getIn(path, true) as Node | undefined)
  if (node === undefined || node === null)
    return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1), undefined)
  const pair =
    key !== undefined && isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined
  const found = pair === undefined ? node : (pair.key as Node)
  return found.range?.[0] ?? 0
}

export function problemAt(line: number, column: number, message: string, remedy: string): Problem {
  return { line, column, message, remedy }
}
