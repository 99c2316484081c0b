/** nano's keys over CodeMirror. ^W closes the tab in most browsers, so that F6, nano's other key for it, searches. */
import { deleteLine, redo, undo } from '@codemirror/commands'
import { openSearchPanel } from '@codemirror/search'
import type { Extension } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'

export interface NanoActions {
  write(): void
  exit(): void
}

/** The lines that ^K took and ^U gives back. */
class CutBuffer {
  private lines: string[] = []
  private lastCutAt = -1

  cut(view: EditorView): boolean {
    const line = view.state.doc.lineAt(view.state.selection.main.head)
    if (this.lastCutAt !== line.from) this.lines = []
    this.lines.push(line.text)
    deleteLine(view)
    this.lastCutAt = view.state.doc.lineAt(view.state.selection.main.head).from
    return true
  }

  paste(view: EditorView): boolean {
    if (this.lines.length === 0) return true
    const line = view.state.doc.lineAt(view.state.selection.main.head)
    const insert = this.lines.map((text) => `${text}\n`).join('')
    view.dispatch({ changes: { from: line.from, insert }, selection: { anchor: line.from + insert.length } })
    this.lastCutAt = -1
    return true
  }
}

export function nanoKeys(actions: NanoActions): Extension {
  const buffer = new CutBuffer()
  const run = (act: () => void) => () => {
    act()
    return true
  }
  return keymap.of([
    { key: 'Ctrl-o', run: run(actions.write), preventDefault: true },
    { key: 'Ctrl-s', run: run(actions.write), preventDefault: true },
    { key: 'F3', run: run(actions.write), preventDefault: true },
    { key: 'Ctrl-x', run: run(actions.exit), preventDefault: true },
    { key: 'F2', run: run(actions.exit), preventDefault: true },
    { key: 'Ctrl-k', run: (view) => buffer.cut(view), preventDefault: true },
    { key: 'Ctrl-u', run: (view) => buffer.paste(view), preventDefault: true },
    { key: 'F6', run: openSearchPanel, preventDefault: true },
    { key: 'Alt-u', run: undo, preventDefault: true },
    { key: 'Alt-e', run: redo, preventDefault: true },
  ])
}
