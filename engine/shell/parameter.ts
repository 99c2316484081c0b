/** `$name`, `${name…}` and all their operations. */
import type { Run } from '../host/process.ts'
import { evaluateArithmetic } from './arithmetic.ts'
import type { ParameterOperation, Part, WordNode } from './ast.ts'
import { ShellError } from './errors.ts'
import { patternSource } from './pattern.ts'
import { renderPrompt } from './prompt.ts'
import { quoteWord } from './quote.ts'
import type { Piece, Shell } from './shell.ts'
import { dynamicValue, findVariable, getValue, itemsOf, keysOf, setItem, setValue, variableNames } from './variables.ts'

/** What a parameter stands for: nothing, one value, or a list (`$@`, `${a[*]}`). */
interface Found {
  values: string[]
  set: boolean
  list?: '@' | '*'
}

const one = (value: string | undefined): Found => ({
  values: value === undefined ? [] : [value],
  set: value !== undefined,
})

export function* expandParameter(sh: Shell, part: Part<'ParameterExpansion'>, quoted: boolean): Run<Piece[]> {
  const { parameter, operation } = part
  if (operation?.type === 'ArrayKeys')
    return pieces(
      sh,
      { values: keysOf(findVariable(sh.state, operation.array)), set: true, list: operation.star ? '*' : '@' },
      quoted,
    )
  if (operation?.type === 'VarNamePrefix') {
    return pieces(
      sh,
      {
        values: variableNames(sh.state).filter((name) => name.startsWith(operation.prefix)),
        set: true,
        list: operation.star ? '*' : '@',
      },
      quoted,
    )
  }
  if (operation?.type === 'Indirection') return yield* indirect(sh, parameter, operation.innerOp ?? null, quoted)
  const found = yield* lookUp(sh, parameter)
  if (operation !== null) return yield* operate(sh, parameter, found, operation, quoted)
  requireSet(sh, parameter, found)
  return pieces(sh, found, quoted)
}

function* indirect(sh: Shell, parameter: string, inner: ParameterOperation | null, quoted: boolean): Run<Piece[]> {
  const target = (yield* lookUp(sh, parameter)).values[0]
  if (target === undefined || target === '') throw new ShellError(`${parameter}: invalid indirect expansion`)
  return yield* expandParameter(sh, { type: 'ParameterExpansion', parameter: target, operation: inner }, quoted)
}

function requireSet(sh: Shell, parameter: string, found: Found): void {
  if (found.set || found.list !== undefined || !sh.state.options.nounset) return
  throw new ShellError(`${/^\d$/.test(parameter) ? `$${parameter}` : parameter}: unbound variable`, 127, true)
}

export function* lookUp(sh: Shell, parameter: string): Run<Found> {
  const { state } = sh
  if (/^\d+$/.test(parameter)) return one(parameter === '0' ? state.name : state.positional[Number(parameter) - 1])
  const subscript = /^([A-Za-z_]\w*)\[([\s\S]*)\]$/.exec(parameter)
  if (subscript !== null) return yield* element(sh, subscript[1] ?? '', subscript[2] ?? '')
  switch (parameter) {
    case '@':
    case '*':
      return { values: state.positional, set: state.positional.length > 0, list: parameter }
    case '#':
      return one(String(state.positional.length))
    case '?':
      return one(String(state.status))
    case '$':
      return one(String(state.pid))
    case '!':
      return one(state.lastBackground === undefined ? undefined : String(state.lastBackground))
    case '-':
      return one(flagsOf(sh))
    case '_':
      return one(getValue(state, '_') ?? '')
    case 'PIPESTATUS':
      return one(String(state.pipeStatus[0] ?? 0))
  }
  return one(
    getValue(state, parameter) ??
      (findVariable(state, parameter) === undefined ? yield* dynamicValue(state, sh.p, parameter) : undefined),
  )
}

function flagsOf({ state: { options, interactive } }: Shell): string {
  return `${options.errexit ? 'e' : ''}h${interactive ? 'i' : ''}${interactive ? 'm' : ''}${options.nounset ? 'u' : ''}${options.xtrace ? 'x' : ''}B${interactive ? 'H' : ''}s`
}

