/** apt-get, apt, apt-cache, apt-mark (Q3). Models apt 2.7 of Ubuntu 24.04. Not modelled: the progress bar, pins, source packages. */
import type { Proc, Program, Run } from '../process.ts'
import { aptMark } from './apt-mark.ts'
import { autoremove, clean, download, install, remove, upgrade } from './apt-install.ts'
import type { AptOptions } from './apt-install.ts'
import { silenced, warnScripts } from './apt-output.ts'
import { aptCache, aptTell } from './apt-show.ts'
import { update } from './apt-update.ts'
import { has, parseOptions } from './options.ts'
import type { Options } from './options.ts'

const SPEC = {
  flags: [
    'y',
    'yes',
    'assume-yes',
    'assume-no',
    's',
    'simulate',
    'dry-run',
    'just-print',
    'q',
    'quiet',
    'd',
    'download-only',
    'f',
    'fix-broken',
    'm',
    'fix-missing',
    'allow-change-held-packages',
    'allow-downgrades',
    'allow-unauthenticated',
    'allow-releaseinfo-change',
    'only-upgrade',
    'no-install-recommends',
    'install-recommends',
    'no-upgrade',
    'reinstall',
    'purge',
    'autoremove',
    'auto-remove',
    'force-yes',
    'a',
    'all-versions',
    'installed',
    'upgradable',
    'upgradeable',
    'n',
    'names-only',
    'V',
    'verbose-versions',
    'h',
    'help',
    'v',
    'version',
  ],
  withValue: ['o', 'c', 't', 'target-release', 'option'],
  alias: {
    yes: 'y',
    'assume-yes': 'y',
    simulate: 's',
    'dry-run': 's',
    'just-print': 's',
    quiet: 'q',
    'download-only': 'd',
    'fix-broken': 'f',
    option: 'o',
    'auto-remove': 'autoremove',
    'all-versions': 'a',
    upgradeable: 'upgradable',
    version: 'v',
    help: 'h',
  },
}

function optionsOf(program: string, options: Options): AptOptions {
  const forced = has(options, 'force-yes')
  return {
    program,
    yes: has(options, 'y') || forced || (options.values.get('q')?.length ?? 0) > 1,
    simulate: has(options, 's'),
    allowHeld: has(options, 'allow-change-held-packages') || forced,
    allowDowngrades: has(options, 'allow-downgrades') || forced,
    onlyUpgrade: has(options, 'only-upgrade'),
    reinstall: has(options, 'reinstall'),
    purge: has(options, 'purge'),
    downloadOnly: has(options, 'd'),
    fixBroken: has(options, 'f'),
    ...lockTimeout(options),
    autoRemove: has(options, 'autoremove'),
    silent: (options.values.get('q')?.length ?? 0) > 1,
  }
}

/** -o DPkg::Lock::Timeout=60 */
function lockTimeout(options: Options): Pick<AptOptions, 'lockSeconds'> {
  const seconds = (options.values.get('o') ?? []).map((text) => /^DPkg::Lock::Timeout=(\d+)$/i.exec(text)?.[1])
  const last = seconds.findLast((text) => text !== undefined)
  return last === undefined ? {} : { lockSeconds: Number(last) }
}

/** Settings that change nothing here. */
const HARMLESS = /^(DPkg::(Options::?|Lock::Timeout|Use-Pty)|Acquire::|Debug::|APT::(Color|Get::Show-))/i

type Verb = (p: Proc, options: AptOptions, words: string[]) => Run<number>

const VERBS: Record<string, Verb> = {
  update: (p, { program, silent }) => update(silent ? silenced(p) : p, program),
  install,
  reinstall: (p, options, words) => install(p, { ...options, reinstall: true }, words),
  remove,
  purge: (p, options, words) => remove(p, { ...options, purge: true }, words),
  autoremove: (p, options) => autoremove(p, options),
  'auto-remove': (p, options) => autoremove(p, options),
  autopurge: (p, options) => autoremove(p, { ...options, purge: true }),
  upgrade: (p, options) => upgrade(p, options, options.program === 'apt'),
  'dist-upgrade': (p, options) => upgrade(p, options, true),
  'full-upgrade': (p, options) => upgrade(p, options, true),
  download: (p, _options, words) => download(p, words),
  clean: (p) => clean(p),
  autoclean: (p) => clean(p),
}
const UNMODELLED = ['source', 'build-dep', 'changelog', 'edit-sources', 'satisfy', 'dselect-upgrade', 'check', 'moo']

const VERSION = 'apt 2.7.14 (amd64)\n'

function aptProgram(name: string): Program {
  return function* (argv, p) {
    const options = parseOptions(argv, SPEC)
    yield* warnScripts(p, name)
    if (options.unknown !== undefined) {
      const kind = options.unknown.startsWith('--') ? `option ${options.unknown}` : `option '${options.unknown.slice(1)}' [from ${options.unknown}]` // prettier-ignore
      return yield* fail(p, `E: Command line ${kind} is not ${options.unknown.startsWith('--') ? 'understood in combination with the other options' : 'known'}.\n`) // prettier-ignore
    }
    if (has(options, 'v')) return yield* say(p, VERSION)
    const [verb, ...words] = options.rest
    if (verb === undefined || has(options, 'h')) return yield* say(p, `${VERSION}Usage: ${name} [options] command\n`)
    const odd = (options.values.get('o') ?? []).find((text) => !HARMLESS.test(text))
    if (odd !== undefined) return yield* fail(p, `not simulated: ${name} -o ${odd}\n`)
    if (has(options, 't') || has(options, 'target-release')) return yield* fail(p, `not simulated: ${name} -t\n`)
    const told = name === 'apt' ? yield* aptTell(p, verb, words, (flag) => has(options, flag === 'all-versions' ? 'a' : flag)) : undefined // prettier-ignore
    if (told !== undefined) return told
    if (UNMODELLED.includes(verb)) return yield* fail(p, `not simulated: ${name} ${verb}\n`)
    const run = VERBS[verb]
    if (run === undefined) return yield* fail(p, `E: Invalid operation ${verb}\n`)
    return yield* run(p, optionsOf(name, options), words)
  }
}

function* fail(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 100
}

function* say(p: Proc, text: string): Run<number> {
  yield* p.out(text)
  return 0
}

const aptCacheProgram: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  const [verb, ...words] = options.rest
  if (verb === undefined) return yield* say(p, `${VERSION}Usage: apt-cache [options] command\n`)
  return (yield* aptCache(p, verb, words)) ?? (yield* fail(p, `E: Invalid operation ${verb}\n`))
}

export const aptPrograms: Record<string, Program> = {
  apt: aptProgram('apt'),
  'apt-get': aptProgram('apt-get'),
  'apt-cache': aptCacheProgram,
  'apt-mark': aptMark,
}
