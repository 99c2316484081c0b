/**
 * The line editor as plain data: keys in, terminal text out. Models GNU readline's emacs keys.
 * Not modelled: undo, macros, vi mode, numeric arguments.
 */

export interface LineEditor {
  prompt: string
  columns: number
  text: string
  /** Position in `text`, in UTF-16 units. */
  cursor: number
  /** What Ctrl-K and the like cut last. */
  killed: string
  /** Which history line is shown: 0 is the newest, -1 the line being typed. */
  at: number
  /** The typed line, while history is shown. */
  typed: string
  /** Tabs pressed in a row. */
  tabs: number
  pasting: boolean
  search?: { query: string; at: number; before: string }
}

export interface Pressed {
  output: string
  /** Keys that were not used: after a line's end, or half an escape sequence. */
  left: string
  wantsCompletion: boolean
  done?: { kind: 'line'; line: string } | { kind: 'end' } | { kind: 'interrupted' }
}

export function makeEditor(prompt: string, columns: number): LineEditor {
  return { prompt, columns, text: '', cursor: 0, killed: '', at: -1, typed: '', tabs: 0, pasting: false }
}

/** One key or escape sequence at the start of the input. */
function nextKey(input: string): string | undefined {
  if (!input.startsWith('\x1b')) return String.fromCodePoint(input.codePointAt(0) ?? 0)
  const sequence = /^\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z]|[^[O])/.exec(input)
  return sequence?.[0]
}

export function pressKeys(editor: LineEditor, keys: string, history: readonly string[]): Pressed {
  let output = ''
  let left = keys
  while (left !== '') {
    const key = nextKey(left)
    if (key === undefined) break
    left = left.slice(key.length)
    if (key === '\t' && !editor.pasting && editor.search === undefined) {
      editor.tabs++
      return { output, left, wantsCompletion: true }
    }
    if (!editor.pasting && key !== '\x1b[200~') editor.tabs = 0
    const did = press(editor, key, history)
    output += did.output
    if (did.done !== undefined) return { output, left, wantsCompletion: false, done: did.done }
  }
  return { output, left, wantsCompletion: false }
}

type Did = Pick<Pressed, 'output' | 'done'>
const quiet: Did = { output: '' }

function press(editor: LineEditor, key: string, history: readonly string[]): Did {
  if (editor.search !== undefined) return searchKey(editor, key, history)
  if (editor.pasting && key !== '\x1b[201~') return insert(editor, key === '\r' ? '\n' : key)
  const bound = KEYS[key]
  if (bound !== undefined) return bound(editor, history)
  return key < ' ' || key.startsWith('\x1b') ? quiet : insert(editor, key)
}

/** The visible width of a prompt: what escape sequences write does not count. */
function widthOf(text: string): number {
  let width = 0
  for (const character of text
    .replace(/\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g, '')
    .split('\n')
    .at(-1) ?? '') {
    const code = character.codePointAt(0) ?? 0
    width +=
      code < 32
        ? 0
        : (code >= 0x1100 && code <= 0x115f) ||
            (code >= 0x2e80 && code <= 0xa4cf) ||
            (code >= 0xac00 && code <= 0xd7a3) ||
            (code >= 0xf900 && code <= 0xfaff) ||
            (code >= 0xfe30 && code <= 0xfe6f) ||
            (code >= 0xff00 && code <= 0xff60) ||
            code >= 0x1f300
          ? 2
          : 1
  }
  return width
}

