/** Models GNU sed 4.9's execute.c: the cycle over lines, with ranges, spaces and outputs. */
import type { Proc, Run } from '../../host/process.ts'
import type { Address, Command, Regex, Substitution } from './script.ts'
import { ScriptMistake } from './script.ts'
import { substituted } from './substitute.ts'
import type { SedInput } from './input.ts'
import type { SedOutput } from './output.ts'

export interface SedWorld {
  p: Proc
  input: SedInput
  output: SedOutput
  quiet: boolean
  /** Of the l command. */
  wrapAt: number
}

/** Jumps that a loop over commands cannot say itself. */
type Turn = { to: 'next'; print: boolean } | { to: 'again' } | { to: 'quit'; code: number; print: boolean }

/** Whether a range is open and the line with which it ends. */
interface Range {
  open: boolean
  endLine?: number
}

export class SedRunner {
  private pattern = ''
  private held = ''
  private replaced = false
  private lastRegex: Regex
  private later: { text?: string; file?: string; line?: string }[] = []
  private readonly ranges: Range[]

  constructor(
    private readonly commands: readonly Command[],
    private readonly world: SedWorld,
  ) {
    this.ranges = commands.map(({ from, to }) => ({
      open: from?.kind === 'line' && from.line === 0 && to !== undefined,
    }))
  }

  /** All cycles; the exit code that q or Q gave, or 0. */
  *run(): Run<number> {
    const { input } = this.world
    let fresh = true
    for (;;) {
      if (fresh) {
        const line = yield* input.next()
        if (line === undefined) return 0
        this.pattern = line
      }
      this.replaced = false
      const turn = yield* this.cycle()
      fresh = turn.to !== 'again'
      if (turn.to !== 'again' && turn.print && !this.world.quiet) yield* this.print(this.pattern)
      yield* this.append()
      if (turn.to === 'quit') return turn.code
    }
  }

  private *print(text: string): Run<void> {
    yield* this.world.output.line(text, this.world.input.isUnended)
  }

  /** What a, r and R have put off until the end of the cycle. */
  private *append(): Run<void> {
    const { output, input, p } = this.world
    const later = this.later
    this.later = []
    for (const { text, file, line } of later) {
      if (text !== undefined) yield* output.text(text)
      else if (line !== undefined) {
        const next = yield* input.side(line)
        if (next !== undefined) yield* output.line(next, false)
      } else if (file === '/dev/stdin') yield* output.text(yield* p.readAll(0))
      else {
        const read = yield* p.readFile(file ?? '')
        if ('text' in read) yield* output.text(read.text)
      }
    }
  }

  private *cycle(): Run<Turn> {
    for (let at = 0; at < this.commands.length; at++) {
      const command = this.commands[at] as Command
      if ((yield* this.applies(command, at)) === command.negated) {
        if (command.end !== undefined) at = command.end
        continue
      }
      if ('btT'.includes(command.name)) {
        const goes = command.name === 'b' || this.replaced === (command.name === 't')
        if (command.name !== 'b') this.replaced = false
        if (!goes) continue
        if (command.text === '') break
        at = this.commands.findIndex(({ name, text }) => name === ':' && text === command.text)
        yield { call: 'tick' }
        continue
      }
      const turn = yield* this.step(command, at)
      if (turn !== undefined) return turn
    }
    return { to: 'next', print: true }
  }

  private *step(command: Command, at: number): Run<Turn | undefined> {
    const { p, input, output } = this.world
    switch (command.name) {
      case '=':
        yield* output.text(`${input.lineNumber}\n`)
        return
      case 'a':
        this.later.push({ text: command.text ?? '' })
        return
      case 'i':
        yield* output.text(command.text ?? '')
        return
      case 'c':
        if (command.to === undefined || command.negated || !(this.ranges[at] as Range).open)
          yield* output.text(command.text ?? '')
        return { to: 'next', print: false }
      case 'd':
        return { to: 'next', print: false }
      case 'D':
        if (!this.pattern.includes('\n')) return { to: 'next', print: false }
        this.pattern = this.pattern.slice(this.pattern.indexOf('\n') + 1)
        return { to: 'again' }
      case 'F':
        yield* output.text(`${input.name}\n`)
        return
      case 'g':
        this.pattern = this.held
        return
      case 'G':
        this.pattern += `\n${this.held}`
        return
      case 'h':
        this.held = this.pattern
        return
      case 'H':
        this.held += `\n${this.pattern}`
        return
      case 'x':
        ;[this.pattern, this.held] = [this.held, this.pattern]
        return
      case 'l':
        yield* output.text(unambiguous(this.pattern, command.number ?? this.world.wrapAt))
        return
      case 'n':
      case 'N':
        return yield* this.more(command.name === 'N')
      case 'p':
        yield* this.print(this.pattern)
        return
      case 'P':
        yield* output.line(this.pattern.split('\n')[0] ?? '', false)
        return
      case 'q':
        return { to: 'quit', code: command.number ?? 0, print: true }
      case 'Q':
        return { to: 'quit', code: command.number ?? 0, print: false }
      case 'r':
        this.later.push({ file: command.text ?? '' })
        return
      case 'R':
        this.later.push({ line: command.text ?? '' })
        return
      case 's':
        return yield* this.substitute(command.substitution as Substitution)
      case 'w':
        yield* output.side(p, command.text ?? '', this.pattern, input.isUnended)
        return
      case 'W':
        yield* output.side(p, command.text ?? '', this.pattern.split('\n')[0] ?? '')
        return
      case 'y': {
        const [from, to] = command.letters as [string[], string[]]
        this.pattern = Array.from(this.pattern, (letter) => to[from.indexOf(letter)] ?? letter).join('')
        return
      }
      case 'z':
        this.pattern = ''
        return
    }
    return
  }

