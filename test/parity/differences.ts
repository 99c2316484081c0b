/** Commands at which ours and the real one differ, and why. A difference that is gone must be taken off. */
export const DIFFERENCES: Record<string, string> = {
  'auth whoami': "the served kubeconfig's certificate is of system:masters, the one on the base host of kubeadm:cluster-admins as kubeadm makes it",
}
