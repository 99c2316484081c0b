/** xxd, od, hexdump: bytes as numbers. Models vim's xxd, GNU od and util-linux hexdump. Not modelled: xxd -b -s of a negative offset, floats in od, formats of hexdump by -e. */
import { bytesOfText, textOfBytes } from '../../host/bytes.ts'
import type { Program, Proc, Run } from '../../host/process.ts'
import { parseFlags, readWhole } from './input.ts'

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0')
const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')
const textual = (bytes: Uint8Array): string => [...bytes].map(printable).join('')

/** Pieces of equal length; the last may be shorter. */
function rows(bytes: Uint8Array, width: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / width) }, (_, row) =>
    bytes.subarray(row * width, (row + 1) * width),
  )
}

/** A count as C writes numbers: `16`, `0x10`, `020`. */
const countOf = (text: string): number => (/^0[0-7]+$/.test(text) ? parseInt(text, 8) : Number(text))

function* inputOf(p: Proc, program: string, operands: readonly string[]): Run<Uint8Array | undefined> {
  let all = ''
  for (const name of operands.length > 0 ? operands : ['-']) {
    const text = yield* readWhole(p, program, name)
    if (text === undefined) return undefined
    all += text
  }
  return bytesOfText(all)
}

const part = (bytes: Uint8Array, skip: string | undefined, length: string | undefined): Uint8Array => {
  const from = countOf(skip ?? '0')
  return bytes.subarray(from, length === undefined ? undefined : from + countOf(length))
}

const xxd: Program = function* (argv, p) {
  const spread = argv.map((word) => (word === '-ps' || word === '-plain' ? '-p' : word))
  const { flags, operands } = parseFlags(spread, 'lscgo', {})
  const [from, to] = operands
  const text = yield* readWhole(p, 'xxd', from ?? '-')
  if (text === undefined) return 2
  const bytes = part(bytesOfText(text), flags.s, flags.l)
  const made = 'r' in flags ? reversed(text, 'p' in flags) : xxdText(bytes, flags, from, countOf(flags.s ?? '0'))
  if (to === undefined) yield* p.out(made)
  else yield* p.writeFile(to, made)
  return 0
}

function xxdText(bytes: Uint8Array, flags: Record<string, string>, name: string | undefined, base: number): string {
  if ('i' in flags) return cText(bytes, name)
  const digits = (byte: number): string => ('u' in flags ? hex(byte, 2).toUpperCase() : hex(byte, 2))
  if ('p' in flags)
    return rows(bytes, countOf(flags.c ?? '30'))
      .map((row) => `${[...row].map(digits).join('')}\n`)
      .join('')
  if ('b' in flags) return bitText(bytes, countOf(flags.c ?? '6'), base)
  const width = countOf(flags.c ?? '16')
  const group = countOf(flags.g ?? '2') || width
  const full = width * 2 + Math.ceil(width / group)
  return rows(bytes, width)
    .map((row, at) => {
      const groups = rows(row, group).map((piece) => [...piece].map(digits).join(''))
      return `${hex(base + at * width, 8)}: ${`${groups.join(' ')} `.padEnd(full)} ${textual(row)}\n`
    })
    .join('')
}

function bitText(bytes: Uint8Array, width: number, base: number): string {
  return rows(bytes, width)
    .map((row, at) => {
      const bits = [...row].map((byte) => byte.toString(2).padStart(8, '0')).join(' ')
      return `${hex(base + at * width, 8)}: ${`${bits} `.padEnd(width * 9)} ${textual(row)}\n`
    })
    .join('')
}

/** `-i`: an array of C. */
function cText(bytes: Uint8Array, name: string | undefined): string {
  const lines = rows(bytes, 12).map((row) => `  ${[...row].map((byte) => `0x${hex(byte, 2)}`).join(', ')}`)
  if (name === undefined) return `${lines.join(',\n')}\n`
  const symbol = name.replace(/[^a-zA-Z0-9]/g, '_')
  return `unsigned char ${symbol}[] = {\n${lines.join(',\n')}\n};\nunsigned int ${symbol}_len = ${bytes.length};\n`
}

/** `-r`: the bytes of a dump. */
function reversed(text: string, plain: boolean): string {
  const digits = plain
    ? text.replace(/[^0-9a-fA-F]/g, '')
    : text
        .split('\n')
        .map((line) => (/^[0-9a-fA-F]+:\s?((?: ?[0-9a-fA-F]{2})*)/.exec(line)?.[1] ?? '').replace(/ /g, ''))
        .join('')
  return textOfBytes(Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)))
}

const NAMED: Record<number, string> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
}
const CONTROLS =
  'nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp'.split(
    ' ',
  )

/** One way of showing a row: how many bytes a cell has, how wide it is and its text. */
interface Format {
  size: number
  width: number
  cell: (value: number, bytes: Uint8Array) => string
  textual?: boolean
}

const octalByte = (byte: number): string => byte.toString(8).padStart(3, '0')
const WIDTHS: Record<string, Record<number, number>> = {
  x: { 1: 3, 2: 5, 4: 9, 8: 17 },
  o: { 1: 4, 2: 7, 4: 12, 8: 23 },
  u: { 1: 4, 2: 6, 4: 11, 8: 21 },
  d: { 1: 5, 2: 7, 4: 12, 8: 21 },
}

