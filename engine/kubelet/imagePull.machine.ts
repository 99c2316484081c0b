/** One pull of an image for one container. Models pkg/kubelet/images/image_manager.go and puller.go (F5): one at a time. */
import { createMachine } from 'xstate'

export const imagePullMachine = createMachine({
  id: 'imagePull',
  initial: 'queued',
  states: {
    queued: { entry: 'enqueue', on: { TURN: 'pulling' } },
    pulling: {
      after: {
        pull: [
          { guard: 'resolves', target: 'pulled', actions: 'recordImage' },
          { target: 'failed', actions: 'recordFailure' },
        ],
      },
    },
    pulled: { type: 'final' },
    failed: { type: 'final' },
  },
})
