/** ps, top, kill, pkill, pgrep, pidof, killall, pstree, lsof, fuser, free (Q7). Processes of programs and modelled ones stand in one list. */
import type { ModelledProcess } from '../host.ts'
import type { Proc, Program, Run } from '../process.ts'
import { SIGNALS, signalName, signalNumber, signalOf } from '../signals.ts'
import type { Signal } from '../signals.ts'
import type { HostFactsAnswer, Signalled } from '../syscalls/host.ts'
import { parseSwaps } from '../system.ts'
import { uptimeLine } from './identity.ts'
import { listeningSockets } from './sockets.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { patternOf } from './patterns.ts'
import { columns, two } from './text.ts'

interface Shown {
  pid: number
  ppid: number
  user: string
  argv: string[]
  command: string
  name: string
  tty: string
  state: string
  startedAtClockMs: number
  elapsedMs: number
  memoryKiB: number
  /** Of the machine's memory. */
  memoryShare: number
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

const PROGRAM_KIB = 3800

function* all(p: Proc): Run<Shown[]> {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const modelled = (yield* p.ask('host.processes')) as ModelledProcess[]
  const running = (yield* p.ask('processes')) as Running[]
  const now = yield* p.now()
  const shown = (
    of: Omit<Shown, 'command' | 'name' | 'elapsedMs' | 'startedAtClockMs' | 'memoryShare'>,
    startedMs: number,
  ): Shown => ({
    ...of,
    command: of.argv.join(' '),
    name: nameOf(of.argv),
    elapsedMs: Math.max(0, facts.nowMs - startedMs),
    startedAtClockMs: now - Math.max(0, facts.nowMs - startedMs),
    memoryShare: (of.memoryKiB * 1024) / facts.capacity.memoryBytes,
  })
  const services = modelled.map(({ pid, ppid, user, argv, startedMs, memoryBytes, cpu, stopped }) =>
    shown(
      {
        pid,
        ppid,
        user,
        argv,
        tty: '?',
        state: stopped ? 'Tsl' : 'Ssl',
        memoryKiB: Math.round(memoryBytes / 1024),
        cpu,
      },
      startedMs,
    ),
  )
  const inside = modelled.length === 0
  const programs = running.map(({ pid, parent, user, argv, tty, startedAtMs, state }) =>
    shown(
      {
        pid,
        ppid: parent === 0 && !inside ? 1 : parent,
        user,
        argv,
        tty: tty === null ? '?' : 'pts/0',
        state: pid === p.pid ? 'R' : parent === 0 && state === 'S' ? 'Ss' : state,
        memoryKiB: PROGRAM_KIB,
        cpu: 0,
      },
      startedAtMs,
    ),
  )
  return [...services, ...programs].sort((a, b) => a.pid - b.pid)
}

/** The name of a process: of its program, and of a script that of the script. */
function nameOf(argv: readonly string[]): string {
  const base = (path = ''): string => path.split('/').at(-1) ?? ''
  const [first = '', second = ''] = argv
  const isScript = /^(ba|da)?sh$/.test(base(first)) && second.includes('/')
  return base(isScript ? second : first).replace(/:$/, '')
}

/** `01:34` of today, `Nov20` of another day. */
function startTime({ startedAtClockMs, elapsedMs }: Shown): string {
  const date = new Date(startedAtClockMs)
  if (elapsedMs < 86_400_000) return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
  return `${date.toUTCString().slice(8, 11)}${two(date.getUTCDate())}`
}

const cpuSeconds = ({ cpu, elapsedMs }: Shown): number => Math.floor((cpu * elapsedMs) / 1000)

/** `0:07`, `12:34`. */
const minutes = (seconds: number): string => `${Math.floor(seconds / 60)}:${two(seconds % 60)}`

/** `00:00:07` */
function clock(seconds: number): string {
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`
}

/** `05:02`, `01:05:02`, `2-01:05:02`. */
function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const days = Math.floor(seconds / 86_400)
  const rest = clock(seconds % 86_400)
  return days > 0 ? `${days}-${rest}` : seconds >= 3600 ? rest : rest.slice(3)
}

const percent = (share: number): string => (share * 100).toFixed(1)

interface Keyword {
  head: string
  right?: boolean
  of: (each: Shown) => string
  rank?: (each: Shown) => number
}

const PID: Keyword = { head: 'PID', right: true, of: ({ pid }) => String(pid), rank: ({ pid }) => pid }
const CPU: Keyword = { head: '%CPU', right: true, of: ({ cpu }) => percent(cpu), rank: ({ cpu }) => cpu }
const MEM: Keyword = {
  head: '%MEM',
  right: true,
  of: ({ memoryShare }) => percent(memoryShare),
  rank: ({ memoryKiB }) => memoryKiB,
}
const USER: Keyword = { head: 'USER    ', of: ({ user }) => fitUser(user) }
const ARGS: Keyword = { head: 'COMMAND', of: ({ command }) => command }
const TIME: Keyword = { head: 'TIME', right: true, of: (each) => clock(cpuSeconds(each)), rank: cpuSeconds }
const RSS: Keyword = {
  head: 'RSS',
  right: true,
  of: ({ memoryKiB }) => String(memoryKiB),
  rank: ({ memoryKiB }) => memoryKiB,
}
const VSZ: Keyword = { ...RSS, head: 'VSZ', of: ({ memoryKiB }) => String(memoryKiB * 4) }
const COMM: Keyword = { head: 'COMMAND', of: ({ name }) => name.slice(0, 15) }
const START: Keyword = { head: 'START', right: true, of: startTime, rank: ({ startedAtClockMs }) => startedAtClockMs }

const KEYWORDS: Record<string, Keyword> = {
  pid: PID,
  tgid: { ...PID, head: 'TGID' },
  pgid: { ...PID, head: 'PGID' },
  ppid: { head: 'PPID', right: true, of: ({ ppid }) => String(ppid), rank: ({ ppid }) => ppid },
  user: USER,
  euser: { ...USER, head: 'EUSER   ' },
  uname: USER,
  ruser: { ...USER, head: 'RUSER   ' },
  comm: COMM,
  ucmd: { ...COMM, head: 'CMD' },
  ucomm: COMM,
  cmd: { ...ARGS, head: 'CMD' },
  args: ARGS,
  command: ARGS,
  stat: { head: 'STAT', of: ({ state }) => state },
  state: { head: 'S', of: ({ state }) => state.charAt(0) },
  s: { head: 'S', of: ({ state }) => state.charAt(0) },
  tty: { head: 'TT', of: ({ tty }) => tty },
  tt: { head: 'TT', of: ({ tty }) => tty },
  tname: { head: 'TTY', of: ({ tty }) => tty },
  rss: RSS,
  rsz: RSS,
  vsz: VSZ,
  pcpu: CPU,
  '%cpu': CPU,
  pmem: MEM,
  '%mem': MEM,
  time: TIME,
  cputime: TIME,
  etime: {
    head: 'ELAPSED',
    right: true,
    of: ({ elapsedMs }) => elapsed(elapsedMs),
    rank: ({ elapsedMs }) => elapsedMs,
  },
  etimes: {
    head: 'ELAPSED',
    right: true,
    of: ({ elapsedMs }) => String(Math.floor(elapsedMs / 1000)),
    rank: ({ elapsedMs }) => elapsedMs,
  },
  start: START,
  start_time: START,
  stime: { ...START, head: 'STIME' },
  lstart: {
    head: 'STARTED',
    right: true,
    of: ({ startedAtClockMs }) => {
      const [day, date, month, year, time] = new Date(startedAtClockMs).toUTCString().replace(',', '').split(' ')
      return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`
    },
  },
  nlwp: { head: 'NLWP', right: true, of: () => '1' },
  ni: { head: 'NI', right: true, of: () => '0' },
  pri: { head: 'PRI', right: true, of: () => '19' },
}

