/** gpg --dearmor, as keys of repositories are installed with. Not modelled: everything else of gpg. */
import { dearmored } from '../packages/repository/model.ts'
import type { Program } from '../process.ts'
import { has, parseOptions, valueOf } from './options.ts'
import { errnoText } from './text.ts'

const SPEC = {
  flags: ['dearmor', 'yes', 'batch', 'q', 'quiet', 'no-tty', 'version'],
  withValue: ['o', 'output'],
  alias: { output: 'o' },
}

export const gpg: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  if (has(options, 'version')) {
    yield* p.out('gpg (GnuPG) 2.4.4\nlibgcrypt 1.10.3\n')
    return 0
  }
  if (!has(options, 'dearmor')) {
    yield* p.err('not simulated: gpg but for --dearmor\n')
    return 2
  }
  const [path] = options.rest
  const input = path === undefined ? { text: yield* p.readAll() } : yield* p.readFile(path)
  if ('error' in input) {
    yield* p.err(`gpg: can't open '${path}': ${errnoText(input)}\n`)
    return 2
  }
  const key = dearmored(input.text)
  if (key === undefined) {
    yield* p.err('gpg: no valid OpenPGP data found.\ngpg: dearmoring failed: Unknown system error\n')
    return 2
  }
  const target = valueOf(options, 'o')
  if (target === undefined) {
    yield* p.out(key)
    return 0
  }
  if (!has(options, 'yes') && !('error' in (yield* p.stat(target)))) {
    yield* p.err(`File '${target}' exists. Overwrite? (y/N) `)
    if (!/^y/i.test((yield* p.readLine(0)) ?? '')) return 2
  }
  const done = yield* p.writeFile(target, key)
  if (!('error' in done)) return 0
  yield* p.err(`gpg: can't create '${target}': ${errnoText(done)}\ngpg: dearmoring failed: ${errnoText(done)}\n`)
  return 2
}
