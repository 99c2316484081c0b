/** kube-apiserver with broken inputs: the row, the text, the time (O2). */
import { describe, expect, it } from 'vitest'
import { apiFlagsOf, readFlags, servedBy } from '../../engine/cluster/flags/index.ts'
import type { Accepted, ApiServerSettings } from '../../engine/cluster/flags/index.ts'
import { commandOf, flagHost, OTHER_KEY, PKI } from './flag-host.ts'
import type { HostFacts } from './flag-host.ts'

type Changes = Record<string, string | undefined>

function read(
  changes: Changes,
  facts: HostFacts = {},
  more: string[] = [],
  version = '1.33.13',
): ReturnType<typeof all> {
  return all(changes, facts, more, version)
}

const all = (changes: Changes, facts: HostFacts, more: string[], version: string) =>
  readFlags('kube-apiserver', commandOf('kube-apiserver', changes, more), version, flagHost(facts))

/** The error of the last line. */
function errorOf(changes: Changes, facts: HostFacts = {}, more: string[] = [], version = '1.33.13'): string {
  const result = read(changes, facts, more, version)
  if (!('refused' in result)) return ''
  const last = result.refused.trimEnd().split('\n').at(-1) as string
  const err = /^E1121 01:27:\d\d\.\d{6} {7}1 run\.go:72\] "command failed" err=("(?:[^"\\]|\\.)*")$/.exec(last)
  return err === null ? last : (JSON.parse(err[1] as string) as string)
}

function settings(changes: Changes, facts: HostFacts = {}, more: string[] = []): ApiServerSettings {
  const result = read(changes, facts, more)
  if ('refused' in result) throw new Error(result.refused)
  return (result as Accepted<ApiServerSettings>).settings
}

