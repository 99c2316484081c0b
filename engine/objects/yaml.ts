/**
 * YAML as kubectl reads and prints it (sigs.k8s.io/yaml over go-yaml v2). The yaml package parses; scalars are
 * resolved by go-yaml's rules, and errors are told in go-yaml's words.
 * Not modelled: `!!binary` decoding, keys of more than 128 characters.
 */
import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document, Node, Scalar, YAMLMap, YAMLError } from 'yaml'
import { makeJsonNumber } from './json-text.ts'
import { makeFlowString, mayBeLiteral, resolveScalar } from './yaml-scalar.ts'

export { makeCompactJson, makeJson } from './json-text.ts'

const isLetter = (char: string): boolean => /\p{L}/u.test(char)
const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9'

/** The run of digits at a place, as a number and where it ends. */
function digitsAt(chars: string[], at: number, seed: number): [number, number] {
  let value = seed
  let end = at
  while (isDigit(chars[end])) value = value * 10 + Number(chars[end++])
  return [value, end]
}

function zeroSeed(a: string[], b: string[], at: number): number {
  if (a[at] !== '0' && b[at] !== '0') return 0
  for (let j = at - 1; j >= 0 && isDigit(a[j]); j--) if (a[j] !== '0') return 1
  return 0
}

function compareAt(a: string[], b: string[], at: number, afterDigit: boolean): number {
  const left = isLetter(a[at]!)
  const right = isLetter(b[at]!)
  if (left && right) return a[at]! < b[at]! ? -1 : 1
  if (left || right) return (afterDigit ? left : right) ? -1 : 1
  const seed = zeroSeed(a, b, at)
  const [an, ai] = digitsAt(a, at, seed)
  const [bn, bi] = digitsAt(b, at, seed)
  return an - bn || ai - bi || (a[at]! < b[at]! ? -1 : 1)
}

/** go-yaml's order of keys: numbers inside a key by value, letters after other characters. */
function compareKeys(x: string, y: string): number {
  const a = [...x]
  const b = [...y]
  let afterDigit = false
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return compareAt(a, b, i, afterDigit)
    afterDigit = isDigit(a[i])
  }
  return a.length - b.length
}

const sortedKeys = (fields: Record<string, unknown>): string[] =>
  Object.keys(fields)
    .filter((key) => fields[key] !== undefined)
    .sort(/* by bytes would put label-10 before label-2 */ compareKeys)

function makeNumber(value: number): string {
  const text = makeJsonNumber(value)
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? text : text.replace(/e\+?(\d)$/, 'e+0$1')
}

/** The header tells what a reader could not: leading blanks, and how many newlines end the text. */
function makeLiteral(text: string, indent: string): string {
  const hint = /^[ \n]/.test(text) ? '2' : ''
  const end = text.endsWith('\n\n') || text === '\n' ? '+' : text.endsWith('\n') ? '' : '-'
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const lines = body.split('\n').map((line) => (line === '' ? '' : indent + line))
  return `|${hint}${end}\n${lines.join('\n')}`
}

/** go-yaml's best_width: the first single blank behind this column becomes a line break. */
const WIDTH = 80

