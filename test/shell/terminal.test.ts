import { describe, expect, it } from 'vitest'
import { registerCompleter, Terminals } from '../../engine/shell/index.ts'
import { underTripwire } from '../../engine/kernel/tripwire.ts'
import { advance, makeBox } from './box.ts'
import type { Box } from './box.ts'

class Person {
  screen = ''
  readonly terminals: Terminals

  constructor(readonly box: Box) {
    this.terminals = new Terminals(box.table)
    box.table.observe({ onOutput: (_id, text) => void (this.screen += text) })
  }

  async sits(): Promise<this> {
    this.terminals.open('t', { host: 'base', user: 'candidate', columns: 80, rows: 24 })
    await this.waits(10)
    return this
  }

  async waits(ms: number): Promise<void> {
    await advance(this.box.kernel, this.box.edge, this.box.kernel.now + ms)
  }

  /** Types keys one after the other and gives back what the terminal showed meanwhile. */
  async types(...keys: string[]): Promise<string> {
    const from = this.screen.length
    for (const key of keys) {
      this.terminals.input('t', key)
      await this.waits(20)
    }
    return this.screen.slice(from).replace(/\r\n/g, '\n')
  }
}

const PROMPT = 'candidate@base:~$ '

describe('a terminal', () => {
  it('prompts, echoes, runs', async () => {
    const person = await new Person(makeBox()).sits()
    expect(person.screen).toBe(PROMPT)
    expect(await person.types('echo hi\r')).toBe(`echo hi\nhi\n${PROMPT}`)
    expect(person.screen).toContain('\r\n')
    expect(person.terminals.isAtPrompt('t')).toBe(true)
  })

  it('asks for the rest of a block', async () => {
    const person = await new Person(makeBox()).sits()
    expect(await person.types('for i in 1 2; do\r', 'echo $i\r', 'done\r')).toBe(
      `for i in 1 2; do\n> echo $i\n> done\n1\n2\n${PROMPT}`,
    )
  })

  it('stops with Ctrl-Z, goes on with bg and fg, ends with Ctrl-C', async () => {
    const person = await new Person(makeBox()).sits()
    expect(await person.types('sleep 100\r', '\x1a')).toBe(
      `sleep 100\n^Z\n[1]+  Stopped                 sleep 100\n${PROMPT}`,
    )
    expect(await person.types('bg\r')).toBe(`bg\n[1]+ sleep 100 &\n${PROMPT}`)
    expect(await person.types('jobs\r')).toBe(`jobs\n[1]+  Running                 sleep 100 &\n${PROMPT}`)
    expect(await person.types('fg\r')).toBe('fg\nsleep 100\n')
    expect(person.terminals.isAtPrompt('t')).toBe(false)
    expect(await person.types('\x03', 'echo $?\r')).toBe(`^C\n${PROMPT}echo $?\n130\n${PROMPT}`)
  })

  it('leaves a busy loop with Ctrl-C', async () => {
    const person = await new Person(makeBox()).sits()
    expect(await person.types('while true; do :; done\r', '\x03')).toBe(`while true; do :; done\n^C\n${PROMPT}`)
  })

  it('reports a background job when it is done', async () => {
    const person = await new Person(makeBox()).sits()
    expect(await person.types('sleep 1 &\r')).toMatch(/^sleep 1 &\n\[1\] \d+\n/)
    await person.waits(2000)
    expect(await person.types('\r')).toBe(`\n[1]+  Done                    sleep 1\n${PROMPT}`)
  })

  it('gives a program its lines and its end of file', async () => {
    const person = await new Person(makeBox()).sits()
    expect(await person.types('cat\r', 'ab\x7fc\r', '\x04')).toBe(`cat\nab\b \bc\nac\n${PROMPT}`)
  })

  it('edits: kill, yank, move, search', async () => {
    const person = await new Person(makeBox()).sits()
    await person.types('echo one two\r')
    expect(await person.types('xecho three\x01\x1b[3~\x05 four\x17five\r')).toContain('\nthree five\n')
    expect(await person.types('\x12one', '\r')).toContain('\none two\n')
    expect(await person.types('\x1b[A\x1b[A', '\r')).toContain('\nthree five\n')
    expect(await person.types('echo \x1b[200~a\tb\x1b[201~', '\r')).toContain('\na b\n')
  })

  it('completes commands, files, and what a program knows; an alias too', async () => {
    registerCompleter('flyctl', function* (_program, words) {
      return words.length === 2 ? ['get', 'describe', 'delete'] : undefined
    })
    const person = await new Person(
      makeBox({
        flyctl: function* (argv, p) {
          yield* p.out(`${argv.slice(1).join(',')}\n`)
          return 0
        },
      }),
    ).sits()
    expect(await person.types('cd /tm\t', '\r')).toBe('cd /tmp/\ncandidate@base:/tmp$ ')
    expect(await person.types('alias f=flyctl\r', 'f g\t', '\r')).toContain('f get \nget\n')
    expect(await person.types('f de\t\t', '\x03')).toContain('delete    describe\n')
  })

  it('opens files in the editor of whoever owns the terminal', async () => {
    const box = makeBox({
      vi: function* (argv, p) {
        const done = yield* p.edit(argv[1] ?? '', 'vi')
        yield* p.out(`${JSON.stringify(done)}\n`)
        return 0
      },
    })
    const asked: { id: number; path: string; text: string }[] = []
    const person = await new Person(box).sits()
    box.table.observe({ onEdit: (_id, request) => void asked.push(request) })
    await person.types('echo old > f; vi f\r')
    expect(asked).toMatchObject([{ path: '/home/candidate/f', text: 'old\n' }])
    person.terminals.edited('t', asked[0]?.id ?? 0, 'new\n')
    await person.waits(10)
    expect(await person.types('cat f\r')).toBe(`cat f\nnew\n${PROMPT}`)
  })

  it('comes back from a snapshot with its variables, history, and half a line', async () => {
    const person = await new Person(makeBox()).sits()
    await person.types('x=kept; f() { echo "f $x"; }\r', '{ sleep 3; echo woke; } &\r', 'ec')
    const snapshot = person.box.kernel.snapshot()
    const box = makeBox()
    box.kernel.restore(snapshot)
    const other = new Person(box)
    await other.waits(5000)
    expect(other.screen).toBe('woke\r\n')
    expect(await other.types('ho $(f)\r')).toContain('f kept\n')
    expect(await other.types('history | tail -1\r')).toContain('history | tail -1\n')
  })

  it('comes back from a snapshot taken while a command runs', async () => {
    const person = await new Person(makeBox()).sits()
    await person.types('for i in 1 2 3; do echo turn $i; sleep 1; done; echo over\r')
    await person.waits(1000)
    const box = makeBox()
    box.kernel.restore(person.box.kernel.snapshot())
    const other = new Person(box)
    await other.waits(5000)
    expect(other.screen.replace(/\r\n/g, '\n')).toBe(`turn 3\nover\n${PROMPT}`)
  })

  it('keeps within the tripwire', () => {
    const box = makeBox()
    const person = new Person(box)
    underTripwire(() => {
      person.terminals.open('t', { host: 'base', user: 'candidate', columns: 80, rows: 24 })
      person.terminals.input('t', 'x=$(seq 3 | sort -r); echo $x; printf "%(%F)T\\n"; date +%F\r')
      box.kernel.runUntil(1000)
    })
    expect(person.screen).toContain('3 2 1\r\n2026-01-01\r\n2026-01-01\r\n')
  })
})
