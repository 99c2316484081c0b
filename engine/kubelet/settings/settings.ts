/**
 * What the files and flags of one run of the kubelet come to, or why it does not run. Models cmd/kubelet/app/server.go
 * in its order of checks (O4). Not modelled: cloud providers, credential providers, lock files.
 */
import { LAST_DOCKERSHIM } from '../../versions/docker.ts'
import { parseGoDuration } from '../../objects/duration.ts'
import { isPermitted } from '../../objects/node-labels.ts'
import { parseQuantity, QuantityError } from '../../objects/quantity.ts'
import type { Taint } from '../../objects/types.gen.ts'
import { parseCertificates } from '../../pki/index.ts'
import type { LogFacts, LogLevel } from '../klog.ts'
import { CONFIG_DEFAULTS } from './config-schema.ts'
import type { ConfigTree } from './config-schema.ts'
import { configWith, decodeConfig, fieldAt, mergeConfig } from './decode.ts'
import { evictionProblem } from './eviction.ts'
import { loadKubeconfig, staleness } from './kubeconfig.ts'
import type { Kubeconfig, ValidityOf } from './kubeconfig.ts'
import { readCommandLine } from './pflag.ts'
import type { CommandLine } from './pflag.ts'
import { configProblem } from './validate.ts'

/** The machine as the kubelet finds it at its start. */
export interface Machine {
  read(path: string): string | undefined
  validityOf?: ValidityOf
  list(path: string): string[] | undefined
  clockMs: number
  hostName: string
  minor: number
  version: string
  isDirectory(path: string): boolean
  /** Why the runtime at an endpoint does not answer; undefined: it does. */
  runtimeProblem(endpoint: string): string | undefined
  /** Docker is installed: kubelets up to 1.23 speak to it unless told otherwise. */
  hasDocker?: boolean
  /** Why Docker is of no use to a kubelet with this cgroup driver; undefined: it is. */
  dockerProblem?(cgroupDriver: string): string | undefined
  /** What /proc/swaps says below its heading; empty: no swap. */
  swaps: string
  knowsGate(name: string): boolean
}

/** All that a running kubelet goes by. Plain data. */
export interface KubeletSettings {
  version: string
  nodeName: string
  /** Of the Node's addresses; absent: the host's own. */
  nodeIp?: string
  labels: Record<string, string>
  /** Absent: no API server is asked for (standalone). */
  kubeconfig?: string
  bootstrapKubeconfig?: string
  /** The certificate of the kubeconfig is of no use: one is asked for with the bootstrap kubeconfig. */
  bootstraps: boolean
  certDir: string
  verbosity: number
  config: ConfigTree
  /** Absent: it was not asked. */
  dockershim?: boolean
}

/** A line that the process says: a structured one, or a bare text on stderr. */
export type Said = { level: LogLevel; where: string; message: string; facts: LogFacts; bare?: boolean } | string

export type Reading =
  | { settings: KubeletSettings; said: Said[] }
  | { refused: string; said: Said[]; afterMs: number; code: number }
  | { printed: string; code: number }

const DEFAULT_CERT_DIR = '/var/lib/kubelet/pki'

interface Run {
  machine: Machine
  line: CommandLine
  said: Said[]
}

const info = (where: string, message: string, facts: LogFacts = {}): Said => ({ level: 'I', where, message, facts })

/** Carries a failure out of the sequence of checks. */
class Refusal extends Error {
  constructor(
    message: string,
    readonly afterMs: number,
  ) {
    super(message)
  }
}

/** Reads everything that a kubelet reads before it serves. */
export function readSettings(argv: readonly string[], machine: Machine): Reading {
  const line = readCommandLine(argv.slice(1), machine.minor)
  if (typeof line === 'string') return refusal([], `failed to parse kubelet flag: ${line}`, 45)
  if (line.values['help'] === true) return { printed: usageText(), code: 0 }
  if (line.values['version'] !== undefined) return { printed: `Kubernetes v${machine.version}\n`, code: 0 }
  const run: Run = { machine, line, said: [...line.warnings] }
  try {
    return { settings: settingsOf(run), said: run.said }
  } catch (error) {
    if (error instanceof Refusal) return refusal(run.said, error.message, error.afterMs)
    throw error
  }
}

