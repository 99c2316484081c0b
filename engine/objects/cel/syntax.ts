/** Syntax errors, as cel-go's grammar words them. Not modelled: the grammar's recovery, which can find several. */
import type { ParseError } from '@marcbachmann/cel-js'
import type { CelIssue } from './errors.ts'
import type { ParserSource } from './source.ts'

const STARTS =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

const MARKS: Readonly<Record<string, string>> = {
  RPAREN: "')'",
  RBRACKET: "']'",
  RBRACE: "'}'",
  COLON: "':'",
  EOF: '<EOF>',
}

/** The token at an offset, as the grammar names it. */
function tokenAt(text: string, offset: number): string {
  const rest = text.slice(offset)
  const token = /^("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\w+|[=!<>]=|&&|\|\||\S)/u.exec(rest.trimStart())
  return token ? `'${token[0]}'` : "'<EOF>'"
}

/** What cel-js could not parse. */
export function syntaxIssue(error: ParseError, source: ParserSource): CelIssue {
  const offset = error.range?.start ?? source.text.length
  const at = source.at(offset)
  return { at, message: `Syntax error: ${messageOf(error, source.original, at)}` }
}

function messageOf(error: ParseError, text: string, at: number): string {
  const token = tokenAt(text, at)
  const expected = /^Expected (\w+), got/.exec(error.summary)?.[1]
  if (error.code === 'unexpected_token') return `mismatched input ${token} expecting ${STARTS}`
  if (expected === 'IDENTIFIER') return `no viable alternative at input '.${token.slice(1)}`
  if (expected !== undefined) return `missing ${MARKS[expected] ?? expected} at ${token}`
  if (error.code === 'reserved_identifier') return error.summary.replace(/^Reserved identifier/, 'reserved identifier')
  if (/^Unexpected character/.test(error.summary) && /^'[\w"'([{]/.test(token))
    return `extraneous input ${token} expecting <EOF>`
  return `token recognition error at: ${token}`
}
