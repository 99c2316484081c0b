/**
 * Runs the commands of Exec…= lines: as processes of the host's process table, or, where that would only cost
 * time (modprobe, `sshd -t`), at once. Models systemd src/core/execute.c. Not modelled: sandboxing, capabilities.
 */
import type { KernelEvent } from '../../kernel/queue.ts'
import { parseBinary } from '../binary.ts'
import { ROOT, allows, basename } from '../files.ts'
import type { Actor, FileTree } from '../files.ts'
import { alertLines, checkedConfig, HAPROXY_CONFIG } from '../haproxy/config.ts'
import { HAPROXY_VERSION } from '../haproxy/unit.ts'
import { RUNTIME_ADDRESS } from '../pending.ts'
import type { Signal } from '../signals.ts'
import { findExecutable, findProgram } from '../runtime/lookup.ts'
import { BUILT_IN } from './built-in.ts'
import { UNIT_EVENTS, UNIT_HOSTS } from './events.ts'
import type { UnitExit } from './exit.ts'
import type { UnitRecord } from './record.ts'
import { commandOf, environmentOf, expandCommand, value } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'
import type { UnitHost } from './unit-host.ts'

/** What is needed of the process table (engine/host/runtime). */
interface Processes {
  spawn(request: {
    host: string
    argv: string[]
    env: Record<string, string>
    cwd: string
    user: string
    stdout: Sink
    stderr: Sink
    onExit: KernelEvent
  }): { pid: number } | { error: string }
  signal(pid: number, signal: Signal): boolean
  readonly processes: ReadonlyMap<
    number,
    {
      pid: number
      host: string
      parent: number
      argv: string[]
      env: Record<string, string>
      exit?: unknown
      onExit?: KernelEvent
    }
  >
  readonly world: { readonly programs: ReadonlyMap<string, unknown> }
}

type Sink = { kind: 'event'; event: KernelEvent } | { kind: 'null' } | { kind: 'file'; path: string; append?: boolean }

/** What a command runs as. */
export interface CommandOf {
  unit: string
  definition: UnitDefinition
  env: Record<string, string>
  /** Marks the processes of this run of the unit: its control group. */
  invocation: string
}

/** What the commands of a unit run as, now. */
export function contextOf(files: FileTree, { name, definition, pid, invocation }: UnitRecord): CommandOf {
  const found = environmentOf(files, definition)
  const env: Record<string, string> = 'missing' in found ? {} : found
  if (pid !== undefined) env.MAINPID = String(pid)
  return { unit: name, definition, env, invocation }
}

export type Launched =
  | { pid: number; path: string; argv: string[]; runs: 'process' }
  /** It ended at once. */
  | { pid: number; path: string; argv: string[]; exit: UnitExit; why?: { step: string; text: string } }
  /** A program of another component or built-in daemon, or one that nobody models. */
  | { pid: number; path: string; argv: string[]; program: string }

/** An executable, and as whom and where it runs. */
interface Found {
  path: string
  /** By name; the file's own if it says one. */
  program: string
  user: { name: string; actor: Actor }
  cwd: string
  /** Neither a program nor a script. */
  isText: boolean
}

/** Why a command cannot run: systemd's exit code, and the step that fails. */
interface Why {
  code: number
  step: string
  text: string
}

const NO_FILE: Why = { code: 203, step: 'EXEC', text: 'No such file or directory' }
const DENIED: Why = { code: 203, step: 'EXEC', text: 'Permission denied' }
const BAD_FORMAT: Why = { code: 203, step: 'EXEC', text: 'Exec format error' }
const NO_RESOURCE: Why = { code: 203, step: 'EXEC', text: 'Resource temporarily unavailable' }
const NO_USER: Why = { code: 217, step: 'USER', text: 'No such process' }
const NO_DIRECTORY: Why = { code: 200, step: 'CHDIR', text: 'No such file or directory' }

/** Commands whose work is done here. Undefined: run it as a process. */
const AT_ONCE: Record<string, (host: UnitHost, argv: string[]) => number | undefined> = {
  modprobe: (host, argv) => {
    const names = argv.slice(1).filter((word) => !word.startsWith('-'))
    return names.every((name) => host.loadModule(name)) ? 0 : 1
  },
  sshd: (_host, argv) => (argv.includes('-t') ? 0 : undefined),
}