const PS_SPEC = {
  flags: [
    'e',
    'f',
    'A',
    'a',
    'u',
    'x',
    'l',
    'w',
    'F',
    'L',
    'no-headers',
    'no-heading',
    'forest',
    'H',
    'j',
    'N',
    'd',
    'width',
    'cumulative',
    'deselect',
  ],
  withValue: ['o', 'p', 'C', 'U', 'sort', 'ppid', 'pid', 'user', 'format', 'cols', 'g', 't'],
  alias: { pid: 'p', format: 'o', user: 'U', 'no-heading': 'no-headers', A: 'e', deselect: 'N', forest: 'H' },
}

/** `ps aux`: letters without a dash; `--sort=-rss` and the like stay words. */
function psWords(argv: readonly string[]): { words: string[]; bsd: string } {
  const words: string[] = []
  let bsd = ''
  const TAKES = /^(-[a-zA-Z]*[opCUugt]|--(sort|ppid|pid|user|format|cols))$/
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string
    // After -e or -f, u takes a value only when it stands alone.
    if (word === '-u' && argv[i + 1] !== undefined && !(argv[i + 1] as string).startsWith('-'))
      words.push('-U', argv[++i] as string)
    else if (i > 0 && TAKES.test(word)) words.push(word, argv[++i] ?? '')
    else if (i > 0 && !word.startsWith('-') && /^[a-zA-Z]*[oOpUt]$/.test(word) && argv[i + 1] !== undefined) {
      bsd += word.slice(0, -1)
      words.push(`-${word.slice(-1)}`, argv[++i] as string)
    } else if (i > 0 && /^\d+(,\d+)*$/.test(word)) words.push('-p', word)
    else if (i > 0 && !word.startsWith('-')) bsd += word
    else words.push(word)
  }
  return { words, bsd }
}

