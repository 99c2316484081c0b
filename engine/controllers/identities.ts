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

/** Controllers that are not modelled, by the release since which they run: their accounts are there all the same. */
const OTHERS: [account: string, sinceMinor: number][] = [
  ['service-cidrs-controller', 33],
  ['resource-claim-controller', 34],
  ['volumeattributesclass-protection-controller', 34],
  ['device-taint-eviction-controller', 36],
]

/** Accounts of controllers that are not modelled. */
export const otherAccounts = (minor: number): string[] =>
  OTHERS.filter(([, since]) => minor >= since).map(([account]) => account)

export interface Certificate {
  commonName: string
  organizations: string[]
}

/** The service account of a controller, in kube-system; undefined: it has none. */
export function accountOf(controller: string): string | undefined {
  if (OWN.has(controller)) return undefined
  const bare = controller.replace(/-controller$/, '')
  return ACCOUNTS[bare] ?? `${bare}-controller`
}

/** Whom the writes of a controller come from; undefined: the manager itself. */
export function certificateOf(controller: string): Certificate | undefined {
  const account = accountOf(controller)
  if (account === undefined) return undefined
  return {
    commonName: `system:serviceaccount:kube-system:${account}`,
    organizations: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'],
  }
}
