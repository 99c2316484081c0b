/** The checks of a host, one a function. Models cmd/kubeadm/app/preflight/checks.go (P5, A4). */
import type { Proc, Run } from '../../../host/process.ts'
import type { UnitStatus } from '../../../host/units/status.ts'
import { DOCKERSHIM_SOCKET, LAST_DOCKERSHIM, NO_DAEMON, parseVersion } from '../../../versions/index.ts'
import { dockerDriverOf } from '../kubelet-files.ts'
import { exists, factsOf, readText } from '../session.ts'
import { failed, fine, warned } from './check.ts'
import type { Check, Verdict } from './check.ts'

const named = (name: string, check: (p: Proc) => Run<Verdict>): Check => ({ name, check })
const dashed = (path: string): string => path.replaceAll('/', '-')

export const isPrivilegedUser = named('IsPrivilegedUser', function* (p) {
  return p.user === 'root' ? fine : failed('user is not running as root')
})

const REQUIRED_CPUS = 2
const REQUIRED_MIB = 1700

export const numCpu = named('NumCPU', function* (p) {
  const { cpus } = (yield* factsOf(p)).capacity
  return cpus >= REQUIRED_CPUS
    ? fine
    : failed(`the number of available CPUs ${cpus} is less than the required ${REQUIRED_CPUS}`)
})

export const memory = named('Mem', function* (p) {
  const mib = Math.floor((yield* factsOf(p)).capacity.memoryBytes / 1024 / 1024)
  return mib >= REQUIRED_MIB ? fine : failed(`the system RAM (${mib} MB) is less than the minimum ${REQUIRED_MIB} MB`)
})

/** A4: a cluster newer than kubeadm. */
export const kubernetesVersion = (wanted: string, kubeadm: string): Check =>
  named('KubernetesVersion', function* () {
    const [k8s, own] = [parseVersion(wanted), parseVersion(kubeadm)]
    if (k8s === undefined || own === undefined || k8s.minor <= own.minor) return fine
    return warned(
      `Kubernetes version is greater than kubeadm version. Please consider to upgrade kubeadm. Kubernetes version: ${wanted.replace(/^v/, '')}. Kubeadm version: ${own.major}.${own.minor}.x`,
    )
  })

export const firewalld = (ports: readonly number[]): Check =>
  named('Firewalld', function* (p) {
    const status = (yield* p.ask('unit.status', { unit: 'firewalld' })) as UnitStatus
    return status.active === 'active'
      ? warned(
          `firewalld is active, please ensure ports [${ports.join(' ')}] are open or your cluster may not function correctly`,
        )
      : fine
  })

/** Whether something listens on a port of the host, whatever its address. */
export const portOpen = (port: number): Check =>
  named(`Port-${port}`, function* (p) {
    const { sockets, address } = yield* factsOf(p)
    const taken = sockets.some((one) => one.port === port)
    if (taken || (yield* p.connect('127.0.0.1', port, 100)) === 'open') return failed(`Port ${port} is in use`)
    return (yield* p.connect(address, port, 100)) === 'open' ? failed(`Port ${port} is in use`) : fine
  })

export const fileAvailable = (path: string): Check =>
  named(`FileAvailable-${dashed(path)}`, function* (p) {
    return (yield* exists(p, path)) ? failed(`${path} already exists`) : fine
  })

export const dirAvailable = (path: string): Check =>
  named(`DirAvailable-${dashed(path)}`, function* (p) {
    const listed = yield* p.list(path)
    return 'names' in listed && listed.names.length > 0 ? failed(`${path} is not empty`) : fine
  })

export const fileContent = (path: string, wanted: string): Check =>
  named(`FileContent-${dashed(path)}`, function* (p) {
    const text = yield* readText(p, path)
    if (text === undefined) return failed(`${path} does not exist`)
    return text.trim().startsWith(wanted) ? fine : failed(`${path} contents are not set to ${wanted}`)
  })

