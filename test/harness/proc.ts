/** Runs a Program to its end on an in-memory machine: files, an answer to each HTTP call, a clock that only sleeping moves. */
import type { HttpResponse } from '../../engine/fabric/http.ts'
import type {
  Errno,
  FileStat,
  HttpFailure,
  Outgoing,
  Proc,
  Program,
  Run,
  StreamItem,
  Syscall,
} from '../../engine/host/process.ts'

export interface Machine {
  files?: Record<string, string>
  env?: Record<string, string>
  cwd?: string
  user?: string
  release?: string
  stdin?: string
  /** Milliseconds since 1970 at the start. */
  nowMs?: number
  /** The answer to a call. `stream`: chunks for `open`, each after so many milliseconds. */
  http?: (outgoing: Outgoing) => HttpResponse | HttpFailure
  stream?: (
    outgoing: Outgoing,
  ) => { response: HttpResponse; chunks: { chunk: unknown; afterMs?: number }[] } | HttpFailure
  tty?: boolean
  /** Answers to system calls by name; absent: undefined. */
  ask?: (name: string, args: Record<string, unknown>) => unknown
  /** What a person makes of a file in the editor; absent: nothing is changed. */
  edit?: (text: string) => string
}

export interface Result {
  code: number
  stdout: string
  stderr: string
  files: Record<string, string>
  requests: Outgoing[]
  nowMs: number
}

const START_MS = Date.UTC(2026, 10, 21, 1, 30, 0)

/** Thrown at a program that reads from a stream that has nothing more to say. */
class Interrupted extends Error {}

export function runProgram(program: Program, argv: string[], machine: Machine = {}): Result {
  const files = new Map(Object.entries(machine.files ?? {}))
  const state = { now: machine.nowMs ?? START_MS, stdout: '', stderr: '', stdin: machine.stdin ?? '' }
  const requests: Outgoing[] = []
  const streams = new Map<number, { chunk: unknown; afterMs?: number }[]>()
  const cwd = machine.cwd ?? '/root'
  const full = (path: string): string => normalize(path.startsWith('/') ? path : `${cwd}/${path}`)
  const isDirectory = (path: string): boolean =>
    path === '/' || [...files.keys()].some((name) => name.startsWith(`${path}/`))

  const stat = (path: string): FileStat | Errno => {
    const name = full(path)
    const text = files.get(name)
    if (text === undefined && !isDirectory(name)) return { error: 'ENOENT' }
    const kind = text === undefined ? 'directory' : 'file'
    return { kind, mode: 0o644, owner: 'root', group: 'root', size: text?.length ?? 0, mtimeMs: state.now }
  }

  const list = (path: string): { names: string[] } | Errno => {
    const name = full(path).replace(/\/$/, '')
    const below = [...files.keys()].filter((file) => file.startsWith(`${name}/`))
    if (below.length === 0) return { error: 'ENOENT' }
    return { names: [...new Set(below.map((file) => file.slice(name.length + 1).split('/')[0]!))].sort() }
  }

  const calls: Record<string, (args: Record<string, unknown>) => unknown> = {
    now: () => state.now,
    random: () => 0.5,
    sleep: ({ ms }) => ((state.now += ms as number), true),
    write: ({ fd, text }) => void (fd === 2 ? (state.stderr += text as string) : (state.stdout += text as string)),
    readAll: () => take(),
    read: () => take() || null,
    readLine: () => (state.stdin === '' ? null : line()),
    isTty: () => machine.tty ?? false,
    windowSize: () => ({ columns: 80, rows: 24 }),
    readFile: ({ path }) => {
      const text = files.get(full(path as string))
      if (text !== undefined) return { text }
      return { error: isDirectory(full(path as string)) ? 'EISDIR' : 'ENOENT' }
    },
    writeFile: ({ path, text, options }) => {
      const name = full(path as string)
      const append = (options as { append?: boolean } | undefined)?.append
      files.set(name, (append ? (files.get(name) ?? '') : '') + (text as string))
      return { ok: true }
    },
    stat: ({ path }) => stat(path as string),
    list: ({ path }) => list(path as string),
    mkdir: () => ({ ok: true }),
    remove: ({ path }) => {
      for (const name of [...files.keys()]) {
        if (name === full(path as string) || name.startsWith(`${full(path as string)}/`)) files.delete(name)
      }
      return { ok: true }
    },
    http: ({ outgoing }) => {
      requests.push(outgoing as Outgoing)
      return machine.http?.(outgoing as Outgoing) ?? refused(outgoing as Outgoing)
    },
    open: ({ outgoing }) => {
      requests.push(outgoing as Outgoing)
      const opened = machine.stream?.(outgoing as Outgoing) ?? refused(outgoing as Outgoing)
      if ('failure' in opened) return opened
      streams.set(requests.length, [...opened.chunks])
      return { stream: requests.length, response: opened.response }
    },
    next: ({ stream, timeoutMs }): StreamItem => nextItem(stream as number, timeoutMs as number | undefined),
    send: () => undefined,
    close: ({ stream }) => void streams.delete(stream as number),
    edit: ({ path }) => {
      const name = full(path as string)
      files.set(name, (machine.edit ?? ((text: string) => text))(files.get(name) ?? ''))
      return { saved: true }
    },
    ask: ({ name, args }) => machine.ask?.(name as string, (args ?? {}) as Record<string, unknown>),
    catchSignals: () => undefined,
    takeSignal: () => null,
  }

  const take = (): string => {
    const text = state.stdin
    state.stdin = ''
    return text
  }

  const line = (): string => {
    const end = state.stdin.indexOf('\n')
    const text = end < 0 ? state.stdin : state.stdin.slice(0, end)
    state.stdin = end < 0 ? '' : state.stdin.slice(end + 1)
    return text
  }

  const nextItem = (stream: number, timeoutMs?: number): StreamItem => {
    const queue = streams.get(stream)
    const head = queue?.[0]
    if (!head) {
      if (timeoutMs === undefined) return { kind: 'end' }
      state.now += timeoutMs
      return { kind: 'timeout' }
    }
    const wait = head.afterMs ?? 0
    if (timeoutMs !== undefined && wait > timeoutMs) {
      state.now += timeoutMs
      head.afterMs = wait - timeoutMs
      return { kind: 'timeout' }
    }
    state.now += wait
    queue!.shift()
    return { kind: 'chunk', chunk: head.chunk }
  }

  const run = program(argv, fakeProc(machine, cwd))
  let answer: unknown
  for (;;) {
    const step = run.next(answer)
    if (step.done)
      return {
        code: step.value,
        stdout: state.stdout,
        stderr: state.stderr,
        files: Object.fromEntries(files),
        requests,
        nowMs: state.now,
      }
    const { call, ...args } = step.value
    const carry = calls[call]
    if (!carry) throw new Interrupted(`the test machine has no system call ${call}`)
    answer = carry(args)
  }
}

