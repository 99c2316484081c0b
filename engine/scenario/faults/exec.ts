import { duration, fields, flag, optional, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { parseGoDuration } from '../../objects/duration.ts'
import { defineFault, StepError } from './fault.ts'

/** Runs a command on a host and expects it to succeed. */
export const exec = defineFault({
  schema: fields(
    {
      on: hostName,
      run: text('A shell script.'),
      user: optional(text('Who runs it; root when left out.')),
      mayFail: optional(flag('A failure is no error.')),
      timeout: optional(duration('How long it may take; 2m when left out.')),
    },
    'Runs a command on a host.',
  ),
  carryOut: async (of, { hands }) => {
    const { code, stdout, stderr } = await hands.run(
      { host: of.on, user: of.user ?? 'root' },
      of.run,
      parseGoDuration(of.timeout ?? '2m'),
    )
    if (code !== 0 && of.mayFail !== true)
      throw new StepError(`exec on ${of.on}: exit ${code}: ${(stderr || stdout).trim().split('\n').at(-1) ?? ''}`)
  },
})