/** A program in the path; one that is only recommended is a warning. */
export const fileExisting = (program: string, mandatory: boolean): Check =>
  named(`FileExisting-${program}`, function* (p) {
    for (const folder of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'])
      if (yield* exists(p, `${folder}/${program}`)) return fine
    const text = `${program} not found in system path`
    return mandatory ? failed(text) : warned(text)
  })

function* isActive(p: Proc, unit: string): Run<boolean> {
  return ((yield* p.ask('unit.status', { unit })) as UnitStatus).active === 'active'
}

const DEFAULT_SOCKETS = ['unix:///var/run/containerd/containerd.sock', 'unix:///run/containerd/containerd.sock']

/** Why the container runtime cannot be reached; undefined: it can. */
export function* runtimeProblem(p: Proc, socket: string): Run<string | undefined> {
  if (socket === DOCKERSHIM_SOCKET && Number(p.release.split('.')[1]) <= LAST_DOCKERSHIM)
    return (yield* isActive(p, 'docker')) ? undefined : NO_DAEMON
  const path = socket.replace(/^unix:\/\//, '')
  const unavailable = (why: string): string =>
    `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${path}: connect: ${why}"`
  if (!DEFAULT_SOCKETS.includes(socket) && !DEFAULT_SOCKETS.includes(`unix://${socket}`))
    return unavailable('no such file or directory')
  const status = (yield* p.ask('unit.status', { unit: 'containerd' })) as UnitStatus
  if (status.active !== 'active') return unavailable('no such file or directory')
  const config = (yield* readText(p, '/etc/containerd/config.toml')) ?? ''
  return /^\s*disabled_plugins\s*=\s*\[[^\]]*"(io\.containerd\.grpc\.v1\.)?cri"/m.test(config)
    ? 'rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService'
    : undefined
}

export const cri = (socket: string, minor: number): Check =>
  named('CRI', function* (p) {
    const why = yield* runtimeProblem(p, socket)
    if (why === undefined) return fine
    const validate = `validate CRI v1 runtime API for endpoint "${socket}": ${why}`
    if (minor >= 31)
      return failed(
        `could not connect to the container runtime: failed to create new CRI runtime service: validate service connection: ${validate}`,
      )
    if (socket === DOCKERSHIM_SOCKET)
      return failed(
        `container runtime is not running: output: Client:\n Debug Mode: false\n\nServer:\nERROR: ${why}\nerrors pretty printing info\n, error: exit status 1`,
      )
    const time = new Date(yield* p.now()).toISOString().slice(0, 19)
    return failed(
      `container runtime is not running: output: time="${time}Z" level=fatal msg="validate service connection: ${validate.replaceAll('"', '\\"')}"\n, error: exit status 1`,
    )
  })

export const dockerService = named('Service-Docker', function* (p) {
  return (yield* isActive(p, 'docker'))
    ? fine
    : warned("docker service is not active, please run 'systemctl start docker.service'")
})

export const dockerSystemd = named('IsDockerSystemdCheck', function* (p) {
  if (!(yield* isActive(p, 'docker'))) return warned("cannot execute 'docker info -f {{.CgroupDriver}}': exit status 2")
  const driver = yield* dockerDriverOf(p)
  return driver === 'systemd'
    ? fine
    : warned(
        `detected ${JSON.stringify(driver)} as the Docker cgroup driver. The recommended driver is "systemd". Please follow the guide at https://kubernetes.io/docs/setup/cri/`,
      )
})

const SWAP_TEXTS = {
  now: 'swap is supported for cgroup v2 only. The kubelet must be properly configured to use swap. Please refer to https://kubernetes.io/docs/concepts/architecture/nodes/#swap-memory, or disable swap on the node',
  middle:
    'swap is enabled; production deployments should disable swap unless testing the NodeSwap feature gate of the kubelet',
  old: 'running with swap on is not supported. Please disable swap',
}

export const swap = (minor: number): Check =>
  named('Swap', function* (p) {
    const lines = ((yield* readText(p, '/proc/swaps')) ?? '').split('\n').filter((line) => line.trim() !== '')
    if (lines.length <= 1) return fine
    if (minor <= 21) return failed(SWAP_TEXTS.old)
    return warned(minor >= 28 ? SWAP_TEXTS.now : SWAP_TEXTS.middle)
  })

/** The version of the kubelet's binary, `1.35.3`; undefined without one. */
function* kubeletVersionOf(p: Proc): Run<string | undefined> {
  const text = yield* readText(p, '/usr/bin/kubelet')
  if (text === undefined) return undefined
  return /^\x7fELF kubelet v(\S+)/.exec(text)?.[1] ?? p.release
}

const NO_KUBELET =
  "couldn't get kubelet version: cannot execute 'kubelet --version': executable file not found in $PATH"

/** The kernel, and since 1.35 the version of cgroups; the simulated hosts have version 2. */
export const systemVerification = named('SystemVerification', function* () {
  return fine
})

export const hostname = (nodeName: string): Check =>
  named('Hostname', function* (p) {
    const found = yield* p.resolve(nodeName)
    if (!('error' in found)) return fine
    const resolver = /^nameserver\s+(\S+)/m.exec((yield* readText(p, '/etc/resolv.conf')) ?? '')?.[1] ?? '127.0.0.53'
    const why =
      found.error === 'NXDOMAIN' ? 'no such host' : found.error === 'timeout' ? 'i/o timeout' : 'server misbehaving'
    return {
      warnings: [
        `hostname "${nodeName}" could not be reached`,
        `hostname "${nodeName}": lookup ${nodeName} on ${resolver}:53: ${why}`,
      ],
    }
  })

/** A4: the kubelet may be three minors older than kubeadm, and not newer than the control plane. */
export const kubeletVersion = (controlPlane: string, kubeadm: string): Check =>
  named('KubeletVersion', function* (p) {
    const version = yield* kubeletVersionOf(p)
    if (version === undefined) return failed(NO_KUBELET)
    const [kubelet, plane, own] = [parseVersion(version), parseVersion(controlPlane), parseVersion(kubeadm)]
    if (kubelet === undefined || own === undefined) return fine
    const oldest = own.minor >= 28 ? own.minor - 3 : own.minor - 1
    if (kubelet.minor < oldest)
      return failed(
        `Kubelet version ${JSON.stringify(version)} is lower than kubeadm can support. Please upgrade kubelet`,
      )
    if (plane !== undefined && kubelet.minor > plane.minor)
      return failed(
        `the kubelet version is higher than the control plane version. This is not a supported version skew and may lead to a malfunctional cluster. Kubelet version: ${JSON.stringify(version)} Control plane version: ${JSON.stringify(controlPlane.replace(/^v/, ''))}`,
      )
    return fine
  })

export const kubeletService = named('Service-kubelet', function* (p) {
  const status = (yield* p.ask('unit.status', { unit: 'kubelet' })) as UnitStatus
  if (status.definition.loadState === 'not-found') return warned('kubelet service does not exist')
  return status.enabled === 'enabled'
    ? fine
    : warned("kubelet service is not enabled, please run 'systemctl enable kubelet.service'")
})

/** A proxy of the environment that would be between the node and the API server. */
export const httpProxy = (address: string): Check =>
  named('HTTPProxy', function* (p) {
    const proxy = p.env['HTTPS_PROXY'] ?? p.env['https_proxy']
    const spared = (p.env['NO_PROXY'] ?? p.env['no_proxy'] ?? '').split(',')
    if (!proxy || spared.includes(address)) return fine
    return warned(
      `Connection to "https://${address}" uses proxy "${proxy}". If that is not intended, adjust your proxy settings`,
    )
  })
