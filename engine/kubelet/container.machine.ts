/**
 * One start of a container. Models pkg/kubelet/kuberuntime/kuberuntime_container.go (F9): preStop inside
 * the grace period, the stop signal, KILL at its end.
 */
import { createMachine } from 'xstate'

export const containerMachine = createMachine({
  id: 'container',
  initial: 'running',
  states: {
    running: {
      on: {
        EXIT: { target: 'exited', actions: 'recordExit' },
        STOP: [{ guard: 'hasPreStop', target: 'stopping.preStop' }, { target: 'stopping.terminating' }],
        CRASH: { target: 'exited', actions: 'recordExit' },
      },
    },
    stopping: {
      initial: 'preStop',
      states: {
        preStop: {
          entry: 'runPreStop',
          after: { grace: { target: 'terminating', actions: 'preStopOverran' } },
          on: { HOOK_DONE: 'terminating' },
        },
        terminating: {
          entry: 'sendStopSignal',
          after: { remainingGrace: 'killing' },
        },
        killing: { entry: 'sendKill' },
      },
      on: {
        EXIT: { target: 'exited', actions: 'recordExit' },
        CRASH: { target: 'exited', actions: 'recordExit' },
        HURRY: 'stopping.terminating',
      },
    },
    exited: { type: 'final' },
  },
})
