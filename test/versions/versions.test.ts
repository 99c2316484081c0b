import { describe, expect, it } from 'vitest'
import {
  RELEASES,
  allowedMinors,
  compareVersions,
  coreDnsImagePath,
  defaultRegistry,
  etcdTag,
  isPublished,
  kubectlSkewWarning,
  latestOf,
  makeVersion,
  parseVersion,
  pauseTag,
  skewFindings,
  unsupportedSkew,
  versionsOf,
} from '../../engine/versions/index.ts'
import type { VersionedComponent } from '../../engine/versions/index.ts'

describe('versions', () => {
  it('are read and written back', () => {
    for (const text of ['1.35.2', '1.36.0-rc.1', '3.5.24-0', '1.19.7-alpha.2'])
      expect(makeVersion(parseVersion(text)!)).toBe(text)
    expect(parseVersion('v1.35')).toEqual({ major: 1, minor: 35, patch: 0 })
    for (const text of ['', 'stable', '1', '1.35.x', 'v']) expect(parseVersion(text)).toBeUndefined()
  })

  it('compare as semantic versions do', () => {
    const ascending = ['1.9.11', '1.18.0-alpha.2', '1.18.0-alpha.10', '1.18.0-beta.0', '1.18.0-rc.1', '1.18.0', '1.18.10', '2.0.0'] // prettier-ignore
    const shuffled = [...ascending].reverse()
    expect(shuffled.sort(compareVersions)).toEqual(ascending)
    expect(compareVersions('v1.35.0', '1.35')).toBe(0)
  })
})

describe('releases', () => {
  it('reach from 1.12 to 1.36 without the patches that were never published', () => {
    expect(Object.keys(RELEASES).map(Number)).toEqual(Array.from({ length: 25 }, (_, i) => i + 12))
    expect(latestOf(35)).toBe('1.35.3')
    expect(latestOf(99)).toBe('1.99.0')
    expect(versionsOf(18)).not.toContain('1.18.7')
    expect(isPublished('v1.18.20')).toBe(true)
    expect(isPublished('1.17.10')).toBe(false)
    expect(isPublished('1.36.0-rc.0')).toBe(false)
  })

  it('name the images of kubeadm of that patch (A2)', () => {
    expect(etcdTag('1.36.1')).toBe('3.6.8-0')
    expect(etcdTag('1.33.5')).toBe('3.5.21-0')
    expect(etcdTag('1.33.13')).toBe('3.5.24-0')
    expect(etcdTag('1.19.0')).toBe('3.4.9-1')
    expect(coreDnsImagePath('1.36.0')).toBe('coredns/coredns:v1.14.2')
    expect(coreDnsImagePath('1.20.15')).toBe('coredns:1.7.0')
    expect(pauseTag('1.36.1')).toBe('3.10.2')
    expect(etcdTag('1.40.0')).toBe('3.6.8-0')
    expect(['1.21.14', '1.24.8', '1.24.9', '1.25.0'].map(defaultRegistry)).toEqual(['k8s.gcr.io', 'k8s.gcr.io', 'registry.k8s.io', 'registry.k8s.io']) // prettier-ignore
  })
})

const at = (component: string, minor: number, host = 'a'): VersionedComponent => ({
  component,
  version: `v1.${minor}.1`,
  host,
})
const supported = (...components: VersionedComponent[]): boolean => unsupportedSkew(components).length === 0

