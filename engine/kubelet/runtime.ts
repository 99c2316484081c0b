/**
 * What the kubelet asks of the machine it runs on. Everything here is given by the wiring of the
 * cluster; the kubelet works without any of it as long as only modelled images run.
 */
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import type { Signal } from '../host/signals.ts'
import type { KernelEvent } from '../kernel/queue.ts'

/** A volume as a container sees it. `files` are contents that the kubelet made. */
export interface VolumeMountSpec {
  path: string
  subPath?: string
  readOnly: boolean
  volume:
    | { kind: 'emptyDir'; id: string }
    | { kind: 'hostPath'; path: string; isFile?: boolean }
    | { kind: 'files'; id: string; files: Record<string, string> }
}

/** All that is needed to make a container's file tree and run programs in it. */
export interface ContainerSpec {
  /** The container id: 64 hexadecimal digits. */
  id: string
  pod: { uid: string; namespace: string; name: string; ip: string; hostNetwork: boolean; hostname: string }
  name: string
  /** `docker.io/library/busybox:1.36` */
  image: string
  /** The base of its file tree: `busybox`, `alpine`, `debian`, `scratch`. */
  base: string
  /** Text files of the image on top of the base. */
  files: Record<string, string>
  env: Record<string, string>
  cwd: string
  user: string
  mounts: VolumeMountSpec[]
  nameservers: string[]
  searches: string[]
  ndots: number
  readOnlyRootFilesystem: boolean
  memoryLimitBytes?: number
}

/** The types of the events that a runtime sends to `kubelet/<host>`. */
export const RUNTIME = {
  /** A piece of output of a container's main process. Data: RuntimeOutput. */
  output: 'runtime.output',
  /** The main process ended. Data: RuntimeExit. */
  exit: 'runtime.exit',
  /** Output of an exec session. Data: ExecOutput. */
  execOutput: 'runtime.exec.output',
  /** An exec session ended. Data: ExecExit. */
  execExit: 'runtime.exec.exit',
} as const

export interface RuntimeOutput {
  id: string
  stream: 'stdout' | 'stderr'
  text: string
}

export interface RuntimeExit {
  id: string
  code: number
  signal?: Signal
  /** `OOMKilled` when the memory limit killed it. */
  reason?: string
  message?: string
}

export interface ExecOutput {
  session: string
  stream: 'stdout' | 'stderr'
  text: string
}

export interface ExecExit {
  session: string
  code: number
  /** The program could not be started: containerd's text. */
  failure?: string
}

export interface ExecRequest {
  session: string
  container: ContainerSpec
  argv: string[]
  tty: boolean
  stdin: boolean
}

/** Runs programs in containers. An adapter binds it to the process table of the host. */
export interface ContainerRuntimePort {
  /** Starts the main process; answers come as `runtime.output` and `runtime.exit`. */
  start(container: ContainerSpec, argv: string[], options: { tty: boolean; stdin: boolean }): void
  signal(id: string, signal: Signal): void
  exec(request: ExecRequest): void
  /** Input for an exec session or (by container id) the main process; null closes it. */
  input(session: string, text: string | null): void
  /** The window of the client of a session or main process with a terminal. */
  resize?(session: string, columns: number, rows: number): void
  /** Ends an exec session whose client went away. */
  hangUp(session: string): void
  /** The text of a file as the container sees it; null: it is not there; undefined: no program made files yet, so that it is as in the image. */
  readFile(container: ContainerSpec, path: string): string | null | undefined
  /** New contents of a `files` volume that containers have mounted. */
  updateVolume?(id: string, files: Record<string, string>): void
  /** Bytes that a container has written to its own file system; undefined: none yet. */
  usedBytes?(id: string): number | undefined
  /** Forgets the container's file tree, when it is removed; volumes of a pod go with the pod. */
  remove(id: string): void
  removePod(uid: string): void
  /** Whether a program of that name can be run in containers of that base. */
  hasProgram(base: string, program: string): boolean
}

