/** kubeconfig files (P7). Models cmd/kubeadm/app/phases/kubeconfig and util/kubeconfig. */
import { makeYaml } from '../../../objects/yaml.ts'
import type { ClusterConfiguration } from '../config/types.ts'
import { featuresOf, minorOf } from '../release.ts'
import { serverUrl } from './addresses.ts'
import type { LeafSubject } from './certificates.ts'

/** base64 of a text. */
export function encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

export function decode(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text.replace(/\s+/g, '')), (char) => char.charCodeAt(0)))
}

export interface KubeconfigFacts {
  cluster: string
  /** `https://10.0.0.1:6443` */
  server: string
  /** PEM; absent: the server is believed. */
  ca?: string
  user: string
  context?: string
  namespace?: string
  credentials: Record<string, string>
}

export function makeKubeconfig(facts: KubeconfigFacts): string {
  const { cluster, server, ca, user, credentials, namespace, context = `${user}@${cluster}` } = facts
  const trust = ca === undefined ? { 'insecure-skip-tls-verify': true } : { 'certificate-authority-data': encode(ca) }
  return makeYaml({
    apiVersion: 'v1',
    clusters: [{ cluster: { ...trust, server }, name: cluster }],
    contexts: [{ context: { cluster, ...(namespace !== undefined && { namespace }), user }, name: context }],
    'current-context': context,
    kind: 'Config',
    preferences: {},
    users: [{ name: user, user: credentials }],
  })
}

export interface KubeconfigSpec {
  /** File in /etc/kubernetes without `.conf`. */
  file: string
  user: string
  /** The subject of its certificate. */
  subject: LeafSubject
  /** Where it goes: to the stable endpoint, or to the API server beside it. */
  server: string
  longName: string
}

interface Local {
  name: string
  address: string
  bindPort: number
}

/** `file` → what it is; super-admin.conf only since 1.29. In the order in which `init` writes them. */
export function kubeconfigSpecs(cluster: ClusterConfiguration, local: Local): KubeconfigSpec[] {
  const { superAdmin } = featuresOf(minorOf(cluster.kubernetesVersion))
  const stable = serverUrl(cluster, local)
  const beside = `https://${local.address}:${local.bindPort}`
  const spec = (file: string, user: string, groups: string[], server: string, longName: string): KubeconfigSpec => ({
    file,
    user,
    subject: { commonName: user, ...(groups.length > 0 && { organizations: groups }), usages: ['clientAuth'] },
    server,
    longName: `certificate embedded in the kubeconfig file for ${longName}`,
  })
  const admins = superAdmin ? ['kubeadm:cluster-admins'] : ['system:masters']
  return [
    spec('admin', 'kubernetes-admin', admins, stable, 'the admin to use and for kubeadm itself'),
    ...(superAdmin
      ? [spec('super-admin', 'kubernetes-super-admin', ['system:masters'], stable, 'the super-admin')]
      : []),
    spec('kubelet', `system:node:${local.name}`, ['system:nodes'], stable, 'the kubelet to use'),
    spec('controller-manager', 'system:kube-controller-manager', [], beside, 'the controller manager to use'),
    spec('scheduler', 'system:kube-scheduler', [], beside, 'the scheduler manager to use'),
  ]
}
