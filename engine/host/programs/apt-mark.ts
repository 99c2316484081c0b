/** apt-mark: hold, unhold, showhold, auto, manual, showauto, showmanual (Q3). */
import { readAuto, readInstalled, readState, writeAuto, writeInstalled } from '../packages/system.ts'
import type { AptState } from '../packages/system.ts'
import { isThere } from '../packages/status.ts'
import type { Proc, Program, Run } from '../process.ts'

export const aptMark: Program = function* (argv, p) {
  const [verb = '', ...words] = argv.slice(1).filter((word) => !word.startsWith('-'))
  if (verb === 'showhold' || verb === 'showholds') return yield* show(p, words, (row) => row.want === 'hold')
  if (verb === 'showauto' || verb === 'showmanual') {
    const auto = yield* readAuto(p)
    return yield* show(p, words, ({ name }) => auto.has(name) === (verb === 'showauto'))
  }
  if (!['hold', 'unhold', 'auto', 'manual'].includes(verb)) {
    yield* p.err(`E: Invalid operation ${verb}\n`)
    return 100
  }
  const { state } = yield* readState(p)
  const unknown = words.filter((name) => !state.installed.has(name) && !state.available.has(name))
  if (words.length === 0 || unknown.length > 0) {
    for (const name of unknown) yield* p.err(`E: Unable to locate package ${name}\n`)
    yield* p.err('E: No packages found\n')
    return 100
  }
  return verb === 'hold' || verb === 'unhold'
    ? yield* hold(p, state, words, verb === 'hold')
    : yield* mark(p, state, words, verb === 'auto')
}

function* show(p: Proc, words: string[], matches: (row: { name: string; want: string }) => boolean): Run<number> {
  const rows = [...(yield* readInstalled(p)).values()].filter((row) => isThere(row) && matches(row))
  const names = rows.map(({ name }) => name).filter((name) => words.length === 0 || words.includes(name))
  yield* p.out(
    names
      .sort()
      .map((name) => `${name}\n`)
      .join(''),
  )
  return 0
}

function* hold(p: Proc, { installed }: AptState, words: string[], on: boolean): Run<number> {
  const changed: string[] = []
  for (const name of [...new Set(words)].sort()) {
    const row = installed.get(name)
    if ((row?.want === 'hold') === on) yield* p.out(`${name} was already ${on ? 'set' : 'not'} on hold.\n`)
    else changed.push(name)
  }
  if (changed.length === 0) return 0
  if (p.user !== 'root') {
    yield* p.err(
      'dpkg: error: required read/write access to the dpkg database directory /var/lib/dpkg\nE: Executing dpkg failed. Are you root?\n',
    )
    return 100
  }
  for (const name of changed) {
    const row = installed.get(name)
    if (row !== undefined) installed.set(name, { ...row, want: on ? 'hold' : 'install' })
    else if (on)
      installed.set(name, { name, version: '', want: 'hold', state: 'not-installed', control: { Package: name } })
    yield* p.out(on ? `${name} set on hold.\n` : `Canceled hold on ${name}.\n`)
  }
  yield* writeInstalled(p, installed)
  return 0
}

function* mark(p: Proc, { auto }: AptState, words: string[], on: boolean): Run<number> {
  if (p.user !== 'root') {
    yield* p.err('E: Could not create temporary file for /var/lib/apt/extended_states - mkstemp (13: Permission denied)\n') // prettier-ignore
    return 100
  }
  for (const name of words) {
    const kind = on ? 'automatically' : 'manually'
    if (auto.has(name) === on) yield* p.out(`${name} was already set to ${kind} installed.\n`)
    else yield* p.out(`${name} set to ${kind} installed.\n`)
    if (on) auto.add(name)
    else auto.delete(name)
  }
  yield* writeAuto(p, auto)
  return 0
}
