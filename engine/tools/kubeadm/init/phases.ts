/** The phases of `init`, in their order (P1). Models cmd/kubeadm/app/cmd/phases/init. */
import type { Phase } from '../workflow.ts'
import { addonPhase } from './addon.ts'
import { bootstrapTokenPhase } from './bootstrap-token.ts'
import { certsPhase } from './certs.ts'
import { controlPlanePhase } from './control-plane.ts'
import type { InitData } from './data.ts'
import { etcdPhase } from './etcd.ts'
import { kubeconfigPhase } from './kubeconfig.ts'
import { kubeletFinalizePhase } from './kubelet-finalize.ts'
import { kubeletStartPhase } from './kubelet-start.ts'
import { markControlPlanePhase } from './mark-control-plane.ts'
import { preflightPhase } from './preflight.ts'
import { showJoinCommandPhase } from './show-join-command.ts'
import { uploadCertsPhase } from './upload-certs.ts'
import { uploadConfigPhase } from './upload-config.ts'
import { waitControlPlanePhase } from './wait-control-plane.ts'

/** Up to 1.28 the kubelet starts before its manifests are there. */
export function initPhases(minor: number): Phase<InitData>[] {
  const middle =
    minor >= 29 ? [etcdPhase, controlPlanePhase, kubeletStartPhase] : [kubeletStartPhase, controlPlanePhase, etcdPhase]
  return [
    preflightPhase,
    certsPhase,
    kubeconfigPhase,
    ...middle,
    waitControlPlanePhase,
    uploadConfigPhase,
    uploadCertsPhase,
    markControlPlanePhase,
    bootstrapTokenPhase,
    kubeletFinalizePhase,
    addonPhase,
    showJoinCommandPhase,
  ]
}
