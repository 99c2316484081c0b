/** systemctl list-units, list-unit-files, list-timers, list-dependencies, list-jobs (Q1). */
import type { Proc, Run } from '../../process.ts'
import { description } from '../../units/unit-file.ts'
import type { UnitStatus } from '../../units/status.ts'
import { has, valueOf } from '../options.ts'
import { ago, columns, systemdTime } from '../text.ts'
import { statusOf } from './common.ts'
import type { Verb } from './common.ts'
import { left } from './show.ts'

const LEGEND = `
Legend: LOAD   → Reflects whether the unit definition was properly loaded.
        ACTIVE → The high-level unit activation state, i.e. generalization of SUB.
        SUB    → The low-level unit activation state, values depend on unit type.

`

export const listUnits: Verb = function* ({ p, units, options }) {
  const all = ((yield* p.ask('unit.list')) as UnitStatus[]).filter(
    ({ name }) => units.length === 0 || units.includes(name),
  )
  const failedOnly = has(options, 'failed')
  const state = valueOf(options, 'state')
  const types = valueOf(options, 'type')?.split(',')
  const shown = all.filter((unit) => {
    if (types !== undefined && !types.includes(unit.name.split('.').at(-1) ?? '')) return false
    if (state !== undefined)
      return state.split(',').some((one) => [unit.active, unit.sub, unit.definition.loadState].includes(one))
    if (failedOnly) return unit.active === 'failed'
    return has(options, 'all') || unit.active !== 'inactive'
  })
  const fit = shown
  yield* p.out(
    makeUnitTable(
      fit,
      footer(fit.length, has(options, 'all'), failedOnly || state !== undefined),
      has(options, 'no-legend'),
    ),
  )
  return 0
}

function footer(count: number, all: boolean, filtered: boolean): string {
  if (filtered && !all) return `${count} loaded units listed.\n`
  return `${count} loaded units listed.${all ? '' : ' Pass --all to see loaded but inactive units, too.'}\nTo show all installed unit files use 'systemctl list-unit-files'.\n`
}

function makeUnitTable(units: readonly UnitStatus[], end: string, bare: boolean): string {
  const rows = units.map((unit) => [
    unit.name,
    unit.definition.loadState,
    unit.active,
    unit.sub,
    description(unit.definition),
  ])
  const table = columns([['UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION'], ...rows], { gap: 1 })
  const marks = [
    '  ',
    ...units.map(({ active, definition }) => (active === 'failed' || definition.loadState !== 'loaded' ? '● ' : '  ')),
  ]
  const lines = table.map((line, index) => `${marks[index]}${line}\n`)
  if (bare) return lines.slice(1).join('')
  return `${lines.join('')}${units.length === 0 ? '\n' : LEGEND}${end}`
}

export const listUnitFiles: Verb = function* ({ p, units, options }) {
  const all = (yield* p.ask('unit.list')) as UnitStatus[]
  const types = valueOf(options, 'type')?.split(',')
  const states = valueOf(options, 'state')?.split(',')
  const shown = all.filter(
    ({ name, enabled, definition }) =>
      definition.path !== '' &&
      (types === undefined || types.includes(name.split('.').at(-1) ?? '')) &&
      (states === undefined || states.includes(enabled)) &&
      (units.length === 0 || units.includes(name)),
  )
  const rows = shown.map(({ name, enabled }) => [
    name,
    enabled,
    enabled === 'static' || enabled === 'masked' ? (enabled === 'masked' ? 'enabled' : '-') : 'enabled',
  ])
  if (has(options, 'no-legend')) {
    yield* p.out(rows.length === 0 ? '' : `${columns(rows, { gap: 1 }).join('\n')}\n`)
    return 0
  }
  yield* p.out(
    `${columns([['UNIT FILE', 'STATE', 'PRESET'], ...rows], { gap: 1 }).join('\n')}\n\n${shown.length} unit files listed.\n`,
  )
  return 0
}

