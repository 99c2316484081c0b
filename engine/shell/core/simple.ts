/** Small programs that need few words. */
import type { Program } from '../../host/process.ts'
import { echoText } from '../builtins/output.ts'
import { testWords } from '../conditional.ts'
import { formatDate } from '../dates.ts'
import { ShellError } from '../errors.ts'
import { formatText } from '../format.ts'
import { parseFlags } from './input.ts'

const echo: Program = function* (argv, p) {
  yield* p.out(echoText(argv, false))
  return 0
}

const printf: Program = function* (argv, p) {
  const [, format, ...values] = argv
  if (format === undefined) {
    yield* p.err("printf: missing operand\nTry 'printf --help' for more information.\n")
    return 1
  }
  const made = formatText(format, values, { nowMs: yield* p.now() })
  yield* p.out(made.text)
  for (const error of made.errors) yield* p.err(`printf: ${error}\n`)
  return made.errors.length > 0 ? 1 : 0
}

const UNITS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86400 }

/** Milliseconds of a coreutils duration (`1.5`, `2m`); undefined: not one. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d*\.?\d+|\d+\.)([smhd]?)$/.exec(text)
  if (match !== null) return Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1) * 1000
  return text === 'infinity' || text === 'inf' ? Number.MAX_SAFE_INTEGER / 4 : undefined
}

const sleep: Program = function* (argv, p) {
  if (argv.length < 2) {
    yield* p.err("sleep: missing operand\nTry 'sleep --help' for more information.\n")
    return 1
  }
  let total = 0
  for (const word of argv.slice(1)) {
    const ms = durationMs(word)
    if (ms === undefined) {
      yield* p.err(`sleep: invalid time interval '${word}'\nTry 'sleep --help' for more information.\n`)
      return 1
    }
    total += ms
  }
  yield* p.sleep(total)
  return 0
}

const test: Program = function* (argv, p) {
  const isBracket = argv[0]?.endsWith('[') === true
  try {
    return (yield* testWords(p, argv.slice(1, isBracket ? -1 : undefined), p.cwd)) ? 0 : 1
  } catch (error) {
    if (!(error instanceof ShellError)) throw error
    yield* p.err(`${argv[0]}: ${error.message}\n`)
    return 2
  }
}

const seq: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(
    argv.map((word) => (/^-\d/.test(word) ? ` ${word}` : word)),
    'sf',
    { separator: 's', 'equal-width': 'w', format: 'f' },
  )
  const texts = operands.map((word) => word.trim())
  const numbers = texts.map(Number)
  const bad = texts.find((word) => word === '' || Number.isNaN(Number(word)))
  if (bad !== undefined || numbers.length === 0) {
    yield* p.err(
      bad === undefined
        ? 'seq: missing operand\n'
        : `seq: invalid floating point argument: '${bad}'\nTry 'seq --help' for more information.\n`,
    )
    return 1
  }
  const [first, step, last] =
    numbers.length === 1
      ? [1, 1, numbers[0] ?? 0]
      : numbers.length === 2
        ? [numbers[0] ?? 1, 1, numbers[1] ?? 0]
        : [numbers[0] ?? 1, numbers[1] ?? 1, numbers[2] ?? 0]
  const digits = Math.max(...texts.map((word) => (word.split('.')[1] ?? '').length))
  const width = 'w' in flags ? Math.max(first.toFixed(digits).length, last.toFixed(digits).length) : 0
  const separator = flags.s ?? '\n'
  let text = ''
  const count = Math.floor((last - first) / step + 1e-9)
  for (let at = 0; at <= count; at++) {
    const value = (first + at * step).toFixed(digits).padStart(width, '0')
    text +=
      (at > 0 ? separator : '') + (flags.f === undefined ? value : formatText(flags.f, [value], { nowMs: 0 }).text)
    if (text.length < 32768) continue
    yield* p.out(text)
    text = ''
  }
  if (count >= 0) yield* p.out(`${text}\n`)
  return 0
}

const yes: Program = function* (argv, p) {
  const line = `${argv.slice(1).join(' ') || 'y'}\n`
  const block = line.repeat(Math.max(1, Math.floor(4096 / line.length)))
  for (;;) yield* p.out(block)
}

const basename: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 's', { multiple: 'a', suffix: 's' })
  const many = 'a' in flags || 's' in flags
  const suffix = flags.s ?? (many ? '' : (operands[1] ?? ''))
  if (operands.length === 0) {
    yield* p.err("basename: missing operand\nTry 'basename --help' for more information.\n")
    return 1
  }
  for (const name of many ? operands : operands.slice(0, 1)) {
    const last = name.replace(/\/+$/, '').split('/').pop() || '/'
    yield* p.out(
      `${suffix !== '' && last !== suffix && last.endsWith(suffix) ? last.slice(0, -suffix.length) : last}\n`,
    )
  }
  return 0
}

const dirname: Program = function* (argv, p) {
  for (const name of argv.slice(1))
    yield* p.out(
      `${/^\/+$/.test(name) ? '/' : (/^(.*[^/])?\/+[^/]+\/*$/.exec(name)?.[1] ?? (name.startsWith('/') ? '/' : '.'))}\n`,
    )
  return argv.length > 1 ? 0 : 1
}

const env: Program = function* (argv, p) {
  let own: Record<string, string> = { ...p.env }
  let at = 1
  for (; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (word === '-i' || word === '-') own = {}
    else if (word === '-u') delete own[argv[++at] ?? '']
    else if (/^[^=]+=/.test(word)) own[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1)
    else break
  }
  const command = argv.slice(at)
  if (command.length === 0) {
    yield* p.out(
      Object.entries(own)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    return 0
  }
  const failed = (yield* p.ask('exec', { argv: command, env: own })) as { error: string }
  yield* p.err(
    `env: '${command[0]}': ${failed.error === 'EACCES' ? 'Permission denied' : 'No such file or directory'}\n`,
  )
  return failed.error === 'EACCES' ? 126 : 127
}

const printenv: Program = function* (argv, p) {
  if (argv.length === 1)
    yield* p.out(
      Object.entries(p.env)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
  let status = 0
  for (const name of argv.slice(1)) {
    const value = p.env[name]
    if (value === undefined) status = 1
    else yield* p.out(`${value}\n`)
  }
  return status
}

const which: Program = function* (argv, p) {
  let status = 0
  for (const name of argv.slice(1).filter((word) => word !== '-a')) {
    const found = (yield* p.ask('which', { name, path: p.env.PATH })) as { path: string } | { error: string }
    if ('path' in found) yield* p.out(`${found.path}\n`)
    else status = 1
  }
  return status
}

const date: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'drs', {
    date: 'd',
    set: 's',
    utc: 'u',
    'iso-8601': 'I',
    reference: 'r',
    'rfc-3339': '3',
  })
  const nowMs = yield* p.now()
  const given = flags.s ?? flags.d
  const ms = given === undefined ? nowMs : parseDate(given, nowMs)
  if (ms === undefined) {
    yield* p.err(`date: invalid date '${given}'\n`)
    return 1
  }
  const refused =
    flags.s !== undefined && ((yield* p.ask('host.setClock', { atMs: ms })) as { error?: string }).error !== undefined
  if (refused) yield* p.err('date: cannot set date: Operation not permitted\n')
  const iso = 'I' in flags ? ((flags.I ?? '') === '' ? '%F' : '%Y-%m-%dT%H:%M:%S%:z') : undefined
  const format =
    operands.find((word) => word.startsWith('+'))?.slice(1) ??
    iso ??
    ('3' in flags ? '%F %T%:z' : 'R' in flags ? '%a, %d %b %Y %T %z' : '%a %b %e %H:%M:%S %Z %Y')
  yield* p.out(`${formatDate(format, ms)}\n`)
  return refused ? 1 : 0
}

/** Dates as `date -d` takes them: ISO, `@seconds`, `now`, and offsets such as `2 days ago`. */
export function parseDate(text: string, nowMs: number): number | undefined {
  if (/^@-?\d+(\.\d+)?$/.test(text)) return Number(text.slice(1)) * 1000
  let base = nowMs
  let rest = text.trim()
  const absolute = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?/.exec(rest)
  if (absolute !== null) {
    const zone = (absolute[4] ?? 'Z').replace('UTC', 'Z')
    base = Date.parse(
      `${absolute[0]
        .slice(0, absolute[0].length - (absolute[4] ?? '').length)
        .trim()
        .replace(' ', 'T')}${absolute[1] === undefined ? 'T00:00' : ''}${zone}`,
    )
    rest = rest.slice(absolute[0].length).trim()
  }
  const units: Record<string, number> = { second: 1, sec: 1, minute: 60, min: 60, hour: 3600, day: 86400, week: 604800 }
  rest = rest
    .replace(/\bnow\b|\btoday\b/g, '')
    .replace(/\byesterday\b/g, '1 day ago')
    .replace(/\btomorrow\b/g, '1 day')
  for (const [all, sign, count, unit = '', ago] of rest.matchAll(/([+-]?)\s*(\d+)\s*([a-z]+?)s?\b(\s+ago)?/g)) {
    const seconds = units[unit]
    if (seconds === undefined) return undefined
    base += (sign === '-' ? -1 : 1) * (ago === undefined ? 1 : -1) * Number(count) * seconds * 1000
    rest = rest.replace(all, '')
  }
  return rest.trim() === '' && !Number.isNaN(base) ? base : undefined
}

