/** Reading, writing and descriptors. Models read(2), write(2), pipe(7): 64 KiB, EPIPE and SIGPIPE. */
import { textOfBytes } from '../../bytes.ts'
import type { Machine, RuntimeCall } from '../machine.ts'
import type { Description, ProcessRecord } from '../record.ts'
import { ttyForward } from './forward.ts'
import { actorOf, absolute } from './paths.ts'

const PIPE_CAPACITY = 65536
const MAX_TEXT = 64 * 1024 * 1024

/** Takes what is there; undefined: nothing yet; null: the end. */
function take(machine: Machine, process: ProcessRecord, from: Description, line: boolean): string | null | undefined {
  switch (from.kind) {
    case 'text':
      return takeText(from, from.text, line)
    case 'file': {
      const endless = takeDevice(machine, from)
      if (endless !== undefined) return endless
      const got = machine.world.tree(from.host, from.root)?.read(from.path, actorOf(machine, process))
      return got === undefined || 'error' in got ? null : takeText(from, got.text, line)
    }
    case 'pipe':
      return takePipe(machine, from.pipe, line)
    case 'tty':
      return takeTerminal(machine, process, from.tty)
    default:
      return null
  }
}

const DEVICE_BYTES = 4096

/** What /dev/zero and /dev/urandom give, without an end. */
function takeDevice(machine: Machine, from: Extract<Description, { kind: 'file' }>): string | undefined {
  const device = machine.world.tree(from.host, from.root)?.node(from.path)?.device
  if (device === 'zero' || device === 'full') return '\0'.repeat(DEVICE_BYTES)
  if (device !== 'random') return undefined
  const stream = machine.kernel.random(`host/${from.host}`)
  return textOfBytes(Uint8Array.from({ length: DEVICE_BYTES }, () => Math.floor(stream.next() * 256)))
}

function takeText(from: { offset: number }, text: string, line: boolean): string | null {
  if (from.offset >= text.length) return null
  const newline = line ? text.indexOf('\n', from.offset) : -1
  const end = newline >= 0 ? newline + 1 : text.length
  const piece = text.slice(from.offset, end)
  from.offset = end
  return piece
}

function takePipe(machine: Machine, id: number, line: boolean): string | null | undefined {
  const pipe = machine.pipeOf(id)
  const newline = line ? pipe.text.indexOf('\n') : -1
  if (line && newline < 0 && pipe.writers > 0 && pipe.text.length < MAX_TEXT) {
    machine.wake(`pipe ${id} write`)
    return undefined
  }
  if (pipe.text === '') return pipe.writers > 0 ? undefined : null
  const end = newline >= 0 ? newline + 1 : pipe.text.length
  const piece = pipe.text.slice(0, end)
  pipe.text = pipe.text.slice(end)
  machine.wake(`pipe ${id} write`)
  return piece
}

function takeTerminal(machine: Machine, process: ProcessRecord, id: string): string | null | undefined {
  const terminal = machine.terminals.get(id)
  if (terminal === undefined) return null
  if (terminal.foreground !== process.group) {
    machine.signal(process.pid, 'TSTP')
    return undefined
  }
  if (terminal.ready !== '') {
    const newline = terminal.mode === 'cooked' ? terminal.ready.indexOf('\n') : -1
    const end = newline >= 0 ? newline + 1 : terminal.ready.length
    const piece = terminal.ready.slice(0, end)
    terminal.ready = terminal.ready.slice(end)
    return piece
  }
  if (!terminal.end) return undefined
  terminal.end = false
  return null
}

function keyOf(from: Description): string {
  if (from.kind === 'pipe') return `pipe ${from.pipe} read`
  return from.kind === 'tty' ? `tty ${from.tty}` : 'never'
}

const readFrom =
  (line: boolean): RuntimeCall =>
  (machine, process, args) => {
    const from = machine.description(process, args.fd as number)
    if (from === undefined || (from.kind === 'pipe' && from.end === 'write')) return null
    const piece = take(machine, process, from, line)
    if (piece !== undefined) return piece
    if (args.timeoutMs !== undefined && process.blocked === undefined) machine.timer(process, args.timeoutMs as number)
    return machine.block(process, args, keyOf(from))
  }

const write: RuntimeCall = (machine, process, args) => {
  const text = args.text as string
  const to = machine.description(process, args.fd as number)
  if (to === undefined) return { error: 'EBADF' }
  if (text === '') return undefined
  switch (to.kind) {
    case 'pipe':
      return writePipe(machine, process, args, to.pipe)
    case 'file':
      return writeFile(machine, process, to, text)
    case 'tty': {
      const terminal = machine.terminals.get(to.tty)
      if (terminal !== undefined) machine.output(terminal, text)
      return undefined
    }
    case 'event': {
      const data = typeof to.event.data === 'object' && to.event.data !== null ? to.event.data : {}
      machine.kernel.send({ ...to.event, data: { ...data, text } })
      return undefined
    }
    case 'capture':
      machine.capture(to.name, text)
      return undefined
    default:
      return undefined
  }
}

function writePipe(machine: Machine, process: ProcessRecord, args: Parameters<RuntimeCall>[2], id: number): unknown {
  const pipe = machine.pipeOf(id)
  if (pipe.readers === 0) {
    machine.signal(process.pid, 'PIPE')
    return { error: 'EPIPE' }
  }
  const wanted = `pipe ${id} read`
  if (pipe.text.length >= PIPE_CAPACITY && !machine.isAwaited(wanted))
    return machine.block(process, args, `pipe ${id} write`)
  pipe.text += args.text as string
  machine.wake(wanted)
  return undefined
}

