/** Programs that run other programs: xargs, timeout, watch, time, nohup. */
import type { Program, Proc, Run } from '../../host/process.ts'
import { formatDate } from '../dates.ts'
import { parseFlags } from './input.ts'
import { durationMs } from './simple.ts'

function* run(
  p: Proc,
  program: string,
  argv: string[],
  fds: Record<number, number> = { 0: 0, 1: 1, 2: 2 },
): Run<number> {
  const made = (yield* p.ask('spawn', { argv, fds })) as { pid: number } | { error: string }
  if ('pid' in made) return yield* p.wait(made.pid)
  yield* p.err(
    `${program}: ${program === 'timeout' ? `failed to run command '${argv[0]}'` : argv[0]}: ${made.error === 'EACCES' ? 'Permission denied' : 'No such file or directory'}\n`,
  )
  return made.error === 'EACCES' ? 126 : 127
}

interface Xargs {
  size: number
  replace?: string
  delimiter?: string
  empty: boolean
  trace: boolean
  command: string[]
}

function parseXargs(argv: readonly string[]): Xargs {
  const options: Xargs = { size: Infinity, empty: true, trace: false, command: [] }
  let at = 1
  for (; at < argv.length && /^-./.test(argv[at] ?? ''); at++) {
    const word = argv[at] ?? ''
    const letter = word.charAt(1)
    const value = (): string => word.slice(2) || (argv[++at] ?? '')
    if (letter === 'n' || letter === 'L') options.size = Number(value())
    else if (letter === 'I') {
      options.replace = value()
      options.size = 1
    } else if (letter === 'd')
      options.delimiter = value().replace('\\n', '\n').replace('\\t', '\t').replace('\\0', '\0')
    else if (letter === '0') options.delimiter = '\0'
    else if (letter === 'r') options.empty = false
    else if (letter === 't') options.trace = true
    else if (letter === 'P' || letter === 's') value()
    else if (word === '--no-run-if-empty') options.empty = false
  }
  options.command = argv.slice(at)
  if (options.command.length === 0) options.command = ['echo']
  return options
}

function itemsOf(text: string, options: Xargs): string[] {
  if (options.delimiter !== undefined)
    return text.split(options.delimiter).filter((item, index, all) => index < all.length - 1 || item !== '')
  if (options.replace !== undefined)
    return text
      .split('\n')
      .map((line) => line.trimStart())
      .filter((line) => line !== '')
  const items: string[] = []
  for (const [, single, double, bare] of text.matchAll(/'([^']*)'|"([^"]*)"|((?:\\[\s\S]|[^\s'"\\])+)/g))
    items.push(single ?? double ?? (bare ?? '').replace(/\\([\s\S])/g, '$1'))
  return items
}

const xargs: Program = function* (argv, p) {
  const options = parseXargs(argv)
  const items = itemsOf(yield* p.readAll(), options)
  if (items.length === 0 && (!options.empty || options.replace !== undefined)) return 0
  const quiet = yield* p.openFile('/dev/null', 'r')
  let status = 0
  for (let at = 0; at < Math.max(1, items.length); at += options.size) {
    const batch = items.slice(at, at + options.size)
    const { replace } = options
    const words =
      replace === undefined
        ? [...options.command, ...batch]
        : options.command.map((word) => word.split(replace).join(batch[0] ?? ''))
    if (options.trace) yield* p.err(`${words.join(' ')}\n`)
    const code = yield* run(p, 'xargs', words, { 0: 'fd' in quiet ? quiet.fd : 0, 1: 1, 2: 2 })
    if (code === 126 || code === 127) return code
    if (code === 255) {
      yield* p.err(`xargs: ${words[0]}: exited with status 255; aborting\n`)
      return 124
    }
    if (code !== 0) status = 123
    if (options.size === Infinity) break
  }
  return status
}

