/** The lines that sed reads: several files as one, or each for itself. A file is opened when its turn comes. */
import type { Proc, Run } from '../../host/process.ts'
import { errnoText } from '../redirect.ts'
import { openInput } from '../core/input.ts'
import { ScriptMistake } from './script.ts'

/** One open text, read piece by piece, with one line seen ahead when somebody asks. */
class Lines {
  private rest = ''
  private ended = false

  constructor(
    private readonly p: Proc,
    private readonly fd: number,
    private readonly separator: string,
  ) {}

  /** The next line with its newline, if it has one. */
  *next(): Run<string | undefined> {
    yield* this.fill()
    if (this.rest === '') return undefined
    const at = this.rest.indexOf(this.separator)
    const line = at < 0 ? this.rest : this.rest.slice(0, at + 1)
    this.rest = this.rest.slice(line.length)
    return line
  }

  *hasMore(): Run<boolean> {
    if (this.rest === '') yield* this.fill()
    return this.rest !== ''
  }

  private *fill(): Run<void> {
    while (!this.ended && !this.rest.includes(this.separator)) {
      const piece = yield* this.p.read(this.fd)
      if (piece === null) this.ended = true
      else this.rest += piece
    }
  }

  *close(): Run<void> {
    if (this.fd !== 0) yield* this.p.closeFd(this.fd)
  }
}

export class SedInput {
  lineNumber = 0
  /** The file at hand; `-` is stdin. */
  name = '-'
  /** Whether the line at hand lacks its newline. */
  isUnended = false
  /** 2 once a file could not be read. */
  code = 0
  private lines: Lines | undefined
  private at = 0
  private readonly sides = new Map<string, Lines | undefined>()

  constructor(
    private readonly p: Proc,
    private readonly names: readonly string[],
    private readonly separator: string,
    /** Whether `$` is the last line of each file, and numbers begin anew. */
    private readonly separate: boolean,
  ) {}

  /** The next line, without its newline. */
  *next(): Run<string | undefined> {
    if (!(yield* this.ready())) return undefined
    const line = (yield* this.lines!.next()) ?? ''
    this.lineNumber++
    this.isUnended = !line.endsWith(this.separator)
    return this.isUnended ? line : line.slice(0, -1)
  }

  /** Whether no line follows: of this file, or, for `anyFile`, of all. */
  *isLast(anyFile: boolean): Run<boolean> {
    if (this.lines !== undefined && (yield* this.lines.hasMore())) return false
    if (this.separate && !anyFile) return true
    if (this.separate) return this.at >= this.names.length
    return !(yield* this.ready())
  }

  /** Opens files until one has a line. */
  private *ready(): Run<boolean> {
    while (this.lines === undefined || !(yield* this.lines.hasMore())) {
      if (this.lines !== undefined) yield* this.lines.close()
      this.lines = undefined
      const name = this.names[this.at++]
      if (name === undefined) return false
      const fd = yield* this.opened(name)
      if (fd === undefined) continue
      this.name = name
      if (this.separate) this.lineNumber = 0
      this.lines = new Lines(this.p, fd, this.separator)
    }
    return true
  }

  private *opened(name: string): Run<number | undefined> {
    if (name === '-') return 0
    const stat = yield* this.p.stat(name)
    if ('kind' in stat && stat.kind === 'directory') {
      const why = this.separate ? `couldn't edit ${name}: not a regular file` : `read error on ${name}: Is a directory`
      if (!this.separate) throw new ScriptMistake(why, 4)
      yield* this.p.err(`sed: ${why}\n`)
      this.code = 4
      return undefined
    }
    const file = yield* this.p.openFile(name, 'r')
    if ('fd' in file) return file.fd
    yield* this.p.err(`sed: can't read ${name}: ${errnoText(file.error)}\n`)
    this.code = 2
    return undefined
  }

  /** The next line of another file, for R. */
  *side(name: string): Run<string | undefined> {
    if (!this.sides.has(name)) {
      const fd = 'kind' in (yield* this.p.stat(name)) ? yield* openInput(this.p, 'sed', name) : undefined
      this.sides.set(name, fd === undefined ? undefined : new Lines(this.p, fd, '\n'))
    }
    const lines = this.sides.get(name)
    return lines === undefined ? undefined : (yield* lines.next())?.replace(/\n$/, '')
  }
}