  /** n and N; without a next line the program ends, and prints what it has. */
  private *more(joins: boolean): Run<Turn | undefined> {
    const { input, quiet } = this.world
    if (yield* input.isLast(true)) return { to: 'quit', code: 0, print: true }
    if (!joins && !quiet) yield* this.print(this.pattern)
    yield* this.append()
    const line = (yield* input.next()) ?? ''
    this.pattern = joins ? `${this.pattern}\n${line}` : line
    return
  }

  private *substitute(one: Substitution): Run<undefined> {
    const done = substituted(this.pattern, this.used(one.regex), one)
    if (done === undefined) return
    this.pattern = done
    this.replaced = true
    if (one.print) yield* this.print(done)
    if (one.file !== undefined) yield* this.world.output.side(this.world.p, one.file, done, this.world.input.isUnended)
    return
  }

  private used(regex: Regex): RegExp {
    this.lastRegex = regex ?? this.lastRegex
    if (this.lastRegex === undefined)
      throw new ScriptMistake('-e expression #1, char 0: no previous regular expression')
    return this.lastRegex
  }

  private *applies({ from, to }: Command, at: number): Run<boolean> {
    if (from === undefined) return true
    if (to === undefined) return yield* this.isAt(from)
    const range = this.ranges[at] as Range
    const line = this.world.input.lineNumber
    if (!range.open) {
      if (!(yield* this.isAt(from))) return false
      const endLine = endOf(to, line)
      this.ranges[at] = { open: endLine === undefined || endLine > line, ...(endLine !== undefined && { endLine }) }
      return true
    }
    if (range.endLine !== undefined || to.kind === 'line') {
      const endLine = range.endLine ?? endOf(to, line) ?? 0
      if (line < endLine) return true
      this.ranges[at] = { open: false }
      return line === endLine || (yield* this.isAt(from))
    }
    if (yield* this.isAt(to)) this.ranges[at] = { open: false }
    return true
  }

  private *isAt(address: Address): Run<boolean> {
    const { input } = this.world
    const line = input.lineNumber
    switch (address.kind) {
      case 'line':
        return line === address.line
      case 'step':
        return address.step === 0 ? line === address.first : line >= address.first && (line - address.first) % address.step === 0 // prettier-ignore
      case 'last':
        return yield* input.isLast(false)
      case 'regex': {
        const regex = this.used(address.regex)
        regex.lastIndex = 0
        return regex.test(this.pattern)
      }
      default:
        return false
    }
  }
}

/** The line that ends a range begun at `line`, where that is known beforehand. */
function endOf(to: Address, line: number): number | undefined {
  if (to.kind === 'line') return to.line
  if (to.kind === 'more') return line + to.lines
  return to.kind === 'multiple' ? (to.of === 0 ? line : Math.ceil(line / to.of) * to.of) : undefined
}

const NAMED: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r', '\f': '\\f', '\v': '\\v', '\b': '\\b', '\x07': '\\a' } // prettier-ignore

/** As the l command prints it, cut into lines with a backslash at their ends. */
function unambiguous(text: string, wrapAt: number): string {
  const pieces = Array.from(new TextEncoder().encode(text), (byte) => {
    const letter = String.fromCharCode(byte)
    return NAMED[letter] ?? (byte < 32 || byte > 126 ? `\\${byte.toString(8).padStart(3, '0')}` : letter)
  })
  let [made, width] = ['', 0]
  for (const piece of pieces) {
    if (wrapAt > 1 && width + piece.length > wrapAt - 1) [made, width] = [`${made}\\\n`, 0]
    made += piece
    width += piece.length
  }
  return `${made}$\n`
}
