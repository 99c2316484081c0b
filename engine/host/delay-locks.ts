/**
 * Who may delay a shutdown, and for how long. Models systemd-logind's inhibitor locks of mode `delay` (logind.conf,
 * InhibitDelayMaxSec=). Not modelled: `block` locks, sleep, systemd-inhibit, the drop-ins of packages.
 */
import type { FileTree } from './files.ts'

/** logind.conf: InhibitDelayMaxSec= */
const DELAY_MAX_MS = 5_000
const MAIN = '/etc/systemd/logind.conf'
const DROP_INS = '/etc/systemd/logind.conf.d'
const UNITS: Record<string, number> = { '': 1000, s: 1000, sec: 1000, ms: 1, m: 60_000, min: 60_000 }

/** How long logind waits for those who hold a lock. */
export function inhibitDelayMs(files: FileTree): number {
  const listed = files.list(DROP_INS)
  const dropIns = 'error' in listed ? [] : listed.names.filter((name) => name.endsWith('.conf')).sort()
  const texts = [MAIN, ...dropIns.map((name) => `${DROP_INS}/${name}`)].map((path) => files.text(path) ?? '')
  const given = texts.flatMap((text) => [...text.matchAll(/^InhibitDelayMaxSec=\s*(\d+)\s*([a-z]*)\s*$/gm)]).at(-1)
  return given === undefined ? DELAY_MAX_MS : Number(given[1]) * (UNITS[given[2] ?? ''] ?? 1000)
}
