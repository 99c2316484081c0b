import { describe, expect, it } from 'vitest'
import { componentVersions } from '../../engine/objects/component-versions.ts'
import type { Node, Pod } from '../../engine/objects/types.gen.ts'
import { unsupportedSkew } from '../../engine/versions/index.ts'

const pod = (name: string, image: string, labels: Record<string, string>): Pod => ({
  metadata: { namespace: 'kube-system', name, labels },
  spec: { nodeName: 'a', containers: [{ name, image }] },
})
const node = (name: string, kubeletVersion: string): Node =>
  ({ metadata: { name }, status: { nodeInfo: { kubeletVersion } } }) as Node

describe('versions as the API shows them (A5)', () => {
  const pods = [
    pod('kube-apiserver-a', 'registry.k8s.io/kube-apiserver:v1.35.3', { tier: 'control-plane', component: 'kube-apiserver' }), // prettier-ignore
    pod('etcd-a', 'registry.k8s.io/etcd:3.6.6-0', { tier: 'control-plane', component: 'etcd' }),
    pod('kube-proxy-x', 'localhost:5000/kube-proxy:v1.34.1@sha256:ab', { 'k8s-app': 'kube-proxy' }),
    pod('coredns-x', 'registry.k8s.io/coredns/coredns:v1.13.1', { 'k8s-app': 'kube-dns' }),
  ]

  it('come from image tags and from the nodes', () => {
    expect(componentVersions([node('a', 'v1.35.3')], pods)).toEqual([
      { component: 'kube-apiserver', version: 'v1.35.3', host: 'a' },
      { component: 'kube-proxy', version: 'v1.34.1', host: 'a' },
      { component: 'kubelet', version: 'v1.35.3', host: 'a' },
    ])
  })

  it('are judged by the policy', () => {
    expect(unsupportedSkew(componentVersions([node('a', 'v1.35.3'), node('b', 'v1.31.0')], pods))).toEqual([
      {
        component: 'kubelet',
        host: 'b',
        level: 'unsupported',
        text: 'kubelet v1.31.0 on b is 4 minor versions older than kube-apiserver v1.35.3 on a: kubelet may be 3 older at most than kube-apiserver',
      },
    ])
  })
})
