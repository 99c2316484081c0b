/** Carries out a shell's syntax tree: lists, pipelines, compound commands, functions, jobs. */
import type { Proc, Run } from '../host/process.ts'
import { evaluateArithmetic } from './arithmetic.ts'
import { parseScript, SyntaxFailure } from './ast.ts'
import type {
  Assignment,
  CommandNode,
  Compound,
  PipelineNode,
  Redirection,
  ScriptNode,
  SimpleCommandNode,
  StatementNode,
  WordNode,
} from './ast.ts'
import { assign, expandAlias } from './assignment.ts'
import { BUILTINS } from './builtins/index.ts'
import { testCondition } from './conditional.ts'
import { ExitJump, Interrupted, LoopJump, ReturnJump, ShellError } from './errors.ts'
import {
  arithmeticMessage,
  arithmeticScope,
  expandDeclaration,
  expandPattern,
  expandString,
  expandWords,
  WORDS,
} from './expand.ts'
import { addJob, awaitJob, commandText } from './jobs.ts'
import { matchesPattern } from './pattern.ts'
import { quoteNeeded } from './quote.ts'
import { applyRedirections, restoreDescriptors } from './redirect.ts'
import type { ForkBody, Shell } from './shell.ts'
import { forkState } from './state.ts'
import type { ShellState } from './state.ts'
import { runTrap, takeSignals } from './traps.ts'
import { environment, makeLocal, setValue } from './variables.ts'

const MAX_FUNCTION_DEPTH = 200

/** Builtins whose arguments are assignments. */
const DECLARING = new Set(['export', 'declare', 'typeset', 'local', 'readonly'])

export class Interpreter implements Shell {
  jobControl = false
  catches = false
  substitutions: number[] = []
  substituted: number | undefined
  guarded = 0
  saved = 0
  loops = 0
  readonly words = WORDS
  /** Run by `-c`: then some messages and codes differ. */
  fromCommand = false
  /** A forked shell may replace itself by its last command. */
  mayReplace = false

  constructor(
    readonly p: Proc,
    public state: ShellState,
  ) {}

  /** Runs a text, statement by statement. Syntax errors are printed; the result is the last status. */
  *runSource(text: string): Run<number> {
    let script: ScriptNode
    try {
      script = parseScript(text)
    } catch (error) {
      return yield* this.reportSyntax(error, text)
    }
    return yield* this.runStatements(script.statements)
  }

  *reportSyntax(error: unknown, text: string): Run<number> {
    if (!(error instanceof SyntaxFailure)) throw error
    if (this.state.interactive) yield* this.p.err(`${this.prefix(false)}: ${error.message}\n`)
    else {
      this.state.line = error.line
      const mark = this.fromCommand ? '-c: ' : ''
      yield* this.complain(error.message, mark)
      const source = text.split('\n')[error.line - 1]
      if (source !== undefined && /near unexpected token/.test(error.message))
        yield* this.complain(`\`${source}'`, mark)
    }
    this.state.status = 2
    return 2
  }

  *runStatements(statements: readonly StatementNode[]): Run<number> {
    for (const statement of statements) this.state.status = yield* this.runStatement(statement)
    return this.state.status
  }

  private *runStatement(statement: StatementNode): Run<number> {
    if (statement.deferredError !== undefined) {
      yield* this.complain(statement.deferredError.message.replace(/^.*?(syntax error)/, '$1'))
      throw new ExitJump(2)
    }
    if (statement.background) return yield* this.runBackground(statement)
    const { pipelines, operators } = statement
    for (const [index, pipeline] of pipelines.entries()) {
      const operator = index === 0 ? undefined : operators[index - 1]
      if (operator === '&&' && this.state.status !== 0) continue
      if (operator === '||' && this.state.status === 0) continue
      const isLast = index === pipelines.length - 1
      yield* this.runGuarded(pipeline, !isLast || pipeline.negated)
    }
    return this.state.status
  }

  private *runGuarded(pipeline: PipelineNode, guard: boolean): Run<void> {
    if (guard) this.guarded++
    try {
      this.state.status = yield* this.runPipeline(pipeline)
    } finally {
      if (guard) this.guarded--
    }
    yield* takeSignals(this)
    const { options, status } = this.state
    if (status === 0 || guard || this.guarded > 0) return
    const trap = this.state.traps.ERR
    if (trap !== undefined) yield* runTrap(this, trap)
    if (options.errexit) throw new ExitJump(status)
  }