/** Looks at a daemon's configuration: what is wrong, as the daemon says it. */
const LOOKS: Record<string, (host: UnitHost, argv: string[], pid: number) => string[]> = {
  haproxy: (host, argv, pid) => {
    const path = argv[argv.indexOf('-f') + 1] ?? HAPROXY_CONFIG
    const checked = argv.includes('-c') ? checkedConfig(host.files.text(path), path) : undefined
    return checked !== undefined && 'alerts' in checked ? alertLines(checked.alerts, pid, HAPROXY_VERSION) : []
  },
}

export class Commands {
  constructor(private readonly host: UnitHost) {}

  /** Starts the command of a line. A `main` one may be the program of a component. */
  launch(of: CommandOf, line: string, main: boolean): Launched {
    const argv = expandCommand(commandOf(line).words, of.env)
    const found = this.find(of, argv[0] ?? '')
    if ('why' in found) return this.notRun(found.path, argv, found.why)
    if (main && this.host.hosts.programAddress(found.program, this.host.name) !== undefined)
      return this.elsewhere(found, argv)
    const code = AT_ONCE[found.program]?.(this.host, argv)
    if (code === undefined) return this.launchProcess(of, found, argv)
    const pid = this.host.nextPid()
    return { pid, path: found.path, argv, exit: { pid, how: 'exited', code } }
  }

  /** The exit code of a command that only looks; undefined: it is not such a one. What it finds goes to the journal. */
  checks(of: CommandOf, line: string): number | undefined {
    const argv = expandCommand(commandOf(line).words, of.env)
    const program = basename(argv[0] ?? '')
    const look = LOOKS[program]
    if (look === undefined) return undefined
    const pid = this.host.nextPid()
    const lines = look(this.host, argv, pid)
    for (const text of lines) this.host.journal.write(of.unit, 6, text, { identifier: program, pid })
    return lines.length === 0 ? 0 : 1
  }

  /** Kills all living processes of a run. */
  killGroup(invocation: string): void {
    for (const { pid } of this.group(invocation)) this.signal(pid, 'KILL')
  }

  /** Sends a signal to a process of the table. */
  signal(pid: number, signal: string): boolean {
    return this.table?.signal(pid, signal as Signal) ?? false
  }

  /** The living processes of a run of a unit, in order of pid. */
  group(invocation: string): { pid: number; argv: string[] }[] {
    if (invocation === '') return []
    return [...(this.table?.processes.values() ?? [])]
      .filter(
        ({ host, env, exit }) => host === this.host.name && exit === undefined && env.INVOCATION_ID === invocation,
      )
      .map(({ pid, argv }) => ({ pid, argv }))
  }

  /** From now on the end of that process is told, as that of a main process. */
  adopt(unit: string, pid: number): boolean {
    const process = this.table?.processes.get(pid)
    if (process === undefined || process.exit !== undefined) return false
    process.onExit = this.endOf(unit)
    return true
  }

  private get table(): Processes | undefined {
    const component = this.host.hosts.kernel.component(RUNTIME_ADDRESS)
    return component !== undefined && 'spawn' in component ? (component as unknown as Processes) : undefined
  }

  /** What the first word of a command leads to; or why it leads to nothing that can run. */
  private find(of: CommandOf, word: string): Found | { path: string; why: Why } {
    const { files } = this.host
    const found = findExecutable({ tree: files, actor: ROOT, cwd: '/', path: of.env.PATH ?? '' }, word)
    if ('error' in found) return { path: word, why: found.error === 'ENOENT' ? NO_FILE : DENIED }
    const { path } = found
    const user = this.userOf(of.definition)
    if (user === undefined) return { path, why: NO_USER }
    const cwd = this.directoryOf(of.definition, user)
    if (cwd === undefined) return { path, why: NO_DIRECTORY }
    const node = files.node(path)
    if (node === undefined || !allows(node, user.actor, 1)) return { path, why: DENIED }
    const named = node.program ?? parseBinary(node.text ?? '')?.program
    const isText = named === undefined && !(node.text ?? '').startsWith('#!')
    return { path, user, cwd, program: named ?? basename(path), isText }
  }

