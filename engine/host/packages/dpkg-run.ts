/** Unpacking, configuring and removing, with dpkg's lines (Q3). Models dpkg 1.22. */
import type { Proc, Run } from '../process.ts'
import type { UnitStatus } from '../units/status.ts'
import type { Deb, DebFile } from './deb.ts'
import { readText } from './system.ts'
import { INFO, installedRow, isThere } from './status.ts'
import type { Installed } from './status.ts'

/** What a run of dpkg keeps in mind. */
export interface DpkgRun {
  p: Proc
  installed: Map<string, Installed>
  /** The database was announced. */
  read: boolean
  /** Packages whose man pages changed. */
  manPages: boolean
}

/** How long a package takes, in ms: to unpack, to set up, to remove. */
const UNPACK_MS = 600
const SETUP_MS = 200
const REMOVE_MS = 300

export function startDpkg(p: Proc, installed: Map<string, Installed>): DpkgRun {
  return { p, installed, read: false, manPages: false }
}

function* announce(run: DpkgRun): Run<void> {
  if (run.read) return
  run.read = true
  const files = 93_000 + 41 * [...run.installed.values()].filter(isThere).length
  yield* run.p.out(`(Reading database ... ${files} files and directories currently installed.)\n`)
}

/** Puts the files of an archive in place; the package is then unpacked. `shown`: how the archive is named. */
export function* unpack(run: DpkgRun, deb: Deb, shown: string): Run<void> {
  const { p, installed } = run
  const { Package: name = '', Version: version = '' } = deb.control
  const before = installed.get(name)
  const was = before !== undefined && isThere(before) ? before : undefined
  if (was === undefined) yield* p.out(`Selecting previously unselected package ${name}.\n`)
  yield* announce(run)
  yield* p.out(`Preparing to unpack ${shown} ...\n`)
  yield* p.sleep(UNPACK_MS)
  const verb = was === undefined ? '' : ` over (${was.version})`
  yield* p.out(`Unpacking ${name} (${version})${verb} ...\n`)
  const old = was === undefined ? [] : yield* listedFiles(p, name)
  for (const file of deb.files) yield* place(p, file)
  const now = new Set(deb.files.map(({ path }) => path))
  for (const path of old) if (!now.has(path)) yield* p.remove(path)
  yield* writeInfo(p, name, deb)
  installed.set(name, installedRow(deb.control, was?.want === 'hold' ? 'hold' : 'install', 'unpacked'))
}

/** A changed conffile stays as its owner made it. */
function* place(p: Proc, file: DebFile): Run<void> {
  if (file.conffile === true && !('error' in (yield* p.stat(file.path)))) return
  if (file.link !== undefined) {
    yield* p.remove(file.path)
    yield* p.symlink(file.link, file.path)
    return
  }
  const { path, text, mode, sizeBytes } = file
  yield* p.ask('files.place', { path, text, mode: mode ?? 0o644, ...(sizeBytes !== undefined && { sizeBytes }) })
}

function* writeInfo(p: Proc, name: string, { files, scripts }: Deb): Run<void> {
  yield* p.mkdir(INFO, { parents: true })
  yield* p.writeFile(`${INFO}/${name}.list`, listText(files))
  const kept = files.filter(({ conffile }) => conffile === true)
  if (kept.length > 0) yield* p.writeFile(`${INFO}/${name}.conffiles`, kept.map(({ path }) => `${path}\n`).join(''))
  if (scripts !== undefined) yield* p.writeFile(`${INFO}/${name}.postinst`, `#!/bin/sh\n# ${JSON.stringify(scripts)}\n`)
}

/** Every file with its directories, as /var/lib/dpkg/info/x.list has them. */
export function listText(files: readonly DebFile[]): string {
  const paths = new Set<string>(['/.'])
  for (const { path } of files) {
    const parts = path.split('/').slice(1)
    for (let i = 1; i <= parts.length; i++) paths.add(`/${parts.slice(0, i).join('/')}`)
  }
  return [...paths].map((path) => `${path}\n`).join('')
}

/** The files of an installed package, without directories. */
function* listedFiles(p: Proc, name: string): Run<string[]> {
  const lines = ((yield* readText(p, `${INFO}/${name}.list`)) ?? '').split('\n').filter((line) => line !== '')
  return lines.filter((line) => !lines.some((other) => other.startsWith(`${line}/`)) && line !== '/.')
}

/** Sets an unpacked package up. `fresh`: it was not there before. */
export function* configure(run: DpkgRun, deb: Deb, fresh: boolean): Run<void> {
  const { p, installed } = run
  const { Package: name = '', Version: version = '', Section = '' } = deb.control
  yield* p.out(`Setting up ${name} (${version}) ...\n`)
  yield* p.sleep(SETUP_MS)
  const units = deb.files.some(({ path }) => path.includes('/systemd/system/'))
  if (units) yield* p.ask('unit.daemonReload')
  if (fresh) for (const unit of deb.scripts?.enable ?? []) yield* enable(p, unit)
  for (const unit of deb.scripts?.restart ?? []) yield* p.ask(fresh ? 'unit.start' : 'unit.restart', { unit })
  const row = installed.get(name)
  if (row !== undefined) installed.set(name, { ...row, state: 'installed' })
  if (/ubuntu/i.test(deb.control.Maintainer ?? '') && Section !== 'metapackages') run.manPages = true
}

