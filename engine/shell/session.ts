/** A shell with a person in front of it: start-up files, the prompt, history, what a line does. */
import type { Run } from '../host/process.ts'
import { isIncomplete } from './ast.ts'
import { complete } from './completion.ts'
import { ExitJump, Interrupted, LoopJump, ReturnJump, ShellError } from './errors.ts'
import { expandHistory } from './history.ts'
import type { Interpreter } from './interpreter.ts'
import { reportJobs } from './jobs.ts'
import { renderPrompt } from './prompt.ts'
import { makeEditor, pressKeys } from './readline.ts'
import type { LineEditor } from './readline.ts'
import type { ShellState } from './state.ts'
import { watchSignals } from './traps.ts'
import { getValue, setValue } from './variables.ts'

const MAX_HISTORY = 1000
const BASH_PROMPT = '\\u@\\h:\\w\\$ '
const DASH_PROMPT = '\\$ '
const BUSYBOX_PROMPT = '\\w \\$ '

/** What a checkpoint at the prompt holds. */
export interface KeptSession {
  state: ShellState
  /** Input that was typed ahead. */
  left: string
  jobControl: boolean
}

export function* runInteractive(sh: Interpreter, options: { login: boolean }): Run<number> {
  const { state } = sh
  state.interactive = true
  state.login = options.login
  state.options.expand_aliases = true
  sh.jobControl = yield* sh.p.isTty(0)
  if (getValue(state, 'PS1') === undefined) setValue(state, 'PS1', yield* defaultPrompt(sh))
  if (getValue(state, 'PS2') === undefined) setValue(state, 'PS2', '> ')
  yield* watchSignals(sh)
  if (sh.jobControl) yield* sh.p.ask('ttyForeground', { group: yield* sh.p.ask('ownGroup') })
  const home = getValue(state, 'HOME') ?? '/'
  if (options.login) {
    yield* sourceQuietly(sh, '/etc/profile')
    yield* sourceQuietly(sh, `${home}/.profile`)
  }
  yield* sourceQuietly(sh, '/etc/bash.bashrc')
  yield* sourceQuietly(sh, `${home}/.bashrc`)
  return yield* atPrompt(sh, '', false)
}

const isBash = ({ name }: ShellState): boolean => /(^|[/-])bash$/.test(name)

function* defaultPrompt(sh: Interpreter): Run<string> {
  if (isBash(sh.state)) return BASH_PROMPT
  return 'error' in (yield* sh.p.stat('/bin/busybox')) ? DASH_PROMPT : BUSYBOX_PROMPT
}

/** What a shell says when it ends; only bash says anything. */
const farewell = (state: ShellState): string => (!isBash(state) ? '' : state.login ? 'logout\n' : 'exit\n')

function* sourceQuietly(sh: Interpreter, path: string): Run<void> {
  const got = yield* sh.p.readFile(path)
  if (!('text' in got)) return
  sh.state.sourceDepth++
  try {
    yield* sh.runSource(got.text)
  } catch (error) {
    if (!(error instanceof ReturnJump || error instanceof ShellError || error instanceof Interrupted)) throw error
  } finally {
    sh.state.sourceDepth--
  }
}

/** Reads and runs commands until the end. `resumed`: the checkpoint of this prompt is taken already. */
export function* atPrompt(sh: Interpreter, typedAhead: string, resumed: boolean): Run<number> {
  let left = typedAhead
  let warned = false
  for (let skip = resumed; ; skip = false) {
    if (!skip) {
      yield* reportJobs(sh)
      yield* sh.p.ask('keep', { state: { state: sh.state, left, jobControl: sh.jobControl } satisfies KeptSession })
    }
    const got = yield* readCommand(sh, left)
    left = got.left
    if (got.text === null) {
      if (!warned && sh.state.jobs.some((job) => job.state === 'Stopped')) {
        warned = true
        yield* sh.p.err('exit\nThere are stopped jobs.\n')
        continue
      }
      yield* sh.p.err(isBash(sh.state) ? farewell(sh.state) : '\n')
      return sh.state.status
    }
    warned = false
    yield* runLine(sh, got.text)
  }
}

/** Runs what was typed; nothing that goes wrong in it ends the shell, but `exit` does. */
export function* runLine(sh: Interpreter, typed: string): Run<void> {
  if (typed.trim() === '') return
  const text = expandHistory(typed, sh.state.history)
  if (text === undefined) {
    yield* sh.complain(`${typed.trim()}: event not found`)
    return
  }
  if (text !== typed) yield* sh.p.err(`${text}\n`)
  remember(sh.state, text)
  try {
    yield* sh.runSource(text)
  } catch (error) {
    if (error instanceof ExitJump) {
      if (!/(^|[;&|\s])(exit|logout|exec)\b/.test(text) && !sh.state.options.errexit) {
        sh.state.status = error.code
        return
      }
      yield* sh.p.err(farewell(sh.state))
      throw error
    }
    if (error instanceof ShellError) {
      yield* sh.complain(error.message)
      sh.state.status = error.code
    } else if (!(error instanceof Interrupted || error instanceof LoopJump || error instanceof ReturnJump)) throw error
    else if (error.message === 'stopped') sh.state.status = 148
  }
  sh.guarded = 0
}

