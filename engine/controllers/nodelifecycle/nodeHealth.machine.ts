/**
 * What the node lifecycle controller makes of a node: reachable, not ready (its kubelet says so) or
 * unreachable (it says nothing), and whether the NoExecute taint is waiting for its turn or set.
 * Models pkg/controller/nodelifecycle/node_lifecycle_controller.go (B2). Not modelled: node shutdown.
 */
import { setup } from 'xstate'

export const nodeHealthMachine = setup({
  types: { events: {} as { type: 'TRUE' } | { type: 'FALSE' } | { type: 'UNKNOWN' } | { type: 'TAINTED' } },
  actions: { queueTaint: () => {}, swapTaint: () => {}, untaint: () => {} },
}).createMachine({
  id: 'nodeHealth',
  initial: 'reachable',
  states: {
    reachable: {
      on: {
        FALSE: { target: 'notReady', actions: 'queueTaint' },
        UNKNOWN: { target: 'unreachable', actions: 'queueTaint' },
      },
    },
    notReady: {
      initial: 'queued',
      states: {
        queued: { on: { TAINTED: 'tainted', UNKNOWN: '#nodeHealth.unreachable' } },
        tainted: { on: { UNKNOWN: { target: '#nodeHealth.unreachable.tainted', actions: 'swapTaint' } } },
      },
      on: { TRUE: { target: 'reachable', actions: 'untaint' } },
    },
    unreachable: {
      initial: 'queued',
      states: {
        queued: { on: { TAINTED: 'tainted', FALSE: '#nodeHealth.notReady' } },
        tainted: { on: { FALSE: { target: '#nodeHealth.notReady.tainted', actions: 'swapTaint' } } },
      },
      on: { TRUE: { target: 'reachable', actions: 'untaint' } },
    },
  },
})