  /** Runs statements as a condition: a failure there is an answer. */
  private *runCondition(statements: readonly StatementNode[]): Run<boolean> {
    this.guarded++
    try {
      return (yield* this.runStatements(statements)) === 0
    } finally {
      this.guarded--
    }
  }

  private *runPipeline(pipeline: PipelineNode): Run<number> {
    const startMs = pipeline.timed === true ? yield* this.p.now() : 0
    const [only] = pipeline.commands
    const isOne = pipeline.commands.length === 1 && only !== undefined
    let status = isOne ? yield* this.runAlone(only) : yield* this.runPiped(pipeline)
    if (isOne) this.state.pipeStatus = [status]
    if (pipeline.timed === true) yield* this.reportTime((yield* this.p.now()) - startMs, pipeline.timePosix === true)
    if (pipeline.negated) status = status === 0 ? 1 : 0
    return status
  }

  private *reportTime(ms: number, posix: boolean): Run<void> {
    const seconds = (ms / 1000).toFixed(posix ? 2 : 3)
    const long = `${Math.floor(ms / 60000)}m${((ms % 60000) / 1000).toFixed(3)}s`
    yield* this.p.err(
      posix ? `real ${seconds}\nuser 0.00\nsys 0.00\n` : `\nreal\t${long}\nuser\t0m0.000s\nsys\t0m0.000s\n`,
    )
  }

  private *runPiped(pipeline: PipelineNode): Run<number> {
    const job = yield* this.startPiped(pipeline, false)
    const status = yield* awaitJob(this, job)
    const codes = job.pids.map((pid) => job.codes[pid] ?? 0)
    this.state.pipeStatus = codes
    if (!this.state.options.pipefail) return status
    return codes.findLast((code) => code !== 0) ?? 0
  }

  /** Starts every command of a pipeline as a process, joined by pipes. */
  private *startPiped(pipeline: PipelineNode, background: boolean): Run<ReturnType<typeof addJob>> {
    const job = addJob(this.state, commandText(pipeline), background)
    let input: number | undefined
    for (const [index, command] of pipeline.commands.entries()) {
      const isLast = index === pipeline.commands.length - 1
      const pipe = isLast ? undefined : yield* this.p.pipe()
      const fds = this.inherited()
      if (input !== undefined) fds[0] = input
      if (pipe !== undefined) fds[1] = pipe.writeEnd
      if (pipe !== undefined && pipeline.pipeStderr?.[index] === true) fds[2] = pipe.writeEnd
      const pid = yield* this.fork({ kind: 'command', command }, fds, this.groupFor(job))
      if (input !== undefined) yield* this.p.closeFd(input)
      if (pipe !== undefined) yield* this.p.closeFd(pipe.writeEnd)
      input = pipe?.readEnd
      if (pid !== undefined) this.join(job, pid)
    }
    return job
  }

  private join(job: ReturnType<typeof addJob>, pid: number): void {
    job.pids.push(pid)
    if (job.group === 0) job.group = pid
  }

  private groupFor(job: { group: number; background: boolean }): 'new' | number | undefined {
    if (!this.jobControl && !job.background) return undefined
    if (!this.jobControl) return undefined
    return job.group === 0 ? 'new' : job.group
  }

  private *runBackground(statement: StatementNode): Run<number> {
    const job = addJob(this.state, (statement.sourceText ?? '').replace(/\s*&\s*$/, ''), true)
    const fds = this.inherited()
    const quiet = this.jobControl ? undefined : yield* this.p.openFile('/dev/null', 'r')
    if (quiet !== undefined && 'fd' in quiet) fds[0] = quiet.fd
    const pid = yield* this.fork(
      { kind: 'statements', statements: [{ ...statement, background: false }] },
      fds,
      this.groupFor(job),
    )
    if (quiet !== undefined && 'fd' in quiet) yield* this.p.closeFd(quiet.fd)
    if (pid === undefined) return 254
    this.join(job, pid)
    this.state.lastBackground = pid
    if (this.state.interactive) yield* this.p.err(`[${job.number}] ${pid}\n`)
    return 0
  }

