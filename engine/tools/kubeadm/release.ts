/** What kubeadm of a minor does differently from the newest one (P10, A2). One row a change. */
import { defaultRegistry, parseVersion } from '../../versions/index.ts'

export interface Features {
  minor: number
  /** The version of kubeadm.k8s.io that it writes. */
  configApi: 'v1beta1' | 'v1beta2' | 'v1beta3' | 'v1beta4'
  /** super-admin.conf, and admin.conf in the group kubeadm:cluster-admins. */
  superAdmin: boolean
  /** Each component of the control plane is waited for, not the API server alone. */
  waitsForAll: boolean
  /** [kubelet-check] and [api-check] lines. */
  checkLines: boolean
  /** instance-config.yaml holds the socket of the container runtime, and no annotation of the Node does. */
  nodeLocalSocket: boolean
  /** A joining control plane's kubelet talks to the API server beside it, and etcd joins before it. */
  kubeletLocalMode: boolean
  /** New etcd members are learners first. */
  learners: boolean
  /** kubeadm-flags.env names the sandbox image. */
  sandboxImageFlag: boolean
  /** Manifests name their probe port. */
  probePorts: boolean
  /** The kubelet client of API servers has its own binding, and no group. */
  kubeletClientBinding: boolean
  /** Errors begin with `error: `; older ones end with the line on stack traces. */
  errorPrefix: boolean
  /** node-role.kubernetes.io/master as a label, and as a taint. */
  masterLabel: boolean
  masterTaint: boolean
  controlPlaneLabel: boolean
  controlPlaneTaint: boolean
  /** The kubelet's configuration is kept per minor. */
  versionedKubeletConfig: boolean
}

export function featuresOf(minor: number): Features {
  return {
    minor,
    configApi: minor >= 31 ? 'v1beta4' : minor >= 22 ? 'v1beta3' : minor >= 15 ? 'v1beta2' : 'v1beta1',
    superAdmin: minor >= 29,
    waitsForAll: minor >= 33,
    checkLines: minor >= 30,
    nodeLocalSocket: minor >= 34,
    kubeletLocalMode: minor >= 33,
    learners: minor >= 29,
    sandboxImageFlag: minor <= 34,
    probePorts: minor >= 33,
    kubeletClientBinding: minor >= 36,
    errorPrefix: minor >= 34,
    masterLabel: minor <= 23,
    masterTaint: minor <= 24,
    controlPlaneLabel: minor >= 20,
    controlPlaneTaint: minor >= 24,
    versionedKubeletConfig: minor <= 23,
  }
}

/** The minor of a version such as `v1.35.3`; 0 of what is none. */
export const minorOf = (version: string): number => parseVersion(version)?.minor ?? 0

export { defaultRegistry }

/** Labels and taints that mark a control plane. */
export function controlPlaneMarks({ masterLabel, masterTaint, controlPlaneLabel, controlPlaneTaint }: Features): {
  labels: string[]
  taints: string[]
} {
  const master = 'node-role.kubernetes.io/master'
  const own = 'node-role.kubernetes.io/control-plane'
  return {
    labels: [
      ...(controlPlaneLabel ? [own] : []),
      ...(masterLabel ? [master] : []),
      ...(controlPlaneLabel ? ['node.kubernetes.io/exclude-from-external-load-balancers'] : []),
    ],
    taints: [...(masterTaint ? [master] : []), ...(controlPlaneTaint ? [own] : [])],
  }
}