function remember(state: ShellState, text: string): void {
  const line = text.replace(/\n+$/, '')
  if (line.startsWith(' ') || state.history.at(-1) === line) return
  state.history = [...state.history, line].slice(-MAX_HISTORY)
}

/** Reads a whole command, over several lines when it needs them. Null: Ctrl-D. */
function* readCommand(sh: Interpreter, typedAhead: string): Run<{ text: string | null; left: string }> {
  let text = ''
  let left = typedAhead
  for (;;) {
    const got = yield* readLine(sh, text === '' ? 'PS1' : 'PS2', left)
    left = got.left
    if (got.kind === 'end') return { text: text === '' ? null : text, left }
    if (got.kind === 'interrupted') {
      text = ''
      sh.state.status = 130
      continue
    }
    const line = text + got.line
    if (!isIncomplete(line)) return { text: line, left }
    text = /(^|[^\\])(\\\\)*\\$/.test(line) ? line.slice(0, -1) : `${line}\n`
  }
}

type ReadLine = { left: string } & ({ kind: 'line'; line: string } | { kind: 'end' } | { kind: 'interrupted' })

function* promptText(sh: Interpreter, name: 'PS1' | 'PS2'): Run<string> {
  const nowMs = yield* sh.p.now()
  return renderPrompt(getValue(sh.state, name) ?? '', {
    state: sh.state,
    user: sh.p.user,
    host: sh.p.env.HOSTNAME ?? sh.p.host,
    nowMs,
  })
}

function* readLine(sh: Interpreter, prompt: 'PS1' | 'PS2', typedAhead: string): Run<ReadLine> {
  if (!sh.jobControl) return yield* readPlain(sh)
  yield* sh.p.ask('ttyMode', { mode: 'raw' })
  const { columns } = yield* sh.p.windowSize()
  const editor = makeEditor(yield* promptText(sh, prompt), columns)
  yield* sh.p.out(editor.prompt)
  let keys = typedAhead
  for (;;) {
    const did = pressKeys(editor, keys, sh.state.history)
    if (did.output !== '') yield* sh.p.out(did.output)
    keys = did.left
    if (did.done !== undefined) {
      yield* sh.p.ask('ttyMode', { mode: 'cooked' })
      return did.done.kind === 'line'
        ? { kind: 'line', line: did.done.line, left: keys }
        : { kind: did.done.kind, left: keys }
    }
    if (did.wantsCompletion) {
      yield* completeAt(sh, editor)
      continue
    }
    const piece = yield* sh.p.read(0)
    if (piece !== null) keys += piece
    else {
      const signal = yield* sh.p.takeSignal()
      if (signal === null) return { kind: 'end', left: '' }
      if (signal === 'HUP') throw new ExitJump(129)
      if (signal === 'WINCH') editor.columns = (yield* sh.p.windowSize()).columns
    }
  }
}

/** Input without a terminal (`bash -i < file`): lines as they come. */
function* readPlain(sh: Interpreter): Run<ReadLine> {
  const line = yield* sh.p.readLine()
  return line === null ? { kind: 'end', left: '' } : { kind: 'line', line, left: '' }
}

/** Puts in what all candidates share; at the second Tab shows them. */
function* completeAt(sh: Interpreter, editor: LineEditor): Run<void> {
  const found = yield* complete(sh, editor.text.slice(0, editor.cursor))
  const again = editor.tabs > 1
  const { insertion, shown } = found
  if (insertion !== '') {
    editor.tabs = 0
    yield* sh.p.out(pressKeys(editor, `\x1b[200~${insertion}\x1b[201~`, []).output)
  } else if (shown.length === 0) yield* sh.p.out('\x07')
  else if (again)
    yield* sh.p.out(
      `\n${inColumns(shown, editor.columns)}${editor.prompt}${editor.text}${editor.cursor < editor.text.length ? `\x1b[${editor.text.length - editor.cursor}D` : ''}`,
    )
  else yield* sh.p.out('\x07')
}

/** Names in columns, down and then across, as readline shows them. */
export function inColumns(names: readonly string[], columns: number): string {
  const width = Math.max(...names.map((name) => name.length)) + 2
  const across = Math.max(1, Math.floor(columns / width))
  const rows = Math.ceil(names.length / across)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const line = Array.from({ length: across }, (_, column) => names[column * rows + row]).filter(
      (name) => name !== undefined,
    )
    text += `${line.map((name, index) => (index < line.length - 1 ? name.padEnd(width) : name)).join('')}\n`
  }
  return text
}
