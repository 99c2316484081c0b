/** Ours and the real kubectl say the same about the same cluster: stdout, stderr and exit code, byte for byte. */
import { describe, expect, it } from 'vitest'
import { findKubectls, minorOf } from '../real-clients/find-kubectl.ts'
import { ALLOWED } from './allowed.ts'
import { GROUPS } from './commands.ts'
import { runParity } from './parity.ts'
import { differenceOf, summaryOf } from './report.ts'

const MINOR = 33
const real = findKubectls().find((one) => minorOf(one) === MINOR)
if (real === undefined) console.warn(`no kubectl 1.${MINOR} on this machine: the comparison with it is skipped`)

describe('parity', () => {
  it('lists as allowed only rows that there are', () => {
    const rows = GROUPS.flatMap((group) => group.rows)
    expect(Object.keys(ALLOWED).filter((row) => !rows.includes(row))).toEqual([])
    expect(rows.length).toBeGreaterThan(900)
  })

  it.skipIf(real === undefined)(
    `with kubectl ${real?.version ?? ''}`,
    async () => {
      const outcomes = await runParity({ kubectl: real?.path ?? '', release: `1.${MINOR}` })
      console.log(summaryOf(outcomes))
      const differ = outcomes.filter(({ agrees, allowed }) => !agrees && allowed === undefined)
      expect(differ.map((outcome) => `kubectl ${outcome.row}\n${differenceOf(outcome)}`)).toEqual([])
      const gone = outcomes.filter(({ agrees, allowed }) => agrees && allowed !== undefined)
      expect(gone.map(({ row }) => row)).toEqual([])
    },
    600_000,
  )
})
