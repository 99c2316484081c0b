/** ps, top, kill, pkill, pgrep, pidof, killall, free (Q7). Processes of programs and modelled ones stand in one list. */
import type { ModelledProcess } from '../host.ts'
import type { Proc, Program, Run, Signal } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { uptimeLine } from './identity.ts'
import { has, parseOptions, valueOf } from './options.ts'
import { columns, two } from './text.ts'

interface Shown {
  pid: number
  ppid: number
  user: string
  command: string
  name: string
  tty: string
  state: string
  startedAtClockMs: number
  memoryKiB: number
  cpu: number
}

/** What the runtime's own call `processes` tells of each. */
interface Running {
  pid: number
  parent: number
  user: string
  argv: string[]
  tty: string | null
  startedAtMs: number
  state: string
}

function* all(p: Proc): Run<Shown[]> {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const modelled = (yield* p.ask('host.processes')) as ModelledProcess[]
  const running = (yield* p.ask('processes')) as Running[]
  const now = yield* p.now()
  const services = modelled.map((each): Shown => ({
    pid: each.pid,
    ppid: each.ppid,
    user: each.user,
    command: each.argv.join(' '),
    name: base(each.argv[0]),
    tty: '?',
    state: 'Ss',
    startedAtClockMs: facts.bootedAtClockMs,
    memoryKiB: Math.round(each.memoryBytes / 1024),
    cpu: each.cpu,
  }))
  const programs = running.map((each): Shown => ({
    pid: each.pid,
    ppid: each.parent,
    user: each.user,
    command: each.argv.join(' '),
    name: base(each.argv[0]),
    tty: each.tty === null ? '?' : 'pts/0',
    state: each.state,
    startedAtClockMs: now,
    memoryKiB: 3800,
    cpu: 0,
  }))
  return [...services, ...programs].sort((a, b) => a.pid - b.pid)
}

function base(path = ''): string {
  return path.split('/').at(-1) ?? ''
}

function startTime(ms: number): string {
  const date = new Date(ms)
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
}

const KEYWORDS: Record<string, { head: string; right?: boolean; of: (each: Shown) => string }> = {
  pid: { head: 'PID', right: true, of: ({ pid }) => String(pid) },
  ppid: { head: 'PPID', right: true, of: ({ ppid }) => String(ppid) },
  user: { head: 'USER', of: ({ user }) => user },
  comm: { head: 'COMMAND', of: ({ name }) => name.slice(0, 15) },
  cmd: { head: 'CMD', of: ({ command }) => command },
  args: { head: 'COMMAND', of: ({ command }) => command },
  stat: { head: 'STAT', of: ({ state }) => state },
  tty: { head: 'TT', of: ({ tty }) => tty },
  rss: { head: 'RSS', right: true, of: ({ memoryKiB }) => String(memoryKiB) },
  pcpu: { head: '%CPU', right: true, of: ({ cpu }) => (cpu * 100).toFixed(1) },
  '%cpu': { head: '%CPU', right: true, of: ({ cpu }) => (cpu * 100).toFixed(1) },
  '%mem': { head: '%MEM', right: true, of: () => '0.1' },
}

const ps: Program = function* (argv, p) {
  const bsd = argv
    .slice(1)
    .filter((word) => !word.startsWith('-'))
    .join('')
  const options = parseOptions(argv, {
    flags: ['e', 'f', 'A', 'a', 'u', 'x', 'l', 'w', 'no-headers', 'forest', 'H'],
    withValue: ['o', 'p', 'C', 'U'],
  })
  if (options.unknown !== undefined) {
    yield* p.err(`error: unsupported option\n\nUsage:\n ps [options]\n`)
    return 1
  }
  const everyone =
    has(options, 'e') ||
    has(options, 'A') ||
    has(options, 'x') ||
    bsd.includes('x') ||
    valueOf(options, 'p') !== undefined ||
    valueOf(options, 'C') !== undefined
  const pids = valueOf(options, 'p')?.split(',').map(Number)
  const named = valueOf(options, 'C')
  const listed = (yield* all(p)).filter(
    (each) =>
      (everyone || (each.user === p.user && each.tty !== '?')) &&
      (pids === undefined || pids.includes(each.pid)) &&
      (named === undefined || each.name === named),
  )
  const wanted = valueOf(options, 'o')
  if (wanted !== undefined) return yield* custom(p, listed, wanted)
  if (bsd.includes('u') || has(options, 'u')) yield* p.out(makeAux(listed))
  else if (has(options, 'f')) yield* p.out(makeFull(listed))
  else
    yield* p.out(
      [
        '    PID TTY          TIME CMD',
        ...listed.map((each) => `${String(each.pid).padStart(7)} ${each.tty.padEnd(8)} 00:00:00 ${each.name}`),
      ]
        .map((line) => `${line}\n`)
        .join(''),
    )
  return listed.length === 0 ? 1 : 0
}

