/** Programs run in containers beside the main one: exec sessions, exec probes, hooks. */
import type { Core, ExecKeeper, ExecPurpose } from './core.ts'
import { parseBinary } from '../host/binary.ts'
import { hasBaseProgram } from './images/programs.ts'
import { imageEntry } from './images/catalogue.ts'
import { parseImageReference } from './images/reference.ts'
import { planCommand } from './images/shell.ts'
import type { ExecExit, ExecOutput } from './runtime.ts'
import { hexOf } from './state.ts'
import type { ContainerInstance, PodRecord } from './state.ts'

export const EXEC_PLANNED = 'exec.planned'

interface Session {
  purpose: ExecPurpose
  output: string
}

export interface ExecResult {
  code: number
  output: string
  /** The program could not be started. */
  failure?: string
}

/** Hears of the end of a session, and of its output as it comes. */
export interface ExecAudience {
  output(purpose: ExecPurpose, stream: 'stdout' | 'stderr', text: string): void
  ended(purpose: ExecPurpose, result: ExecResult): void
}

/** Health checks that clients of a database do, where the database is only modelled. */
const CHECKS: Record<string, string> = {
  'redis-cli': 'PONG\n',
  pg_isready: '/var/run/postgresql:5432 - accepting connections\n',
  mysqladmin: 'mysqld is alive\n',
}

export class Execs implements ExecKeeper {
  private sessions: Record<string, Session> = {}
  private serial = 0

  constructor(
    private readonly core: Core,
    private readonly audience: ExecAudience,
  ) {}

  run(
    record: PodRecord,
    instance: ContainerInstance,
    argv: string[],
    purpose: ExecPurpose,
    options = { tty: false, stdin: false },
  ): string {
    const session = `${this.core.nodeName}/exec/${++this.serial}`
    this.sessions[session] = { purpose, output: '' }
    const spec = this.core.containers.spec(record, instance)
    const plan = hasBaseProgram(spec.base, argv[0] ?? '') ? planCommand(argv) : undefined
    if (plan?.exit !== undefined) {
      const parts = plan.logs.map(({ text, stream = 'stdout' }) => ({ stream, text: `${text}\n` }))
      this.core.after(plan.exit.atMs, EXEC_PLANNED, { session, code: plan.exit.code, output: '', parts })
      return session
    }
    const check = CHECKS[argv[0] ?? '']
    if (check !== undefined) this.core.after(30, EXEC_PLANNED, this.checked(session, instance, check))
    else if (hasBinary(spec.files, argv[0] ?? '') && this.core.ports.containers !== undefined)
      this.core.ports.containers.exec({ session, container: spec, argv, tty: options.tty, stdin: options.stdin })
    else if (isOfImage(spec.image, argv[0] ?? '') && !this.known(spec.base, argv[0] ?? ''))
      this.core.after(5, EXEC_PLANNED, { session, code: 126, output: '', failure: `not simulated: ${argv.join(' ')}` })
    else if (!this.known(spec.base, argv[0] ?? ''))
      this.core.after(15, EXEC_PLANNED, { session, code: 126, output: '', failure: notFound(session, argv[0] ?? '') })
    else if (this.core.ports.containers !== undefined)
      this.core.ports.containers.exec({ session, container: spec, argv, tty: options.tty, stdin: options.stdin })
    else
      this.core.after(5, EXEC_PLANNED, { session, code: 126, output: '', failure: `not simulated: ${argv.join(' ')}` })
    return session
  }

  forget(session: string): void {
    delete this.sessions[session]
    this.core.ports.containers?.hangUp(session)
  }

  input(session: string, text: string | null): void {
    this.core.ports.containers?.input(session, text)
  }

  resize(session: string, columns: number, rows: number): void {
    this.core.ports.containers?.resize?.(session, columns, rows)
  }

  planned(data: {
    session: string
    code: number
    output: string
    parts?: Omit<ExecOutput, 'session'>[]
    failure?: string
  }): void {
    for (const part of data.parts ?? []) this.output({ session: data.session, ...part })
    if (data.output !== '') this.output({ session: data.session, stream: 'stdout', text: data.output })
    this.exited({
      session: data.session,
      code: data.code,
      ...(data.failure !== undefined && { failure: data.failure }),
    })
  }

  output({ session, stream, text }: ExecOutput): void {
    const found = this.sessions[session]
    if (found === undefined) return
    found.output = (found.output + text).slice(0, 10_240)
    this.audience.output(found.purpose, stream, text)
  }

  exited({ session, code, failure }: ExecExit): void {
    const found = this.sessions[session]
    if (found === undefined) return
    delete this.sessions[session]
    this.audience.ended(found.purpose, { code, output: found.output, ...(failure !== undefined && { failure }) })
  }

  /** The session that serves an HTTP exchange. */
  sessionOf(exchange: string): string | undefined {
    return Object.keys(this.sessions).find((session) => {
      const { purpose } = this.sessions[session] as Session
      return purpose.kind === 'http' && purpose.exchange === exchange
    })
  }

  dump(): unknown {
    return { sessions: this.sessions, serial: this.serial }
  }

  load(state: unknown): void {
    const { sessions, serial } = state as { sessions: Record<string, Session>; serial: number }
    this.sessions = sessions
    this.serial = serial
  }

  private known(base: string, program: string): boolean {
    if (this.core.ports.containers === undefined) return hasBaseProgram(base, program)
    return (
      program.includes('/') || hasBaseProgram(base, program) || this.core.ports.containers.hasProgram(base, program)
    )
  }

  private checked(session: string, instance: ContainerInstance, output: string): unknown {
    const up = (instance.plan?.listens ?? []).some(
      ({ fromMs }) => (instance.startedMs ?? 0) + fromMs <= this.core.kernel.clockMs,
    )
    return up ? { session, code: 0, output } : { session, code: 1, output: 'Could not connect: Connection refused\n' }
  }
}

/** Whether a binary is among the files of the image, by its path or along PATH. */
function hasBinary(files: Record<string, string>, program: string): boolean {
  const path = program.includes('/') ? program : `/usr/local/bin/${program}`
  return parseBinary(files[path] ?? '') !== undefined
}

/** A program that the image brings along. */
function isOfImage(image: string, program: string): boolean {
  const reference = parseImageReference(image)
  return reference !== undefined && imageEntry(reference.repository)?.programs.includes(program) === true
}

function notFound(session: string, program: string): string {
  const id = hexOf(session, 64)
  const why = program.includes('/')
    ? `stat ${program}: no such file or directory`
    : 'executable file not found in $PATH'
  return `failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": ${why}: unknown`
}
