/** kube-controller-manager and kube-scheduler with broken inputs (O3), and what their settings say (B1, E1). */
import { describe, expect, it } from 'vitest'
import { lateFailure, lateFailureLog, readFlags } from '../../engine/cluster/flags/index.ts'
import type { ManagerSettings, SchedulerSettings } from '../../engine/cluster/flags/index.ts'
import { commandOf, flagHost, NOW_MS, OTHER_KEY } from './flag-host.ts'
import type { HostFacts } from './flag-host.ts'

type Changes = Record<string, string | undefined>
type Component = 'kube-controller-manager' | 'kube-scheduler'

const read = (component: Component, changes: Changes, facts: HostFacts = {}, version = '1.33.13') =>
  readFlags(component, commandOf(component, changes), version, flagHost(facts))

function errorOf(component: Component, changes: Changes, facts: HostFacts = {}, version = '1.33.13'): string {
  const result = read(component, changes, facts, version)
  if (!('refused' in result)) return ''
  const last = result.refused.trimEnd().split('\n').at(-1) as string
  const err = /run\.go:72\] "command failed" err=("(?:[^"\\]|\\.)*")$/.exec(last)
  return err === null ? last : (JSON.parse(err[1] as string) as string)
}

function manager(changes: Changes = {}, version = '1.33.13'): ManagerSettings {
  const result = read('kube-controller-manager', changes, {}, version)
  if ('refused' in result) throw new Error(result.refused)
  return result.settings as ManagerSettings
}

const NOPE = '/etc/kubernetes/nope.conf'
const SCHEDULER = 'kube-scheduler'
const MANAGER = 'kube-controller-manager'

describe('a kubeconfig that cannot be loaded (O3)', () => {
  const garbage = { files: { '/etc/kubernetes/garbage.conf': '{{{\n', '/etc/kubernetes/empty.conf': '' } }
  it.each([MANAGER, SCHEDULER] as const)('%s', (component) => {
    const missing = read(component, { kubeconfig: NOPE })
    expect(errorOf(component, { kubeconfig: NOPE })).toBe(`stat ${NOPE}: no such file or directory`)
    expect('refused' in missing && missing.refused).toMatch(
      /^I1121 .* serving\.go:386\] Generated self-signed cert in-memory\n/,
    )
    expect('refused' in missing && missing.afterMs).toBeGreaterThanOrEqual(400)
    expect('refused' in missing && missing.afterMs).toBeLessThanOrEqual(700)
    expect(errorOf(component, { kubeconfig: '/etc/kubernetes/garbage.conf' }, garbage)).toBe(
      'error loading config file "/etc/kubernetes/garbage.conf": yaml: line 1: did not find expected node content',
    )
    expect(errorOf(component, { kubeconfig: '/etc/kubernetes/empty.conf' }, garbage)).toMatch(
      /^invalid configuration: no configuration has been provided/,
    )
  })

  it('names the context, the user or the file that is not there', () => {
    const text = (context: string, certificate = '/nope.crt'): string =>
      `apiVersion: v1\nkind: Config\ncurrent-context: ${context}\ncontexts:\n- name: a\n  context: {cluster: c, user: u}\nclusters:\n- name: c\n  cluster: {server: "https://1.2.3.4:6443"}\nusers:\n- name: u\n  user: {client-certificate: ${certificate}, client-key: /etc/kubernetes/pki/ca.key}\n`
    const files = { '/b.conf': text('b'), '/a.conf': text('a'), '/k.conf': text('a', '/etc/hosts') }
    expect(errorOf(MANAGER, { kubeconfig: '/b.conf' }, { files })).toBe(
      'invalid configuration: context was not found for specified context: b',
    )
    expect(errorOf(MANAGER, { kubeconfig: '/a.conf' }, { files })).toMatch(
      /^invalid configuration: unable to read client-cert \/nope\.crt for .* due to open \/nope\.crt: no such file or directory$/,
    )
    expect(errorOf(MANAGER, { kubeconfig: '/k.conf' }, { files })).toBe(
      'tls: failed to find any PEM data in certificate input',
    )
  })
})