const refused = (outgoing: Outgoing): HttpFailure => {
  const host = outgoing.url
    .replace(/^[a-z]+:\/\//, '')
    .replace(/\/.*/, '')
    .replace('localhost', '127.0.0.1')
  return { failure: 'refused', message: `dial tcp ${host}: connect: connection refused` }
}

function normalize(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function* ask<T>(call: string, args: Record<string, unknown> = {}): Run<T> {
  return (yield { call, ...args } satisfies Syscall) as T
}

/** A Proc whose every operation is a system call of the same name. */
function fakeProc(machine: Machine, cwd: string): Proc {
  const base = {
    pid: 4711,
    host: 'base',
    user: machine.user ?? 'root',
    env: { HOME: '/root', PATH: '/usr/bin', ...machine.env },
    cwd,
    release: machine.release ?? '1.35.2',
    out: (text: string) => ask('write', { fd: 1, text }),
    err: (text: string) => ask('write', { fd: 2, text }),
    write: (fd: number, text: string) => ask('write', { fd, text }),
    sleep: (ms: number) => ask('sleep', { ms }),
    isTty: (fd: number) => ask('isTty', { fd }),
    readFile: (path: string) => ask('readFile', { path }),
    writeFile: (path: string, text: string, options?: object) => ask('writeFile', { path, text, options }),
    stat: (path: string, options?: object) => ask('stat', { path, options }),
    list: (path: string) => ask('list', { path }),
    mkdir: (path: string, options?: object) => ask('mkdir', { path, options }),
    remove: (path: string, options?: object) => ask('remove', { path, options }),
    http: (outgoing: Outgoing) => ask('http', { outgoing }),
    open: (outgoing: Outgoing) => ask('open', { outgoing }),
    next: (stream: number, timeoutMs?: number) => ask('next', { stream, timeoutMs }),
    send: (stream: number, input: unknown) => ask('send', { stream, input }),
    close: (stream: number) => ask('close', { stream }),
    edit: (path: string, editor: string) => ask('edit', { path, editor }),
    catchSignals: (signals: unknown) => ask('catchSignals', { signals }),
    ask: (name: string, args?: object) => ask('ask', { name, args }),
  }
  return new Proxy(base, {
    get: (target, name: string) => (name in target ? target[name as keyof typeof target] : () => ask(name)),
  }) as unknown as Proc
}