function refusal(said: Said[], refused: string, afterMs: number): Reading {
  return { refused, said, afterMs, code: 1 }
}

function refuse(text: string, afterMs = 60): never {
  throw new Refusal(text, afterMs)
}

function settingsOf(run: Run): KubeletSettings {
  const { line, machine } = run
  if (line.rest.length > 0) refuse(`unknown command ${line.rest[0] ?? ''}`, 45)
  checkGates(run, (line.values['feature-gates'] ?? {}) as Record<string, boolean>)
  checkLabels(line)
  if (line.values['pod-infra-container-image'] !== undefined)
    run.said.push(
      info(
        'server.go:212',
        '--pod-infra-container-image will not be pruned by the image garbage collector in kubelet and should also be set in the remote runtime',
      ),
    )
  const config = configOf(run)
  const problem = configProblem(config, machine.minor)
  if (problem !== undefined)
    refuse(`failed to validate kubelet configuration, error: ${problem}, path: &TypeMeta{Kind:,APIVersion:,}`)
  checkClientCa(run, config)
  run.said.push(info('server.go:530', 'Kubelet version', { kubeletVersion: `v${machine.version}` }))
  run.said.push(info('server.go:532', 'Golang settings', { GOGC: '', GOMAXPROCS: '', GOTRACEBACK: '' }))
  const identity = identityOf(run, config)
  const running = runningProblem(run, config)
  if (running !== undefined) refuse(`failed to run Kubelet: ${running.text}`, running.afterMs)
  const nodeIp = line.values['node-ip'] as string | undefined
  return {
    version: machine.version,
    nodeName: ((line.values['hostname-override'] as string | undefined) ?? machine.hostName).trim().toLowerCase(),
    ...(nodeIp !== undefined && nodeIp !== '' && { nodeIp: nodeIp.split(',')[0] ?? '' }),
    labels: (line.values['node-labels'] ?? {}) as Record<string, string>,
    ...identity,
    certDir: certDirOf(line),
    verbosity: (line.values['v'] as number | undefined) ?? 0,
    config,
    ...(machine.hasDocker === true && { dockershim: speaksToDocker(run) }),
  }
}

const certDirOf = (line: CommandLine): string => (line.values['cert-dir'] as string | undefined) ?? DEFAULT_CERT_DIR

/** Vanilla refuses a gate that it does not know, be it of the flag or of the file. */
function checkGates({ machine }: Run, gates: Record<string, boolean>): void {
  const unknown = Object.keys(gates)
    .sort()
    .find((name) => !machine.knowsGate(name))
  if (unknown !== undefined)
    refuse(`failed to set feature gates from initial flags-based config: unrecognized feature gate: ${unknown}`, 45)
}

const LABEL_NAMESPACES = 'kubelet.kubernetes.io, node.kubernetes.io'
const LABELS =
  'beta.kubernetes.io/arch, beta.kubernetes.io/instance-type, beta.kubernetes.io/os, failure-domain.beta.kubernetes.io/region, failure-domain.beta.kubernetes.io/zone, kubernetes.io/arch, kubernetes.io/hostname, kubernetes.io/os, node.kubernetes.io/instance-type, topology.kubernetes.io/region, topology.kubernetes.io/zone'

function checkLabels(line: CommandLine): void {
  const labels = (line.values['node-labels'] ?? {}) as Record<string, string>
  const foreign = Object.keys(labels)
    .filter((label) => !isPermitted(label))
    .sort()
  if (foreign.length > 0)
    refuse(
      `failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [${foreign.join(' ')}]\n--node-labels in the 'kubernetes.io' namespace must begin with an allowed prefix (${LABEL_NAMESPACES}) or be in the specifically allowed set (${LABELS})`,
      50,
    )
}

// The configuration: defaults, the file, the drop-ins, the flags.

function configOf(run: Run): ConfigTree {
  const { line, machine } = run
  const path = line.values['config'] as string | undefined
  const directory = line.values['config-dir'] as string | undefined
  const written: ConfigTree = {}
  if (path !== undefined && path !== '') Object.assign(written, configFile(run, path))
  const whole = directory === undefined || directory === '' ? written : dropIns(run, written, directory)
  const config = line.fields.reduce((config, { path, value }) => withFlag(config, path, value), withDefaults(whole))
  checkGates(run, (config['featureGates'] ?? {}) as Record<string, boolean>)
  const endpoint = line.values['container-runtime-endpoint'] as string | undefined
  if (machine.minor < 27) return { ...config, containerRuntimeEndpoint: endpoint ?? config['containerRuntimeEndpoint'] }
  return config
}

