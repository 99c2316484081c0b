/** The terminals of one attempt as the server keeps them: what was shown, for a page that comes back. */
import type { TerminalView } from './contract.ts'

export interface EditRequest {
  path: string
  text: string
  editor: 'vi' | 'nano'
}

export interface Terminal {
  view: TerminalView
  scrollback: string
  /** An editor is open in it and waits for its text. */
  edit?: EditRequest
}

export interface TerminalsState {
  serial: number
  terminals: Terminal[]
}

interface Rate {
  startedMs: number
  sent: number
  cut: number
}

export class Terminals {
  private serial = 0
  private byId = new Map<string, Terminal>()
  private unsent = new Map<string, string>()
  private rates = new Map<string, Rate>()

  constructor(private readonly limits: { scrollbackCharacters: number; outputCharactersPerSecond: number }) {}

  get size(): number {
    return this.byId.size
  }

  list(): TerminalView[] {
    return [...this.byId.values()].map(({ view }) => view)
  }

  get(id: string): Terminal | undefined {
    return this.byId.get(id)
  }

  /** Terminals in which an editor waits. */
  edits(): [string, EditRequest][] {
    return [...this.byId].flatMap(([id, { edit }]) => (edit === undefined ? [] : [[id, edit] as [string, EditRequest]]))
  }

  nextId(): string {
    return `t${++this.serial}`
  }

  add(view: TerminalView): void {
    this.byId.set(view.id, { view, scrollback: '' })
  }

  remove(id: string): void {
    this.byId.delete(id)
    this.unsent.delete(id)
    this.rates.delete(id)
  }

  output(id: string, text: string): void {
    const terminal = this.byId.get(id)
    if (terminal === undefined) return
    const kept = terminal.scrollback + text
    const max = this.limits.scrollbackCharacters
    terminal.scrollback = kept.length > max * 1.5 ? kept.slice(lineStart(kept, kept.length - max)) : kept
    this.unsent.set(id, (this.unsent.get(id) ?? '') + text)
  }

  scrollback(): Record<string, string> {
    return Object.fromEntries([...this.byId].map(([id, terminal]) => [id, terminal.scrollback]))
  }

  /** What was not sent yet, within the rate; the rest is dropped with a message. */
  takeUnsent(nowMs: number): [string, string][] {
    const taken = [...this.unsent].map(([id, text]): [string, string] => [id, this.withinRate(id, text, nowMs)])
    this.unsent.clear()
    return taken.filter(([, text]) => text !== '')
  }

  private withinRate(id: string, text: string, nowMs: number): string {
    let rate = this.rates.get(id)
    let notice = ''
    if (rate === undefined || nowMs - rate.startedMs > 1_000) {
      if (rate !== undefined && rate.cut > 0) notice = `\r\n[kubeflight: ${rate.cut} characters of output were cut]\r\n`
      rate = { startedMs: nowMs, sent: 0, cut: 0 }
      this.rates.set(id, rate)
    }
    const room = Math.max(0, this.limits.outputCharactersPerSecond - rate.sent)
    const shown = text.length <= room ? text : text.slice(0, room)
    rate.sent += shown.length
    rate.cut += text.length - shown.length
    return notice + shown
  }

  dump(): TerminalsState {
    return { serial: this.serial, terminals: [...this.byId.values()] }
  }

  load({ serial, terminals }: TerminalsState): void {
    this.serial = serial
    this.byId = new Map(terminals.map((terminal) => [terminal.view.id, terminal]))
    this.unsent.clear()
  }
}

/** Scroll-back starts at a line, so that no escape sequence is cut in two. */
function lineStart(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  return newline === -1 ? from : newline + 1
}
