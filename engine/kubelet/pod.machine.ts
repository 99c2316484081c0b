/**
 * The worker of one pod. Models pkg/kubelet/pod_workers.go and kuberuntime_manager.go SyncPod (F2, F4, F9).
 * Every sync posts a status first and then acts, one step at a time. Not modelled: the sync each minute
 * that finds nothing to do.
 */
import { createMachine } from 'xstate'

export const podMachine = createMachine({
  id: 'pod',
  initial: 'idle',
  states: {
    idle: {
      on: {
        SYNC: [{ guard: 'doomed', target: 'terminating' }, { target: 'syncing' }],
      },
    },
    syncing: {
      entry: 'sync',
      on: {
        SYNC: { actions: 'remember' },
        MOUNT: 'mounting',
        SANDBOX: 'creatingSandbox',
        PULL: 'pulling',
        START: 'starting',
        DONE: { target: 'idle', actions: 'syncDone' },
      },
    },
    mounting: {
      on: {
        SYNC: [{ guard: 'doomed', target: 'terminating' }, { actions: 'remember' }],
        MOUNTED: { target: 'advancing' },
        RETRY: { target: 'idle', actions: 'syncDone' },
      },
    },
    creatingSandbox: {
      after: { sandbox: { target: 'advancing', actions: 'sandboxCreated' } },
      on: { SYNC: [{ guard: 'doomed', target: 'terminating' }, { actions: 'remember' }] },
    },
    pulling: {
      on: {
        SYNC: [{ guard: 'doomed', target: 'terminating' }, { actions: 'remember' }],
        PULLED: { target: 'advancing' },
        START: 'starting',
      },
    },
    starting: {
      after: {
        start: [
          { guard: 'hasPostStart', target: 'hooking' },
          { target: 'advancing', actions: 'containerStarted' },
        ],
      },
      on: { SYNC: [{ guard: 'doomed', target: 'terminating' }, { actions: 'remember' }] },
    },
    hooking: {
      entry: 'startWithHook',
      on: {
        SYNC: [{ guard: 'doomed', target: 'terminating' }, { actions: 'remember' }],
        HOOKED: 'advancing',
      },
    },
    advancing: {
      entry: 'advance',
      on: {
        SYNC: { actions: 'remember' },
        MOUNT: 'mounting',
        SANDBOX: 'creatingSandbox',
        PULL: 'pulling',
        START: 'starting',
        DONE: { target: 'idle', actions: 'syncDone' },
      },
    },
    terminating: {
      entry: 'killContainers',
      on: {
        SYNC: { actions: 'shorten' },
        ALL_STOPPED: { target: 'terminated' },
      },
    },
    terminated: {
      entry: 'finish',
      on: { SYNC: { actions: 'finish' } },
    },
  },
})
