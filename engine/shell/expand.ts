/** Word expansion: braces, tilde, parameters, substitutions, arithmetic, splitting, globs, quotes. */
import type { Run } from '../host/process.ts'
import { evaluateArithmetic, evaluateText } from './arithmetic.ts'
import type { ArithmeticScope } from './arithmetic.ts'
import { parseQuoted } from './ast.ts'
import type { ArithmeticNode, Part, WordNode, WordPart } from './ast.ts'
import { ShellError } from './errors.ts'
import { expandGlob } from './glob.ts'
import { expandParameter } from './parameter.ts'
import { quoteWord } from './quote.ts'
import { escapePattern, hasMagic } from './pattern.ts'
import type { Piece, Shell, Words } from './shell.ts'
import { findVariable, getValue, setItem, setValue } from './variables.ts'

/** Expands the words of a command into its arguments. */
export function* expandWords(sh: Shell, words: readonly WordNode[]): Run<string[]> {
  const fields: string[] = []
  for (const word of words) {
    for (const parts of expandBraces(word.parts)) fields.push(...(yield* expandField(sh, parts)))
  }
  return fields
}

function* expandField(sh: Shell, parts: readonly WordPart[]): Run<string[]> {
  const [only] = parts
  if (parts.length === 1 && only?.type === 'Literal') return [only.value]
  const pieces = yield* expandParts(sh, parts, false)
  const fields: string[] = []
  for (const field of splitFields(pieces, getValue(sh.state, 'IFS') ?? ' \t\n'))
    fields.push(...(yield* globField(sh, field)))
  return fields
}

type Field = { text: string; quoted: boolean }[]

function* globField(sh: Shell, field: Field): Run<string[]> {
  const plain = field.map(({ text }) => text).join('')
  if (sh.state.options.noglob) return [plain]
  const pattern = field.map(({ text, quoted }) => (quoted ? escapePattern(text) : text)).join('')
  if (!hasMagic(pattern)) return [plain]
  const found = yield* expandGlob(sh.p, sh.state.cwd, pattern, sh.state.options)
  if (found.length > 0) return found
  return sh.state.options.nullglob ? [] : [plain]
}

/** One string: for assignments, here-documents, redirections, case words. */
export function* expandString(sh: Shell, word: WordNode): Run<string> {
  return joined(yield* expandParts(sh, word.parts, false))
}

/** A pattern: what was quoted is escaped. */
export function* expandPattern(sh: Shell, word: WordNode): Run<string> {
  const pieces = yield* expandParts(sh, word.parts, false)
  return pieces
    .map((piece) => (piece === 'border' ? ' ' : piece.mode === 'quoted' ? escapePattern(piece.text) : piece.text))
    .join('')
}

/** A regular expression: what was quoted is literal. */
export function* expandRegex(sh: Shell, word: WordNode): Run<string> {
  const pieces = yield* expandParts(sh, word.parts, false)
  const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return pieces
    .map((piece) => (piece === 'border' ? ' ' : piece.mode === 'quoted' ? literal(piece.text) : piece.text))
    .join('')
}

function joined(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (piece === 'border' ? ' ' : piece.text)).join('')
}

/** Braces multiply a word before anything else happens to it. */
export function expandBraces(parts: readonly WordPart[]): WordPart[][] {
  const at = parts.findIndex((part) => part.type === 'BraceExpansion')
  if (at < 0) return [[...parts]]
  const before = parts.slice(0, at)
  const rests = expandBraces(parts.slice(at + 1))
  const choices = braceChoices(parts[at] as Part<'BraceExpansion'>)
  return choices.flatMap((choice) => rests.map((rest) => [...before, ...choice, ...rest]))
}

function braceChoices(part: Part<'BraceExpansion'>): WordPart[][] {
  return part.items.flatMap((item) =>
    item.type === 'Word'
      ? expandBraces(item.word.parts)
      : rangeOf(item).map((value): WordPart[] => [{ type: 'Literal', value }]),
  )
}

