/**
 * What a program is and what it may ask of the machine it runs on.
 *
 * A program is a generator: it yields system calls, which are plain data, and is resumed with their
 * answers. It must depend on nothing but its arguments and those answers, so that a traced process
 * (a container, a background job) is restored by replaying its answers. Nothing is awaited: a call
 * that takes virtual time leaves the process suspended until the kernel resumes it.
 */
import type { HostName } from '../fabric/fabric.ts'
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import type { Signal } from './signals.ts'

/** One system call: its name and arguments, plain data. `engine/host/syscalls/` carries them out. */
export interface Syscall {
  call: string
  [argument: string]: unknown
}

/** A suspended computation that asks for system calls and in the end gives a `T`. */
export type Run<T> = Generator<Syscall, T, unknown>

/** The body of a program: `argv[0]` is its name; the result is its exit code (0 to 255). */
export type Program = (argv: string[], p: Proc) => Run<number>

/** A failed file or network operation, by its errno name. */
export interface Errno {
  error: 'ENOENT' | 'EACCES' | 'EISDIR' | 'ENOTDIR' | 'EEXIST' | 'ENOTEMPTY' | 'EROFS' | 'ENOSPC' | 'EINVAL' | 'ELOOP'
}

export interface FileStat {
  kind: 'file' | 'directory' | 'symlink'
  mode: number
  owner: string
  group: string
  size: number
  /** Milliseconds since 1970 UTC. */
  mtimeMs: number
  /** For a symlink: where it points. */
  target?: string
}

/** Why no HTTP answer came. `message` is Go's text of the error, such as `dial tcp 10.0.0.1:6443: connect: connection refused`. */
export interface HttpFailure {
  failure: 'refused' | 'timeout' | 'dns' | 'tls' | 'reset' | 'interrupted'
  message: string
}

/** An HTTP call from a program. `url` holds scheme, host (name or IP), port number and path; no query. */
export interface Outgoing {
  url: string
  request: Omit<HttpRequest, 'path' | 'certificate'>
  /** PEM texts, as a kubeconfig gives them. */
  /** `serverName`: whom the certificate must be for, when that is not the URL's host. */
  tls?: { ca?: string; cert?: string; key?: string; insecure?: boolean; serverName?: string }
  timeoutMs?: number
  /** How long it waits for a TLS handshake, as Go's net/http does; absent: as long as for the answer. */
  handshakeMs?: number
}

/** What comes next out of a stream. */
export type StreamItem = { kind: 'chunk'; chunk: unknown } | { kind: 'end'; error?: string } | { kind: 'timeout' }

export interface SpawnOptions {
  argv: string[]
  env?: Record<string, string>
  cwd?: string
  user?: string
  /** File descriptors the child gets; absent: those of the parent. */
  stdin?: number
  stdout?: number
  stderr?: number
  /** A job of its own, which Ctrl-C at the terminal does not reach. */
  background?: boolean
}

/** The kernel and host as one running program sees them. All operations are used as `yield* p.op()`. */
export interface Proc {
  readonly pid: number
  readonly host: HostName
  /** Who runs it, such as `root` or `candidate`. */
  readonly user: string
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** The Kubernetes release the program itself is of (kubectl of this host), such as `1.35.2`. */
  readonly release: string
  /** Milliseconds since 1970 UTC on this host's clock. */
  now(): Run<number>
  /** A number in [0, 1) from the host's stream. */
  random(): Run<number>
  /** Sleeps; resolves false when a caught signal cut it short. */
  sleep(ms: number): Run<boolean>

  out(text: string): Run<void>
  err(text: string): Run<void>
  write(fd: number, text: string): Run<void>
  /** The next piece of input, as it comes; null at the end. */
  read(fd?: number): Run<string | null>
  readLine(fd?: number): Run<string | null>
  readAll(fd?: number): Run<string>
  isTty(fd: number): Run<boolean>
  /** Columns and rows of the terminal; 80 × 24 without one. */
  windowSize(): Run<{ columns: number; rows: number }>

  readFile(path: string): Run<{ text: string } | Errno>
  writeFile(path: string, text: string, options?: { append?: boolean; mode?: number }): Run<{ ok: true } | Errno>
  stat(path: string, options?: { followLinks?: boolean }): Run<FileStat | Errno>
  list(path: string): Run<{ names: string[] } | Errno>
  mkdir(path: string, options?: { parents?: boolean; mode?: number }): Run<{ ok: true } | Errno>
  remove(path: string, options?: { recursive?: boolean }): Run<{ ok: true } | Errno>
  rename(from: string, to: string): Run<{ ok: true } | Errno>
  symlink(target: string, path: string): Run<{ ok: true } | Errno>
  chmod(path: string, mode: number): Run<{ ok: true } | Errno>
  chown(path: string, owner: string, group?: string): Run<{ ok: true } | Errno>

  /** One request, one answer. */
  http(outgoing: Outgoing): Run<HttpResponse | HttpFailure>
  /** A request whose answer is a stream. The first answer tells the status; then `next`. */
  open(outgoing: Outgoing): Run<{ stream: number; response: HttpResponse } | HttpFailure>
  next(stream: number, timeoutMs?: number): Run<StreamItem>
  send(stream: number, input: unknown): Run<void>
  close(stream: number): Run<void>
  /** IP addresses of a name as this host (or pod) resolves it. */
  resolve(
    name: string,
  ): Run<{ addresses: string[]; canonicalName?: string } | { error: 'NXDOMAIN' | 'SERVFAIL' | 'timeout' }>
  /** Opens a TCP connection and closes it. */
  connect(host: string, port: number, timeoutMs?: number): Run<'open' | 'refused' | 'timeout' | 'unreachable'>

  spawn(options: SpawnOptions): Run<{ pid: number } | { error: 'ENOENT' | 'EACCES' }>
  wait(pid: number): Run<number>
  kill(pid: number, signal: Signal): Run<boolean>
  pipe(): Run<{ readEnd: number; writeEnd: number }>
  openFile(path: string, mode: 'r' | 'w' | 'a'): Run<{ fd: number } | Errno>
  closeFd(fd: number): Run<void>
  /** From now on these signals do not kill; `takeSignal` tells which came. */
  catchSignals(signals: Signal[]): Run<void>
  takeSignal(): Run<Signal | null>

  /** Opens the file in the web page's editor; undefined when the person gave up, or there is no page. */
  edit(path: string, editor: 'vi' | 'nano'): Run<{ saved: boolean } | { error: 'no-terminal' }>
  /** Any other system call of the host, by name (`unit.start`, `journal.read`, `container.list` …). */
  ask(call: string, args?: Record<string, unknown>): Run<unknown>
}
