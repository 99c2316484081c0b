import { duration, fields, oneKind, optional } from '../format/schema.ts'
import { parseGoDuration } from '../../objects/duration.ts'
import { BASIC_CHECKS, pickKind, schemasOf } from '../checks/basic.ts'
import { watchCheck } from '../timing.ts'
import { defineFault, StepError } from './fault.ts'

/** Lets time pass, or waits until something is so. */
export const wait = defineFault({
  schema: fields(
    {
      until: optional(oneKind({}, schemasOf(BASIC_CHECKS), 'A check that must hold.')),
      within: optional(duration('How long it may take; 5m when left out.')),
      for: optional(duration('Just so long.')),
    },
    'Waits until a check holds, or for a time.',
  ),
  carryOut: async (of, { view, hands }) => {
    if (of.for !== undefined) await view.wait(parseGoDuration(of.for))
    if (of.until === undefined) return
    const { kind, argument } = pickKind(BASIC_CHECKS, of.until)
    const startMs = await view.now()
    const end = await watchCheck({ within: of.within ?? '5m' }, view, () =>
      kind.observe(argument, { view, hands, startMs }),
    )
    if (!end.holds) throw new StepError(`wait: wanted ${kind.wanted(argument)}, found ${end.found}`)
  },
})
