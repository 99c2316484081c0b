/** One CoreDNS process: it starts, waits for the API, serves, and lingers when it is told to go (G6). */
import { setup } from 'xstate'

export const coreDnsMachine = setup({
  types: { events: {} as { type: 'SYNCED' } | { type: 'TERM' } },
  guards: { isBroken: () => false },
  actions: { die: () => {}, serve: () => {}, serveUnsynced: () => {}, linger: () => {}, leave: () => {} },
  delays: { start: () => 0, apiWait: () => 0, lameduck: () => 0 },
}).createMachine({
  id: 'coreDns',
  initial: 'starting',
  states: {
    starting: {
      after: { start: [{ guard: 'isBroken', target: 'dead', actions: 'die' }, { target: 'waitingForApi' }] },
      on: { TERM: 'leaving' },
    },
    waitingForApi: {
      on: { SYNCED: { target: 'serving', actions: 'serve' }, TERM: 'leaving' },
      after: { apiWait: { target: 'serving', actions: 'serveUnsynced' } },
    },
    serving: { on: { TERM: 'leaving' } },
    leaving: { entry: 'linger', after: { lameduck: { target: 'dead', actions: 'leave' } } },
    dead: { type: 'final' },
  },
})
