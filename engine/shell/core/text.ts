/** cat, head, tail, wc, tee, tac, nl, shuf: programs that pass text on as it comes. */
import { bytesOfText, sliceBytes } from '../../host/bytes.ts'
import type { Program, Proc, Run } from '../../host/process.ts'
import { LineReader, openInput, parseFlags, readWhole } from './input.ts'

const cat: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, '', { number: 'n', 'show-ends': 'E', 'show-tabs': 'T', 'show-all': 'A' })
  let status = 0
  let number = 0
  const plain = !/[nbsEATvet]/.test(Object.keys(flags).join(''))
  for (const name of operands.length > 0 ? operands : ['-']) {
    const fd = yield* openInput(p, 'cat', name)
    if (fd === undefined) status = 1
    else if (plain) for (let piece = yield* p.read(fd); piece !== null; piece = yield* p.read(fd)) yield* p.out(piece)
    else {
      const lines = new LineReader(p, fd)
      for (let line = yield* lines.next(); line !== null; line = yield* lines.next()) {
        const counted = 'n' in flags || ('b' in flags && line !== '\n')
        const marked = /[EAe]/.test(Object.keys(flags).join('')) ? line.replace(/\n$/, '$\n') : line
        yield* p.out(
          (counted ? `${String(++number).padStart(6)}\t` : '') +
            (/[TAt]/.test(Object.keys(flags).join('')) ? marked.replace(/\t/g, '^I') : marked),
        )
      }
    }
    if (fd !== undefined && fd !== 0) yield* p.closeFd(fd)
  }
  return status
}

/** `head -5` and `tail -5` as `-n 5`. */
function modern(argv: string[]): string[] {
  return argv.map((word, index) =>
    index > 0 && /^-\d+$/.test(word) && !/^-[nc]$/.test(argv[index - 1] ?? '') ? `-n${word.slice(1)}` : word,
  )
}

function sizeOf(text: string): number {
  const match = /^([+-]?\d+)([bkKMG]?)/.exec(text)
  return Number(match?.[1] ?? 10) * ({ b: 512, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match?.[2] ?? ''] ?? 1)
}

const head: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(modern(argv), 'nc', { lines: 'n', bytes: 'c', quiet: 'q', verbose: 'v' })
  const names = operands.length > 0 ? operands : ['-']
  let status = 0
  for (const [index, name] of names.entries()) {
    const fd = yield* openInput(p, 'head', name)
    if (fd === undefined) {
      status = 1
      continue
    }
    if ((names.length > 1 && !('q' in flags)) || 'v' in flags)
      yield* p.out(`${index > 0 ? '\n' : ''}==> ${name === '-' ? 'standard input' : name} <==\n`)
    if (flags.c !== undefined) yield* headBytes(p, fd, sizeOf(flags.c))
    else yield* headLines(p, fd, sizeOf(flags.n ?? '10'))
    if (fd !== 0) yield* p.closeFd(fd)
  }
  return status
}

function* headLines(p: Proc, fd: number, count: number): Run<void> {
  const lines = new LineReader(p, fd)
  if (count < 0) {
    const all = (yield* p.readAll(fd)).split(/(?<=\n)/)
    yield* p.out(all.slice(0, count).join(''))
    return
  }
  for (let left = count; left > 0; left--) {
    const line = yield* lines.next()
    if (line === null) return
    yield* p.out(line)
  }
}

function* headBytes(p: Proc, fd: number, count: number): Run<void> {
  if (count < 0) return yield* p.out(sliceBytes(yield* p.readAll(fd), 0, count))
  for (let left = count; left > 0;) {
    const piece = yield* p.read(fd)
    if (piece === null) return
    const bytes = bytesOfText(piece).length
    yield* p.out(bytes > left ? sliceBytes(piece, 0, left) : piece)
    left -= bytes
  }
}

/** How often tail -f looks. */
const TAIL_POLL_MS = 1000

const tail: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(modern(argv), 'ncs', {
    lines: 'n',
    bytes: 'c',
    quiet: 'q',
    follow: 'f',
    'sleep-interval': 's',
    retry: 'R',
  })
  const names = operands.length > 0 ? operands : ['-']
  const open: { name: string; fd: number }[] = []
  let status = 0
  for (const name of names) {
    const fd = yield* openInput(p, 'tail', name)
    if (fd === undefined) {
      status = 1
      continue
    }
    if (names.length > 1 && !('q' in flags)) yield* p.out(`${open.length > 0 ? '\n' : ''}==> ${name} <==\n`)
    yield* p.out(lastOf(yield* p.readAll(fd), flags))
    open.push({ name, fd })
  }
  if (('f' in flags || 'F' in flags) && open.length === 0) yield* p.err('tail: no files remaining\n')
  if (!('f' in flags || 'F' in flags) || open.length === 0 || operands.length === 0) return status
  let shown = open.at(-1)?.name
  for (;;) {
    yield* p.sleep(Number(flags.s ?? 1) * TAIL_POLL_MS)
    for (const { name, fd } of open) {
      const piece = yield* p.read(fd)
      if (piece === null) continue
      if (shown !== name) yield* p.out(`\n==> ${name} <==\n`)
      shown = name
      yield* p.out(piece)
    }
  }
}

function lastOf(text: string, flags: Record<string, string>): string {
  if (flags.c !== undefined)
    return flags.c.startsWith('+')
      ? sliceBytes(text, Math.max(0, sizeOf(flags.c) - 1))
      : sliceBytes(text, -Math.abs(sizeOf(flags.c)))
  const lines = text === '' ? [] : text.split(/(?<=\n)/)
  const count = flags.n ?? '10'
  if (count.startsWith('+')) return lines.slice(Math.max(0, sizeOf(count) - 1)).join('')
  return Number(count) === 0 ? '' : lines.slice(-Math.abs(sizeOf(count))).join('')
}