  /** As a process of the table, where there is one and it knows the program. */
  private launchProcess(of: CommandOf, found: Found, argv: string[]): Launched {
    const { table } = this
    if (table === undefined) return this.elsewhere(found, argv)
    if (found.isText) return this.notRun(found.path, argv, BAD_FORMAT)
    const where = { tree: this.host.files, actor: found.user.actor, cwd: found.cwd, path: of.env.PATH ?? '' }
    const known = findProgram(where, argv)
    if ('error' in known) return this.notRun(found.path, argv, NO_FILE)
    const isDaemon = BUILT_IN[known.program] !== undefined
    if (isDaemon || !table.world.programs.has(known.program)) return this.elsewhere(found, argv)
    return this.spawn(table, of, found, argv)
  }

  private elsewhere({ path, program }: Found, argv: string[]): Launched {
    return { pid: this.host.nextPid(), path, argv, program }
  }

  private notRun(path: string, argv: string[], { code, step, text }: Why): Launched {
    const pid = this.host.nextPid()
    return { pid, path, argv, exit: { pid, how: 'exited', code }, why: { step, text } }
  }

  private spawn(table: Processes, of: CommandOf, { path, cwd, user: { name: user } }: Found, argv: string[]): Launched {
    const identifier = value(of.definition, 'Service.SyslogIdentifier') ?? basename(argv[0] ?? '')
    const spawned = table.spawn({
      host: this.host.name,
      argv,
      env: { ...this.accountEnv(user), ...of.env, INVOCATION_ID: of.invocation },
      cwd,
      user,
      stdout: this.sinkOf(of, 'stdout', identifier),
      stderr: this.sinkOf(of, 'stderr', identifier),
      onExit: this.endOf(of.unit),
    })
    if ('error' in spawned) return this.notRun(path, argv, NO_RESOURCE)
    return { pid: spawned.pid, path, argv, runs: 'process' }
  }

  private accountEnv(user: string): Record<string, string> {
    if (user === 'root') return {}
    return { USER: user, LOGNAME: user, HOME: this.home(user) ?? '/', SHELL: '/bin/sh' }
  }

  private endOf(unit: string): KernelEvent {
    return { to: UNIT_HOSTS, type: UNIT_EVENTS.ended, data: { host: this.host.name, unit } }
  }

  private sinkOf({ unit, definition }: CommandOf, stream: 'stdout' | 'stderr', identifier: string): Sink {
    const output = value(definition, 'Service.StandardOutput') ?? 'journal'
    const given = stream === 'stdout' ? output : (value(definition, 'Service.StandardError') ?? output)
    if (given === 'null') return { kind: 'null' }
    const file = /^(file|append|truncate):(.+)$/.exec(given)
    if (file !== null) return { kind: 'file', path: file[2] ?? '', append: file[1] !== 'truncate' }
    return {
      kind: 'event',
      event: { to: UNIT_HOSTS, type: UNIT_EVENTS.output, data: { host: this.host.name, unit, identifier } },
    }
  }

  private account(name: string): string[] | undefined {
    const lines = (this.host.files.text('/etc/passwd') ?? '').split('\n').map((line) => line.split(':'))
    return lines.find((fields) => fields[0] === name || (fields[2] === name && name !== ''))
  }

  private home(user: string): string | undefined {
    return this.account(user)?.[5]
  }

  /** Who runs it; undefined: there is no such account. */
  private userOf(definition: UnitDefinition): { name: string; actor: Actor } | undefined {
    const wanted = value(definition, 'Service.User')
    if (wanted === undefined || wanted === 'root' || wanted === '0') return { name: 'root', actor: ROOT }
    const name = this.account(wanted)?.[0]
    return name === undefined ? undefined : { name, actor: this.host.actor(name) }
  }

  private directoryOf(definition: UnitDefinition, user: { name: string }): string | undefined {
    const given = value(definition, 'Service.WorkingDirectory')
    if (given === undefined) return '/'
    const path = given.replace(/^-/, '')
    const wanted = path === '~' ? (this.home(user.name) ?? '/') : path
    if (this.host.files.node(wanted)?.kind === 'directory') return wanted
    return given.startsWith('-') ? '/' : undefined
  }
}