function* custom(p: Proc, listed: readonly Shown[], wanted: string): Run<number> {
  const fields = wanted.split(',').map((word) => word.split('='))
  const unknown = fields.find(([name = '']) => KEYWORDS[name.trim()] === undefined)
  if (unknown !== undefined) {
    yield* p.err(`error: unknown user-defined format specifier "${unknown[0]}"\n`)
    return 1
  }
  const keys = fields.map(([name = '']) => KEYWORDS[name.trim()] as (typeof KEYWORDS)[string])
  const head = fields.map(([, title], index) => title ?? keys[index]?.head ?? '')
  const rows = listed.map((each) => keys.map((key) => key.of(each)))
  const bare = head.every((title) => title === '')
  const lines = columns(bare ? rows : [head, ...rows], {
    gap: 1,
    right: keys.flatMap((key, index) => (key.right ? [index] : [])),
  })
  yield* p.out(lines.map((line) => `${line}\n`).join(''))
  return 0
}

function makeAux(listed: readonly Shown[]): string {
  const rows = listed.map(
    (each) =>
      `${each.user.padEnd(8).slice(0, 8)} ${String(each.pid).padStart(7)}  ${(each.cpu * 100).toFixed(1)}  0.1 ${String(each.memoryKiB * 4).padStart(6)} ${String(each.memoryKiB).padStart(5)} ${each.tty.padEnd(8)} ${each.state.padEnd(4)} ${startTime(each.startedAtClockMs)}   0:00 ${each.command}`,
  )
  return ['USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND', ...rows]
    .map((line) => `${line}\n`)
    .join('')
}

function makeFull(listed: readonly Shown[]): string {
  const rows = listed.map(
    (each) =>
      `${each.user.padEnd(8)} ${String(each.pid).padStart(7)} ${String(each.ppid).padStart(7)}  0 ${startTime(each.startedAtClockMs)} ${each.tty.padEnd(8)} 00:00:00 ${each.command}`,
  )
  return ['UID          PID    PPID  C STIME TTY          TIME CMD', ...rows].map((line) => `${line}\n`).join('')
}

const TOP_INTERVAL_MS = 3_000

const top: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['b', 'c', 'H', 'i', 'S'], withValue: ['n', 'd', 'p', 'u', 'o', 'E'] })
  const batch = has(options, 'b') || !(yield* p.isTty(1))
  const turns = Number(valueOf(options, 'n') ?? Infinity)
  for (let turn = 1; ; turn++) {
    const page = yield* topPage(p)
    yield* p.out(batch ? `${turn > 1 ? '\n' : ''}${page}` : `\x1b[H\x1b[2J${page}`)
    if (turn >= turns || !(yield* p.sleep(Number(valueOf(options, 'd') ?? TOP_INTERVAL_MS / 1000) * 1000))) return 0
  }
}