/** Changes the line and draws the difference: everything from the prompt on. */
function redraw(editor: LineEditor, text: string, cursor: number, prompt = editor.prompt): Did {
  const rowBefore = Math.floor((widthOf(editor.prompt) + widthOf(editor.text.slice(0, editor.cursor))) / editor.columns)
  editor.text = text
  editor.cursor = cursor
  const up = rowBefore > 0 ? `\x1b[${rowBefore}A` : ''
  const total = widthOf(prompt) + widthOf(text)
  const at = widthOf(prompt) + widthOf(text.slice(0, cursor))
  const back = Math.floor(total / editor.columns) - Math.floor(at / editor.columns)
  const place =
    cursor === text.length
      ? ''
      : `${back > 0 ? `\x1b[${back}A` : ''}\r${at % editor.columns > 0 ? `\x1b[${at % editor.columns}C` : ''}`
  return { output: `${up}\r\x1b[J${prompt.split('\n').at(-1)}${text}${place}` }
}

function insert(editor: LineEditor, text: string): Did {
  if (editor.cursor === editor.text.length) {
    editor.text += text
    editor.cursor += text.length
    return { output: text }
  }
  return redraw(
    editor,
    editor.text.slice(0, editor.cursor) + text + editor.text.slice(editor.cursor),
    editor.cursor + text.length,
  )
}

function moveTo(editor: LineEditor, cursor: number): Did {
  const place = Math.max(0, Math.min(editor.text.length, cursor))
  return place === editor.cursor ? quiet : redraw(editor, editor.text, place)
}

function remove(editor: LineEditor, from: number, to: number, kill = true): Did {
  if (from >= to) return quiet
  if (kill) editor.killed = editor.text.slice(from, to)
  return redraw(editor, editor.text.slice(0, from) + editor.text.slice(to), from)
}

function characterBefore({ text, cursor }: LineEditor): number {
  return cursor > 1 && /[\udc00-\udfff]/.test(text.charAt(cursor - 1)) ? cursor - 2 : Math.max(0, cursor - 1)
}

function characterAfter({ text, cursor }: LineEditor): number {
  return /[\ud800-\udbff]/.test(text.charAt(cursor)) ? cursor + 2 : Math.min(text.length, cursor + 1)
}

function wordBefore({ text, cursor }: LineEditor, pattern: RegExp): number {
  return pattern.exec(text.slice(0, cursor))?.index ?? cursor
}

function wordAfter({ text, cursor }: LineEditor): number {
  return cursor + (/^\W*\w+|^\W+/.exec(text.slice(cursor))?.[0].length ?? 0)
}

function showHistory(editor: LineEditor, history: readonly string[], step: number): Did {
  const at = Math.max(-1, Math.min(history.length - 1, editor.at + step))
  if (at === editor.at) return { output: '\x07' }
  if (editor.at === -1) editor.typed = editor.text
  editor.at = at
  const text = at === -1 ? editor.typed : (history[history.length - 1 - at] ?? '')
  return redraw(editor, text, text.length)
}

function finish(editor: LineEditor): Did {
  const end = moveTo(editor, editor.text.length)
  return { output: `${end.output}\n`, done: { kind: 'line', line: editor.text } }
}

type Key = (editor: LineEditor, history: readonly string[]) => Did

const start: Key = (editor) => moveTo(editor, 0)
const end: Key = (editor) => moveTo(editor, editor.text.length)
const left: Key = (editor) => moveTo(editor, characterBefore(editor))
const right: Key = (editor) => moveTo(editor, characterAfter(editor))
const older: Key = (editor, history) => showHistory(editor, history, 1)
const newer: Key = (editor, history) => showHistory(editor, history, -1)
const rubout: Key = (editor) =>
  editor.cursor === 0 ? { output: '\x07' } : remove(editor, characterBefore(editor), editor.cursor, false)
const deleteNext: Key = (editor) => remove(editor, editor.cursor, characterAfter(editor), false)
const backWord: Key = (editor) => moveTo(editor, wordBefore(editor, /\w+\W*$/))
const nextWord: Key = (editor) => moveTo(editor, wordAfter(editor))

const KEYS: Record<string, Key> = {
  '\r': finish,
  '\n': finish,
  '\x01': start,
  '\x1b[H': start,
  '\x1bOH': start,
  '\x1b[1~': start,
  '\x05': end,
  '\x1b[F': end,
  '\x1bOF': end,
  '\x1b[4~': end,
  '\x02': left,
  '\x1b[D': left,
  '\x1bOD': left,
  '\x06': right,
  '\x1b[C': right,
  '\x1bOC': right,
  '\x10': older,
  '\x1b[A': older,
  '\x1bOA': older,
  '\x0e': newer,
  '\x1b[B': newer,
  '\x1bOB': newer,
  '\x7f': rubout,
  '\b': rubout,
  '\x1b[3~': deleteNext,
  '\x1bb': backWord,
  '\x1b[1;5D': backWord,
  '\x1bf': nextWord,
  '\x1b[1;5C': nextWord,
  '\x0b': (editor) => remove(editor, editor.cursor, editor.text.length),
  '\x15': (editor) => remove(editor, 0, editor.cursor),
  '\x17': (editor) => remove(editor, wordBefore(editor, /\S+\s*$/), editor.cursor),
  '\x1b\x7f': (editor) => remove(editor, wordBefore(editor, /\w+\W*$/), editor.cursor),
  '\x1bd': (editor) => remove(editor, editor.cursor, wordAfter(editor)),
  '\x19': (editor) => insert(editor, editor.killed),
  '\x14': (editor) => {
    const { text } = editor
    const at = Math.min(editor.cursor, text.length - 1)
    if (at < 1) return quiet
    return redraw(editor, text.slice(0, at - 1) + text.charAt(at) + text.charAt(at - 1) + text.slice(at + 1), at + 1)
  },
  '\x0c': (editor) => {
    const { output } = redraw(editor, editor.text, editor.cursor)
    return { output: `\x1b[H\x1b[2J${output.replace(/^\x1b\[\d+A/, '')}` }
  },
  '\x04': (editor) => (editor.text === '' ? { output: '', done: { kind: 'end' } } : deleteNext(editor, [])),
  '\x03': (editor) => ({ output: `${moveTo(editor, editor.text.length).output}^C\n`, done: { kind: 'interrupted' } }),
  '\x12': (editor) => {
    editor.search = { query: '', at: 0, before: editor.text }
    return showSearch(editor)
  },
  '\x1b[200~': (editor) => {
    editor.pasting = true
    return quiet
  },
  '\x1b[201~': (editor) => {
    editor.pasting = false
    return quiet
  },
  '\x1b.': (editor, history) => insert(editor, history.at(-1)?.split(/\s+/).at(-1) ?? ''),
}

function showSearch(editor: LineEditor, failed = false): Did {
  const prompt = `(${failed ? 'failed ' : ''}reverse-i-search)\`${editor.search?.query ?? ''}': `
  return redraw(editor, editor.text, editor.text.length, prompt)
}

/** Keys while Ctrl-R searches. */
function searchKey(editor: LineEditor, key: string, history: readonly string[]): Did {
  const { search } = editor
  if (search === undefined) return quiet
  if (key === '\x12') return seek(editor, history, search.at + 1)
  if (key === '\x7f' || key === '\b') {
    search.query = search.query.slice(0, -1)
    return seek(editor, history, 0)
  }
  if (key >= ' ' && !key.startsWith('\x1b') && key !== '\x7f') {
    search.query += key
    return seek(editor, history, search.at)
  }
  const text = key === '\x07' ? search.before : editor.text
  delete editor.search
  const back = redraw(editor, text, text.length)
  if (key === '\x07' || key === '\x1b\x1b') return back
  const did = press(editor, key, history)
  return { ...did, output: back.output + did.output }
}

function seek(editor: LineEditor, history: readonly string[], from: number): Did {
  const { search } = editor
  if (search === undefined) return quiet
  for (let at = from; at < history.length; at++) {
    const line = history[history.length - 1 - at] ?? ''
    if (!line.includes(search.query)) continue
    search.at = at
    editor.text = line
    editor.cursor = line.length
    return showSearch(editor)
  }
  return showSearch(editor, true)
}
