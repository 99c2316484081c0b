/** The door for the outside: terminals with a shell in them, and scripts with their output taken. */
import type { HostName } from '../fabric/fabric.ts'
import { RUNTIME_ADDRESS } from '../host/pending.ts'
import type { ProcessTable, SpawnResult } from '../host/runtime/table.ts'
import type { KernelEvent } from '../kernel/queue.ts'

export interface TerminalOptions {
  host: HostName
  user: string
  columns: number
  rows: number
  /** Added to the environment of the shell. */
  env?: Record<string, string>
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The environment that a login gives. */
export function loginEnvironment(table: ProcessTable, host: HostName, user: string): Record<string, string> {
  const home = table.world.home(host, { kind: 'host' }, user) ?? '/'
  return { HOME: home, USER: user, LOGNAME: user, SHELL: '/bin/bash', PATH, LANG: 'C.UTF-8', TERM: 'xterm-256color' }
}

export class Terminals {
  constructor(private readonly table: ProcessTable) {}

  /** Opens a terminal with a login shell. Output comes by `ProcessTable.observe({ onOutput, onEdit })`. */
  open(id: string, options: TerminalOptions): SpawnResult {
    const { host, user, columns, rows } = options
    const env = { ...loginEnvironment(this.table, host, user), ...options.env }
    const terminal = this.table.openTerminal(id, { columns, rows })
    const sink = { kind: 'tty', id } as const
    const made = this.table.spawn({
      host,
      user,
      argv: ['bash'],
      env,
      cwd: env.HOME ?? '/',
      stdin: sink,
      stdout: sink,
      stderr: sink,
      onExit: { to: RUNTIME_ADDRESS, type: 'terminal.ended', data: { id } },
    })
    if ('pid' in made) terminal.foreground = made.pid
    return made
  }

  /** What a person typed. It enters the run as an event, which an input log can hold. */
  input(id: string, text: string): void {
    this.table.kernel.send({ to: RUNTIME_ADDRESS, type: 'tty.input', data: { id, text } })
  }

  resize(id: string, columns: number, rows: number): void {
    this.table.kernel.send({ to: RUNTIME_ADDRESS, type: 'tty.resize', data: { id, columns, rows } })
  }

  /** The answer to an edit request: the text to save, or undefined to give up. */
  edited(id: string, request: number, text: string | undefined): void {
    this.table.kernel.send({ to: RUNTIME_ADDRESS, type: 'tty.edited', data: { id, request, text } })
  }

  close(id: string): void {
    this.table.closeTerminal(id)
  }

  /** Whether the shell of the terminal waits for a command. */
  isAtPrompt(id: string): boolean {
    const terminal = this.table.terminals.get(id)
    if (terminal === undefined || terminal.mode !== 'raw') return false
    return [...this.table.processes.values()].some(
      ({ group, blocked, program }) =>
        group === terminal.foreground && (program === 'bash' || program === 'sh') && blocked?.key === `tty ${id}`,
    )
  }

  /** Whether the terminal's first shell is still there. */
  isOpen(id: string): boolean {
    return [...this.table.processes.values()].some(({ tty, exit }) => tty === id && exit === undefined)
  }
}

export interface ScriptOptions {
  host: HostName
  user: string
  stdin?: string
  cwd?: string
  env?: Record<string, string>
  args?: string[]
  /** Sent when it ends, its data extended by `{ pid, code, signal? }`. */
  onExit?: KernelEvent
}

/** Starts a bash script. Its output is taken by `takeScript(table, pid)` when it has ended. */
export function runScript(table: ProcessTable, text: string, options: ScriptOptions): SpawnResult {
  const env = { ...loginEnvironment(table, options.host, options.user), ...options.env }
  const name = `script-${table.nextCapture()}`
  return table.spawn({
    host: options.host,
    user: options.user,
    argv: ['bash', '-c', text, 'bash', ...(options.args ?? [])],
    env,
    cwd: options.cwd ?? env.HOME ?? '/',
    captureAs: name,
    stdin: { kind: 'text', text: options.stdin ?? '' },
    stdout: { kind: 'capture', name: `${name}-out` },
    stderr: { kind: 'capture', name: `${name}-err` },
    ...(options.onExit === undefined ? {} : { onExit: options.onExit }),
  })
}

/** The output of a script and, when it has ended, its exit code. `code` undefined: it still runs. */
export function takeScript(
  table: ProcessTable,
  pid: number,
): { stdout: string; stderr: string; code: number | undefined } {
  const { name, code } = table.captureOf(pid)
  const take = code !== undefined
  return { stdout: table.captured(`${name}-out`, { take }), stderr: table.captured(`${name}-err`, { take }), code }
}