function formatOf(type: string): Format | undefined {
  const match = /^([acdoux])([1248CSIL])?(z)?$/.exec(type)
  if (match === null) return undefined
  const [, kind = 'o', sizeText = kind === 'a' || kind === 'c' ? '1' : '4', text] = match
  const size = { C: 1, S: 2, I: 4, L: 8 }[sizeText] ?? Number(sizeText)
  if (kind === 'c')
    return {
      size: 1,
      width: 4,
      cell: (byte) => NAMED[byte] ?? (byte >= 0x20 && byte < 0x7f ? printable(byte) : octalByte(byte)),
    }
  if (kind === 'a')
    return {
      size: 1,
      width: 4,
      cell: (byte) => CONTROLS[byte & 0x7f] ?? ((byte & 0x7f) === 0x7f ? 'del' : printable(byte & 0x7f)),
    }
  const width = WIDTHS[kind]?.[size] ?? 4
  const base = kind === 'x' ? 16 : kind === 'o' ? 8 : 10
  const fill = kind === 'x' ? size * 2 : kind === 'o' ? Math.ceil((size * 8) / 3) : 0
  const signed = (value: bigint): bigint => (kind === 'd' ? BigInt.asIntN(size * 8, value) : value)
  const cell = (_value: number, bytes: Uint8Array): string =>
    signed(littleEndian(bytes)).toString(base).padStart(fill, '0')
  return { size, width, cell, ...(text !== undefined && { textual: true }) }
}

function littleEndian(bytes: Uint8Array): bigint {
  return [...bytes].reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
}

function formattedRow(row: Uint8Array, { size, width, cell, textual: shown }: Format, columns: number): string {
  const cells = rows(row, size)
    .map((piece) => cell(piece[0] ?? 0, piece).padStart(width))
    .join('')
  return shown === true ? `${cells.padEnd((columns / size) * width)}  >${textual(row)}<` : cells
}

const RADIX: Record<string, (at: number) => string> = {
  o: (at) => at.toString(8).padStart(7, '0'),
  x: (at) => hex(at, 6),
  d: (at) => String(at).padStart(7, '0'),
  n: () => '',
}

const OD_SHORT: Record<string, string> = { c: 'c', x: 'x2', b: 'o1', d: 'u2', o: 'o2', a: 'a', i: 'd4', s: 'd2' }

const od: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'AtNjw', {
    format: 't',
    'address-radix': 'A',
    'read-bytes': 'N',
    'skip-bytes': 'j',
    'output-duplicates': 'v',
  })
  const types = [
    ...(flags.t === undefined ? [] : (flags.t.match(/[acdoux][1248CSIL]?z?/g) ?? [flags.t])),
    ...Object.keys(OD_SHORT)
      .filter((letter) => letter in flags)
      .map((letter) => OD_SHORT[letter] ?? 'o2'),
  ]
  const formats = (types.length > 0 ? types : ['o2']).map(formatOf)
  const address = RADIX[flags.A ?? 'o']
  if (address === undefined || formats.includes(undefined)) {
    yield* p.err(
      address === undefined
        ? `od: invalid output address radix '${flags.A}'; it must be one character from [doxn]\n`
        : `od: invalid type string '${flags.t}'\n`,
    )
    return 1
  }
  const bytes = yield* inputOf(p, 'od', operands)
  if (bytes === undefined) return 1
  const base = countOf(flags.j ?? '0')
  const columns = countOf(flags.w === '' || flags.w === undefined ? '16' : flags.w)
  yield* p.out(
    odText(part(bytes, flags.j, flags.N), formats as Format[], { address, base, columns, all: 'v' in flags }),
  )
  return 0
}

interface OdLayout {
  address: (at: number) => string
  base: number
  columns: number
  all: boolean
}

function odText(bytes: Uint8Array, formats: readonly Format[], { address, base, columns, all }: OdLayout): string {
  const lines: string[] = []
  let [last, starred] = ['', false]
  const pieces = rows(bytes, columns)
  for (const [index, row] of pieces.entries()) {
    const same = row.join() === last && index < pieces.length - 1
    last = row.join()
    if (!all && same) {
      if (!starred) lines.push('*')
      starred = true
      continue
    }
    starred = false
    const at = address(base + index * columns)
    formats.forEach((format, which) =>
      lines.push((which === 0 ? at : ' '.repeat(at.length)) + formattedRow(row, format, columns)),
    )
  }
  const end = address(base + bytes.length)
  return [...lines, ...(end === '' ? [] : [end])].map((line) => `${line}\n`).join('')
}

const hexdump: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'ns', { canonical: 'C', length: 'n', skip: 's' })
  const all = yield* inputOf(p, 'hexdump', operands)
  if (all === undefined) return 1
  const base = countOf(flags.s ?? '0')
  const bytes = part(all, flags.s, flags.n)
  const canonical = 'C' in flags
  const lines: string[] = []
  let [last, starred] = ['', false]
  for (const [index, row] of rows(bytes, 16).entries()) {
    const same = row.join() === last && !('v' in flags)
    last = row.join()
    if (same) {
      if (!starred) lines.push('*')
      starred = true
      continue
    }
    starred = false
    lines.push(canonical ? canonicalRow(base + index * 16, row) : wordRow(base + index * 16, row))
  }
  if (bytes.length > 0) lines.push(hex(base + bytes.length, canonical ? 8 : 7))
  yield* p.out(lines.map((line) => `${line}\n`).join(''))
  return 0
}

function canonicalRow(at: number, row: Uint8Array): string {
  const cells = [...row].map((byte, index) => `${index === 8 ? ' ' : ''} ${hex(byte, 2)}`).join('')
  return `${hex(at, 8)} ${cells.padEnd(50)} |${textual(row)}|`
}

function wordRow(at: number, row: Uint8Array): string {
  const words = rows(row, 2).map((pair) => ` ${hex((pair[1] ?? 0) * 256 + (pair[0] ?? 0), 4)}`)
  return `${hex(at, 7)}${words.join('').padEnd(40)}`
}

export const dumpPrograms: Record<string, Program> = { xxd, od, hexdump, hd: hexdump }