function* enable(p: Proc, unit: string): Run<void> {
  const done = (yield* p.ask('unit.enable', { unit })) as { lines?: string[] } | undefined
  for (const line of done?.lines ?? []) yield* p.err(`${line}\n`)
}

/** Sets up what was left unpacked; those that cannot be are told by `problemOf`. */
export function* configurePending(
  run: DpkgRun,
  wanted: (name: string) => boolean,
  problemOf: (deb: Deb) => readonly string[],
): Run<Map<string, readonly string[]>> {
  const failed = new Map<string, readonly string[]>()
  for (const { name, control, state } of [...run.installed.values()]) {
    if (state !== 'unpacked' || !wanted(name)) continue
    const scripts = /^# (\{.*\})$/m.exec((yield* readText(run.p, `${INFO}/${name}.postinst`)) ?? '')?.[1]
    const deb: Deb = { control, files: [] }
    if (scripts !== undefined) deb.scripts = JSON.parse(scripts) as NonNullable<Deb['scripts']>
    const problem = problemOf(deb)
    if (problem.length > 0) failed.set(name, problem)
    else yield* configure(run, deb, true)
  }
  yield* run.p.ask('unit.daemonReload')
  return failed
}

/** What comes last: triggers. */
export function* finish(run: DpkgRun): Run<void> {
  const manDb = run.installed.get('man-db')
  if (run.manPages && manDb !== undefined && isThere(manDb))
    yield* run.p.out(`Processing triggers for man-db (${manDb.version}) ...\n`)
}

/** Takes a package away; its conffiles stay unless it is purged. */
export function* removePackage(run: DpkgRun, name: string, purge: boolean): Run<void> {
  const { p, installed } = run
  const row = installed.get(name)
  if (row === undefined) return
  yield* announce(run)
  const kept = ((yield* readText(p, `${INFO}/${name}.conffiles`)) ?? '').split('\n').filter((line) => line !== '')
  if (isThere(row)) {
    yield* p.out(`Removing ${name} (${row.version}) ...\n`)
    yield* p.sleep(REMOVE_MS)
    yield* stopUnits(p, name)
    for (const path of yield* listedFiles(p, name)) if (!kept.includes(path)) yield* p.remove(path)
    yield* p.ask('unit.daemonReload')
  }
  if (kept.length > 0 && !purge) {
    installed.set(name, { ...row, want: 'deinstall', state: 'config-files' })
    return
  }
  if (purge) yield* p.out(`Purging configuration files for ${name} (${row.version}) ...\n`)
  for (const path of kept) yield* p.remove(path)
  for (const suffix of ['list', 'conffiles', 'postinst']) yield* p.remove(`${INFO}/${name}.${suffix}`)
  installed.delete(name)
}

/** The prerm of a package with units stops them. */
function* stopUnits(p: Proc, name: string): Run<void> {
  for (const path of yield* listedFiles(p, name)) {
    const unit = /\/systemd\/system\/([^/]+)\.service$/.exec(path)?.[1]
    if (unit === undefined) continue
    yield* p.ask('unit.stop', { unit })
  }
}

/** Units of these packages that run what is no longer on the disk. */
export function* outdatedUnits(p: Proc, upgraded: readonly Deb[]): Run<string[]> {
  const units: string[] = []
  for (const { files, scripts } of upgraded)
    for (const { path } of files) {
      const unit = /\/systemd\/system\/([^/]+)\.service$/.exec(path)?.[1]
      if (unit === undefined || scripts?.restart?.includes(unit) === true) continue
      const status = (yield* p.ask('unit.status', { unit })) as UnitStatus | { error: string } | undefined
      if (status !== undefined && 'active' in status && status.active === 'active') units.push(`${unit}.service`)
    }
  return units
}

/** needrestart in its list mode. */
export function* needRestart(p: Proc, units: readonly string[]): Run<void> {
  const tty = yield* p.isTty(1)
  const services =
    units.length === 0
      ? 'No services need to be restarted.\n'
      : `Services to be restarted:\n${units.map((unit) => ` systemctl restart ${unit}\n`).join('')}`
  const scanning = tty ? 'Scanning processes...\nScanning linux images...\n' : ''
  yield* p.out(
    `${scanning}\nRunning kernel seems to be up-to-date.\n\n${services}\nNo containers need to be restarted.\n\nNo user sessions are running outdated binaries.\n\nNo VM guests are running outdated hypervisor (qemu) binaries on this host.\n`,
  )
}