function* topPage(p: Proc): Run<string> {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const listed = yield* all(p)
  const mib = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1).padStart(8)
  const { memoryBytes } = facts.capacity
  const cache = Math.round(memoryBytes * 0.1)
  const used = facts.usedMemoryBytes
  const rows = listed.map(
    (each) =>
      `${String(each.pid).padStart(7)} ${each.user.slice(0, 8).padEnd(8)}  20   0 ${String(each.memoryKiB * 4).padStart(7)} ${String(each.memoryKiB).padStart(6)} ${String(Math.round(each.memoryKiB / 2)).padStart(6)} S ${(each.cpu * 100).toFixed(1).padStart(5)} ${((each.memoryKiB * 102_400) / memoryBytes).toFixed(1).padStart(5)}   0:00.10 ${each.name}`,
  )
  return [
    `top - ${uptimeLine(yield* p.now(), facts.uptimeSeconds)}`,
    `Tasks: ${String(listed.length).padStart(3)} total,   1 running, ${String(listed.length - 1).padStart(3)} sleeping,   0 stopped,   0 zombie`,
    '%Cpu(s):  1.2 us,  0.6 sy,  0.0 ni, 98.0 id,  0.1 wa,  0.0 hi,  0.1 si,  0.0 st ',
    `MiB Mem : ${mib(memoryBytes)} total, ${mib(memoryBytes - used - cache)} free, ${mib(used)} used, ${mib(cache)} buff/cache     `,
    `MiB Swap: ${mib(0)} total, ${mib(0)} free, ${mib(0)} used. ${mib(memoryBytes - used)} avail Mem `,
    '',
    '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND',
    ...rows,
  ]
    .map((line) => `${line}\n`)
    .join('')
}

const SIGNALS: Record<string, Signal> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  9: 'KILL',
  10: 'USR1',
  12: 'USR2',
  13: 'PIPE',
  15: 'TERM',
  18: 'CONT',
  19: 'TSTP',
  20: 'TSTP',
  28: 'WINCH',
  STOP: 'TSTP',
}
const NAMES: readonly string[] = ['HUP', 'INT', 'QUIT', 'KILL', 'USR1', 'USR2', 'PIPE', 'TERM', 'CONT', 'TSTP', 'WINCH']

/** `9`, `KILL`, `SIGKILL`; undefined: no such signal. */
function signalOf(text: string): Signal | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '')
  return SIGNALS[name] ?? (NAMES.includes(name) ? (name as Signal) : undefined)
}

/** The signal asked for, and what remains. */
function* readSignal(p: Proc, argv: readonly string[]): Run<{ signal: Signal; rest: string[] } | undefined> {
  const words = argv.slice(1)
  const at = words.findIndex((word) => /^-(\d+|[A-Z]+\d?|s)$/.test(word))
  if (at < 0) return { signal: 'TERM', rest: words }
  const named = words[at] === '-s' ? (words[at + 1] ?? '') : (words[at] as string).slice(1)
  const signal = signalOf(named)
  if (signal === undefined) {
    yield* p.err(
      `${argv[0]}: unknown signal ${named}; valid signals:\nHUP INT QUIT KILL USR1 USR2 PIPE TERM CONT TSTP WINCH\n`,
    )
    return undefined
  }
  return { signal, rest: words.filter((_, index) => index !== at && !(words[at] === '-s' && index === at + 1)) }
}

function* sendTo(p: Proc, pid: number, signal: Signal): Run<'sent' | 'none' | 'denied'> {
  if (yield* p.kill(pid, signal)) return 'sent'
  const answer = (yield* p.ask('host.signal', { pid, signal })) as 'sent' | 'none' | 'denied'
  const exists = answer === 'none' && ((yield* p.ask('processes')) as Running[]).some((each) => each.pid === pid)
  return exists ? 'denied' : answer
}

const kill: Program = function* (argv, p) {
  if (argv[1] === '-l') {
    yield* p.out('HUP INT QUIT KILL USR1 USR2 PIPE TERM CONT TSTP WINCH\n')
    return 0
  }
  const asked = yield* readSignal(p, argv)
  if (asked === undefined) return 1
  let code = 0
  for (const word of asked.rest) {
    const sent = /^\d+$/.test(word) ? yield* sendTo(p, Number(word), asked.signal) : 'bad'
    if (sent === 'sent') continue
    yield* p.err(
      sent === 'bad'
        ? `kill: failed to parse argument: '${word}'\n`
        : `kill: (${word}): ${sent === 'none' ? 'No such process' : 'Operation not permitted'}\n`,
    )
    code = 1
  }
  return code
}

