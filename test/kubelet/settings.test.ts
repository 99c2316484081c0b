/** What a kubelet makes of its flags and files (O4, O9): the log's words, and whether it runs. */
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../engine/kubelet/settings/settings.ts'
import type { Machine, Reading } from '../../engine/kubelet/settings/settings.ts'
import { klogLine, structured } from '../../engine/kubelet/klog.ts'
import { goName, poolKey, publicPartOf, draftOf, selfSigner, signCertificate } from '../../engine/pki/index.ts'

const CLOCK_MS = Date.UTC(2026, 10, 21, 1, 0, 0)
const DAY_MS = 86_400_000
const CONFIG = '/var/lib/kubelet/config.yaml'
const KUBECONFIG = '/etc/kubernetes/kubelet.conf'
const BOOTSTRAP = '/etc/kubernetes/bootstrap-kubelet.conf'
const CA = '/etc/kubernetes/pki/ca.crt'
const CURRENT = '/var/lib/kubelet/pki/kubelet-client-current.pem'

function certificate(notAfterMs: number): string {
  const key = poolKey(1)
  const signer = selfSigner(goName('kubernetes'), key)
  const basics = { serial: 7n, notBeforeMs: CLOCK_MS - DAY_MS, notAfterMs }
  const usages = { keyUsages: ['digitalSignature'] as const }
  const template = {
    ...basics,
    ...usages,
    subject: goName('system:node:worker-1', ['system:nodes']),
    publicKey: publicPartOf(key),
  }
  return signCertificate(draftOf(template, signer), signer)
}

const GOOD = certificate(CLOCK_MS + 300 * DAY_MS)
const EXPIRED = certificate(CLOCK_MS - 3_600_000)

const kubeconfig = (server = 'https://172.30.1.2:6443'): string => `apiVersion: v1
kind: Config
clusters: [{name: default-cluster, cluster: {server: "${server}"}}]
contexts: [{name: default-context, context: {cluster: default-cluster, user: default-auth}}]
current-context: default-context
users: [{name: default-auth, user: {client-certificate: ${CURRENT}, client-key: ${CURRENT}}}]
`

const config = (more = ''): string => `apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  x509:
    clientCAFile: ${CA}
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
kind: KubeletConfiguration
rotateCertificates: true
staticPodPath: /etc/kubernetes/manifests
${more}`

const FILES: Record<string, string> = { [CONFIG]: config(), [KUBECONFIG]: kubeconfig(), [CA]: GOOD, [CURRENT]: GOOD }
const ARGV = [
  '/usr/bin/kubelet',
  `--bootstrap-kubeconfig=${BOOTSTRAP}`,
  `--kubeconfig=${KUBECONFIG}`,
  `--config=${CONFIG}`,
]

interface Given {
  files?: Record<string, string | undefined>
  args?: string[]
  argv?: string[]
  release?: string
  machine?: Partial<Machine>
}

function start({ files = {}, args = [], argv = ARGV, release = '1.33.5', machine = {} }: Given = {}): Reading {
  const all: Record<string, string | undefined> = { ...FILES, ...files }
  const minor = Number(release.split('.')[1])
  return readSettings([...argv, ...args], {
    read: (path) => all[path],
    list: (path) => {
      const below = Object.keys(all).filter((one) => one.startsWith(`${path}/`))
      return below.length === 0 ? undefined : below.map((one) => one.slice(path.length + 1))
    },
    clockMs: CLOCK_MS,
    hostName: 'worker-1',
    version: release,
    minor,
    isDirectory: () => false,
    runtimeProblem: () => undefined,
    swaps: '',
    knowsGate: (name) => name !== 'NoSuchGate',
    ...machine,
  })
}

const refusal = (given: Given): string => {
  const reading = start(given)
  return 'refused' in reading ? reading.refused : 'it runs'
}

const lines = (given: Given): string[] => {
  const reading = start(given)
  if ('printed' in reading) return [reading.printed]
  return reading.said.map((one) =>
    typeof one === 'string' ? one : one.bare === true ? one.message : structured(one.message, one.facts),
  )
}

const file = (path: string, error: string): string =>
  `failed to load kubelet config file, path: ${path}, error: failed to load Kubelet config file ${path}, error ${error}`
const invalid = (what: string): string =>
  `failed to validate kubelet configuration, error: invalid configuration: ${what}, path: &TypeMeta{Kind:,APIVersion:,}`

