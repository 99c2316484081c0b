/** What the parts of the kubelet know of each other. `kubelet.ts` puts them together. */
import type { Answer, ApiClient } from '../api/client.ts'
import type { EventId, Kernel } from '../kernel/kernel.ts'
import type { MachineRows } from '../kernel/machine.ts'
import type { Random } from '../kernel/random.ts'
import type { Container, HTTPGetAction, Node, Pod, Service } from '../objects/types.gen.ts'
import type { KubeletFlags } from './flags.ts'
import type { LogFacts, LogLevel } from './klog.ts'
import type { KubeletSettings } from './settings/settings.ts'
import type { ContainerSpec, KubeletPorts } from './runtime.ts'
import type { ContainerInstance, ImageOnNode, PodRecord } from './state.ts'
import type { NodeFacts } from './status.ts'
import type { Texts } from './texts.ts'
import type { VolumeFacts } from './volumes.ts'

export interface PodStarter {
  /** Wakes the worker of a pod now. */
  sync(uid: string): void
  /** Tells the worker that containers stopped. */
  stopped(record: PodRecord): void
}

export interface ContainerKeeper {
  /** Creates and starts a container. False: it could not be started; the reason is in the record. */
  start(record: PodRecord, container: Container): boolean
  /** Stops it within a grace period; nothing happens when it does not run. */
  stop(record: PodRecord, name: string, graceMs: number, message: string): void
  spec(record: PodRecord, instance: ContainerInstance): ContainerSpec
  /** Text of a file as the container sees it. */
  readFile(record: PodRecord, instance: ContainerInstance, path: string): string | undefined
  /** Kills every process of a pod at once, as the runtime does that removes its sandbox. */
  killAll(record: PodRecord): void
}

export interface PullKeeper {
  start(record: PodRecord, container: Container): void
  cancel(uid: string): void
}

export interface ProbeKeeper {
  start(record: PodRecord, container: Container): void
  stop(uid: string, name: string, kinds?: readonly string[]): void
  /** What the node gets when it asks a container over HTTP: a status code, or why there was no answer. */
  ask(
    record: PodRecord,
    container: Container,
    get: HTTPGetAction,
    agent: string,
  ): { code: number } | { failure: string }
}

export interface StatusKeeper {
  /** Works out the pod's status and posts it when it changed. */
  set(record: PodRecord): void
}

/** Why a program is run in a container; it comes back with the result. */
export type ExecPurpose =
  | { kind: 'probe'; id: string }
  | { kind: 'preStop'; uid: string; name: string; id: string }
  | { kind: 'postStart'; uid: string; name: string; id: string }
  | { kind: 'http'; exchange: string }
  /** A process of the host that waits for all of it, as crictl does. */
  | { kind: 'cri'; pid: number }

export interface ExecKeeper {
  run(
    record: PodRecord,
    instance: ContainerInstance,
    argv: string[],
    purpose: ExecPurpose,
    options?: { tty: boolean; stdin: boolean },
  ): string
  forget(session: string): void
}

export type HollowStep = 'see' | 'run' | 'stop' | 'confirm'

export interface Core {
  readonly kernel: Kernel
  readonly address: string
  readonly host: string
  readonly nodeName: string
  readonly minor: number
  /** `1.35.3` */
  readonly version: string
  /** What the process was started with; absent in tests that start it by hand. */
  readonly settings: KubeletSettings | undefined
  /** It has no certificate of its own yet. */
  readonly bootstrapping: boolean
  /** Counts the starts of the process: what waits from an earlier one is void. */
  readonly generation: number
  /** Of its API. */
  readonly port: number
  readonly flags: KubeletFlags
  readonly ports: KubeletPorts
  readonly client: ApiClient
  readonly texts: Texts
  readonly records: Map<string, PodRecord>
  readonly images: Map<string, ImageOnNode>
  readonly random: Random
  /** The kubelet's process runs. */
  readonly running: boolean
  /** A fake runtime whose steps take so long. */
  readonly hollow: { delayMs(pod: Pod, step: HollowStep): number } | undefined
  /** The container runtime answers. */
  readonly runtimeUp: boolean
  /** It is Docker. */
  readonly dockershim: boolean
  /** The kubelet names cgroups by path while the runtime asks systemd for slices. */
  readonly cgroupsDiffer: boolean
  readonly pods: MachineRows
  readonly containerRows: MachineRows
  readonly workers: PodStarter
  readonly containers: ContainerKeeper
  readonly pulls: PullKeeper
  readonly probes: ProbeKeeper
  readonly statuses: StatusKeeper
  readonly execs: ExecKeeper
  node(): Node | undefined
  services(): readonly Service[]
  nodeFacts(): NodeFacts
  volumeFacts(record: PodRecord): VolumeFacts
  /** Looks at the pod at the next relist. */
  relist(uid: string): void
  event(record: PodRecord, type: 'Normal' | 'Warning', reason: string, message: string, container?: Container): void
  after(delayMs: number, type: string, data: unknown): EventId
  /** A structured line; `bare`: the message as it stands. */
  log(level: LogLevel, where: string, message: string, facts?: LogFacts | 'bare'): void
  /** What went wrong with a call, as Go says it; `query` is what the URL shows. */
  failure(answer: Answer, query?: string): string
  allocateIp(record: PodRecord): string | undefined
  freeIp(ip: string): void
  forget(record: PodRecord): void
}

export function containerOf(record: PodRecord, name: string): Container | undefined {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = record.pod.spec ?? {}
  const all: Container[] = [...containers, ...initContainers, ...(ephemeralContainers as Container[])]
  return all.find((one) => one.name === name)
}
