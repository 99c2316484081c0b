/** kubectl's dialect of JSONPath, carried out. Models client-go/util/jsonpath/jsonpath.go. */
import { JsonPathError, type JsonPath, type Node, type SliceParam } from './parse.ts'
import { goText } from './gotext.ts'

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const sortedKeys = (value: Fields): string[] => Object.keys(value).sort()

/** The results of each part of the template, in order; a part may have several or none. */
export function evaluate(path: JsonPath, data: unknown, lenient: boolean): unknown[][] {
  return new Evaluation(lenient).results(path, data)
}

class Evaluation {
  private beginRange = 0
  private inRange = 0
  private endRange = 0
  private lastEnd: Node | undefined

  constructor(private readonly lenient: boolean) {}

  results(nodes: JsonPath, data: unknown): unknown[][] {
    const full: unknown[][] = []
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!
      const found = this.walk([data], node)
      if (this.endRange > 0 && this.endRange <= this.inRange) {
        this.endRange--
        this.lastEnd = node
        break
      }
      if (this.beginRange === 0) full.push(found)
      else i = this.range(nodes, i, found, full)
    }
    return full
  }

  /** Runs the body once for each value; gives the index of the `end` reached. */
  private range(nodes: JsonPath, at: number, found: unknown[], full: unknown[][]): number {
    this.beginRange--
    this.inRange++
    const body = nodes.slice(at + 1)
    for (const value of found) full.push(...this.results(body, value))
    if (found.length === 0) this.results(body, undefined)
    this.inRange--
    const end = this.lastEnd === undefined ? -1 : nodes.indexOf(this.lastEnd, at + 1)
    return end < 0 ? at : end
  }

  private walk(input: unknown[], node: Node): unknown[] {
    switch (node.kind) {
      case 'list':
        return this.list(input, node.nodes)
      case 'text':
        return [node.text]
      case 'value':
        return [node.value]
      case 'field':
        return this.field(input, node.name)
      case 'slice':
        return input.flatMap((value) => slice(value, node.params))
      case 'filter':
        return this.filter(input, node)
      case 'union':
        return node.members.flatMap((member) => this.list(input, member))
      case 'wildcard':
        return input.flatMap(children)
      case 'recursive':
        return recursive(input)
      case 'identifier':
        return this.identifier(input, node.name)
    }
  }

  private list(input: unknown[], nodes: Node[]): unknown[] {
    return nodes.reduce((values, node) => this.walk(values, node), input)
  }

  /** `range` passes on what it was given. */
  private identifier(input: unknown[], name: string): unknown[] {
    if (name === 'range') {
      this.beginRange++
      return input
    }
    if (name !== 'end') throw new JsonPathError(`unrecognized identifier ${name}`)
    if (this.inRange === 0) throw new JsonPathError('not in range, nothing to end')
    this.endRange++
    return []
  }

  private field(input: unknown[], name: string): unknown[] {
    const found = input.flatMap((value) => (isFields(value) && Object.hasOwn(value, name) ? [value[name]] : []))
    if (found.length === 0 && !this.lenient) throw new JsonPathError(`${name} is not found`)
    return found
  }

  private filter(input: unknown[], node: Extract<Node, { kind: 'filter' }>): unknown[] {
    return input.flatMap((value) => {
      if (value === undefined || value === null) return []
      if (!Array.isArray(value))
        throw new JsonPathError(`${goText(value)} is not array or slice and cannot be filtered`)
      return value.filter((item: unknown) => this.passes(item, node))
    })
  }

  private passes(item: unknown, node: Extract<Node, { kind: 'filter' }>): boolean {
    const lefts = this.quietly(item, node.left)
    if (node.operator === 'exists') return lefts.length > 0
    if (lefts.length === 0) return false
    const rights = this.quietly(item, node.right)
    if (rights.length === 0) return false
    if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('can only compare one element at a time')
    return compare(lefts[0], node.operator, rights[0])
  }

  private quietly(item: unknown, nodes: Node[]): unknown[] {
    return new Evaluation(true).list([item], nodes)
  }
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (typeof left !== typeof right) throw new JsonPathError('incompatible types for comparison')
  const a = left as number
  const b = right as number
  switch (operator) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '>':
      return a > b
    case '<=':
      return a <= b
    case '>=':
      return a >= b
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`)
  }
}

const children = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value
  return isFields(value) ? sortedKeys(value).map((key) => value[key]) : []
}

/** Each container and, below it, each of its containers. */
function recursive(input: unknown[]): unknown[] {
  return input.flatMap((value) => {
    if (typeof value === 'string') return value === '' ? [] : [value]
    const below = children(value)
    return below.length === 0 ? [] : [value, ...recursive(below)]
  })
}

/** The Go type of a value, as errors name it. */
const goKind = (value: unknown): string =>
  isFields(value)
    ? 'map[string]interface {}'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'string'
        ? 'string'
        : 'int64'

function slice(value: unknown, [from, to, step]: [SliceParam, SliceParam, SliceParam]): unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new JsonPathError(`${goKind(value)} is not array or slice`)
  const length = value.length
  const start = !from.known ? 0 : from.value < 0 ? from.value + length : from.value
  const rawEnd = to.known ? to.value : length
  const end = rawEnd < 0 || (rawEnd === 0 && to.derived) ? rawEnd + length : rawEnd
  if (start === end) return []
  const outside = (index: number): JsonPathError =>
    new JsonPathError(`array index out of bounds: index ${index}, length ${length}`)
  if (start >= length || start < 0) throw outside(start)
  if (end > length || end < 0) throw outside(end - 1)
  if (start > end) throw new JsonPathError(`starting index ${start} is greater than ending index ${end}`)
  if (step.known && step.value <= 0) throw new JsonPathError('step must be > 0')
  const by = step.known ? step.value : 1
  return value.slice(start, end).filter((_, i) => i % by === 0)
}
