/**
 * When kube-proxy rewrites its rules: on a change, but not sooner than minSyncPeriod after the last
 * time, and in any case each syncPeriod. Models pkg/util/async BoundedFrequencyRunner (G3).
 */
import { setup } from 'xstate'

export const kubeProxySyncMachine = setup({
  types: { events: {} as { type: 'CHANGED' } | { type: 'STOP' } },
  actions: { syncRules: () => {} },
  delays: { minSyncPeriod: () => 0, syncPeriod: () => 0 },
}).createMachine({
  id: 'kubeProxySync',
  initial: 'waiting',
  states: {
    /** Nothing is written before Services and slices are known. */
    waiting: { on: { CHANGED: 'cooling' } },
    cooling: {
      entry: 'syncRules',
      on: { CHANGED: 'pending', STOP: 'stopped' },
      after: { minSyncPeriod: 'idle' },
    },
    pending: { on: { STOP: 'stopped' }, after: { minSyncPeriod: 'cooling' } },
    idle: { on: { CHANGED: 'cooling', STOP: 'stopped' }, after: { syncPeriod: 'cooling' } },
    stopped: { type: 'final' },
  },
})
