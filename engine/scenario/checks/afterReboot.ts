import { duration, oneKind, optional } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { watchCheck } from '../timing.ts'
import { BASIC_CHECKS, pickKind, schemasOf } from './basic.ts'
import { defineCheck } from './check.ts'

const inner = { of: hostName, within: optional(duration('How long it may take to come back; 3m when left out.')) }

/** What must be so again after a host was rebooted. Done on a copy of the cluster. */
export const afterReboot = defineCheck({
  schema: oneKind(
    inner,
    schemasOf(BASIC_CHECKS),
    'What holds again after a host was rebooted, on a copy of the cluster.',
  ),
  wanted: (of) => {
    const { kind, argument } = pickKind(BASIC_CHECKS, of)
    return `after a reboot of ${of.of}: ${kind.wanted(argument)}`
  },
  observe: async (of, context) => {
    const { kind, argument } = pickKind(BASIC_CHECKS, of)
    await context.hands.reboot(of.of)
    // The node looks Ready until its silence is noticed, so the look comes after the host was down.
    await context.view.wait(DOWN_MS)
    return watchCheck({ within: of.within ?? '3m', stableFor: '10s' }, context.view, () =>
      kind.observe(argument, context),
    )
  },
  mentions: (of) => {
    const { kind, argument } = pickKind(BASIC_CHECKS, of)
    return [{ what: 'host', text: of.of }, ...kind.mentions(argument)]
  },
  disturbs: true,
})

/** Long enough for a node that does not come back to be marked (node-monitor-grace-period and a margin). */
const DOWN_MS = 70_000
