/** Steps act through ClusterHands only, and say what went wrong. */
import { describe, expect, it } from 'vitest'
import { carryOutStep } from '../../engine/scenario/faults/index.ts'
import { FakeCluster, node } from './fake-cluster.ts'

const WEB = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }] },
          { name: 'side', image: 'busybox' },
        ],
      },
    },
  },
}
const DNS = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'coredns' },
  data: { Corefile: 'kubernetes cluster.local {' },
}

const cluster = (): FakeCluster =>
  new FakeCluster({ objects: [WEB, DNS, node('worker-1', 'True')], files: { 'worker-1:/etc/x': 'a b' } })

const DEEDS: [string, object, string][] = [
  [
    'stopUnit',
    { stopUnit: { on: 'worker-1', name: 'kubelet', disable: true } },
    'run worker-1: systemctl disable --now kubelet',
  ],
  ['exec', { exec: { on: 'base', run: 'kubectl get pods' } }, 'run base: kubectl get pods'],
  ['apply', { apply: [WEB] }, 'apply Deployment/web'],
  ['cut', { cut: { between: ['a', 'b'] } }, 'cut a b'],
  ['mend', { mend: { between: ['a', 'b'] } }, 'mend a b'],
  ['crash', { crash: { host: 'worker-1' } }, 'crash worker-1'],
  ['boot', { boot: { host: 'worker-1' } }, 'boot worker-1'],
  [
    'patch',
    { patch: { kind: 'Node', name: 'worker-1', set: { spec: { unschedulable: true } } } },
    'patch Node/worker-1 {"spec":{"unschedulable":true}}',
  ],
  [
    'editConfigMap',
    { editConfigMap: { name: 'coredns', key: 'Corefile', find: 'kubernetes', with: 'kubernets' } },
    'patch ConfigMap/coredns {"data":{"Corefile":"kubernets cluster.local {"}}',
  ],
]

describe('a step', () => {
  it.each(DEEDS)('%s', async (_name, step, expected) => {
    const fake = cluster()
    await carryOutStep(step, fake)
    expect(fake.log).toEqual([expected])
  })

  it('breakImage changes one container and keeps the rest', async () => {
    const fake = cluster()
    await carryOutStep({ breakImage: { kind: 'Deployment', name: 'web', container: 'web', image: 'nginx:nope' } }, fake)
    expect(fake.log[0]).toContain(
      '{"name":"web","image":"nginx:nope","ports":[{"containerPort":80}]},{"name":"side","image":"busybox"}',
    )
    await expect(
      carryOutStep({ breakImage: { kind: 'Deployment', name: 'web', container: 'wbe', image: 'x' } }, fake),
    ).rejects.toThrow('no container wbe')
  })

  it('editFile and remove change what is there, and editFile wants to find its piece', async () => {
    const fake = cluster()
    await carryOutStep({ editFile: { on: 'worker-1', path: '/etc/x', find: 'b', with: '$& c' } }, fake)
    expect(fake.state.files['worker-1:/etc/x']).toBe('a $& c')
    await expect(
      carryOutStep({ editFile: { on: 'worker-1', path: '/etc/x', find: 'z', with: '' } }, fake),
    ).rejects.toThrow('does not contain "z"')
    await carryOutStep({ remove: { kind: 'Deployment', name: 'web' } }, fake)
    expect(fake.state.objects).not.toContain(WEB)
  })

  it('wait ends when its check holds, and says what it found when it never does', async () => {
    const fake = cluster()
    fake.state.later.push({
      atMs: fake.state.nowMs + 40_000,
      change: (state) => (state.objects = [node('worker-1', 'Unknown')]),
    })
    const before = fake.state.nowMs
    await carryOutStep({ wait: { until: { node: { name: 'worker-1', ready: false } }, within: '2m' } }, fake)
    expect(fake.state.nowMs - before).toBe(40_000)
    await expect(
      carryOutStep({ wait: { until: { node: { name: 'worker-1', ready: true } }, within: '5s' } }, fake),
    ).rejects.toThrow('wanted node worker-1: Ready, found Ready is Unknown')
  })
})
