/** Lines of zap as etcdctl and etcdutl write them to standard error. */
import type { Proc, Run } from '../../host/process.ts'
import { minorOf } from './cobra.ts'

export type LogFields = Record<string, unknown>

/** `2026-11-21T20:04:17.500Z` with as many digits as the version's zap prints. */
export function instantOf(nowMs: number, version: string): string {
  const iso = new Date(nowMs).toISOString()
  return minorOf(version) <= 4 ? iso : `${iso.slice(0, -1)}000Z`
}

/** One JSON line. `stamp`: `seconds` is zap's own form, which 3.4 uses for what it does itself. */
export function* jsonLine(
  p: Proc,
  version: string,
  level: string,
  fields: LogFields,
  stamp: 'iso' | 'seconds' = 'iso',
): Run<void> {
  const nowMs = yield* p.now()
  const ts = stamp === 'seconds' ? nowMs / 1000 : instantOf(nowMs, version)
  yield* p.err(`${JSON.stringify({ level, ts, ...fields })}\n`)
}

/** A line of zap's console encoder, as etcdutl and the deprecated commands of etcdctl print. */
export function* consoleLine(p: Proc, level: string, caller: string, message: string, fields: LogFields): Run<void> {
  const at = `${new Date(yield* p.now()).toISOString().slice(0, 19)}Z`
  const shown = Object.keys(fields).length === 0 ? '' : `\t${spaced(fields)}`
  yield* p.err(`${at}\t${level}\t${caller}\t${message}${shown}\n`)
}

/** JSON with a blank after each comma and colon. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${spaced(one)}`)
    .join(', ')}}`
}
