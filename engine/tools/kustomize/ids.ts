/** What names a resource in a build. Models kyaml/resid and kyaml/openapi's list of cluster-scoped kinds (those of 1.21). */

export interface Gvk {
  group: string
  version: string
  kind: string
}

export interface ResId extends Gvk {
  name: string
  namespace: string
}

/** Empty facts match all. */
export type GvkSelector = Partial<Gvk>

const CLUSTER_KINDS: Record<string, string> = {
  v1: 'ComponentStatus Namespace Node PersistentVolume',
  'admissionregistration.k8s.io/v1': 'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/v1beta1': 'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
  'apiextensions.k8s.io/v1': 'CustomResourceDefinition',
  'apiextensions.k8s.io/v1beta1': 'CustomResourceDefinition',
  'apiregistration.k8s.io/v1': 'APIService',
  'apiregistration.k8s.io/v1beta1': 'APIService',
  'authentication.k8s.io/v1': 'TokenReview',
  'authentication.k8s.io/v1beta1': 'TokenReview',
  'authorization.k8s.io/v1': 'SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
  'authorization.k8s.io/v1beta1': 'SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
  'certificates.k8s.io/v1': 'CertificateSigningRequest',
  'certificates.k8s.io/v1beta1': 'CertificateSigningRequest',
  'flowcontrol.apiserver.k8s.io/v1alpha1': 'FlowSchema PriorityLevelConfiguration',
  'flowcontrol.apiserver.k8s.io/v1beta1': 'FlowSchema PriorityLevelConfiguration',
  'internal.apiserver.k8s.io/v1alpha1': 'StorageVersion',
  'networking.k8s.io/v1': 'IngressClass',
  'networking.k8s.io/v1beta1': 'IngressClass',
  'node.k8s.io/v1': 'RuntimeClass',
  'node.k8s.io/v1alpha1': 'RuntimeClass',
  'node.k8s.io/v1beta1': 'RuntimeClass',
  'policy/v1beta1': 'PodSecurityPolicy',
  'rbac.authorization.k8s.io/v1': 'ClusterRole ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1alpha1': 'ClusterRole ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1beta1': 'ClusterRole ClusterRoleBinding',
  'scheduling.k8s.io/v1': 'PriorityClass',
  'scheduling.k8s.io/v1alpha1': 'PriorityClass',
  'scheduling.k8s.io/v1beta1': 'PriorityClass',
  'storage.k8s.io/v1': 'CSIDriver CSINode StorageClass VolumeAttachment',
  'storage.k8s.io/v1alpha1': 'VolumeAttachment',
  'storage.k8s.io/v1beta1': 'CSIDriver CSINode StorageClass VolumeAttachment',
}

export const apiVersionOf = ({ group, version }: Gvk): string => (group === '' ? version : `${group}/${version}`)

export function parseGvk(apiVersion: string, kind: string): Gvk {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion, kind }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind }
}

/** Known for sure to live outside of namespaces; an unknown kind is not. */
export const isClusterScoped = (gvk: Gvk): boolean =>
  (CLUSTER_KINDS[apiVersionOf(gvk)] ?? '').split(' ').includes(gvk.kind)

export const isSelected = (gvk: Gvk, by: GvkSelector): boolean =>
  (!by.group || by.group === gvk.group) &&
  (!by.version || by.version === gvk.version) &&
  (!by.kind || by.kind === gvk.kind)

const NO_NAMESPACE = '_non_namespaceable_'

/** `default` for the empty one; a value of its own for cluster-scoped kinds. */
export const effectiveNamespace = (id: ResId): string =>
  isClusterScoped(id) ? NO_NAMESPACE : id.namespace === '' ? 'default' : id.namespace

export const sameId = (a: ResId, b: ResId): boolean =>
  a.group === b.group &&
  a.version === b.version &&
  a.kind === b.kind &&
  a.name === b.name &&
  effectiveNamespace(a) === effectiveNamespace(b)

/** `Deployment.v1.apps`. */
export const gvkText = (gvk: Gvk): string =>
  [gvk.kind || '[noKind]', gvk.version || '[noVer]', gvk.group || '[noGrp]'].join('.')

/** `Deployment.v1.apps/web.[noNs]`. */
export const idText = (id: ResId): string => `${gvkText(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`

const goText = JSON.stringify

/** As Go's `%#v` prints it. */
export const idGoText = (id: ResId): string =>
  `resid.ResId{Gvk:resid.Gvk{Group:${goText(id.group)}, Version:${goText(id.version)}, Kind:${goText(id.kind)}, isClusterScoped:${isClusterScoped(id)}}, Name:${goText(id.name)}, Namespace:${goText(id.namespace)}}`
