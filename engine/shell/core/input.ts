/** Input files of text programs: `-` and no operand mean stdin; each is read as it comes. */
import type { Proc, Run } from '../../host/process.ts'
import { errnoText } from '../redirect.ts'

/** Opens an operand; undefined (and a message) when that fails. */
export function* openInput(p: Proc, program: string, name: string): Run<number | undefined> {
  if (name === '-') return 0
  const stat = yield* p.stat(name)
  if ('kind' in stat && stat.kind === 'directory') {
    yield* p.err(`${program}: ${name}: Is a directory\n`)
    return undefined
  }
  const opened = yield* p.openFile(name, 'r')
  if ('fd' in opened) return opened.fd
  yield* p.err(
    `${program}: ${program === 'head' || program === 'tail' ? `cannot open '${name}' for reading` : name}: ${errnoText(opened.error)}\n`,
  )
  return undefined
}

/** Reads lines with their newline, one at a time; buffers, so use it only for a descriptor that is read to its end. */
export class LineReader {
  private rest = ''
  private ended = false

  constructor(
    private readonly p: Proc,
    private readonly fd: number,
  ) {}

  *next(): Run<string | null> {
    for (;;) {
      const newline = this.rest.indexOf('\n')
      if (newline >= 0) {
        const line = this.rest.slice(0, newline + 1)
        this.rest = this.rest.slice(newline + 1)
        return line
      }
      if (this.ended) {
        const last = this.rest
        this.rest = ''
        return last === '' ? null : last
      }
      const piece = yield* this.p.read(this.fd)
      if (piece === null) this.ended = true
      else this.rest += piece
    }
  }
}

/** Splits single-letter flags off: `-n5`, `-n 5`, `-rv`. `withValue` are the letters that take a value. */
export function parseFlags(
  argv: readonly string[],
  withValue: string,
  long: Readonly<Record<string, string>> = {},
): { flags: Record<string, string>; operands: string[] } {
  const flags: Record<string, string> = {}
  const operands: string[] = []
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (word === '--') {
      operands.push(...argv.slice(at + 1))
      break
    }
    if (word.startsWith('--')) {
      const [name = '', value] = word.slice(2).split(/=(.*)/s)
      const letter = long[name] ?? `--${name}`
      flags[letter] = withValue.includes(letter) ? (value ?? argv[++at] ?? '') : (value ?? '')
    } else if (word.length > 1 && word.startsWith('-')) {
      for (let index = 1; index < word.length; index++) {
        const letter = word.charAt(index)
        if (!withValue.includes(letter)) {
          flags[letter] = ''
          continue
        }
        flags[letter] = word.slice(index + 1) || (argv[++at] ?? '')
        break
      }
    } else operands.push(word)
  }
  return { flags, operands }
}

/** Reads an operand whole. */
export function* readWhole(p: Proc, program: string, name: string): Run<string | undefined> {
  if (name === '-') return yield* p.readAll(0)
  const fd = yield* openInput(p, program, name)
  if (fd === undefined) return undefined
  const text = yield* p.readAll(fd)
  if (fd !== 0) yield* p.closeFd(fd)
  return text
}
