/**
 * Models k8s.io/apimachinery/pkg/labels, pkg/fields and metav1.LabelSelectorAsSelector.
 * Text forms come as parse/make pairs; errors are upstream's texts.
 */
import type { LabelSelector } from './types.gen.ts'

/** A selector that upstream refuses; `message` is upstream's text. */
export class SelectorError extends Error {
  override name = 'SelectorError'
}

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  /** Sorted, without doubles. */
  readonly values: readonly string[]
}

/** All requirements must hold. `nothing` is the selector of an absent LabelSelector: it matches no object. */
export interface Selector {
  readonly requirements: readonly LabelRequirement[]
  readonly nothing?: true
}

export type Labels = Readonly<Record<string, string>>

export const EVERYTHING: Selector = { requirements: [] }
export const NOTHING: Selector = { requirements: [], nothing: true }

const NAME_PATTERN = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const SUBDOMAIN_PATTERN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const NAME_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

function namePartErrors(name: string): string[] {
  const errors: string[] = []
  if (name === '') errors.push('name part must be non-empty')
  else if (name.length > 63) errors.push('name part must be no more than 63 bytes')
  if (!NAME_PATTERN.test(name)) errors.push(`name part ${NAME_TEXT}`)
  return errors
}

function prefixErrors(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty']
  const errors: string[] = []
  if (prefix.length > 253) errors.push('prefix part must be no more than 253 bytes')
  if (!SUBDOMAIN_PATTERN.test(prefix)) errors.push(`prefix part ${SUBDOMAIN_TEXT}`)
  return errors
}