function rangeOf(range: {
  start: string | number
  end: string | number
  step?: number
  startStr?: string
  endStr?: string
}): string[] {
  const { start, end } = range
  const letters = typeof start === 'string'
  const from = letters ? start.charCodeAt(0) : start
  const to = typeof end === 'string' ? end.charCodeAt(0) : end
  const step = Math.max(1, Math.abs(range.step ?? 1))
  const width = [range.startStr, range.endStr].some((text) => text !== undefined && /^-?0\d/.test(text))
    ? Math.max(range.startStr?.length ?? 0, range.endStr?.length ?? 0)
    : 0
  const values: string[] = []
  for (let at = from; from <= to ? at <= to : at >= to; at += from <= to ? step : -step) {
    if (values.length > 1_000_000) throw new ShellError('brace expansion: failed to allocate memory', 1, true)
    values.push(
      letters
        ? String.fromCharCode(at)
        : at < 0
          ? `-${String(-at).padStart(width - 1, '0')}`
          : String(at).padStart(width, '0'),
    )
  }
  return values
}

export function* expandParts(sh: Shell, parts: readonly WordPart[], quoted: boolean): Run<Piece[]> {
  const pieces: Piece[] = []
  for (const part of parts) pieces.push(...(yield* expandPart(sh, part, quoted)))
  return pieces
}

function* expandPart(sh: Shell, part: WordPart, quoted: boolean): Run<Piece[]> {
  const produced = quoted ? 'quoted' : 'split'
  switch (part.type) {
    case 'Literal':
      return [{ text: part.value, mode: quoted ? 'quoted' : 'literal' }]
    case 'SingleQuoted':
    case 'Escaped':
      return [{ text: part.value, mode: 'quoted' }]
    case 'Glob':
      return [{ text: part.pattern, mode: quoted ? 'quoted' : 'literal' }]
    case 'DoubleQuoted':
      return yield* expandDouble(sh, part)
    case 'ParameterExpansion':
      return yield* expandParameter(sh, part, quoted)
    case 'CommandSubstitution':
      return [{ text: yield* sh.substitute(part.body), mode: produced }]
    case 'ArithmeticExpansion':
      return [{ text: String(yield* arithmetic(sh, part.expression)), mode: produced }]
    case 'ProcessSubstitution':
      return [{ text: yield* sh.processSubstitution(part.body, part.direction), mode: 'quoted' }]
    case 'TildeExpansion':
      return [{ text: yield* homeOf(sh, part.user), mode: 'quoted' }]
    case 'BraceExpansion': {
      const choices: string[] = []
      for (const choice of braceChoices(part)) choices.push(joined(yield* expandParts(sh, choice, quoted)))
      return [{ text: choices.join(' '), mode: 'literal' }]
    }
  }
}

/** `$((…))`: an error in it names the expression and ends a script's command. */
function* arithmetic(sh: Shell, node: ArithmeticNode): Run<number> {
  try {
    return yield* evaluateArithmetic(node, arithmeticScope(sh))
  } catch (error) {
    if (!(error instanceof ShellError) || error.fatal) throw error
    throw new ShellError(arithmeticMessage(error.message, node.originalText ?? ''), 1, true)
  }
}

/** Puts the text of the expression before the message. */
export function arithmeticMessage(message: string, text: string): string {
  if (!message.startsWith('division by 0')) return message
  return `${text.trimStart()}: division by 0 (error token is "${text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('%')) + 1).trimStart()}")`
}

/** An argument of export, declare and the like: `name=value` is not split, `name=(…)` keeps its quotes. */
export function* expandDeclaration(sh: Shell, word: WordNode): Run<string[]> {
  const [first] = word.parts
  const start = first?.type === 'Literal' ? /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=(\()?/.exec(first.value) : null
  if (start === null) return yield* expandWords(sh, [word])
  if (start[2] === undefined) return [yield* expandString(sh, word)]
  const pieces = yield* expandParts(sh, word.parts, false)
  return [
    pieces
      .map((piece) => (piece === 'border' ? ' ' : piece.mode === 'quoted' ? quoteWord(piece.text) : piece.text))
      .join(''),
  ]
}

function* expandDouble(sh: Shell, part: Part<'DoubleQuoted'>): Run<Piece[]> {
  const pieces = yield* expandParts(sh, part.parts, true)
  const [only] = part.parts
  const isList =
    part.parts.length === 1 &&
    only?.type === 'ParameterExpansion' &&
    (/@\]?$/.test(only.parameter) || only.operation?.type === 'ArrayKeys')
  return pieces.length === 0 && !isList ? [{ text: '', mode: 'quoted' }] : pieces
}