/** A flag takes the place of what the file says; only gates add up. */
function withFlag(config: ConfigTree, path: string, value: unknown): ConfigTree {
  if (path === 'featureGates') return mergeConfig(config, configWith(path, value))
  const [head = '', ...rest] = path.split('.')
  if (rest.length === 0) return { ...config, [head]: value }
  return { ...config, [head]: withFlag((config[head] ?? {}) as ConfigTree, rest.join('.'), value) }
}

/** Maps and lists that the file gives replace the default; structs are filled up. */
function withDefaults(written: ConfigTree): ConfigTree {
  const out: ConfigTree = { ...CONFIG_DEFAULTS, ...nonEmpty(written) }
  for (const name of ['authentication', 'authorization'])
    out[name] = mergeConfig(CONFIG_DEFAULTS[name] as ConfigTree, (written[name] ?? {}) as ConfigTree)
  if (String(fieldAt(out, 'authorization.mode')) === '')
    out['authorization'] = mergeConfig(out['authorization'] as ConfigTree, { mode: 'Webhook' })
  return out
}

/** Zero values that mean the default: empty texts, `0s`, and 0 of numbers that are no pointers. */
const ZERO_COUNTS = ['port', 'nodeLeaseDurationSeconds', 'maxPods']
const ZERO_DURATIONS = [
  'syncFrequency',
  'fileCheckFrequency',
  'httpCheckFrequency',
  'nodeStatusUpdateFrequency',
  'nodeStatusReportFrequency',
  'imageMinimumGCAge',
  'evictionPressureTransitionPeriod',
]

function nonEmpty(written: ConfigTree): ConfigTree {
  return Object.fromEntries(
    Object.entries(written).filter(([name, value]) => {
      if (value === '') return !(name in CONFIG_DEFAULTS)
      if (value === 0) return !ZERO_COUNTS.includes(name)
      return !(ZERO_DURATIONS.includes(name) && parseGoDuration(String(value)) === 0)
    }),
  )
}

function configFile({ machine, said }: Run, path: string): ConfigTree {
  const whole = (error: string): string =>
    `failed to load kubelet config file, path: ${path}, error: failed to load Kubelet config file ${path}, error ${error}`
  const text = machine.read(path)
  if (text === undefined)
    return refuse(
      whole(
        `failed to read kubelet config file ${JSON.stringify(path)}, error: open ${path}: ${missing(machine, path)}`,
      ),
    )
  if (text === '') return refuse(whole(`kubelet config file ${JSON.stringify(path)} was empty`))
  const decoded = decodeConfig(text, machine.minor)
  if ('error' in decoded) return refuse(whole(`failed to decode: ${decoded.error}`))
  if (decoded.strict !== undefined)
    said.push(info('codec.go:100', 'Using lenient decoding as strict decoding failed', { err: decoded.strict }))
  return decoded.config
}

const missing = (machine: Machine, path: string): string =>
  machine.isDirectory(path) ? 'is a directory' : 'no such file or directory'

function dropIns(run: Run, written: ConfigTree, directory: string): ConfigTree {
  const names = run.machine.list(directory)
  const failed = (error: string): never =>
    refuse(
      `failed to merge kubelet configs: failed to walk through kubelet dropin directory ${JSON.stringify(directory)}: ${error}`,
    )
  if (names === undefined) return failed(`lstat ${directory}: no such file or directory`)
  let whole = written
  for (const name of names.filter((one) => one.endsWith('.conf')).sort()) {
    const path = `${directory}/${name}`
    const decoded = decodeConfig(run.machine.read(path) ?? '', run.machine.minor)
    if ('error' in decoded)
      return failed(`failed to load kubelet dropin file, path: ${path}, error: failed to decode: ${decoded.error}`)
    whole = mergeConfig(whole, decoded.config)
  }
  return whole
}

