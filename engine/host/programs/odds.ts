/**
 * logger, nohup, nice, vmstat, arch, locale, systemd-detect-virt, resolvectl: small ones (Q7). Not modelled: priorities
 * of processes, disks' traffic, other locales.
 */
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { has, parseOptions, valueOf } from './options.ts'
import { end } from './end.ts'

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']
const LEVEL_ALIAS: Record<string, string> = { panic: 'emerg', error: 'err', warn: 'warning' }

/** `user.err`, `local0.info`, `err` */
function priorityOf(text: string): number {
  const level = text.split('.').at(-1) ?? ''
  return LEVELS.indexOf(LEVEL_ALIAS[level] ?? level)
}

const logger: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['i', 's', 'e', 'stderr', 'id', 'd', 'T', 'no-act'],
    withValue: ['t', 'tag', 'p', 'priority', 'f', 'file', 'n', 'P', 'u'],
    alias: { tag: 't', priority: 'p', file: 'f', stderr: 's', id: 'i' },
    stopEarly: true,
  })
  if (options.unknown !== undefined)
    return yield* end(p, 1, `logger: invalid option -- '${options.unknown.replace(/^-+/, '')}'\nTry 'logger --help' for more information.\n`) // prettier-ignore
  if (has(options, 'n') || has(options, 'P') || has(options, 'u'))
    return yield* end(p, 1, 'not simulated: logger to a server\n')
  const given = valueOf(options, 'p') ?? 'user.notice'
  const priority = priorityOf(given)
  if (priority < 0) return yield* end(p, 1, `logger: unknown priority name: ${given}\n`)
  const file = valueOf(options, 'f')
  const read = file === undefined ? undefined : yield* p.readFile(file)
  if (read !== undefined && 'error' in read)
    return yield* end(p, 1, `logger: file ${file}: No such file or directory\n`)
  const text = options.rest.length > 0 ? options.rest.join(' ') : (read?.text ?? (yield* p.readAll()))
  const identifier = valueOf(options, 't') ?? p.user
  for (const line of text.split('\n').filter((one) => one !== '')) {
    yield* p.ask('journal.write', { text: line, priority, identifier, pid: p.pid })
    if (has(options, 's')) yield* p.err(`<${8 + priority}>${identifier}: ${line}\n`)
  }
  return 0
}

function* run(p: Proc, name: string, argv: string[], options: Record<string, unknown> = {}): Run<number> {
  const child = (yield* p.ask('spawn', { argv, ...options })) as { pid: number } | { error: string }
  if (!('error' in child)) return yield* p.wait(child.pid)
  const why = child.error === 'EACCES' ? 'Permission denied' : 'No such file or directory'
  return yield* end(p, child.error === 'EACCES' ? 126 : 127, `${name}: ${name === 'nohup' ? 'failed to run command ' : ''}${name === 'nohup' ? `'${argv[0]}'` : `‘${argv[0]}’`}: ${why}\n`) // prettier-ignore
}

/** Output to a terminal goes into nohup.out. */
const nohup: Program = function* (argv, p) {
  const words = argv.slice(1)
  if (words.length === 0)
    return yield* end(p, 125, "nohup: missing operand\nTry 'nohup --help' for more information.\n")
  yield* p.ask('ignoreSignals', { signals: ['HUP'] })
  if (!(yield* p.isTty(1))) return yield* run(p, 'nohup', words)
  yield* p.err("nohup: ignoring input and appending output to 'nohup.out'\n")
  const file = yield* p.openFile('nohup.out', 'a')
  if ('error' in file) return yield* end(p, 125, "nohup: failed to open 'nohup.out': Permission denied\n")
  return yield* run(p, 'nohup', words, { stdout: file.fd, stderr: file.fd })
}

const nice: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: [], withValue: ['n', 'adjustment'], alias: { adjustment: 'n' }, stopEarly: true }) // prettier-ignore
  if (options.rest.length > 0) return yield* run(p, 'nice', options.rest)
  yield* p.out('0\n')
  return 0
}

