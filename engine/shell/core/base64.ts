/** base64 of coreutils 9.4: lines of 76, -w, -d, -i; what is right before a wrong letter is printed all the same. */
import { bytesOfText, textOfBytes } from '../../host/bytes.ts'
import type { Program } from '../../host/process.ts'
import { parseFlags, readWhole } from './input.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const WIDTH = 76

function encode(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]]
    const left = bytes.length - at
    parts.push(
      LETTERS.charAt(a >> 2) +
        LETTERS.charAt(((a & 3) << 4) | (b >> 4)) +
        (left > 1 ? LETTERS.charAt(((b & 15) << 2) | (c >> 6)) : '=') +
        (left > 2 ? LETTERS.charAt(c & 63) : '='),
    )
  }
  return parts.join('')
}

/** The bytes of whole groups of four, up to the first that is none. */
function decode(text: string): { bytes: Uint8Array; valid: boolean } {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at += 4) {
    const group = text.slice(at, at + 4)
    const values = [...group.replace(/=+$/, '')].map((letter) => LETTERS.indexOf(letter))
    const isWhole = group.length === 4 && /^[^=]{2,}={0,2}$/.test(group) && !values.includes(-1)
    const [a = 0, b = 0, c = 0, d = 0] = values.map((value) => Math.max(value, 0))
    const known = values.indexOf(-1) < 0 ? values.length : values.indexOf(-1)
    bytes.push(
      ...[(a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d].slice(0, Math.max(known - 1, 0)),
    )
    if (!isWhole) return { bytes: Uint8Array.from(bytes), valid: false }
  }
  return { bytes: Uint8Array.from(bytes), valid: true }
}

function wrapped(text: string, width: number): string {
  if (width === 0) return text
  return (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).map((line) => `${line}\n`).join('')
}

const base64: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'w', { decode: 'd', 'ignore-garbage': 'i', wrap: 'w' })
  const [name = '-', extra] = operands
  if (extra !== undefined) {
    yield* p.err(`base64: extra operand '${extra}'\nTry 'base64 --help' for more information.\n`)
    return 1
  }
  if (flags.w !== undefined && !/^\d+$/.test(flags.w)) {
    yield* p.err(`base64: invalid wrap size: '${flags.w}'\n`)
    return 1
  }
  const text = yield* readWhole(p, 'base64', name)
  if (text === undefined) return 1
  if (!('d' in flags || 'D' in flags)) {
    yield* p.out(wrapped(encode(bytesOfText(text)), Number(flags.w ?? WIDTH)))
    return 0
  }
  const { bytes, valid } = decode('i' in flags ? text.replace(/[^A-Za-z0-9+/=]/g, '') : text.replaceAll('\n', ''))
  yield* p.out(textOfBytes(bytes))
  if (valid) return 0
  yield* p.err('base64: invalid input\n')
  return 1
}

export const base64Programs: Record<string, Program> = { base64 }
