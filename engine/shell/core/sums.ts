/** cksum, sha224sum, sha384sum, sha512sum, factor, envsubst, uuidgen, truncate. Models coreutils and gettext's envsubst. */
import { sha224, sha384, sha512 } from '@noble/hashes/sha2.js'
import { bytesOfText, sliceBytes } from '../../host/bytes.ts'
import type { Program } from '../../host/process.ts'
import { parseFlags, readWhole } from './input.ts'

/** POSIX cksum's CRC: the bytes, then the length. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0
  const feed = (byte: number): void => {
    crc ^= byte << 24
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  }
  bytes.forEach(feed)
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) feed(length & 0xff)
  return ~crc >>> 0
}

const cksum: Program = function* (argv, p) {
  let status = 0
  for (const name of argv.length > 1 ? argv.slice(1) : ['-']) {
    const text = yield* readWhole(p, 'cksum', name)
    if (text === undefined) {
      status = 1
      continue
    }
    const bytes = bytesOfText(text)
    yield* p.out(`${crcOf(bytes)} ${bytes.length}${argv.length > 1 ? ` ${name}` : ''}\n`)
  }
  return status
}

const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

function digester(program: string, digest: (bytes: Uint8Array) => Uint8Array): Program {
  return function* (argv, p) {
    const { flags, operands } = parseFlags(argv, '', { check: 'c', quiet: 'q', status: 's', binary: 'b', text: 't' })
    let [status, bad] = [0, 0]
    for (const name of operands.length > 0 ? operands : ['-']) {
      const text = yield* readWhole(p, program, name)
      if (text === undefined) status = 1
      else if (!('c' in flags)) yield* p.out(`${hexOf(digest(bytesOfText(text)))}  ${name}\n`)
      else
        for (const line of text.split('\n').filter((each) => each !== '')) {
          const [, sum, file = ''] = /^([0-9a-f]+) [ *](.*)$/.exec(line) ?? []
          const found = yield* p.readFile(file)
          const same = 'text' in found && hexOf(digest(bytesOfText(found.text))) === sum
          if (!same) bad++
          if (!('s' in flags) && !(same && 'q' in flags)) yield* p.out(`${file}: ${same ? 'OK' : 'FAILED'}\n`)
        }
    }
    if (bad > 0 && !('s' in flags))
      yield* p.err(`${program}: WARNING: ${bad} computed checksum${bad === 1 ? ' did' : 's did'} NOT match\n`)
    return bad > 0 ? 1 : status
  }
}

function factorsOf(value: number): number[] {
  const factors: number[] = []
  let rest = value
  for (let by = 2; by * by <= rest; by++)
    while (rest % by === 0) {
      factors.push(by)
      rest /= by
    }
  return rest > 1 ? [...factors, rest] : factors
}

const factor: Program = function* (argv, p) {
  const words = argv.length > 1 ? argv.slice(1) : (yield* p.readAll()).split(/\s+/).filter((word) => word !== '')
  let status = 0
  for (const word of words) {
    const value = Number(word)
    if (/^\d+$/.test(word) && Number.isSafeInteger(value))
      yield* p.out(`${[`${value}:`, ...factorsOf(value)].join(' ')}\n`)
    else {
      yield* p.err(`factor: '${word}' is not a valid positive integer\n`)
      status = 1
    }
  }
  return status
}

const VARIABLE = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g

const envsubst: Program = function* (argv, p) {
  const names = (text: string): string[] => [...text.matchAll(VARIABLE)].map((match) => match[1] ?? match[2] ?? '')
  const list = argv.slice(1).filter((word) => !word.startsWith('-'))
  if (argv.some((word) => word === '-v' || word === '--variables')) {
    yield* p.out(
      names(list[0] ?? '')
        .map((name) => `${name}\n`)
        .join(''),
    )
    return 0
  }
  const only = list[0] === undefined ? undefined : new Set(names(list[0]))
  const text = yield* p.readAll()
  yield* p.out(
    text.replace(VARIABLE, (all, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? ''
      return only === undefined || only.has(name) ? (p.env[name] ?? '') : all
    }),
  )
  return 0
}

const uuidgen: Program = function* (_argv, p) {
  let digits = ''
  for (let at = 0; at < 32; at++) digits += Math.floor((yield* p.random()) * 16).toString(16)
  const variant = '89ab'.charAt(Math.floor((yield* p.random()) * 4))
  yield* p.out(
    `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}\n`,
  )
  return 0
}

const UNITS: Record<string, number> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
}

const truncate: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 's', { size: 's', 'no-create': 'c' })
  const match = /^([+-]?)(\d+)([KMG]?B?)$/.exec(flags.s ?? '')
  if (match === null || operands.length === 0) {
    yield* p.err(
      flags.s === undefined
        ? "truncate: you must specify either '--size' or '--reference'\nTry 'truncate --help' for more information.\n"
        : match === null
          ? `truncate: Invalid number: '${flags.s}'\n`
          : "truncate: missing file operand\nTry 'truncate --help' for more information.\n",
    )
    return 1
  }
  for (const name of operands) {
    const there = yield* p.readFile(name)
    const old = 'text' in there ? there.text : ''
    const length = bytesOfText(old).length
    const given = Number(match[2]) * (UNITS[match[3] ?? ''] ?? 1)
    const wanted = match[1] === '+' ? length + given : match[1] === '-' ? Math.max(0, length - given) : given
    const done = yield* p.writeFile(
      name,
      wanted > length ? old + '\0'.repeat(wanted - length) : sliceBytes(old, 0, wanted),
    )
    if ('error' in done) {
      yield* p.err(
        `truncate: cannot open '${name}' for writing: ${done.error === 'EACCES' ? 'Permission denied' : 'No such file or directory'}\n`,
      )
      return 1
    }
  }
  return 0
}

export const sumPrograms: Record<string, Program> = {
  cksum,
  sha224sum: digester('sha224sum', sha224),
  sha384sum: digester('sha384sum', sha384),
  sha512sum: digester('sha512sum', sha512),
  factor,
  envsubst,
  uuidgen,
  truncate,
}