describe('the version skew policy (A1)', () => {
  /** component, its minor, minor of the API server, whether it may be. */
  const TABLE: [string, number, number, boolean][] = [
    ['kubelet', 35, 35, true],
    ['kubelet', 32, 35, true],
    ['kubelet', 31, 35, false],
    ['kubelet', 36, 35, false],
    ['kubelet', 25, 28, true],
    ['kubelet', 24, 27, false],
    ['kubelet', 24, 26, true],
    ['kube-proxy', 32, 35, true],
    ['kube-proxy', 31, 35, false],
    ['kube-proxy', 36, 35, false],
    ['kube-proxy', 24, 27, false],
    ['kube-controller-manager', 35, 35, true],
    ['kube-controller-manager', 34, 35, true],
    ['kube-controller-manager', 33, 35, false],
    ['kube-controller-manager', 36, 35, false],
    ['kube-scheduler', 34, 35, true],
    ['kube-scheduler', 36, 35, false],
    ['cloud-controller-manager', 34, 35, true],
    ['cloud-controller-manager', 33, 35, false],
    ['kubectl', 36, 35, true],
    ['kubectl', 34, 35, true],
    ['kubectl', 33, 35, false],
    ['kubectl', 37, 35, false],
    ['kubeadm', 36, 35, true],
    ['kubeadm', 34, 35, false],
  ]

  it.each(TABLE)('%s 1.%d beside an API server 1.%d: %s', (component, minor, server, ok) => {
    expect(supported(at(component, minor), at('kube-apiserver', server))).toBe(ok)
  })

  it('holds kube-proxy to three minors of the kubelet on its own node', () => {
    const server = at('kube-apiserver', 36, 'm')
    expect(supported(server, at('kubelet', 33, 'n'), at('kube-proxy', 36, 'n'))).toBe(true)
    expect(supported(server, at('kubelet', 36, 'n'), at('kube-proxy', 33, 'n'))).toBe(true)
    const old = at('kube-apiserver', 27, 'm')
    expect(supported(old, at('kubelet', 27, 'n'), at('kube-proxy', 25, 'n'))).toBe(true)
    expect(supported(at('kubelet', 27, 'n'), at('kube-proxy', 24, 'n'))).toBe(false)
    expect(supported(at('kubelet', 27, 'n'), at('kube-proxy', 24, 'other'))).toBe(true)
  })

  it('narrows every window in HA to what all API servers allow', () => {
    const servers = [at('kube-apiserver', 35, 'a'), at('kube-apiserver', 34, 'b')]
    expect(allowedMinors('kubelet', servers)).toEqual({ oldest: 32, newest: 34 })
    expect(allowedMinors('kube-controller-manager', servers)).toEqual({ oldest: 34, newest: 34 })
    expect(allowedMinors('kubectl', servers)).toEqual({ oldest: 34, newest: 35 })
    expect(supported(...servers)).toBe(true)
    expect(supported(at('kube-apiserver', 35, 'a'), at('kube-apiserver', 33, 'b'))).toBe(false)
  })

  it('says of each component what is wrong, and with whom', () => {
    expect(skewFindings([at('kube-apiserver', 35, 'm'), at('kubelet', 36, 'n'), at('kubectl', 35, 'n')])).toEqual([
      { component: 'kube-apiserver', host: 'm', level: 'ok', text: 'kube-apiserver v1.35.1 on m is within the supported version skew' }, // prettier-ignore
      {
        component: 'kubelet',
        host: 'n',
        level: 'unsupported',
        text: 'kubelet v1.36.1 on n is 1 minor version newer than kube-apiserver v1.35.1 on m: kubelet must not be newer than kube-apiserver',
      },
      { component: 'kubectl', host: 'n', level: 'ok', text: 'kubectl v1.35.1 on n is within the supported version skew' }, // prettier-ignore
    ])
    expect(unsupportedSkew([{ component: 'kubelet', version: 'unknown' }])).toEqual([
      { component: 'kubelet', level: 'unsupported', text: 'unknown is not a version' },
    ])
  })
})

describe("kubectl's warning (A1, TestPrintVersionSkewWarning)", () => {
  const TABLE: [string, string, boolean][] = [
    ['1.19.1', '1.19.1', false],
    ['1.19.1', '1.19.7-alpha', false],
    ['1.19.1', '1.19.7-beta', false],
    ['1.18.5', '1.19.1', false],
    ['1.19.1', '1.18.5', false],
    ['1.17.7', '1.19.1', true],
    ['1.19.1', '1.17.7', true],
    ['1.19.1', '2.19.1', true],
  ]
  it.each(TABLE)('client %s, server %s: %s', (client, server, warns) => {
    expect(kubectlSkewWarning(client, server) !== undefined).toBe(warns)
  })

  it('is said in these words', () => {
    expect(kubectlSkewWarning('v1.30.4', 'v1.33.1')).toBe(
      'version difference between client (1.30) and server (1.33) exceeds the supported minor version skew of +/-1',
    )
  })
})
