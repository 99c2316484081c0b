import { describe, expect, it } from 'vitest'
import { offersFor, upgradesKubelets } from '../../engine/tools/kubeadm/upgrade/compute.ts'
import type { ClusterState } from '../../engine/tools/kubeadm/upgrade/compute.ts'
import { objectionsTo, verdictOn } from '../../engine/tools/kubeadm/upgrade/policy.ts'
import type { Allowed, Objections } from '../../engine/tools/kubeadm/upgrade/policy.ts'
import { configsText, offerText } from '../../engine/tools/kubeadm/upgrade/plan-text.ts'

const NONE: Objections = { mandatory: [], skippable: [] }

const judge = (
  wanted: string,
  cluster: string,
  kubeadm: string,
  kubelets: string[] = [cluster],
  allowed: Allowed = {},
) => objectionsTo(wanted, { cluster, kubeadm, kubelets }, allowed)

describe('which versions a cluster may get (A3)', () => {
  it('lets a minor and a patch pass', () => {
    expect(judge('v1.35.3', 'v1.34.2', 'v1.35.3')).toEqual(NONE)
    expect(judge('v1.34.6', 'v1.34.2', 'v1.34.6')).toEqual(NONE)
  })

  it('does not skip a minor, whatever is forced', () => {
    expect(judge('v1.36.0', 'v1.34.2', 'v1.36.1').mandatory).toEqual([
      'Specified version to upgrade to "v1.36.0" is too high; kubeadm can upgrade only 1 minor version at a time',
    ])
  })

  it('names the cluster where it means the oldest version it supports', () => {
    expect(judge('v1.32.0', 'v1.33.1', 'v1.34.0').mandatory).toEqual([
      'Specified version to upgrade to "v1.32.0" is equal to or lower than the minimum supported version "v1.33.1". Please specify a higher version to upgrade to',
    ])
  })

  it('does not go down by two minors', () => {
    expect(judge('v1.32.0', 'v1.34.1', 'v1.33.0').mandatory).toContain(
      'Specified version to downgrade to "v1.32.0" is too low; kubeadm can downgrade only 1 minor version at a time',
    )
  })

  it('wants a kubeadm that is new enough: a minor is a must, a patch can be forced', () => {
    expect(judge('v1.35.0', 'v1.34.2', 'v1.34.9').mandatory).toEqual([
      'Specified version to upgrade to "v1.35.0" is at least one minor release higher than the kubeadm minor release (35 > 34). Such an upgrade is not supported',
    ])
    expect(judge('v1.34.9', 'v1.34.2', 'v1.34.6').skippable).toEqual([
      'Specified version to upgrade to "v1.34.9" is higher than the kubeadm version "v1.34.6". Upgrade kubeadm first using the tool you used to install kubeadm',
    ])
    expect(judge('v1.34.9', 'v1.34.2', 'v1.35.0').skippable).toEqual([
      'Kubeadm version v1.35.0 can only be used to upgrade to Kubernetes version 1.35',
    ])
  })

  it('wants a flag for unstable versions, and lets pre-releases be forced over the limits', () => {
    const unstable = (version: string): string =>
      `Specified version to upgrade to "${version}" is an unstable version and such upgrades weren't allowed via setting the --allow-*-upgrades flags`
    expect(judge('v1.35.0-rc.1', 'v1.34.2', 'v1.35.0').skippable).toEqual([unstable('v1.35.0-rc.1')])
    expect(judge('v1.35.0-rc.1', 'v1.34.2', 'v1.35.0', ['v1.34.2'], { releaseCandidate: true })).toEqual(NONE)
    expect(judge('v1.35.0-beta.0', 'v1.34.2', 'v1.35.0', [], { releaseCandidate: true }).skippable).toEqual([
      unstable('v1.35.0-beta.0'),
    ])
    expect(judge('v1.35.0-alpha.1', 'v1.34.2', 'v1.35.0', [], { experimental: true })).toEqual(NONE)
    expect(judge('v1.36.0-alpha.1', 'v1.34.2', 'v1.36.0', [], { experimental: true }).mandatory).toEqual([])
  })

  it('counts kubelets that are more than three minors behind', () => {
    const { skippable } = judge('v1.35.0', 'v1.34.2', 'v1.35.0', ['v1.31.9', 'v1.32.1', 'v1.30.2'])
    expect(skippable).toEqual([
      'There are kubelets in this cluster that are too old that have these versions [v1.30.2 v1.31.9]',
    ])
  })

  it('goes on without the kubelets, not without the cluster', () => {
    const error = { error: 'dial tcp' }
    expect(objectionsTo('v1.35.0', { cluster: error, kubeadm: 'v1.35.0', kubelets: [] }, {}).mandatory).toEqual([
      'Unable to fetch cluster version: dial tcp',
    ])
    expect(objectionsTo('v1.35.0', { cluster: 'v1.34.0', kubeadm: 'v1.35.0', kubelets: error }, {}).skippable).toEqual([
      'Unable to fetch kubelet version: dial tcp',
    ])
  })

  it('tells only what cannot be forced, where there is any', () => {
    const both = { mandatory: ['a'], skippable: ['b'] }
    expect(verdictOn(both, { force: true, prefix: 'x' })).toEqual({
      error:
        'the version argument is invalid due to these fatal errors:\n\n\t- a\n\nPlease fix the misalignments highlighted above and try upgrading again',
    })
    expect(verdictOn({ mandatory: [], skippable: ['b'] }, { force: false, prefix: 'x' })).toEqual({
      error:
        'the version argument is invalid due to these errors:\n\n\t- b\n\nCan be bypassed if you pass the --force flag',
    })
    expect(verdictOn({ mandatory: [], skippable: ['b'] }, { force: true, prefix: 'upgrade/preflight' })).toEqual({
      text: '[upgrade/preflight] Found 1 potential version compatibility errors but skipping since the --force flag is set: \n\n\t- b\n',
    })
    expect(verdictOn(NONE, { force: false, prefix: 'x' })).toBeUndefined()
  })
})

