/** What apt and apt-cache tell: madison, policy, show, search, list, depends, pkgnames (Q3). */
import { makeStanza } from '../packages/control.ts'
import { upgradable } from '../packages/resolve.ts'
import { isThere } from '../packages/status.ts'
import { candidateOf, installedVersion, placeOf, readState } from '../packages/system.ts'
import type { AptState, Available } from '../packages/system.ts'
import { parseRelations, makeRelation, compareDebVersions } from '../packages/versions.ts'
import type { Proc, Run } from '../process.ts'
import { green } from './apt-output.ts'
import { globPattern, patternOf } from './patterns.ts'

type Tell = (p: Proc, state: AptState, words: string[]) => Run<number>

function* madison(p: Proc, state: AptState, words: string[]): Run<number> {
  for (const name of words) {
    const offers = state.available.get(name)
    if (offers === undefined && installedVersion(state, name) === undefined)
      yield* p.err(`W: Unable to locate package ${name}\n`)
    for (const { version, source, component } of offers ?? [])
      yield* p.out(`${name.padStart(10)} | ${version.padStart(10)} | ${placeOf(source, component)} Packages\n`)
  }
  return 0
}

function* policy(p: Proc, state: AptState, words: string[]): Run<number> {
  if (words.length === 0) {
    yield* p.err('not simulated: apt-cache policy without a package\n')
    return 1
  }
  for (const name of words) {
    const own = installedVersion(state, name)
    const offers = state.available.get(name) ?? []
    if (own === undefined && offers.length === 0) {
      yield* p.err(`N: Unable to locate package ${name}\n`)
      continue
    }
    yield* p.out(
      `${name}:\n  Installed: ${own ?? '(none)'}\n  Candidate: ${candidateOf(state, name) ?? '(none)'}\n  Version table:\n`,
    )
    yield* p.out(versionTable(own, offers))
  }
  return 0
}

function versionTable(own: string | undefined, offers: readonly Available[]): string {
  const versions = [...new Set([...offers.map(({ version }) => version), ...(own === undefined ? [] : [own])])]
  return versions
    .sort((a, b) => compareDebVersions(b, a))
    .map((version) => {
      const from = offers.filter((one) => one.version === version)
      const lines = from.map(({ source, component }) => `        500 ${placeOf(source, component)} Packages\n`)
      const mark = version === own ? ' ***' : '    '
      const status = version === own ? '        100 /var/lib/dpkg/status\n' : ''
      return `${mark} ${version} ${from.length > 0 ? 500 : 100}\n${lines.join('')}${status}`
    })
    .join('')
}

function* show(p: Proc, state: AptState, words: string[]): Run<number> {
  let code = 0
  for (const word of words) {
    const [name = '', version] = word.split('=')
    const offers = state.available.get(name) ?? []
    const found = version === undefined ? offers[0] : offers.find((one) => one.version === version)
    const row = state.installed.get(name)
    const control = found?.control ?? (row !== undefined && isThere(row) ? row.control : undefined)
    if (control === undefined) {
      yield* p.err(version === undefined || offers.length === 0 ? `N: Unable to locate package ${name}\n` : `N: Version '${version}' for '${name}' was not found\n`) // prettier-ignore
      yield* p.err('E: No packages found\n')
      code = 100
    } else yield* p.out(`${makeStanza(control)}\n`)
  }
  return code
}

/** The words of a search as regular expressions; undefined: one is none, and that was said. */
function* wordPatterns(p: Proc, words: string[]): Run<RegExp[] | undefined> {
  const patterns = words.map((word) => patternOf(word, 'i'))
  const valid = patterns.filter((one) => one !== undefined)
  if (valid.length === words.length) return valid
  yield* p.err('E: Regex compilation error - Invalid regular expression\n')
  return undefined
}

function* search(p: Proc, state: AptState, words: string[]): Run<number> {
  const patterns = yield* wordPatterns(p, words)
  if (patterns === undefined) return 100
  for (const [name, [first]] of [...state.available].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = `${name} ${first?.control.Description ?? ''}`
    if (patterns.every((pattern) => pattern.test(text))) yield* p.out(`${name} - ${first?.control.Description ?? ''}\n`)
  }
  return 0
}

/** apt's own form, which says where it is from. */
function* aptSearch(p: Proc, state: AptState, words: string[]): Run<number> {
  const patterns = yield* wordPatterns(p, words)
  if (patterns === undefined) return 100
  yield* p.out('Sorting...\nFull Text Search...\n')
  const tty = yield* p.isTty(1)
  for (const [name, [first]] of [...state.available].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (first === undefined) continue
    const text = `${name} ${first.control.Description ?? ''}`
    if (!patterns.every((pattern) => pattern.test(text))) continue
    yield* p.out(`${listLine(state, name, first, tty)}\n  ${first.control.Description ?? ''}\n\n`)
  }
  return 0
}

