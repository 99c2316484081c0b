/** What the kubelet and its container runtime remember: plain data, all of it in a snapshot. */
import type {
  ContainerStatus,
  CSIDriver,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodStatus,
} from '../objects/types.gen.ts'
import type { Plan } from './images/plan.ts'
import type { Load } from './usage.ts'

/** One line of a container's output. */
export interface LogLine {
  /** Milliseconds since 1970 UTC. */
  atMs: number
  stream: 'stdout' | 'stderr'
  text: string
  /** The text did not end with a newline. */
  partial?: boolean
}

export type ContainerKind = 'init' | 'sidecar' | 'regular' | 'ephemeral'

/** One start of a container, as the container runtime knows it. */
export interface ContainerInstance {
  id: string
  name: string
  kind: ContainerKind
  attempt: number
  image: string
  imageID: string
  /** Absent: containerd. */
  runtime?: 'docker'
  argv: string[]
  createdMs: number
  startedMs?: number
  finishedMs?: number
  exitCode?: number
  /** Completed, Error, OOMKilled, StartError, ContainerStatusUnknown. */
  reason?: string
  message?: string
  /** A behaviour that is data; absent for a process or a component. */
  plan?: Plan
  /** A process of the container runtime port, or a component of the cluster. */
  runner?: 'process' | 'component'
  component?: string
  env?: Record<string, string>
  logs: LogLine[]
  /** Bytes of older lines that were dropped. */
  pid: number
  hash: string
  /** Virtual milliseconds at which KILL comes, once it is being stopped. */
  stopBy?: number
  /** A probe had it killed: the sync that killed it starts the next one, before it has seen the end of this. */
  probeKilled?: boolean
  /** Its postStart hook runs, or it is being killed for that: no sync has seen it running yet. */
  hooked?: boolean
  /** What requests made it compute. */
  load?: Load
  /** Bytes of memory it may take. */
  memoryLimitBytes?: number
}

export interface Sandbox {
  id: string
  attempt: number
  createdMs: number
  ready: boolean
}

export interface BackOffEntry {
  delayMs: number
  /** Virtual milliseconds. */
  updatedMs: number
}

export interface WaitingReason {
  reason: string
  message?: string
}

/** A ConfigMap, Secret, claim or volume as it was read; null: it does not exist. */
export type Referent = {
  data: Record<string, string>
  /** The object itself, of claims, volumes and CSI drivers. */
  object?: PersistentVolumeClaim | PersistentVolume | CSIDriver
} | null

export interface Doom {
  graceMs: number
  /** Virtual milliseconds at which the killing began. */
  sinceMs?: number
  /** Set when the pod ends without being deleted: eviction, deadline, rejection, finished. */
  phase?: 'Failed' | 'Succeeded'
  reason?: string
  message?: string
  /** The node did not take it: nothing of it ever ran. */
  isRejected?: true
  /** The kubelet ends it for the node's sake. */
  isDisrupted?: true
}

/** A container that is gone from the runtime: the number of the next instance, and what is told of it until then. */
export interface LostContainer {
  attempt: number
  status?: ContainerStatus
}

export interface PodRecord {
  uid: string
  namespace: string
  name: string
  pod: Pod
  source: 'api' | 'file'
  /** Hash of the manifest, for a static pod. */
  configHash?: string
  /** Virtual milliseconds at which the pod was first seen. */
  seenMs: number
  startTime: string
  ip?: string
  sandbox?: Sandbox
  sandboxes: number
  /** Container name → the present instance and the one before. */
  containers: Record<string, ContainerInstance>
  previous: Record<string, ContainerInstance>
  /** Those whose last instance somebody removed from the runtime. */
  lost?: Record<string, LostContainer>
  /** How many instances were removed so: ids are not used twice. */
  removals?: number
  /** The address of a sandbox that is down: it goes back when the next one has its own. */
  heldIp?: string
  /** The next sandbox gets another address. */
  movesOn?: boolean
  reasons: Record<string, WaitingReason>
  backOff: Record<string, BackOffEntry>
  pullBackOff: Record<string, BackOffEntry>
  pullErrors: Record<string, string>
  /** Container → kind of probe → last result. */
  ready: Record<string, boolean>
  started: Record<string, boolean>
  /** Containers looked at in the running sync. */
  tried: string[]
  /** What the running sync waits for. */
  current?: string
  failedSync?: 'error' | 'transient'
  again: boolean
  doom?: Doom
  /** The pod reached its end and its containers are gone. */
  finished?: boolean
  /** Its containers are gone; it is finished at this virtual millisecond. */
  endsMs?: number
  referents: Record<string, Referent>
  /** Referents asked for and not answered yet. */
  awaiting: string[]
  fetched: boolean
  referentsFailed?: boolean
  /** Virtual milliseconds of the last look at the volumes' sources. */
  refreshedMs?: number
  /** The queued event that wakes the worker again. */
  resync?: number
  /** Gone from the API (or from the manifest directory): forgotten when its containers are. */
  removed?: boolean
  /** It had ended before this kubelet knew it. */
  foreign?: boolean
  /** How long the present back-off of mounting is. */
  mountRetryMs?: number
  /** Virtual milliseconds before which mounting is not tried again. */
  mountNextMs?: number
  /** Virtual milliseconds at which the sync gives up waiting for the volumes, says so and waits again. */
  mountDeadlineMs?: number
  /** The volumes were mounted once: claims are not looked at again. */
  mounted?: boolean
  deadlineSet?: boolean
  status?: PodStatus
  /** The status as last acknowledged by the API server. */
  sent?: PodStatus
  /** The resourceVersion of that answer. */
  sentVersion?: number
  inFlight?: boolean
  deleting?: boolean
  killing?: 'regular' | 'sidecars'
}

export interface ImageOnNode {
  /** `docker.io/library/nginx:1.27` */
  reference: string
  imageID: string
  digest: string
  sizeBytes: number
  pulledMs: number
}

/** The identifier of a container of a pod: `uid/name`. */
export function containerKey(uid: string, name: string): string {
  return `${uid}/${name}`
}

/** Tells ids of instances apart whose earlier ones were removed. */
export function madeAnew({ removals = 0 }: PodRecord): string {
  return removals === 0 ? '' : `/${removals}`
}

/** A hexadecimal text of so many digits that depends only on the seed text. */
export function hexOf(text: string, digits: number): string {
  let out = ''
  for (let lane = 0; out.length < digits; lane++) {
    let low = 0x811c9dc5 ^ Math.imul(lane + 1, 0x9e3779b1)
    for (let i = 0; i < text.length; i++) low = Math.imul(low ^ text.charCodeAt(i), 0x01000193)
    low ^= low >>> 15
    low = Math.imul(low, 0x2c1b3c6d)
    low ^= low >>> 12
    out += (low >>> 0).toString(16).padStart(8, '0')
  }
  return out.slice(0, digits)
}
