/** dd. Models GNU dd on files, pipes and the devices. Not modelled: conv of swab, block, ebcdic; iflag and oflag are read and change nothing. */
import { bytesOfText, textOfBytes } from '../../host/bytes.ts'
import type { Program, Proc, Run } from '../../host/process.ts'
import { errnoText } from '../redirect.ts'

const UNITS: Record<string, number> = {
  '': 1,
  c: 1,
  w: 2,
  b: 512,
  k: 1024,
  K: 1024,
  kB: 1000,
  KB: 1000,
  KiB: 1024,
  M: 1024 ** 2,
  MB: 1000 ** 2,
  MiB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1000 ** 3,
  GiB: 1024 ** 3,
}
const OPERANDS = ['if', 'of', 'bs', 'ibs', 'obs', 'count', 'skip', 'seek', 'status', 'conv', 'iflag', 'oflag', 'cbs']
/** Nominal throughput: what is copied takes no virtual time. */
const BYTES_PER_SECOND = 500_000_000
const MAX_BYTES = 64 * 1024 * 1024

function sizeOf(text: string): number | undefined {
  const factors = text.split('x').map((part) => {
    const match = /^(\d+)([a-zA-Z]*)$/.exec(part)
    const unit = UNITS[match?.[2] ?? '']
    return match === null || unit === undefined ? undefined : Number(match[1]) * unit
  })
  return factors.reduce(
    (product, factor) => (product === undefined || factor === undefined ? undefined : product * factor),
    1,
  )
}

class Refused extends Error {}

function operandsOf(words: readonly string[]): Record<string, string> {
  const given: Record<string, string> = {}
  for (const word of words) {
    const [name = '', value] = word.split(/=(.*)/s)
    if (!OPERANDS.includes(name) || value === undefined)
      throw new Refused(`unrecognized operand '${word}'\nTry 'dd --help' for more information.`)
    given[name] = value
  }
  return given
}

function numberOf(given: Record<string, string>, name: string): number | undefined {
  const text = given[name]
  if (text === undefined) return undefined
  const size = sizeOf(text)
  if (size === undefined) throw new Refused(`invalid number: '${text}'`)
  return size
}

/** Input up to a limit, without waiting for more; devices never end. */
function* take(p: Proc, fd: number, limit: number): Run<Uint8Array> {
  const parts: string[] = []
  let length = 0
  while (length < limit) {
    const piece = yield* p.read(fd)
    if (piece === null) break
    parts.push(piece)
    length += bytesOfText(piece).length
    if (length > MAX_BYTES) throw new Refused(`not simulated: more than ${MAX_BYTES} bytes`)
  }
  return bytesOfText(parts.join('')).subarray(0, limit)
}

function* copy(p: Proc, given: Record<string, string>): Run<void> {
  const bs = numberOf(given, 'bs')
  const [ibs, obs] = [bs ?? numberOf(given, 'ibs') ?? 512, bs ?? numberOf(given, 'obs') ?? 512]
  const [count, skip, seek] = [numberOf(given, 'count'), numberOf(given, 'skip') ?? 0, numberOf(given, 'seek') ?? 0]
  const input = yield* openOr(p, given.if, 'r', 0)
  const output = given.of
  const before = output === undefined ? '' : yield* keptBefore(p, output, seek * obs)
  const wanted = count === undefined ? Infinity : count * ibs
  if (given.if === '/dev/zero' && output !== undefined && wanted > MAX_BYTES)
    return yield* fill(p, output, wanted, ibs, obs, given)
  const all = (yield* take(p, input, skip * ibs + wanted)).subarray(skip * ibs)
  if (given.if !== undefined) yield* p.closeFd(input)
  yield* put(p, output, converted(all, given.conv ?? ''), before, given)
  if (given.status !== 'none') yield* report(p, all.length, ibs, obs, given.status === 'noxfer')
}

