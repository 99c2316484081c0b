/** lsb_release, which scripts ask for the name of the distribution. */
import type { Program, Run, Proc } from '../process.ts'
import { has, parseOptions } from './options.ts'

const SPEC = {
  flags: ['a', 'all', 'c', 'codename', 'd', 'description', 'i', 'id', 'r', 'release', 's', 'short'],
  alias: { all: 'a', codename: 'c', description: 'd', id: 'i', release: 'r', short: 's' },
}
const FIELDS = [
  ['i', 'Distributor ID', 'DISTRIB_ID'],
  ['d', 'Description', 'DISTRIB_DESCRIPTION'],
  ['r', 'Release', 'DISTRIB_RELEASE'],
  ['c', 'Codename', 'DISTRIB_CODENAME'],
] as const

function* readFacts(p: Proc): Run<Record<string, string>> {
  const file = yield* p.readFile('/etc/lsb-release')
  const lines = ('text' in file ? file.text : '').split('\n').filter((line) => line.includes('='))
  return Object.fromEntries(lines.map((line) => line.replaceAll('"', '').split('=') as [string, string]))
}

export const lsbRelease: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  const facts = yield* readFacts(p)
  const shown = FIELDS.filter(([letter]) => has(options, letter) || has(options, 'a'))
  if (shown.length === 0 || (has(options, 'a') && !has(options, 's'))) yield* p.err('No LSB modules are available.\n')
  for (const [, title, field] of shown)
    yield* p.out(has(options, 's') ? `${facts[field] ?? 'n/a'}\n` : `${title}:\t${facts[field] ?? 'n/a'}\n`)
  return 0
}
