/** An object to create, for whoever creates it: the program over HTTP, or a cluster that boots as `kubeadm init` left it. */
export interface ClusterObject {
  /** `v1/configmaps`, `rbac.authorization.k8s.io/v1/roles`. */
  resource: string
  namespace?: string
  body: Body
}

export type Body = Record<string, unknown> & {
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
}

export function objectOf(resource: string, body: Body): ClusterObject {
  const { namespace } = body.metadata
  return { resource, ...(namespace !== undefined && { namespace }), body }
}

const RBAC = 'rbac.authorization.k8s.io'

export interface Subject {
  kind: 'Group' | 'User' | 'ServiceAccount'
  name: string
  namespace?: string
}

export const group = (name: string): Subject => ({ kind: 'Group', name })
export const user = (name: string): Subject => ({ kind: 'User', name })
export const account = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' })

const subjectOf = (subject: Subject): object =>
  subject.kind === 'ServiceAccount' ? subject : { apiGroup: RBAC, ...subject }

export interface Rule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
  resourceNames?: string[]
}

export const clusterRole = (name: string, rules: Rule[]): ClusterObject =>
  objectOf(`${RBAC}/v1/clusterroles`, { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name }, rules })

export const clusterRoleBinding = (name: string, role: string, subjects: Subject[]): ClusterObject =>
  objectOf(`${RBAC}/v1/clusterrolebindings`, {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: subjects.map(subjectOf),
  })

export const role = (namespace: string, name: string, rules: Rule[]): ClusterObject =>
  objectOf(`${RBAC}/v1/roles`, { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name, namespace }, rules })

export const roleBinding = (namespace: string, name: string, subjects: Subject[]): ClusterObject =>
  objectOf(`${RBAC}/v1/rolebindings`, {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: RBAC, kind: 'Role', name },
    subjects: subjects.map(subjectOf),
  })

export function configMap(
  namespace: string,
  name: string,
  data: Record<string, string>,
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): ClusterObject {
  return objectOf('v1/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...metadata },
    data,
  })
}

export const serviceAccount = (name: string): ClusterObject =>
  objectOf('v1/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'kube-system' },
  })

/** The rights to read one ConfigMap or Secret. */
export const mayGet = (resource: 'configmaps' | 'secrets', name: string): Rule => ({
  apiGroups: [''],
  resourceNames: [name],
  resources: [resource],
  verbs: ['get'],
})