/** Zeros beyond what is worth spelling out: the file takes the room, as far as there is any. */
function* fill(
  p: Proc,
  path: string,
  wanted: number,
  ibs: number,
  obs: number,
  given: Record<string, string>,
): Run<void> {
  const { disk } = (yield* p.ask('host.facts')) as { disk: { freeBytes: number } }
  const length = Math.min(wanted, Math.max(0, disk.freeBytes - 4096))
  const at = path.startsWith('/') ? path : `${p.cwd === '/' ? '' : p.cwd}/${path}`
  const done = (yield* p.ask('files.allocate', { path: at, bytes: length })) as { error?: 'EACCES' }
  if (done.error !== undefined) throw new Refused(`failed to open '${path}': ${errnoText(done.error)}`)
  if (length < wanted) yield* p.err(`dd: error writing '${path}': No space left on device\n`)
  if (given.status !== 'none') yield* report(p, length, ibs, obs, given.status === 'noxfer')
  if (length < wanted) throw new Refused('')
}

function* openOr(p: Proc, path: string | undefined, mode: 'r' | 'w', standard: number): Run<number> {
  if (path === undefined) return standard
  const opened = yield* p.openFile(path, mode)
  if ('fd' in opened) return opened.fd
  throw new Refused(`failed to open '${path}': ${errnoText(opened.error)}`)
}

/** What stays of an output file in front of the seek. */
function* keptBefore(p: Proc, path: string, length: number): Run<string> {
  if (length === 0) return ''
  const there = yield* p.readFile(path)
  const bytes = new Uint8Array(length)
  const old = 'text' in there ? bytesOfText(there.text) : new Uint8Array()
  bytes.set(old.subarray(0, length))
  return textOfBytes(bytes)
}

function converted(bytes: Uint8Array, conv: string): string {
  const text = textOfBytes(bytes)
  if (/\bucase\b/.test(conv)) return text.toUpperCase()
  return /\blcase\b/.test(conv) ? text.toLowerCase() : text
}

function* put(
  p: Proc,
  path: string | undefined,
  text: string,
  before: string,
  given: Record<string, string>,
): Run<void> {
  if (path === undefined) return yield* p.out(text)
  const old = (given.conv ?? '').includes('notrunc') ? yield* p.readFile(path) : undefined
  const made = before + text
  const after =
    old !== undefined && 'text' in old ? textOfBytes(bytesOfText(old.text).slice(bytesOfText(made).length)) : ''
  const done = yield* p.writeFile(path, made + after)
  if ('error' in done)
    throw new Refused(
      done.error === 'ENOSPC'
        ? `error writing '${path}': ${errnoText(done.error)}`
        : `failed to open '${path}': ${errnoText(done.error)}`,
    )
}

function* report(p: Proc, length: number, ibs: number, obs: number, brief: boolean): Run<void> {
  const records = (size: number, word: string): string =>
    `${Math.floor(length / size)}+${length % size === 0 ? 0 : 1} records ${word}\n`
  yield* p.err(records(ibs, 'in') + records(obs, 'out'))
  if (brief) return
  const seconds = Math.max(length / BYTES_PER_SECOND, 0.00002)
  const sizes = [
    ...(length >= 1000 ? [shown(length, 1000, ['kB', 'MB', 'GB'])] : []),
    ...(length >= 1024 ? [shown(length, 1024, ['KiB', 'MiB', 'GiB'])] : []),
  ]
  const rate = shown(length / seconds, 1000, ['kB', 'MB', 'GB'])
  const human = sizes.length > 0 ? ` (${sizes.join(', ')})` : ''
  yield* p.err(
    `${length} byte${length === 1 ? '' : 's'}${human} copied, ${Number(seconds.toPrecision(6))} s, ${length === 0 ? '0.0 kB' : rate}/s\n`,
  )
}

/** `1.1 MB`, `729 MB`: one decimal below ten. */
function shown(value: number, base: number, units: readonly string[]): string {
  let [size, unit] = [value / base, 0]
  while (size >= base && unit < units.length - 1) [size, unit] = [size / base, unit + 1]
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}

const dd: Program = function* (argv, p) {
  try {
    yield* copy(p, operandsOf(argv.slice(1)))
    return 0
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (error.message !== '') yield* p.err(`dd: ${error.message}\n`)
    return 1
  }
}

export const ddPrograms: Record<string, Program> = { dd }