describe('a command line that is refused (O1, O4, O9)', () => {
  const rows: [string, string[], string, string?][] = [
    ['unknown', ['--nosuch'], 'failed to parse kubelet flag: unknown flag: --nosuch'],
    ['removed with 1.24', ['--network-plugin=cni'], 'failed to parse kubelet flag: unknown flag: --network-plugin'],
    [
      'removed with 1.27',
      ['--container-runtime=remote'],
      'failed to parse kubelet flag: unknown flag: --container-runtime',
    ],
    ['known until 1.26', ['--container-runtime=remote'], 'it runs', '1.26.15'],
    [
      'removed with 1.35',
      ['--pod-infra-container-image=x'],
      'failed to parse kubelet flag: unknown flag: --pod-infra-container-image',
      '1.35.3',
    ],
    [
      'removed with 1.31',
      ['--keep-terminated-pod-volumes'],
      'failed to parse kubelet flag: unknown flag: --keep-terminated-pod-volumes',
    ],
    ['one dash', ['-config=/x'], "failed to parse kubelet flag: unknown shorthand flag: 'c' in -config=/x"],
    ['no value', ['--node-ip'], 'failed to parse kubelet flag: flag needs an argument: --node-ip'],
    [
      'a bad number',
      ['--max-pods=many'],
      'failed to parse kubelet flag: invalid argument "many" for "--max-pods" flag: strconv.ParseInt: parsing "many": invalid syntax',
    ],
    [
      'a bad truth',
      ['--fail-swap-on=maybe'],
      'failed to parse kubelet flag: invalid argument "maybe" for "--fail-swap-on" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      'a bad duration',
      ['--sync-frequency=5'],
      'failed to parse kubelet flag: invalid argument "5" for "--sync-frequency" flag: time: missing unit in duration "5"',
    ],
    [
      'a bad address',
      ['--address=1.2.3'],
      'failed to parse kubelet flag: invalid argument "1.2.3" for "--address" flag: failed to parse IP: "1.2.3"',
    ],
    ['a word', ['foo'], 'unknown command foo'],
    [
      'a gate that nobody knows',
      ['--feature-gates=NoSuchGate=true'],
      'failed to set feature gates from initial flags-based config: unrecognized feature gate: NoSuchGate',
    ],
  ]
  it.each(rows)('%s', (_what, args, text, release = '1.33.5') => {
    expect(refusal({ args, release })).toBe(text)
  })

  it('labels of Kubernetes that a kubelet may not set', () => {
    const text = refusal({ args: ['--node-labels=node-role.kubernetes.io/worker='] })
    expect(text).toContain(
      "failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [node-role.kubernetes.io/worker]\n",
    )
  })

  it('dies within a tenth of a second, with exit code 1', () => {
    expect(start({ args: ['--nosuch'] })).toMatchObject({ code: 1, afterMs: expect.closeTo(45, -2) as number })
  })
})

