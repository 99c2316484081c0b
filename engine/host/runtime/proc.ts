/** The `Proc` of one process: each operation yields one system call and gives back its answer. */
import type { HttpFailure, HttpFailure as Failure, Outgoing, Proc, Run, SpawnOptions, Syscall } from '../process.ts'
import type { HttpResponse } from '../../fabric/http.ts'
import type { Signal } from '../signals.ts'
import type { ProcessRecord } from './record.ts'

function* ask<T>(syscall: Syscall): Run<T> {
  return (yield syscall) as T
}

/** The system as the program of this process sees it. */
export function makeProc(record: ProcessRecord, release: string): Proc {
  const of = { pid: record.pid, host: record.host, user: record.user, env: record.env, cwd: record.startedIn, release }
  return { ...of, ...basics, ...files, ...network, ...processes }
}

const basics = {
  now: () => ask<number>({ call: 'now' }),
  random: () => ask<number>({ call: 'random' }),
  sleep: (ms: number) => ask<boolean>({ call: 'sleep', ms }),
  out: (text: string) => ask<void>({ call: 'write', fd: 1, text }),
  err: (text: string) => ask<void>({ call: 'write', fd: 2, text }),
  write: (fd: number, text: string) => ask<void>({ call: 'write', fd, text }),
  read: (fd = 0) => ask<string | null>({ call: 'read', fd }),
  *readLine(fd = 0): Run<string | null> {
    const line = yield* ask<string | null>({ call: 'readLine', fd })
    return line !== null && line.endsWith('\n') ? line.slice(0, -1) : line
  },
  *readAll(fd = 0): Run<string> {
    const pieces: string[] = []
    for (;;) {
      const piece = yield* ask<string | null>({ call: 'read', fd })
      if (piece === null) return pieces.join('')
      pieces.push(piece)
    }
  },
  isTty: (fd: number) => ask<boolean>({ call: 'isTty', fd }),
  windowSize: () => ask<{ columns: number; rows: number }>({ call: 'windowSize' }),
}

/** Paths that stand for an open descriptor, as a process substitution gives. */
const DESCRIPTOR = /^\/dev\/(?:fd\/(\d+)|stdin)$/

const files: Pick<
  Proc,
  | 'readFile'
  | 'writeFile'
  | 'stat'
  | 'list'
  | 'mkdir'
  | 'remove'
  | 'rename'
  | 'symlink'
  | 'chmod'
  | 'chown'
  | 'openFile'
> = {
  *readFile(path) {
    const fd = DESCRIPTOR.exec(path)
    if (fd === null) return yield* ask({ call: 'readFile', path })
    return { text: yield* basics.readAll(Number(fd[1] ?? 0)) }
  },
  writeFile: (path, text, options) => ask({ call: 'writeFile', path, text, ...options }),
  stat: (path, options) => ask({ call: 'stat', path, ...options }),
  list: (path) => ask({ call: 'list', path }),
  mkdir: (path, options) => ask({ call: 'mkdir', path, ...options }),
  remove: (path, options) => ask({ call: 'remove', path, ...options }),
  rename: (from, to) => ask({ call: 'rename', from, to }),
  symlink: (target, path) => ask({ call: 'symlink', target, path }),
  chmod: (path, mode) => ask({ call: 'chmod', path, mode }),
  chown: (path, owner, group) => ask({ call: 'chown', path, owner, group }),
  openFile: (path, mode) => ask({ call: 'openFile', path, mode }),
}

const network: Pick<Proc, 'http' | 'open' | 'next' | 'send' | 'close' | 'resolve' | 'connect'> = {
  http: (outgoing: Outgoing) => ask<HttpResponse | HttpFailure>({ call: 'http', outgoing }),
  open: (outgoing: Outgoing) => ask<{ stream: number; response: HttpResponse } | Failure>({ call: 'open', outgoing }),
  next: (stream, timeoutMs) => ask({ call: 'next', stream, timeoutMs }),
  send: (stream, input) => ask({ call: 'send', stream, input }),
  close: (stream) => ask({ call: 'close', stream }),
  resolve: (name) => ask({ call: 'resolve', name }),
  connect: (host, port, timeoutMs) => ask({ call: 'connect', host, port, timeoutMs }),
}

const processes: Pick<
  Proc,
  'spawn' | 'wait' | 'kill' | 'pipe' | 'closeFd' | 'catchSignals' | 'takeSignal' | 'edit' | 'ask'
> = {
  spawn: (options: SpawnOptions) => ask({ call: 'spawn', ...options }),
  *wait(pid) {
    return (yield* ask<{ code: number }>({ call: 'wait', pid })).code
  },
  kill: (pid, signal) => ask({ call: 'kill', pid, signal }),
  pipe: () => ask({ call: 'pipe' }),
  closeFd: (fd) => ask({ call: 'closeFd', fd }),
  catchSignals: (signals: Signal[]) => ask({ call: 'catchSignals', signals }),
  takeSignal: () => ask({ call: 'takeSignal' }),
  edit: (path, editor) => ask({ call: 'edit', path, editor }),
  ask: (call, args) => ask({ ...args, call }),
}