describe('other broken inputs of the controller manager (O3)', () => {
  it('misses its client CA', () => {
    expect(errorOf(MANAGER, { 'client-ca-file': '/nope.crt' })).toBe(
      'unable to load client CA provider: open /nope.crt: no such file or directory',
    )
  })

  it('does not know a controller', () => {
    const result = read(MANAGER, { controllers: '*,nosuch' })
    expect(errorOf(MANAGER, { controllers: '*,nosuch' })).toBe('"nosuch" is not in the list of known controllers')
    expect('refused' in result && result.afterMs).toBe(100)
  })

  it('knows controllers by their new names from 1.28 on', () => {
    expect(errorOf(MANAGER, { controllers: '*,-deployment-controller' }, {}, '1.27.0')).toBe(
      '"deployment-controller" is not in the list of known controllers',
    )
    expect(manager({ controllers: '*,-deployment-controller' }).disabledControllers).toContain('deployment')
    expect(manager({ controllers: '*,-deployment' }).disabledControllers).toContain('deployment')
  })

  it('panics over durations of the election', () => {
    const result = read(MANAGER, { 'leader-elect-lease-duration': '5s' })
    expect('refused' in result && result.refused).toContain('panic: leaseDuration must be greater than renewDeadline\n')
    expect('refused' in result && result.code).toBe(2)
  })

  it('finds its port taken', () => {
    expect(errorOf(MANAGER, {}, { taken: [10257] })).toBe(
      'failed to create listener: failed to listen on 127.0.0.1:10257: listen tcp 127.0.0.1:10257: bind: address already in use',
    )
  })
})

describe('what the controller manager finds out when it leads (O3)', () => {
  const late = (changes: Changes, facts: HostFacts = {}) => lateFailure(manager(changes), flagHost(facts))
  const rows: [flag: string, value: string | undefined, controller: string, text: string][] = [
    [
      'cluster-signing-cert-file',
      '/nope.crt',
      'certificatesigningrequest-signing-controller',
      'failed to start kubernetes.io/kubelet-serving certificate controller: error reading CA cert file "/nope.crt": open /nope.crt: no such file or directory',
    ],
    [
      'root-ca-file',
      '/nope.crt',
      'serviceaccount-token-controller',
      'error parsing root-ca-file at /nope.crt: open /nope.crt: no such file or directory',
    ],
    [
      'service-account-private-key-file',
      '/nope.key',
      'serviceaccount-token-controller',
      'error reading key for service account token controller: open /nope.key: no such file or directory',
    ],
    ['cluster-cidr', 'abc', 'node-ipam-controller', 'invalid CIDR[0]: <nil> (invalid CIDR address: abc)'],
    ['cluster-cidr', undefined, 'node-ipam-controller', 'invalid CIDR[0]: <nil> (invalid CIDR address: )'],
  ]
  it.each(rows)('--%s=%s', (flag, value, controller, text) => {
    expect(late({ [flag]: value })).toEqual({ controller, text })
  })

  it('is well with what kubeadm writes, and without the controllers in question', () => {
    expect(late({})).toBeUndefined()
    expect(late({ controllers: '*,-node-ipam-controller', 'cluster-cidr': 'abc' })).toBeUndefined()
    expect(late({ 'allocate-node-cidrs': 'false', 'cluster-cidr': 'abc' })).toBeUndefined()
  })

  it('refuses a signing key of another certificate', () => {
    expect(late({ 'cluster-signing-key-file': '/other.key' }, { files: { '/other.key': OTHER_KEY } })?.text).toMatch(
      /tls: private key does not match public key$/,
    )
  })

  it('says it in two lines', () => {
    const failure = { controller: 'node-ipam-controller', text: 'invalid CIDR[0]: <nil> (invalid CIDR address: abc)' }
    expect(
      lateFailureLog(failure, NOW_MS)
        .split('\n')
        .map((line) => line.replace(/^\S+ \S+ +1 /, '')),
    ).toEqual([
      'controllermanager.go:799] "Error starting controller" err="invalid CIDR[0]: <nil> (invalid CIDR address: abc)" controller="node-ipam-controller"',
      'controllermanager.go:271] "Error starting controllers" err="invalid CIDR[0]: <nil> (invalid CIDR address: abc)"',
      '',
    ])
  })
})

describe('settings of the controller manager (B1)', () => {
  it('has the durations of its release', () => {
    expect(manager({}, '1.31.0').nodeLifecycle.nodeMonitorGracePeriodMs).toBe(40_000)
    expect(manager({}, '1.32.0').nodeLifecycle.nodeMonitorGracePeriodMs).toBe(50_000)
    expect(manager({ 'node-monitor-grace-period': '20s', 'node-eviction-rate': '1' }).nodeLifecycle).toMatchObject({
      nodeMonitorGracePeriodMs: 20_000,
      nodeEvictionRate: 1,
    })
  })

  it('runs what kubeadm asks for, and no more', () => {
    expect(manager().disabledControllers).toEqual([])
    expect(manager({ controllers: '*' }).disabledControllers).toEqual(['bootstrapsigner', 'tokencleaner'])
    expect(manager({ controllers: '*,-nodelifecycle' }, '1.28.0').disabledControllers).toEqual(
      expect.arrayContaining(['node-lifecycle-controller', 'taint-eviction-controller']),
    )
    expect(manager({ 'enable-taint-manager': 'false' }, '1.26.0').disabledControllers).toEqual([
      'taint-eviction-controller',
    ])
  })

  it('reads its own election and thresholds', () => {
    const settings = manager({
      'leader-elect-lease-duration': '60s',
      'leader-elect-renew-deadline': '40s',
      'terminated-pod-gc-threshold': '10',
    })
    expect(settings.leaderElection).toMatchObject({
      leaseDurationMs: 60_000,
      renewDeadlineMs: 40_000,
      retryPeriodMs: 2_000,
    })
    expect(settings.terminatedPodGcThreshold).toBe(10)
  })
})

