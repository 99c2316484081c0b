/** What apt does to a host: install, upgrade, remove, autoremove, download (Q3). */
import { debName, parseDeb } from '../packages/deb.ts'
import type { Deb } from '../packages/deb.ts'
import {
  configure,
  configurePending,
  finish,
  needRestart,
  outdatedUnits,
  removePackage,
  startDpkg,
  unpack,
} from '../packages/dpkg-run.ts'
import type { DpkgRun } from '../packages/dpkg-run.ts'
import {
  emptyPlan,
  inOrder,
  isDowngrade,
  mending,
  planUpgrade,
  planWishes,
  stillBroken,
  unneeded,
  upgradable,
} from '../packages/resolve.ts'
import type { Change, Offer, Plan, Wishes } from '../packages/resolve.ts'
import { isThere } from '../packages/status.ts'
import {
  ARCHIVES,
  candidateOf,
  installedVersion,
  isHeld,
  originOf,
  placeOf,
  readState,
  readText,
  releaseLock,
  takeLock,
  writeAuto,
  writeInstalled,
} from '../packages/system.ts'
import type { AptState, Available } from '../packages/system.ts'
import { isFlat } from '../packages/sources.ts'
import type { Proc, Run } from '../process.ts'
import { aptSize, fetchedLine, progress, showList, silenced } from './apt-output.ts'
import { get, reasonOf } from './apt-update.ts'
import { globPattern } from './patterns.ts'

export interface AptOptions {
  program: string
  yes: boolean
  simulate: boolean
  allowHeld: boolean
  allowDowngrades: boolean
  onlyUpgrade: boolean
  reinstall: boolean
  purge: boolean
  downloadOnly: boolean
  fixBroken: boolean
  /** How long to wait for dpkg's lock; absent: the program's own. */
  lockSeconds?: number
  autoRemove: boolean
  /** -qq */
  silent: boolean
}

const FRONTEND_LOCK = '/var/lib/dpkg/lock-frontend'
/** Bytes a second that the wires carry. */
const BYTES_PER_MS = 40_000
/** apt, not apt-get, waits so long for a lock. */
const LOCK_WAIT_SECONDS = 120

/** One job of apt: the state of the host, and what was asked. */
interface Job {
  /** apt's own voice, which -qq silences. */
  p: Proc
  /** dpkg's, which it does not. */
  loud: Proc
  options: AptOptions
  state: AptState
  /** Names that were asked for. */
  asked: string[]
}

/** Takes the lock, reads the state, does the work, lets go. */
function* withJob(loud: Proc, options: AptOptions, work: (job: Job) => Run<number>): Run<number> {
  const p = options.silent ? silenced(loud) : loud
  if (!options.simulate) {
    const refused = yield* lock(p, options.program, options.lockSeconds)
    if (refused !== undefined) return refused
  } else if (p.user !== 'root') yield* p.out(SIMULATION)
  const { state, errors } = yield* readState(p)
  if (errors.length > 0) {
    yield* p.err(errors.map((line) => `${line}\n`).join(''))
    return yield* leave(p, options, 100)
  }
  yield* progress(p, 'Reading package lists')
  yield* progress(p, 'Building dependency tree')
  yield* progress(p, 'Reading state information')
  const code = yield* work({ p, loud, options, state, asked: [] })
  return yield* leave(p, options, code)
}

function* leave(p: Proc, { simulate }: AptOptions, code: number): Run<number> {
  if (!simulate) yield* releaseLock(p, FRONTEND_LOCK)
  return code
}

const SIMULATION = `NOTE: This is only a simulation!
      apt-get needs root privileges for real execution.
      Keep also in mind that locking is deactivated,
      so don't depend on the relevance to the real current situation!
`