function* homeOf(sh: Shell, user: string | null): Run<string> {
  if (user === null || user === '')
    return getValue(sh.state, 'HOME') ?? ((yield* sh.p.ask('home', { user: sh.p.user })) as string | null) ?? '/'
  if (user === '+') return sh.state.cwd
  if (user === '-') return getValue(sh.state, 'OLDPWD') ?? '~-'
  return ((yield* sh.p.ask('home', { user })) as string | null) ?? `~${user}`
}

/** Splits unquoted results at the characters of IFS. */
export function splitFields(pieces: readonly Piece[], ifs: string): Field[] {
  const fields: Field[] = []
  let field: Field | undefined
  const add = (text: string, quoted: boolean): void => void (field ??= []).push({ text, quoted })
  const end = (): void => {
    if (field !== undefined) fields.push(field)
    field = undefined
  }
  for (const piece of pieces) {
    if (piece === 'border') end()
    else if (piece.mode !== 'split') add(piece.text, piece.mode === 'quoted')
    else if (ifs === '') {
      if (piece.text !== '') add(piece.text, false)
    } else splitPiece(piece.text, ifs, add, end, () => field !== undefined)
  }
  end()
  return fields
}

function splitPiece(
  text: string,
  ifs: string,
  add: (text: string, quoted: boolean) => void,
  end: () => void,
  open: () => boolean,
): void {
  let word = ''
  let afterBlank = false
  for (const character of text) {
    if (!ifs.includes(character)) {
      word += character
      afterBlank = false
      continue
    }
    const blank = ' \t\n'.includes(character)
    if (word !== '') add(word, false)
    else if (!blank && !open() && !afterBlank) add('', false)
    word = ''
    if (open()) {
      end()
      afterBlank = blank
    } else if (!blank) {
      if (!afterBlank) end()
      afterBlank = false
    }
  }
  if (word !== '') add(word, false)
}

/** Expands a text as it would be in double quotes. */
export function* expandText(sh: Shell, text: string): Run<string> {
  if (!/[$`\\]/.test(text)) return text
  return joined(yield* expandParts(sh, parseQuoted(text).parts, true)).replace(/\n$/, '')
}

/** How arithmetic sees this shell. */
export function arithmeticScope(sh: Shell): ArithmeticScope {
  return {
    *get(name, key) {
      const variable = findVariable(sh.state, name)
      if (key !== undefined) {
        const index =
          variable?.associative === true || !/^-\d+$/.test(key)
            ? key
            : String(Object.keys(variable?.items ?? {}).length + Number(key))
        return variable?.items === undefined ? (index === '0' ? variable?.value : undefined) : variable.items[index]
      }
      if (variable !== undefined) return variable.items === undefined ? variable.value : variable.items['0']
      const value = yield* dynamic(sh, name)
      if (value === undefined && sh.state.options.nounset) throw new ShellError(`${name}: unbound variable`, 127, true)
      return value
    },
    set: (name, key, value) =>
      key === undefined ? setValue(sh.state, name, value) : setItem(sh.state, name, key, value),
    expand: (text) => expandText(sh, text),
    isAssociative: (name) => findVariable(sh.state, name)?.associative === true,
  }
}

function* dynamic(sh: Shell, name: string): Run<string | undefined> {
  const pieces = yield* expandParameter(
    sh,
    {
      type: 'ParameterExpansion',
      parameter: name,
      operation: { type: 'DefaultValue', word: { type: 'Word', parts: [] }, checkEmpty: false },
    },
    true,
  )
  const text = joined(pieces)
  return text === '' ? undefined : text
}

/** The number that a text means. */
export function* numberOf(sh: Shell, text: string): Run<number> {
  return yield* evaluateText(text, arithmeticScope(sh))
}

/** The expansions as `parameter.ts` reaches them. */
export const WORDS: Words = {
  scope: arithmeticScope,
  parts: expandParts,
  pattern: expandPattern,
  string: expandString,
  text: expandText,
  number: numberOf,
}