describe('the scheduler and its configuration file (O3, O9)', () => {
  const file = (text: string, version = 'v1'): HostFacts => ({
    files: {
      '/sched.yaml': `apiVersion: kubescheduler.config.k8s.io/${version}\nkind: KubeSchedulerConfiguration\nclientConnection:\n  kubeconfig: /etc/kubernetes/scheduler.conf\n${text}`,
    },
  })
  const CONFIG = { config: '/sched.yaml' }
  const configured = (text: string): SchedulerSettings => {
    const result = read(SCHEDULER, CONFIG, file(text))
    if ('refused' in result) throw new Error(result.refused)
    return result.settings as SchedulerSettings
  }

  it('misses it', () => {
    expect(errorOf(SCHEDULER, { config: '/etc/kubernetes/sched.yaml' })).toBe(
      'open /etc/kubernetes/sched.yaml: no such file or directory',
    )
  })

  it('reads the versions of its release', () => {
    expect(errorOf(SCHEDULER, CONFIG, file('', 'v1beta3'))).toBe(
      'no kind "KubeSchedulerConfiguration" is registered for version "kubescheduler.config.k8s.io/v1beta3" in scheme "pkg/scheduler/apis/config/scheme/scheme.go:29"',
    )
    expect(errorOf(SCHEDULER, CONFIG, file('', 'v1beta3'), '1.28.0')).toBe('')
    expect(errorOf(SCHEDULER, CONFIG, file('', 'v1beta2'), '1.28.0')).toMatch(/^no kind "KubeSchedulerConfiguration"/)
    expect(errorOf(SCHEDULER, CONFIG, file('', 'v1'), '1.24.0')).toMatch(/^no kind "KubeSchedulerConfiguration"/)
  })

  it('takes no unknown field', () => {
    expect(errorOf(SCHEDULER, CONFIG, file('leaderElection:\n  leaderElec: true\n'))).toBe(
      'strict decoding error: unknown field "leaderElection.leaderElec"',
    )
  })

  it('does not know a plugin', () => {
    expect(
      errorOf(
        SCHEDULER,
        CONFIG,
        file('profiles:\n- schedulerName: x\n  plugins:\n    score:\n      enabled:\n      - name: NoSuch\n'),
      ),
    ).toBe('initializing profiles: creating profile for scheduler name x: ScorePlugin "NoSuch" does not exist')
  })

  it('validates', () => {
    expect(errorOf(SCHEDULER, CONFIG, file('percentageOfNodesToScore: 101\n'))).toBe(
      'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
    )
    expect(errorOf(SCHEDULER, CONFIG, file('profiles:\n- schedulerName: x\n- schedulerName: x\n'))).toBe(
      'profiles[1].schedulerName: Duplicate value: "x"',
    )
    expect(errorOf(SCHEDULER, { 'leader-elect-lease-duration': '5s' })).toBe(
      'leaderElection.leaseDuration: Invalid value: "10s": LeaseDuration must be greater than RenewDeadline',
    )
  })

  it('has a profile for each name, with the plugins that are left and their weights (E1)', () => {
    const { profiles, leaderElection } = configured(`leaderElection:
  leaderElect: false
profiles:
- schedulerName: default-scheduler
- schedulerName: packer
  plugins:
    multiPoint:
      disabled:
      - name: ImageLocality
      enabled:
      - name: NodeResourcesFit
        weight: 7
    score:
      disabled:
      - name: PodTopologySpread
    filter:
      disabled:
      - name: TaintToleration
    postFilter:
      disabled:
      - name: '*'
`)
    expect(leaderElection.leaderElect).toBe(false)
    expect(profiles.map(({ schedulerName }) => schedulerName)).toEqual(['default-scheduler', 'packer'])
    expect(profiles[0]?.scores).toContainEqual({ name: 'TaintToleration', weight: 3 })
    expect(profiles[0]?.preempts).toBe(true)
    const packer = profiles[1]
    expect(packer?.scores.map(({ name }) => name)).not.toContain('ImageLocality')
    expect(packer?.scores.map(({ name }) => name)).not.toContain('PodTopologySpread')
    expect(packer?.scores).toContainEqual({ name: 'NodeResourcesFit', weight: 7 })
    expect(packer?.filters).not.toContain('TaintToleration')
    expect(packer?.filters).toContain('NodeResourcesFit')
    expect(packer?.preempts).toBe(false)
  })
})
