/** What the runtime answers to `cri.list`, `cri.logs` and `cri.exec`. */
export interface CriContainer {
  /** 64 hex digits. */
  id: string
  name: string
  attempt: number
  image: string
  /** `sha256:` and 64 hex digits. */
  imageId: string
  createdMs: number
  state: 'Created' | 'Running' | 'Exited' | 'Unknown'
  sandboxId: string
  podName: string
  podNamespace: string
  /** Milliseconds since 1970 UTC. */
  startedMs?: number
  finishedMs?: number
  exitCode?: number
  reason?: string
  podUid?: string
  /** Of the main process; 0 when it does not run. */
  pid?: number
  cpuMilli?: number
  memoryBytes?: number
  /** Of its program, where Docker tells it. */
  argv?: string[]
}

export interface CriSandbox {
  id: string
  createdMs: number
  state: 'Ready' | 'NotReady'
  name: string
  namespace: string
  attempt: number
  uid?: string
  ip?: string
  /** Of the pod. */
  labels?: Record<string, string>
}

export interface CriImage {
  /** 64 hex digits. */
  id: string
  /** Such as `docker.io/library/nginx:1.27`. */
  tags: string[]
  /** `sha256:…` */
  digest?: string
  sizeBytes: number
}

/** The answer of `cri.list`; undefined while nobody serves it. */
export interface CriListAnswer {
  containers: CriContainer[]
  sandboxes: CriSandbox[]
  images: CriImage[]
}

/** The answer of `cri.logs {id, tail?, sinceMs?, timestamps?}`: the lines in their order. */
export type CriLogsAnswer =
  { pieces: { stream: 'stdout' | 'stderr'; text: string }[]; lastMs?: number } | { error: 'NotFound' }
