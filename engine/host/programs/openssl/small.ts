/** rand, dgst and its short forms, base64 and enc -base64, version. Models apps/{rand,dgst,enc,version}.c. Not modelled: ciphers, signatures, MACs. */
import { HASHES, md5, toBase64, toHex } from '../../../pki/index.ts'
import type { Proc, Run } from '../../process.ts'
import { has, OpensslError, parseArguments, put, queued, randomBytes, valueOf } from './command.ts'
import type { Subcommand } from './command.ts'
import { binaryText } from './keys.ts'

const VERSION = 'OpenSSL 3.0.13 30 Jan 2024 (Library: OpenSSL 3.0.13 30 Jan 2024)'

export const version: Subcommand = function* (_args, p) {
  yield* p.out(`${VERSION}\n`)
  return 0
}

export const rand: Subcommand = function* (args, p) {
  const options = parseArguments('rand', args, { flags: ['hex', 'base64'], values: ['out', 'rand', 'writerand'] })
  const [count = ''] = options.rest
  if (!/^\d+$/.test(count)) throw new OpensslError('rand: Use -help for summary.\n')
  const bytes = yield* randomBytes(p, Number(count))
  const text = has(options, 'hex')
    ? `${toHex(bytes)}\n`
    : has(options, 'base64')
      ? lines(toBase64(bytes), 64)
      : binaryText(bytes)
  yield* put(p, valueOf(options, 'out'), text)
  return 0
}

const lines = (text: string, width: number): string =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).map((line) => `${line}\n`).join('')

/** Text as the bytes it stands for; letters of Latin-1 from a binary stream stay single bytes. */
function bytesOf(text: string): Uint8Array {
  const isBinary = [...text].every((letter) => letter.charCodeAt(0) < 256) && /[\x80-\xff]/.test(text)
  return isBinary ? Uint8Array.from(text, (letter) => letter.charCodeAt(0)) : new TextEncoder().encode(text)
}

const DIGESTS: Record<string, { name: string; digest: (bytes: Uint8Array) => Uint8Array }> = {
  sha1: { name: 'SHA1', digest: HASHES.sha1 },
  sha256: { name: 'SHA2-256', digest: HASHES.sha256 },
  sha384: { name: 'SHA2-384', digest: HASHES.sha384 },
  sha512: { name: 'SHA2-512', digest: HASHES.sha512 },
  md5: { name: 'MD5', digest: md5 },
}

function digesting(command: string, fixed?: string): Subcommand {
  return function* (args, p) {
    const options = parseArguments(command, args, {
      flags: [...Object.keys(DIGESTS), 'hex', 'r', 'c', 'binary'],
      values: ['out', 'sign', 'verify', 'signature', 'hmac', 'mac'],
    })
    for (const name of ['sign', 'verify', 'hmac', 'mac'])
      if (has(options, name)) throw new OpensslError(`not simulated: openssl dgst -${name}\n`)
    const asked = fixed ?? options.given.map(([name]) => name).find((name) => name in DIGESTS)
    const { name, digest } = DIGESTS[asked ?? 'sha256'] as (typeof DIGESTS)[string]
    const title = asked === undefined ? 'SHA256' : name
    let code = 0
    for (const path of options.rest.length > 0 ? options.rest : [undefined]) {
      const text = yield* contentOf(p, path)
      if (text === undefined) {
        code = 1
        continue
      }
      const bytes = digest(bytesOf(text))
      const hex = toHex(bytes)
      const shown = path ?? 'stdin'
      if (has(options, 'binary')) yield* put(p, valueOf(options, 'out'), binaryText(bytes))
      else
        yield* put(
          p,
          valueOf(options, 'out'),
          has(options, 'r') ? `${hex} *${shown}\n` : `${title}(${shown})= ${hex}\n`,
        )
    }
    return code
  }
}

function* contentOf(p: Proc, path: string | undefined): Run<string | undefined> {
  if (path === undefined) return yield* p.readAll()
  const file = yield* p.readFile(path)
  if ('text' in file) return file.text
  yield* p.err(
    `${path}: No such file or directory\n` +
      queued(
        '80000002',
        `system library:file_ctrl:No such file or directory:../crypto/bio/bss_file.c:297:calling fopen(${path}, r)`,
      ) +
      queued('10080002', 'BIO routines:file_ctrl:system lib:../crypto/bio/bss_file.c:300:'),
  )
  return undefined
}

export const digests: Record<string, Subcommand> = {
  dgst: digesting('dgst'),
  ...Object.fromEntries(Object.keys(DIGESTS).map((name) => [name, digesting(name, name)])),
}

export const enc: Subcommand = function* (args, p) {
  const options = parseArguments('enc', args, { flags: ['base64', 'a', 'd', 'e', 'A'], values: ['in', 'out'] })
  if (!has(options, 'base64') && !has(options, 'a')) throw new OpensslError('not simulated: ciphers of openssl enc\n')
  const path = valueOf(options, 'in')
  const text = yield* contentOf(p, path)
  if (text === undefined) return 1
  const wide = has(options, 'A')
  const coded = has(options, 'd') ? decoded(text) : wide ? toBase64(bytesOf(text)) : lines(toBase64(bytesOf(text)), 64)
  yield* put(p, valueOf(options, 'out'), coded)
  return 0
}

/** What is no base64 gives nothing. */
function decoded(text: string): string {
  try {
    const binary = atob(text.replaceAll(/\s/g, ''))
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return ''
  }
}