function matching(listed: readonly Shown[], pattern: string, full: boolean, exact: boolean, self: number): Shown[] {
  const test = new RegExp(exact ? `^(?:${pattern})$` : pattern)
  return listed.filter((each) => each.pid !== self && test.test(full ? each.command : each.name.slice(0, 15)))
}

const pgrep: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['f', 'l', 'a', 'x', 'c', 'o', 'n'], withValue: ['u'] })
  const found = matching(yield* all(p), options.rest[0] ?? '', has(options, 'f'), has(options, 'x'), p.pid)
  if (has(options, 'c')) yield* p.out(`${found.length}\n`)
  else
    for (const each of found)
      yield* p.out(`${each.pid}${has(options, 'a') ? ` ${each.command}` : has(options, 'l') ? ` ${each.name}` : ''}\n`)
  return found.length === 0 ? 1 : 0
}

function killer(exact: boolean): Program {
  return function* (argv, p) {
    const asked = yield* readSignal(p, argv)
    if (asked === undefined) return 2
    const options = parseOptions(['', ...asked.rest], { flags: ['f', 'x', 'q', 'e', 'o', 'n'], withValue: ['u'] })
    const [pattern] = options.rest
    if (pattern === undefined) return 2
    const found = matching(yield* all(p), pattern, has(options, 'f'), exact || has(options, 'x'), p.pid)
    if (found.length === 0 && exact) yield* p.err(`${pattern}: no process found\n`)
    for (const each of found) {
      if ((yield* sendTo(p, each.pid, asked.signal)) === 'denied')
        yield* p.err(
          exact
            ? `${each.name}(${each.pid}): Operation not permitted\n`
            : `pkill: killing pid ${each.pid} failed: Operation not permitted\n`,
        )
    }
    return found.length === 0 ? 1 : 0
  }
}

const pidof: Program = function* (argv, p) {
  const found = (yield* all(p)).filter((each) => argv.slice(1).includes(each.name)).map(({ pid }) => pid)
  if (found.length > 0) yield* p.out(`${found.reverse().join(' ')}\n`)
  return found.length === 0 ? 1 : 0
}

/** `23Gi`, `1.5Gi`, `0B`, as free -h. */
function freeSize(bytes: number): string {
  if (bytes === 0) return '0B'
  const units = ['B', 'Ki', 'Mi', 'Gi', 'Ti']
  let size = bytes
  let unit = 0
  while (size >= 1024) {
    size /= 1024
    unit++
  }
  return `${size < 9.95 && unit > 0 ? size.toFixed(1) : Math.floor(size)}${units[unit]}`
}

const free: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['h', 'm', 'g', 'b', 'k', 'w', 't', 'human', 'mebi', 'gibi'],
    withValue: ['s', 'c'],
    alias: { human: 'h', mebi: 'm', gibi: 'g' },
  })
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const unit = has(options, 'b') ? 1 : has(options, 'm') ? 1024 ** 2 : has(options, 'g') ? 1024 ** 3 : 1024
  const show = (bytes: number): string => (has(options, 'h') ? freeSize(bytes) : String(Math.floor(bytes / unit)))
  const total = facts.capacity.memoryBytes
  const used = facts.usedMemoryBytes
  const cache = Math.round(total * 0.1)
  const row = (name: string, cells: readonly number[]): string =>
    `${name.padEnd(8)}${cells.map((each) => show(each).padStart(12)).join('')}\n`
  yield* p.out(
    `${' '.repeat(8)}${['total', 'used', 'free', 'shared', 'buff/cache', 'available'].map((name) => name.padStart(12)).join('')}\n${row('Mem:', [total, used, total - used - cache, 1_200_000, cache, total - used])}${row('Swap:', [0, 0, 0])}`,
  )
  return 0
}

export const processPrograms = { ps, top, kill, pgrep, pkill: killer(false), killall: killer(true), pidof, free }
