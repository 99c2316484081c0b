/** A subset of Go's text/template, with kubectl's functions. Not modelled: define, template, block, break, continue, methods. */
import { parseNodes, type Command, type ControlNode, type Pipe, type TemplateNode, type Term } from './parse.ts'
import { callFunction, goPrint, TemplateError, truth } from './functions.ts'

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a missing key gives. */
const NO_VALUE = Symbol('no value')

/** Functions of a program beside kubectl's. */
export type Functions = Readonly<Record<string, (args: unknown[]) => unknown>>

interface Scope {
  dot: unknown
  variables: Map<string, unknown>[]
}

/** Reads a template; the result prints it over an object. Throws TemplateError with Go's text. */
export function parseTemplate(text: string, lenient: boolean, own: Functions = {}): (data: unknown) => string {
  const nodes = parseNodes(text, Object.keys(own))
  return (data) => new Execution(lenient, own).nodes(nodes, { dot: data, variables: [new Map([['$', data]])] })
}

class Execution {
  constructor(
    private readonly lenient: boolean,
    private readonly own: Functions,
  ) {}

  private call(name: string, args: unknown[]): unknown {
    return Object.hasOwn(this.own, name) ? this.own[name]!(args) : callFunction(name, args)
  }

  nodes(nodes: TemplateNode[], scope: Scope): string {
    return nodes.map((node) => this.node(node, scope)).join('')
  }

  private node(node: TemplateNode, scope: Scope): string {
    switch (node.kind) {
      case 'text':
        return node.text
      case 'action':
        return this.action(node.pipe, scope)
      case 'if':
        return this.branch(node.pipe, scope, (inner) => this.nodes(node.body, inner), node.otherwise)
      case 'with':
        return this.branch(
          node.pipe,
          scope,
          (inner, value) => this.nodes(node.body, { ...inner, dot: value }),
          node.otherwise,
        )
      case 'range':
        return this.range(node, scope)
    }
  }

  private action(pipe: Pipe, scope: Scope): string {
    const value = this.pipe(pipe, scope)
    if (pipe.variables.length > 0) return ''
    return value === NO_VALUE || value === null ? '<no value>' : goPrint(value)
  }

  private branch(
    pipe: Pipe,
    scope: Scope,
    body: (scope: Scope, value: unknown) => string,
    otherwise: TemplateNode[] | undefined,
  ): string {
    const inner = nested(scope)
    const value = this.pipe(pipe, inner)
    if (value !== NO_VALUE && truth(value)) return body(inner, value)
    return otherwise ? this.nodes(otherwise, inner) : ''
  }

  private range(node: ControlNode, scope: Scope): string {
    const value = this.pipe({ ...node.pipe, variables: [] }, scope)
    const pairs = pairsOf(value)
    if (pairs.length === 0) return node.otherwise ? this.nodes(node.otherwise, nested(scope)) : ''
    return pairs.map(([key, item]) => this.nodes(node.body, iteration(scope, node.pipe.variables, key, item))).join('')
  }

  private pipe(pipe: Pipe, scope: Scope): unknown {
    let value: unknown
    let piped = false
    for (const command of pipe.commands) {
      value = this.command(command, scope, piped ? [value] : [])
      piped = true
    }
    pipe.variables.forEach((name) => setVariable(scope, name, value, pipe.declares))
    return value
  }

  private command(command: Command, scope: Scope, piped: unknown[]): unknown {
    const [first, ...rest] = command.terms
    if (first?.kind === 'function') {
      const values = [...rest.map((term) => this.term(term, scope)), ...piped]
      return this.call(
        first.name,
        values.map((value) => (value === NO_VALUE ? undefined : value)),
      )
    }
    if (rest.length > 0 || piped.length > 0)
      throw new TemplateError(`can't give argument to non-function ${first?.source ?? ''}`)
    return this.term(first!, scope)
  }

  private term(term: Term, scope: Scope): unknown {
    switch (term.kind) {
      case 'literal':
        return term.value
      case 'dot':
        return scope.dot
      case 'field':
        return this.fields(scope.dot, term.names, term)
      case 'variable':
        return this.fields(variable(scope, term.name), term.names, term)
      case 'pipe':
        return this.fields(this.pipe(term.pipe, scope), term.names, term)
      case 'function':
        return this.call(term.name, [])
    }
  }

  private fields(from: unknown, names: string[], term: Term): unknown {
    let value = from
    for (const name of names) {
      if (value === NO_VALUE || value === undefined || value === null) {
        if (value === NO_VALUE) return NO_VALUE
        throw new TemplateError(`nil data; no entry for key ${JSON.stringify(name)}`)
      }
      if (!isFields(value))
        throw new TemplateError(`<${term.source}>: can't evaluate field ${name} in type ${goType(value)}`)
      if (Object.hasOwn(value, name)) value = value[name]
      else if (this.lenient) value = NO_VALUE
      else throw new TemplateError(`<${term.source}>: map has no entry for key ${JSON.stringify(name)}`)
    }
    return value
  }
}

const goType = (value: unknown): string =>
  Array.isArray(value)
    ? '[]interface {}'
    : typeof value === 'number'
      ? 'int64'
      : typeof value === 'boolean'
        ? 'bool'
        : 'interface {}'

const nested = (scope: Scope): Scope => ({ ...scope, variables: [...scope.variables, new Map<string, unknown>()] })

function setVariable(scope: Scope, name: string, value: unknown, declare: boolean): void {
  const holder = declare ? undefined : scope.variables.findLast((map) => map.has(name))
  ;(holder ?? scope.variables.at(-1)!).set(name, value)
}

function variable(scope: Scope, name: string): unknown {
  const holder = scope.variables.findLast((map) => map.has(name))
  if (!holder) throw new TemplateError(`undefined variable ${JSON.stringify(name)}`)
  return holder.get(name)
}

function iteration(scope: Scope, names: string[], key: unknown, item: unknown): Scope {
  const inner = nested({ ...scope, dot: item })
  const values = names.length === 1 ? [item] : [key, item]
  names.forEach((name, i) => setVariable(inner, name, values[i], true))
  return inner
}

function pairsOf(value: unknown): [unknown, unknown][] {
  if (value === NO_VALUE || value === undefined || value === null) return []
  if (Array.isArray(value)) return value.map((item, i) => [i, item])
  if (isFields(value))
    return Object.keys(value)
      .sort()
      .map((key) => [key, value[key]])
  if (typeof value === 'number') return Array.from({ length: value }, (_, i) => [i, i])
  throw new TemplateError(`range can't iterate over ${goPrint(value)}`)
}
