/** The programs bash and sh: `-c`, a script, a script on stdin, or a person at a terminal. */
import type { Proc, Program, Run } from '../host/process.ts'
import { applySet } from './builtins/names.ts'
import { ExitJump, Interrupted, LoopJump, ReturnJump, ShellError } from './errors.ts'
import { Interpreter } from './interpreter.ts'
import { errnoText } from './redirect.ts'
import { atPrompt, runInteractive } from './session.ts'
import type { KeptSession } from './session.ts'
import type { ForkBody } from './shell.ts'
import { forkState, makeState } from './state.ts'
import type { ShellState } from './state.ts'
import { runTrap, watchSignals } from './traps.ts'

interface ForkStart {
  state: ShellState
  body: ForkBody
  guarded: number
}

/** The program of `bash`, `sh`, `dash` and `rbash`. */
export const bash: Program = function* (argv, p) {
  const kept = (yield* p.ask('kept')) as KeptSession | null
  if (kept !== null) return yield* resumeInteractive(p, kept)
  const start = (yield* p.ask('start')) as ForkStart | null
  if (start !== null) return yield* runFork(p, start)
  const call = parseCall(argv)
  if ('usage' in call) {
    yield* p.err(`${argv[0]}: ${call.usage}\n`)
    return 2
  }
  const state = makeState({
    name: call.name,
    positional: call.positional,
    env: p.env,
    cwd: p.cwd,
    pid: p.pid,
    nowMs: yield* p.now(),
  })
  const sh = new Interpreter(p, state)
  yield* applySet(sh, [...call.options])
  if (call.options.length === 0) state.positional = call.positional
  sh.fromCommand = call.command !== undefined
  if (call.command !== undefined) return yield* guarded(sh, () => sh.runSource(call.command ?? ''))
  if (call.script !== undefined) return yield* runFile(sh, call.script)
  if (call.interactive || (!call.stdin && (yield* p.isTty(0))))
    return yield* guarded(sh, () => runInteractive(sh, { login: call.login }))
  const text = yield* p.readAll()
  return yield* guarded(sh, () => sh.runSource(text))
}

/** A shell that a snapshot brought back: it goes on at its prompt. */
function* resumeInteractive(p: Proc, kept: KeptSession): Run<number> {
  const sh = new Interpreter(p, kept.state)
  sh.jobControl = kept.jobControl
  sh.catches = true
  return yield* guarded(sh, () => atPrompt(sh, kept.left, true))
}

function* runFile(sh: Interpreter, path: string): Run<number> {
  const got = yield* sh.p.readFile(path)
  if ('error' in got) {
    yield* sh.p.err(`bash: ${path}: ${errnoText(got.error)}\n`)
    return got.error === 'EACCES' ? 126 : 127
  }
  return yield* guarded(sh, () => sh.runSource(got.text))
}

/** A copy of a shell that runs one command or list, and may become it. */
function* runFork(p: Proc, start: ForkStart): Run<number> {
  const state = forkState(start.state)
  state.depth = start.state.depth
  state.traps = Object.fromEntries(Object.entries(start.state.traps).filter(([, text]) => text === ''))
  const sh = new Interpreter(p, state)
  sh.guarded = start.guarded
  sh.loops = 1
  yield* watchSignals(sh)
  const { body } = start
  const last =
    body.kind === 'command'
      ? body.command
      : body.statements.length === 1 &&
          body.statements[0]?.pipelines.length === 1 &&
          body.statements[0].pipelines[0]?.commands.length === 1 &&
          !body.statements[0].pipelines[0].negated
        ? body.statements[0].pipelines[0].commands[0]
        : undefined
  sh.mayReplace = last?.type === 'SimpleCommand'
  const statements =
    body.kind === 'statements'
      ? body.statements
      : [
          {
            type: 'Statement' as const,
            pipelines: [{ type: 'Pipeline' as const, commands: [body.command], negated: false }],
            operators: [],
            background: false,
          },
        ]
  return yield* guarded(sh, () => sh.runStatements(statements))
}

/** Runs a body to the shell's end: jumps that nobody caught, and the EXIT trap. */
export function* guarded(sh: Interpreter, body: () => Run<number>): Run<number> {
  let code = yield* caught(sh, body)
  const trap = sh.state.traps.EXIT
  if (trap !== undefined) {
    delete sh.state.traps.EXIT
    sh.state.status = code
    const ended = yield* caught(sh, function* () {
      yield* runTrap(sh, trap)
      return -1
    })
    if (ended >= 0) code = ended
  }
  return code
}

function* caught(sh: Interpreter, body: () => Run<number>): Run<number> {
  try {
    return yield* body()
  } catch (error) {
    if (error instanceof ExitJump || error instanceof ReturnJump) return error.code
    if (error instanceof LoopJump) return 0
    if (error instanceof Interrupted) return sh.state.status
    if (!(error instanceof ShellError)) throw error
    yield* sh.complain(error.message)
    return error.code
  }
}

interface Call {
  name: string
  positional: string[]
  options: string[]
  command?: string
  script?: string
  stdin: boolean
  interactive: boolean
  login: boolean
}

function parseCall(argv: string[]): Call | { usage: string } {
  const call: Call = {
    name: argv[0] ?? 'bash',
    positional: [],
    options: [],
    stdin: false,
    interactive: false,
    login: (argv[0] ?? '').startsWith('-'),
  }
  let takesCommand = false
  let at = 1
  for (; at < argv.length && /^[-+]./.test(argv[at] ?? ''); at++) {
    const word = argv[at] ?? ''
    if (word === '--') {
      at++
      break
    }
    if (word.startsWith('--')) {
      if (word === '--login') call.login = true
      else if (!['--norc', '--noprofile', '--posix'].includes(word)) return { usage: `${word}: invalid option` }
      continue
    }
    for (const letter of word.slice(1)) {
      if (letter === 'c') takesCommand = true
      else if (letter === 's') call.stdin = true
      else if (letter === 'i') call.interactive = true
      else if (letter === 'l') call.login = true
      else if (letter === 'o') call.options.push('-o', argv[++at] ?? '')
      else if ('euxfnvCa'.includes(letter)) call.options.push(`${word.charAt(0)}${letter}`)
      else return { usage: `-${letter}: invalid option` }
    }
  }
  const rest = argv.slice(at)
  if (takesCommand) {
    const [command, name, ...positional] = rest
    if (command === undefined) return { usage: '-c: option requires an argument' }
    return { ...call, command, positional, ...(name === undefined ? {} : { name }) }
  }
  const [script, ...positional] = rest
  if (script === undefined || call.stdin) return { ...call, positional: rest }
  return { ...call, script, name: script, positional }
}
