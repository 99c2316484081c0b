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

function makeString(text: string, indent: string): string {
  return mayBeLiteral(text) ? makeLiteral(text, indent) : makeFlowString(text)
}

function makeScalarText(value: unknown, indent: string): string {
  if (typeof value === 'string') return makeString(value, indent)
  if (typeof value === 'number') return makeNumber(value)
  return typeof value === 'boolean' ? String(value) : 'null'
}

const isFilled = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && (Array.isArray(value) ? value : sortedKeys(value as never)).length > 0

function makeInline(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return makeScalarText(value, indent)
  return Array.isArray(value) ? '[]' : '{}'
}

/** The lines of a filled map or list; the first has no indent, for it may follow `- `. */
function makeBlock(value: object, indent: string): string {
  if (Array.isArray(value))
    return value
      .map((item) => `- ${isFilled(item) ? makeBlock(item, `${indent}  `) : makeInline(item, `${indent}  `)}`)
      .join(`\n${indent}`)
  const fields = value as Record<string, unknown>
  return sortedKeys(fields)
    .map((key) => makeFlowString(key) + ':' + makeField(fields[key], indent))
    .join(`\n${indent}`)
}

/** A list stands under its key without further indent. */
function makeField(value: unknown, indent: string): string {
  if (!isFilled(value)) return ` ${makeInline(value, `${indent}  `)}`
  const deeper = Array.isArray(value) ? indent : `${indent}  `
  return `\n${deeper}${makeBlock(value, deeper)}`
}

/** The text that `kubectl -o yaml` prints, with its final newline. */
export function makeYaml(value: unknown): string {
  return `${isFilled(value) ? makeBlock(value, '') : makeInline(value, '  ')}\n`
}

/** YAML that cannot be read; `message` as Go prints it: `error converting YAML to JSON: yaml: line 4: …`. */
export class YamlError extends Error {
  override name = 'YamlError'
}

/** Where go-yaml counts from: scanners name the line itself, parsers the one before. */
interface GoProblem {
  text: string
  by: 'scanner' | 'parser'
}

const scanner = (text: string): GoProblem => ({ text, by: 'scanner' })
const parser = (text: string): GoProblem => ({ text, by: 'parser' })

function goProblem(error: YAMLError, text: string): GoProblem {
  const char = text[error.pos[0]] ?? ''
  const atEnd = text.slice(error.pos[0]).trim() === ''
  if (error.code === 'TAB_AS_INDENT' || char === '\t' || char === '@' || char === '`' || char === '%')
    return scanner('found character that cannot start any token')
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY') return scanner('mapping values are not allowed in this context')
  if (/closing ["']|quote/.test(error.message)) return scanner('found unexpected end of stream')
  if (error.code === 'MULTILINE_IMPLICIT_KEY' || /map values|implicit key/i.test(error.message))
    return scanner("could not find expected ':'")
  if (error.code === 'BAD_DQ_ESCAPE') return scanner('found unknown escape character')
  if (/[Ff]low (sequence|map)|must end with a|Expected.*(\]|\})/.test(error.message)) return flowProblem(error, atEnd)
  if (/sequence/.test(error.message)) return parser("did not find expected '-' indicator")
  return parser('did not find expected key')
}

function flowProblem(error: YAMLError, atEnd: boolean): GoProblem {
  if (atEnd) return parser('did not find expected node content')
  return parser(/map|\}/.test(error.message) ? "did not find expected ',' or '}'" : "did not find expected ',' or ']'")
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length - 1

function goMessage(error: YAMLError, text: string): string {
  const problem = goProblem(error, text)
  const line = lineOf(text, error.pos[0]) + (problem.by === 'scanner' ? 1 : 0)
  return `yaml: ${line > 0 ? `line ${line}: ` : ''}${problem.text}`
}

function scalarValue(node: Scalar): unknown {
  const text = typeof node.value === 'string' ? node.value : String(node.source ?? node.value ?? '')
  if (node.tag === 'tag:yaml.org,2002:str' || node.tag === '!') return text
  return node.type === 'PLAIN' || node.type === undefined ? resolveScalar(text) : text
}

function keyText(node: unknown, document: Document): string {
  const value = toJson(node as Node | null, document)
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
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

function toJson(node: Node | null | undefined, document: Document): unknown {
  if (node === null || node === undefined) return null
  if (isAlias(node)) return toJson(node.resolve(document), document)
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

/** Reads one document. Throws YamlError. */
export function parseYaml(text: string): unknown {
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
  return splitDocuments(text.replace(/\r\n/g, '\n'))
    .map(parseYaml)
    .filter((value) => value !== null)
}
