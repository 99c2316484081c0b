/** What checks say of packages and versions. */
import { describe, expect, it } from 'vitest'
import { node as nodeCheck } from '../../engine/scenario/checks/node.ts'
import { packageCheck } from '../../engine/scenario/checks/package.ts'
import { skew } from '../../engine/scenario/checks/skew.ts'
import { FakeCluster, node } from './fake-cluster.ts'

const STATUS = `Package: kubeadm
Status: hold ok installed
Version: 1.35.2-1.1

Package: kubelet
Status: install ok installed
Version: 1.34.6-1.1

Package: nginx
Status: deinstall ok config-files
Version: 1.24.0
`
const cluster = new FakeCluster({ files: { 'worker-1:/var/lib/dpkg/status': STATUS } })
const context = { view: cluster.view, hands: cluster.hands, startMs: 0 }
const look = (name: string, more: object = {}) => packageCheck.observe({ on: 'worker-1', name, ...more }, context)

describe('a package', () => {
  it('is there, in a version, on hold or not', async () => {
    expect(await look('kubeadm', { version: '1.35.2', held: true })).toEqual({ holds: true, found: '1.35.2-1.1, on hold' }) // prettier-ignore
    expect(await look('kubelet', { version: '1.35.2' })).toEqual({ holds: false, found: '1.34.6-1.1, not on hold' })
    expect(await look('kubelet', { version: '1.34.6-1.1', held: true })).toMatchObject({ holds: false })
    expect(await look('kubelet', { version: '1.34.' })).toMatchObject({ holds: false })
  })

  it('is not there when it was removed or never came', async () => {
    expect(await look('nginx')).toEqual({ holds: false, found: 'nginx is not installed' })
    expect(await look('nginx', { absent: true })).toMatchObject({ holds: true })
    expect(await look('kubeadm', { absent: true })).toEqual({ holds: false, found: 'kubeadm 1.35.2-1.1 is installed' })
  })
})

describe('versions', () => {
  const versioned = (name: string, kubeletVersion: string) => {
    const made = node(name, 'True')
    return { ...made, status: { ...(made['status'] as object), nodeInfo: { kubeletVersion } } }
  }
  const apiServer = {
    kind: 'Pod',
    metadata: {
      name: 'kube-apiserver-a',
      namespace: 'kube-system',
      labels: { tier: 'control-plane', component: 'kube-apiserver' },
    },
    spec: { nodeName: 'a', containers: [{ name: 'kube-apiserver', image: 'registry.k8s.io/kube-apiserver:v1.35.3' }] },
  }
  const seenWith = (kubeletVersion: string) => {
    const { view, hands } = new FakeCluster({ objects: [versioned('a', kubeletVersion), apiServer] })
    return { view, hands, startMs: 0 }
  }

  it('are within the policy or not (A1)', async () => {
    expect(await skew.observe({ supported: true }, seenWith('v1.32.0'))).toMatchObject({ holds: true })
    expect(await skew.observe({ supported: true }, seenWith('v1.31.0'))).toMatchObject({ holds: false })
    const { found } = await skew.observe({ supported: false }, seenWith('v1.36.1'))
    expect(found).toContain('kubelet v1.36.1 on a is 1 minor version newer than kube-apiserver v1.35.3 on a')
  })

  it("are a node's own, of its kubelet", async () => {
    expect(await nodeCheck.observe({ name: 'a', ready: true, version: 'v1.35.2' }, seenWith('v1.35.2'))).toEqual({ holds: true, found: 'Ready is True, v1.35.2' }) // prettier-ignore
    expect(await nodeCheck.observe({ name: 'a', version: 'v1.35.2' }, seenWith('v1.34.6'))).toMatchObject({ holds: false }) // prettier-ignore
  })
})