function suiteOf({ release, source }: Available): string {
  return release.Suite ?? release.Codename ?? (source.suite === '/' ? 'unknown' : source.suite)
}

/** `kubeadm/deb 1.34.1-1.1 amd64 [upgradable from: 1.33.5-1.1]`. */
function listLine(state: AptState, name: string, offer: Available, coloured: boolean): string {
  const own = installedVersion(state, name)
  const where = `${green(name, coloured)}/${suiteOf(offer)} ${offer.version} ${offer.control.Architecture ?? 'amd64'}`
  if (own === undefined) return where
  const auto = state.auto.has(name) ? ',automatic' : ''
  if (own === offer.version) return `${where} [installed${auto}]`
  return compareDebVersions(offer.version, own) > 0 ? `${where} [upgradable from: ${own}]` : where
}

/** `apt list`. */
export function* list(
  p: Proc,
  state: AptState,
  options: { installed: boolean; upgradable: boolean; all: boolean },
  words: string[],
): Run<number> {
  // prettier-ignore
  const tty = yield* p.isTty(1)
  yield* p.out(tty ? 'Listing... Done\n' : 'Listing...\n')
  const matches = (name: string): boolean => words.length === 0 || words.some((word) => globPattern(word).test(name))
  const names = [...new Set([...state.available.keys(), ...state.installed.keys()])].sort().filter(matches)
  const upgrades = new Set(options.upgradable ? upgradable(state) : [])
  for (const name of names) {
    const own = installedVersion(state, name)
    if (options.upgradable && !upgrades.has(name)) continue
    if (options.installed && own === undefined) continue
    for (const line of linesOf(state, name, options, tty)) yield* p.out(`${line}\n`)
  }
  return 0
}

function linesOf(state: AptState, name: string, options: { installed: boolean; all: boolean }, tty: boolean): string[] {
  const offers = state.available.get(name) ?? []
  const own = installedVersion(state, name)
  const local = own !== undefined && !offers.some(({ version }) => version === own)
  const auto = state.auto.has(name) ? ',automatic' : ''
  const upgrade =
    local && candidateOf(state, name) !== own ? `upgradable to: ${candidateOf(state, name) ?? ''}` : 'local'
  const ownLine = `${green(name, tty)}/now ${own ?? ''} amd64 [installed,${upgrade}${auto}]`
  if (options.all) return [...offers.map((offer) => listLine(state, name, offer, tty)), ...(local ? [ownLine] : []), '']
  if (options.installed) {
    const same = offers.find(({ version }) => version === own)
    return [same === undefined ? ownLine : listLine(state, name, same, tty)]
  }
  const [newest] = offers
  return [newest === undefined ? ownLine : listLine(state, name, newest, tty)]
}

function* depends(p: Proc, state: AptState, words: string[]): Run<number> {
  for (const name of words) {
    const [first] = state.available.get(name) ?? []
    const control = first?.control ?? state.installed.get(name)?.control
    if (control === undefined) {
      yield* p.err('E: No packages found\n')
      return 100
    }
    const lines = parseRelations(control.Depends).flatMap((alternatives) =>
      alternatives.map(
        (relation, index) => `${index < alternatives.length - 1 ? ' |' : '  '}Depends: ${makeRelation(relation)}\n`,
      ),
    )
    yield* p.out(`${name}\n${lines.join('')}`)
  }
  return 0
}

function* pkgnames(p: Proc, state: AptState, [prefix = '']: string[]): Run<number> {
  const names = [...new Set([...state.available.keys(), ...state.installed.keys()])].sort()
  yield* p.out(
    names
      .filter((name) => name.startsWith(prefix))
      .map((name) => `${name}\n`)
      .join(''),
  )
  return 0
}

const TELLS: Record<string, Tell> = { madison, policy, show, showpkg: show, search, depends, pkgnames }

/** `apt-cache verb …`; undefined: no such verb. */
export function* aptCache(p: Proc, verb: string, words: string[]): Run<number | undefined> {
  const tell = TELLS[verb]
  if (tell === undefined) return undefined
  const { state } = yield* readState(p)
  return yield* tell(p, state, words)
}

/** The same by apt, in its own form where it has one. */
export function* aptTell(
  p: Proc,
  verb: string,
  words: string[],
  flags: (name: string) => boolean,
): Run<number | undefined> {
  // prettier-ignore
  if (!['list', 'search', 'show', 'policy', 'depends', 'madison'].includes(verb)) return undefined
  const { state } = yield* readState(p)
  const options = { installed: flags('installed'), upgradable: flags('upgradable'), all: flags('all-versions') }
  if (verb === 'list') return yield* list(p, state, options, words)
  if (verb === 'search') return yield* aptSearch(p, state, words)
  return yield* (TELLS[verb] as Tell)(p, state, words)
}
