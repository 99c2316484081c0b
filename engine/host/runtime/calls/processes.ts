/** Time, signals, children, checkpoints. */
import { allows } from '../../files.ts'
import { makeExit } from '../exit.ts'
import { findExecutable } from '../lookup.ts'
import type { Signal } from '../../signals.ts'
import type { ChildOptions, Machine, RuntimeCall } from '../machine.ts'
import type { ProcessRecord } from '../record.ts'
import { absolute, actorOf } from './paths.ts'

const sleep: RuntimeCall = (machine, process, args) => {
  if (process.pending.length > 0) return false
  const pending = machine.block(process, args, 'timer')
  machine.timer(process, Math.max(0, args.ms as number))
  return pending
}

/** Waits for a child: its exit, or with `stops` also its being stopped. Answers `{ code, signal?, stopped? }`. */
const wait: RuntimeCall = (machine, process, args) => {
  const child = machine.processes.get(args.pid as number)
  if (child === undefined || child.parent !== process.pid) return { code: 127 }
  if (child.exit !== undefined) {
    machine.forget(child.pid)
    return child.exit
  }
  if (args.stops === true && child.stopped && child.stopUnseen) {
    child.stopUnseen = false
    return { code: 148, stopped: true }
  }
  if (args.poll === true) return { code: -1 }
  if (args.interruptible === true && process.pending.length > 0) return { code: -2 }
  return machine.block(process, args, `child ${process.pid}`)
}

/** `wait` with an end: answers `{ code: -1 }` after `timeoutMs`. */
const waitFor: RuntimeCall = (machine, process, args) => {
  const child = machine.processes.get(args.pid as number)
  if (child === undefined || child.exit !== undefined) return wait(machine, process, args)
  const first = process.blocked === undefined
  const pending = machine.block(process, { ...args, timeoutAnswer: { code: -1 } }, `child ${process.pid}`)
  if (first) machine.timer(process, args.timeoutMs as number)
  return pending
}

/** `pid` below 0 is a process group. */
const kill: RuntimeCall = (machine, process, args) => {
  const pid = args.pid as number
  const signal = args.signal as Signal
  const targets = [...machine.processes.values()].filter((other) =>
    pid < 0 ? other.group === -pid : other.pid === pid,
  )
  const allowed = targets.filter(
    (other) => other.host === process.host && (process.user === 'root' || other.user === process.user),
  )
  for (const other of allowed) machine.signal(other.pid, signal)
  return allowed.length > 0
}

const spawn: RuntimeCall = (machine, process, args) => {
  const { stdin, stdout, stderr, background } = args as {
    stdin?: number
    stdout?: number
    stderr?: number
    background?: boolean
  }
  const fds = (args.fds as Record<number, number> | undefined) ?? { 0: stdin ?? 0, 1: stdout ?? 1, 2: stderr ?? 2 }
  const group = (args.group as ChildOptions['group']) ?? (background === true ? 'new' : undefined)
  return machine.spawnChild(process, {
    ...(args as unknown as ChildOptions),
    fds,
    ...(group === undefined ? {} : { group }),
  })
}

const chdir: RuntimeCall = (machine, process, args) => {
  const path = absolute(process, args.path as string)
  const tree = machine.world.tree(process.host, process.root)
  if (tree === undefined) return { error: 'ENOENT' }
  const node = tree.node(path, actorOf(machine, process))
  if (node === undefined) {
    const why = tree.stat(path, actorOf(machine, process))
    return 'error' in why ? why : { error: 'ENOENT' }
  }
  if (node.kind !== 'directory') return { error: 'ENOTDIR' }
  if (!allows(node, actorOf(machine, process), 1)) return { error: 'EACCES' }
  process.cwd = path
  return { ok: true }
}

function childrenOf(machine: Machine, process: ProcessRecord): number[] {
  return [...machine.processes.values()].filter((other) => other.parent === process.pid).map(({ pid }) => pid)
}