describe('broken inputs of kube-apiserver (O2)', () => {
  const gone = (path: string): string => `open ${path}: no such file or directory`
  const nope = `${PKI}/nope.crt`
  const rows: [what: string, changes: Changes, text: string, ms: [number, number]][] = [
    [
      'an unknown mode',
      { 'authorization-mode': 'Node,RBACK' },
      'authorization-mode "RBACK" is not a valid mode',
      [50, 150],
    ],
    [
      'a mode twice',
      { 'authorization-mode': 'Node,RBAC,RBAC' },
      'authorization-mode ["Node" "RBAC" "RBAC"] has mode specified more than once',
      [50, 150],
    ],
    [
      'an unknown plugin',
      { 'enable-admission-plugins': 'NodeRestriction,NoSuchPlugin' },
      'enable-admission-plugins plugin "NoSuchPlugin" is unknown',
      [50, 150],
    ],
    [
      'a plugin enabled and disabled',
      { 'disable-admission-plugins': 'NodeRestriction' },
      '[NodeRestriction] in enable-admission-plugins and disable-admission-plugins overlapped',
      [50, 150],
    ],
    [
      'several problems',
      { 'authorization-mode': 'RBACK', 'secure-port': '0' },
      '[--secure-port 0 must be between 1 and 65535, inclusive. It cannot be turned off with 0, authorization-mode "RBACK" is not a valid mode]',
      [50, 150],
    ],
    [
      'no CIDR',
      { 'service-cluster-ip-range': '10.96.0.0' },
      'service-cluster-ip-range[0] is not a valid cidr',
      [30, 70],
    ],
    [
      'a large range',
      { 'service-cluster-ip-range': '10.0.0.0/8' },
      'specified --service-cluster-ip-range is too large; for 32-bit addresses, the mask must be >= 12',
      [50, 150],
    ],
    [
      'a port that is none',
      { 'secure-port': '70000' },
      '--secure-port 70000 must be between 1 and 65535, inclusive. It cannot be turned off with 0',
      [50, 150],
    ],
    ['no etcd', { 'etcd-servers': undefined }, '--etcd-servers must be specified', [50, 150]],
    [
      'an empty issuer',
      { 'service-account-issuer': '' },
      'service-account-issuer should not be an empty string',
      [50, 150],
    ],
    ['an unknown group', { 'runtime-config': 'foo/v1=true' }, 'unknown api groups foo', [50, 150]],
    ['no serving certificate', { 'tls-cert-file': nope }, gone(nope), [50, 100]],
    ['no serving key', { 'tls-private-key-file': nope }, gone(nope), [50, 100]],
    [
      'a certificate that is none',
      { 'tls-cert-file': '/etc/hosts' },
      'tls: failed to find any PEM data in certificate input',
      [50, 100],
    ],
    ['no client CA', { 'client-ca-file': nope }, gone(nope), [200, 1200]],
    ['no CA of the front proxy', { 'requestheader-client-ca-file': nope }, gone(nope), [200, 1200]],
    ['no CA of etcd', { 'etcd-cafile': nope }, gone(nope), [200, 1200]],
    ['no certificate for etcd', { 'etcd-certfile': nope }, gone(nope), [200, 1200]],
    ['no public key of service accounts', { 'service-account-key-file': nope }, gone(nope), [200, 1200]],
    ['no token file', { 'token-auth-file': nope }, gone(nope), [200, 1200]],
    ['no certificate of the front proxy', { 'proxy-client-cert-file': nope }, gone(nope), [200, 1200]],
    [
      'a client CA that is none',
      { 'client-ca-file': '/etc/hosts' },
      'error loading CA bundle for "client-ca-bundle::/etc/hosts": data does not contain any valid RSA or ECDSA certificates',
      [500, 900],
    ],
    [
      'no signing key',
      { 'service-account-signing-key-file': nope },
      `failed to parse service-account-issuer-key-file: ${gone(nope)}`,
      [50, 100],
    ],
    [
      'no certificate for kubelets',
      { 'kubelet-client-certificate': nope },
      `problem initializing API group "": ${gone(nope)}`,
      [600, 1000],
    ],
    [
      'no encryption configuration',
      { 'encryption-provider-config': '/etc/kubernetes/enc.yaml' },
      `error while parsing file: error while loading file: error reading encryption provider configuration file "/etc/kubernetes/enc.yaml": ${gone('/etc/kubernetes/enc.yaml')}`,
      [400, 800],
    ],
    [
      'no audit policy',
      { 'audit-policy-file': '/etc/kubernetes/audit.yaml' },
      `loading audit policy file: failed to read file path "/etc/kubernetes/audit.yaml": ${gone('/etc/kubernetes/audit.yaml')}`,
      [1500, 2100],
    ],
    [
      'no admission configuration',
      { 'admission-control-config-file': '/etc/kubernetes/adm.yaml' },
      `failed to apply admission: failed to read plugin config: unable to read admission control configuration from "/etc/kubernetes/adm.yaml" [${gone('/etc/kubernetes/adm.yaml')}]`,
      [200, 400],
    ],
    [
      'an address that is not its own',
      { 'bind-address': '10.9.9.9' },
      'failed to create listener: failed to listen on 10.9.9.9:6443: listen tcp 10.9.9.9:6443: bind: cannot assign requested address',
      [150, 350],
    ],
  ]
  it.each(rows)('%s', (_what, changes, text, [least, most]) => {
    expect(errorOf(changes)).toBe(text)
    const result = read(changes)
    expect('refused' in result && result.code).toBe(1)
    expect('refused' in result && result.afterMs).toBeGreaterThanOrEqual(least)
    expect('refused' in result && result.afterMs).toBeLessThanOrEqual(most)
  })

  it('sees a port that is taken', () => {
    expect(errorOf({}, { taken: [6443] })).toBe(
      'failed to create listener: failed to listen on 0.0.0.0:6443: listen tcp 0.0.0.0:6443: bind: address already in use',
    )
  })

  it('sees a key of another certificate, to serve with and towards etcd', () => {
    const files = { '/other.key': OTHER_KEY }
    const text = 'tls: private key does not match public key'
    expect(errorOf({ 'tls-private-key-file': '/other.key' }, { files })).toBe(text)
    expect(errorOf({ 'etcd-keyfile': '/other.key' }, { files })).toBe(text)
  })

  it('sees PEM of another kind', () => {
    expect(errorOf({ 'tls-cert-file': `${PKI}/apiserver.key` })).toBe(
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
    )
    expect(errorOf({ 'tls-private-key-file': `${PKI}/apiserver.crt` })).toBe(
      'tls: found a certificate rather than a key in the PEM for the private key',
    )
  })

  it('starts with a signing key that its tokens are not verified by', () => {
    const { serviceAccount } = settings(
      { 'service-account-signing-key-file': '/other.key' },
      { files: { '/other.key': OTHER_KEY } },
    )
    expect(serviceAccount).toMatchObject({ signingKeyFile: '/other.key', keyFiles: [`${PKI}/sa.pub`] })
  })

  it('starts with a small range of services, and with an endpoint of etcd without scheme', () => {
    const { serviceClusterIpRanges, etcd } = settings({
      'service-cluster-ip-range': '10.96.0.0/29',
      'etcd-servers': '127.0.0.1:2379',
    })
    expect(serviceClusterIpRanges).toEqual(['10.96.0.0/29'])
    expect(etcd.servers).toEqual(['127.0.0.1:2379'])
  })

  it('does not know PodSecurityPolicy from 1.25 on (O9)', () => {
    expect(errorOf({ 'enable-admission-plugins': 'PodSecurityPolicy' }, {}, [], '1.25.0')).toBe(
      'enable-admission-plugins plugin "PodSecurityPolicy" is unknown',
    )
  })

  it('says whom it serves before it fails', () => {
    const result = read({ 'tls-cert-file': '/nope' })
    expect('refused' in result && result.refused.split('\n').map((line) => line.replace(/^\S+ \S+ +1 /, ''))).toEqual([
      'options.go:249] external host was not specified, using 172.30.1.2',
      'server.go:184] Version: v1.33.13',
      'server.go:186] "Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""',
      'run.go:72] "command failed" err="open /nope: no such file or directory"',
      '',
    ])
  })
})