/** A program that the engine models as a component of its own: `coredns`, `kube-apiserver`, `etcd`. */
export interface ComponentPort {
  /** Starts it; it logs and ends through `runtime.output` and `runtime.exit`. False: nobody models it. */
  start(component: string, container: ContainerSpec, argv: string[]): boolean
  signal(component: string, id: string, signal: Signal): void
  /** SIGSTOP, or SIGCONT. Returns whether the component can stand still. */
  pause(component: string, id: string, paused: boolean): boolean
}

export interface Validity {
  notBeforeMs: number
  notAfterMs: number
}

/** Text files of a host: manifests, kubelet configuration. */
export interface HostFilesPort {
  list(path: string): string[] | undefined
  read(path: string): string | undefined
  /** From when to when a certificate is valid, where that is known without its text. */
  validityOf?(path: string): Validity | undefined
  /** Writes a file of root's, making its directories. */
  write?(path: string, text: string, mode: number): void
  /** Sends the event, its data extended by a FileChangeData, when something below a path changes. */
  watch?(path: string, event: KernelEvent): void
  /** A file of root's, mode 0640, whose text is a view of the tree. */
  view?(path: string, view: string): void
  /** Removes a file or a directory with all in it. */
  remove?(path: string): void
  /** Makes a symbolic link, in place of what stands there. */
  link?(target: string, path: string): void
}

/** How a container reaches the network. */
export interface DialPort {
  /** From a pod (by IP) to a name or address. */
  dial(podIP: string, host: string, port: number): 'open' | 'refused' | 'timeout' | 'unresolved'
}

export interface ProbeFailure {
  failure: string
  /** A connection that is taken, and then nothing comes: it fails when the prober's patience ends. */
  silent?: true
}

/** An HTTP request from the node itself to its own pods or components (probes of host-network pods). */
export interface ProbePort {
  http?(host: string, port: number, request: HttpRequest): HttpResponse | ProbeFailure | undefined
}

/** A service-account token for a pod, as the projected volume shows it. */
export type TokenPort = (
  namespace: string,
  serviceAccount: string,
  pod: { name: string; uid: string },
) => string | undefined

/** What is asked of a node's own resource. */
export interface ReviewedAttributes {
  verb: 'get' | 'create'
  subresource: string
  node: string
}

/** `user` absent: nobody knows the token. */
export interface Reviewed {
  user?: string
  allowed: boolean
}

export interface KubeletPorts {
  containers?: ContainerRuntimePort
  components?: ComponentPort
  files?: HostFilesPort
  /** The file system of the node. Absent: it is never full. */
  disk?(): { totalBytes: number; freeBytes: number; inodesUsed?: number }
  /** Bytes of memory that files in file systems of memory take. */
  memoryFiles?(): number
  /** logind's delay lock of this kubelet, and how long logind would wait for it. */
  delayLock?: { hold(held: boolean): void; maxMs(): number }
  /** How many processes the machine can have, and has. */
  processes?(): { max: number; running: number }
  dial?: DialPort
  probe?: ProbePort
  token?: TokenPort
  /** A TokenReview and a SubjectAccessReview by the API server: who a token is, and whether it may; undefined: no server answers. */
  review?(authorization: string, attributes: ReviewedAttributes): Reviewed | undefined
  /** Whether a release knows a feature gate. Absent: it knows all. */
  knowsGate?(name: string, minor: number): boolean
  /** Whether the CNI plugin of the node is initialized. Absent: it is (see `cniReady`). */
  networkReady?(): boolean
  /** Why the node's plugin cannot give a pod its network; undefined: it can. */
  networkTrouble?(): string | undefined
  /** The range of pod addresses where the plugin does not go by the Node's. */
  podCidr?(): string | undefined
  /** Whether a file tree has this path as a directory or file (hostPath types). */
  hostPathKind?(path: string): 'directory' | 'file' | 'socket' | undefined
  /** Makes a path that a hostPath volume names and that is not there. */
  makeHostPath?(path: string, kind: 'directory' | 'file'): void
  /** A line for the unit's journal, in klog format. */
  log?(text: string): void
}
