/** What the settings of a service make of an end, a start, a wait. Models systemd src/core/service.c. */
import { UNIT_DEFAULTS } from '../flags.ts'
import { isClean, isListed, wantsRestart } from './exit.ts'
import type { UnitExit } from './exit.ts'
import type { UnitRecord } from './record.ts'
import type { UnitDelayName } from './rows.ts'
import { commandOf, durationMs, isYes, restartSecMs, serviceType, startLimit, value, values } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'

/** Longer than any run. */
const NEVER_MS = Number.MAX_SAFE_INTEGER / 4

/** Whether an end counts as a success is for the line's `-` and SuccessExitStatus= to say too. */
export function judged(definition: UnitDefinition, exit: UnitExit, line = ''): UnitExit {
  const forgiven = commandOf(line).mayFail || isListed(exit, values(definition, 'Service.SuccessExitStatus'))
  return forgiven && !isClean(exit) ? { ...exit, forgiven } : exit
}

/** Whether the service is started again after that end. */
export function restarts({ definition, result }: UnitRecord, exit: UnitExit): boolean {
  if (result === 'exec-condition') return false
  if (isListed(exit, values(definition, 'Service.RestartPreventExitStatus'))) return false
  if (isListed(exit, values(definition, 'Service.RestartForceExitStatus'))) return true
  if (serviceType(definition) === 'oneshot' && isClean(exit)) return false
  return wantsRestart(value(definition, 'Service.Restart') ?? 'no', exit)
}

/** RemainAfterExit=: the service stays active without a process. */
export function remains(definition: UnitDefinition, exit: UnitExit): boolean {
  return isYes(definition, 'Service.RemainAfterExit') && isClean(exit) && exit.control !== true
}

export function underStartLimit({ definition, starts }: UnitRecord, nowMs: number): boolean {
  const { intervalMs, burst } = startLimit(definition)
  return intervalMs === 0 || starts.filter((at) => nowMs - at < intervalMs).length < burst
}

/** How long the machine waits: TimeoutStartSec=, TimeoutStopSec=, RestartSec=. */
export function delayMs(definition: UnitDefinition, delay: UnitDelayName): number {
  if (delay === 'restartSec') return restartSecMs(definition)
  const key = delay === 'timeoutStart' ? 'TimeoutStartSec' : 'TimeoutStopSec'
  const text = value(definition, `Service.${key}`) ?? value(definition, 'Service.TimeoutSec')
  if (text === 'infinity' || text === '0') return NEVER_MS
  const startsOneshot = delay === 'timeoutStart' && serviceType(definition) === 'oneshot'
  return durationMs(text, startsOneshot ? NEVER_MS : UNIT_DEFAULTS.timeoutStopMs)
}

/** Whether the service counts as started as soon as its command runs. */
export function startsAtOnce(definition: UnitDefinition): boolean {
  return ['simple', 'exec', 'idle'].includes(serviceType(definition))
}
