/**
 * The lifecycle of a systemd service. Models systemd src/core/service.c (Q1, Q2). The steps inside a state
 * (start-pre, start, start-post; stop, stop-sigterm) are the record's `phase`.
 * Not modelled: watchdogs, sockets, reload states; ExecStopPost runs beside what follows.
 */
import { createMachine } from 'xstate'

const onExit = [
  { guard: 'restarts', target: 'autoRestart', actions: ['noteExit'] },
  { guard: 'cleanOneshot', target: 'inactive', actions: ['noteExit', 'finished'] },
  { guard: 'clean', target: 'inactive', actions: ['noteExit'] },
  { target: 'failed', actions: ['noteExit'] },
]

export const unitMachine = createMachine({
  id: 'unit',
  initial: 'inactive',
  states: {
    inactive: {
      entry: ['enterInactive'],
      on: {
        START: [
          { guard: 'underStartLimit', target: 'activating' },
          { target: 'failed', actions: ['limitHit'] },
        ],
      },
    },
    activating: {
      entry: ['spawn'],
      after: { timeoutStart: { target: 'failed', actions: ['startTimedOut'] } },
      on: {
        READY: { target: 'active' },
        EXITED: [{ guard: 'remains', target: 'active', actions: ['noteExit'] }, ...onExit],
        STOP: { target: 'deactivating' },
      },
    },
    active: {
      entry: ['enterActive'],
      on: {
        EXITED: [{ guard: 'remains', actions: ['noteExit', 'remain'] }, ...onExit],
        STOP: { target: 'deactivating' },
      },
    },
    deactivating: {
      entry: ['terminate'],
      after: { timeoutStop: { target: 'failed', actions: ['stopTimedOut'] } },
      on: {
        EXITED: [
          { guard: 'clean', target: 'inactive', actions: ['noteExit', 'stopped'] },
          { target: 'failed', actions: ['noteExit', 'stopped'] },
        ],
      },
    },
    autoRestart: {
      entry: ['enterAutoRestart'],
      after: {
        restartSec: [
          { guard: 'underStartLimit', target: 'activating', actions: ['countRestart'] },
          { target: 'failed', actions: ['countRestart', 'limitHit'] },
        ],
      },
      on: {
        STOP: { target: 'inactive', actions: ['stopped'] },
        START: [
          { guard: 'underStartLimit', target: 'activating' },
          { target: 'failed', actions: ['limitHit'] },
        ],
      },
    },
    failed: {
      entry: ['enterFailed'],
      on: {
        START: [
          { guard: 'underStartLimit', target: 'activating' },
          { target: 'failed', actions: ['limitHit'] },
        ],
        RESET: { target: 'inactive' },
      },
    },
  },
})
