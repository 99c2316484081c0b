/** [mark-control-plane] of `init`. Models cmd/kubeadm/app/cmd/phases/init/markcontrolplane.go. */
import { markControlPlane } from '../mark.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import { adminClient } from './data.ts'
import type { InitData } from './data.ts'

export const markControlPlanePhase: Phase<InitData> = {
  name: 'mark-control-plane',
  short: 'Mark a node as a control-plane',
  *run(p, data) {
    const { init, features, dryRun } = data
    if (dryRun)
      return yield* say(p, `[mark-control-plane] Would mark node ${init.nodeRegistration.name} as a control-plane`)
    yield* markControlPlane(p, yield* adminClient(p, data), init.nodeRegistration, features)
  },
}
