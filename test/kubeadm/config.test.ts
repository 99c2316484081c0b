import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../engine/objects/yaml.ts'
import { defaultCluster, defaultInit } from '../../engine/tools/kubeadm/config/defaults.ts'
import { clusterDocument, initDocument } from '../../engine/tools/kubeadm/config/print.ts'
import { readConfig } from '../../engine/tools/kubeadm/config/read.ts'

const file = (version: string, kind: string, rest: string): string =>
  `apiVersion: kubeadm.k8s.io/${version}\nkind: ${kind}\n${rest}`

describe('configuration files', () => {
  it('turns maps of arguments into lists, and back', () => {
    const { config, warnings } = readConfig(
      file('v1beta3', 'ClusterConfiguration', 'apiServer:\n  extraArgs:\n    audit-log-maxage: "3"\n'),
      35,
    )
    expect(config.cluster?.apiServer?.extraArgs).toEqual([{ name: 'audit-log-maxage', value: '3' }])
    expect(warnings[0]?.text).toContain('your configuration file uses a deprecated API spec: "kubeadm.k8s.io/v1beta3"')
    const cluster = defaultCluster(config.cluster ?? {}, 'v1.30.0')
    expect(clusterDocument(cluster, 'v1beta3')).toMatchObject({
      apiServer: { extraArgs: { 'audit-log-maxage': '3', 'authorization-mode': 'Node,RBAC' } },
    })
    expect(clusterDocument(cluster, 'v1beta3')).not.toHaveProperty('proxy')
    expect(clusterDocument(cluster, 'v1beta4')).toHaveProperty('proxy', {})
  })

  it('warns of what it does not know, and refuses what it cannot read', () => {
    const { warnings } = readConfig(
      file('v1beta4', 'InitConfiguration', 'nodeRegistration:\n  nam: x\nlocalAPIEndpoints: {}\n'),
      35,
    )
    expect(warnings.map(({ text }) => text)).toEqual([
      'error unmarshaling configuration schema.GroupVersionKind{Group:"kubeadm.k8s.io", Version:"v1beta4", Kind:"InitConfiguration"}: strict decoding error: unknown field "nodeRegistration.nam", unknown field "localAPIEndpoints"',
    ])
    expect(() =>
      readConfig(file('v1beta4', 'ClusterConfiguration', 'apiServer:\n  extraArgs: {v: "2"}\n'), 35),
    ).toThrow('json: cannot unmarshal object into Go struct field ClusterConfiguration.apiServer.extraArgs of type []v1beta4.Arg') // prettier-ignore
  })

  it('tells who can read an old file', () => {
    expect(() => readConfig(file('v1beta2', 'ClusterConfiguration', ''), 35)).toThrow(
      'your configuration file uses an old API spec: "kubeadm.k8s.io/v1beta2" (kind: "ClusterConfiguration"). Please use kubeadm v1.22 instead',
    )
    expect(() => readConfig(file('v1beta4', 'ClusterConfiguration', ''), 30)).toThrow('no kind "ClusterConfiguration"')
    expect(() => readConfig('kind: ClusterConfiguration\n', 35)).toThrow('kind and apiVersion is mandatory')
  })

  it('keeps what the components are told', () => {
    const { config } = readConfig(
      `${file('v1beta4', 'JoinConfiguration', 'discovery: {tlsBootstrapToken: a}\n')}---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 20\n`,
      35,
    )
    expect(config.join?.discovery?.tlsBootstrapToken).toBe('a')
    expect(config.kubelet).toMatchObject({ maxPods: 20 })
  })

  it('reads what it prints', () => {
    const init = defaultInit(
      { bootstrapTokens: [{ token: 'abcdef.0123456789abcdef' }] },
      { name: 'n', address: '1.2.3.4' },
    )
    for (const version of ['v1beta3', 'v1beta4']) {
      const { warnings, config } = readConfig(JSON.stringify(initDocument(init, version)), 33)
      expect(warnings.filter(({ text }) => text.includes('strict'))).toEqual([])
      expect(config.init?.localAPIEndpoint).toEqual({ advertiseAddress: '1.2.3.4', bindPort: 6443 })
    }
    expect(parseYaml('a: 1')).toEqual({ a: 1 })
  })
})
