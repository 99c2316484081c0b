/** [control-plane-check] of `join`. Models cmd/kubeadm/app/cmd/phases/join/waitcontrolplane.go. */
import { waitForControlPlane } from '../wait.ts'
import type { Phase } from '../workflow.ts'
import type { JoinData } from './data.ts'

export const waitControlPlanePhase: Phase<JoinData> = {
  name: 'wait-control-plane',
  short: 'Wait for the control plane to start',
  hidden: true,
  when: ({ join, features, dryRun }) => join.controlPlane !== undefined && features.waitsForAll && !dryRun,
  *run(p, { join }) {
    const { advertiseAddress: address = '', bindPort = 6443 } = join.controlPlane?.localAPIEndpoint ?? {}
    const limit = join.timeouts?.['controlPlaneComponentHealthCheck'] ?? '4m0s'
    yield* waitForControlPlane(p, { address, bindPort }, limit, join.nodeRegistration.criSocket)
  },
}