function listed(machine: Machine, process: ProcessRecord): unknown[] {
  const sameRoot = (other: ProcessRecord): boolean =>
    other.host === process.host &&
    (process.root.kind === 'host' || (other.root.kind === 'container' && other.root.id === process.root.id))
  return [...machine.processes.values()]
    .filter(sameRoot)
    .map(({ pid, parent, user, argv, tty, startedAtMs, stopped, exit, group, root }) => ({
      ...(root.kind === 'container' && { container: root.id }),
      pid,
      parent,
      user,
      argv,
      tty: tty ?? null,
      startedAtMs,
      group,
      state: exit !== undefined ? 'Z' : stopped ? 'T' : 'S',
    }))
}

export const processCalls: Record<string, RuntimeCall> = {
  tick: () => undefined,
  now: (machine, process) => machine.world.clockMs(process.host),
  random: (machine, process) => machine.kernel.random(`host/${process.host}`).next(),
  sleep,
  wait,
  waitFor,
  kill,
  spawn,
  chdir,
  exec: (machine, process, args) =>
    machine.replaceProgram(process, args.argv as string[], args.env as Record<string, string>),
  exit: (machine, process, args) => machine.exitProcess(process, makeExit(args.code as number)),
  catchSignals: (_machine, process, args) => void (process.caught = [...(args.signals as Signal[])]),
  ignoreSignals: (_machine, process, args) => void (process.ignored = [...(args.signals as Signal[])]),
  takeSignal: (_machine, process) => process.pending.shift() ?? null,
  start: (_machine, process) => process.start ?? null,
  /** Where an executable is found along PATH. */
  which: (machine, process, args) => {
    const tree = machine.world.tree(process.host, process.root)
    if (tree === undefined) return { error: 'ENOENT' }
    return findExecutable(
      {
        tree,
        actor: actorOf(machine, process),
        cwd: process.cwd,
        ...(args.path === undefined ? {} : { path: args.path as string }),
      },
      args.name as string,
    )
  },
  kept: (_machine, process) => process.kept?.state ?? null,
  /** A checkpoint: a restored process starts anew and finds this state under `kept`. */
  keep: (_machine, process, args) => {
    process.kept = { state: structuredClone(args.state) }
    process.trace = []
    return undefined
  },
  group: (_machine, process) => process.group,
  /** setpgid(2): a group of its own, as a shell with job control takes. Gives its number. */
  ownGroup: (_machine, process) => (process.group = process.pid),
  tty: (_machine, process) => process.tty ?? null,
  /** The child is no longer ours: nobody waits for it. */
  detach: (machine, process, args) => {
    const child = machine.processes.get(args.pid as number)
    if (child === undefined || child.parent !== process.pid) return false
    child.parent = 0
    if (child.exit !== undefined) machine.forget(child.pid)
    return true
  },
  children: childrenOf,
  processes: listed,
  home: (machine, process, args) => machine.world.home(process.host, process.root, args.user as string) ?? null,
  tool: (machine, process, args) => machine.runTool(process, args),
  edit: (machine, process, args) => {
    const terminal = process.tty === undefined ? undefined : machine.terminals.get(process.tty)
    if (terminal === undefined || terminal.edit !== undefined) return { error: 'no-terminal' }
    const path = absolute(process, args.path as string)
    const got = machine.world.tree(process.host, process.root)?.read(path, actorOf(machine, process))
    if (got !== undefined && 'error' in got && got.error !== 'ENOENT') return { saved: false, error: got.error }
    const text = got !== undefined && 'text' in got ? got.text : ''
    const request = Number(machine.newTag(process.pid).split('.')[1])
    terminal.edit = { request, pid: process.pid, path }
    machine.requestEdit(terminal, { id: request, path, text, editor: args.editor as string })
    return machine.block(process, args, `edit ${request}`)
  },
}
