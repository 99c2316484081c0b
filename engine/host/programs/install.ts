/** install(1) of coreutils: copies files and sets their attributes, as downloaded binaries are put in place. Not modelled: -s, -b, -C. */
import type { Proc, Program, Run } from '../process.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { errnoText } from './text.ts'

const SPEC = {
  flags: ['d', 'directory', 'D', 'p', 'v', 'verbose', 'c', 'T', 'no-target-directory', 'preserve-timestamps'],
  withValue: ['m', 'mode', 'o', 'owner', 'g', 'group', 't', 'target-directory'],
  alias: {
    directory: 'd',
    verbose: 'v',
    mode: 'm',
    owner: 'o',
    group: 'g',
    'target-directory': 't',
    'no-target-directory': 'T',
  },
}

const TRY = "Try 'install --help' for more information.\n"

export const install: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  if (options.unknown !== undefined) return yield* fail(p, `unrecognized option '${options.unknown}'\n${TRY}`)
  if (has(options, 'd')) return yield* makeDirectories(p, options)
  const into = valueOf(options, 't')
  const sources = into === undefined ? options.rest.slice(0, -1) : options.rest
  const target = into ?? options.rest.at(-1)
  if (target === undefined) return yield* fail(p, `missing file operand\n${TRY}`)
  if (sources.length === 0) return yield* fail(p, `missing destination file operand after '${target}'\n${TRY}`)
  const stat = yield* p.stat(target)
  const isFolder = into !== undefined || ('kind' in stat && stat.kind === 'directory' && !has(options, 'T'))
  if (sources.length > 1 && !isFolder) return yield* fail(p, `target '${target}' is not a directory\n`)
  let code = 0
  for (const source of sources) {
    const path = isFolder ? `${target.replace(/\/$/, '')}/${source.replace(/.*\//, '')}` : target
    code = (yield* installOne(p, options, source, path)) || code
  }
  return code
}

function* fail(p: Proc, text: string): Run<number> {
  yield* p.err(`install: ${text}`)
  return 1
}

function* installOne(p: Proc, options: Options, source: string, path: string): Run<number> {
  const file = yield* p.readFile(source)
  if ('error' in file)
    return yield* fail(p, file.error === 'EISDIR' ? `omitting directory '${source}'\n` : `cannot stat '${source}': ${errnoText(file)}\n`) // prettier-ignore
  if (has(options, 'D')) yield* p.mkdir(path.replace(/\/[^/]*$/, '') || '/', { parents: true })
  yield* p.remove(path)
  const written = yield* p.writeFile(path, file.text)
  if ('error' in written) return yield* fail(p, `cannot create regular file '${path}': ${errnoText(written)}\n`)
  if (has(options, 'v')) yield* p.out(`'${source}' -> '${path}'\n`)
  return yield* setAttributes(p, options, path)
}

function* makeDirectories(p: Proc, options: Options): Run<number> {
  let code = 0
  for (const path of options.rest) {
    const made = yield* p.mkdir(path, { parents: true })
    if ('error' in made && made.error !== 'EEXIST')
      code = yield* fail(p, `cannot create directory '${path}': ${errnoText(made)}\n`)
    else code = (yield* setAttributes(p, options, path)) || code
  }
  return code
}

/** Mode 0755 unless told. */
function* setAttributes(p: Proc, options: Options, path: string): Run<number> {
  const mode = valueOf(options, 'm') ?? '0755'
  if (!/^[0-7]+$/.test(mode)) return yield* fail(p, `not simulated: -m ${mode}\n`)
  yield* p.chmod(path, parseInt(mode, 8))
  const [owner, group] = [valueOf(options, 'o'), valueOf(options, 'g')]
  if (owner === undefined && group === undefined) return 0
  const done = yield* p.chown(path, owner ?? '', group)
  return 'error' in done ? yield* fail(p, `cannot change ownership of '${path}': ${errnoText(done)}\n`) : 0
}
