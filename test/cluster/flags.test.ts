/** Flags of all components: how pflag reads them, and the release in which they came and went (O1, O9). */
import { describe, expect, it } from 'vitest'
import { readFlags } from '../../engine/cluster/flags/index.ts'
import type { FlaggedComponent, Refusal } from '../../engine/cluster/flags/index.ts'
import { commandOf, flagHost } from './flag-host.ts'

function refusal(component: FlaggedComponent, more: string[], version = '1.33.13'): Refusal {
  const result = readFlags(component, commandOf(component, {}, more), version, flagHost())
  if (!('refused' in result)) throw new Error(`${component} takes ${more.join(' ')}`)
  return result
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) as string

describe('a mistake in a flag (O1)', () => {
  const rows: [component: FlaggedComponent, words: string[], text: string][] = [
    ['kube-apiserver', ['--authorisation-mode=RBAC'], 'unknown flag: --authorisation-mode'],
    ['kube-apiserver', ['-secure-port=6443'], "unknown shorthand flag: 's' in -secure-port=6443"],
    ['kube-apiserver', ['--etcd-servers'], 'flag needs an argument: --etcd-servers'],
    ['kube-apiserver', ['foo'], '"kube-apiserver" does not take any arguments, got ["foo"]'],
    [
      'kube-apiserver',
      ['--secure-port=abc'],
      'invalid argument "abc" for "--secure-port" flag: strconv.ParseInt: parsing "abc": invalid syntax',
    ],
    [
      'kube-apiserver',
      ['--allow-privileged=maybe'],
      'invalid argument "maybe" for "--allow-privileged" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      'kube-apiserver',
      ['--advertise-address=1.2.3'],
      'invalid argument "1.2.3" for "--advertise-address" flag: failed to parse IP: "1.2.3"',
    ],
    [
      'kube-apiserver',
      ['--event-ttl=5'],
      'invalid argument "5" for "--event-ttl" flag: time: missing unit in duration "5"',
    ],
    [
      'kube-apiserver',
      ['--v=x'],
      'invalid argument "x" for "-v, --v" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      'kube-apiserver',
      ['--feature-gates=X=true'],
      'invalid argument "X=true" for "--feature-gates" flag: unrecognized feature gate: X',
    ],
    [
      'kube-apiserver',
      ['--feature-gates=X'],
      'invalid argument "X" for "--feature-gates" flag: missing bool value for X',
    ],
    [
      'kube-apiserver',
      ['--service-node-port-range=1-a'],
      'invalid argument "1-a" for "--service-node-port-range" flag: unable to parse port range: 1-a: strconv.Atoi: parsing "a": invalid syntax',
    ],
    ['kube-controller-manager', ['--kubeconfg=x'], 'unknown flag: --kubeconfg'],
    [
      'kube-controller-manager',
      ['--node-cidr-mask-size=4294967296'],
      'invalid argument "4294967296" for "--node-cidr-mask-size" flag: strconv.ParseInt: parsing "4294967296": value out of range',
    ],
    [
      'kube-controller-manager',
      ['--node-eviction-rate=fast'],
      'invalid argument "fast" for "--node-eviction-rate" flag: strconv.ParseFloat: parsing "fast": invalid syntax',
    ],
    ['kube-scheduler', ['--policy-config-file=x'], 'unknown flag: --policy-config-file'],
    ['kube-proxy', ['--nosuch'], 'unknown flag: --nosuch'],
    [
      'kube-proxy',
      ['--bind-address=x'],
      'invalid argument "x" for "--bind-address" flag: "x" is not a valid IP address',
    ],
  ]
  it.each(rows)('%s %j', (component, words, text) => {
    const { refused, code, afterMs } = refusal(component, words)
    expect(lastLine(refused)).toBe(`Error: ${text}`)
    expect(code).toBe(1)
    expect(afterMs).toBeGreaterThanOrEqual(40)
    expect(afterMs).toBeLessThanOrEqual(200)
  })

  it('is all that the API server says; the others print their whole usage before it', () => {
    expect(refusal('kube-apiserver', ['--nosuch']).refused).toBe('Error: unknown flag: --nosuch\n')
    const manager = refusal('kube-controller-manager', ['--nosuch']).refused.split('\n')
    expect(manager.slice(0, 4)).toEqual(['Usage:', '  kube-controller-manager [flags]', '', 'Debugging flags:'])
    expect(manager.length).toBeGreaterThan(350)
    expect(manager.find((line) => line.includes('pv-recycler-minimum-timeout-nfs'))).toMatch(
      /^ {6}--pv-recycler-minimum-timeout-nfs int32 +Pv recycler minimum timeout nfs\. \(default 300\)$/,
    )
    const proxy = refusal('kube-proxy', ['--nosuch']).refused.split('\n')
    expect(proxy.slice(0, 4)).toEqual(['Usage:', '  kube-proxy [flags]', '', 'Flags:'])
    expect(proxy.length).toBeGreaterThan(150)
  })

  it('prints no usage for a word that is no flag', () => {
    expect(refusal('kube-scheduler', ['foo']).refused).toBe(
      'Error: "kube-scheduler" does not take any arguments, got ["foo"]\n',
    )
  })
})

