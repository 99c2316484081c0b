/** The phases of `join`, in their order (P2). Models cmd/kubeadm/app/cmd/phases/join. */
import type { Phase } from '../workflow.ts'
import { checkEtcdPhase } from './check-etcd.ts'
import { controlPlaneJoinPhase, etcdJoinPhase } from './control-plane-join.ts'
import { controlPlanePreparePhase } from './control-plane-prepare.ts'
import type { JoinData } from './data.ts'
import { kubeletStartPhase, kubeletWaitBootstrapPhase } from './kubelet-start.ts'
import { preflightPhase } from './preflight.ts'
import { waitControlPlanePhase } from './wait-control-plane.ts'

/** Since 1.33 etcd joins before the kubelet is waited for, because that kubelet talks to the API server beside it. */
export function joinPhases(_minor: number): Phase<JoinData>[] {
  return [
    preflightPhase,
    controlPlanePreparePhase,
    checkEtcdPhase,
    kubeletStartPhase,
    etcdJoinPhase,
    kubeletWaitBootstrapPhase,
    controlPlaneJoinPhase,
    waitControlPlanePhase,
  ]
}
