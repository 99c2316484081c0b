/** Labels that a kubelet may give its node. Models k8s.io/kubelet pkg/apis/well_known_labels.go. */

const KNOWN = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const RESTRICTED = 'node-restriction.kubernetes.io'

const isBelow = (namespace: string, parent: string): boolean => namespace === parent || namespace.endsWith(`.${parent}`)

/** Whether the kubelet itself may set or change the label; all that are not Kubernetes' own are free. */
export function isPermitted(label: string): boolean {
  const slash = label.indexOf('/')
  const namespace = slash < 0 ? '' : label.slice(0, slash)
  if (isBelow(namespace, RESTRICTED)) return false
  if (!isBelow(namespace, 'kubernetes.io') && !isBelow(namespace, 'k8s.io')) return true
  return KNOWN.has(label) || NAMESPACES.some((parent) => isBelow(namespace, parent))
}