describe('a process that is only asked', () => {
  it('says its version, or its usage, and ends well', () => {
    expect(refusal('kube-apiserver', ['--version'])).toMatchObject({ refused: 'Kubernetes v1.33.13\n', code: 0 })
    expect(refusal('kube-scheduler', ['-h'])).toMatchObject({
      refused: expect.stringMatching(/^Usage:\n/) as string,
      code: 0,
    })
    expect(refusal('etcd', ['--version'], '3.5.24').refused).toMatch(/^etcd Version: 3\.5\.24\n/)
  })
})

describe('what flags come to (O1)', () => {
  it('appends to lists and lets the last scalar hold', () => {
    const argv = commandOf('kube-apiserver', {}, [
      '--enable-admission-plugins=AlwaysPullImages',
      '--event-ttl',
      '2h',
      '--event-ttl=3h',
    ])
    const read = readFlags('kube-apiserver', argv, '1.33.13', flagHost())
    expect(read).toMatchObject({
      settings: { enablePlugins: ['NodeRestriction', 'AlwaysPullImages'], eventTtlMs: 3 * 3_600_000 },
    })
  })

  it('takes underscores for dashes', () => {
    const argv = commandOf('kube-controller-manager', {}, ['--concurrent_rc_syncs=7'])
    expect(readFlags('kube-controller-manager', argv, '1.33.13', flagHost())).toMatchObject({
      settings: { concurrentSyncs: { rc: 7 } },
    })
  })

  it('says what has no effect, but not of what kubeadm sets', () => {
    const argv = commandOf('kube-apiserver', {}, [
      '--goaway-chance=0.01',
      '--v=4',
      '--feature-gates=SidecarContainers=true,HPAScaleToZero=true',
    ])
    const read = readFlags('kube-apiserver', argv, '1.33.13', flagHost())
    expect(read).toMatchObject({ withoutEffect: ['goaway-chance', 'feature-gates=HPAScaleToZero'] })
    expect('log' in read && read.log).toContain('not simulated: --goaway-chance has no effect\n')
  })
})

describe('flags by release (O9)', () => {
  const rows: [component: FlaggedComponent, flag: string, last: string, gone: string][] = [
    ['kube-apiserver', '--insecure-port=0', '1.23.17', '1.24.0'],
    ['kube-apiserver', '--insecure-bind-address=127.0.0.1', '1.23.17', '1.24.0'],
    ['kube-apiserver', '--kubelet-https=true', '1.21.14', '1.22.0'],
    ['kube-apiserver', '--service-account-api-audiences=x', '1.24.0', '1.25.0'],
    ['kube-apiserver', '--master-service-namespace=default', '1.26.0', '1.27.0'],
    ['kube-apiserver', '--logtostderr=true', '1.25.0', '1.26.0'],
    ['kube-controller-manager', '--port=0', '1.23.0', '1.24.0'],
    ['kube-controller-manager', '--pod-eviction-timeout=30s', '1.26.0', '1.27.0'],
    ['kube-controller-manager', '--enable-taint-manager=true', '1.26.0', '1.27.0'],
    ['kube-controller-manager', '--volume-host-cidr-denylist=10.0.0.0/8', '1.30.0', '1.31.0'],
    ['kube-scheduler', '--port=0', '1.23.0', '1.24.0'],
    ['kube-scheduler', '--policy-config-file=', '1.22.0', '1.23.0'],
    ['kube-scheduler', '--algorithm-provider=', '1.22.0', '1.23.0'],
  ]
  it.each(rows)('%s %s is known to %s, not to %s', (component, flag, last, gone) => {
    const argv = commandOf(component, {}, [flag])
    expect(readFlags(component, argv, last, flagHost())).toHaveProperty('settings')
    expect(lastLine(refusal(component, [flag], gone).refused)).toBe(`Error: unknown flag: ${flag.split('=')[0]}`)
  })

  it('does not know what comes later', () => {
    expect(lastLine(refusal('kube-apiserver', ['--authentication-config=x'], '1.28.0').refused)).toBe(
      'Error: unknown flag: --authentication-config',
    )
  })

  it('warns of deprecated ones', () => {
    const argv = commandOf('kube-controller-manager', {}, ['--pod-eviction-timeout=30s'])
    const read = readFlags('kube-controller-manager', argv, '1.26.0', flagHost())
    expect('log' in read && read.log.split('\n')[0]).toBe(
      'Flag --pod-eviction-timeout has been deprecated, This flag is deprecated and it will be removed in 1.27. Once taint based evictions is GA, this flag has no effect.',
    )
  })

  it('locks gates that are general', () => {
    expect(lastLine(refusal('kube-apiserver', ['--feature-gates=PodDisruptionConditions=false']).refused)).toBe(
      'Error: invalid argument "PodDisruptionConditions=false" for "--feature-gates" flag: cannot set feature gate PodDisruptionConditions to false, feature is locked to true',
    )
    expect(
      lastLine(refusal('kube-apiserver', ['--feature-gates=DynamicKubeletConfig=true'], '1.26.0').refused),
    ).toMatch(/unrecognized feature gate: DynamicKubeletConfig$/)
  })
})