describe('a configuration file that is refused (O4)', () => {
  const scheme = 'in scheme "pkg/kubelet/apis/config/scheme/scheme.go:33"'
  const rows: [string, string | undefined, string][] = [
    [
      'missing',
      undefined,
      file(CONFIG, `failed to read kubelet config file "${CONFIG}", error: open ${CONFIG}: no such file or directory`),
    ],
    ['empty', '', file(CONFIG, `kubelet config file "${CONFIG}" was empty`)],
    ['no YAML', '[', file(CONFIG, 'failed to decode: yaml: line 1: did not find expected node content')],
    [
      'a tab',
      config('maxPods: 5\n\tport: 1\n'),
      file(CONFIG, 'failed to decode: yaml: line 12: found a tab character that violates indentation'),
    ],
    [
      'another kind',
      config().replace('KubeletConfiguration', 'KubeletConfig'),
      file(
        CONFIG,
        `failed to decode: no kind "KubeletConfig" is registered for version "kubelet.config.k8s.io/v1beta1" ${scheme}`,
      ),
    ],
    [
      'another version',
      config().replace('v1beta1', 'v1'),
      file(
        CONFIG,
        `failed to decode: no kind "KubeletConfiguration" is registered for version "kubelet.config.k8s.io/v1" ${scheme}`,
      ),
    ],
    [
      'a text for a truth',
      config('failSwapOn: "false"\n'),
      file(
        CONFIG,
        'failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.failSwapOn of type bool',
      ),
    ],
    [
      'a text for a list',
      config().replace('\n- 10.96.0.10', ' 10.96.0.10'),
      file(
        CONFIG,
        'failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.clusterDNS of type []string',
      ),
    ],
    [
      'a truth below',
      config('').replace('  x509', '  anonymous:\n    enabled: "no"\n  x509'),
      file(
        CONFIG,
        'failed to decode: json: cannot unmarshal string into Go struct field KubeletAnonymousAuthentication.authentication.anonymous.enabled of type bool',
      ),
    ],
    [
      'a bad duration',
      config('syncFrequency: 5\n'),
      file(CONFIG, 'failed to decode: json: cannot unmarshal number into Go value of type string'),
    ],
    ['a port too big', config('port: 99999\n'), invalid('port (--port) 99999 must be between 1 and 65535, inclusive')],
    [
      'image thresholds',
      config('imageGCHighThresholdPercent: 70\n'),
      invalid(
        'imageGCLowThresholdPercent (--image-gc-low-threshold) 80 must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) 70',
      ),
    ],
    [
      'enforcement',
      config('enforceNodeAllocatable: [all]\n'),
      invalid(
        'option "all" specified for enforceNodeAllocatable (--enforce-node-allocatable). Valid options are "pods", "system-reserved", "kube-reserved", or "none"',
      ),
    ],
    [
      'a gate that nobody knows',
      config('featureGates: {NoSuchGate: true}\n'),
      'failed to set feature gates from initial flags-based config: unrecognized feature gate: NoSuchGate',
    ],
    ['authorization', config('authorization: {mode: Foo}\n'), 'failed to run Kubelet: unknown authorization mode Foo'],
    [
      'eviction',
      config('evictionHard: {memory.available: foo}\n'),
      "failed to run Kubelet: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'soft eviction without grace',
      config('evictionSoft: {memory.available: 1Gi}\n'),
      'failed to run Kubelet: failed to create kubelet: grace period must be specified for the soft eviction threshold memory.available',
    ],
    [
      'reservations',
      config('kubeReserved: {cpus: "1"}\n'),
      'failed to run Kubelet: --kube-reserved value failed to parse: cannot reserve "cpus" resource',
    ],
    [
      'a client CA that is not there',
      config().replace(CA, '/etc/kubernetes/pki/WRONG-CA-FILE.crt'),
      'failed to construct kubelet dependencies: unable to load client CA file /etc/kubernetes/pki/WRONG-CA-FILE.crt: open /etc/kubernetes/pki/WRONG-CA-FILE.crt: no such file or directory',
    ],
    [
      'restart period without its gate',
      config('crashLoopBackOff: {maxContainerRestartPeriod: 30s}\n'),
      invalid(
        'FeatureGate KubeletCrashLoopBackOffMax not enabled, CrashLoopBackOff.MaxContainerRestartPeriod must not be set',
      ),
    ],
  ]
  it.each(rows)('%s', (_what, text, refused) => {
    expect(refusal({ files: { [CONFIG]: text } })).toBe(refused)
  })

  it('several problems stand in brackets', () => {
    const text = config('maxPods: -1\noomScoreAdj: 2000\n')
    expect(refusal({ files: { [CONFIG]: text } })).toBe(
      'failed to validate kubelet configuration, error: [invalid configuration: maxPods (--max-pods) -1 must not be a negative number, invalid configuration: oomScoreAdj (--oom-score-adj) 2000 must be between -1000 and 1000, inclusive], path: &TypeMeta{Kind:,APIVersion:,}',
    )
  })
})

describe('what only makes a line (O4)', () => {
  it('an unknown field and a repeated one', () => {
    const typo = config().replace('clusterDomain', 'clusterDomian')
    expect(lines({ files: { [CONFIG]: typo } })[0]).toBe(
      '"Using lenient decoding as strict decoding failed" err="strict decoding error: unknown field \\"clusterDomian\\""',
    )
    const twice = config('clusterDomain: x.local\n')
    expect(lines({ files: { [CONFIG]: twice } })[0]).toBe(
      '"Using lenient decoding as strict decoding failed" err=<\n\tstrict decoding error: yaml: unmarshal errors:\n\t  line 11: key "clusterDomain" already set in map\n >',
    )
  })

  it('a deprecated flag', () => {
    const args = ['--pod-infra-container-image=registry.k8s.io/pause:3.10', '--max-pods=20']
    const said = lines({ args })
    expect(said.slice(0, 2)).toEqual([
      'Flag --pod-infra-container-image has been deprecated, will be removed in 1.35. Image garbage collector will get sandbox image information from CRI.',
      "Flag --max-pods has been deprecated, This parameter should be set via the config file specified by the Kubelet's --config flag. See https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/ for more information.",
    ])
    expect(start({ args })).toMatchObject({ settings: { config: { maxPods: 20 } } })
  })

  it('a good start begins as recorded', () => {
    expect(lines({})).toEqual([
      '"Kubelet version" kubeletVersion="v1.33.5"',
      '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""',
      '"Client rotation is on, will bootstrap in background"',
      `"Loading cert/key pair from a file" filePath="${CURRENT}"`,
      `"Starting controller" name="client-ca-bundle::${CA}"`,
      '"CRI implementation should be updated to support RuntimeConfig when KubeletCgroupDriverFromCRI feature gate has been enabled. Falling back to using cgroupDriver from kubelet config."',
    ])
    const head = { level: 'E' as const, clockMs: Date.UTC(2026, 10, 21, 1, 27, 7, 866), pid: 396, where: 'run.go:72' }
    expect(klogLine(head, structured('command failed', { err: 'x' }))).toBe(
      'E1121 01:27:07.866000     396 run.go:72] "command failed" err="x"',
    )
  })
})