const listOf = (text: string | undefined): string[] | undefined => text?.split(/[ ,]+/)

const ps: Program = function* (argv, p) {
  const { words, bsd } = psWords(argv)
  const options = parseOptions(words, PS_SPEC)
  if (options.unknown !== undefined || /[^aefhjlmorsuvwxHX]/.test(bsd)) {
    yield* p.err(
      "error: unsupported option (BSD syntax)\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).\n",
    )
    return 1
  }
  const processes = yield* all(p)
  const listed = sorted(yield* selected(p, processes, options, bsd), valueOf(options, 'sort'))
  const forest = has(options, 'H') || bsd.includes('f')
  const shown = forest ? asForest(listed) : listed
  const bare = has(options, 'no-headers') || bsd.includes('h')
  const wanted = options.values.get('o')
  if (wanted !== undefined) return yield* custom(p, shown, wanted.join(','), bare)
  const page =
    bsd.includes('u') || has(options, 'u')
      ? makeAux(shown)
      : has(options, 'f') || has(options, 'F')
        ? makeFull(shown)
        : bsd !== ''
          ? makeBsd(shown)
          : makePlain(shown)
  yield* p.out(
    page
      .slice(bare ? 1 : 0)
      .map((line) => `${line}\n`)
      .join(''),
  )
  return listed.length === 0 ? 1 : 0
}

function* selected(p: Proc, processes: readonly Shown[], options: Options, bsd: string): Run<Shown[]> {
  const pids = listOf(valueOf(options, 'p'))
  const named = listOf(valueOf(options, 'C'))
  const users = listOf(valueOf(options, 'U'))
  const parents = listOf(valueOf(options, 'ppid'))
  const chosen = [pids, named, users, parents].some((list) => list !== undefined)
  const own = processes.find(({ pid }) => pid === p.pid)
  const fits = (each: Shown): boolean => {
    if (chosen)
      return (
        pids?.includes(String(each.pid)) === true ||
        named?.includes(each.name.slice(0, 15)) === true ||
        named?.includes(each.name) === true ||
        users?.includes(each.user) === true ||
        parents?.includes(String(each.ppid)) === true
      )
    if (has(options, 'e') || (bsd.includes('a') && bsd.includes('x'))) return true
    if (bsd.includes('x')) return each.user === p.user
    if (has(options, 'a') || bsd.includes('a')) return each.tty !== '?'
    return each.user === p.user && each.tty === (own?.tty ?? '?') && (each.tty !== '?' || each.pid >= 1000)
  }
  return processes.filter((each) => fits(each) !== has(options, 'N'))
}

function sorted(listed: readonly Shown[], by: string | undefined): Shown[] {
  if (by === undefined) return [...listed]
  const keys = by.split(',').map((word) => ({ down: word.startsWith('-'), key: KEYWORDS[word.replace(/^[-+]/, '')] }))
  return [...listed].sort((a, b) => {
    for (const { down, key } of keys) {
      if (key === undefined) continue
      const order =
        key.rank === undefined
          ? key.of(a) < key.of(b)
            ? -1
            : key.of(a) > key.of(b)
              ? 1
              : 0
          : key.rank(a) - key.rank(b)
      if (order !== 0) return down ? -order : order
    }
    return a.pid - b.pid
  })
}