/** What is wrong with a label's key, as validation.IsQualifiedName says it; empty when nothing is. */
export function labelKeyErrors(key: string): string[] {
  const parts = key.split('/')
  if (parts.length === 1) return namePartErrors(key)
  if (parts.length === 2) return [...prefixErrors(parts[0]!), ...namePartErrors(parts[1]!)]
  return [`a qualified name ${NAME_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
}

/** What is wrong with a label's value, as validation.IsValidLabelValue says it; empty when nothing is. */
export function labelValueErrors(value: string): string[] {
  const errors: string[] = []
  if (value.length > 63) errors.push('must be no more than 63 bytes')
  if (value !== '' && !NAME_PATTERN.test(value)) errors.push(VALUE_TEXT)
  return errors
}

const invalid = (path: string, value: string, detail: string): SelectorError =>
  new SelectorError(`${path}: Invalid value: ${value}: ${detail}`)

function checkKey(key: string): void {
  const errors = labelKeyErrors(key)
  if (errors.length > 0) throw invalid('<nil>', JSON.stringify(key), errors.join('; '))
}

function checkValueCount(operator: LabelOperator, values: readonly string[]): void {
  const list = `[${values.map((value) => JSON.stringify(value)).join(',')}]`
  if ((operator === 'in' || operator === 'notin') && values.length === 0)
    throw invalid('values', list, "for 'in', 'notin' operators, values set can't be empty")
  if ((operator === 'exists' || operator === '!') && values.length > 0)
    throw invalid('values', list, 'values set must be empty for exists and does not exist')
  if ((operator === 'gt' || operator === 'lt') && !(values.length === 1 && /^[+-]?\d+$/.test(values[0]!)))
    throw invalid(
      'values[0]',
      JSON.stringify(values[0] ?? ''),
      "for 'Gt', 'Lt' operators, the value must be an integer",
    )
}

function newRequirement(key: string, operator: LabelOperator, values: Iterable<string>): LabelRequirement {
  checkKey(key)
  const sorted = [...new Set(values)].sort()
  checkValueCount(operator, sorted)
  sorted.forEach((value, index) => {
    const errors = labelValueErrors(value)
    if (errors.length > 0) throw invalid(`values[${index}][${key}]`, JSON.stringify(value), errors.join('; '))
  })
  return { key, operator, values: sorted }
}

type Token = 'identifier' | 'end' | 'error' | ')' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | '(' | 'in' | 'notin'

interface Item {
  token: Token
  text: string
}

const SYMBOLS = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '('])
const isSymbol = (char: string): boolean => '=!(),><'.includes(char)
const isSpace = (char: string): boolean => ' \t\r\n'.includes(char)

/** The longest run of symbols from `at` that is still a known one. */
function scanSymbol(text: string, at: number): Item {
  let end = at + 1
  while (end < text.length && isSymbol(text[end]!) && SYMBOLS.has(text.slice(at, end + 1))) end++
  const symbol = text.slice(at, end)
  return { token: symbol as Token, text: symbol }
}

function scanWord(text: string, at: number): Item {
  let end = at
  while (end < text.length && !isSymbol(text[end]!) && !isSpace(text[end]!)) end++
  const word = text.slice(at, end)
  return { token: word === 'in' || word === 'notin' ? word : 'identifier', text: word }
}

function scan(text: string): Item[] {
  const items: Item[] = []
  let at = 0
  while (at < text.length) {
    if (isSpace(text[at]!)) {
      at++
      continue
    }
    const item = isSymbol(text[at]!) ? scanSymbol(text, at) : scanWord(text, at)
    items.push(item)
    at += item.text.length
  }
  return items
}

const found = (text: string, expected: string): SelectorError =>
  new SelectorError(`found '${text}', expected: ${expected}`)

const OPERATORS: Partial<Record<Token, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
}

/** Reads tokens left to right. Words `in` and `notin` are plain identifiers where a value may stand. */
class Parser {
  private at = 0
  constructor(private readonly items: Item[]) {}

  private peek(): Item {
    const item = this.items[this.at] ?? { token: 'end', text: '' }
    return item.token === 'in' || item.token === 'notin' ? { token: 'identifier', text: item.text } : item
  }

  private take(): Item {
    const item = this.peek()
    this.at++
    return item
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    for (;;) {
      const { token, text } = this.peek()
      if (token === 'end') return requirements
      if (token !== 'identifier' && token !== '!') throw found(text, "!, identifier, or 'end of string'")
      requirements.push(this.wrapped())
      const next = this.take()
      if (next.token === 'end') return requirements
      if (next.token !== ',') throw found(next.text, "',' or 'end of string'")
      const after = this.peek()
      if (after.token !== 'identifier' && after.token !== '!') throw found(after.text, "identifier after ','")
    }
  }

  private wrapped(): LabelRequirement {
    try {
      return this.requirement()
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`)
      throw error
    }
  }

  private requirement(): LabelRequirement {
    const negated = this.peek().token === '!'
    if (negated) this.take()
    const key = this.take()
    if (key.token !== 'identifier') throw found(key.text, 'identifier')
    checkKey(key.text)
    const next = this.peek().token
    if (negated) return newRequirement(key.text, '!', [])
    if (next === 'end' || next === ',') return newRequirement(key.text, 'exists', [])
    const operator = this.operator()
    return newRequirement(key.text, operator, operator === 'in' || operator === 'notin' ? this.list() : this.exact())
  }

  private operator(): LabelOperator {
    const item = this.items[this.at++] ?? { token: 'end', text: '' }
    const operator = OPERATORS[item.token]
    if (operator === undefined) throw found(item.text, 'in, notin, =, ==, !=, gt, lt')
    return operator
  }

  private exact(): string[] {
    const next = this.peek()
    if (next.token === 'end' || next.token === ',') return ['']
    this.take()
    if (next.token !== 'identifier') throw found(next.text, 'identifier')
    return [next.text]
  }

  private list(): string[] {
    const open = this.take()
    if (open.token !== '(') throw new SelectorError(`found '${open.text}' expected: '('`)
    const first = this.peek()
    if (first.token === ')') {
      this.take()
      return ['']
    }
    if (first.token !== 'identifier' && first.token !== ',') throw found(first.text, "',', ')' or identifier")
    const values = this.identifiers()
    this.take()
    return values
  }

  private identifiers(): string[] {
    const values: string[] = []
    for (;;) {
      const item = this.take()
      const next = this.peek()
      if (item.token === 'identifier') {
        values.push(item.text)
        if (next.token === ')') return values
        if (next.token !== ',') throw found(next.text, "',' or ')'")
      } else if (item.token === ',') {
        if (values.length === 0) values.push('')
        if (next.token === ')') return [...values, '']
        if (next.token === ',') {
          this.take()
          values.push('')
        }
      } else throw found(item.text, "',', or identifier")
    }
  }
}

const byKey = (a: LabelRequirement, b: LabelRequirement): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/**
 * Reads `app=web,tier in (a,b),!old,canary`. Requirements come back sorted by key. The empty text selects
 * everything. Throws SelectorError with upstream's text.
 */
export function parseLabelSelector(text: string): Selector {
  return { requirements: new Parser(scan(text)).parse().sort(byKey) }
}

const OPERATOR_TEXT: Partial<Record<LabelOperator, string>> = { gt: '>', lt: '<' }