describe('who it is for the API server (O4)', () => {
  const bare = ARGV.filter((one) => !one.startsWith('--bootstrap'))
  it('neither kubeconfig nor bootstrap kubeconfig', () => {
    const files = { [KUBECONFIG]: undefined }
    expect(refusal({ files })).toBe(
      `failed to run Kubelet: unable to load bootstrap kubeconfig: stat ${BOOTSTRAP}: no such file or directory`,
    )
    expect(refusal({ files, argv: bare })).toBe(
      `failed to run Kubelet: unable to load kubeconfig: stat ${KUBECONFIG}: no such file or directory`,
    )
  })

  it('a kubeconfig that is no YAML', () => {
    const files = { [KUBECONFIG]: '[' }
    expect(refusal({ files, argv: bare })).toBe(
      `failed to run Kubelet: unable to load kubeconfig: error loading config file "${KUBECONFIG}": yaml: line 1: did not find expected node content`,
    )
    expect(lines({ files })[2]).toContain(
      `unable to read existing bootstrap client config from ${KUBECONFIG}: error loading config file`,
    )
  })

  it('an expired certificate needs the bootstrap kubeconfig', () => {
    const files = { [CURRENT]: EXPIRED }
    expect(refusal({ files })).toContain('unable to load bootstrap kubeconfig')
    expect(lines({ files })[2]).toBe(
      `"Unhandled Error" err="part of the existing bootstrap client certificate in ${KUBECONFIG} is expired: 2026-11-21 00:00:00 +0000 UTC" logger="UnhandledError"`,
    )
    expect(start({ files: { ...files, [BOOTSTRAP]: kubeconfig() } })).toMatchObject({ settings: { bootstraps: true } })
  })

  it('no kubeconfig at all: it stands alone', () => {
    expect(lines({ argv: ['/usr/bin/kubelet', `--config=${CONFIG}`] })[2]).toBe('"Standalone mode, no API client"')
  })
})

describe('the machine under it (O4)', () => {
  it('no container runtime', () => {
    const problem =
      'transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory'
    const given = { machine: { runtimeProblem: () => problem } }
    expect(refusal(given)).toBe(
      `failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": rpc error: code = Unavailable desc = connection error: desc = "${problem}"`,
    )
    expect(lines(given).at(-1)).toContain(
      'grpc: addrConn.createTransport failed to connect to {Addr: "/run/containerd/containerd.sock", ServerName: "localhost", }',
    )
  })

  it('swap', () => {
    const machine = { swaps: 'Filename\tType\n/swap.img\tfile\n' }
    expect(refusal({ machine })).toBe(
      'failed to run Kubelet: running with swap on is not supported, please disable swap or set --fail-swap-on flag to false',
    )
    expect(refusal({ machine, args: ['--fail-swap-on=false'] })).toBe('it runs')
  })
})

describe('what wins', () => {
  it('a flag over the file, the file over the default, drop-ins over the file', () => {
    const files = {
      [CONFIG]: config('maxPods: 50\nkubeReserved: {cpu: 100m}\n'),
      '/etc/kubelet.d/10-x.conf': config('maxPods: 60\nkubeReserved: {memory: 1Gi}\n'),
    }
    const settings = (args: string[]): unknown => {
      const reading = start({ files, args })
      return 'settings' in reading ? reading.settings.config : reading
    }
    expect(settings([])).toMatchObject({ maxPods: 50, nodeLeaseDurationSeconds: 40 })
    expect(settings(['--config-dir=/etc/kubelet.d'])).toMatchObject({
      maxPods: 60,
      kubeReserved: { cpu: '100m', memory: '1Gi' },
    })
    expect(settings(['--config-dir=/etc/kubelet.d', '--max-pods=70'])).toMatchObject({ maxPods: 70 })
  })

  it('the name, address, labels and taints of the command line', () => {
    const args = [
      '--hostname-override=Worker9',
      '--node-ip=172.30.2.2',
      '--node-labels=disk=ssd,tier=a',
      '--register-with-taints=gpu=true:NoSchedule',
    ]
    expect(start({ args })).toMatchObject({
      settings: {
        nodeName: 'worker9',
        nodeIp: '172.30.2.2',
        labels: { disk: 'ssd', tier: 'a' },
        config: { registerWithTaints: [{ key: 'gpu', value: 'true', effect: 'NoSchedule' }] },
      },
    })
  })

  it('--version prints and ends', () => {
    expect(start({ args: ['--version'] })).toEqual({ printed: 'Kubernetes v1.33.5\n', code: 0 })
  })
})
