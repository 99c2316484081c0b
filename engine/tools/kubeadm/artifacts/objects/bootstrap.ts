/**
 * What lets nodes join: tokens, kube-public/cluster-info, and who may ask for and approve kubelets' certificates.
 * Models cmd/kubeadm/app/phases/bootstraptoken (P4, P8).
 */
import { makeYaml } from '../../../../objects/yaml.ts'
import { NODE_TOKEN_GROUP } from '../../config/defaults.ts'
import { featuresOf } from '../../release.ts'
import { encode } from '../kubeconfigs.ts'
import {
  clusterRole,
  clusterRoleBinding,
  configMap,
  group,
  mayGet,
  objectOf,
  role,
  roleBinding,
  user,
} from './object.ts'
import type { ClusterObject } from './object.ts'

export interface TokenFacts {
  id: string
  secret: string
  description?: string
  /** RFC 3339; absent: it never expires. */
  expiration?: string
  usages: readonly string[]
  groups: readonly string[]
}

export function tokenSecret({ id, secret, description, expiration, usages, groups }: TokenFacts): ClusterObject {
  const data: Record<string, string> = {
    'token-id': id,
    'token-secret': secret,
    ...(description && { description }),
    ...(expiration !== undefined && { expiration }),
    ...Object.fromEntries(usages.map((usage) => [`usage-bootstrap-${usage}`, 'true'])),
    ...(groups.length > 0 && { 'auth-extra-groups': groups.join(',') }),
  }
  return objectOf('v1/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encode(text)])),
  })
}

const CSR_ROLE = 'system:certificates.k8s.io:certificatesigningrequests'

/** Rights of who joins, in the order of kubeadm's lines. */
export const tokenRules = {
  getNodes: (): ClusterObject[] => [
    clusterRole('kubeadm:get-nodes', [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }]),
    clusterRoleBinding('kubeadm:get-nodes', 'kubeadm:get-nodes', [group(NODE_TOKEN_GROUP)]),
  ],
  postRequests: (): ClusterObject[] => [
    clusterRoleBinding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', [group(NODE_TOKEN_GROUP)]),
  ],
  approveRequests: (): ClusterObject[] => [
    clusterRoleBinding('kubeadm:node-autoapprove-bootstrap', `${CSR_ROLE}:nodeclient`, [group(NODE_TOKEN_GROUP)]),
  ],
  rotate: (): ClusterObject[] => [
    clusterRoleBinding('kubeadm:node-autoapprove-certificate-rotation', `${CSR_ROLE}:selfnodeclient`, [
      group('system:nodes'),
    ]),
  ],
  kubeletClient: (): ClusterObject[] => [
    clusterRoleBinding('kubeadm:apiserver-kubelet-client', 'system:kubelet-api-admin', [
      user('kube-apiserver-kubelet-client'),
    ]),
  ],
} as const

export type TokenRule = keyof typeof tokenRules

/** Which rights a release gives. */
export function tokenRulesOf(minor: number): TokenRule[] {
  const last: TokenRule[] = featuresOf(minor).kubeletClientBinding ? ['kubeletClient'] : []
  return ['getNodes', 'postRequests', 'approveRequests', 'rotate', ...last]
}

/** The server's address and authority, for those who have nothing but a token. */
export function clusterInfo(server: string, ca: string): ClusterObject {
  const kubeconfig = makeYaml({
    apiVersion: 'v1',
    clusters: [{ cluster: { 'certificate-authority-data': encode(ca), server }, name: '' }],
    contexts: null,
    'current-context': '',
    kind: 'Config',
    preferences: {},
    users: null,
  })
  return configMap('kube-public', 'cluster-info', { kubeconfig })
}

const SIGNER = 'kubeadm:bootstrap-signer-clusterinfo'

export const clusterInfoRules = (): ClusterObject[] => [
  role('kube-public', SIGNER, [mayGet('configmaps', 'cluster-info')]),
  roleBinding('kube-public', SIGNER, [user('system:anonymous')]),
]

/** admin.conf's group has the rights of cluster-admin by a binding that can be taken away (1.29). */
export const clusterAdmins = (): ClusterObject =>
  clusterRoleBinding('kubeadm:cluster-admins', 'cluster-admin', [group('kubeadm:cluster-admins')])

/** Rights on the certificates that `--upload-certs` stores. */
export const certificateRules = (): ClusterObject[] => [
  role('kube-system', 'kubeadm:kubeadm-certs', [mayGet('secrets', 'kubeadm-certs')]),
  roleBinding('kube-system', 'kubeadm:kubeadm-certs', [group(NODE_TOKEN_GROUP)]),
]