/** Children under their parents, the commands indented by a tree. */
function asForest(listed: readonly Shown[]): Shown[] {
  const pids = new Set(listed.map(({ pid }) => pid))
  const made: Shown[] = []
  const place = (each: Shown, prefix: string, tail: string): void => {
    made.push({ ...each, command: `${prefix}${tail}${each.command}` })
    const children = listed.filter(({ ppid, pid }) => ppid === each.pid && pid !== each.pid)
    const inner =
      each.pid === 1 || tail === ''
        ? prefix + (each.pid === 1 ? '' : ' ')
        : `${prefix}${tail.startsWith(' |') ? ' |  ' : '    '}`
    children.forEach((child, index) =>
      place(child, each.pid === 1 ? '' : inner, each.pid === 1 ? '' : index === children.length - 1 ? '\\_ ' : '\\_ '),
    )
  }
  for (const each of listed) if (!pids.has(each.ppid) || each.ppid === each.pid) place(each, '', '')
  return made
}

function* custom(p: Proc, listed: readonly Shown[], wanted: string, bare: boolean): Run<number> {
  const fields = wanted.split(',').map((word) => word.split('='))
  const unknown = fields.find(([name = '']) => KEYWORDS[name.trim().replace(/:\d+$/, '')] === undefined)
  if (unknown !== undefined) {
    yield* p.err(`error: unknown user-defined format specifier "${unknown[0]}"\n`)
    return 1
  }
  const keys = fields.map(([name = '']) => KEYWORDS[name.trim().replace(/:\d+$/, '')] as Keyword)
  const widths = fields.map(([name = '']) => Number(/:(\d+)$/.exec(name)?.[1] ?? 0))
  const head = fields.map(([, title], index) => (title ?? keys[index]?.head ?? '').padEnd(widths[index] ?? 0))
  const rows = listed.map((each) =>
    keys.map((key, index) => key.of(each).padEnd(index < keys.length - 1 ? (widths[index] ?? 0) : 0)),
  )
  const untitled = bare || head.every((title) => title.trim() === '')
  const lines = columns(untitled ? rows : [head, ...rows], {
    gap: 1,
    right: keys.flatMap((key, index) => (key.right ? [index] : [])),
  })
  // A pid column is at least seven wide.
  const pad =
    keys[0]?.head.endsWith('PID') === true
      ? Math.max(0, 7 - Math.max(3, ...listed.map(({ pid }) => String(pid).length)))
      : 0
  const only = keys.length === 1 && untitled
  yield* p.out(lines.map((line) => `${only && pad > 0 ? line.padStart(7) : ' '.repeat(pad) + line}\n`).join(''))
  return listed.length === 0 ? 1 : 0
}

const fitUser = (user: string): string => (user.length > 8 ? `${user.slice(0, 7)}+` : user.padEnd(8))

function makeAux(listed: readonly Shown[]): string[] {
  const rows = listed.map(
    (each) =>
      `${fitUser(each.user)} ${String(each.pid).padStart(7)} ${percent(each.cpu).padStart(4)} ${percent(each.memoryShare).padStart(4)} ${String(each.memoryKiB * 4).padStart(6)} ${String(each.memoryKiB).padStart(5)} ${each.tty.padEnd(8)} ${each.state.padEnd(4)} ${startTime(each)} ${minutes(cpuSeconds(each)).padStart(6)} ${each.command}`,
  )
  return ['USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND', ...rows]
}

function makeFull(listed: readonly Shown[]): string[] {
  const rows = listed.map(
    (each) =>
      `${fitUser(each.user)} ${String(each.pid).padStart(7)} ${String(each.ppid).padStart(7)} ${String(Math.round(each.cpu * 100)).padStart(2)} ${startTime(each)} ${each.tty.padEnd(8)} ${clock(cpuSeconds(each))} ${each.command}`,
  )
  return ['UID          PID    PPID  C STIME TTY          TIME CMD', ...rows]
}

function makePlain(listed: readonly Shown[]): string[] {
  const rows = listed.map(
    (each) =>
      `${String(each.pid).padStart(7)} ${each.tty.padEnd(8)} ${clock(cpuSeconds(each))} ${each.name.slice(0, 15)}`,
  )
  return ['    PID TTY          TIME CMD', ...rows]
}

function makeBsd(listed: readonly Shown[]): string[] {
  const rows = listed.map(
    (each) =>
      `${String(each.pid).padStart(7)} ${each.tty.padEnd(8)} ${each.state.padEnd(4)} ${minutes(cpuSeconds(each)).padStart(6)} ${each.command}`,
  )
  return ['    PID TTY      STAT   TIME COMMAND', ...rows]
}

const TOP_INTERVAL_MS = 3_000
/** How often the keyboard is looked at. */
const KEY_MS = 200