/** Folds a scalar that starts at a column; what follows stands at the indent. */
function fold(text: string, column: number, indent: string): string {
  if (column + text.length <= WIDTH) return text
  const chars = [...text]
  const quote = /^['"]/.exec(text)?.[0]
  const last = quote === undefined ? chars.length : chars.length - 2
  let out = ''
  let at = column
  let afterBlank = false
  chars.forEach((char, i) => {
    const mayBreak = char === ' ' && !afterBlank && at > WIDTH && i < last && (quote === undefined || i > 1)
    const breaks = mayBreak && (quote === '"' || chars[i + 1] !== ' ')
    const added = !breaks ? char : `\n${indent}${chars[i + 1] === ' ' ? '\\' : ''}`
    out += added
    at = breaks ? added.length - 1 : at + 1
    afterBlank = char === ' '
  })
  return out
}

function makeString(text: string, indent: string, column: number): string {
  return mayBeLiteral(text) ? makeLiteral(text, indent) : fold(makeFlowString(text), column, indent)
}

function makeScalarText(value: unknown, indent: string, column: number): string {
  if (typeof value === 'string') return makeString(value, indent, column)
  if (typeof value === 'number') return makeNumber(value)
  return typeof value === 'boolean' ? String(value) : 'null'
}

const isFilled = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && (Array.isArray(value) ? value : sortedKeys(value as never)).length > 0

function makeInline(value: unknown, indent: string, column: number): string {
  if (typeof value !== 'object' || value === null) return makeScalarText(value, indent, column)
  return Array.isArray(value) ? '[]' : '{}'
}

/** The lines of a filled map or list; the first has no indent, for it may follow `- `. */
function makeBlock(value: object, indent: string): string {
  if (Array.isArray(value))
    return value
      .map(
        (item) =>
          `- ${isFilled(item) ? makeBlock(item, `${indent}  `) : makeInline(item, `${indent}  `, indent.length + 2)}`,
      )
      .join(`\n${indent}`)
  const fields = value as Record<string, unknown>
  return sortedKeys(fields)
    .map((key) => {
      const text = makeFlowString(key)
      return `${text}:${makeField(fields[key], indent, indent.length + text.length + 2)}`
    })
    .join(`\n${indent}`)
}

/** A list stands under its key without further indent. */
function makeField(value: unknown, indent: string, column: number): string {
  if (!isFilled(value)) return ` ${makeInline(value, `${indent}  `, column)}`
  const deeper = Array.isArray(value) ? indent : `${indent}  `
  return `\n${deeper}${makeBlock(value, deeper)}`
}

/** The text that `kubectl -o yaml` prints, with its final newline. */
export function makeYaml(value: unknown): string {
  return `${isFilled(value) ? makeBlock(value, '') : makeInline(value, '  ', 0)}\n`
}

/** YAML that cannot be read; `message` as Go prints it: `error converting YAML to JSON: yaml: line 4: …`. */
export class YamlError extends Error {
  override name = 'YamlError'
  /** The documents of the stream that stood before the broken one. */
  before: unknown[] = []
}

/** What go-yaml says, and the line it names; 0: it names none. */
interface GoProblem {
  text: string
  line: number
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

const indentOf = (line: string): number => /^ */.exec(line)![0].length

const NOT_ALLOWED = 'mapping values are not allowed in this context'
const NO_KEY = 'did not find expected key'

/** The first line from `from` on that is a filled one. */
const filledFrom = (lines: string[], from: number): number =>
  lines.findIndex((line, index) => index >= from && line.trim() !== '')

/** Whether another key of the same block stands above the line. */
function hasSibling(lines: string[], at: number): boolean {
  const indent = indentOf(lines[at]!)
  const above = lines.slice(0, at).filter((line) => line.trim() !== '')
  return above.findLast((line) => indentOf(line) <= indent)?.search(/\S/) === indent
}

/** A key that never met its colon, or a colon where no key may be: which of the two depends on the indents. */
function keyProblem(offset: number, text: string): GoProblem {
  const lines = text.split('\n')
  const at = lineOf(text, offset) - 1
  const next = filledFrom(lines, at + 1)
  if (at > 0 && /^ *- /.test(lines[at]!)) return { text: NO_KEY, line: at }
  const rest = text.slice(offset).split('\n')[0]!
  if (/:(\s|$)/.test(rest)) return onLine(NOT_ALLOWED, at + 1)
  const isFirst = text.slice(0, offset).trim() === ''
  const continues = next >= 0 && (isFirst || indentOf(lines[next]!) > indentOf(lines[at]!))
  if (!continues) return onLine("could not find expected ':'", (next < 0 ? lines.length - 1 : next) + 1)
  const colon = lines.findIndex((line, index) => index >= next && /:(\s|$)/.test(line))
  const line = (colon < 0 ? next : colon) + 1
  return onLine(hasSibling(lines, at) ? "could not find expected ':'" : NOT_ALLOWED, line)
}

/** What the scanner says of the first line names no line. */
const onLine = (text: string, line: number): GoProblem => ({ text, line: line === 1 ? 0 : line })

/** Parsers name the line before the one they stumble over. */
function columnProblem(offset: number, text: string): GoProblem {
  const line = lineOf(text, offset) - 1
  const lines = text.split('\n')
  const sibling = lines.slice(0, line).findLast((one) => one.trim() !== '' && indentOf(one) === indentOf(lines[line]!))
  const inList = sibling !== undefined && /^ *- /.test(sibling)
  return { text: inList ? "did not find expected '-' indicator" : NO_KEY, line }
}

function flowProblem(offset: number, text: string): GoProblem {
  const endsInLine = offset >= text.length && !text.endsWith('\n')
  const line = lineOf(text, offset) - (endsInLine ? 0 : 1)
  const before = text.slice(0, offset).trimEnd()
  if (/[[{,]$/.test(before)) return { text: 'did not find expected node content', line }
  const open = before.lastIndexOf('{') > before.lastIndexOf('[') ? '}' : ']'
  return { text: `did not find expected ',' or '${open}'`, line }
}

/** Whether the last filled line above ends with a plain scalar, which the scanner takes to go on. */
function followsPlain(text: string, offset: number): boolean {
  const above = text.slice(0, offset).split('\n').slice(0, -1)
  const last = above.findLast((line) => line.trim() !== '') ?? ''
  const value = last.replace(/^\s*(?:- +)*/, '').replace(/^[^'"#]*?:\s+/, '')
  return /^(?:-\S|[^\s#'"[\]{}|>&*!%@`-])[^#]*$/.test(value) && !/:\s*$/.test(value)
}

function goProblem({ code, message, pos: [offset] }: YAMLError, text: string): GoProblem {
  const char = text[offset] ?? ''
  if (char === '\t' && followsPlain(text, offset))
    return onLine('found a tab character that violates indentation', lineOf(text, offset))
  if (code === 'TAB_AS_INDENT' || '\t@`%'.includes(char || ' '))
    return onLine('found character that cannot start any token', lineOf(text, offset))
  if (/quote/.test(message))
    return onLine('found unexpected end of stream', lineOf(`${text.trimEnd()}\n`, text.length + 1))
  if (code === 'BAD_DQ_ESCAPE') return onLine('found unknown escape character', lineOf(text, offset))
  if (code === 'UNEXPECTED_TOKEN' && /^-\s/.test(text.slice(offset)))
    return onLine('block sequence entries are not allowed in this context', lineOf(text, offset))
  if (code === 'UNEXPECTED_TOKEN' && '}]'.includes(char))
    return { text: 'did not find expected node content', line: lineOf(text, offset) - 1 }
  if (message.startsWith('Block scalar header'))
    return onLine('did not find expected comment or line break', lineOf(text, offset))
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY' || /map values|[Ii]mplicit/.test(message))
    return keyProblem(offset, text)
  return /[Ff]low |must end with a/.test(message) ? flowProblem(offset, text) : columnProblem(offset, text)
}

function goMessage(error: YAMLError, text: string): string {
  const { text: problem, line } = goProblem(error, text)
  return `yaml: ${line > 0 ? `line ${line}: ` : ''}${problem}`
}

function scalarValue(node: Scalar): unknown {
  const text = typeof node.value === 'string' ? node.value : String(node.source ?? node.value ?? '')
  if (node.tag === 'tag:yaml.org,2002:str' || node.tag === '!') return text
  return node.type === 'PLAIN' || node.type === undefined ? resolveScalar(text) : text
}

/** A mapping as Go prints it: what braces that a template left behind come to. */
function goMap(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(goMap).join(', ')}}`
  if (typeof value !== 'object') return JSON.stringify(value)
  const fields = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${goMap(one)}`)
  return `map[interface {}]interface {}{${fields.join(', ')}}`
}

function keyText(node: unknown, document: Document): string {
  const value = toJson(node as Node | null, document)
  if (typeof value === 'object' && value !== null)
    throw new YamlError(`error converting YAML to JSON: yaml: invalid map key: ${goMap(value)}`)
  return typeof value === 'number' ? makeJsonNumber(value) : String(value)
}

function mergedFields(node: Node | null, document: Document): Record<string, unknown> {
  const value = toJson(node, document)
  if (!Array.isArray(value)) return (value ?? {}) as Record<string, unknown>
  return Object.assign({}, ...[...(value as object[])].reverse()) as Record<string, unknown>
}

function mapValue(node: YAMLMap, document: Document): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  const own: Record<string, unknown> = {}
  for (const { key, value } of node.items) {
    if (isScalar(key) && key.type === 'PLAIN' && key.value === '<<')
      Object.assign(result, mergedFields(value as Node | null, document))
    else define(own, keyText(key, document), toJson(value as Node | null, document))
  }
  for (const key of Object.keys(own)) define(result, key, own[key])
  return result
}

/** Plain assignment would lose a key named `__proto__`. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

function toJson(node: Node | null | undefined, document: Document): unknown {
  if (node === null || node === undefined) return null
  if (isAlias(node)) {
    const target = node.resolve(document)
    if (target === undefined)
      throw new YamlError(`error converting YAML to JSON: yaml: unknown anchor '${node.source}' referenced`)
    return toJson(target, document)
  }
  if (isMap(node)) return mapValue(node, document)
  if (isSeq(node)) return node.items.map((item) => toJson(item as Node, document))
  return isScalar(node) ? scalarValue(node) : null
}

/** Cuts a stream at its `---` lines, as kubectl does before it parses. */
function splitDocuments(text: string): string[] {
  const documents: string[] = []
  let lines: string[] = []
  for (const line of text.split('\n')) {
    if (/^---\s*$/.test(line)) {
      documents.push(lines.join('\n'))
      lines = []
    } else lines.push(line)
  }
  return [...documents, lines.join('\n')]
}

/** Texts that were read lately: the same configurations are read by many hosts and commands. */
const known = new Map<string, unknown>()
const REMEMBERED = 100
const LONGEST = 50_000

/** Reads one document. Throws YamlError. */
export function parseYaml(text: string): unknown {
  if (text.length > LONGEST) return parseText(text)
  let value = known.get(text)
  if (value === undefined) {
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, (value = parseText(text)))
  }
  return copy(value)
}

/** A JSON value of the caller's own. */
function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copy)
  const fields: Record<string, unknown> = {}
  for (const key of Object.keys(value)) define(fields, key, copy((value as Record<string, unknown>)[key]))
  return fields
}

function parseText(text: string): unknown {
  const document = parseDocument(text, {
    schema: 'failsafe',
    version: '1.1',
    uniqueKeys: false,
    strict: true,
    logLevel: 'silent',
    prettyErrors: false,
  })
  const [error] = document.errors
  if (error !== undefined) throw new YamlError(`error converting YAML to JSON: ${goMessage(error, text)}`)
  return toJson(document.contents as Node | null, document as Document)
}

/** The documents of a stream as JSON values; empty ones are left out. Throws YamlError at the first that is broken. */
export function parseYamlDocuments(text: string): unknown[] {
  const values: unknown[] = []
  for (const part of splitDocuments(text.replace(/\r\n/g, '\n'))) {
    const value = parsePart(part, values)
    if (value !== null) values.push(value)
  }
  return values
}

function parsePart(text: string, before: unknown[]): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    if (error instanceof YamlError) error.before = before
    throw error
  }
}
