/** kube-proxy (O6) and etcd (O8b, O9) with broken inputs. */
import { describe, expect, it } from 'vitest'
import { readFlags } from '../../engine/cluster/flags/index.ts'
import type { ProxySettings, Refusal } from '../../engine/cluster/flags/index.ts'
import type { EtcdConfig } from '../../engine/etcd/config.ts'
import { commandOf, flagHost, OTHER_KEY, PKI } from './flag-host.ts'
import type { HostFacts } from './flag-host.ts'

type Changes = Record<string, string | undefined>

describe('kube-proxy and its configuration file (O6)', () => {
  const CONFIG = '/var/lib/kube-proxy/config.conf'
  const file = (text: string): HostFacts => ({
    files: {
      [CONFIG]: `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclientConnection:\n  kubeconfig: /etc/kubernetes/scheduler.conf\n${text}`,
    },
  })
  const read = (facts: HostFacts = {}, version = '1.33.13') =>
    readFlags(
      'kube-proxy',
      ['kube-proxy', `--config=${CONFIG}`, '--hostname-override=worker1'],
      version,
      flagHost(facts),
    )
  function errorOf(facts: HostFacts = {}, version = '1.33.13'): string {
    const result = read(facts, version)
    if (!('refused' in result)) return ''
    const err = /err=("(?:[^"\\]|\\.)*")\n$/.exec(result.refused)
    return JSON.parse(err?.[1] ?? '""') as string
  }

  it('misses it', () => {
    expect(errorOf()).toBe(`failed complete: open ${CONFIG}: no such file or directory`)
    expect((read() as Refusal).afterMs).toBe(50)
  })

  it('validates mode and ranges', () => {
    expect(errorOf(file('mode: foo\n'))).toBe(
      'failed validate: KubeProxyConfiguration.Mode.ProxyMode: Invalid value: "foo": must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])',
    )
    expect(errorOf(file('mode: userspace\n'))).toContain('"userspace": must be iptables, ipvs, nftables or blank')
    expect(errorOf(file('mode: userspace\n'), '1.25.0')).toBe('')
    expect(errorOf(file('clusterCIDR: 10.244.0.0\n'))).toBe(
      'failed validate: KubeProxyConfiguration.DetectLocalConfiguration.ClusterCIDRs[0]: Invalid value: "10.244.0.0": must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)',
    )
  })

  it('goes on over an unknown field, and says so', () => {
    const result = read(file('clusterCIDRs: 10.244.0.0/16\n'))
    expect('log' in result && result.log).toMatch(
      / options\.go:498\] "Using lenient decoding as strict decoding failed" err="strict decoding error: unknown field \\"clusterCIDRs\\""\n$/,
    )
  })

  it('misses its kubeconfig', () => {
    const result = readFlags(
      'kube-proxy',
      ['kube-proxy', '--kubeconfig=/etc/kubernetes/nope.conf'],
      '1.33.13',
      flagHost(),
    ) as Refusal
    expect(result.refused.split('\n').map((line) => line.replace(/^\S+ \S+ +1 /, ''))).toEqual([
      'server.go:136] "Error running ProxyServer" err="stat /etc/kubernetes/nope.conf: no such file or directory"',
      'run.go:72] "command failed" err="stat /etc/kubernetes/nope.conf: no such file or directory"',
      '',
    ])
  })

  it('needs a pod or a kubeconfig', () => {
    expect((readFlags('kube-proxy', ['kube-proxy'], '1.33.13', flagHost()) as Refusal).refused).toContain(
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
    )
  })

  it('has what the file says, and the name of the flag', () => {
    const result = read(
      file(
        'clusterCIDR: 10.244.0.0/16\nnodePortAddresses: [172.30.1.0/24]\nhostnameOverride: other\nmetricsBindAddress: ""\n',
      ),
    )
    expect((result as { settings: ProxySettings }).settings).toMatchObject({
      nodeName: 'worker1',
      clusterCidr: '10.244.0.0/16',
      nodePortAddresses: ['172.30.1.0/24'],
      healthzBindAddress: '0.0.0.0:10256',
      metricsBindAddress: '127.0.0.1:10249',
    })
  })
})