function checkClientCa({ machine }: Run, config: ConfigTree): void {
  const path = fieldAt(config, 'authentication.x509.clientCAFile') as string | undefined
  if (path === undefined || path === '') return
  const text = machine.read(path)
  const wrong = (why: string): never =>
    refuse(`failed to construct kubelet dependencies: unable to load client CA file ${path}: ${why}`, 70)
  if (text === undefined) return wrong(`open ${path}: ${missing(machine, path)}`)
  if (parseCertificates(text).length === 0) return wrong('data does not contain any valid RSA or ECDSA certificates')
}

// Who it is for the API server.

type Identity = Pick<KubeletSettings, 'kubeconfig' | 'bootstrapKubeconfig' | 'bootstraps'>

function identityOf(run: Run, config: ConfigTree): Identity {
  const { line, machine, said } = run
  const path = line.values['kubeconfig'] as string | undefined
  const bootstrap = (line.values['bootstrap-kubeconfig'] as string | undefined) ?? ''
  if (path === undefined || path === '') {
    said.push(info('server.go:648', 'Standalone mode, no API client'))
    return { bootstraps: false }
  }
  const rotates = config['rotateCertificates'] === true
  const known = loadKubeconfig(path, machine.read)
  if (bootstrap === '') return { ...plainIdentity(path, known, rotates, said) }
  const stale = machine.read(path) === undefined ? '' : staleness(path, known, machine)
  if (stale === undefined) {
    if (rotates)
      said.push(info('server.go:962', 'Client rotation is on, will bootstrap in background'), ...loadedPair(run))
    return { kubeconfig: path, bootstrapKubeconfig: bootstrap, bootstraps: false }
  }
  if (stale !== '') said.push(unhandled('bootstrap.go:266', stale, machine.minor))
  const first = loadKubeconfig(bootstrap, machine.read)
  if (typeof first === 'string') return fail(`unable to load bootstrap kubeconfig: ${first}`)
  if (rotates) said.push(info('server.go:962', 'Client rotation is on, will bootstrap in background'))
  return { kubeconfig: path, bootstrapKubeconfig: bootstrap, bootstraps: true }
}

function plainIdentity(path: string, known: Kubeconfig | string, rotates: boolean, said: Said[]): Identity {
  const why = rotates ? 'unable to load kubeconfig' : 'invalid kubeconfig'
  if (typeof known === 'string') return fail(`${why}: ${known}`)
  if (rotates) said.push(info('server.go:962', 'Client rotation is on, will bootstrap in background'))
  return { kubeconfig: path, bootstraps: false }
}

function fail(text: string): never {
  return refuse(`failed to run Kubelet: ${text}`, 90)
}

function loadedPair({ line, machine }: Run): Said[] {
  const filePath = `${certDirOf(line)}/kubelet-client-current.pem`
  if (machine.validityOf?.(filePath) === undefined && machine.read(filePath) === undefined) return []
  return [info('certificate_store.go:147', 'Loading cert/key pair from a file', { filePath })]
}

/** An error that nobody handles, as each release says it. */
export function unhandled(where: string, text: string, minor: number): Said {
  if (minor < 31) return { level: 'E', where, message: text, facts: {}, bare: true }
  return { level: 'E', where, message: 'Unhandled Error', facts: { err: text, logger: 'UnhandledError' } }
}

// What stops it after the API client is made.

function runningProblem(run: Run, config: ConfigTree): { text: string; afterMs: number } | undefined {
  const { said } = run
  const mode = String(fieldAt(config, 'authorization.mode'))
  if (!['AlwaysAllow', 'Webhook'].includes(mode)) return { text: `unknown authorization mode ${mode}`, afterMs: 120 }
  for (const name of ['kubeReserved', 'systemReserved']) {
    const problem = reservedProblem(config[name])
    if (problem !== undefined)
      return {
        text: `--${name === 'kubeReserved' ? 'kube' : 'system'}-reserved value failed to parse: ${problem}`,
        afterMs: 130,
      }
  }
  const ca = fieldAt(config, 'authentication.x509.clientCAFile')
  if (typeof ca === 'string' && ca !== '')
    said.push(info('dynamic_cafile_content.go:161', 'Starting controller', { name: `client-ca-bundle::${ca}` }))
  const eviction = evictionProblem(config)
  if (eviction !== undefined) return { text: eviction, afterMs: 140 }
  const runtime = runtimeProblem(run, config)
  if (runtime !== undefined) return { text: runtime, afterMs: 350 }
  if (run.machine.minor >= 31 && run.machine.knowsGate('KubeletCgroupDriverFromCRI'))
    said.push(info('server.go:1429', DRIVER_FALLS_BACK, {}))
  return swapProblem(run, config)
}

