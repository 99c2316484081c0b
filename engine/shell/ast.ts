/** The bash grammar by just-bash's parser: its tree, and whether a text is complete. */
import { Bash } from 'just-bash'
import type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode } from 'just-bash'

export type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode }
export type WordPart = WordNode['parts'][number]
export type Part<T extends WordPart['type']> = Extract<WordPart, { type: T }>
export type Compound<T extends CommandNode['type']> = Extract<CommandNode, { type: T }>
export type Redirection = SimpleCommandNode['redirections'][number]
export type Assignment = SimpleCommandNode['assignments'][number]
export type ParameterOperation = NonNullable<Part<'ParameterExpansion'>['operation']>
export type ArithmeticNode = Part<'ArithmeticExpansion'>['expression']
export type ArithExpr = ArithmeticNode['expression']
export type Condition = Compound<'ConditionalCommand'>['expression']

const parser = new Bash({ commands: [] })
const cache = new Map<string, ScriptNode>()

/** A text that is not bash. `incomplete`: more input could make it so. */
export class SyntaxFailure extends Error {
  constructor(
    message: string,
    readonly line: number,
    readonly incomplete: boolean,
  ) {
    super(message)
  }
}

/** Parses a script. Throws `SyntaxFailure` with bash's words. */
export function parseScript(text: string): ScriptNode {
  const known = cache.get(text)
  if (known !== undefined) return known
  let tree: ScriptNode
  try {
    tree = parser.transform(text).ast
    if (text.includes('<<')) mendHereDocs(tree)
  } catch (error) {
    throw failureOf(error as ParserError, text)
  }
  if (cache.size > 500) cache.clear()
  cache.set(text, tree)
  return tree
}

interface HereDocNode {
  type: 'HereDoc'
  content: WordNode
  quoted: boolean
}

/** The parser sees patterns in a here-document, where there are none: `[sh, "$X"]` is text with an expansion. */
function mendHereDocs(node: unknown): void {
  if (Array.isArray(node)) return node.forEach(mendHereDocs)
  if (typeof node !== 'object' || node === null) return
  const { type, content, quoted } = node as HereDocNode
  if (type === 'HereDoc' && !quoted) content.parts = content.parts.flatMap(withoutPattern)
  Object.values(node).forEach(mendHereDocs)
}

function withoutPattern(part: WordPart): WordPart[] {
  if (part.type !== 'Glob') return [part]
  const first: WordPart = { type: 'Literal', value: part.pattern.charAt(0) }
  const rest = part.pattern.slice(1)
  return rest === '' ? [first] : [first, ...parseQuoted(rest, false).parts]
}

interface ParserError extends Error {
  line?: number
  token?: { type: string; value: string }
}

function failureOf(error: ParserError, text: string): SyntaxFailure {
  const line = error.line ?? 1
  const message = error.message.replace(/^Parse error at \d+:\d+: /, '').replace(/^line \d+: /, '')
  const { token } = error
  const unexpected = /unexpected EOF|got EOF|unterminated/i.test(message) || token?.type === 'EOF'
  if (/near unexpected token `(select|coproc)'/.test(message))
    return new SyntaxFailure(`not simulated: ${/`(\w+)'/.exec(message)?.[1]}`, line, false)
  if (/while looking for matching/.test(message)) return new SyntaxFailure(message, line, true)
  if (unexpected) return new SyntaxFailure('syntax error: unexpected end of file', text.split('\n').length + 1, true)
  if (/^syntax error near/.test(message)) return new SyntaxFailure(message, line, false)
  if (token !== undefined)
    return new SyntaxFailure(
      `syntax error near unexpected token \`${token.value === '\n' ? 'newline' : token.value}'`,
      line,
      false,
    )
  return new SyntaxFailure(`syntax error: ${message}`, line, false)
}

/** Whether the shell should ask for another line: an open quote, block, pipe, here-document or a trailing backslash. */
export function isIncomplete(text: string): boolean {
  if (/(^|[^\\])(\\\\)*\\\n?$/.test(text)) return true
  if (/(&&|\|\||\|)\s*$/.test(text.replace(/#[^\n]*$/, ''))) return true
  try {
    return hasOpenHereDoc(parseScript(text))
  } catch (error) {
    return error instanceof SyntaxFailure && error.incomplete
  }
}

function hasOpenHereDoc(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(hasOpenHereDoc)
  if (typeof node !== 'object' || node === null) return false
  const { type, terminated } = node as { type?: string; terminated?: boolean }
  if (type === 'HereDoc' && terminated === false) return true
  return Object.values(node).some(hasOpenHereDoc)
}

/** Parses `text` as one arithmetic expression; undefined when it is none. */
export function parseArithmetic(text: string): ArithmeticNode | undefined {
  try {
    const command = parseScript(`((${text}\n))`).statements[0]?.pipelines[0]?.commands[0]
    return command?.type === 'ArithmeticCommand' ? command.expression : undefined
  } catch {
    return undefined
  }
}

/** Parses the text of one word as if it stood in double quotes or a here-document. */
export function parseQuoted(text: string, endsLine = true): WordNode {
  const delimiter = 'END_OF_TEXT'
  const command = parseScript(`: <<${delimiter}\n${text}\n${delimiter}`).statements[0]?.pipelines[0]?.commands[0]
  const target = command?.type === 'SimpleCommand' ? command.redirections[0]?.target : undefined
  if (target?.type !== 'HereDoc') return { type: 'Word', parts: [] }
  return endsLine ? target.content : withoutNewline(target.content)
}

function withoutNewline({ parts, ...word }: WordNode): WordNode {
  const last = parts.at(-1)
  if (last?.type !== 'Literal' || !last.value.endsWith('\n')) return { ...word, parts }
  const value = last.value.slice(0, -1)
  return { ...word, parts: value === '' ? parts.slice(0, -1) : [...parts.slice(0, -1), { ...last, value }] }
}
