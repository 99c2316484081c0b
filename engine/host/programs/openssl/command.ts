/** What the subcommands share: options, files and OpenSSL's ways of complaining. Models apps/lib/{opt,apps}.c of OpenSSL 3.0. */
import type { Proc, Run } from '../../process.ts'

/** One subcommand: its arguments after its name. */
export type Subcommand = (args: string[], p: Proc) => Run<number>

export interface Arguments {
  /** Options in the order given; a flag's value is ''. */
  given: [string, string][]
  rest: string[]
}

export interface Spec {
  flags: readonly string[]
  values: readonly string[]
}

/** Why a subcommand ends: its text goes to stderr. */
export class OpensslError extends Error {
  constructor(
    message: string,
    readonly code = 1,
  ) {
    super(message)
  }
}

/** Throws OpensslError. */
export function parseArguments(command: string, args: readonly string[], { flags, values }: Spec): Arguments {
  const given: [string, string][] = []
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string
    if (!word.startsWith('-') || word === '-') return { given, rest: args.slice(i) }
    const [name = '', ...glued] = word.replace(/^--?/, '').split('=')
    if (flags.includes(name)) given.push([name, ''])
    else if (values.includes(name)) {
      const value = glued.length > 0 ? glued.join('=') : args[++i]
      if (value === undefined)
        throw new OpensslError(`${command}: Option -${name} needs a value\n${command}: Use -help for summary.\n`)
      given.push([name, value])
    } else throw new OpensslError(`${command}: Unknown option: -${name}\n${command}: Use -help for summary.\n`)
  }
  return { given, rest: [] }
}

export const has = ({ given }: Arguments, name: string): boolean => given.some(([one]) => one === name)
/** The last one given. */
export const valueOf = ({ given }: Arguments, name: string): string | undefined =>
  given.findLast(([one]) => one === name)?.[1]
export const valuesOf = ({ given }: Arguments, name: string): string[] =>
  given.filter(([one]) => one === name).map(([, value]) => value)

/** -days: -1 makes what is over already, as tests of expiration want it. Throws OpensslError. */
export function daysOf(command: string, args: Arguments): number {
  const text = valueOf(args, 'days') ?? '30'
  if (!/^-?\d+$/.test(text)) throw new OpensslError(`${command}: Can't parse "${text}" as a number\n`)
  if (Number(text) < -1) throw new OpensslError(`${command}: -days parameter arg must be >= -1\n`)
  return Number(text)
}

const THREAD = '80CB041E697F0000'
const REASONS: Record<string, [string, string]> = {
  ENOENT: ['80000002', 'No such file or directory'],
  EACCES: ['8000000D', 'Permission denied'],
  EISDIR: ['80000015', 'Is a directory'],
}
export const queued = (code: string, rest: string): string => `${THREAD}:error:${code}:${rest}\n`
const reasonOf = (error: string): [string, string] => REASONS[error] ?? ['80000002', 'No such file or directory']

/** Reads a file as OpenSSL's store does: keys and certificates. Throws OpensslError. */
export function* loadFile(p: Proc, path: string, what: string, ending = '', code = 1): Run<string> {
  const file = yield* p.readFile(path)
  if ('text' in file) return file.text
  const [number, reason] = reasonOf(file.error)
  throw new OpensslError(
    `Could not open file or uri for loading ${what} from ${path}\n` +
      queued(
        '16000069',
        'STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file',
      ) +
      queued(
        number,
        `system library:file_open:${reason}:../providers/implementations/storemgmt/file_store.c:267:calling stat(${path})`,
      ) +
      ending,
    code,
  )
}

/** Reads a file as plain input, or stdin. Throws OpensslError. */
export function* openFile(p: Proc, path: string | undefined, ending: string): Run<string> {
  if (path === undefined || path === '-') return yield* p.readAll()
  const file = yield* p.readFile(path)
  if ('text' in file) return file.text
  const [number, reason] = reasonOf(file.error)
  throw new OpensslError(
    `Can't open "${path}" for reading, ${reason}\n` +
      queued(number, `system library:BIO_new_file:${reason}:../crypto/bio/bss_file.c:67:calling fopen(${path}, r)`) +
      queued('10000080', 'BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:75:') +
      ending,
  )
}

/** To `-out`, or to stdout. Throws OpensslError. */
export function* put(p: Proc, path: string | undefined, text: string, mode?: number): Run<void> {
  if (path === undefined) return yield* p.out(text)
  const done = yield* p.writeFile(path, text, mode === undefined ? {} : { mode })
  if (!('error' in done)) return
  const [number, reason] = reasonOf(done.error)
  throw new OpensslError(
    `Can't open "${path}" for writing, ${reason}\n` +
      queued(number, `system library:BIO_new_file:${reason}:../crypto/bio/bss_file.c:67:calling fopen(${path}, w)`) +
      queued('10080002', 'BIO routines:BIO_new_file:system lib:../crypto/bio/bss_file.c:77:'),
  )
}

/** Random bytes of the host's stream. */
export function* randomBytes(p: Proc, count: number): Run<Uint8Array> {
  const bytes = new Uint8Array(count)
  for (let i = 0; i < count; i++) bytes[i] = Math.floor((yield* p.random()) * 256)
  return bytes
}
