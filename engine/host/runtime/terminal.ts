/** A terminal's line discipline in its cooked mode. Models termios(3): ICANON, ECHO, ISIG. */
import type { Signal } from '../signals.ts'
import type { Terminal } from './record.ts'

export function makeTerminal(id: string, size: { columns: number; rows: number }): Terminal {
  return { id, ...size, mode: 'cooked', foreground: 0, line: '', ready: '', end: false, atLineStart: true }
}

interface Typed {
  echo: string
  signals: Signal[]
}

const SIGNAL_KEYS: Record<string, { signal: Signal; echo: string }> = {
  '\x03': { signal: 'INT', echo: '^C' },
  '\x1a': { signal: 'TSTP', echo: '^Z' },
  '\x1c': { signal: 'QUIT', echo: '^\\' },
}

/** Takes what was typed; says what to echo and which signals the foreground group gets. */
export function typeInto(terminal: Terminal, text: string): Typed {
  if (terminal.mode === 'raw') {
    terminal.ready += text
    return { echo: '', signals: [] }
  }
  const typed: Typed = { echo: '', signals: [] }
  for (const key of text) typeKey(terminal, key, typed)
  return typed
}

function typeKey(terminal: Terminal, key: string, typed: Typed): void {
  const signalKey = SIGNAL_KEYS[key]
  if (signalKey !== undefined) {
    terminal.line = ''
    typed.echo += signalKey.echo
    typed.signals.push(signalKey.signal)
  } else if (key === '\r' || key === '\n') {
    terminal.ready += `${terminal.line}\n`
    terminal.line = ''
    typed.echo += '\n'
  } else if (key === '\x7f' || key === '\b') {
    if (terminal.line === '') return
    terminal.line = [...terminal.line].slice(0, -1).join('')
    typed.echo += '\b \b'
  } else if (key === '\x15') {
    typed.echo += '\b \b'.repeat([...terminal.line].length)
    terminal.line = ''
  } else if (key === '\x04') {
    if (terminal.line === '') terminal.end = true
    terminal.ready += terminal.line
    terminal.line = ''
  } else {
    terminal.line += key
    typed.echo += key < ' ' && key !== '\t' ? `^${String.fromCharCode(key.charCodeAt(0) + 64)}` : key
  }
}