function writeFile(
  machine: Machine,
  process: ProcessRecord,
  to: Extract<Description, { kind: 'file' }>,
  text: string,
): unknown {
  const tree = machine.world.tree(to.host, to.root)
  if (tree === undefined || to.mode === 'r') return { error: 'EBADF' }
  const actor = actorOf(machine, process)
  const node = tree.node(to.path, actor)
  if ((node?.text?.length ?? 0) + text.length > MAX_TEXT) return { error: 'EFBIG' }
  const done = tree.write(to.path, text, actor, { append: true })
  if ('error' in done && done.error === 'ENOSPC') diskFull(machine, process)
  return done
}

/** What coreutils say at their end when their output could not be written; said once, and the exit code is 1. */
function diskFull(machine: Machine, process: ProcessRecord): void {
  if (process.writeFailed === true) return
  process.writeFailed = true
  const name = process.argv[0]?.split('/').at(-1) ?? ''
  const who = /^-?(ba)?sh$/.test(name) ? 'bash: echo' : name
  write(machine, process, { call: 'write', fd: 2, text: `${who}: write error: No space left on device\n` })
}

const openFile: RuntimeCall = (machine, process, args) => {
  const path = absolute(process, args.path as string)
  const mode = args.mode as 'r' | 'w' | 'a'
  const tree = machine.world.tree(process.host, process.root)
  if (tree === undefined) return { error: 'ENOENT' }
  const actor = actorOf(machine, process)
  if (path === '/dev/tty' && process.tty !== undefined) {
    return { fd: machine.openDescription(process, { kind: 'tty', tty: process.tty, references: 0 }) }
  }
  if (path === '/dev/null') return { fd: machine.openDescription(process, { kind: 'null', references: 0 }) }
  const standard = /^\/dev\/(?:fd\/(\d+)|std(in|out|err))$/.exec(path)
  if (standard !== null) return openSame(machine, process, standard)
  const tried = mode === 'r' ? tree.read(path, actor) : tree.write(path, '', actor, { append: mode === 'a' })
  if ('error' in tried) return tried
  const { host, root, user } = process
  return {
    fd: machine.openDescription(process, { kind: 'file', host, root, user, path, mode, offset: 0, references: 0 }),
  }
}

function openSame(machine: Machine, process: ProcessRecord, match: RegExpExecArray): unknown {
  const fd = match[1] === undefined ? { in: 0, out: 1, err: 2 }[match[2] as 'in' | 'out' | 'err'] : Number(match[1])
  const there = machine.description(process, fd)
  return there === undefined ? { error: 'ENOENT' } : { fd: machine.openDescription(process, there) }
}

const pipe: RuntimeCall = (machine, process) => {
  const id = machine.makePipe()
  const readEnd = machine.openDescription(process, { kind: 'pipe', pipe: id, end: 'read', references: 0 })
  const writeEnd = machine.openDescription(process, { kind: 'pipe', pipe: id, end: 'write', references: 0 })
  return { readEnd, writeEnd }
}

/** A here-document: a descriptor that reads a text. */
const textFd: RuntimeCall = (machine, process, args) => ({
  fd: machine.openDescription(process, { kind: 'text', text: args.text as string, offset: 0, references: 0 }),
})

const kindOf: RuntimeCall = (machine, process, args) => machine.description(process, args.fd as number)?.kind ?? null

/** Input that is there without waiting: the rest of a text or file, or what stands in a pipe. */
const fdSize: RuntimeCall = (machine, process) => {
  const terminal = process.tty === undefined ? undefined : machine.terminals.get(process.tty)
  return { columns: terminal?.columns ?? 80, rows: terminal?.rows ?? 24 }
}

export const streamCalls: Record<string, RuntimeCall> = {
  read: readFrom(false),
  readLine: readFrom(true),
  write,
  openFile,
  pipe,
  textFd,
  fdKind: kindOf,
  isTty: (machine, process, args) => machine.description(process, args.fd as number)?.kind === 'tty',
  windowSize: fdSize,
  dup: (machine, process, args) => machine.duplicate(process, args.from as number, args.to as number),
  closeFd: (machine, process, args) => void machine.closeDescriptor(process, args.fd as number),
  /** How the terminal hands input over; only its foreground process may say. */
  ttyMode: (machine, process, args) => {
    const terminal = process.tty === undefined ? undefined : machine.terminals.get(process.tty)
    if (terminal === undefined) return false
    terminal.mode = args.mode as 'raw' | 'cooked'
    if (terminal.mode === 'raw') {
      // A line half typed while a command ran is now for the shell.
      terminal.ready += terminal.line
      terminal.line = ''
    }
    terminal.end = false
    return true
  },
  /** What has been typed and nobody has read; it is read by that. */
  ttyTyped: (machine, process) => {
    const terminal = process.tty === undefined ? undefined : machine.terminals.get(process.tty)
    const typed = terminal?.ready ?? ''
    if (terminal !== undefined) terminal.ready = ''
    return typed
  },
  ttyForward,
  atLineStart: (machine, process) => {
    const terminal = process.tty === undefined ? undefined : machine.terminals.get(process.tty)
    return terminal?.atLineStart ?? true
  },
  ttyForeground: (machine, process, args) => {
    const terminal = process.tty === undefined ? undefined : machine.terminals.get(process.tty)
    if (terminal !== undefined) terminal.foreground = args.group as number
    return terminal !== undefined
  },
}
