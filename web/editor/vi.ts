/** vi's keys over CodeMirror: the ex commands that write and quit, ZZ and ZQ. */
import { Vim, vim } from '@replit/codemirror-vim'
import type { CodeMirror } from '@replit/codemirror-vim'
import type { Extension } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import type { EditSession } from './session.ts'

const UNSAVED = 'E37: No write since last change (add ! to override)'

/** Ex commands are known to all vi's of the page; each finds its own session. */
const sessions = new WeakMap<EditorView, EditSession>()

type Ex = (session: EditSession, forced: boolean, cm: CodeMirror) => void

function quit(session: EditSession, forced: boolean, cm: CodeMirror): void {
  if (session.isModified() && !forced) return complain(cm, UNSAVED)
  session.close()
}

function writeAndQuit(session: EditSession): void {
  session.write()
  session.close()
}

function complain(cm: CodeMirror, text: string): void {
  const line = document.createElement('span')
  line.setAttribute('role', 'alert')
  line.textContent = text
  cm.openNotification(line, { bottom: true, duration: 4_000 })
}

const COMMANDS: [name: string, short: string, ex: Ex][] = [
  ['write', 'w', (session) => session.write()],
  ['quit', 'q', quit],
  ['wq', 'wq', writeAndQuit],
  ['xit', 'x', writeAndQuit],
  ['qall', 'qa', quit],
  ['wqall', 'wqa', writeAndQuit],
]

let defined = false

function defineOnce(): void {
  if (defined) return
  defined = true
  for (const [name, short, ex] of COMMANDS) {
    Vim.defineEx(name, short, (cm: CodeMirror, params: { argString?: string }) => {
      const session = sessions.get(cm.cm6)
      if (session !== undefined) ex(session, params.argString?.trim() === '!', cm)
    })
  }
  Vim.map('ZZ', ':wq<CR>', 'normal')
  Vim.map('ZQ', ':q!<CR>', 'normal')
}

/** The keys of vi for a view; `adopt` ties the view to its session once it exists. */
export function viKeys(): Extension {
  defineOnce()
  return vim({ status: true })
}

export function adoptVi(view: EditorView, session: EditSession): void {
  sessions.set(view, session)
}
