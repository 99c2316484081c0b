/**
 * Containers as processes of their host: what `ps` of the node shows of them, what a signal to one does, and which
 * ports the control plane's programs listen on (Q6, Q7). Not modelled: threads, children of a modelled main process.
 */
import type { HostName } from '../fabric/fabric.ts'
import type { ModelledProcess } from '../host/units/unit-host.ts'
import type { ProcessSource } from '../host/host.ts'
import { CONTAINER_EXIT } from './container.actions.ts'
import type { Core } from './core.ts'
import type { ContainerInstance, PodRecord } from './state.ts'
import { usageOf } from './usage.ts'

const SHIM = '/usr/bin/containerd-shim-runc-v2'
const MiB = 1024 ** 2

/** The processes of containers, as the source that `Hosts` asks. */
export function hostProcesses(coreOf: (host: HostName) => Core | undefined): ProcessSource {
  return {
    list: (host) => {
      const core = coreOf(host)
      return core === undefined || core.hollow !== undefined
        ? []
        : [...core.records.values()].flatMap((one) => processesOf(core, one))
    },
    signal: (host, pid, signal) => {
      const core = coreOf(host)
      if (core !== undefined) signalled(core, pid, signal)
    },
    pause: (host, pid, paused) => {
      const core = coreOf(host)
      return core !== undefined && stoodStill(core, pid, paused)
    },
    sockets: ({ argv }) => socketsOf(argv),
  }
}

function isAlive({ startedMs, finishedMs, runner }: ContainerInstance): boolean {
  return startedMs !== undefined && finishedMs === undefined && runner !== 'process'
}

function processesOf(core: Core, record: PodRecord): ModelledProcess[] {
  const { sandbox } = record
  if (sandbox === undefined || !sandbox.ready) return []
  const shim = pidOf(sandbox.id, 0)
  const since = sandbox.createdMs - core.kernel.clockMs + core.kernel.now
  const own = { user: 'root', startedMs: since, memoryBytes: 12 * MiB, cpu: 0 }
  const outer: ModelledProcess[] = [
    {
      ...own,
      pid: shim,
      ppid: 1,
      argv: [
        SHIM,
        '-namespace',
        core.dockershim ? 'moby' : 'k8s.io',
        '-id',
        sandbox.id,
        '-address',
        '/run/containerd/containerd.sock',
      ],
    },
    {
      ...own,
      ...placeOf(record, Object.values(record.containers)[0]?.id),
      pid: pidOf(sandbox.id, 1),
      ppid: shim,
      user: '65535',
      argv: ['/pause'],
      memoryBytes: 0.7 * MiB,
    },
  ]
  const inner = Object.values(record.containers).filter(isAlive)
  return [...outer, ...inner.map((instance) => processOf(core, record, instance, shim))]
}

function processOf(core: Core, record: PodRecord, instance: ContainerInstance, ppid: number): ModelledProcess {
  const usage = usageOf(core, record, instance)
  return {
    pid: instance.pid,
    ppid,
    user: 'root',
    argv: instance.argv,
    startedMs: (instance.startedMs ?? 0) - core.kernel.clockMs + core.kernel.now,
    memoryBytes: usage?.memoryBytes ?? 10 * MiB,
    cpu: (usage?.cpuMicros ?? 0) / 1000 / Math.max(1, core.kernel.clockMs - (instance.startedMs ?? 0)),
    container: instance.id,
    ...placeOf(record, instance.id),
  }
}

/** A pod's processes are in its network, unless that is the host's. */
function placeOf({ pod }: PodRecord, id: string | undefined): { netns?: string } {
  return pod.spec?.hostNetwork === true || id === undefined ? {} : { netns: id }
}

/** A process id out of an id of hexadecimal digits. */
function pidOf(id: string, offset: number): number {
  return 62_000 + ((parseInt(id.slice(0, 6), 16) * 2) % 60_000) + offset
}

/** SIGSTOP or SIGCONT for the main process of a container that a component lives. */
function stoodStill({ records, ports }: Core, pid: number, paused: boolean): boolean {
  const instances = [...records.values()].flatMap(({ containers }) => Object.values(containers))
  const found = instances.find((instance) => instance.pid === pid && isAlive(instance))
  if (found?.runner !== 'component') return false
  return ports.components?.pause(found.component ?? '', found.id, paused) ?? false
}

const ENDS = new Set(['TERM', 'INT', 'KILL', 'QUIT', 'HUP', 'ABRT', 'SEGV'])

/** A signal from the host reaches the main process of a container. */
function signalled(core: Core, pid: number, signal: string): void {
  if (!ENDS.has(signal)) return
  for (const record of core.records.values())
    for (const instance of Object.values(record.containers)) {
      if (instance.pid !== pid || !isAlive(instance)) continue
      const { id, plan } = instance
      if (instance.runner === 'component')
        return core.ports.components?.signal(instance.component ?? '', id, signal === 'KILL' ? 'KILL' : 'TERM')
      const term = plan?.term ?? 'ignore'
      if (signal === 'KILL') core.after(5, CONTAINER_EXIT, { id, code: 137 })
      else if (term !== 'ignore') core.after(term.afterMs, CONTAINER_EXIT, { id, code: term.code })
      return
    }
}

/** Where the programs of a control plane listen, by their flags. */
function socketsOf(argv: readonly string[]): { address: string; port: number }[] {
  const flag = (name: string): string | undefined =>
    argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
  const at = (address: string, port: number): { address: string; port: number } => ({
    address: ['0.0.0.0', '::', ''].includes(address) ? '*' : address,
    port,
  })
  const urls = (name: string, otherwise: string): { address: string; port: number }[] =>
    (flag(name) ?? otherwise).split(',').flatMap((url) => {
      const found = /^https?:\/\/([^:/]+):(\d+)/.exec(url)
      return found === null ? [] : [at(found[1] ?? '', Number(found[2]))]
    })
  switch ((argv[0] ?? '').split('/').at(-1)) {
    case 'kube-apiserver':
      return [at(flag('bind-address') ?? '*', Number(flag('secure-port') ?? 6443))]
    case 'kube-controller-manager':
      return [at(flag('bind-address') ?? '*', Number(flag('secure-port') ?? 10257))]
    case 'kube-scheduler':
      return [at(flag('bind-address') ?? '*', Number(flag('secure-port') ?? 10259))]
    case 'etcd':
      return [
        ...urls('listen-client-urls', 'http://127.0.0.1:2379'),
        ...urls('listen-peer-urls', 'http://127.0.0.1:2380'),
        ...urls('listen-metrics-urls', ''),
      ].filter(({ port }) => port > 0)
    case 'kubelet':
      return [at('127.0.0.1', 10248), at('*', 10250)]
    case 'kube-proxy':
      return [at('127.0.0.1', 10249), at('*', 10256)]
    default:
      return []
  }
}
