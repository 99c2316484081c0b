/** Why a row differs, told from what was asked and answered. */
import type { AnswerResult } from './answers.ts'
import { CRASHED } from './cluster.ts'
import type { LineResult } from './lines.ts'
import type { ManifestResult } from './manifests.ts'
import { classOf } from './score.ts'

const NOT_SIMULATED = /not simulated: ([^\n]*)/

/** The cause of an answer that differs. */
export function answerCause({ row, ours }: AnswerResult): string {
  if (ours.rc === CRASHED) return 'internal error'
  const refused = NOT_SIMULATED.exec(ours.stderr)
  if (refused !== null) return `not simulated: ${refused[1]}`
  if (row.cls === 'ok' && /Forbidden|forbidden/.test(ours.stderr)) return 'the recorded server allowed everything'
  if (row.cls === 'ok' && /is invalid|Invalid value|BadRequest/.test(ours.stderr))
    return 'the recorded server checked nothing'
  return `open: ${row.argv.find((word) => !word.startsWith('-')) ?? ''} (${row.cls}, ours ${classOf(ours)})`
}

export function manifestCause({ row, expected, found, ours }: ManifestResult): string {
  const refused = NOT_SIMULATED.exec(ours.stderr)
  if (refused !== null) return `not simulated: ${refused[1]}`
  return `open: ${row.apiVersion} ${row.kind}: ${expected}, found ${found}`
}

export function lineCause({ row, ours }: LineResult): string {
  const text = `${ours.stdout}\n${ours.stderr}`
  if (ours.rc === CRASHED) return 'internal error'
  const missing = /([\w./-]+): command not found/.exec(text)
  if (missing !== null) return `no program ${missing[1]}`
  const refused = NOT_SIMULATED.exec(text)
  return refused === null ? `open: ${row.program}` : 'not simulated'
}
