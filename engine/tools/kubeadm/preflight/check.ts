/** The runner of preflight checks. Models cmd/kubeadm/app/preflight/checks.go (RunChecks) (P5, A4). */
import type { Proc, Run } from '../../../host/process.ts'
import { featuresOf } from '../release.ts'
import { PreflightError } from '../workflow.ts'

export interface Verdict {
  warnings?: string[]
  errors?: string[]
}

export interface Check {
  name: string
  check(p: Proc): Run<Verdict>
}

export const fine: Verdict = {}
export const failed = (text: string): Verdict => ({ errors: [text] })
export const warned = (text: string): Verdict => ({ warnings: [text] })

/** Names are compared without case; `all` stands for every check. */
export function isIgnored(name: string, ignored: readonly string[]): boolean {
  const lower = ignored.map((one) => one.toLowerCase())
  return lower.includes('all') || lower.includes(name.toLowerCase())
}

const IGNORE_HINT =
  '[preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`'

/** Runs the checks; warnings are told at once, errors together. Throws PreflightError. */
export function* runChecks(p: Proc, checks: readonly Check[], ignored: readonly string[], minor: number): Run<void> {
  const fatal: string[] = []
  for (const { name, check } of checks) {
    const { warnings = [], errors = [] } = yield* check(p)
    const ignores = isIgnored(name, ignored)
    for (const text of [...warnings, ...(ignores ? errors : [])]) yield* p.err(`\t[WARNING ${name}]: ${text}\n`)
    if (!ignores) fatal.push(...errors.map((text) => `\t[ERROR ${name}]: ${text}\n`))
  }
  if (fatal.length === 0) return
  const block = `[preflight] Some fatal errors occurred:\n${fatal.join('')}${IGNORE_HINT}`
  if (!featuresOf(minor).errorPrefix) throw new PreflightError(`error execution phase preflight: ${block}`)
  yield* p.err(`${block}\n`)
  throw new PreflightError('preflight checks failed')
}
