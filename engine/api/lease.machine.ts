/**
 * Who leads: one instance a candidate. A candidate that does not hold the lease tries every retry
 * period; a holder renews every retry period and gives up when no renewal worked for the renew deadline.
 * Models client-go tools/leaderelection. Not modelled: the jitter of the retry period.
 */
import { setup } from 'xstate'

export const leaseMachine = setup({
  types: { events: {} as { type: 'ACQUIRED' } | { type: 'RENEWED' } | { type: 'REFUSED' } | { type: 'STOP' } },
  actions: { tryAcquire: () => {}, tryRenew: () => {}, lead: () => {}, giveUp: () => {} },
  delays: { retryPeriod: () => 0, renewDeadline: () => 0 },
}).createMachine({
  id: 'lease',
  initial: 'trying',
  states: {
    trying: {
      entry: 'tryAcquire',
      on: { ACQUIRED: { target: 'holding', actions: 'lead' } },
      after: { retryPeriod: { target: 'trying', reenter: true } },
    },
    holding: {
      on: { RENEWED: { target: 'holding', reenter: true } },
      after: { renewDeadline: { target: 'lost' } },
      initial: 'resting',
      states: {
        resting: { after: { retryPeriod: 'renewing' } },
        renewing: { entry: 'tryRenew', after: { retryPeriod: { target: 'renewing', reenter: true } } },
      },
    },
    lost: { entry: 'giveUp', type: 'final' },
  },
})