function makeRequirement({ key, operator, values }: LabelRequirement): string {
  if (operator === '!') return `!${key}`
  if (operator === 'exists') return key
  if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',')})`
  return `${key}${OPERATOR_TEXT[operator] ?? operator}${values[0] ?? ''}`
}

/** The text of a selector as upstream's String() prints it; empty for everything and for nothing. */
export function makeLabelSelector(selector: Selector): string {
  return selector.requirements.map(makeRequirement).join(',')
}

const OBJECT_OPERATORS: Record<string, LabelOperator> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

const fromObjects = new WeakMap<LabelSelector, Selector>()

function readObject(object: LabelSelector): Selector {
  const requirements = Object.entries(object.matchLabels ?? {}).map(([key, value]) => newRequirement(key, '=', [value]))
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = OBJECT_OPERATORS[operator]
    if (known === undefined) throw new SelectorError(`"${operator}" is not a valid label selector operator`)
    requirements.push(newRequirement(key, known, values ?? []))
  }
  return { requirements: requirements.sort(byKey) }
}

/** metav1.LabelSelectorAsSelector: absent selects nothing, `{}` everything. Remembered by object identity. */
export function selectorFromObject(object: LabelSelector | undefined | null): Selector {
  if (object === undefined || object === null) return NOTHING
  const known = fromObjects.get(object)
  if (known !== undefined) return known
  const selector = readObject(object)
  fromObjects.set(object, selector)
  return selector
}

/** labels.SelectorFromSet: each label must have exactly that value; an empty or absent map selects everything. */
export function selectorFromLabels(labels: Labels | undefined): Selector {
  const requirements = Object.entries(labels ?? {}).map(([key, value]): LabelRequirement => ({
    key,
    operator: '=',
    values: [value],
  }))
  return { requirements: requirements.sort(byKey) }
}

function compares(operator: 'gt' | 'lt', value: string | undefined, bound: string): boolean {
  if (value === undefined || !/^[+-]?\d+$/.test(value)) return false
  return operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound)
}

function satisfies({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const own = labels[key]
  const value = own === undefined || Object.hasOwn(labels, key) ? own : undefined
  switch (operator) {
    case '=':
    case '==':
      return value === values[0]
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt':
      return compares(operator, value, values[0]!)
  }
}

const NO_LABELS: Labels = {}

/** Whether labels (absent: none) satisfy every requirement. */
export function matchesLabels(selector: Selector, labels: Labels | undefined | null): boolean {
  if (selector.nothing === true) return false
  for (const requirement of selector.requirements) if (!satisfies(requirement, labels ?? NO_LABELS)) return false
  return true
}

/** Whether a selector selects every object. */
export function selectsEverything(selector: Selector): boolean {
  return selector.nothing !== true && selector.requirements.length === 0
}

export interface FieldRequirement {
  readonly field: string
  readonly op: '=' | '!='
  readonly value: string
}

export type FieldSelector = readonly FieldRequirement[]

/** Cuts at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms = text.match(/(?:\\[^]|[^\\,]|\\$)+/g)
  return terms ?? []
}

function unescapeValue(text: string): string {
  let value = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\') {
      const next = text[++at] ?? ''
      if (next === '' || !'\\,='.includes(next))
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next}`)
      value += next
    } else if (char === '=' || char === ',')
      throw new SelectorError(`invalid field selector: unescaped character in value: ${char}`)
    else value += char
  }
  return value
}

/** Finds the first operator that no backslash escapes. */
function parseTerm(term: string, whole: string): FieldRequirement {
  for (let at = 0; at < term.length; at++) {
    if (term[at] === '\\') {
      at++
      continue
    }
    const operator = ['!=', '==', '='].find((candidate) => term.startsWith(candidate, at))
    if (operator === undefined) continue
    const value = unescapeValue(term.slice(at + operator.length))
    return { field: term.slice(0, at), op: operator === '!=' ? '!=' : '=', value }
  }
  throw new SelectorError(`invalid selector: '${whole}'; can't understand '${term}'`)
}

/** Reads `spec.nodeName=n1,status.phase!=Running`. `==` comes back as `=`. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldSelector {
  return splitTerms(text).map((term) => parseTerm(term, text))
}

/** The text of a field selector, with `\`, `,` and `=` escaped in values. */
export function makeFieldSelector(selector: FieldSelector): string {
  return selector.map(({ field, op, value }) => `${field}${op}${value.replace(/[\\,=]/g, '\\$&')}`).join(',')
}

/** Whether an object, seen through a field → value function, satisfies every requirement. */
export function matchesFields(selector: FieldSelector, valueOf: (field: string) => string): boolean {
  return selector.every(({ field, op, value }) => (valueOf(field) === value) === (op === '='))
}