export const listTimers: Verb = function* ({ p, options }) {
  const all = ((yield* p.ask('unit.list')) as UnitStatus[]).filter(
    ({ timer, name }) => timer !== undefined && name.endsWith('.timer'),
  )
  const shown = all
    .filter(({ active }) => active === 'active' || has(options, 'all'))
    .sort((a, b) => (a.timer?.nextMs ?? Infinity) - (b.timer?.nextMs ?? Infinity))
  const now = yield* p.now()
  const rows = shown.map(({ name, timer }) => [
    timer?.nextMs === undefined ? '-' : systemdTime(timer.nextMs),
    timer?.nextMs === undefined ? '-' : left(timer.nextMs - now),
    timer?.lastMs === undefined ? '-' : systemdTime(timer.lastMs),
    timer?.lastMs === undefined ? '-' : ago(now - timer.lastMs),
    name,
    timer?.unit ?? '',
  ])
  const table = columns([['NEXT', 'LEFT', 'LAST', 'PASSED', 'UNIT', 'ACTIVATES'], ...rows], { gap: 1, right: [1, 3] })
  if (has(options, 'no-legend'))
    yield* p.out(
      table
        .slice(1)
        .map((line) => `${line}\n`)
        .join(''),
    )
  else
    yield* p.out(
      `${rows.length === 0 ? '' : `${table.join('\n')}\n\n`}${rows.length} timers listed.\n${has(options, 'all') ? '' : 'Pass --all to see loaded but inactive timers, too.\n'}`,
    )
  return 0
}

export const listJobs: Verb = function* ({ p }) {
  const jobs = (yield* p.ask('unit.jobs')) as { id: number; unit: string; kind: string; running: boolean }[]
  if (jobs.length === 0) {
    yield* p.out('No jobs running.\n')
    return 0
  }
  const rows = jobs.map(({ id, unit, kind, running }) => [String(id), unit, kind, running ? 'running' : 'waiting'])
  const lines = columns([['JOB', 'UNIT', 'TYPE', 'STATE'], ...rows], { gap: 1, right: [0] })
  yield* p.out(`${lines.join('\n')}\n\n${jobs.length} jobs listed.\n`)
  return 0
}

/** Which relations each option follows; `reverse` asks every unit. */
function* dependenciesOf(p: Proc, unit: string, how: 'needs' | 'after' | 'before' | 'reverse'): Run<string[]> {
  const ask = function* (of: string, relation: string): Run<string[]> {
    return (yield* p.ask('unit.related', { unit: of, relation })) as string[]
  }
  if (how === 'after') return [...(yield* ask(unit, 'After'))].sort()
  if (how === 'before') return [...(yield* ask(unit, 'Before'))].sort()
  if (how === 'needs') {
    const found: string[] = []
    for (const relation of ['Requires', 'Requisite', 'Wants', 'BindsTo']) found.push(...(yield* ask(unit, relation)))
    return [...new Set(found)].sort(byKind)
  }
  const found: string[] = []
  for (const { name } of (yield* p.ask('unit.list')) as UnitStatus[])
    for (const relation of ['Requires', 'Requisite', 'Wants', 'BindsTo', 'PartOf'])
      if ((yield* ask(name, relation)).includes(unit)) found.push(name)
  return [...new Set(found)].sort(byKind)
}

/** Targets come last. */
function byKind(a: string, b: string): number {
  const rank = (name: string): number => (name.endsWith('.target') ? 1 : 0)
  return rank(a) - rank(b) || (a < b ? -1 : 1)
}

export const listDependencies: Verb = function* ({ p, units, options }) {
  const how = (['after', 'before', 'reverse'] as const).find((name) => has(options, name)) ?? 'needs'
  const unit = units[0] ?? String(yield* p.ask('unit.getDefault'))
  const plain = has(options, 'plain')
  const tree = function* (name: string, prefix: string, above: readonly string[]): Run<void> {
    const children = (yield* dependenciesOf(p, name, how)).filter((child) => !above.includes(child))
    for (const [index, child] of children.entries()) {
      const last = index === children.length - 1
      const { active } = yield* statusOf(p, child)
      const bullet = active === 'active' ? '●' : active === 'failed' ? '×' : '○'
      yield* p.out(`${bullet} ${plain ? `${prefix}${child}` : `${prefix}${last ? '└─' : '├─'}${child}`}\n`)
      if (child.endsWith('.target') || has(options, 'all'))
        yield* tree(child, plain ? `${prefix}  ` : `${prefix}${last ? '  ' : '│ '}`, [...above, child])
    }
  }
  yield* p.out(`${unit}\n`)
  yield* tree(unit, plain ? '  ' : '', [unit])
  return 0
}