  /** The descriptors that a child gets: child's number → ours. */
  inherited(): Record<number, number> {
    const fds: Record<number, number> = { 0: 0, 1: 1, 2: 2 }
    for (const fd of [...this.state.openFds, ...this.substitutions]) fds[fd] = fd
    return fds
  }

  /** Starts a copy of this shell that does one thing. */
  *fork(body: ForkBody, fds: Record<number, number>, group?: 'new' | number): Run<number | undefined> {
    const start = { state: forkState(this.state), body, guarded: this.guarded }
    const options = {
      argv: [this.state.name],
      program: 'bash',
      env: this.p.env,
      cwd: this.state.cwd,
      fds,
      start,
      ...(group === undefined ? {} : { group }),
    }
    const made = yield* this.spawn(options)
    if ('pid' in made) return made.pid
    yield* this.complain('fork: Resource temporarily unavailable')
    this.state.status = 254
    return undefined
  }

  /** Starts a process; while the system has no room for one, tries again after 1, 2, 4 and 8 seconds. */
  private *spawn(options: Record<string, unknown>): Run<{ pid: number } | { error: string }> {
    for (let seconds = 1; ; seconds *= 2) {
      const made = (yield* this.p.ask('spawn', options)) as { pid: number } | { error: string }
      if ('pid' in made || made.error !== 'EAGAIN' || seconds > 8) return made
      yield* this.complain('fork: retry: Resource temporarily unavailable')
      yield* this.p.sleep(seconds * 1000)
      yield* takeSignals(this)
    }
  }

  *substitute(script: ScriptNode): Run<string> {
    const file = fileOnly(script)
    if (file !== undefined) return yield* this.readWhole(file)
    const pipe = yield* this.p.pipe()
    const pid = yield* this.fork(
      { kind: 'statements', statements: script.statements },
      { ...this.inherited(), 1: pipe.writeEnd },
    )
    yield* this.p.closeFd(pipe.writeEnd)
    const text = yield* this.p.readAll(pipe.readEnd)
    yield* this.p.closeFd(pipe.readEnd)
    this.substituted = pid === undefined ? 254 : yield* this.p.wait(pid)
    this.state.status = this.substituted
    return text.replace(/\0/g, '').replace(/\n+$/, '')
  }

  private *readWhole(word: WordNode): Run<string> {
    const path = yield* expandString(this, word)
    const got = yield* this.p.readFile(path)
    if ('error' in got) throw new ShellError(`${path}: No such file or directory`)
    this.substituted = 0
    return got.text.replace(/\n+$/, '')
  }

  *processSubstitution(script: ScriptNode, direction: 'input' | 'output'): Run<string> {
    const pipe = yield* this.p.pipe()
    const [theirs, ours] = direction === 'input' ? [pipe.writeEnd, pipe.readEnd] : [pipe.readEnd, pipe.writeEnd]
    const pid = yield* this.fork(
      { kind: 'statements', statements: script.statements },
      { ...this.inherited(), [direction === 'input' ? 1 : 0]: theirs },
    )
    if (pid !== undefined) yield* this.p.ask('detach', { pid })
    yield* this.p.closeFd(theirs)
    this.substitutions.push(ours)
    return `/dev/fd/${ours}`
  }

  /** Runs one command of a pipeline of one. */
  private *runAlone(command: CommandNode): Run<number> {
    const substitutions = this.substitutions
    this.substitutions = []
    try {
      return yield* this.runCommand(command)
    } catch (error) {
      if (!(error instanceof ShellError)) throw error
      yield* this.complain(error.message)
      if (error.fatal && !this.state.interactive)
        throw new ExitJump(error.code === 127 && !this.fromCommand ? 1 : error.code)
      if (error.fatal) throw new Interrupted()
      return error.code
    } finally {
      for (const fd of this.substitutions) yield* this.p.closeFd(fd)
      this.substitutions = substitutions
    }
  }

  *runCommand(command: CommandNode): Run<number> {
    if (command.type === 'SimpleCommand') return yield* this.runSimple(command)
    if (command.type === 'FunctionDef') return this.define(command)
    return yield* this.redirected(command.redirections, () => this.runCompound(command))
  }

