/** Tar archives as texts of bytes (`bytes.ts`): POSIX ustar, long names of GNU and pax. Not modelled: hard links, devices, sparse files. */
import { bytesOfText, textOfBytes } from './bytes.ts'

export interface TarEntry {
  name: string
  kind: 'file' | 'directory' | 'symlink'
  mode: number
  mtimeMs: number
  owner: string
  group: string
  text: string
  /** Where a symlink points. */
  target?: string
}

const BLOCK = 512
const TYPES = { file: '0', directory: '5', symlink: '2' } as const
/** Offset and length of a header's fields. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  target: [157, 100],
  magic: [257, 8],
  owner: [265, 32],
  group: [297, 32],
  prefix: [345, 155],
} as const

type Field = keyof typeof FIELDS

function put(block: Uint8Array, field: Field, text: string): void {
  const [from, length] = FIELDS[field]
  block.set(bytesOfText(text).subarray(0, length), from)
}

const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, '0')

function checksumOf(block: Uint8Array): number {
  const [from, length] = FIELDS.checksum
  return block.reduce((sum, byte, at) => sum + (at >= from && at < from + length ? 32 : byte), 0)
}

function header(of: { name: string; type: string; size: number; target?: string } & Partial<TarEntry>): Uint8Array {
  const block = new Uint8Array(BLOCK)
  put(block, 'name', of.name)
  put(block, 'mode', octal((of.mode ?? 0o644) & 0o7777, 8))
  put(block, 'uid', octal(of.owner === undefined || of.owner === 'root' ? 0 : 1000, 8))
  put(block, 'gid', octal(of.group === undefined || of.group === 'root' ? 0 : 1000, 8))
  put(block, 'size', octal(of.size, 12))
  put(block, 'mtime', octal(Math.max(0, Math.floor((of.mtimeMs ?? 0) / 1000)), 12))
  put(block, 'type', of.type)
  put(block, 'target', of.target ?? '')
  put(block, 'magic', 'ustar\u000000')
  put(block, 'owner', of.owner ?? 'root')
  put(block, 'group', of.group ?? 'root')
  put(block, 'checksum', `${octal(checksumOf(block), 7)}\0 `)
  return block
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK)
  whole.set(bytes)
  return whole
}

/** A name too long for its field stands in an entry of its own before it, as GNU tar writes it. */
function longName(name: string): Uint8Array[] {
  const bytes = bytesOfText(`${name}\0`)
  return bytes.length <= FIELDS.name[1] + 1
    ? []
    : [header({ name: '././@LongLink', type: 'L', size: bytes.length }), padded(bytes)]
}

function blocksOf(entry: TarEntry): Uint8Array[] {
  const name = entry.kind === 'directory' && !entry.name.endsWith('/') ? `${entry.name}/` : entry.name
  const body = bytesOfText(entry.kind === 'file' ? entry.text : '')
  return [...longName(name), header({ ...entry, name, type: TYPES[entry.kind], size: body.length }), padded(body)]
}

/** The archive of these entries. */
export function makeTar(entries: readonly TarEntry[]): string {
  const blocks = [...entries.flatMap(blocksOf), new Uint8Array(2 * BLOCK)]
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0))
  let at = 0
  for (const block of blocks) {
    bytes.set(block, at)
    at += block.length
  }
  return textOfBytes(bytes)
}

function text(block: Uint8Array, field: Field): string {
  const [from, length] = FIELDS[field]
  const bytes = block.subarray(from, from + length)
  const end = bytes.indexOf(0)
  return textOfBytes(end < 0 ? bytes : bytes.subarray(0, end))
}

const number = (block: Uint8Array, field: Field): number => parseInt(text(block, field).trim() || '0', 8)

/** The values of a pax header: `<length> key=value\n`, one after the other. */
function paxOf(record: string): Record<string, string> {
  return Object.fromEntries(
    [...record.matchAll(/\d+ ([^=\n]+)=([^\n]*)\n/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
  )
}

const KINDS: Record<string, TarEntry['kind']> = { '0': 'file', '': 'file', '5': 'directory', '2': 'symlink' }

/** The entries of an archive; undefined for what is none. */
export function parseTar(archive: string): TarEntry[] | undefined {
  const bytes = bytesOfText(archive)
  const entries: TarEntry[] = []
  let given: { name?: string; target?: string } = {}
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const block = bytes.subarray(at, at + BLOCK)
    if (block.every((byte) => byte === 0)) break
    if (number(block, 'checksum') !== checksumOf(block)) return undefined
    const size = number(block, 'size')
    const type = text(block, 'type')
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
    if (type === 'L') given.name = textOfBytes(body).replace(/\0+$/, '')
    else if (type === 'K') given.target = textOfBytes(body).replace(/\0+$/, '')
    else if (type === 'x') {
      const { path, linkpath } = paxOf(textOfBytes(body))
      given = {
        ...given,
        ...(path !== undefined && { name: path }),
        ...(linkpath !== undefined && { target: linkpath }),
      }
    } else {
      const kind = KINDS[type]
      if (kind !== undefined) entries.push(entryOf(block, kind, body, given))
      given = {}
    }
  }
  return bytes.length > 0 && bytes.length < BLOCK ? undefined : entries
}

function entryOf(
  block: Uint8Array,
  kind: TarEntry['kind'],
  body: Uint8Array,
  given: { name?: string; target?: string },
): TarEntry {
  const prefix = text(block, 'magic').startsWith('ustar') ? text(block, 'prefix') : ''
  const name = given.name ?? (prefix === '' ? text(block, 'name') : `${prefix}/${text(block, 'name')}`)
  return {
    name,
    kind: name.endsWith('/') && kind === 'file' ? 'directory' : kind,
    mode: number(block, 'mode'),
    mtimeMs: number(block, 'mtime') * 1000,
    owner: text(block, 'owner') || String(number(block, 'uid')),
    group: text(block, 'group') || String(number(block, 'gid')),
    text: kind === 'file' ? textOfBytes(body) : '',
    ...(kind === 'symlink' && { target: given.target ?? text(block, 'target') }),
  }
}
