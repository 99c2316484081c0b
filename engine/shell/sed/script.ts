/** Models GNU sed 4.9's compile.c: a script as commands, and its messages. Not modelled: --debug, -s's F before a file. */
import { posixSource, RegexMistake } from './regex.ts'

/** A text with `expression #1, char 3: …` before it. */
export class ScriptMistake extends Error {
  constructor(
    message: string,
    readonly code = 1,
  ) {
    super(message)
  }
}

/** One -e, one -f file or the first operand. */
export interface Fragment {
  text: string
  /** The file's name, when it is one. */
  file?: string
}

/** Undefined: the last expression that was used. */
export type Regex = RegExp | undefined

export type Address =
  | { kind: 'line'; line: number }
  | { kind: 'step'; first: number; step: number }
  | { kind: 'last' }
  | { kind: 'regex'; regex: Regex }
  /** As second address only: `+N`, `~N`. */
  | { kind: 'more'; lines: number }
  | { kind: 'multiple'; of: number }

export type Case = 'U' | 'L' | 'u' | 'l' | 'E'
export type Piece = { text: string } | { group: number } | { turn: Case }

export interface Substitution {
  regex: Regex
  pieces: Piece[]
  global: boolean
  nth: number
  print: boolean
  file?: string
}

export interface Command {
  name: string
  from?: Address
  to?: Address
  negated: boolean
  /** Text of a, i, c; file of r, R, w, W; label of b, t, T, `:`. */
  text?: string
  /** Of q, Q, l, L. */
  number?: number
  substitution?: Substitution
  letters?: [from: string[], to: string[]]
  /** Where the block ends: the index of its `}`. */
  end?: number
}

const NO_TO = new Set(['=x', 'q', 'Q'])

/** Reads the whole script. */
export function parseScript(fragments: readonly Fragment[], extended: boolean): Command[] {
  const reader = new Reader(joined(fragments), extended)
  return reader.commands()
}

/** An -e that ends in a backslash goes on in the next one. */
function joined(fragments: readonly Fragment[]): Fragment[] {
  const made: Fragment[] = []
  for (const fragment of fragments) {
    const last = made.at(-1)
    if (last !== undefined && last.file === undefined && /(^|[^\\])(\\\\)*\\$/.test(last.text))
      made[made.length - 1] = { ...last, text: `${last.text}\n${fragment.text}` }
    else made.push(fragment)
  }
  return made
}

class Reader {
  private at = 0
  private fragment = 0
  private readonly made: Command[] = []
  private readonly open: number[] = []

  constructor(
    private readonly fragments: readonly Fragment[],
    private readonly extended: boolean,
  ) {}

  private get text(): string {
    return this.fragments[this.fragment]?.text ?? ''
  }

  private peek(): string {
    return this.text.charAt(this.at)
  }

  private take(): string {
    return this.text.charAt(this.at++)
  }

  private fail(message: string, at = Math.min(this.at, this.text.length)): never {
    const file = this.fragments[this.fragment]?.file
    const line = this.text.slice(0, at).split('\n').length
    const where = file === undefined ? `-e expression #${this.fragment + 1}, char ${at}` : `file ${file} line ${line}`
    throw new ScriptMistake(`${where}: ${message}`)
  }

  private blanks(): void {
    while (/[ \t]/.test(this.peek())) this.at++
  }

  private spaces(): void {
    while (/[\s;]/.test(this.peek())) this.at++
  }

  commands(): Command[] {
    for (; this.fragment < this.fragments.length; this.fragment++) {
      this.at = 0
      for (this.spaces(); this.at < this.text.length; this.spaces()) this.command()
    }
    this.fragment--
    if (this.open.length > 0) this.fail("unmatched `{'", 0)
    const labels = new Set(this.made.flatMap(({ name, text }) => (name === ':' ? [text] : [])))
    for (const { name, text } of this.made)
      if ('btT'.includes(name) && text !== '' && !labels.has(text))
        throw new ScriptMistake(`can't find label for jump to \`${text}'`, 4)
    return this.made
  }