  private define(command: Compound<'FunctionDef'>): number {
    this.state.functions[command.name] = {
      body:
        command.redirections.length > 0
          ? { ...command.body, redirections: [...command.body.redirections, ...command.redirections] }
          : command.body,
      source: '',
    }
    return 0
  }

  private *redirected(redirections: readonly Redirection[], body: () => Run<number>): Run<number> {
    if (redirections.length === 0) return yield* body()
    const saved = yield* applyRedirections(this, redirections)
    if (saved === undefined) return 1
    try {
      return yield* body()
    } finally {
      yield* restoreDescriptors(this, saved)
    }
  }

  private *runCompound(command: Exclude<CommandNode, SimpleCommandNode | Compound<'FunctionDef'>>): Run<number> {
    switch (command.type) {
      case 'Group':
        return yield* this.runStatements(command.body)
      case 'Subshell':
        return yield* this.runSubshell(command)
      case 'If':
        return yield* this.runIf(command)
      case 'While':
      case 'Until':
        return yield* this.runWhile(command)
      case 'For':
        return yield* this.runFor(command)
      case 'CStyleFor':
        return yield* this.runArithmeticFor(command)
      case 'Case':
        return yield* this.runCase(command)
      case 'ArithmeticCommand':
        return (yield* this.arithmetic(
          () => evaluateArithmetic(command.expression, arithmeticScope(this)),
          command.expression.originalText ?? '',
        )) !== 0
          ? 0
          : 1
      case 'ConditionalCommand':
        return (yield* testCondition(this, command.expression)) ? 0 : 1
    }
  }

  private *arithmetic(run: () => Run<number>, text: string): Run<number> {
    try {
      return yield* run()
    } catch (error) {
      if (error instanceof ShellError)
        throw new ShellError(`((: ${arithmeticMessage(error.message, text)}`, 1, error.fatal)
      throw error
    }
  }

  private *runSubshell(command: Compound<'Subshell'>): Run<number> {
    const job = addJob(this.state, '( … )', false)
    const pid = yield* this.fork({ kind: 'statements', statements: command.body }, this.inherited(), this.groupFor(job))
    if (pid === undefined) return 254
    this.join(job, pid)
    return yield* awaitJob(this, job)
  }

  private *runIf(command: Compound<'If'>): Run<number> {
    for (const { condition, body } of command.clauses) {
      if (yield* this.runCondition(condition)) return yield* this.runStatements(body)
    }
    if (command.elseBody !== null) return yield* this.runStatements(command.elseBody)
    return (this.state.status = 0)
  }

  private *runWhile(command: Compound<'While' | 'Until'>): Run<number> {
    const wanted = command.type === 'While'
    let status = 0
    while ((yield* this.runCondition(command.condition)) === wanted) {
      const jump = yield* this.runLoopBody(command.body)
      if (jump === 'break') return 0
      status = this.state.status
    }
    return (this.state.status = status)
  }

  /** One turn of a loop; says whether to leave it. Jumps for outer loops fly on. */
  private *runLoopBody(body: readonly StatementNode[]): Run<'break' | 'next'> {
    yield* this.p.ask('tick')
    yield* takeSignals(this)
    this.loops++
    try {
      yield* this.runStatements(body)
      return 'next'
    } catch (error) {
      if (!(error instanceof LoopJump)) throw error
      this.state.status = 0
      if (--error.levels > 0) throw error
      return error.kind === 'break' ? 'break' : 'next'
    } finally {
      this.loops--
    }
  }

  private *runFor(command: Compound<'For'>): Run<number> {
    const values = command.words === null ? [...this.state.positional] : yield* expandWords(this, command.words)
    this.state.status = 0
    for (const value of values) {
      setValue(this.state, command.variable, value)
      if ((yield* this.runLoopBody(command.body)) === 'break') break
    }
    return this.state.status
  }

  private *runArithmeticFor(command: Compound<'CStyleFor'>): Run<number> {
    const scope = arithmeticScope(this)
    if (command.init !== null) yield* evaluateArithmetic(command.init, scope)
    this.state.status = 0
    while (command.condition === null || (yield* evaluateArithmetic(command.condition, scope)) !== 0) {
      if ((yield* this.runLoopBody(command.body)) === 'break') break
      if (command.update !== null) yield* evaluateArithmetic(command.update, scope)
    }
    return this.state.status
  }

