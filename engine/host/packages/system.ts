/** What apt and dpkg read and write on a host, by system calls. */
import type { Proc, Run } from '../process.ts'
import { parseStanzas } from './control.ts'
import type { Stanza } from './control.ts'
import { isFlat, listName, packagesUrl, parseSources, releaseUrl } from './sources.ts'
import type { Source } from './sources.ts'
import { EXTENDED, STATUS, isThere, makeExtended, makeStatus, parseExtended, parseStatus } from './status.ts'
import type { Installed } from './status.ts'
import { compareDebVersions } from './versions.ts'

export const LISTS = '/var/lib/apt/lists'
export const ARCHIVES = '/var/cache/apt/archives'

/** A version that an index offers. */
export interface Available {
  name: string
  version: string
  control: Stanza
  source: Source
  component: string
  /** The fields of its InRelease. */
  release: Stanza
}

/** Everything that a decision needs. */
export interface AptState {
  installed: Map<string, Installed>
  /** Newest first. */
  available: Map<string, Available[]>
  /** Installed only because others need them. */
  auto: Set<string>
}

export function* readText(p: Proc, path: string): Run<string | undefined> {
  const file = yield* p.readFile(path)
  return 'text' in file ? file.text : undefined
}

export function* readInstalled(p: Proc): Run<Map<string, Installed>> {
  const rows = parseStatus((yield* readText(p, STATUS)) ?? '')
  return new Map(rows.map((row) => [row.name, row]))
}

export function* writeInstalled(p: Proc, installed: ReadonlyMap<string, Installed>): Run<void> {
  yield* p.writeFile(STATUS, makeStatus([...installed.values()]))
}

export function* readAuto(p: Proc): Run<Set<string>> {
  return parseExtended((yield* readText(p, EXTENDED)) ?? '')
}

export function* writeAuto(p: Proc, names: ReadonlySet<string>): Run<void> {
  yield* p.writeFile(EXTENDED, makeExtended(names))
}

/** The sources of /etc/apt, in the order that apt reads them. */
export function* readSources(p: Proc): Run<{ sources: Source[]; errors: string[] }> {
  const all: { sources: Source[]; errors: string[] } = { sources: [], errors: [] }
  const folder = '/etc/apt/sources.list.d'
  const listed = yield* p.list(folder)
  const names = 'names' in listed ? listed.names.filter((name) => /\.(list|sources)$/.test(name)) : []
  for (const path of ['/etc/apt/sources.list', ...names.map((name) => `${folder}/${name}`)]) {
    const text = yield* readText(p, path)
    if (text === undefined) continue
    const { sources, errors } = parseSources(path, text)
    all.sources.push(...sources)
    all.errors.push(...errors)
  }
  return all
}

export function componentsOf(source: Source): string[] {
  return isFlat(source) ? [''] : source.components
}

/** What the lists of these sources offer; a source that was never fetched offers nothing. */
export function* readAvailable(p: Proc, sources: readonly Source[]): Run<Map<string, Available[]>> {
  const available = new Map<string, Available[]>()
  for (const source of sources) {
    const [release = {}] = parseStanzas((yield* readText(p, `${LISTS}/${listName(releaseUrl(source))}`)) ?? '')
    for (const component of componentsOf(source)) {
      const text = yield* readText(p, `${LISTS}/${listName(packagesUrl(source, component))}`)
      for (const control of parseStanzas(text ?? '')) offer(available, { control, source, component, release })
    }
  }
  for (const versions of available.values()) versions.sort((a, b) => compareDebVersions(b.version, a.version))
  return available
}

function offer(available: Map<string, Available[]>, one: Omit<Available, 'name' | 'version'>): void {
  const { Package: name = '', Version: version = '' } = one.control
  const others = available.get(name) ?? []
  available.set(name, [...others, { name, version, ...one }])
}

export function* readState(p: Proc): Run<{ state: AptState; errors: string[] }> {
  const { sources, errors } = yield* readSources(p)
  const state = {
    installed: yield* readInstalled(p),
    available: yield* readAvailable(p, sources),
    auto: yield* readAuto(p),
  }
  return { state, errors }
}

/** The version that apt would install: the newest, which may be the installed one. */
export function candidateOf(state: AptState, name: string): string | undefined {
  const newest = state.available.get(name)?.[0]?.version
  const own = installedVersion(state, name)
  if (own === undefined || newest === undefined) return newest ?? own
  return compareDebVersions(newest, own) > 0 ? newest : own
}

export function installedVersion({ installed }: Pick<AptState, 'installed'>, name: string): string | undefined {
  const row = installed.get(name)
  return row !== undefined && isThere(row) ? row.version : undefined
}

export function isHeld({ installed }: Pick<AptState, 'installed'>, name: string): boolean {
  return installed.get(name)?.want === 'hold'
}

/** `Ubuntu:24.04/noble`, `isv:kubernetes:core:stable:v1.34:pkgs.k8s.io`, as apt names where a version is from. */
export function originOf({ release, source }: Available): string {
  const { Label = '', Version, Suite } = release
  if (Version !== undefined) return `${Label}:${Version}/${Suite ?? ''}`
  return Suite === undefined ? `${Label}:${siteOf(source)}` : `${Label}:${Suite}`
}

export function siteOf({ uri }: Source): string {
  return uri.replace(/^\w+:\/\//, '').replace(/\/.*/, '')
}

/** `http://archive.ubuntu.com/ubuntu noble/main`, `https://pkgs.k8s.io/core:/stable:/v1.34/deb `, before ` Packages`. */
export function placeOf(source: Source, component: string): string {
  return isFlat(source) ? `${source.uri} ` : `${source.uri} ${source.suite}/${component} amd64`
}

/** What the process that holds a lock writes into it; the lock goes with the process. */
export function* tryLock(p: Proc, path: string): Run<{ ok: true } | { denied: true } | { heldBy: string }> {
  const held = /^(\d+) (.*)$/.exec(((yield* readText(p, path)) ?? '').trim())
  if (held !== null) {
    const running = (yield* p.ask('processes')) as { pid: number; state: string }[]
    if (running.some(({ pid, state }) => pid === Number(held[1]) && state !== 'Z' && pid !== p.pid))
      return { heldBy: `process ${held[1]} (${held[2]})` }
  }
  return { ok: true }
}

export function* takeLock(
  p: Proc,
  path: string,
  program: string,
): Run<{ ok: true } | { denied: true } | { heldBy: string }> {
  if (p.user !== 'root') return { denied: true }
  const free = yield* tryLock(p, path)
  if ('ok' in free) yield* p.writeFile(path, `${p.pid} ${program}`, { mode: 0o640 })
  return free
}

export function* releaseLock(p: Proc, path: string): Run<void> {
  yield* p.writeFile(path, '')
}
