/** The service account that each controller writes as (--use-service-account-credentials). Models cmd/kube-controller-manager/app. */

/** Controllers whose account is not called after them. */
const ACCOUNTS: Record<string, string> = {
  daemonset: 'daemon-set-controller',
  endpoints: 'endpoint-controller',
  'node-ipam': 'node-controller',
  'node-lifecycle': 'node-controller',
  'taint-eviction': 'node-controller',
  'garbage-collector': 'generic-garbage-collector',
  'pod-garbage-collector': 'pod-garbage-collector',
  serviceaccount: 'service-account-controller',
  'root-ca-cert-publisher': 'root-ca-cert-publisher',
  'persistentvolume-binder': 'persistent-volume-binder',
  'persistentvolume-expander': 'expand-controller',
  'persistentvolume-attach-detach': 'attachdetach-controller',
  'persistentvolumeclaim-protection': 'pvc-protection-controller',
  'persistentvolume-protection': 'pv-protection-controller',
  replicationcontroller: 'replication-controller',
  'horizontal-pod-autoscaler': 'horizontal-pod-autoscaler',
  csrapproving: 'certificate-controller',
  csrsigning: 'certificate-controller',
  csrcleaner: 'certificate-controller',
  'legacy-serviceaccount-token-cleaner': 'legacy-service-account-token-cleaner',
  bootstrapsigner: 'bootstrap-signer',
  tokencleaner: 'token-cleaner',
}

/** Controllers that work with the certificate of the process they run in. */
const OWN = new Set(['serviceaccount-token', 'local-path-provisioner'])

export interface Certificate {
  commonName: string
  organizations: string[]
}

/** Whom the writes of a controller come from; undefined: the manager itself. */
export function certificateOf(controller: string): Certificate | undefined {
  if (OWN.has(controller)) return undefined
  const bare = controller.replace(/-controller$/, '')
  const account = ACCOUNTS[bare] ?? `${bare}-controller`
  return {
    commonName: `system:serviceaccount:kube-system:${account}`,
    organizations: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'],
  }
}