describe('etcd with broken flags (O8b)', () => {
  const read = (changes: Changes, facts: HostFacts = {}, version = '3.5.24', more: string[] = []) =>
    readFlags('etcd', commandOf('etcd', changes, more), version, flagHost(facts))
  const refusal = (changes: Changes, facts: HostFacts = {}, version = '3.5.24', more: string[] = []): Refusal => {
    const result = read(changes, facts, version, more)
    if (!('refused' in result)) throw new Error('etcd starts')
    return result
  }
  const lastOf = (result: Refusal): Record<string, string> =>
    JSON.parse(result.refused.trimEnd().split('\n').at(-1) as string) as Record<string, string>

  const texts: [flag: string, value: string, text: string][] = [
    ['nosuch', 'x', 'flag provided but not defined: -nosuch'],
    [
      'listen-client-urls',
      '127.0.0.1:2379',
      'invalid value "127.0.0.1:2379" for flag -listen-client-urls: parse "127.0.0.1:2379": first path segment in URL cannot contain colon',
    ],
    ['quota-backend-bytes', 'abc', 'invalid value "abc" for flag -quota-backend-bytes: parse error'],
    ['pre-vote', 'maybe', 'invalid boolean value "maybe" for -pre-vote: parse error'],
    ['initial-cluster-state', 'foo', 'invalid value "foo" for flag -initial-cluster-state: invalid value'],
    ['grpc-keepalive-timeout', '5', 'invalid value "5" for flag -grpc-keepalive-timeout: parse error'],
    [
      'listen-peer-urls',
      'localhost:2380',
      'invalid value "localhost:2380" for flag -listen-peer-urls: URL scheme must be http, https, unix, or unixs: localhost:2380',
    ],
    [
      'listen-peer-urls',
      'https://172.30.1.2',
      'invalid value "https://172.30.1.2" for flag -listen-peer-urls: URL address does not have the form "host:port": https://172.30.1.2',
    ],
  ]
  it.each(texts)('-%s=%s', (flag, value, text) => {
    const { refused, code, afterMs } = refusal({ [flag]: value })
    const lines = refused.split('\n')
    expect(lines[0]).toBe(text)
    expect(lines.slice(1, 5)).toEqual(['Usage:', '', '  etcd [flags]', '    Start an etcd server.'])
    expect(lines.length - 2).toBe(20)
    expect([code, afterMs]).toEqual([2, 16])
  })

  it('says when a value is missing', () => {
    expect(refusal({}, {}, '3.5.24', ['--name']).refused).toMatch(/^flag needs an argument: -name\n/)
  })

  it('verifies what it has read', () => {
    const verify = (changes: Changes, more: string[] = []): string => {
      const last = lastOf(refusal(changes, {}, '3.5.24', more))
      return `${last['msg']}: ${last['error']}`
    }
    expect(verify({}, ['foo'])).toBe("failed to verify flags: 'foo' is not a valid flag")
    expect(verify({ 'election-timeout': '400' })).toBe(
      'failed to verify flags: --election-timeout[400ms] should be at least as 5 times as --heartbeat-interval[100ms]',
    )
    expect(verify({ 'advertise-client-urls': undefined })).toBe(
      'failed to verify flags: --advertise-client-urls is required when --listen-client-urls is set explicitly',
    )
    expect(verify({ 'listen-client-urls': 'https://foo:2379' })).toBe(
      'failed to verify flags: expected IP in URL for binding (https://foo:2379)',
    )
  })

  const starts: [what: string, changes: Changes, msg: string, error: string][] = [
    [
      'peer certificate',
      { 'peer-cert-file': '/nope.crt' },
      'discovery failed',
      'open /nope.crt: no such file or directory',
    ],
    ['certificate', { 'cert-file': '/nope.crt' }, 'listener failed', 'open /nope.crt: no such file or directory'],
    ['authority', { 'trusted-ca-file': '/nope.crt' }, 'listener failed', 'open /nope.crt: no such file or directory'],
    [
      'name',
      { name: 'other' },
      'discovery failed',
      'couldn\'t find local name "other" in the initial cluster configuration',
    ],
    [
      'foreign address',
      { 'listen-client-urls': 'https://10.9.9.9:2379' },
      'discovery failed',
      'listen tcp 10.9.9.9:2379: bind: cannot assign requested address',
    ],
    [
      'advertised address',
      { 'initial-advertise-peer-urls': 'https://172.30.1.9:2380' },
      'discovery failed',
      '--initial-cluster has controlplane=https://172.30.1.2:2380 but missing from --initial-advertise-peer-urls=https://172.30.1.9:2380 (resolved urls: "https://172.30.1.9:2380" != "https://172.30.1.2:2380")',
    ],
  ]
  it.each(starts)('%s', (_what, changes, msg, error) => {
    const result = refusal(changes)
    expect(lastOf(result)).toMatchObject({ level: 'fatal', msg, error })
    expect(result.code).toBe(1)
    expect(lastOf(result)['caller']).toBe(msg === 'listener failed' ? 'etcdmain/etcd.go:219' : 'etcdmain/etcd.go:204')
    if (msg === 'discovery failed') {
      const before = JSON.parse(result.refused.trimEnd().split('\n').at(-2) as string) as Record<string, string>
      expect(before).toMatchObject({ level: 'warn', msg: 'failed to start etcd', error })
    } else expect(result.afterMs).toBeGreaterThanOrEqual(100)
  })

  it('sees a key of another certificate, a port taken, and a file where its data should be', () => {
    const other = { files: { '/other.key': OTHER_KEY } }
    expect(lastOf(refusal({ 'key-file': '/other.key' }, other))).toMatchObject({
      msg: 'listener failed',
      error: 'tls: private key does not match public key',
    })
    expect(lastOf(refusal({}, { taken: [2380] }))['error']).toBe(
      'listen tcp 172.30.1.2:2380: bind: address already in use',
    )
    expect(lastOf(refusal({ 'data-dir': '/run/afile' }, { files: { '/run/afile': '' } }))).toMatchObject({
      msg: 'failed to list data directory',
      error: 'readdirent /run/afile: not a directory',
    })
  })

  it('does not look at the initial cluster when it has data', () => {
    expect(read({ name: 'other' }, { directories: ['/var/lib/etcd', '/var/lib/etcd/member/wal'] })).toHaveProperty(
      'settings',
    )
  })

  it('writes 3.4 in its old words', () => {
    const changes = { name: 'other' }
    expect(refusal(changes, {}, '3.4.13').refused).toMatch(
      /C \| etcdmain: couldn't find local name "other" in the initial cluster configuration\n$/,
    )
  })

  it('knows the flags of its version (O9)', () => {
    const modern = { 'experimental-initial-corrupt-check': undefined, 'feature-gates': 'InitialCorruptCheck=true' }
    expect(refusal(modern).refused).toMatch(/^flag provided but not defined: -feature-gates\n/)
    expect(read(modern, {}, '3.6.8')).toMatchObject({ settings: { initialCorruptCheck: true } })
    const old = read({}, {}, '3.6.8')
    expect('log' in old && old.log).toContain("Use '--watch-progress-notify-interval' instead.")
    expect(refusal({ 'enable-v2': 'true' }, {}, '3.6.8').refused).toMatch(
      /^flag provided but not defined: -enable-v2\n/,
    )
  })

  it('reads its configuration', () => {
    const result = read({
      'auto-compaction-mode': 'revision',
      'auto-compaction-retention': '1000',
      'quota-backend-bytes': '8589934592',
    })
    expect((result as { settings: EtcdConfig }).settings).toMatchObject({
      name: 'controlplane',
      dataDir: '/var/lib/etcd',
      initialCluster: [{ name: 'controlplane', url: 'https://172.30.1.2:2380' }],
      clientTls: { certFile: `${PKI}/etcd/server.crt`, clientCertAuth: true },
      peerTls: { trustedCaFile: `${PKI}/etcd/ca.crt` },
      autoCompactionMode: 'revision',
      autoCompactionRetention: 1000,
      quotaBackendBytes: 8_589_934_592,
      watchProgressNotifyIntervalMs: 5_000,
      preVote: true,
    })
  })
})