const top: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['b', 'c', 'H', 'i', 'S', '1'],
    withValue: ['n', 'd', 'p', 'u', 'o', 'E', 'w'],
  })
  if (options.unknown !== undefined) {
    yield* p.err(`top: unknown option '${options.unknown.slice(1)}'\n`)
    return 1
  }
  const batch = has(options, 'b') || !(yield* p.isTty(1))
  const turns = Number(valueOf(options, 'n') ?? Infinity)
  const everyMs = Number(valueOf(options, 'd') ?? TOP_INTERVAL_MS / 1000) * 1000
  const { rows } = yield* p.windowSize()
  let by = valueOf(options, 'o') ?? '%CPU'
  if (!batch) {
    yield* p.ask('ttyMode', { mode: 'raw' })
    yield* p.catchSignals(['INT'])
  }
  for (let turn = 1; turn <= turns; turn++) {
    const page = yield* topPage(p, options, by)
    if (batch) yield* p.out(`${turn > 1 ? '\n' : ''}${page.join('\n')}\n`)
    else yield* p.out(`\x1b[H\x1b[2J${page.slice(0, rows - 1).join('\n')}\n`)
    if (turn >= turns) break
    if (batch) {
      if (!(yield* p.sleep(everyMs))) break
      continue
    }
    const key = yield* keyWithin(p, everyMs)
    if (key === 'q' || key === '\x03') break
    by = key === 'M' ? '%MEM' : key === 'P' ? '%CPU' : key === 'N' ? 'PID' : by
  }
  if (!batch) yield* p.ask('ttyMode', { mode: 'cooked' })
  return 0
}

/** The key pressed within a time; undefined: none. */
function* keyWithin(p: Proc, ms: number): Run<string | undefined> {
  for (let waited = 0; waited < ms; waited += KEY_MS) {
    const typed = yield* p.ask('ttyTyped')
    if (typeof typed === 'string' && typed !== '') return typed.charAt(0)
    if (!(yield* p.sleep(KEY_MS))) return 'q'
  }
  return undefined
}

function* topPage(p: Proc, options: Options, by: string): Run<string[]> {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const user = valueOf(options, 'u')
  const pids = listOf(valueOf(options, 'p'))
  const everyone = yield* all(p)
  const listed = sorted(
    everyone.filter(
      (each) => (user === undefined || each.user === user) && (pids === undefined || pids.includes(String(each.pid))),
    ),
    by === 'PID' ? '-pid' : by === '%MEM' || by === 'RES' ? '-rss' : '-pcpu',
  )
  const mib = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1).padStart(8)
  const { memoryBytes, cpus } = facts.capacity
  const cache = Math.round(memoryBytes * 0.1)
  const used = facts.usedMemoryBytes
  const swapFile = yield* p.readFile('/proc/swaps')
  const swap = 'text' in swapFile ? parseSwaps(swapFile.text).reduce((sum, { sizeKib }) => sum + sizeKib * 1024, 0) : 0
  const busy = Math.min(99, (everyone.reduce((sum, { cpu }) => sum + cpu, 0) / cpus) * 100)
  const rows = listed.map(
    (each) =>
      `${String(each.pid).padStart(7)} ${fitUser(each.user)}  20   0 ${String(each.memoryKiB * 4).padStart(7)} ${String(each.memoryKiB).padStart(6)} ${String(Math.round(each.memoryKiB / 2)).padStart(6)} ${each.state.startsWith('R') ? 'R' : 'S'} ${percent(each.cpu).padStart(5)} ${percent(each.memoryShare).padStart(5)}   ${minutes(cpuSeconds(each))}.00 ${has(options, 'c') ? each.command : each.name.slice(0, 15)}`,
  )
  return [
    `top - ${uptimeLine(yield* p.now(), facts.uptimeSeconds)}`,
    `Tasks: ${String(everyone.length).padStart(3)} total,   1 running, ${String(everyone.length - 1).padStart(3)} sleeping,   0 stopped,   0 zombie`,
    `%Cpu(s): ${(busy * 0.7).toFixed(1).padStart(4)} us, ${(busy * 0.3).toFixed(1).padStart(4)} sy,  0.0 ni, ${(100 - busy).toFixed(1).padStart(4)} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st `,
    `MiB Mem : ${mib(memoryBytes)} total, ${mib(memoryBytes - used - cache)} free, ${mib(used)} used, ${mib(cache)} buff/cache     `,
    `MiB Swap: ${mib(swap)} total, ${mib(swap)} free, ${mib(0)} used. ${mib(memoryBytes - used)} avail Mem `,
    '',
    '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND',
    ...rows,
  ]
}

