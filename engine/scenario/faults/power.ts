import { fields } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { defineFault } from './fault.ts'

/** The power of a host goes. */
export const crash = defineFault({
  schema: fields({ host: hostName }, 'The power of a host goes.'),
  carryOut: async (of, { hands }) => hands.crash(of.host),
})

/** The power of a host comes back. */
export const boot = defineFault({
  schema: fields({ host: hostName }, 'The power of a host comes back.'),
  carryOut: async (of, { hands }) => hands.boot(of.host),
})
