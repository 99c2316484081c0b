/** When a timer unit fires next. Models systemd src/core/timer.c. Not modelled: Persistent, RandomizedDelaySec, AccuracySec. */
import { nextElapse, parseCalendar } from './calendar.ts'
import { durationMs, value, values } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'

export interface TimerFacts {
  /** All in virtual milliseconds. */
  nowMs: number
  bootedAtMs: number
  activatedMs: number
  /** When its unit last became active, and inactive. */
  unitActiveMs?: number
  unitInactiveMs?: number
  /** The host's clock less the virtual time. */
  clockOffsetMs: number
}

/** The unit that a timer starts. */
export function triggered(definition: UnitDefinition): string {
  return value(definition, 'Timer.Unit') ?? definition.name.replace(/\.timer$/, '.service')
}

/** The virtual instant of the next elapse; undefined: none comes. */
export function nextFire(definition: UnitDefinition, facts: TimerFacts): number | undefined {
  const bases: Record<string, number | undefined> = {
    OnBootSec: facts.bootedAtMs,
    OnStartupSec: facts.bootedAtMs,
    OnActiveSec: facts.activatedMs,
    OnUnitActiveSec: facts.unitActiveMs,
    OnUnitInactiveSec: facts.unitInactiveMs,
  }
  const instants: number[] = []
  for (const [key, base] of Object.entries(bases))
    for (const span of base === undefined ? [] : values(definition, `Timer.${key}`))
      instants.push((base as number) + durationMs(span, 0))
  for (const text of values(definition, 'Timer.OnCalendar')) {
    const calendar = parseCalendar(text)
    const at = calendar === undefined ? undefined : nextElapse(calendar, facts.nowMs + facts.clockOffsetMs)
    if (at !== undefined) instants.push(at - facts.clockOffsetMs)
  }
  const later = instants.filter((at) => at > facts.nowMs)
  return later.length === 0 ? undefined : Math.min(...later)
}

/** The settings of a timer that nobody can read, as systemd complains. */
export function badCalendars(definition: UnitDefinition): string[] {
  return values(definition, 'Timer.OnCalendar').filter((text) => parseCalendar(text) === undefined)
}