/** A number: why not. */
function* lock(p: Proc, program: string, waits = program === 'apt' ? LOCK_WAIT_SECONDS : 0): Run<number | undefined> {
  for (let waited = 0; ; waited++) {
    const got = yield* takeLock(p, FRONTEND_LOCK, program)
    if ('ok' in got) return undefined
    if ('denied' in got) {
      yield* p.err(
        `E: Could not open lock file ${FRONTEND_LOCK} - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (${FRONTEND_LOCK}), are you root?\n`,
      )
      return 100
    }
    if (waited < waits) {
      if (waited === 0)
        yield* p.out(`Waiting for cache lock: Could not get lock ${FRONTEND_LOCK}. It is held by ${got.heldBy}...\n`)
      if (yield* p.sleep(1000)) continue
      return 130
    }
    yield* p.err(
      `E: Could not get lock ${FRONTEND_LOCK}. It is held by ${got.heldBy}\nN: Be aware that removing the lock file is not a solution and may break your system.\nE: Unable to acquire the dpkg frontend lock (${FRONTEND_LOCK}), is another process using it?\n`,
    )
    return 100
  }
}

export function install(p: Proc, options: AptOptions, words: string[]): Run<number> {
  return withJob(p, options, function* (job) {
    const wishes: Wishes = { install: [], remove: [] }
    if (options.fixBroken) {
      yield* progress(job.p, 'Correcting dependencies')
      wishes.install.push(...mending(job.state).map((offer) => ({ offer, auto: true as const })))
    }
    for (const word of words) {
      const code = yield* wish(job, wishes, word)
      if (code !== undefined) return code
    }
    return yield* carryOut(job, planWishes(job.state, wishes))
  })
}