/** The signal asked for, and what remains. */
function* readSignal(p: Proc, argv: readonly string[]): Run<{ signal: Signal; rest: string[] } | undefined> {
  const words = argv.slice(1).flatMap((word) => (word.startsWith('--signal=') ? ['--signal', word.slice(9)] : [word]))
  const at = words.findIndex(
    (word) => /^-(\d+|[A-Z]+[\d+-]*|-signal)$/.test(word) || (word === '-s' && argv[0] !== 'pkill'),
  )
  if (at < 0) return { signal: 'TERM', rest: words }
  const apart = words[at] === '-s' || words[at] === '--signal'
  const named = apart ? (words[at + 1] ?? '') : (words[at] as string).slice(1)
  const signal = signalOf(named)
  if (signal !== undefined)
    return { signal, rest: words.filter((_, index) => index !== at && !(apart && index === at + 1)) }
  if (signalName(named) !== undefined) yield* p.err(`not simulated: ${argv[0]} -${named}\n`)
  else yield* p.err(`${argv[0]}: ${apart ? `unknown signal name ${named}` : `invalid argument ${named.charAt(0)}`}\n`)
  return undefined
}

const notStopped = (signal: Signal, of: string): string => `not simulated: SIG${signal} to ${of}`

function* sendTo(p: Proc, pid: number, signal: Signal): Run<Signalled> {
  if (yield* p.kill(pid, signal)) return 'sent'
  const answer = (yield* p.ask('host.signal', { pid, signal })) as Signalled
  const exists = answer === 'none' && ((yield* p.ask('processes')) as Running[]).some((each) => each.pid === pid)
  return exists ? 'denied' : answer
}

/** `kill -l` of procps: the names in two rows, or a number as a name and a name as its number. */
function* listSignals(p: Proc, specs: readonly string[]): Run<number> {
  const names = SIGNALS.map((name) => (name === 'IO' ? 'POLL' : name))
  if (specs.length === 0) yield* p.out(`${names.slice(0, 16).join(' ')}\n${names.slice(16).join(' ')}\n`)
  for (const spec of specs) {
    const name = signalName(spec)
    yield* p.out(`${name === undefined ? '' : /^\d+$/.test(spec) ? name : signalNumber(name)}\n`)
  }
  return 0
}

const kill: Program = function* (argv, p) {
  if (argv[1] === '-l' || argv[1] === '-L') {
    return yield* listSignals(p, argv.slice(2))
  }
  if (argv[1] === '-0') {
    const there = (yield* all(p)).some(({ pid }) => pid === Number(argv[2]))
    if (!there) yield* p.err(`kill: (${argv[2] ?? ''}): No such process\n`)
    return there ? 0 : 1
  }
  const asked = yield* readSignal(p, argv)
  if (asked === undefined) return 1
  let code = 0
  for (const word of asked.rest) {
    const sent = /^\d+$/.test(word) ? yield* sendTo(p, Number(word), asked.signal) : 'bad'
    if (sent === 'sent') continue
    yield* p.err(
      sent === 'not simulated'
        ? `${notStopped(asked.signal, word)}\n`
        : sent === 'bad'
          ? `kill: failed to parse argument: '${word}'\n`
          : `kill: (${word}): ${sent === 'none' ? 'No such process' : 'Operation not permitted'}\n`,
    )
    code = 1
  }
  return code
}

type Test = (text: string) => boolean

/** What pgrep and pkill look for; undefined: no regular expression. */
function testOf(pattern: string, options: Options): Test | undefined {
  const flags = has(options, 'i') ? 'i' : ''
  const found = patternOf(has(options, 'x') ? `^(?:${pattern})$` : pattern, flags)
  return found && ((text) => found.test(text))
}

function* noPattern(p: Proc, program: string): Run<number> {
  yield* p.err(`${program}: regex error: Invalid regular expression\n`)
  return 2
}

function matching(listed: readonly Shown[], test: Test, options: Options, self: number): Shown[] {
  const full = has(options, 'f')
  const users = listOf(valueOf(options, 'u'))
  const parents = listOf(valueOf(options, 'P'))
  const fits = (each: Shown): boolean =>
    test(full ? each.command : each.name.slice(0, 15)) &&
    (users === undefined || users.includes(each.user)) &&
    (parents === undefined || parents.includes(String(each.ppid)))
  const found = listed.filter((each) => each.pid !== self && fits(each) !== has(options, 'v'))
  const byAge = [...found].sort((a, b) => b.elapsedMs - a.elapsedMs || a.pid - b.pid)
  if (has(options, 'o')) return byAge.slice(0, 1)
  return has(options, 'n') ? byAge.slice(-1) : found
}

