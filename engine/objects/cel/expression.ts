/** The parsed expression: what the checker and the runtime walk. One node of cel-js behind each. */
import type { ParserSource } from './source.ts'

/** What is used of cel-js's node. */
export interface CelNode {
  readonly op: string
  readonly args: unknown
  readonly start: number
  readonly end: number
  setMeta(key: string, value: unknown): CelNode
}

interface Base {
  readonly node: CelNode
  /** Where cel-go places the node: at its operator, its dot, its bracket. */
  readonly at: number
}

export type Expression =
  | (Base & { readonly kind: 'literal'; readonly value: unknown })
  | (Base & { readonly kind: 'name'; readonly name: string })
  | (Base & { readonly kind: 'select'; readonly of: Expression; readonly field: string; readonly optional: boolean })
  | (Base & { readonly kind: 'index'; readonly of: Expression; readonly index: Expression; readonly optional: boolean })
  | (Base & {
      readonly kind: 'call'
      readonly name: string
      readonly receiver?: Expression
      readonly values: readonly Expression[]
    })
  | (Base & { readonly kind: 'operator'; readonly name: string; readonly values: readonly Expression[] })
  | (Base & { readonly kind: 'list'; readonly items: readonly Expression[] })
  | (Base & { readonly kind: 'map'; readonly entries: readonly (readonly [Expression, Expression])[] })

/** Operators by cel-js's names, with cel-go's. */
const OPERATORS: Readonly<Record<string, string>> = {
  '==': '_==_',
  '!=': '_!=_',
  '<': '_<_',
  '<=': '_<=_',
  '>': '_>_',
  '>=': '_>=_',
  '+': '_+_',
  '-': '_-_',
  '*': '_*_',
  '/': '_/_',
  '%': '_%_',
  '&&': '_&&_',
  '||': '_||_',
  in: '@in',
  '!_': '!_',
  '-_': '-_',
  '?:': '_?_:_',
}

/** The tree of a parsed text. */
export function expressionOf(root: CelNode, source: ParserSource): Expression {
  const place = (offset: number): number => source.at(offset)
  const children = (nodes: unknown): Expression[] => (nodes as CelNode[]).map(walk)

  function walk(node: CelNode): Expression {
    const build = BUILD[node.op]
    if (build) return build(node)
    const name = OPERATORS[node.op]
    if (name === undefined) throw new Error(`no such node of an expression: ${node.op}`)
    const values = children(Array.isArray(node.args) ? node.args : [node.args])
    return { kind: 'operator', name, values, node, at: place(operatorAt(node, source.text)) }
  }

  const access = (node: CelNode): [CelNode, CelNode] => node.args as [CelNode, CelNode]
  const select =
    (optional: boolean) =>
    (node: CelNode): Expression => {
      const [of, field] = node.args as [CelNode, string]
      return { kind: 'select', of: walk(of), field, optional, node, at: place(next(source.text, of.end, '.')) }
    }
  const index =
    (optional: boolean) =>
    (node: CelNode): Expression => {
      const [of, key] = access(node)
      return {
        kind: 'index',
        of: walk(of),
        index: walk(key),
        optional,
        node,
        at: place(next(source.text, of.end, '[')),
      }
    }

  function call(node: CelNode): Expression {
    const [name, values] = node.args as [string, CelNode[]]
    const at = place(next(source.text, node.start + name.length, '('))
    return { kind: 'call', name, values: children(values), node, at }
  }

  function memberCall(node: CelNode): Expression {
    const [name, receiver, values] = node.args as [string, CelNode, CelNode[]]
    const dot = next(source.text, receiver.end, '.')
    const at = place(next(source.text, source.text.indexOf(name, dot) + name.length, '('))
    return { kind: 'call', name, receiver: walk(receiver), values: children(values), node, at }
  }

  const BUILD: Readonly<Record<string, (node: CelNode) => Expression>> = {
    value: (node) => ({ kind: 'literal', value: node.args, node, at: place(node.start) }),
    id: (node) => ({ kind: 'name', name: node.args as string, node, at: place(node.start) }),
    '.': select(false),
    '.?': select(true),
    '[]': index(false),
    '[?]': index(true),
    call,
    rcall: memberCall,
    list: (node) => ({ kind: 'list', items: children(node.args), node, at: place(node.start) }),
    map: (node) => ({
      kind: 'map',
      entries: (node.args as [CelNode, CelNode][]).map(([key, value]) => [walk(key), walk(value)] as const),
      node,
      at: place(node.start),
    }),
  }
  return walk(root)
}

/** The place of a mark at or after an offset. */
function next(text: string, from: number, mark: string): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? from : at
}

function operatorAt(node: CelNode, text: string): number {
  if (!Array.isArray(node.args)) return node.start
  const [left] = node.args as CelNode[]
  const mark = node.op === '?:' ? '?' : node.op
  return next(text, left?.end ?? node.start, mark)
}
