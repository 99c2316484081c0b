/** Where sed writes: its output, which lacks a last newline when the input does, and the files of w. */
import type { Proc, Run } from '../../host/process.ts'

export class SedOutput {
  private lacksNewline = false
  /** Files of w, each with the newline that its last line still lacks. */
  private readonly sides = new Map<string, string>()

  constructor(
    private readonly write: (text: string) => Run<void>,
    private readonly separator: string,
  ) {}

  *line(text: string, unended: boolean): Run<void> {
    yield* this.text(`${text}${unended ? '' : this.separator}`)
    this.lacksNewline = unended
  }

  *text(text: string): Run<void> {
    const before = this.lacksNewline ? this.separator : ''
    this.lacksNewline = false
    yield* this.write(before + text)
  }

  /** Files of w begin empty, also when nothing is written to them. */
  *begin(p: Proc, names: readonly string[]): Run<void> {
    for (const name of names) {
      if (/^\/dev\/std(out|err)$/.test(name) || this.sides.has(name)) continue
      this.sides.set(name, '')
      const done = yield* p.writeFile(name, '')
      if ('error' in done) yield* p.err(`sed: couldn't open file ${name}: Permission denied\n`)
    }
  }

  /** A line for a file of w. */
  *side(p: Proc, name: string, line: string, unended = false): Run<void> {
    const text = `${this.sides.get(name) ?? ''}${line}${unended ? '' : '\n'}`
    if (!unended || this.sides.has(name)) this.sides.set(name, unended ? '\n' : '')
    if (name === '/dev/stdout') yield* p.out(text)
    else if (name === '/dev/stderr') yield* p.err(text)
    else yield* p.writeFile(name, text, { append: true })
  }
}
