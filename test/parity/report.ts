import { unifiedHunks } from '../../engine/tools/kubectl/unified-diff.ts'
import type { Outcome } from './parity.ts'

const textOf = ({ code, stdout, stderr }: Outcome['real']): string =>
  `${stdout}${stderr === '' ? '' : `--- stderr\n${stderr}`}--- exit ${code}\n`

/** How a row differs: lines with - are the real kubectl's, with + ours. */
export function differenceOf({ real, ours }: Outcome): string {
  return unifiedHunks(textOf(real), textOf(ours))
}

export function summaryOf(outcomes: Outcome[]): string {
  const same = outcomes.filter(({ agrees }) => agrees).length
  const allowed = outcomes.filter(({ agrees, allowed }) => !agrees && allowed !== undefined).length
  return `kubectl parity: ${same} of ${outcomes.length} rows agree byte for byte; ${allowed} differ for a listed reason; ${outcomes.length - same - allowed} differ.`
}
