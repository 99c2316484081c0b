/** xterm.js as the page uses it: its look, its keys for the clipboard, its size. */
import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import type { ITheme } from '@xterm/xterm'
import { readClipboard, writeClipboard } from '../parts/clipboard.ts'

const THEME: ITheme = {
  background: '#10161f',
  foreground: '#dde5ee',
  cursor: '#82b1ff',
  cursorAccent: '#10161f',
  selectionBackground: '#2c4a78',
  black: '#3a4658',
  red: '#ff8f85',
  green: '#7bd69c',
  yellow: '#efc46f',
  blue: '#8ab8ff',
  magenta: '#d3a5f5',
  cyan: '#74d3da',
  white: '#dde5ee',
  brightBlack: '#8896aa',
  brightRed: '#ffb0a8',
  brightGreen: '#9fe6b8',
  brightYellow: '#f7d893',
  brightBlue: '#b0d0ff',
  brightMagenta: '#e4c5fb',
  brightCyan: '#9fe6eb',
  brightWhite: '#ffffff',
}

const FONT =
  "ui-monospace, 'Cascadia Mono', 'SF Mono', 'JetBrains Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

/** Below this width a smaller letter keeps the usual tables of kubectl on one line. */
const NARROW_PX = 760

export interface ScreenOptions {
  onInput(text: string): void
  onResize(columns: number, rows: number): void
  /** F6: the keyboard leaves the terminal, forwards or back. */
  onLeave(back: boolean): void
  label: string
}

export class TerminalScreen {
  readonly terminal: Terminal
  private fitter = new FitAddon()
  private observer: ResizeObserver
  /** While old output is drawn again, the terminal's own answers to it are not input. */
  private restoring = 0

  constructor(box: HTMLElement, options: ScreenOptions) {
    const terminal = new Terminal({
      fontFamily: FONT,
      fontSize: box.clientWidth < NARROW_PX ? 13 : 14,
      lineHeight: 1.15,
      scrollback: 10_000,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      minimumContrastRatio: 4.5,
      rightClickSelectsWord: false,
      theme: THEME,
    })
    this.terminal = terminal
    terminal.loadAddon(this.fitter)
    terminal.open(box)
    terminal.textarea?.setAttribute('aria-label', options.label)
    terminal.onData((text) => {
      if (this.restoring === 0) options.onInput(text)
    })
    terminal.onResize(({ cols, rows }) => options.onResize(cols, rows))
    terminal.attachCustomKeyEventHandler((event) => this.key(event, options))
    this.observer = new ResizeObserver(() => this.fit())
    this.observer.observe(box)
    this.fit()
  }

  get columns(): number {
    return this.terminal.cols
  }

  get rows(): number {
    return this.terminal.rows
  }

  restore(text: string): void {
    this.restoring++
    this.terminal.reset()
    this.terminal.write(text, () => this.restoring--)
  }

  write(text: string): void {
    this.terminal.write(text)
  }

  focus(): void {
    this.terminal.focus()
  }

  dispose(): void {
    this.observer.disconnect()
    this.terminal.dispose()
  }

  async copy(): Promise<boolean> {
    return writeClipboard(this.terminal.getSelection())
  }

  /** Answers false where the browser keeps the clipboard closed. */
  async paste(): Promise<boolean> {
    const text = await readClipboard()
    if (text !== undefined) this.terminal.paste(text)
    this.focus()
    return text !== undefined
  }

  private fit(): void {
    const size = this.fitter.proposeDimensions()
    if (size === undefined || Number.isNaN(size.cols) || Number.isNaN(size.rows)) return
    if (size.cols >= 10 && size.rows >= 3) this.fitter.fit()
  }

  /** Answers whether xterm shall have the key. */
  private key(event: KeyboardEvent, options: ScreenOptions): boolean {
    const pressed = event.type === 'keydown'
    const shifted = event.ctrlKey && event.shiftKey && !event.altKey && !event.metaKey
    if (shifted && event.code === 'KeyC') {
      event.preventDefault()
      if (pressed) void this.copy()
      return false
    }
    // The browser pastes by itself, and xterm takes what it pastes.
    if (event.code === 'KeyV' && (shifted || event.metaKey)) return false
    if (event.key === 'Insert' && event.shiftKey) return false
    if (event.key === 'F6' && !event.ctrlKey && !event.altKey) {
      event.preventDefault()
      if (pressed) options.onLeave(event.shiftKey)
      return false
    }
    return true
  }
}