const timeout: Program = function* (argv, p) {
  const at = argv.findIndex(
    (word, index) => index > 0 && !word.startsWith('-') && !/^-[sk]$/.test(argv[index - 1] ?? ''),
  )
  const { flags } = parseFlags(argv.slice(0, Math.max(at, 1)), 'sk', { signal: 's', 'kill-after': 'k' })
  const [duration = '', ...command] = at < 0 ? [] : argv.slice(at)
  const ms = durationMs(duration)
  if (ms === undefined || command.length === 0) {
    yield* p.err(
      at < 0 || command.length === 0
        ? "timeout: missing operand\nTry 'timeout --help' for more information.\n"
        : `timeout: invalid time interval '${duration}'\nTry 'timeout --help' for more information.\n`,
    )
    return 125
  }
  const made = (yield* p.ask('spawn', { argv: command })) as { pid: number } | { error: string }
  if ('error' in made) {
    yield* p.err(`timeout: failed to run command '${command[0]}': No such file or directory\n`)
    return 127
  }
  const ended = (yield* p.ask('waitFor', { pid: made.pid, timeoutMs: ms })) as { code: number }
  if (ended.code >= 0) return ended.code
  const signal = (flags.s ?? 'TERM').toUpperCase().replace(/^SIG/, '').replace(/^9$/, 'KILL')
  yield* p.kill(made.pid, signal as 'TERM')
  if (flags.k !== undefined) {
    const late = (yield* p.ask('waitFor', { pid: made.pid, timeoutMs: durationMs(flags.k) ?? 0 })) as { code: number }
    if (late.code < 0) yield* p.kill(made.pid, 'KILL')
    if (late.code >= 0) return 124
  }
  const code = yield* p.wait(made.pid)
  return signal === 'KILL' ? code : 124
}

const watch: Program = function* (argv, p) {
  const at = argv.findIndex(
    (word, index) => index > 0 && !word.startsWith('-') && !/^(-n|--interval)$/.test(argv[index - 1] ?? ''),
  )
  if (at < 0) {
    yield* p.err('Usage:\n watch [options] command\n')
    return 1
  }
  const { flags } = parseFlags(argv.slice(0, at), 'n', { interval: 'n', 'no-title': 't', differences: 'd', exec: 'x' })
  const seconds = Number(flags.n ?? 2)
  const command = argv.slice(at)
  for (;;) {
    const { columns, rows } = yield* p.windowSize()
    const pipe = yield* p.pipe()
    const made = (yield* p.ask('spawn', {
      argv: 'x' in flags ? command : ['sh', '-c', command.join(' ')],
      fds: { 0: 0, 1: pipe.writeEnd, 2: pipe.writeEnd },
    })) as { pid?: number }
    yield* p.closeFd(pipe.writeEnd)
    const text = yield* p.readAll(pipe.readEnd)
    yield* p.closeFd(pipe.readEnd)
    if (made.pid !== undefined) yield* p.wait(made.pid)
    const title = `Every ${seconds.toFixed(1)}s: ${command.join(' ')}`
    const right = `${p.host}: ${formatDate('%a %b %e %H:%M:%S %Y', yield* p.now())}`
    const header =
      't' in flags ? '' : `${title}${right.padStart(Math.max(right.length + 1, columns - title.length))}\n\n`
    const room = Math.max(1, rows - ('t' in flags ? 0 : 2))
    yield* p.out(
      `\x1b[H\x1b[2J${header}${text
        .replace(/\n$/, '')
        .split('\n')
        .slice(0, room)
        .map((line) => line.slice(0, columns))
        .join('\n')}`,
    )
    yield* p.sleep(Math.max(100, seconds * 1000))
  }
}

const time: Program = function* (argv, p) {
  const startMs = yield* p.now()
  const code = yield* run(
    p,
    'time',
    argv.slice(1).filter((word, index) => index > 0 || word !== '-p'),
  )
  const seconds = (((yield* p.now()) - startMs) / 1000).toFixed(2)
  yield* p.err(`real ${seconds}\nuser 0.00\nsys 0.00\n`)
  return code
}

const nohup: Program = function* (argv, p) {
  yield* p.ask('ignoreSignals', { signals: ['HUP'] })
  const failed = (yield* p.ask('exec', { argv: argv.slice(1), env: p.env })) as { error: string }
  yield* p.err(`nohup: failed to run command '${argv[1]}': ${failed.error}\n`)
  return 127
}

export const runnerPrograms: Record<string, Program> = { xargs, timeout, watch, time, nohup }