/** What the kubelet says of a runtime before containerd 2.0, which does not tell its cgroup driver. */
const DRIVER_FALLS_BACK =
  'CRI implementation should be updated to support RuntimeConfig when KubeletCgroupDriverFromCRI feature gate has been enabled. Falling back to using cgroupDriver from kubelet config.'

const RESERVABLE = ['cpu', 'memory', 'ephemeral-storage', 'pid']

function reservedProblem(reserved: unknown): string | undefined {
  for (const [name, amount] of Object.entries((reserved ?? {}) as Record<string, string>)) {
    if (!RESERVABLE.includes(name) && !name.startsWith('hugepages-'))
      return `cannot reserve ${JSON.stringify(name)} resource`
    try {
      if (parseQuantity(amount).nanos < 0n)
        return `resource quantity for ${JSON.stringify(name)} cannot be negative: ${amount}`
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error
      return `failed to parse quantity ${JSON.stringify(amount)} for ${JSON.stringify(name)} resource: ${error.message}`
    }
  }
  return undefined
}

/** Whether the kubelet speaks to Docker: up to 1.23, unless --container-runtime says `remote`. */
const speaksToDocker = ({ machine, line }: Run): boolean =>
  machine.hasDocker === true && machine.minor <= LAST_DOCKERSHIM && line.values['container-runtime'] !== 'remote'

function runtimeProblem(run: Run, config: ConfigTree): string | undefined {
  const { machine, said, line } = run
  if (speaksToDocker(run)) return machine.dockerProblem?.(String(config['cgroupDriver'] || 'cgroupfs'))
  const flag = machine.hasDocker === true ? line.values['container-runtime-endpoint'] : undefined
  const endpoint = String(flag ?? config['containerRuntimeEndpoint'])
  const problem = machine.runtimeProblem(endpoint)
  if (problem === undefined) return undefined
  const socket = endpoint.replace(/^unix:\/\//, '')
  said.push({
    level: 'W',
    where: 'logging.go:55',
    message: `[core] [Channel #1 SubChannel #2]grpc: addrConn.createTransport failed to connect to {Addr: ${JSON.stringify(socket)}, ServerName: "localhost", }. Err: connection error: desc = ${JSON.stringify(problem)}`,
    facts: {},
    bare: true,
  })
  const desc = `connection error: desc = ${JSON.stringify(problem)}`
  const reason = problem.startsWith('unknown service')
    ? `rpc error: code = Unimplemented desc = ${problem}`
    : `rpc error: code = Unavailable desc = ${desc}`
  return `validate service connection: validate CRI v1 runtime API for endpoint "${endpoint}": ${reason}`
}

function swapProblem({ machine, said }: Run, config: ConfigTree): { text: string; afterMs: number } | undefined {
  if (machine.swaps === '') return undefined
  said.push(info('swap_util.go:115', 'Swap is on', { '/proc/swaps contents': machine.swaps }))
  if (config['failSwapOn'] !== true) return undefined
  return {
    text: 'running with swap on is not supported, please disable swap or set --fail-swap-on flag to false',
    afterMs: 380,
  }
}

/** A duration of the configuration in milliseconds. */
export function msOf(config: ConfigTree, name: string): number {
  return parseGoDuration(String(fieldAt(config, name) ?? '0s'))
}

/** The taints that a new Node gets. */
export function taintsOf({ config }: KubeletSettings): Taint[] {
  return (config['registerWithTaints'] as Taint[] | undefined) ?? []
}

function usageText(): string {
  return `The kubelet is the primary "node agent" that runs on each
node. It can register the node with the apiserver using one of: the hostname; a flag to
override the hostname; or specific logic for a cloud provider.

not simulated: the list of flags

Usage:
  kubelet [flags]
`
}