/** The first line tells of the time since boot; the rest of each interval. */
const vmstat: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['n', 'w', 't', 'a', 'f', 's', 'd', 'D', 'm'], withValue: ['S'] })
  const odd = ['w', 't', 'a', 'f', 's', 'd', 'D', 'm'].find((name) => has(options, name))
  if (odd !== undefined) return yield* end(p, 1, `not simulated: vmstat -${odd}\n`)
  const [delay, count = delay === undefined ? '1' : 'Infinity'] = options.rest
  const bad = [delay ?? '1', count].find((word) => !/^([1-9]\d*|Infinity)$/.test(word))
  if (bad !== undefined) return yield* end(p, 1, `vmstat: failed to parse argument: '${bad}'\n`)
  const unit = { k: 1000, K: 1024, m: 1_000_000, M: 1024 ** 2 }[valueOf(options, 'S') ?? 'K'] ?? 1024
  yield* p.out('procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu-------\n r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st gu\n') // prettier-ignore
  for (let at = 0; at < Number(count); at++) {
    if (at > 0 && !(yield* p.sleep(Number(delay) * 1000))) break
    const { capacity, usedMemoryBytes } = (yield* p.ask('host.facts')) as HostFactsAnswer
    const cache = Math.round(capacity.memoryBytes * 0.1)
    const size = (bytes: number): string => String(Math.floor(bytes / unit))
    const free = size(capacity.memoryBytes - usedMemoryBytes - cache)
    yield* p.out(` 1  0      0 ${free.padStart(6)} ${size(cache * 0.2).padStart(6)} ${size(cache * 0.8).padStart(6)}    0    0     0     0    0    0  4  2 94  0  0  0\n`) // prettier-ignore
  }
  return 0
}

const arch: Program = function* (_argv, p) {
  yield* p.out('x86_64\n')
  return 0
}

const CATEGORIES = ['CTYPE', 'NUMERIC', 'TIME', 'COLLATE', 'MONETARY', 'MESSAGES', 'PAPER', 'NAME', 'ADDRESS', 'TELEPHONE', 'MEASUREMENT', 'IDENTIFICATION'] // prettier-ignore

const locale: Program = function* (argv, p) {
  const lang = p.env.LANG ?? ''
  const all = p.env.LC_ALL ?? ''
  if (argv[1] === '-a') {
    yield* p.out('C\nC.utf8\nPOSIX\n')
    return 0
  }
  if (argv.length > 1) return yield* end(p, 1, `not simulated: ${argv.join(' ')}\n`)
  const rows = CATEGORIES.map((name) => {
    const own = p.env[`LC_${name}`]
    return `LC_${name}=${own === undefined ? `"${all || lang || 'POSIX'}"` : own}\n`
  })
  yield* p.out(`LANG=${lang}\nLANGUAGE=${p.env.LANGUAGE ?? ''}\n${rows.join('')}LC_ALL=${all}\n`)
  return 0
}

const detectVirt: Program = function* (argv, p) {
  const words = argv.slice(1)
  if (words.some((word) => word === '-c' || word === '--container')) {
    yield* p.out('none\n')
    return 1
  }
  if (!words.includes('-q') && !words.includes('--quiet')) yield* p.out('kvm\n')
  return 0
}

const resolvectl: Program = function* (argv, p) {
  const [verb = 'status', ...names] = argv.slice(1).filter((word) => !word.startsWith('-'))
  if (verb === 'flush-caches') return 0
  if (verb !== 'query' || names.length === 0)
    return yield* end(p, 1, `not simulated: resolvectl ${[verb, ...names].join(' ')}\n`)
  let code = 0
  for (const name of names) {
    const found = yield* p.resolve(name)
    if ('error' in found) {
      code = 1
      yield* p.err(`${name}: resolve call failed: ${found.error === 'NXDOMAIN' ? `Name '${name}' not found` : 'Query timed out'}\n`) // prettier-ignore
    } else
      yield* p.out(`${name}: ${found.addresses.join(`\n${' '.repeat(name.length + 2)}`)}\n\n-- Information acquired via protocol DNS in 1.2ms.\n-- Data is authenticated: no; Data was acquired via local or encrypted transport: no\n-- Data from: network\n`) // prettier-ignore
  }
  return code
}

export const oddPrograms: Record<string, Program> = {
  logger,
  nohup,
  nice,
  vmstat,
  arch,
  locale,
  'systemd-detect-virt': detectVirt,
  resolvectl,
}