  private command(): void {
    const from = this.address(false)
    let to: Address | undefined
    if (from !== undefined) {
      this.blanks()
      if (this.peek() === ',') {
        this.at++
        this.blanks()
        to = this.address(true)
        if (to === undefined) this.fail("unexpected `,'", this.at + 1)
      }
      if (from.kind === 'line' && from.line === 0 && to?.kind !== 'regex') this.fail('invalid usage of line address 0', this.at + 1) // prettier-ignore
      this.blanks()
    }
    let negated = false
    while (this.peek() === '!') {
      if (negated) this.fail("multiple `!'s", this.at + 1)
      negated = true
      this.at++
      this.blanks()
    }
    const name = this.take()
    if (name === '' || (name === '\n' && from !== undefined)) this.fail('missing command')
    const command: Command = { name, negated, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
    this.read(command)
  }

  private address(second: boolean): Address | undefined {
    const letter = this.peek()
    if (/\d/.test(letter)) {
      const line = this.digits()
      if (second || this.peek() !== '~') return { kind: 'line', line }
      this.at++
      return { kind: 'step', first: line, step: this.digits() }
    }
    if (second && (letter === '+' || letter === '~')) {
      this.at++
      const number = this.digits()
      return letter === '+' ? { kind: 'more', lines: number } : { kind: 'multiple', of: number }
    }
    if (letter === '$') {
      this.at++
      return { kind: 'last' }
    }
    if (letter !== '/' && letter !== '\\') return undefined
    this.at++
    const delimiter = letter === '/' ? '/' : this.take()
    const source = this.slashed(delimiter, true)
    if (source === undefined) this.fail('unterminated address regex')
    let flags = ''
    for (; 'IM'.includes(this.peek()) && this.peek() !== ''; this.at++) flags += this.peek() === 'I' ? 'i' : 'm'
    return { kind: 'regex', regex: this.regex(source, flags).regex }
  }

  private digits(): number {
    const found = /^\d*/.exec(this.text.slice(this.at))?.[0] ?? ''
    this.at += found.length
    return Number(found)
  }

  /** Up to the delimiter; undefined: there is none on this line. */
  private slashed(delimiter: string, isRegex: boolean): string | undefined {
    let made = ''
    for (let letter = this.take(); letter !== '' && letter !== '\n'; letter = this.take()) {
      if (letter === delimiter) return made
      if (letter === '[' && isRegex) {
        const set = this.bracket()
        if (set === undefined) return undefined
        made += set
        continue
      }
      if (letter !== '\\') {
        made += letter
        continue
      }
      const next = this.take()
      if (next === '') break
      if (next === 'n' && isRegex) made += '\n'
      else made += next === '\n' ? (isRegex ? '\n' : '\\\n') : next === delimiter && (isRegex || next !== '&') ? next : `\\${next}` // prettier-ignore
    }
    return undefined
  }

  /** The rest of a bracket expression, in which the delimiter is a letter like others. */
  private bracket(): string | undefined {
    const set = /^\[\^?\]?(?:\[:\w+:\]|[^\]\n])*\]/.exec(this.text.slice(this.at - 1))?.[0]
    this.at = set === undefined ? this.text.length : this.at + set.length - 1
    return set
  }

  private regex(source: string, flags: string): { regex: Regex; groups: number } {
    if (source === '') return { regex: undefined, groups: 9 }
    try {
      const read = posixSource(source, this.extended)
      return { regex: new RegExp(read.source, `gs${flags}`), groups: read.groups }
    } catch (mistake) {
      return this.fail(mistake instanceof RegexMistake ? mistake.message : 'Invalid preceding regular expression')
    }
  }

  private read(command: Command): void {
    const { name } = command
    if (name === '#') {
      if (command.from !== undefined) this.fail("comments don't accept any addresses")
      const end = this.text.indexOf('\n', this.at)
      this.at = end < 0 ? this.text.length : end + 1
      return
    }
    if (name === '}') {
      const open = this.open.pop()
      if (open === undefined) this.fail("unexpected `}'")
      ;(this.made[open] as Command).end = this.made.length
      this.made.push(command)
      return this.finish()
    }
    if (NO_TO.has(name) && command.to !== undefined) this.fail('command only uses one address')
    if (name === '{') this.open.push(this.made.length)
    else if ('aic'.includes(name)) command.text = this.words()
    else if (name === ':') this.label(command)
    else if ('btT'.includes(name)) {
      this.blanks()
      command.text = this.until(/[\s;}]/)
      this.finish()
    } else if ('rRwW'.includes(name)) {
      this.blanks()
      command.text = this.until(/\n/)
      if (command.text === '') this.fail('missing filename in r/R/w/W commands')
    } else if ('qQlL'.includes(name)) {
      this.blanks()
      if (/\d/.test(this.peek())) command.number = this.digits()
      this.finish()
    } else if (name === 's') this.substitute(command)
    else if (name === 'y') this.translate(command)
    else if (name === 'e') throw new ScriptMistake('not simulated: the e command')
    else if ('=dDgGhHnNpPxzF'.includes(name)) this.finish()
    else this.fail(`unknown command: \`${name}'`)
    this.made.push(command)
  }

  private until(stop: RegExp): string {
    let made = ''
    while (this.at < this.text.length && !stop.test(this.peek())) made += this.take()
    return made
  }

  private label(command: Command): void {
    if (command.from !== undefined) this.fail(": doesn't want any addresses")
    this.blanks()
    command.text = this.until(/[\s;]/)
    if (command.text === '') this.fail('":" lacks a label')
  }

  /** Nothing but `;`, `}`, a comment or the line's end may follow. */
  private finish(): void {
    this.blanks()
    if (!/^$|[\n;}#]/.test(this.peek())) this.fail('extra characters after command', this.at + 1)
  }

  /** The text of a, i and c: `a\` and lines, `a text`, and `a\text` on one line, which keeps its blanks. */
  private words(): string {
    this.blanks()
    if (this.peek() === '') this.fail("expected \\ after `a', `c' or `i'")
    if (this.text.slice(this.at) === '\\') {
      this.at++
      return ''
    }
    if (this.peek() === '\\') {
      const rest = this.text.slice(this.at + 1)
      const line = /^[ \t]*\n/.exec(rest)?.[0]
      this.at += 1 + (line?.length ?? 0)
      if (line === undefined && rest !== '' && !/[ \t]/.test(rest.charAt(0)) && rest.charAt(0) !== '\\') return this.take() + this.line() // prettier-ignore
    }
    return this.line()
  }

  private line(): string {
    let made = ''
    for (let letter = this.take(); letter !== '' && letter !== '\n'; letter = this.take()) {
      if (letter !== '\\') made += letter
      else if (this.at < this.text.length) made += this.escape(this.take())
    }
    return `${made}\n`
  }

  private escape(letter: string): string {
    const control = { n: '\n', t: '\t', f: '\f', v: '\v', r: '\r', a: '\x07' }[letter]
    if (control !== undefined) return control
    const [all, kind, hex, decimal] = /^(?:(x)([\da-fA-F]{1,2})|d(\d{3}))/.exec(letter + this.text.slice(this.at)) ?? []
    if (all === undefined) return letter
    this.at += all.length - 1
    return String.fromCharCode(kind === 'x' ? parseInt(hex ?? '0', 16) : Number(decimal))
  }

  private substitute(command: Command): void {
    const delimiter = this.take()
    const source = delimiter === '\n' || delimiter === '\\' ? undefined : this.slashed(delimiter, true)
    const replacement = source === undefined ? undefined : this.slashed(delimiter, false)
    if (source === undefined || replacement === undefined) this.fail("unterminated `s' command")
    const made: Substitution = {
      regex: undefined,
      pieces: this.pieces(replacement),
      global: false,
      nth: 0,
      print: false,
    }
    let flags = ''
    for (;;) {
      const flag = this.peek()
      if (flag === 'g' || flag === 'p') {
        const key = flag === 'g' ? 'global' : 'print'
        if (made[key]) this.fail(`multiple \`${flag}' options to \`s' command`, this.at + 1)
        made[key] = true
      } else if (/[iI]/.test(flag)) flags += flags.includes('i') ? '' : 'i'
      else if (/[mM]/.test(flag)) flags += flags.includes('m') ? '' : 'm'
      else if (/\d/.test(flag)) {
        if (made.nth > 0) this.fail("multiple number options to `s' command", this.at + 1)
        made.nth = this.digits()
        if (made.nth === 0) this.fail("number option to `s' command may not be zero")
        continue
      } else if (flag === ' ' || flag === '\t') {
        this.blanks()
        continue
      } else if (flag === 'w') {
        this.at++
        this.blanks()
        made.file = this.until(/\n/)
        if (made.file === '') this.fail('missing filename in r/R/w/W commands')
        break
      } else if (flag === 'e') throw new ScriptMistake("not simulated: the s command's e flag")
      else break
      this.at++
    }
    this.blanks()
    if (!/^$|[\n;}#]/.test(this.peek())) this.fail("unknown option to `s'", this.at + 1)
    const { regex, groups } = this.regex(source, flags)
    for (const piece of made.pieces)
      if ('group' in piece && piece.group > groups)
        this.fail(`invalid reference \\${piece.group} on \`s' command's RHS`)
    command.substitution = { ...made, regex }
  }

  private pieces(text: string): Piece[] {
    const made: Piece[] = []
    const add = (more: string): void => {
      const last = made.at(-1)
      if (last !== undefined && 'text' in last) last.text += more
      else made.push({ text: more })
    }
    for (let at = 0; at < text.length; at++) {
      const letter = text.charAt(at)
      if (letter === '&') made.push({ group: 0 })
      else if (letter !== '\\') add(letter)
      else {
        const next = text.charAt(++at)
        const code = /^x([\da-fA-F]{1,2})/.exec(text.slice(at))
        if (/\d/.test(next)) made.push({ group: Number(next) })
        else if (/[ULulE]/.test(next)) made.push({ turn: next as Case })
        else if (code !== null) {
          add(String.fromCharCode(parseInt(code[1] ?? '0', 16)))
          at += code[0].length - 1
        } else add({ n: '\n', t: '\t', f: '\f', v: '\v', r: '\r', a: '\x07' }[next] ?? next)
      }
    }
    return made
  }

  private translate(command: Command): void {
    const delimiter = this.take()
    const from = this.slashed(delimiter, false)
    const to = from === undefined ? undefined : this.slashed(delimiter, false)
    if (from === undefined || to === undefined) this.fail("unterminated `y' command")
    const letters = (text: string): string[] =>
      [...text.matchAll(/\\([^])|[^]/g)].map(([all, one]) => (one === undefined ? all : one === 'n' ? '\n' : one === 't' ? '\t' : one)) // prettier-ignore
    command.letters = [letters(from), letters(to)]
    if (command.letters[0].length !== command.letters[1].length)
      this.fail("strings for `y' command are different lengths")
    this.finish()
  }
}