const state = (version: string, kubeadm: string): ClusterState => {
  const all = { [version]: ['cp1'] }
  return {
    cluster: version,
    kubeadm,
    dns: 'v1.12.1',
    kubelets: { [version]: ['cp1', 'w1'] },
    apiServers: all,
    controllerManagers: all,
    schedulers: all,
    etcds: { '3.6.5-0': ['cp1'] },
  }
}

describe('which upgrades are on offer (A5)', () => {
  it('offers the newest patch first, then the next minor', () => {
    const offers = offersFor(state('v1.34.2', 'v1.35.3'), 'v1.35.3', 'v1.34.6')
    expect(offers.map(({ description, version, kubeadm }) => [description, version, kubeadm])).toEqual([
      ['version in the v1.34 series', 'v1.34.6', 'v1.35.3'],
      ['stable version', 'v1.35.3', 'v1.35.3'],
    ])
  })

  it('asks for a newer kubeadm where the offer is newer than it', () => {
    const [patch] = offersFor(state('v1.34.2', 'v1.34.2'), 'v1.34.6', 'v1.34.6')
    expect(patch?.kubeadm).toBe('v1.34.6')
    expect(offerText(state('v1.34.2', 'v1.34.2'), patch!, 34)).toContain(
      'Note: Before you can perform this upgrade, you have to update kubeadm to v1.34.6.\n',
    )
  })

  it('offers nothing to a cluster that is up to date', () => {
    expect(offersFor(state('v1.35.3', 'v1.35.3'), 'v1.35.3', 'v1.35.3')).toEqual([])
  })

  it('shows nodes since 1.30, counts before', () => {
    const before = state('v1.34.6', 'v1.35.3')
    const [offer] = offersFor(before, 'v1.35.3', 'v1.34.6')
    expect(upgradesKubelets(before, offer!)).toBe(true)
    const lines = offerText(before, offer!, 35).split('\n')
    expect(lines.slice(1, 4)).toEqual([
      'COMPONENT   NODE      CURRENT   TARGET',
      'kubelet     cp1       v1.34.6   v1.35.3',
      'kubelet     w1        v1.34.6   v1.35.3',
    ])
    expect(lines.find((line) => line.startsWith('kube-proxy'))).toBe(
      'kube-proxy                          1.34.6    v1.35.3',
    )
    expect(offerText(before, offer!, 28)).toContain(
      'COMPONENT   CURRENT       TARGET\nkubelet     2 x v1.34.6   v1.35.3\n',
    )
  })

  it('says which configurations a person must mend', () => {
    const text = configsText([{ group: 'kubelet.config.k8s.io', current: 'v1alpha1', preferred: 'v1beta1' }])
    expect(text).toContain('kubelet.config.k8s.io   v1alpha1          v1beta1             yes\n')
  })
})