  private *runCase(command: Compound<'Case'>): Run<number> {
    const text = yield* expandString(this, command.word)
    let falls = false
    let status = 0
    for (const item of command.items) {
      if (!falls && !(yield* this.matchesAny(text, item.patterns))) continue
      this.state.status = 0
      status = yield* this.runStatements(item.body)
      if (item.terminator === ';;') return status
      falls = item.terminator === ';&'
    }
    return (this.state.status = status)
  }

  private *matchesAny(text: string, patterns: readonly WordNode[]): Run<boolean> {
    for (const pattern of patterns) {
      if (matchesPattern(text, yield* expandPattern(this, pattern), this.state.options.nocasematch)) return true
    }
    return false
  }

  // Simple commands.

  private *runSimple(command: SimpleCommandNode): Run<number> {
    if (command.line !== undefined && command.line > 0) this.state.line = command.line
    const aliased = this.state.options.expand_aliases ? expandAlias(this.state, command) : undefined
    if (aliased !== undefined) return yield* this.runCommand(aliased)
    this.substituted = undefined
    const words = command.name === null ? [] : yield* this.expandCommand(command.name, command.args)
    if (words.length === 0) return yield* this.runAssignments(command)
    return yield* this.runNamed(command, words)
  }

  private *expandCommand(name: WordNode, args: readonly WordNode[]): Run<string[]> {
    const [part] = name.parts
    if (part?.type !== 'Literal' || !DECLARING.has(part.value)) return yield* expandWords(this, [name, ...args])
    const words = [part.value]
    for (const arg of args) words.push(...(yield* expandDeclaration(this, arg)))
    return words
  }

  private *runAssignments(command: SimpleCommandNode): Run<number> {
    const saved = yield* applyRedirections(this, command.redirections)
    if (saved === undefined) return 1
    yield* restoreDescriptors(this, saved)
    for (const assignment of command.assignments) yield* this.assignTraced(assignment)
    return this.substituted ?? 0
  }

  private *assignTraced(assignment: Assignment): Run<void> {
    const text = yield* assign(this, assignment)
    if (this.state.options.xtrace) yield* this.p.err(`+ ${text}\n`)
  }

  private *runNamed(command: SimpleCommandNode, words: string[]): Run<number> {
    if (this.state.options.xtrace) yield* this.p.err(`+ ${words.map(quoteNeeded).join(' ')}\n`)
    if (words[0] === 'exec') return yield* this.runExec(command, words.slice(1))
    const saved = yield* applyRedirections(this, command.redirections)
    if (saved === undefined) return 1
    try {
      return yield* this.withAssignments(command.assignments, () => this.runCommandWords(words))
    } finally {
      yield* restoreDescriptors(this, saved)
    }
  }

