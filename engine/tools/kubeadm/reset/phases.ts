/** The phases of `reset` (P3). Models cmd/kubeadm/app/cmd/phases/reset. */
import type { Phase } from '../workflow.ts'
import { cleanupNodePhase } from './cleanup-node.ts'
import type { ResetData } from './data.ts'
import { preflightPhase } from './preflight.ts'
import { removeEtcdMemberPhase } from './remove-etcd-member.ts'

export const resetPhases: readonly Phase<ResetData>[] = [preflightPhase, removeEtcdMemberPhase, cleanupNodePhase]