function* element(sh: Shell, name: string, subscript: string): Run<Found> {
  const { state } = sh
  const variable =
    name === 'PIPESTATUS'
      ? { items: Object.fromEntries(state.pipeStatus.map((code, index) => [index, String(code)])) }
      : name === 'FUNCNAME'
        ? { items: Object.fromEntries([...state.functionNames].reverse().map((value, index) => [index, value])) }
        : findVariable(state, name)
  if (subscript === '@' || subscript === '*')
    return { values: itemsOf(variable), set: variable !== undefined, list: subscript }
  const key = yield* keyFor(sh, name, subscript)
  return one(
    variable?.items === undefined
      ? key === '0'
        ? variable?.value
        : undefined
      : Object.hasOwn(variable.items, key)
        ? variable.items[key]
        : undefined,
  )
}

/** The key that a subscript's text means for this array. */
export function* keyFor(sh: Shell, name: string, subscript: string): Run<string> {
  const variable = findVariable(sh.state, name)
  if (variable?.associative === true) return (yield* sh.words.text(sh, subscript)).replace(/^(["'])([\s\S]*)\1$/, '$2')
  const index = yield* sh.words.number(sh, yield* sh.words.text(sh, subscript))
  if (index >= 0) return String(index)
  return String(Math.max(-1, ...keysOf(name === 'PIPESTATUS' ? undefined : variable).map(Number)) + 1 + index)
}

function pieces(sh: Shell, found: Found, quoted: boolean): Piece[] {
  if (found.list === undefined) return found.values.map((text) => ({ text, mode: quoted ? 'quoted' : 'split' }))
  const ifs = getValue(sh.state, 'IFS') ?? ' '
  if (quoted && found.list === '*') return [{ text: found.values.join(ifs.charAt(0)), mode: 'quoted' }]
  const list: Piece[] = []
  found.values.forEach((text, index) => {
    if (index > 0) list.push('border')
    if (quoted || text !== '') list.push({ text, mode: quoted ? 'quoted' : 'split' })
  })
  return list
}

function* operate(
  sh: Shell,
  parameter: string,
  found: Found,
  operation: ParameterOperation,
  quoted: boolean,
): Run<Piece[]> {
  const present = found.set && !('checkEmpty' in operation && operation.checkEmpty && found.values.join('') === '')
  switch (operation.type) {
    case 'DefaultValue':
      return present ? pieces(sh, found, quoted) : yield* wordPieces(sh, operation.word, quoted)
    case 'UseAlternative':
      return present ? yield* wordPieces(sh, operation.word, quoted) : []
    case 'AssignDefault': {
      if (present) return pieces(sh, found, quoted)
      const value = yield* sh.words.string(sh, operation.word)
      yield* assignParameter(sh, parameter, value)
      return pieces(sh, one(value), quoted)
    }
    case 'ErrorIfUnset': {
      if (present) return pieces(sh, found, quoted)
      const word =
        operation.word === null || operation.word.parts.length === 0 ? '' : yield* sh.words.string(sh, operation.word)
      throw new ShellError(
        `${parameter}: ${word === '' ? `parameter ${operation.checkEmpty ? 'null or ' : ''}not set` : word}`,
        127,
        true,
      )
    }
    case 'Length':
      requireSet(sh, parameter, found)
      return [
        {
          text: String(found.list !== undefined ? found.values.length : [...(found.values[0] ?? '')].length),
          mode: quoted ? 'quoted' : 'split',
        },
      ]
    case 'Substring':
      return yield* substring(sh, parameter, found, operation, quoted)
    case 'BadSubstitution':
    case 'LengthSliceError':
      throw new ShellError(`\${${'text' in operation ? operation.text : parameter}}: bad substitution`, 1, true)
    default: {
      requireSet(sh, parameter, found)
      const change = yield* changer(sh, parameter, operation)
      return pieces(sh, { ...found, values: found.values.map(change) }, quoted)
    }
  }
}

function* wordPieces(sh: Shell, word: WordNode, quoted: boolean): Run<Piece[]> {
  const made = yield* sh.words.parts(sh, word.parts, quoted)
  if (quoted) return made.length === 0 ? [{ text: '', mode: 'quoted' }] : made
  return made.map((piece) => (piece === 'border' || piece.mode === 'quoted' ? piece : { ...piece, mode: 'split' }))
}

function* assignParameter(sh: Shell, parameter: string, value: string): Run<void> {
  const subscript = /^([A-Za-z_]\w*)\[([\s\S]*)\]$/.exec(parameter)
  if (subscript === null) setValue(sh.state, parameter, value)
  else setItem(sh.state, subscript[1] ?? '', yield* keyFor(sh, subscript[1] ?? '', subscript[2] ?? ''), value)
}

function* substring(
  sh: Shell,
  parameter: string,
  found: Found,
  operation: Extract<ParameterOperation, { type: 'Substring' }>,
  quoted: boolean,
): Run<Piece[]> {
  requireSet(sh, parameter, found)
  const scope = sh.words.scope(sh)
  const offset = yield* evaluateArithmetic(operation.offset, scope)
  const length = operation.length === null ? undefined : yield* evaluateArithmetic(operation.length, scope)
  if (found.list !== undefined) {
    const all = parameter === '@' || parameter === '*' ? [sh.state.name, ...found.values] : found.values
    return pieces(sh, { ...found, values: slice(all, offset, length, parameter) }, quoted)
  }
  return pieces(sh, one(slice([...(found.values[0] ?? '')], offset, length, parameter).join('')), quoted)
}

function slice(all: string[], offset: number, length: number | undefined, parameter: string): string[] {
  const from = offset < 0 ? all.length + offset : offset
  if (from < 0) return []
  const to = length === undefined ? all.length : length < 0 ? all.length + length : from + length
  if (to < from) throw new ShellError(`${parameter}: ${length}: substring expression < 0`)
  return all.slice(from, to)
}

function* changer(sh: Shell, parameter: string, operation: ParameterOperation): Run<(text: string) => string> {
  switch (operation.type) {
    case 'PatternRemoval': {
      const pattern = yield* sh.words.pattern(sh, operation.pattern)
      return (text) => removePattern(text, pattern, operation.side, operation.greedy)
    }
    case 'PatternReplacement': {
      const pattern = yield* sh.words.pattern(sh, operation.pattern)
      const replacement = operation.replacement === null ? '' : yield* sh.words.string(sh, operation.replacement)
      const source = patternSource(pattern)
      if (source === '') return (text) => text
      const anchored =
        operation.anchor === 'start' ? `^(?:${source})` : operation.anchor === 'end' ? `(?:${source})$` : source
      const regex = new RegExp(anchored, operation.all ? 'g' : '')
      return (text) => text.replace(regex, () => replacement)
    }
    case 'CaseModification': {
      const only =
        operation.pattern === null
          ? undefined
          : new RegExp(`^(?:${patternSource(yield* sh.words.pattern(sh, operation.pattern))})$`)
      const turn = (character: string): string =>
        operation.direction === 'upper' ? character.toUpperCase() : character.toLowerCase()
      return (text) =>
        [...text]
          .map((character, index) =>
            (operation.all || index === 0) && (only === undefined || only.test(character))
              ? turn(character)
              : character,
          )
          .join('')
    }
    case 'Transform':
      return yield* transformer(sh, parameter, operation.operator)
    default:
      throw new ShellError(`not simulated: \${${parameter}} with ${operation.type}`)
  }
}

function* transformer(sh: Shell, parameter: string, operator: string): Run<(text: string) => string> {
  switch (operator) {
    case 'Q':
      return quoteWord
    case 'U':
      return (text) => text.toUpperCase()
    case 'L':
      return (text) => text.toLowerCase()
    case 'u':
      return (text) => text.charAt(0).toUpperCase() + text.slice(1)
    case 'P': {
      const nowMs = yield* sh.p.now()
      return (text) => renderPrompt(text, { state: sh.state, user: sh.p.user, host: sh.p.host, nowMs })
    }
    default:
      throw new ShellError(`not simulated: \${${parameter}@${operator}}`)
  }
}

/** Removes what a pattern matches at one end, the shortest or the longest. */
function removePattern(text: string, pattern: string, side: 'prefix' | 'suffix', greedy: boolean): string {
  const regex = new RegExp(`^(?:${patternSource(pattern)})$`)
  const lengths = Array.from({ length: text.length + 1 }, (_, index) => (greedy ? text.length - index : index))
  for (const length of lengths) {
    if (side === 'prefix' && regex.test(text.slice(0, length))) return text.slice(length)
    if (side === 'suffix' && regex.test(text.slice(text.length - length))) return text.slice(0, text.length - length)
  }
  return text
}
