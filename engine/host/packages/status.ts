/** dpkg's database: /var/lib/dpkg/status, the lists of files beside it, and apt's notes in extended_states. */
import type { Stanza } from './control.ts'
import { makeStanzas, parseStanzas } from './control.ts'

export const STATUS = '/var/lib/dpkg/status'
export const INFO = '/var/lib/dpkg/info'
export const EXTENDED = '/var/lib/apt/extended_states'

export type Want = 'install' | 'hold' | 'deinstall' | 'purge' | 'unknown'
export type State = 'installed' | 'config-files' | 'unpacked' | 'half-installed' | 'half-configured' | 'not-installed'

/** One row of the database: the control fields as they were installed. */
export interface Installed {
  name: string
  version: string
  want: Want
  state: State
  control: Stanza
}

export function parseStatus(text: string): Installed[] {
  return parseStanzas(text).map(({ Status = '', ...control }) => {
    const [want, , state] = Status.split(' ')
    const { Package: name = '', Version: version = '' } = control
    return { name, version, want: (want ?? 'unknown') as Want, state: (state ?? 'not-installed') as State, control }
  })
}

export function makeStatus(rows: readonly Installed[]): string {
  return makeStanzas(
    [...rows]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ want, state, control: { Package: name = '', ...rest } }) => ({
        Package: name,
        Status: `${want} ok ${state}`,
        ...rest,
      })),
  )
}

/** Fields of an index that dpkg does not keep. */
const OF_THE_INDEX = new Set(['Filename', 'Size', 'SHA256', 'Status', 'X-Origin'])

export function installedRow(control: Stanza, want: Want = 'install', state: State = 'installed'): Installed {
  const kept = Object.fromEntries(Object.entries(control).filter(([field]) => !OF_THE_INDEX.has(field)))
  return { name: control.Package ?? '', version: control.Version ?? '', want, state, control: kept }
}

/** Whether its files are there. */
export function isThere({ state }: Installed): boolean {
  return state !== 'config-files' && state !== 'not-installed'
}

/** The names that apt installed only because others needed them. */
export function parseExtended(text: string): Set<string> {
  return new Set(
    parseStanzas(text).flatMap((stanza) => (stanza['Auto-Installed'] === '1' ? [stanza.Package ?? ''] : [])),
  )
}

export function makeExtended(names: ReadonlySet<string>): string {
  return makeStanzas([...names].sort().map((Package) => ({ Package, Architecture: 'amd64', 'Auto-Installed': '1' })))
}
