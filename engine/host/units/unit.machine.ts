/**
 * The lifecycle of a systemd service. Models systemd src/core/service.c (Q1, Q2).
 * Not modelled: sub-states of ExecStartPre/Post and ExecStop, watchdogs, sockets, reload states.
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
        EXITED: onExit,
        STOP: { target: 'deactivating' },
      },
    },
    active: {
      entry: ['enterActive'],
      on: { EXITED: onExit, STOP: { target: 'deactivating' } },
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
