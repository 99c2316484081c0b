/**
 * One probe of one container. Models pkg/kubelet/prober/worker.go (F7). Not modelled: grpc, redirects.
 */
import { createMachine } from 'xstate'

export const probeMachine = createMachine({
  id: 'probe',
  initial: 'delayed',
  states: {
    delayed: { after: { initialDelay: { target: 'probing' } }, on: { STOP: 'stopped' } },
    waiting: {
      after: { period: { target: 'probing' } },
      on: { STOP: 'stopped', NOW: 'probing', RESTARTED: 'delayed' },
    },
    probing: {
      entry: 'runProbe',
      after: { timeout: { target: 'waiting', actions: 'timedOut' } },
      on: {
        SUCCESS: { target: 'waiting', actions: 'succeeded' },
        FAILURE: { target: 'waiting', actions: 'failed' },
        SKIP: 'waiting',
        STOP: 'stopped',
      },
    },
    stopped: { type: 'final' },
  },
})
