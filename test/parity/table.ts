/** Prints every row, and how those that differ do: `npm run parity [group]`. */
import { findKubectls, minorOf } from '../real-clients/find-kubectl.ts'
import { differenceOf, summaryOf } from './report.ts'
import { runParity } from './parity.ts'

const real = findKubectls().find((one) => minorOf(one) === 33)
if (real === undefined) console.log('no kubectl 1.33 on this machine: nothing to compare with')
else {
  const outcomes = await runParity({
    kubectl: real.path,
    release: '1.33',
    only: process.argv[2] ?? '',
    onOutcome: (outcome) => {
      console.log(
        `${Math.round(performance.now())} ${outcome.agrees ? '  same' : outcome.allowed !== undefined ? 'allowed' : '! DIFF'}  ${outcome.group}: kubectl ${outcome.row}`,
      )
      if (!outcome.agrees && outcome.allowed === undefined) console.log(differenceOf(outcome))
    },
  })
  console.log(summaryOf(outcomes))
}
