/** One running shell as its parts see each other. */
import type { Proc, Run } from '../host/process.ts'
import type { ArithmeticScope } from './arithmetic.ts'
import type { CommandNode, ScriptNode, StatementNode, WordNode, WordPart } from './ast.ts'
import type { ShellState } from './state.ts'

/** A stretch of an expanded word, or the border between two fields. */
export type Piece = { text: string; mode: 'quoted' | 'literal' | 'split' } | 'border'

/** Word expansion, as the operations on parameters need it. */
export interface Words {
  scope(sh: Shell): ArithmeticScope
  parts(sh: Shell, parts: readonly WordPart[], quoted: boolean): Run<Piece[]>
  pattern(sh: Shell, word: WordNode): Run<string>
  string(sh: Shell, word: WordNode): Run<string>
  text(sh: Shell, text: string): Run<string>
  number(sh: Shell, text: string): Run<number>
}

/** What a forked shell has to do; plain data. */
export type ForkBody = { kind: 'statements'; statements: StatementNode[] } | { kind: 'command'; command: CommandNode }

export interface Shell {
  readonly p: Proc
  state: ShellState
  /** The shell owns a terminal and puts commands into groups of their own. */
  jobControl: boolean
  /** Signals come to this shell rather than killing it. */
  catches: boolean
  /** Descriptors of process substitutions of the command being run. */
  substitutions: number[]
  /** The status of the last command substitution. */
  substituted: number | undefined
  /** Inside a condition, where `set -e` does not act. */
  guarded: number
  saved: number
  /** Loops around the present command. */
  loops: number
  readonly words: Words
  substitute(script: ScriptNode): Run<string>
  processSubstitution(script: ScriptNode, direction: 'input' | 'output'): Run<string>
  runStatements(statements: readonly StatementNode[]): Run<number>
  runSource(text: string): Run<number>
  runCommandWords(words: string[]): Run<number>
  /** Prints `name: line n: message`. */
  complain(message: string): Run<void>
}