const clear: Program = function* (_argv, p) {
  yield* p.out('\x1b[H\x1b[2J\x1b[3J')
  return 0
}

const tty: Program = function* (_argv, p) {
  const isTty = yield* p.isTty(0)
  yield* p.out(isTty ? '/dev/pts/0\n' : 'not a tty\n')
  return isTty ? 0 : 1
}

const nproc: Program = function* (_argv, p) {
  const capacity = (yield* p.ask('host.capacity')) as { cpus?: number } | null
  yield* p.out(`${capacity?.cpus ?? 2}\n`)
  return 0
}

const readlink: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, '')
  const real = argv[0]?.endsWith('realpath') === true || 'f' in flags || 'e' in flags
  let status = 0
  for (const name of operands) {
    const stat = yield* p.stat(name, { followLinks: false })
    const found = real
      ? ((yield* p.ask('realPath', { path: name })) as { path?: string })
      : { path: 'target' in stat ? stat.target : undefined }
    if (found.path !== undefined) yield* p.out(`${found.path}\n`)
    else {
      status = 1
      if (argv[0]?.endsWith('realpath') === true) yield* p.err(`realpath: ${name}: No such file or directory\n`)
    }
  }
  return status
}

const mktemp: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'p')
  const template = operands[0] ?? 'tmp.XXXXXXXXXX'
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  let name = ''
  for (const character of template)
    name += character === 'X' ? letters.charAt(Math.floor((yield* p.random()) * letters.length)) : character
  const path = name.includes('/')
    ? name
    : `${flags.p ?? (operands[0] === undefined || 't' in flags ? '/tmp' : p.cwd)}/${name}`
  const made = 'd' in flags ? yield* p.mkdir(path, { mode: 0o700 }) : yield* p.writeFile(path, '', { mode: 0o600 })
  if ('error' in made) {
    yield* p.err(`mktemp: failed to create file via template '${template}'\n`)
    return 1
  }
  yield* p.out(`${name.includes('/') || operands[0] === undefined ? path : name}\n`)
  return 0
}

export const simplePrograms: Record<string, Program> = {
  echo,
  printf,
  sleep,
  test,
  '[': test,
  seq,
  yes,
  basename,
  dirname,
  env,
  printenv,
  which,
  date,
  clear,
  tty,
  nproc,
  readlink,
  realpath: readlink,
  mktemp,
  true: function* () {
    return 0
  },
  false: function* () {
    return 1
  },
}