const wc: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, '', { lines: 'l', words: 'w', bytes: 'c', chars: 'm' })
  const letters = Object.keys(flags)
  const shown = letters.length > 0 ? ['l', 'w', 'm', 'c'].filter((letter) => letter in flags) : ['l', 'w', 'c']
  const rows: { counts: number[]; name: string }[] = []
  let status = 0
  for (const name of operands.length > 0 ? operands : ['-']) {
    const text = yield* readWhole(p, 'wc', name)
    if (text === undefined) status = 1
    else rows.push({ counts: countsOf(text, shown), name: operands.length > 0 ? name : '' })
  }
  if (operands.length > 1)
    rows.push({
      counts: shown.map((_, index) => rows.reduce((sum, row) => sum + (row.counts[index] ?? 0), 0)),
      name: 'total',
    })
  const single = shown.length === 1 && operands.length <= 1
  const width = single
    ? 1
    : operands.length === 0
      ? 7
      : Math.max(1, ...rows.flatMap(({ counts }) => counts.map((count) => String(count).length)))
  for (const { counts, name } of rows)
    yield* p.out(`${counts.map((count) => String(count).padStart(width)).join(' ')}${name === '' ? '' : ` ${name}`}\n`)
  return status
}

function countsOf(text: string, shown: readonly string[]): number[] {
  const count: Record<string, () => number> = {
    l: () => text.split('\n').length - 1,
    w: () => text.split(/\s+/).filter((word) => word !== '').length,
    c: () => bytesOfText(text).length,
    m: () => [...text].length,
  }
  return shown.map((letter) => count[letter]?.() ?? 0)
}

const tee: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, '', { append: 'a' })
  const outputs: number[] = []
  let status = 0
  for (const name of operands) {
    const opened = yield* p.openFile(name, 'a' in flags ? 'a' : 'w')
    if ('fd' in opened) outputs.push(opened.fd)
    else {
      yield* p.err(
        `tee: ${name}: ${opened.error === 'EACCES' ? 'Permission denied' : opened.error === 'EISDIR' ? 'Is a directory' : 'No such file or directory'}\n`,
      )
      status = 1
    }
  }
  for (let piece = yield* p.read(); piece !== null; piece = yield* p.read()) {
    yield* p.out(piece)
    for (const fd of outputs) yield* p.write(fd, piece)
  }
  return status
}

const tac: Program = function* (argv, p) {
  for (const name of argv.length > 1 ? argv.slice(1) : ['-']) {
    const text = yield* readWhole(p, 'tac', name)
    if (text === undefined) return 1
    yield* p.out(
      text
        .split(/(?<=\n)/)
        .reverse()
        .join(''),
    )
  }
  return 0
}

const shuf: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'ni', { 'input-range': 'i', 'head-count': 'n', echo: 'e' })
  const range = /^(\d+)-(\d+)$/.exec(flags.i ?? '')
  const lines =
    range !== null
      ? Array.from({ length: Number(range[2]) - Number(range[1]) + 1 }, (_, index) => String(Number(range[1]) + index))
      : 'e' in flags
        ? operands
        : ((yield* readWhole(p, 'shuf', operands[0] ?? '-')) ?? '')
            .split('\n')
            .filter((line, index, all) => index < all.length - 1 || line !== '')
  for (let at = lines.length - 1; at > 0; at--) {
    const other = Math.floor((yield* p.random()) * (at + 1))
    const held = lines[at] ?? ''
    lines[at] = lines[other] ?? ''
    lines[other] = held
  }
  const chosen = flags.n === undefined ? lines : lines.slice(0, Number(flags.n))
  yield* p.out(chosen.map((line) => `${line}\n`).join(''))
  return 0
}

/** `aa`, `ab` … or `00`, `01` …: the ends of split's names. */
function pieceName(index: number, length: number, numeric: boolean): string {
  const base = numeric ? 10 : 26
  return Array.from({ length }, (_, at) => Math.floor(index / base ** (length - 1 - at)) % base)
    .map((digit) => (numeric ? String(digit) : String.fromCharCode(97 + digit)))
    .join('')
}

const split: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(
    modern(argv).map((word) => word.replace(/^-n(\d+)$/, '-l$1')),
    'lba',
    {
      lines: 'l',
      bytes: 'b',
      'suffix-length': 'a',
      'numeric-suffixes': 'd',
    },
  )
  const text = yield* readWhole(p, 'split', operands[0] ?? '-')
  if (text === undefined) return 1
  const pieces: string[] = []
  if (flags.b === undefined) {
    const lines = text === '' ? [] : text.split(/(?<=\n)/)
    const count = Number(flags.l ?? 1000)
    for (let at = 0; at < lines.length; at += count) pieces.push(lines.slice(at, at + count).join(''))
  } else {
    const [length, size] = [bytesOfText(text).length, sizeOf(flags.b)]
    for (let at = 0; at < length; at += size) pieces.push(sliceBytes(text, at, at + size))
  }
  for (const [index, piece] of pieces.entries())
    yield* p.writeFile((operands[1] ?? 'x') + pieceName(index, Number(flags.a ?? 2), 'd' in flags), piece)
  return 0
}

export const textPrograms: Record<string, Program> = { cat, head, tail, wc, tee, tac, shuf, split }
