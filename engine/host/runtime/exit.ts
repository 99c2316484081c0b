/** How a process ended. */
import { signalNumber } from '../signals.ts'
import type { Signal } from '../signals.ts'
import type { ExitStatus } from './record.ts'

export function makeExit(code: number): ExitStatus {
  return { code: code & 255 }
}

/** The status of a process that a signal killed: 128 and the number of the signal. */
export function makeKilled(signal: Signal): ExitStatus {
  return { code: 128 + (signalNumber(signal) ?? 0), signal }
}
