/** What the verbs of systemctl share. */
import type { Proc, Run } from '../../process.ts'
import type { UnitStatus } from '../../units/status.ts'
import type { Options } from '../options.ts'

export interface Ask {
  p: Proc
  verb: string
  units: string[]
  options: Options
}

export type Verb = (ask: Ask) => Run<number>

/** `kubelet` → `kubelet.service`; but not `kubelet.target`. */
export function withSuffix(name: string): string {
  return /\.(service|target|timer|socket|mount|path|slice|scope|swap|device)$/.test(name) ? name : `${name}.service`
}

export function* fail(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

export function* statusOf(p: Proc, unit: string): Run<UnitStatus> {
  return (yield* p.ask('unit.status', { unit })) as UnitStatus
}

const RELOAD_FIRST = (unit: string): string =>
  `Warning: The unit file, source configuration file or drop-ins of ${unit} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`

export function* warnStale(p: Proc, unit: string): Run<void> {
  if ((yield* statusOf(p, unit)).needsReload) yield* p.err(RELOAD_FIRST(unit))
}