/** One word of the command line: `jq`, `kubeadm=1.34.1-*`, `./x.deb`, `jq-`. A number: why it cannot be. */
function* wish(job: Job, wishes: Wishes, word: string): Run<number | undefined> {
  const { p, state, options } = job
  if (/^\.{0,2}\//.test(word)) return yield* wishFile(job, wishes, word)
  const [, name = word, version] = /^([^=/]+)(?:=(.+))?$/.exec(word.replace(/\/.*$/, '')) ?? []
  if (word.endsWith('-') && !state.available.has(word) && knows(state, word.slice(0, -1))) {
    wishes.remove.push(word.slice(0, -1))
    return undefined
  }
  if (!knows(state, name)) {
    yield* p.err(`E: Unable to locate package ${name}\n`)
    return 100
  }
  const own = installedVersion(state, name)
  const found = pick(state, name, version)
  if (found === undefined) return yield* nothingToInstall(job, name, version)
  if (version !== undefined && version.includes('*') && 'source' in found)
    yield* p.out(`Selected version '${found.version}' (${originOf(found)} [amd64]) for '${name}'\n`)
  if (own === undefined && options.onlyUpgrade) {
    yield* p.out(`Skipping ${name}, it is not installed and only upgrades are requested.\n`)
    return undefined
  }
  job.asked.push(name)
  if (own === found.version && !options.reinstall) {
    yield* p.out(`${name} is already the newest version (${own}).\n`)
    if (state.auto.delete(name)) {
      yield* p.out(`${name} set to manually installed.\n`)
      if (!options.simulate) yield* writeAuto(p, state.auto)
    }
    return undefined
  }
  wishes.install.push({ offer: found, ...(own === found.version && { again: true as const }) })
  return undefined
}

function knows(state: AptState, name: string): boolean {
  return state.available.has(name) || installedVersion(state, name) !== undefined
}

/** The offer of a name, at a version or a pattern of it, or its candidate. */
function pick(state: AptState, name: string, version: string | undefined): Offer | undefined {
  const offers: Offer[] = [...(state.available.get(name) ?? [])]
  const row = state.installed.get(name)
  if (row !== undefined && isThere(row) && !offers.some((one) => one.version === row.version))
    offers.push({ name, version: row.version, control: row.control, file: '' })
  const wanted = version ?? candidateOf(state, name)
  if (wanted === undefined) return undefined
  const pattern = globPattern(wanted)
  return offers.find((one) => pattern.test(one.version))
}

function* nothingToInstall({ p }: Job, name: string, version: string | undefined): Run<number> {
  yield* p.err(
    version === undefined
      ? `E: Package '${name}' has no installation candidate\n`
      : `E: Version '${version}' for '${name}' was not found\n`,
  )
  return 100
}

function* wishFile(job: Job, wishes: Wishes, path: string): Run<number | undefined> {
  const { p } = job
  const text = yield* readText(p, path)
  const deb = text === undefined ? undefined : parseDeb(text)
  if (deb === undefined) {
    yield* p.err(
      text === undefined ? `E: Unsupported file ${path} given on commandline\n` : `E: Invalid archive signature\n`,
    )
    return 100
  }
  const { Package: name = '', Version: version = '' } = deb.control
  yield* p.out(`Note, selecting '${name}' instead of '${path}'\n`)
  job.asked.push(name)
  wishes.install.push({ offer: { name, version, control: deb.control, file: path } })
  return undefined
}

export function remove(p: Proc, options: AptOptions, words: string[]): Run<number> {
  return withJob(p, options, function* (job) {
    const names: string[] = []
    for (const name of words) {
      if (!knows(job.state, name) && !job.state.installed.has(name)) {
        yield* p.err(`E: Unable to locate package ${name}\n`)
        return 100
      }
      const row = job.state.installed.get(name)
      if (row === undefined || (!isThere(row) && !options.purge))
        yield* p.out(`Package '${name}' is not installed, so not removed\n`)
      else names.push(name)
    }
    job.asked.push(...names)
    const plan = planWishes(job.state, { install: [], remove: names, purge: options.purge })
    if (options.autoRemove) addUnneeded(job, plan)
    return yield* carryOut(job, plan)
  })
}

function addUnneeded({ state, options }: Job, plan: Plan): void {
  for (const name of unneeded(state, plan))
    plan.removals.push({ name, version: installedVersion(state, name) ?? '', purge: options.purge })
}

export function autoremove(p: Proc, options: AptOptions): Run<number> {
  return withJob(p, options, function* (job) {
    const plan = emptyPlan()
    addUnneeded(job, plan)
    return yield* carryOut(job, plan)
  })
}

export function upgrade(p: Proc, options: AptOptions, mayAdd: boolean): Run<number> {
  return withJob(p, options, function* (job) {
    yield* progress(p, 'Calculating upgrade')
    return yield* carryOut(job, planUpgrade(job.state, { mayAdd }))
  })
}

const UNMET = `Some packages could not be installed. This may mean that you have
requested an impossible situation or if you are using the unstable
distribution that some required packages have not yet been created
or been moved out of Incoming.
The following information may help to resolve the situation:

The following packages have unmet dependencies:
`

function* carryOut(job: Job, plan: Plan): Run<number> {
  const { p, options } = job
  if (plan.unmet.length > 0) {
    yield* p.out(`${UNMET}${plan.unmet.map((line) => `${line}\n`).join('')}`)
    yield* p.err('E: Unable to correct problems, you have held broken packages.\n')
    return 100
  }
  const broken = stillBroken(job.state, plan)
  if (broken.size > 0) return yield* unmetAlready(p, broken)
  const held = heldChanged(job, plan)
  const downgraded = plan.changes.filter(isDowngrade)
  yield* p.out(summary(job, plan, held))
  if (plan.changes.length + plan.removals.length === 0 && !hasPending(job)) return 0
  if (options.simulate) return yield* simulated(job, plan)
  if (options.yes && downgraded.length > 0 && !options.allowDowngrades)
    return yield* giveUp(p, 'Packages were downgraded and -y was used without --allow-downgrades.')
  if (options.yes && held.length > 0 && !options.allowHeld)
    return yield* giveUp(p, 'Held packages were changed and -y was used without --allow-change-held-packages.')
  yield* p.out(yield* spaceText(job, plan))
  const extra = plan.changes.length !== job.asked.length || plan.removals.length + held.length + downgraded.length > 0
  if (extra && !options.yes && !(yield* agreed(p))) {
    yield* p.out('Abort.\n')
    return 1
  }
  const debs = yield* fetchAll(job, plan)
  if (typeof debs === 'number') return debs
  if (options.downloadOnly) {
    yield* p.out('Download complete and in download only mode\n')
    return 0
  }
  return yield* runDpkg(job, plan, debs)
}

/** What dpkg left unpacked. */
function hasPending({ state }: Job): boolean {
  return [...state.installed.values()].some((row) => row.state === 'unpacked')
}

function* unmetAlready(p: Proc, broken: ReadonlyMap<string, readonly string[]>): Run<number> {
  const lines = [...broken.values()].flat().map((line) => `${line}\n`)
  yield* p.out(`You might want to run 'apt --fix-broken install' to correct these.\nThe following packages have unmet dependencies:\n${lines.join('')}`) // prettier-ignore
  return yield* giveUp(p, "Unmet dependencies. Try 'apt --fix-broken install' with no packages (or specify a solution).") // prettier-ignore
}

function* giveUp(p: Proc, why: string): Run<number> {
  yield* p.err(`E: ${why}\n`)
  return 100
}

function* agreed(p: Proc): Run<boolean> {
  yield* p.out('Do you want to continue? [Y/n] ')
  const answer = yield* p.readLine()
  if (answer === null) return false
  return answer.trim() === '' || /^y/i.test(answer.trim())
}

function heldChanged({ state }: Job, plan: Plan): string[] {
  return [...plan.changes, ...plan.removals].map(({ name }) => name).filter((name) => isHeld(state, name))
}

function summary({ state, options, asked }: Job, plan: Plan, held: string[]): string {
  const names = (of: readonly { name: string }[]): string[] => of.map(({ name }) => name)
  const fresh = plan.changes.filter(({ from, again }) => from === undefined && again === undefined)
  const downgraded = plan.changes.filter(isDowngrade)
  const upgraded = plan.changes.filter((one) => one.from !== undefined && one.again === undefined && !isDowngrade(one))
  const again = plan.changes.filter((one) => one.again === true)
  const additional = names(plan.changes).filter((name) => !asked.includes(name) && asked.length > 0)
  const left = options.autoRemove ? [] : unneeded(state, plan)
  const removed = plan.removals.map(({ name, purge }) => (purge ? `${name}*` : name))
  const moved = new Set(names(plan.changes))
  const others = upgradable(state).filter((name) => !moved.has(name) && !names(plan.removals).includes(name))
  const several = left.length > 1
  return [
    showList(
      `The following package${several ? 's were' : ' was'} automatically installed and ${several ? 'are' : 'is'} no longer required:`,
      left,
    ),
    left.length > 0
      ? `Use '${options.program === 'apt' ? 'sudo apt' : 'apt'} autoremove' to remove ${several ? 'them' : 'it'}.\n`
      : '',
    showList('The following additional packages will be installed:', additional),
    showList('The following packages will be REMOVED:', removed),
    showList('The following NEW packages will be installed:', names(fresh)),
    showList('The following packages have been kept back:', plan.keptBack),
    showList('The following held packages will be changed:', held),
    showList('The following packages will be upgraded:', names(upgraded)),
    showList('The following packages will be DOWNGRADED:', names(downgraded)),
    `${upgraded.length} upgraded, ${fresh.length} newly installed, `,
    again.length > 0 ? `${again.length} reinstalled, ` : '',
    downgraded.length > 0 ? `${downgraded.length} downgraded, ` : '',
    `${plan.removals.length} to remove and ${others.length} not upgraded.\n`,
  ].join('')
}

function* simulated({ p }: Job, plan: Plan): Run<number> {
  for (const { name, version, purge } of plan.removals)
    yield* p.out(`${purge ? 'Purg' : 'Remv'} ${name} [${version}]\n`)
  const ordered = inOrder(plan.changes)
  const where = ({ to }: Change): string =>
    'source' in to ? `${to.version} ${originOf(to)} [amd64]` : `${to.version} [amd64]`
  for (const change of ordered)
    yield* p.out(`Inst ${change.name}${change.from === undefined ? '' : ` [${change.from}]`} (${where(change)})\n`)
  for (const change of ordered) yield* p.out(`Conf ${change.name} (${where(change)})\n`)
  return 0
}

function sizeOf(to: Offer): number {
  return 'source' in to ? Number(to.control.Size ?? 0) : 0
}

function archiveOf({ to }: Change): string {
  return 'source' in to ? `${ARCHIVES}/${debName(to.control)}` : to.file
}

function* spaceText({ p, state }: Job, plan: Plan): Run<string> {
  let missing = 0
  let all = 0
  for (const change of plan.changes) {
    all += sizeOf(change.to)
    if ('error' in (yield* p.stat(archiveOf(change)))) missing += sizeOf(change.to)
  }
  const kb = (name: string, control = state.installed.get(name)?.control): number =>
    Number(control?.['Installed-Size'] ?? 0)
  const grown =
    plan.changes.reduce(
      (sum, { name, from, to }) => sum + kb(name, to.control) - (from === undefined ? 0 : kb(name)),
      0,
    ) - plan.removals.reduce((sum, { name }) => sum + kb(name), 0)
  const need = missing === all ? `${aptSize(all)}B` : `${aptSize(missing)}B/${aptSize(all)}B`
  return `${plan.changes.length > 0 && all > 0 ? `Need to get ${need} of archives.\n` : ''}After this operation, ${aptSize(grown * 1024)}B ${grown < 0 ? 'disk space will be freed' : 'of additional disk space will be used'}.\n`
}

/** The archives of a plan by package name; a number: one did not come. */
function* fetchAll(job: Job, plan: Plan): Run<Map<string, Deb> | number> {
  const { p } = job
  const debs = new Map<string, Deb>()
  const startedMs = yield* p.now()
  const fetched = { next: 1, bytes: 0 }
  for (const change of inOrder(plan.changes)) {
    const path = archiveOf(change)
    const text = (yield* readText(p, path)) ?? (yield* fetchArchive(p, change.to as Available, path, fetched))
    const deb = typeof text === 'number' ? undefined : parseDeb(text)
    if (typeof text === 'number') return text
    if (deb === undefined) return yield* giveUp(p, `Sub-process /usr/bin/dpkg returned an error code (1)`)
    debs.set(change.name, deb)
  }
  if (fetched.bytes > 0) yield* p.out(fetchedLine(fetched.bytes, (yield* p.now()) - startedMs))
  return debs
}

function archiveUrl({ source, control }: Available): string {
  return `${source.uri}/${control.Filename ?? ''}`
}

function* fetchArchive(
  p: Proc,
  to: Available,
  path: string,
  fetched: { next: number; bytes: number },
): Run<string | number> {
  const url = archiveUrl(to)
  const answer = yield* get(p, url)
  const site = url.replace(/^\w+:\/\//, '').replace(/\/.*/, '')
  const own = isFlat(to.source) ? `${to.name} ${to.version}` : `${to.name} amd64 ${to.version}`
  const where =
    'headers' in answer && answer.headers['content-location'] !== undefined
      ? placeOf({ ...to.source, uri: answer.headers['content-location'] }, to.component)
      : placeOf(to.source, to.component)
  const line = `${fetched.next++} ${where} ${own}`
  if ('failure' in answer || answer.code !== 200) {
    const why = reasonOf(site, answer)
    yield* p.out(`Err:${line}\n  ${why}\n`)
    yield* p.err(
      `E: Failed to fetch ${url}  ${why}\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n`,
    )
    return 100
  }
  const bytes = sizeOf(to)
  fetched.bytes += bytes
  yield* p.out(`Get:${line} [${aptSize(bytes)}B]\n`)
  if (!(yield* p.sleep(Math.ceil(bytes / BYTES_PER_MS)))) return 130
  yield* p.mkdir(ARCHIVES, { parents: true })
  yield* p.writeFile(path, String(answer.body))
  return String(answer.body)
}

/** From so many archives on apt numbers them. */
const NUMBERED_FROM = 5

function* runDpkg(job: Job, plan: Plan, debs: ReadonlyMap<string, Deb>): Run<number> {
  const { p, loud, state } = job
  const run = startDpkg(loud, state.installed)
  for (const { name, purge } of [...plan.removals].reverse()) {
    yield* removePackage(run, name, purge)
    state.auto.delete(name)
  }
  const ordered = inOrder(plan.changes)
  for (const [index, change] of ordered.entries()) {
    const deb = debs.get(change.name)
    if (deb === undefined) continue
    yield* unpack(run, deb, shownArchive(change, index, ordered.length))
    yield* writeInstalled(p, state.installed)
  }
  for (const change of ordered) yield* setUp(run, change, debs)
  yield* configurePending(
    run,
    () => true,
    () => [],
  )
  for (const { name, auto, from } of plan.changes) {
    if (auto && from === undefined) state.auto.add(name)
    else if (job.asked.includes(name)) state.auto.delete(name)
  }
  yield* writeInstalled(p, state.installed)
  yield* writeAuto(p, state.auto)
  yield* finish(run)
  if (job.options.program === 'apt') for (const change of ordered) yield* forgetArchive(p, change)
  return yield* afterwards(job, plan, debs)
}

function* setUp(run: DpkgRun, { name, from }: Change, debs: ReadonlyMap<string, Deb>): Run<void> {
  const deb = debs.get(name)
  if (deb !== undefined) yield* configure(run, deb, from === undefined)
}

function* forgetArchive(p: Proc, change: Change): Run<void> {
  if ('source' in change.to) yield* p.remove(archiveOf(change))
}

function shownArchive(change: Change, index: number, count: number): string {
  if (!('source' in change.to)) return change.to.file
  const number = count < NUMBERED_FROM ? '' : `${String(index).padStart(count > 10 ? 2 : 1, '0')}-`
  return `.../${number}${debName(change.to.control)}`
}

/** needrestart, where it is installed, has the last word. */
function* afterwards({ loud: p, state }: Job, plan: Plan, debs: ReadonlyMap<string, Deb>): Run<number> {
  if (installedVersion(state, 'needrestart') === undefined) return 0
  const upgraded = plan.changes.flatMap(({ name, from }) => (from === undefined ? [] : (debs.get(name) ?? [])))
  yield* needRestart(p, yield* outdatedUnits(p, upgraded))
  return 0
}

/** `apt-get download`: the archives into the working directory. */
export function* download(p: Proc, words: string[]): Run<number> {
  const { state } = yield* readState(p)
  const fetched = { next: 1, bytes: 0 }
  const startedMs = yield* p.now()
  for (const word of words) {
    const [name = '', version] = word.split('=')
    const found = pick(state, name, version)
    if (found === undefined || !('source' in found)) {
      yield* p.err(
        state.available.has(name)
          ? `E: Version '${version ?? ''}' for '${name}' was not found\n`
          : `E: Unable to locate package ${name}\n`,
      )
      return 100
    }
    const text = yield* fetchArchive(p, found, debName(found.control), fetched)
    if (typeof text === 'number') return text
  }
  yield* p.out(fetchedLine(fetched.bytes, (yield* p.now()) - startedMs))
  return 0
}

/** `apt-get clean`. */
export function* clean(p: Proc): Run<number> {
  const refused = yield* lock(p, 'apt-get')
  if (refused !== undefined) return refused
  const listed = yield* p.list(ARCHIVES)
  for (const name of 'names' in listed ? listed.names : [])
    if (name.endsWith('.deb')) yield* p.remove(`${ARCHIVES}/${name}`)
  yield* releaseLock(p, FRONTEND_LOCK)
  return 0
}
