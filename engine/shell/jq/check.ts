/** Names that a program uses and nobody defines, found before it runs, as jq does. */
import { BUILTINS, DEFINITIONS, SPECIAL } from './builtins.ts'
import type { Node, Pattern } from './parse.ts'
import { Undefined } from './world.ts'

const DEFINED = DEFINITIONS.map((text) => {
  const [, name = '', params] = /^def (\w+)(?:\(([^)]*)\))?:/.exec(text) ?? []
  return `${name}/${params === undefined ? 0 : params.split(';').length}`
})
const KNOWN = new Set([...Object.keys(BUILTINS), ...DEFINED, ...SPECIAL])

type Names = ReadonlySet<string>

const plus = (names: Names, ...more: string[]): Names => new Set([...names, ...more])

function patternNames(pattern: Pattern): string[] {
  if (pattern.kind === 'variable') return [`$${pattern.name}`]
  if (pattern.kind === 'array') return pattern.items.flatMap(patternNames)
  return pattern.fields.flatMap(({ variable, pattern: inner }) => [
    ...(variable === undefined ? [] : [`$${variable}`]),
    ...(inner === undefined ? [] : patternNames(inner)),
  ])
}

/** Throws `Undefined` for the first name that is not known. `variables` are those given on the command line. */
export function checkNames(program: Node, variables: Iterable<string>): void {
  visit(program, new Set(['ENV', 'ARGS', ...variables].map((name) => `$${name}`)))
}

function visit(node: Node, names: Names): void {
  switch (node.kind) {
    case 'variable':
      if (!names.has(`$${node.name}`)) throw new Undefined(`$${node.name} is not defined`, node.at)
      return
    case 'break':
      if (!names.has(`*${node.name}`)) throw new Undefined(`$*label-${node.name} is not defined`, node.at)
      return
    case 'label':
      return visit(node.body, plus(names, `*${node.name}`))
    case 'call': {
      const name = `${node.name}/${node.args.length}`
      if (!names.has(name) && !KNOWN.has(name)) throw new Undefined(`${name} is not defined`, node.at)
      return node.args.forEach((arg) => visit(arg, names))
    }
    case 'define': {
      const inner = plus(names, `${node.name}/${node.params.length}`)
      const params = node.params.flatMap((param) =>
        param.startsWith('$') ? [param, `${param.slice(1)}/0`] : [`${param}/0`],
      )
      visit(node.body, plus(inner, ...params))
      return visit(node.rest, inner)
    }
    case 'bind':
      visit(node.source, names)
      return visit(node.body, plus(names, ...patternNames(node.pattern)))
    case 'reduce':
    case 'foreach': {
      visit(node.source, names)
      visit(node.start, names)
      const inner = plus(names, ...patternNames(node.pattern))
      visit(node.update, inner)
      if (node.kind === 'foreach' && node.extract !== undefined) visit(node.extract, inner)
      return
    }
    case 'binary':
      if (node.operator === '/' && isNumber(node.left) && node.right.kind === 'literal' && node.right.value === 0)
        throw new Undefined('Division by zero?', 0)
      return children(node).forEach((child) => visit(child, names))
    default:
      children(node).forEach((child) => visit(child, names))
  }
}

const isNumber = (node: Node): boolean => node.kind === 'literal' && typeof node.value === 'number'

function children(node: Node): Node[] {
  switch (node.kind) {
    case 'string':
      return node.parts.filter((part) => typeof part !== 'string')
    case 'index':
      return [node.of, node.key]
    case 'slice':
      return [node.of, ...(node.from === undefined ? [] : [node.from]), ...(node.to === undefined ? [] : [node.to])]
    case 'iterate':
    case 'optional':
    case 'negate':
      return [node.of]
    case 'array':
      return node.of === undefined ? [] : [node.of]
    case 'object':
      return node.fields.flat()
    case 'pipe':
    case 'comma':
    case 'and':
    case 'or':
    case 'alternative':
    case 'binary':
    case 'update':
      return [node.left, node.right]
    case 'if':
      return [node.condition, node.then, ...(node.otherwise === undefined ? [] : [node.otherwise])]
    case 'try':
      return [node.body, ...(node.handler === undefined ? [] : [node.handler])]
    default:
      return []
  }
}