describe('files of kube-apiserver', () => {
  const encryption = (secret: string, provider = 'aescbc'): HostFacts => ({
    files: {
      '/enc.yaml': `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - ${provider}:
      keys:
      - name: key1
        secret: ${secret}
  - identity: {}
`,
    },
  })
  const ENC = { 'encryption-provider-config': '/enc.yaml' }

  it('reads providers of encryption', () => {
    expect(settings(ENC, encryption('MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=')).encryption).toEqual([
      {
        resources: ['secrets'],
        providers: [
          { kind: 'aescbc', keys: [{ name: 'key1', secret: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=' }] },
          { kind: 'identity', keys: [] },
        ],
      },
    ])
  })

  it('refuses keys of the wrong length', () => {
    expect(errorOf(ENC, encryption('c2hvcnQ='))).toBe(
      'error while parsing file: resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 5, expected one of [32 24 16]',
    )
    expect(errorOf(ENC, encryption('c2hvcnQ=', 'secretbox'))).toMatch(/expected one of \[32\]$/)
  })

  it('reads an audit policy strictly', () => {
    const policy = (text: string): HostFacts => ({
      files: { '/audit.yaml': `apiVersion: audit.k8s.io/v1\nkind: Policy\n${text}` },
    })
    const AUDIT = { 'audit-policy-file': '/audit.yaml', 'audit-log-path': '/var/log/audit.log' }
    expect(settings(AUDIT, policy('rules:\n- level: Metadata\n')).audit).toMatchObject({
      logPath: '/var/log/audit.log',
    })
    expect(errorOf(AUDIT, policy('rules: []\n'))).toBe(
      'loading audit policy file: loaded illegal policy with 0 rules: from file /audit.yaml',
    )
    expect(errorOf(AUDIT, policy('rules:\n- level: Metdata\n'))).toBe(
      'loading audit policy file: rules[0].level: Unsupported value: "Metdata": supported values: "None", "Metadata", "Request", "RequestResponse": from file /audit.yaml',
    )
    expect(errorOf(AUDIT, policy('rule:\n- level: Metadata\n'))).toBe(
      'loading audit policy file: failed decoding: strict decoding error: unknown field "rule": from file /audit.yaml',
    )
  })

  it('reads static tokens', () => {
    const files = { '/tokens.csv': 'secret,alice,1,"dev,ops"\nother,bob,2\n' }
    expect(settings({ 'token-auth-file': '/tokens.csv' }, { files }).tokens).toEqual([
      { token: 'secret', user: 'alice', uid: '1', groups: ['dev', 'ops'] },
      { token: 'other', user: 'bob', uid: '2', groups: [] },
    ])
    expect(errorOf({ 'token-auth-file': '/short.csv' }, { files: { '/short.csv': 'a,b\n' } })).toBe(
      "token file '/short.csv' must have at least 3 columns (token, user name, user uid), found 2",
    )
  })

  it('hands its flags on', () => {
    const flags = apiFlagsOf(
      settings({}, {}, [
        '--event-ttl=10m',
        '--request-timeout=30s',
        '--default-unreachable-toleration-seconds=20',
        '--anonymous-auth=false',
      ]),
    )
    expect(flags).toMatchObject({
      eventTtlMs: 600_000,
      requestTimeoutMs: 30_000,
      unreachableTolerationSeconds: 20,
      anonymousAuth: false,
      authorizationModes: ['Node', 'RBAC'],
      nodePortFirst: 30_000,
    })
  })

  it('says of --runtime-config and encryption what it does not do', () => {
    expect(settings({ 'runtime-config': 'resource.k8s.io/v1alpha3=true,batch/v1=false' }).withoutEffect).toEqual([
      'runtime-config=resource.k8s.io/v1alpha3',
    ])
    expect(settings({ 'runtime-config': 'api/all=true' }).withoutEffect).toEqual(['runtime-config=api/all'])
    expect(settings(ENC, encryption('MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=')).withoutEffect).toEqual([])
    const reload = { ...ENC, 'encryption-provider-config-automatic-reload': 'true' }
    const read = settings(reload, encryption('MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='))
    expect([read.encryptionReload, read.withoutEffect]).toEqual(['/enc.yaml', []])
    const kms =
      'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: [{resources: [secrets], providers: [{kms: {name: k, endpoint: unix:///k.sock}}]}]\n'
    expect(errorOf(ENC, { files: { '/enc.yaml': kms } })).toBe(
      'not simulated: a kms provider in the encryption configuration',
    )
  })

  it('serves groups and versions as --runtime-config says, the most specific key first', () => {
    const config = {
      'api/all': 'false',
      'api/ga': 'true',
      'batch/v1': 'false',
      'resource.k8s.io/v1beta1/resourceclaims': 'true',
    }
    const served = (group: string, version: string, resource?: string): boolean | undefined =>
      servedBy(config, { group, version, ...(resource !== undefined && { resource }) })
    expect([served('apps', 'v1'), served('batch', 'v1'), served('flowcontrol.apiserver.k8s.io', 'v1beta3')]).toEqual([
      true,
      false,
      false,
    ])
    expect(served('resource.k8s.io', 'v1beta1', 'resourceclaims')).toBe(true)
    expect(servedBy({}, { group: 'apps', version: 'v1' })).toBeUndefined()
  })
})