const GREP_SPEC = {
  flags: ['f', 'l', 'a', 'x', 'c', 'o', 'n', 'v', 'i', 'e', 'q', 'w'],
  withValue: ['u', 'P', 'd', 't', 'g'],
}

const pgrep: Program = function* (argv, p) {
  const options = parseOptions(argv, GREP_SPEC)
  if (options.rest[0] === undefined && options.values.size === 0) {
    yield* p.err("pgrep: no matching criteria specified\nTry `pgrep --help' for more information.\n")
    return 2
  }
  const test = testOf(options.rest[0] ?? '', options)
  if (test === undefined) return yield* noPattern(p, 'pgrep')
  const found = matching(yield* all(p), test, options, p.pid)
  const line = (each: Shown): string =>
    `${each.pid}${has(options, 'a') ? ` ${each.command}` : has(options, 'l') ? ` ${each.name.slice(0, 15)}` : ''}`
  const delimiter = valueOf(options, 'd') ?? '\n'
  if (has(options, 'c')) yield* p.out(`${found.length}\n`)
  else if (found.length > 0) yield* p.out(`${found.map(line).join(delimiter)}\n`)
  return found.length === 0 ? 1 : 0
}

function killer(exact: boolean): Program {
  return function* (argv, p) {
    const asked = yield* readSignal(p, argv)
    if (asked === undefined) return 2
    const options = parseOptions(['', ...asked.rest], GREP_SPEC)
    const patterns = exact ? options.rest : options.rest.slice(0, 1)
    if (patterns.length === 0 && !has(options, 'u') && !has(options, 'P')) {
      yield* p.err(
        exact
          ? 'Usage: killall [OPTION]... [--] NAME...\n'
          : "pkill: no matching criteria specified\nTry `pkill --help' for more information.\n",
      )
      return exact ? 1 : 2
    }
    let code = 0
    for (const pattern of patterns.length === 0 ? [''] : patterns) {
      const test = exact ? (text: string) => text === pattern.slice(0, 15) : testOf(pattern, options)
      if (test === undefined) return yield* noPattern(p, 'pkill')
      const found = matching(yield* all(p), test, options, p.pid)
      if (found.length === 0) code = 1
      if (found.length === 0 && exact) yield* p.err(`${pattern}: no process found\n`)
      for (const each of found) {
        const sent = yield* sendTo(p, each.pid, asked.signal)
        if (sent === 'denied') {
          code = 1
          yield* p.err(
            exact
              ? `${each.name}(${each.pid}): Operation not permitted\n${pattern}: no process found\n`
              : `pkill: killing pid ${each.pid} failed: Operation not permitted\n`,
          )
        } else if (sent === 'not simulated') yield* p.err(`${notStopped(asked.signal, each.name)}\n`)
        else if (has(options, 'e')) yield* p.out(`${each.name.slice(0, 15)} killed (pid ${each.pid})\n`)
      }
    }
    return code
  }
}

const pidof: Program = function* (argv, p) {
  const found = (yield* all(p)).filter((each) => argv.slice(1).includes(each.name)).map(({ pid }) => pid)
  if (found.length > 0) yield* p.out(`${found.reverse().join(' ')}\n`)
  return found.length === 0 ? 1 : 0
}

const pstree: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['p', 'a', 'l', 'u', 'n', 'T', 'c', 'A'] })
  const listed = yield* all(p)
  const label = (each: Shown): string =>
    `${each.pid === 1 ? 'systemd' : each.name}${has(options, 'p') ? `(${each.pid})` : ''}`
  const lines: string[] = []
  const draw = (each: Shown, prefix: string, mark: string): void => {
    lines.push(`${prefix}${mark}${label(each)}`)
    const children = listed.filter(({ ppid, pid }) => ppid === each.pid && pid !== each.pid)
    const inner = prefix + (mark === '' ? '  ' : mark.startsWith('├') ? '│ ' : '  ')
    children.forEach((child, index) => draw(child, inner, index === children.length - 1 ? '└─' : '├─'))
  }
  const root = listed.find(({ pid }) => pid === Number(options.rest[0] ?? 1)) ?? listed[0]
  if (root !== undefined) draw(root, '', '')
  yield* p.out(lines.map((line) => `${line}\n`).join(''))
  return 0
}