  /** `A=1 command`: the variable is set, and exported, while the command runs. */
  private *withAssignments(assignments: readonly Assignment[], body: () => Run<number>): Run<number> {
    if (assignments.length === 0) return yield* body()
    const scope = {}
    this.state.locals.push(scope)
    try {
      for (const assignment of assignments) {
        makeLocal(this.state, assignment.name.replace(/\[.*/, '')).exported = true
        yield* assign(this, assignment)
      }
      return yield* body()
    } finally {
      this.state.locals.splice(this.state.locals.indexOf(scope), 1)
    }
  }

  *runCommandWords(words: string[], options: { functions?: boolean } = {}): Run<number> {
    const [name = ''] = words
    const own =
      options.functions === false
        ? undefined
        : Object.hasOwn(this.state.functions, name)
          ? this.state.functions[name]
          : undefined
    if (own !== undefined) return yield* this.callFunction(name, own.body, words.slice(1))
    const builtin = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined
    if (builtin !== undefined) {
      yield* this.p.ask('tick')
      return yield* builtin(this, words)
    }
    return yield* this.runProgram(words)
  }

  private *callFunction(name: string, body: CommandNode, positional: string[]): Run<number> {
    const { state } = this
    if (state.functionNames.length >= MAX_FUNCTION_DEPTH)
      throw new ShellError(`${name}: maximum function nesting level exceeded (${MAX_FUNCTION_DEPTH})`, 1, true)
    const before = state.positional
    state.positional = positional
    const scope = {}
    state.locals.push(scope)
    state.functionNames.push(name)
    yield* this.p.ask('tick')
    try {
      return yield* this.runCommand(body)
    } catch (error) {
      if (error instanceof ReturnJump) return error.code
      throw error
    } finally {
      state.positional = before
      state.locals.splice(state.locals.indexOf(scope), 1)
      state.functionNames.pop()
    }
  }

  private *runProgram(words: string[]): Run<number> {
    const env = environment(this.state)
    if (this.mayReplace && this.state.traps.EXIT === undefined) {
      yield* this.p.ask('catchSignals', { signals: [] })
      const failed = (yield* this.p.ask('exec', { argv: words, env })) as { error: string }
      return yield* this.notFound(words[0] ?? '', failed.error)
    }
    const job = addJob(this.state, words.join(' '), false)
    const group = this.groupFor(job)
    const made = yield* this.spawn({
      argv: words,
      env,
      cwd: this.state.cwd,
      fds: this.inherited(),
      ...(group === undefined ? {} : { group }),
    })
    if ('error' in made) {
      this.state.jobs = this.state.jobs.filter((other) => other !== job)
      return yield* this.notFound(words[0] ?? '', made.error)
    }
    this.join(job, made.pid)
    return yield* awaitJob(this, job)
  }

  private *notFound(name: string, error: string): Run<number> {
    if (error === 'EAGAIN') {
      yield* this.complain('fork: Resource temporarily unavailable')
      return 254
    }
    if (error === 'EACCES') {
      const stat = yield* this.p.stat(name)
      yield* this.complain(
        `${name}: ${'kind' in stat && stat.kind === 'directory' ? 'Is a directory' : 'Permission denied'}`,
      )
      return 126
    }
    if (name.includes('/')) yield* this.complain(`${name}: No such file or directory`)
    else yield* this.complain(`${name}: ${this.isPosix ? 'not found' : 'command not found'}`)
    return 127
  }

  private *runExec(command: SimpleCommandNode, words: string[]): Run<number> {
    const saved = yield* applyRedirections(this, command.redirections, { keep: true })
    if (saved === undefined) return 1
    if (words.length === 0) return 0
    const found = (yield* this.p.ask('which', { name: words[0], path: environment(this.state).PATH })) as {
      error?: string
    }
    if (found.error !== undefined) {
      yield* this.complain(
        `exec: ${words[0]}: ${found.error === 'EACCES' ? 'cannot execute: Permission denied' : 'not found'}`,
      )
      throw new ExitJump(found.error === 'EACCES' ? 126 : 127)
    }
    yield* this.p.ask('chdir', { path: this.state.cwd })
    const failed = (yield* this.p.ask('exec', { argv: words, env: environment(this.state) })) as { error: string }
    return yield* this.notFound(words[0] ?? '', failed.error)
  }

  get isPosix(): boolean {
    return /(^|\/)-?sh$/.test(this.state.name)
  }

  /** `bash`, `script.sh: line 3`, or dash's `sh: 1`. */
  private prefix(withLine: boolean, mark = ''): string {
    const name = this.state.name.replace(/^-/, '')
    if (this.state.interactive || !withLine) return name.split('/').pop() ?? name
    return this.isPosix ? `${name}: ${this.state.line}` : `${name}: ${mark}line ${this.state.line}`
  }

  *complain(message: string, mark = ''): Run<void> {
    yield* this.p.err(`${this.prefix(true, mark)}: ${message}\n`)
  }
}

/** `$(< file)`. */
function fileOnly(script: ScriptNode): WordNode | undefined {
  const [statement, more] = script.statements
  const command =
    statement?.pipelines.length === 1 && statement.pipelines[0]?.commands.length === 1
      ? statement.pipelines[0].commands[0]
      : undefined
  if (
    more !== undefined ||
    command?.type !== 'SimpleCommand' ||
    command.name !== null ||
    command.assignments.length > 0
  )
    return undefined
  const [redirection] = command.redirections
  return command.redirections.length === 1 && redirection?.operator === '<' && redirection.target.type === 'Word'
    ? redirection.target
    : undefined
}
