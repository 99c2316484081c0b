/**
 * Runs the commands of Exec…= lines: as processes of the host's process table, or, where that would only cost
 * time (modprobe, `sshd -t`), at once. Models systemd src/core/execute.c. Not modelled: sandboxing, capabilities.
 */
import type { KernelEvent } from '../../kernel/queue.ts'
import { parseBinary } from '../binary.ts'
import { ROOT, allows, basename } from '../files.ts'
import type { Actor } from '../files.ts'
import { alertLines, checkedConfig, HAPROXY_CONFIG } from '../haproxy/config.ts'
import { HAPROXY_VERSION } from '../haproxy/unit.ts'
import { RUNTIME_ADDRESS } from '../pending.ts'
import type { Signal } from '../process.ts'
import { findExecutable, findProgram } from '../runtime/lookup.ts'
import type { UnitExit } from './exit.ts'
import { commandOf, expandCommand, value } from './unit-file.ts'
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

export type Launched =
  | { pid: number; path: string; argv: string[]; runs: 'process' }
  /** It ended at once. */
  | { pid: number; path: string; argv: string[]; exit: UnitExit; why?: { step: string; text: string } }
  /** A program of another component or built-in daemon, or one that nobody models. */
  | { pid: number; path: string; argv: string[]; program: string }

const NO_USER = 'No such process'

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
    const { words } = commandOf(line)
    const argv = expandCommand(words, of.env)
    const { env } = of
    const found = findExecutable({ tree: this.host.files, actor: ROOT, cwd: '/', path: env.PATH ?? '' }, argv[0] ?? '')
    const path = 'path' in found ? found.path : (argv[0] ?? '')
    const failed = (code: number, step: string, text: string): Launched => {
      const pid = this.host.nextPid()
      return { pid, path, argv, exit: { pid, how: 'exited', code }, why: { step, text } }
    }
    if ('error' in found)
      return failed(203, 'EXEC', found.error === 'ENOENT' ? 'No such file or directory' : 'Permission denied')
    const user = this.userOf(of.definition)
    if (user === undefined) return failed(217, 'USER', NO_USER)
    const cwd = this.directoryOf(of.definition, user)
    if (cwd === undefined) return failed(200, 'CHDIR', 'No such file or directory')
    const node = this.host.files.node(path)
    if (node === undefined || !allows(node, user.actor, 1)) return failed(203, 'EXEC', 'Permission denied')
    const named = node.program ?? parseBinary(node.text ?? '')?.program
    const program = named ?? basename(path)
    if (main && this.host.hosts.programAddress(program, this.host.name) !== undefined)
      return { pid: this.host.nextPid(), path, argv, program }
    const atOnce = AT_ONCE[program]?.(this.host, argv)
    if (atOnce !== undefined) {
      const pid = this.host.nextPid()
      return { pid, path, argv, exit: { pid, how: 'exited', code: atOnce } }
    }
    const table = this.table
    if (table === undefined) return { pid: this.host.nextPid(), path, argv, program }
    if (named === undefined && !(node.text ?? '').startsWith('#!')) return failed(203, 'EXEC', 'Exec format error')
    const known = findProgram({ tree: this.host.files, actor: user.actor, cwd, path: env.PATH ?? '' }, argv)
    if ('error' in known) return failed(203, 'EXEC', 'No such file or directory')
    if (!table.world.programs.has(known.program)) return { pid: this.host.nextPid(), path, argv, program }
    return this.spawn(table, of, { argv, path, cwd, user: user.name })
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

  isAlive(pid: number): boolean {
    const process = this.table?.processes.get(pid)
    return process !== undefined && process.exit === undefined
  }

  private get table(): Processes | undefined {
    const component = this.host.hosts.kernel.component(RUNTIME_ADDRESS)
    return component !== undefined && 'spawn' in component ? (component as unknown as Processes) : undefined
  }

  private spawn(
    table: Processes,
    of: CommandOf,
    { argv, path, cwd, user }: { argv: string[]; path: string; cwd: string; user: string },
  ): Launched {
    const identifier = value(of.definition, 'Service.SyslogIdentifier') ?? basename(argv[0] ?? '')
    const sink = (stream: 'stdout' | 'stderr'): Sink => this.sinkOf(of, stream, identifier)
    const home = this.home(user)
    const named: Record<string, string> =
      user === 'root' ? {} : { USER: user, LOGNAME: user, HOME: home ?? '/', SHELL: '/bin/sh' }
    const spawned = table.spawn({
      host: this.host.name,
      argv,
      env: { ...named, ...of.env, INVOCATION_ID: of.invocation },
      cwd,
      user,
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      onExit: this.endOf(of.unit),
    })
    if ('pid' in spawned) return { pid: spawned.pid, path, argv, runs: 'process' }
    const pid = this.host.nextPid()
    return {
      pid,
      path,
      argv,
      exit: { pid, how: 'exited', code: 203 },
      why: { step: 'EXEC', text: 'Resource temporarily unavailable' },
    }
  }

  private endOf(unit: string): KernelEvent {
    return { to: 'hosts', type: 'unit.ended', data: { host: this.host.name, unit } }
  }

  private sinkOf({ unit, definition }: CommandOf, stream: 'stdout' | 'stderr', identifier: string): Sink {
    const output = value(definition, 'Service.StandardOutput') ?? 'journal'
    const given = stream === 'stdout' ? output : (value(definition, 'Service.StandardError') ?? output)
    if (given === 'null') return { kind: 'null' }
    const file = /^(file|append|truncate):(.+)$/.exec(given)
    if (file !== null) return { kind: 'file', path: file[2] ?? '', append: file[1] !== 'truncate' }
    return {
      kind: 'event',
      event: { to: 'hosts', type: 'unit.output', data: { host: this.host.name, unit, identifier } },
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