/** The port of `:6443`, `tcp:6443`, `TCP@host:6443`. */
const portOf = (text: string): number | undefined => {
  const found = /:(\d+)$/.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

const lsof: Program = function* (argv, p) {
  const words: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const next = argv[i + 1]
    const alone = next === undefined || next.startsWith('-')
    words.push(...(/^-[nPt]*i$/.test(argv[i] ?? '') && alone ? [argv[i] as string, ':'] : [argv[i] as string]))
  }
  const options = parseOptions(words, { flags: ['n', 'P', 't', 'a', 'l'], withValue: ['i', 's', 'p', 'c', 'u'] })
  const internet = valueOf(options, 'i')
  if (internet === undefined) {
    yield* p.err('not simulated: lsof without -i (open files)\n')
    return 1
  }
  const sockets = yield* listeningSockets(p)
  const processes = yield* all(p)
  const port = portOf(internet)
  const pids = listOf(valueOf(options, 'p'))
  const shown = sockets.filter(
    (socket) =>
      (port === undefined || socket.port === port) &&
      (pids === undefined || pids.includes(String(socket.pid))) &&
      (p.user === 'root' || processes.find(({ pid }) => pid === socket.pid)?.user === p.user),
  )
  if (has(options, 't')) yield* p.out([...new Set(shown.map(({ pid }) => `${pid}\n`))].join(''))
  else if (shown.length > 0) {
    const rows = shown.map(({ address, port: at, program, pid }, index) => [
      program.slice(0, 9),
      String(pid),
      processes.find((each) => each.pid === pid)?.user ?? 'root',
      `${3 + (index % 5)}u`,
      address === '*' ? 'IPv6' : 'IPv4',
      String(20_000 + at),
      '0t0',
      'TCP',
      `${address === '0.0.0.0' ? '*' : address}:${at} (LISTEN)`,
    ])
    const head = ['COMMAND', 'PID', 'USER', 'FD', 'TYPE', 'DEVICE', 'SIZE/OFF', 'NODE', 'NAME']
    yield* p.out(
      columns([head, ...rows], { gap: 1, right: [1, 3, 5, 6, 7] })
        .map((line) => `${line}\n`)
        .join(''),
    )
  }
  return shown.length === 0 ? 1 : 0
}

const fuser: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['v', 'k', 'n', 'i', '4', '6', 'm'] })
  const [what = ''] = options.rest.filter((word) => word !== 'tcp')
  const port = /^(\d+)(\/tcp)?$/.exec(what)?.[1]
  if (port === undefined || what.endsWith('/udp')) {
    yield* p.err(`not simulated: fuser ${what} (files)\n`)
    return 1
  }
  const sockets = yield* listeningSockets(p)
  const found = [
    ...new Map(sockets.filter((socket) => socket.port === Number(port)).map((socket) => [socket.pid, socket])).values(),
  ]
  if (p.user !== 'root' || found.length === 0) return 1
  if (has(options, 'v')) {
    yield* p.err(`${''.padEnd(21)}USER        PID ACCESS COMMAND\n`)
    for (const { pid, program } of found)
      yield* p.err(`${`${port}/tcp:`.padEnd(21)}root ${String(pid).padStart(10)} F.... ${program}\n`)
  } else {
    yield* p.err(`${port}/tcp:`.padEnd(20))
    yield* p.out(found.map(({ pid }) => ` ${pid}`).join(''))
    yield* p.err('\n')
  }
  if (has(options, 'k')) for (const { pid } of found) yield* sendTo(p, pid, 'KILL')
  return 0
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
  const swaps = yield* p.readFile('/proc/swaps')
  const swap = 'text' in swaps ? parseSwaps(swaps.text).reduce((sum, { sizeKib }) => sum + sizeKib * 1024, 0) : 0
  const total = facts.capacity.memoryBytes
  const used = facts.usedMemoryBytes
  const cache = Math.round(total * 0.1)
  const row = (name: string, cells: readonly number[]): string =>
    `${name.padEnd(8)}${cells.map((each) => show(each).padStart(12)).join('')}\n`
  yield* p.out(
    `${' '.repeat(8)}${['total', 'used', 'free', 'shared', 'buff/cache', 'available'].map((name) => name.padStart(12)).join('')}\n${row('Mem:', [total, used, total - used - cache, 1_200_000, cache, total - used])}${row('Swap:', [swap, 0, swap])}`,
  )
  return 0
}

export const processPrograms = {
  ps,
  top,
  kill,
  pgrep,
  pkill: killer(false),
  killall: killer(true),
  pidof,
  pstree,
  lsof,
  fuser,
  free,
}
